"""Random requests about items, of any operation."""

import copy
import dataclasses
import json

import schemas
import statements
import vocabulary as words
from expressions import Expressions

RETURN_VALUES = ["NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"]
WRONG_JSON = [None, "a", "", 1, -1, 2.5, True, [], {}, [None], [[]], {"a": 1}, [1], 1e400, "1"]


@dataclasses.dataclass
class Request:
    operation: str
    body: dict | bytes
    walk: bool = False  # page by page to the end
    table: schemas.Table | None = None  # the one it reads, to know what has an order

    def encoded(self):
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class Generator:
    def __init__(self, rng, tables, only=None):
        self.rng = rng
        self.tables = tables
        self.weights = {
            make: weight for make, weight in WEIGHTS.items() if not only or make.__name__ in only
        }
        self.sent = []

    def chance(self, probability):
        return self.rng.random() < probability

    def next(self):
        if self.sent and self.chance(0.02):
            return self.rng.choice(self.sent)  # once more
        make = self.rng.choices(list(self.weights), list(self.weights.values()))[0]
        request = make(self)
        if self.chance(0.04):
            mutated = self.mutated(request.body)
            request = dataclasses.replace(request, body=mutated, walk=False)
        self.sent.append(request)
        return request

    def mutated(self, body):
        """A copy in which one value, at any depth, is of a type that may not fit."""
        if self.chance(0.02):
            text = json.dumps(body)
            return self.rng.choice([b"", b"{", b"[]", b"null", b"1", text[:-1].encode(), b"\xff{}"])
        body = copy.deepcopy(body)
        places = list(spots(body))
        if not places:
            return body
        holder, key = self.rng.choice(places)
        if isinstance(holder, dict) and self.chance(0.3):
            del holder[key]
        else:
            holder[key] = copy.deepcopy(self.rng.choice(WRONG_JSON))
        return body

    # Parts

    def table(self):
        return self.rng.choice(self.tables)

    def table_name(self, table):
        return table.name if self.chance(0.985) else self.rng.choice(["none", "", "a b", "x"])

    def key(self, table):
        key = {table.hash_key[0]: words.key_value(self.rng, table.hash_key[1], words.KEY_VALUES)}
        if table.range_key:
            name, kind = table.range_key
            key[name] = words.key_value(self.rng, kind, words.SORT_VALUES)
        dice = self.rng.random()
        if dice < 0.01:
            del key[self.rng.choice(list(key))]
        elif dice < 0.02:
            key["a"] = {"S": "a"}
        return key

    def other_keys(self, table, count, taken):
        """Keys that mostly differ from each other and from those "taken"."""
        found = []
        for _ in range(4 * count):
            key = self.key(table)
            text = json.dumps([table.name, key])
            if len(found) < count and (text not in taken or self.chance(0.03)):
                taken.add(text)
                found.append(key)
        return found

    def item(self, table, key=None):
        item = dict(key or self.key(table))
        types = table.types
        for name in self.rng.sample(list(words.ATTRIBUTES), self.rng.randint(0, 8)):
            item[name] = words.value_for(self.rng, name, types)
        for index in table.indexes:
            for name, kind in index.keys:
                if name not in item and self.chance(0.6):
                    item[name] = words.key_value(self.rng, kind, words.SORT_VALUES)
        if self.chance(0.003):
            item["a"] = words.item_size_filler(self.rng)
        return item

    def expressions(self, table):
        return Expressions(self.rng, table.types)

    def options(self, request, **choices):
        """Sets members at random, now and then to something they cannot be."""
        for member, (probability, values) in choices.items():
            if self.chance(probability):
                request[member] = self.rng.choice(values)
                if self.chance(0.015):
                    request[member] = self.rng.choice(["NOTHING", "", 1, True, None, "ALL_NEW"])

    def write_options(self, request):
        self.options(
            request,
            ReturnConsumedCapacity=(0.15, ["TOTAL", "INDEXES", "NONE"]),
            ReturnItemCollectionMetrics=(0.08, ["SIZE", "NONE"]),
            ReturnValuesOnConditionCheckFailure=(0.1, ["ALL_OLD", "NONE"]),
        )

    # Single items

    def put_item(self):
        table = self.table()
        request = {"TableName": self.table_name(table), "Item": self.item(table)}
        self.options(request, ReturnValues=(0.3, ["ALL_OLD"] * 8 + RETURN_VALUES))
        self.write_options(request)
        self.condition(table, request)
        return Request("PutItem", request)

    def condition(self, table, request):
        dice = self.rng.random()
        if dice < 0.25:
            expressions = self.expressions(table)
            expressions.attach(request, ConditionExpression=expressions.condition())
        if dice < 0.005 or 0.25 < dice < 0.31:
            self.expected(table, request)

    def delete_item(self):
        table = self.table()
        request = {"TableName": self.table_name(table), "Key": self.key(table)}
        self.options(request, ReturnValues=(0.3, ["ALL_OLD"] * 8 + RETURN_VALUES))
        self.write_options(request)
        self.condition(table, request)
        return Request("DeleteItem", request)

    def get_item(self):
        table = self.table()
        request = {"TableName": self.table_name(table), "Key": self.key(table)}
        self.reading(table, request)
        return Request("GetItem", request)

    def reading(self, table, request):
        expressions = self.expressions(table)
        self.options(
            request,
            ConsistentRead=(0.2, [True, False]),
            ReturnConsumedCapacity=(0.15, ["TOTAL", "INDEXES", "NONE"]),
        )
        if self.chance(0.4):
            expressions.attach(request, ProjectionExpression=expressions.projection())
        if self.chance(0.06):
            self.attributes_to_get(table, request)

    def attributes_to_get(self, table, request):
        names = self.rng.choices(list(table.types), k=self.rng.choice([1, 1, 2, 2, 3, 0]))
        request["AttributesToGet"] = names + ([""] if self.chance(0.02) else [])

    def update_item(self):
        table = self.table()
        request = {"TableName": self.table_name(table), "Key": self.key(table)}
        self.options(request, ReturnValues=(0.6, RETURN_VALUES))
        self.write_options(request)
        dice = self.rng.random()
        if dice < 0.82:
            expressions = self.expressions(table)
            condition = expressions.condition() if self.chance(0.3) else None
            expressions.attach(
                request, UpdateExpression=expressions.update(), ConditionExpression=condition
            )
        if dice < 0.005 or 0.82 < dice < 0.96:
            self.attribute_updates(table, request)
            if self.chance(0.3):
                self.expected(table, request)
        return Request("UpdateItem", request)

    # Parameters of before expressions

    def attribute_updates(self, table, request):
        updates = {}
        for name in self.rng.sample(list(table.types), self.rng.choice([0, 1, 1, 2, 3])):
            update = {"Value": words.value_for(self.rng, name, table.types)}
            if self.chance(0.8):
                update["Action"] = self.rng.choice(["PUT", "ADD", "DELETE"])
            if self.chance(0.15):
                del update["Value"]
            if self.chance(0.02):
                update["Action"] = self.rng.choice(["put", "", "SET"])
            updates[name] = update
        request["AttributeUpdates"] = updates

    def expected(self, table, request):
        wanted = {}
        for name in self.rng.sample(list(table.types), self.rng.choice([0, 1, 1, 1, 2])):
            dice = self.rng.random()
            if dice < 0.3:
                wanted[name] = {"Value": words.value_for(self.rng, name, table.types)}
                if self.chance(0.5):
                    wanted[name]["Exists"] = self.chance(0.8)
            elif dice < 0.5:
                wanted[name] = {"Exists": self.chance(0.3)}
            else:
                wanted[name] = self.comparison(table, name)
        request["Expected"] = wanted
        self.options(request, ConditionalOperator=(0.3, ["AND", "OR"]))

    def comparison(self, table, name):
        operator = self.rng.choice(list(ARGUMENTS))
        count = ARGUMENTS[operator] if self.chance(0.93) else self.rng.choice([0, 1, 2, 3])
        values = [words.value_for(self.rng, name, table.types) for _ in range(count)]
        found = {"ComparisonOperator": operator}
        if values or self.chance(0.1):
            found["AttributeValueList"] = values
        if self.chance(0.02):
            found["ComparisonOperator"] = self.rng.choice(["eq", "", "IS"])
        return found

    def filters(self, table):
        names = self.rng.sample(list(table.types), self.rng.choice([0, 1, 1, 1, 2]))
        return {name: self.comparison(table, name) for name in names}

    # Queries and scans

    def query(self):
        table = self.table()
        index = self.rng.choice(table.indexes) if table.indexes and self.chance(0.5) else None
        keys = index or table
        request = {"TableName": self.table_name(table)}
        self.index_name(index, request)
        if self.chance(0.92):
            expressions = self.expressions(table)
            self.read_expressions(
                expressions,
                request,
                KeyConditionExpression=expressions.key_condition(keys.hash_key, keys.range_key),
            )
        else:
            self.key_conditions(table, keys, request)
            if self.chance(0.4):
                request["QueryFilter"] = self.filters(table)
        self.read_options(table, index, request)
        self.options(request, ScanIndexForward=(0.4, [True, False]))
        return Request("Query", request, self.walked(request), table)

    def scan(self):
        table = self.table()
        index = self.rng.choice(table.indexes) if table.indexes and self.chance(0.3) else None
        request = {"TableName": self.table_name(table)}
        self.index_name(index, request)
        if self.chance(0.9):
            self.read_expressions(self.expressions(table), request)
        else:
            request["ScanFilter"] = self.filters(table)
            self.options(request, ConditionalOperator=(0.3, ["AND", "OR"]))
        self.read_options(table, index, request)
        if self.chance(0.1):
            request["TotalSegments"] = self.rng.choice([1, 2, 3, 1_000_000, 0, 1_000_001, -1])
            request["Segment"] = self.rng.choice([0, 0, 0, 1, 2, 3, -1])
            if self.chance(0.15):
                del request[self.rng.choice(["Segment", "TotalSegments"])]
        return Request("Scan", request, self.walked(request), table)

    def index_name(self, index, request):
        if index:
            request["IndexName"] = index.name
        if self.chance(0.01):
            request["IndexName"] = self.rng.choice(["none", "", "a b"])

    def read_expressions(self, expressions, request, **others):
        expressions.attach(
            request,
            FilterExpression=expressions.condition() if self.chance(0.4) else None,
            ProjectionExpression=expressions.projection() if self.chance(0.15) else None,
            **others,
        )

    def key_conditions(self, table, keys, request):
        conditions = {
            keys.hash_key[0]: {
                "ComparisonOperator": "EQ" if self.chance(0.95) else "GT",
                "AttributeValueList": [
                    words.key_value(self.rng, keys.hash_key[1], words.KEY_VALUES)
                ],
            }
        }
        if keys.range_key and self.chance(0.6):
            conditions[keys.range_key[0]] = self.comparison(table, keys.range_key[0])
        request["KeyConditions"] = conditions
        self.options(request, ConditionalOperator=(0.1, ["AND", "OR"]))

    def read_options(self, table, index, request):
        selects = ["ALL_ATTRIBUTES", "COUNT", "ALL_PROJECTED_ATTRIBUTES", "SPECIFIC_ATTRIBUTES"]
        consistent = 0.03 if index and not index.local else 0.2
        self.options(
            request,
            ConsistentRead=(consistent, [True, False]),
            ReturnConsumedCapacity=(0.12, ["TOTAL", "INDEXES", "NONE"]),
            Select=(0.15, selects),
            Limit=(0.3, [1, 2, 3, 4, 1000]),
        )
        if self.chance(0.01):
            request["Limit"] = self.rng.choice([0, -1, 1.5, "1", 2**31, 2**63])
        if self.chance(0.03):
            self.attributes_to_get(table, request)
        if self.chance(0.1):
            request["ExclusiveStartKey"] = self.start_key(table, index)

    def start_key(self, table, index):
        key = self.key(table)
        if index and self.chance(0.95):
            for name, kind in index.keys:
                if name not in key:
                    key[name] = words.key_value(self.rng, kind, words.SORT_VALUES)
        return key if self.chance(0.97) else {}

    def walked(self, request):
        return "Limit" in request and "ExclusiveStartKey" not in request and self.chance(0.7)

    # Batches

    def batch_get(self):
        requested = {}
        for table in self.rng.sample(self.tables, self.rng.randint(1, len(self.tables))):
            count = self.rng.choice([1, 2, 3, 4, 5, 5, 0, 101] if self.chance(0.08) else [1, 2, 3])
            part = {"Keys": self.other_keys(table, count, set())}
            self.reading(table, part)
            requested[self.table_name(table)] = part
        request = {"RequestItems": requested if self.chance(0.98) else {}}
        self.options(request, ReturnConsumedCapacity=(0.15, ["TOTAL", "INDEXES", "NONE"]))
        return Request("BatchGetItem", request)

    def batch_write(self):
        requested = {}
        for table in self.rng.sample(self.tables, self.rng.randint(1, len(self.tables))):
            count = self.rng.choice([1, 2, 3, 4, 0, 26] if self.chance(0.08) else [1, 2, 3])
            requested[self.table_name(table)] = [
                self.batched(table, key) for key in self.other_keys(table, count, set())
            ]
        request = {"RequestItems": requested if self.chance(0.98) else {}}
        self.options(
            request,
            ReturnConsumedCapacity=(0.15, ["TOTAL", "INDEXES", "NONE"]),
            ReturnItemCollectionMetrics=(0.08, ["SIZE", "NONE"]),
        )
        return Request("BatchWriteItem", request)

    def batched(self, table, key):
        dice = self.rng.random()
        if dice < 0.01:
            return {}
        if dice < 0.7:
            return {"PutRequest": {"Item": self.item(table, key)}}
        found = {"DeleteRequest": {"Key": key}}
        if dice < 0.71:
            found["PutRequest"] = {"Item": self.item(table)}
        return found

    # Transactions

    def transact_write(self):
        count = self.rng.choice([0, 101, 10] if self.chance(0.03) else [1, 2, 2, 3, 4])
        taken = set()
        actions = [self.transacted(self.table(), taken) for _ in range(count)]
        request = {"TransactItems": [action for action in actions if action is not None]}
        self.options(
            request,
            ReturnConsumedCapacity=(0.15, ["TOTAL", "INDEXES", "NONE"]),
            ReturnItemCollectionMetrics=(0.08, ["SIZE", "NONE"]),
            ClientRequestToken=(0.1, ["token-1", "token-2", "t" * 36, "t" * 37, ""]),
        )
        return Request("TransactWriteItems", request)

    def transacted(self, table, taken):
        """An action on an item that is not "taken", or None."""
        dice = self.rng.random()
        if dice < 0.005:
            return {}
        keys = self.other_keys(table, 1, taken)
        if not keys:
            return None
        action = {"TableName": self.table_name(table)}
        self.options(action, ReturnValuesOnConditionCheckFailure=(0.2, ["ALL_OLD", "NONE"]))
        expressions = self.expressions(table)
        condition = expressions.condition() if self.chance(0.15) else None
        if dice < 0.35:
            action["Item"] = self.item(table, keys[0])
            expressions.attach(action, ConditionExpression=condition)
            return {"Put": action}
        action["Key"] = keys[0]
        if dice < 0.7:
            expressions.attach(
                action, UpdateExpression=expressions.update(), ConditionExpression=condition
            )
            return {"Update": action}
        if dice < 0.85:
            expressions.attach(action, ConditionExpression=condition)
            return {"Delete": action}
        expressions.attach(action, ConditionExpression=condition or expressions.condition())
        return {"ConditionCheck": action}

    def transact_get(self):
        count = self.rng.choice([0, 101, 10] if self.chance(0.03) else [1, 2, 2, 3])
        request = {"TransactItems": []}
        taken = set()
        for _ in range(count):
            table = self.table()
            keys = self.other_keys(table, 1, taken)
            if not keys:
                continue
            part = {"TableName": self.table_name(table), "Key": keys[0]}
            if self.chance(0.3):
                expressions = self.expressions(table)
                expressions.attach(part, ProjectionExpression=expressions.projection())
            request["TransactItems"].append({"Get": part} if self.chance(0.99) else {})
        self.options(request, ReturnConsumedCapacity=(0.15, ["TOTAL", "INDEXES", "NONE"]))
        return Request("TransactGetItems", request)

    # The rest

    def statement(self):
        table = self.table()
        request = statements.Statement(self.rng, table).request()
        self.options(
            request,
            ReturnConsumedCapacity=(0.1, ["TOTAL", "INDEXES", "NONE"]),
            Limit=(0.1, [1, 2, 3, 1000]),
            ConsistentRead=(0.1, [True, False]),
            ReturnValuesOnConditionCheckFailure=(0.1, ["ALL_OLD", "NONE"]),
        )
        return Request("ExecuteStatement", request, "Limit" in request, table)

    def statement_batch(self):
        count = self.rng.choice([0, 26, 5] if self.chance(0.05) else [1, 2, 2, 3])
        found = [statements.Statement(self.rng, self.table(), batched=True) for _ in range(count)]
        reads = self.chance(0.4)
        for statement in found:
            if self.chance(0.95):
                statement.reads = reads
        request = {"Statements": [statement.request() for statement in found]}
        self.options(request, ReturnConsumedCapacity=(0.1, ["TOTAL", "INDEXES", "NONE"]))
        return Request("BatchExecuteStatement", request)

    def statement_transaction(self):
        request = self.statement_batch().body
        request["TransactStatements"] = request.pop("Statements")
        self.options(request, ClientRequestToken=(0.1, ["token-1", "token-2", "t" * 37, ""]))
        return Request("ExecuteTransaction", request)

    def about_tables(self):
        return Request(*schemas.about_tables(self.rng))

    def streams(self):
        return Request(*schemas.streams(self.rng))

    def describe(self):
        return Request("DescribeTable", {"TableName": self.table_name(self.table())})


ARGUMENTS = {
    "EQ": 1,
    "NE": 1,
    "IN": 2,
    "LE": 1,
    "LT": 1,
    "GE": 1,
    "GT": 1,
    "BETWEEN": 2,
    "NOT_NULL": 0,
    "NULL": 0,
    "CONTAINS": 1,
    "NOT_CONTAINS": 1,
    "BEGINS_WITH": 1,
}

WEIGHTS = {
    Generator.put_item: 17,
    Generator.get_item: 7,
    Generator.update_item: 22,
    Generator.delete_item: 6,
    Generator.query: 14,
    Generator.scan: 8,
    Generator.batch_get: 3,
    Generator.batch_write: 4,
    Generator.transact_write: 6,
    Generator.transact_get: 2,
    Generator.statement: 8,
    Generator.statement_batch: 2,
    Generator.statement_transaction: 2,
    Generator.about_tables: 9,
    Generator.streams: 1,
    Generator.describe: 0.5,
}


def spots(value):
    """Every place in a JSON value, as its holder and the key there."""
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = list(enumerate(value))
    else:
        return
    for key, inside in pairs:
        yield value, key
        yield from spots(inside)
