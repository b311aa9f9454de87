"""Tables, and the requests that create, change, describe and delete them."""

import dataclasses

import vocabulary as words

TYPES = ["S", "S", "N", "B"]
INDEXABLE = {"a": "S", "t": "S", "n": "N", "i": "N", "b": "B", "g": "S", "h": "N"}
VIEWS = ["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]
ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/"


@dataclasses.dataclass
class Index:
    name: str
    hash_key: tuple  # name and type
    range_key: tuple | None
    projection: dict
    local: bool

    @property
    def keys(self):
        return [key for key in (self.hash_key, self.range_key) if key]

    def definition(self):
        return {
            "IndexName": self.name,
            "KeySchema": key_schema(self.hash_key, self.range_key),
            "Projection": self.projection,
        }


@dataclasses.dataclass
class Table:
    name: str
    hash_key: tuple
    range_key: tuple | None
    indexes: list
    view: str | None = None  # of the stream

    @property
    def keys(self):
        return [key for key in (self.hash_key, self.range_key) if key]

    @property
    def types(self):
        """Attribute -> its usual type in this table."""
        indexed = [key for index in self.indexes for key in index.keys]
        return {**words.ATTRIBUTES, **dict(indexed), **dict(self.keys)}

    def creation(self):
        request = {
            "TableName": self.name,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": key_schema(self.hash_key, self.range_key),
            "AttributeDefinitions": definitions(self),
        }
        for member, local in ("LocalSecondaryIndexes", True), ("GlobalSecondaryIndexes", False):
            found = [index.definition() for index in self.indexes if index.local == local]
            if found:
                request[member] = found
        if self.view:
            request["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": self.view}
        return request


def key_schema(hash_key, range_key):
    keys = [{"AttributeName": hash_key[0], "KeyType": "HASH"}]
    if range_key:
        keys.append({"AttributeName": range_key[0], "KeyType": "RANGE"})
    return keys


def definitions(table):
    keys = dict(table.keys)
    for index in table.indexes:
        keys.update(index.keys)
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in keys.items()]


def projection(rng):
    kind = rng.choice(["ALL", "ALL", "KEYS_ONLY", "INCLUDE"])
    found = {"ProjectionType": kind}
    if kind == "INCLUDE":
        found["NonKeyAttributes"] = rng.sample(["m", "l", "ss", "f", "z"], rng.randint(1, 3))
    return found


def random_table(rng, name, most_indexes=3):
    hash_key = ("pk", rng.choice(TYPES))
    range_key = ("sk", rng.choice(TYPES)) if rng.random() < 0.6 else None
    indexes = []
    for number in range(rng.randint(0, most_indexes)):
        local = bool(range_key) and rng.random() < 0.4
        names = rng.sample(sorted(INDEXABLE), 2)
        pair = [(name, INDEXABLE[name]) for name in names]
        if local:
            pair = [hash_key, pair[0]]
        elif rng.random() < 0.15:
            pair[rng.randrange(2)] = hash_key
        elif rng.random() < 0.4:
            pair[1] = None
        indexes.append(Index(f"i-{number}", pair[0], pair[1], projection(rng), local))
    view = rng.choice(VIEWS) if rng.random() < 0.4 else None
    return Table(name, hash_key, range_key, indexes, view)


# Requests about tables. They go to tables of their own, named "extra.*", which
# no other request needs.

