"""Expressions as text, with the names and values they need.

One Expressions serves one request: its expressions share placeholders. What
comes out is mostly right; now and then a text is damaged, a placeholder is
left out or left over, or an operand has a type that does not fit.
"""

import vocabulary as words

CLAUSES = ["SET", "REMOVE", "ADD", "DELETE"]
COMPARATORS = ["=", "<>", "<", "<=", ">", ">="]
TOKENS = ["AND", "OR", "NOT", "(", ")", ",", "=", "<", ":v", "#n", ".", "[0]", "a", "SET", "+"]
TOKENS += ["size", "IN", "BETWEEN", "ADD", "1", "]", "-", "contains(a, a)", "'x'", "and", "\n"]
TYPE_NAMES = ["S", "N", "B", "SS", "NS", "BS", "BOOL", "NULL", "L", "M"]
EMPTY_TEXTS = ["", " "]


class Expressions:
    def __init__(self, rng, types):
        self.rng = rng
        self.types = types  # attribute -> its usual type, keys included
        self.names = {}
        self.values = {}
        self.touched = set()  # attributes that an update names

    def chance(self, probability):
        return self.rng.random() < probability

    # Operands

    def name(self, name):
        must = name in words.RESERVED or name in words.ODD
        if not self.chance(0.97 if must else 0.25):
            return name
        for alias, known in self.names.items():
            if known == name:
                return alias
        alias = f"#n{len(self.names)}"
        self.names[alias] = name
        return alias

    def value(self, value):
        for alias, known in self.values.items():
            if known == value and self.chance(0.5):
                return alias
        alias = f":v{len(self.values)}"
        self.values[alias] = value
        return alias

    def attribute(self, *kinds):
        """The name of an attribute, of one of "kinds" if it usually has a type."""
        fitting = [name for name, kind in self.types.items() if not kinds or kind in kinds]
        return self.rng.choice(fitting if fitting and self.chance(0.97) else list(self.types))

    def path(self, *kinds):
        return self.path_into(self.attribute(*kinds))

    def path_into(self, name):
        """A path that starts with attribute "name", often the whole attribute."""
        text = self.name(name)
        kind = self.types[name]
        while self.chance(0.75 if kind in words.DOCUMENTS and len(text) < 4 else 0.04):
            if self.chance(0.9) == (kind == "L"):
                text += f"[{self.rng.choice([0, 0, 1, 1, 2, 3, 100])}]"
            else:
                text += "." + self.name(self.rng.choice(["a", "b", "c", "l", "m", "n", "name"]))
        return text

    def value_of(self, path):
        """A value fit to stand beside "path"."""
        name = self.names.get(path, path)
        return self.value(words.value_for(self.rng, name, self.types))

    def literal(self, *kinds):
        kind = self.rng.choice(kinds) if self.chance(0.96) else None
        return self.value(words.value_for(self.rng, "literal", {"literal": kind}))

    def operand(self, path):
        dice = self.rng.random()
        if dice < 0.75:
            return self.value_of(path)
        if dice < 0.9:
            return self.path()
        return f"size({self.path()})"

    # Conditions

    def condition(self, depth=0):
        dice = self.rng.random()
        if depth > 3 or dice < 0.62:
            return self.rng.choice(
                [self.comparison] * 3 + [self.between, self.within] + [self.function] * 3
            )()
        if dice < 0.7:
            return f"NOT {self.condition(depth + 1)}"
        if dice < 0.78:
            return f"({self.condition(depth + 1)})"
        word = self.rng.choice(["AND", "AND", "OR", "OR", "and", "Or"])
        return f"{self.condition(depth + 1)} {word} {self.condition(depth + 1)}"

    def comparison(self):
        path = self.path()
        sides = [path, self.operand(path)]
        if self.chance(0.1):
            sides = [f"size({path})", self.literal("N")]
        if self.chance(0.15):
            sides.reverse()
        return self.rng.choice([" ", "", "  "]).join(
            [sides[0], self.rng.choice(COMPARATORS), sides[1]]
        )

    def between(self):
        path = self.path("N", "S", "B")
        return f"{path} BETWEEN {self.operand(path)} AND {self.operand(path)}"

    def within(self):
        path = self.path()
        count = self.rng.choice([1, 1, 2, 3, 100, 101] if self.chance(0.05) else [1, 2, 3])
        return f"{path} IN ({', '.join(self.operand(path) for _ in range(count))})"

    def function(self):
        name = self.rng.choice(
            ["attribute_exists", "attribute_not_exists"] * 2
            + ["attribute_type", "begins_with", "contains", "contains"]
        )
        if self.chance(0.02):
            name = self.rng.choice(["size", "Contains", "BEGINS_WITH", "list_append", "nothing"])
        return f"{name}({', '.join(self.arguments(name))})"

    def arguments(self, name):
        if self.chance(0.03):
            return [self.path()] * self.rng.choice([0, 1, 2, 3])
        match name:
            case "attribute_type":
                kind = self.rng.choice(TYPE_NAMES) if self.chance(0.9) else "T"
                return [self.path(), self.value({"S": kind})]
            case "begins_with":
                return [self.path("S", "B"), self.literal("S", "S", "B")]
            case "contains":
                path = self.path("S", "SS", "NS", "BS", "L", "B")
                return [path, self.literal("S", "N", "B")]
        return [self.path()]

    # Updates

    def update(self):
        clauses = self.rng.sample(CLAUSES, self.rng.choice([1, 1, 1, 2, 3]))
        if self.chance(0.6) and "SET" not in clauses:
            clauses[0] = "SET"
        if self.chance(0.02):
            clauses.append(clauses[0])
        return " ".join(
            f"{clause.lower() if self.chance(0.1) else clause} {self.actions(clause)}"
            for clause in clauses
        )

    def actions(self, clause):
        make = {
            "SET": self.set_action,
            "REMOVE": self.target,
            "ADD": self.add_action,
            "DELETE": self.delete_action,
        }[clause]
        return ", ".join(make() for _ in range(self.rng.choice([1, 1, 1, 2, 3])))

    def target(self, *kinds):
        """A path to change: mostly in an attribute that the update does not yet change."""
        for _ in range(5):
            name = self.attribute(*kinds)
            if self.chance(0.03) or name not in self.touched and name not in ("pk", "sk"):
                break
        self.touched.add(name)
        return self.path_into(name)

    def set_action(self):
        if self.chance(0.5):
            path = self.target()
            return f"{path} = {self.set_operand(path)}"
        if self.chance(0.6):
            path = self.target("N")
            sign = self.rng.choice(["+", "-", " + ", " - "])
            sides = f"{self.set_operand(path)}{sign}{self.set_operand(path)}"
            return f"{path} = ({sides})" if self.chance(0.1) else f"{path} = {sides}"
        path = self.target("L")
        sides = [self.list_operand(path), self.literal("L")]
        self.rng.shuffle(sides)
        return f"{path} = list_append({', '.join(sides)})"

    def set_operand(self, path):
        dice = self.rng.random()
        if dice < 0.55:
            return self.value_of(path)
        if dice < 0.72:
            return path if self.chance(0.7) else self.path()
        return f"if_not_exists({path}, {self.value_of(path)})"

    def list_operand(self, path):
        if self.chance(0.5):
            return path
        literal = self.literal("L")
        return f"if_not_exists({path}, {literal})" if self.chance(0.7) else literal

    def add_action(self):
        path = self.target("N", "SS", "NS", "BS")
        return f"{path} {self.value_of(path)}"

    def delete_action(self):
        path = self.target("SS", "NS", "BS")
        return f"{path} {self.value_of(path)}"

    def projection(self):
        return ", ".join(self.path() for _ in range(self.rng.randint(1, 4)))

    # Key conditions

    def key_condition(self, hash_key, range_key):
        """Keys are pairs of name and type; there may be no range key."""
        parts = [f"{self.name(hash_key[0])} = {self.key_literal(hash_key, words.KEY_VALUES)}"]
        if range_key and self.chance(0.65):
            parts.append(self.range_condition(range_key))
        if self.chance(0.03):
            parts.append(self.condition(4))
        if self.chance(0.15):
            self.rng.shuffle(parts)
        if self.chance(0.1):
            parts = [f"({part})" for part in parts]
        return (" OR " if self.chance(0.01) else " AND ").join(parts)

    def key_literal(self, key, pool):
        return self.value(words.key_value(self.rng, key[1], pool))

    def range_condition(self, key):
        name, one = self.name(key[0]), self.key_literal(key, words.SORT_VALUES)
        dice = self.rng.random()
        if dice < 0.55:
            return f"{name} {self.rng.choice(['=', '<', '<=', '>', '>='] * 4 + ['<>'])} {one}"
        if dice < 0.8:
            return f"{name} BETWEEN {one} AND {self.key_literal(key, words.SORT_VALUES)}"
        if key[1] == "N" and self.chance(0.9):
            return f"{name} = {one}"
        return f"begins_with({name}, {one})"

    # Damage

    def damaged(self, text):
        """Mostly "text" itself."""
        if not self.chance(0.04):
            return text
        place = self.rng.randrange(len(text) + 1)
        match self.rng.randrange(6):
            case 0:
                return text[:place] + text[place + 1 :]
            case 1:
                return f"{text[:place]} {self.rng.choice(TOKENS)} {text[place:]}"
            case 2:
                return text[:place]
            case 3:
                return f"({text})" if self.chance(0.5) else f"(({text}))"
            case 4:
                pieces = text.split(" ")
                self.rng.shuffle(pieces)
                return " ".join(pieces)
            case 5:
                return self.rng.choice(EMPTY_TEXTS + [text + "x" * 4100, text * 2])

    def attach(self, request, **texts):
        """Puts expressions and their placeholders into "request"."""
        for member, text in texts.items():
            if text is not None:
                request[member] = self.damaged(text)
        if self.names or self.chance(0.01):
            request["ExpressionAttributeNames"] = self.spoiled(self.names, "#x", "extra", "x")
        if self.values or self.chance(0.01):
            spoiled = self.spoiled(self.values, ":x", {"S": "extra"}, words.broken_value(self.rng))
            request["ExpressionAttributeValues"] = spoiled

    def spoiled(self, placeholders, alias, extra, broken):
        """Mostly "placeholders" themselves."""
        placeholders = dict(placeholders)
        dice = self.rng.random()
        if dice < 0.012:
            placeholders[alias] = extra
        elif dice < 0.02 and placeholders:
            del placeholders[self.rng.choice(list(placeholders))]
        elif dice < 0.025:
            placeholders[self.rng.choice(["", "x", alias + "-", alias + "!", alias[0]])] = extra
        elif dice < 0.03 and placeholders:
            placeholders[self.rng.choice(list(placeholders))] = broken
        return placeholders
