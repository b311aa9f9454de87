"""Random PartiQL."""

import vocabulary as words

COMPARATORS = ["=", "<>", "!=", "<", "<=", ">", ">="]
RETURNING = ["ALL OLD", "MODIFIED OLD", "ALL NEW", "MODIFIED NEW"]
KINDS = ["MISSING", "NOT MISSING", "NULL", "NOT NULL"]
TOKENS = ["AND", "(", ")", ",", "?", "'", '"', "FROM", "SELECT", "*", "COUNT(*)", "1", "NULL", ";"]


class Statement:
    def __init__(self, rng, table, batched=False):
        self.rng = rng
        self.table = table
        self.types = {name: kind for name, kind in table.types.items() if name != "dot.ted"}
        self.batched = batched
        self.reads = rng.random() < 0.45
        self.parameters = []

    def chance(self, probability):
        return self.rng.random() < probability

    def request(self):
        text = self.damaged(self.select() if self.reads else self.write())
        request = {"Statement": text}
        if self.parameters or self.chance(0.01):
            request["Parameters"] = self.parameters
            if self.chance(0.01):
                request["Parameters"] = self.parameters + [{"S": "a"}]
        return request

    def damaged(self, text):
        dice = self.rng.random()
        place = self.rng.randrange(len(text) + 1)
        if dice < 0.015:
            return f"{text[:place]} {self.rng.choice(TOKENS)} {text[place:]}"
        if dice < 0.03:
            return text[:place]
        return self.rng.choice(["", " ", "SELECT", "DROP TABLE x"]) if dice < 0.033 else text

    # Parts

    def literal(self, value):
        """An attribute value, written out or as a parameter."""
        if self.chance(0.5) or "B" in str(value):  # there is no way to write binary
            self.parameters.append(value)
            return "?"
        return written(value)

    def value(self, name):
        return self.literal(words.value_for(self.rng, name, self.types))

    def name(self, name):
        return f'"{name}"' if name in words.RESERVED | words.ODD or self.chance(0.3) else name

    def path(self):
        name = self.rng.choice(list(self.types))
        text = self.name(name)
        if self.types[name] == "M" and self.chance(0.7):
            text += f".{self.rng.choice('abc')}"
        elif self.types[name] == "L" and self.chance(0.7):
            text += f"[{self.rng.choice([0, 1, 2])}]"
        return text, name

    def source(self, indexed=True):
        name = self.table.name if self.chance(0.98) else "none"
        if indexed and self.table.indexes and self.chance(0.3):
            return f'"{name}"."{self.rng.choice(self.table.indexes).name}"'
        return f'"{name}"'

    def key_terms(self, short=False):
        terms = []
        for key, pool in zip(self.table.keys, (words.KEY_VALUES, words.SORT_VALUES)):
            value = words.key_value(self.rng, key[1], pool)
            terms.append(f"{self.name(key[0])} = {self.literal(value)}")
        return terms[:1] if short else terms

    def condition(self, depth=0):
        dice = self.rng.random()
        if depth < 2 and dice < 0.2:
            word = self.rng.choice(["AND", "OR", "and"])
            return f"{self.condition(depth + 1)} {word} {self.condition(depth + 1)}"
        if depth < 2 and dice < 0.3:
            return f"{self.rng.choice(['NOT ', ''])}({self.condition(depth + 1)})"
        path, name = self.path()
        forms = [
            lambda: f"{path} {self.rng.choice(COMPARATORS)} {self.value(name)}",
            lambda: f"{path} {self.rng.choice(COMPARATORS)} {self.value(name)}",
            lambda: f"{path} BETWEEN {self.value(name)} AND {self.value(name)}",
            lambda: f"{path} IN [{self.value(name)}, {self.value(name)}]",
            lambda: f"{path} IN ({self.value(name)})",
            lambda: f"{path} IS {self.rng.choice(KINDS)}",
            lambda: f"begins_with({path}, {self.value('a')})",
            lambda: f"contains({path}, {self.value(name)})",
            lambda: f"size({path}) > {self.value('n')}",
            lambda: f"attribute_type({path}, {self.literal({'S': self.types[name]})})",
        ]
        return self.rng.choice(forms)()

    # Statements

    def select(self):
        columns = "*"
        if self.chance(0.3):
            columns = ", ".join(self.path()[0] for _ in range(self.rng.randint(1, 3)))
        terms = []
        if self.batched or self.chance(0.6):
            terms = self.key_terms(short=not self.batched and self.chance(0.5))
        if not self.batched and self.chance(0.5):
            terms.append(f"({self.condition()})")
        text = f"SELECT {columns} FROM {self.source(not self.batched)}"
        if terms:
            text += " WHERE " + " AND ".join(terms)
        if self.chance(0.06):
            direction = self.rng.choice(["", " DESC", " ASC"])
            text += f" ORDER BY {self.rng.choice(['pk', 'sk', 'a'])}{direction}"
        return text

    def write(self):
        return self.rng.choice([self.insert, self.insert, self.update, self.update, self.delete])()

    def insert(self):
        item = {}
        for key, pool in zip(self.table.keys, (words.KEY_VALUES, words.SORT_VALUES)):
            item[key[0]] = words.key_value(self.rng, key[1], pool)
        for name in self.rng.sample(list(self.types), self.rng.randint(0, 4)):
            item.setdefault(name, words.value_for(self.rng, name, self.types))
        members = ", ".join(f"'{name}': {self.literal(value)}" for name, value in item.items())
        return f"INSERT INTO {self.source(False)} VALUE {{{members}}}"

    def update(self):
        actions = []
        for _ in range(self.rng.choice([1, 1, 2])):
            path, name = self.path()
            forms = [
                lambda: f"SET {path} = {self.value(name)}",
                lambda: f"SET {path} = {self.value(name)}",
                lambda: f"SET {path} = {path} + {self.value('n')}",
                lambda: f"SET {path} = list_append({path}, {self.value('l')})",
                lambda: f"SET {path} = set_add({path}, {self.value('ss')})",
                lambda: f"SET {path} = if_not_exists({path}, {self.value(name)})",
                lambda: f"REMOVE {path}",
            ]
            actions.append(self.rng.choice(forms)())
        return f"UPDATE {self.source(False)} {' '.join(actions)} {self.where()}{self.returning()}"

    def delete(self):
        return f"DELETE FROM {self.source(False)} {self.where()}{self.returning()}"

    def where(self):
        terms = self.key_terms(short=self.chance(0.03))
        if self.chance(0.25):
            terms.append(self.condition())
        return "WHERE " + " AND ".join(terms)

    def returning(self):
        return f" RETURNING {self.rng.choice(RETURNING)} *" if self.chance(0.2) else ""


def written(value):
    """An attribute value as PartiQL writes it; what it cannot write is a string."""
    match value:
        case {"S": str(text)}:
            return "'" + text.replace("'", "''") + "'"
        case {"N": str(text)}:
            return text
        case {"BOOL": bool(truth)}:
            return "true" if truth else "false"
        case {"NULL": True}:
            return "NULL"
        case {"L": list(members)}:
            return "[" + ", ".join(written(member) for member in members) + "]"
        case {"M": dict(members)}:
            pairs = (f"'{name}': {written(member)}" for name, member in members.items())
            return "{" + ", ".join(pairs) + "}"
        case {"SS": list(members)}:
            return "<<" + ", ".join(written({"S": member}) for member in members) + ">>"
        case {"NS": list(members)}:
            return "<<" + ", ".join(str(member) for member in members) + ">>"
    return "'other'"