EXTRA = ["extra.a", "extra.b", "extra_c"]
BAD_NAMES = ["", "x", "ab", "a b", "n" * 256, "ünï", "a/b"]
THROUGHPUT = [
    {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    {"ReadCapacityUnits": 5, "WriteCapacityUnits": 7},
    {"ReadCapacityUnits": 0, "WriteCapacityUnits": 1},
    {"ReadCapacityUnits": -1, "WriteCapacityUnits": -1},
    {"ReadCapacityUnits": 1},
    {"ReadCapacityUnits": "x", "WriteCapacityUnits": 1},
    {"ReadCapacityUnits": 1.5, "WriteCapacityUnits": 1},
    {"ReadCapacityUnits": 1_000_000_000_001, "WriteCapacityUnits": 1},
    {},
]


def extra_name(rng):
    return rng.choice(BAD_NAMES) if rng.random() < 0.04 else rng.choice(EXTRA)


BAD_PROJECTIONS = [
    {},
    {"ProjectionType": "SOME"},
    {"ProjectionType": "INCLUDE"},
    {"ProjectionType": "ALL", "NonKeyAttributes": ["x"]},
    {"ProjectionType": "KEYS_ONLY", "NonKeyAttributes": ["x"]},
    {"ProjectionType": "INCLUDE", "NonKeyAttributes": []},
    {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "x"]},
    {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["pk"]},
    {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x"] * 21},
]


def create_table(rng):
    request = random_table(rng, extra_name(rng)).creation()
    if rng.random() < 0.3:
        request["BillingMode"] = "PROVISIONED"
        request["ProvisionedThroughput"] = good_throughput(rng)
        for index in request.get("GlobalSecondaryIndexes", []):
            index["ProvisionedThroughput"] = good_throughput(rng)
    if rng.random() < 0.5:
        rng.choice(CREATE_SPOILERS)(rng, request)
    if rng.random() < 0.15:
        rng.choice([set_throughput, spoil_stream, add_options])(rng, request)
    return request


def good_throughput(rng):
    return dict(rng.choice(THROUGHPUT[:2]))


def set_throughput(rng, request):
    request["ProvisionedThroughput"] = rng.choice(THROUGHPUT)
    request["BillingMode"] = rng.choice(["PROVISIONED", "PAY_PER_REQUEST", "NOTHING"])


def drop_billing(_, request):
    request.pop("BillingMode", None)


def more_definitions(rng, request):
    more = {"AttributeName": rng.choice(["x", "pk"]), "AttributeType": "S"}
    request["AttributeDefinitions"].append(more)


def less_definitions(rng, request):
    request["AttributeDefinitions"].pop(rng.randrange(len(request["AttributeDefinitions"])))


def bad_type(rng, request):
    definition = rng.choice(request["AttributeDefinitions"])
    definition["AttributeType"] = rng.choice(["SS", "X", "", "BOOL"])


def bad_key_type(rng, request):
    kind = rng.choice(["RANGE", "HASH", "hash", ""])
    rng.choice(request["KeySchema"])["KeyType"] = kind


def bad_key_schema(rng, request):
    keys = request["KeySchema"]
    request["KeySchema"] = rng.choice([[], keys + keys, keys[::-1], keys[:1] * 3])


def spoil_index(rng, request):
    member = rng.choice(["GlobalSecondaryIndexes", "LocalSecondaryIndexes"])
    indexes = request.get(member)
    if not indexes:
        request[member] = []
        return
    index = rng.choice(indexes)
    change = rng.choice(
        [
            {"IndexName": rng.choice(["i-0", "i-1", "x", "a b", ""])},
            {"KeySchema": rng.choice([[], index["KeySchema"][:1], index["KeySchema"][::-1]])},
            {"Projection": rng.choice(BAD_PROJECTIONS)},
            {"Projection": rng.choice(BAD_PROJECTIONS)},
            {"ProvisionedThroughput": rng.choice(THROUGHPUT)},
        ]
    )
    index.update(change)


def spoil_stream(rng, request):
    request["StreamSpecification"] = rng.choice(
        [
            {"StreamEnabled": True},
            {"StreamEnabled": False},
            {"StreamEnabled": False, "StreamViewType": "NEW_IMAGE"},
            {"StreamEnabled": True, "StreamViewType": "IMAGES"},
            {"StreamEnabled": "yes"},
            {"StreamViewType": "NEW_IMAGE"},
            {},
        ]
    )


def add_options(rng, request):
    request.update(
        rng.choice(
            [
                {"Tags": [{"Key": "k", "Value": "v"}]},
                {"Tags": [{"Key": "k", "Value": "v"}, {"Key": "k", "Value": "w"}]},
                {"Tags": [{"Key": "", "Value": "v"}]},
                {"Tags": [{"Key": "k" * 129, "Value": "v"}]},
                {"DeletionProtectionEnabled": True},
                {"TableClass": "STANDARD_INFREQUENT_ACCESS"},
                {"TableClass": "COLD"},
                {"SSESpecification": {"Enabled": True}},
                {"OnDemandThroughput": {"MaxReadRequestUnits": 5, "MaxWriteRequestUnits": 6}},
                {"WarmThroughput": {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000}},
            ]
        )
    )


def drop_member(rng, request):
    request.pop(rng.choice(list(request)))


CREATE_SPOILERS = [
    set_throughput,
    drop_billing,
    more_definitions,
    less_definitions,
    bad_type,
    bad_key_type,
    bad_key_schema,
    spoil_index,
    spoil_index,
    spoil_stream,
    add_options,
    drop_member,
]


def update_table(rng):
    request = {"TableName": extra_name(rng)}
    for _ in range(rng.choice([1, 1, 1, 1, 2])):
        rng.choice(UPDATES)(rng, request)
    if rng.random() < 0.05:
        request.pop(rng.choice(list(request)))
    return request


def update_throughput(rng, request):
    if rng.random() < 0.7:
        request["ProvisionedThroughput"] = rng.choice(THROUGHPUT)
    if rng.random() < 0.6:
        request["BillingMode"] = rng.choice(["PROVISIONED", "PAY_PER_REQUEST"])


def update_index(rng, request):
    name = rng.choice(["i-0", "i-1", "i-2", "new", "new2"])
    keys = rng.sample(sorted(INDEXABLE), 2)
    create = {
        "IndexName": name,
        "KeySchema": key_schema((keys[0], None), (keys[1], None) if rng.random() < 0.5 else None),
        "Projection": projection(rng),
    }
    if rng.random() < 0.2:
        create["ProvisionedThroughput"] = rng.choice(THROUGHPUT)
    updates = [
        rng.choice(
            [
                {"Create": create},
                {"Create": create},
                {"Delete": {"IndexName": name}},
                {"Delete": {"IndexName": name}},
                {"Update": {"IndexName": name, "ProvisionedThroughput": rng.choice(THROUGHPUT)}},
                {},
                {"Create": {"IndexName": name}},
            ]
        )
        for _ in range(rng.choice([1, 1, 1, 1, 0, 2]))
    ]
    request["GlobalSecondaryIndexUpdates"] = updates
    if rng.random() < 0.9:
        names = [part["AttributeName"] for part in create["KeySchema"]]
        request["AttributeDefinitions"] = [
            {"AttributeName": name, "AttributeType": INDEXABLE[name]} for name in names
        ]


def update_options(rng, request):
    request.update(
        rng.choice(
            [
                {"DeletionProtectionEnabled": rng.random() < 0.3},
                {"TableClass": rng.choice(["STANDARD", "STANDARD_INFREQUENT_ACCESS", "COLD"])},
                {},
                {"SSESpecification": {"Enabled": True}},
            ]
        )
    )


UPDATES = [update_throughput, update_index, update_index, update_options, spoil_stream]


def arn(rng):
    dice = rng.random()
    if dice < 0.9:
        return ARN + extra_name(rng)
    return rng.choice(["", "arn", "arn:aws:s3:::bucket", ARN, ARN + "none", "x" * 1284])


def tags(rng):
    pool = ["k", "Name", "é", "aws:x", "", "k" * 128, "k" * 129]
    weights = [9, 9, 3, 1, 1, 1, 1]
    values = ["v", "w", "", "v" * 257] if rng.random() < 0.1 else ["v", "w"]
    keys = rng.choices(pool, weights, k=rng.choice([0, 1, 1, 2, 2, 3, 51]))
    return [{"Key": key, "Value": rng.choice(values)} for key in keys]


def tagging(rng):
    """One of the three operations on tags, and its request."""
    operation = rng.choice(["TagResource", "TagResource", "UntagResource", "ListTagsOfResource"])
    request = {"ResourceArn": arn(rng)}
    if operation == "TagResource":
        request["Tags"] = tags(rng)
    elif operation == "UntagResource":
        request["TagKeys"] = [tag["Key"] for tag in tags(rng)]
    if rng.random() < 0.05:
        request.pop(rng.choice(list(request)))
    return operation, request


def time_to_live(rng):
    name = extra_name(rng)
    if rng.random() < 0.35:
        return "DescribeTimeToLive", {"TableName": name}
    specification = {
        "Enabled": rng.random() < 0.6,
        "AttributeName": rng.choice(["n", "n", "n", "ttl", "", "t" * 256]),
    }
    if rng.random() < 0.1:
        specification.pop(rng.choice(list(specification)))
    return "UpdateTimeToLive", {"TableName": name, "TimeToLiveSpecification": specification}


def list_tables(rng):
    request = {}
    if rng.random() < 0.5:
        request["Limit"] = rng.choice([1, 2, 3, 100, 0, 101, -1, "1", 1.5])
    if rng.random() < 0.3:
        request["ExclusiveStartTableName"] = rng.choice(["a", "extra.a", "zzz", "", "a b"])
    return request


def about_tables(rng):
    """Any operation about tables, and its request."""
    dice = rng.random()
    if dice < 0.3:
        return "CreateTable", create_table(rng)
    if dice < 0.5:
        return "UpdateTable", update_table(rng)
    if dice < 0.6:
        return "DeleteTable", {"TableName": extra_name(rng)}
    if dice < 0.7:
        return "DescribeTable", {"TableName": extra_name(rng)}
    if dice < 0.76:
        return "ListTables", list_tables(rng)
    if dice < 0.86:
        return tagging(rng)
    if dice < 0.95:
        return time_to_live(rng)
    return rng.choice(
        [
            ("DescribeLimits", {}),
            ("DescribeEndpoints", {}),
            ("DescribeContinuousBackups", {"TableName": extra_name(rng)}),
            ("GetResourcePolicy", {"ResourceArn": arn(rng)}),
            ("Nothing", {}),
        ]
    )


def streams(rng):
    """An operation on streams that nobody has, or that are badly named."""
    label = "/stream/2025-01-01T00:00:00.000"
    stream = rng.choice([ARN + "none" + label, ARN + "none", "", "arn", "x" * 40, "x" * 1025])
    shard = rng.choice(["shardId-00000000000000000000-00000000", "shard", "", "s" * 66])
    kinds = ["TRIM_HORIZON", "LATEST", "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER", "NOW", ""]
    operation, request = rng.choice(
        [
            ("ListStreams", {"TableName": rng.choice(["none", "", "a b", "none"]), "Limit": 10}),
            ("DescribeStream", {"StreamArn": stream, "Limit": 10}),
            (
                "GetShardIterator",
                {"StreamArn": stream, "ShardId": shard, "ShardIteratorType": rng.choice(kinds)},
            ),
            ("GetRecords", {"ShardIterator": rng.choice(["", "x", stream + "|1|x"]), "Limit": 10}),
        ]
    )
    if rng.random() < 0.15:
        request["Limit"] = rng.choice([0, 1, 101, 1001, -1, "1"])
    if rng.random() < 0.1:
        request.pop(rng.choice(list(request)))
    if rng.random() < 0.1:
        request["SequenceNumber"] = rng.choice(["1", "x", "", "000000000000000000001"])
    return operation, request
