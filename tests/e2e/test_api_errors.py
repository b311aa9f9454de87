"""Requests that no SDK would send: each has an answer, and none is the server's fault."""

import copy
import json
import random

import pytest

from api import create, index, item, put_all, values
from serving import Closed

SERIALIZATION = "SerializationException"
ROUNDS = 4500


@pytest.fixture(scope="module")
def table(db):
    table = create(db, "k:S", [index("i-g", "g:S")])
    put_all(db, table, [{"k": "a", "g": "x", "n": 1, "l": []}])
    return table


@pytest.fixture
def connection(api):
    with api.connect() as connection:
        yield connection


# What cannot be read


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"nonsense", b'{"TableName": }', b'{"a": 1,}', b'{"TableName": "\xff"}', b"{} {}",
     b"[" * 100000, b'{"a":' * 100000, b"\x00", b'{"TableName": "x"', b"'{}'"],
    ids=["empty", "brace", "word", "hole", "comma", "not-utf8", "two", "brackets", "braces", "nul",
         "cut", "quotes"],
)
def test_a_body_that_is_no_json_is_a_serialization_error(connection, body):
    answer = connection.call("DescribeTable", body)
    assert (answer.status, answer.error()) == (400, SERIALIZATION)


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"1", b"null", b"true"])
def test_a_body_that_is_no_object_is_refused(connection, body):
    answer = connection.call("DescribeTable", body)
    assert answer.status == 400
    assert answer.error() in (SERIALIZATION, "ValidationException")


@pytest.mark.parametrize(
    "operation, members, message",
    [
        ("PutItem", {"Item": {"k": {"N": 123}}}, "NUMBER_VALUE cannot be converted to String"),
        ("PutItem", {"Item": {"k": {"S": True}}}, "TRUE_VALUE cannot be converted to String"),
        ("PutItem", {"Item": {"k": {"BOOL": "yes"}}}, "Unexpected token received from parser"),
        ("PutItem", {"Item": {"k": "text"}}, None),
        ("PutItem", {"Item": {"k": {"L": {}}}}, None),
        ("PutItem", {"Item": {"k": {"M": []}}}, None),
        ("PutItem", {"Item": {"k": {"SS": "a"}}}, None),
        ("PutItem", {"Item": {"k": {"SS": [1]}}}, "NUMBER_VALUE cannot be converted to String"),
        ("PutItem", {"Item": {"k": {"B": "no base64!"}}}, None),
        ("PutItem", {"Item": {"k": {"B": "YQ"}}}, None),
        ("PutItem", {"Item": []}, None),
        ("PutItem", {"Item": {"k": {"L": [{"M": {"x": {"N": []}}}]}}}, None),
        ("Scan", {"Limit": "5"}, None),
        ("Scan", {"Limit": {}}, None),
        ("Scan", {"ConsistentRead": 1}, None),
        ("Scan", {"ExpressionAttributeNames": {"#a": 5}}, "NUMBER_VALUE cannot be converted to String"),
        ("GetItem", {"AttributesToGet": "k"}, None),
        ("BatchGetItem", {"RequestItems": []}, None),
        ("CreateTable", {"KeySchema": {}}, None),
        ("TransactWriteItems", {"TransactItems": "x"}, None),
    ],
)
def test_a_wrong_type_at_any_depth_is_a_serialization_error(connection, table, operation, members, message):
    answer = connection.call(operation, {"TableName": table} | members)
    assert (answer.status, answer.error()) == (400, SERIALIZATION)
    assert "Message" in answer.json()
    if message:
        assert answer.json()["Message"] == message


def test_types_are_judged_before_values(connection):
    answer = connection.call("PutItem", {"TableName": "", "Item": {"k": {"N": 1}}})
    assert answer.error() == SERIALIZATION


def test_unknown_members_are_ignored(connection, table):
    answer = connection.call("GetItem", {"TableName": table, "Key": item(k="a"), "Nonsense": [{}]})
    assert answer.json()["Item"]["n"] == {"N": "1"}


def test_an_absent_member_may_be_null(connection, table):
    answer = connection.call(
        "GetItem", {"TableName": table, "Key": item(k="a"), "ProjectionExpression": None}
    )
    assert answer.json()["Item"]["n"] == {"N": "1"}


# What names no operation


@pytest.mark.parametrize(
    "target", ["DynamoDB_20120810.Nonsense", "DynamoDB_20120810.", "DynamoDB_20120810", "x.y", "",
               "DynamoDB_20111205.ListTables", "DynamoDB_20120810.listTables"],
)
def test_an_unknown_operation_is_told(connection, target):
    answer = connection.call("x", {}, x_amz_target=target)
    assert (answer.status, answer.error()) == (400, "UnknownOperationException")


# What breaks several rules


def test_all_broken_constraints_are_told_together(connection):
    answer = connection.call(
        "CreateTable",
        {"TableName": "a", "KeySchema": [{"AttributeName": "k", "KeyType": "X"}],
         "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "Y"}]},
    )
    told = answer.json()["message"]
    assert told.startswith("3 validation errors detected: ")
    assert "Value 'X' at 'keySchema.1.member.keyType' failed to satisfy constraint:" in told
    assert "Value 'Y' at 'attributeDefinitions.1.member.attributeType' failed" in told
    assert "Member must have length greater than or equal to 3" in told


def test_a_missing_member_is_told_by_name(connection, table):
    answer = connection.call("GetItem", {"TableName": table})
    assert answer.error() == "ValidationException"
    assert answer.json()["message"] == (
        "1 validation error detected: Value null at 'key' failed to satisfy constraint: "
        "Member must not be null"
    )


# Mutants of valid requests


def valid_requests(table):
    """Requests that succeed: every operation that takes an interesting shape."""
    names = {"#n": "n"}
    one = values(one=1)
    key = item(k="a")
    yield "GetItem", {"Key": key, "ProjectionExpression": "k, #n", "ExpressionAttributeNames": names}
    yield "PutItem", {
        "Item": item(k="b", l=[1, {"m": {"x"}}], z=None, f=False) | {"b": {"B": "YWI="}},
        "ReturnValues": "ALL_OLD",
        "ConditionExpression": "attribute_not_exists(q) AND size(k) < :one OR NOT k IN (:one)",
        "ExpressionAttributeValues": one, "ReturnConsumedCapacity": "INDEXES",
    }
    yield "UpdateItem", {
        "Key": key, "UpdateExpression": "SET #n = #n + :one, l[3] = :one REMOVE q ADD c :one",
        "ExpressionAttributeNames": names, "ExpressionAttributeValues": one, "ReturnValues": "ALL_NEW",
    }
    yield "UpdateItem", {
        "Key": key, "AttributeUpdates": {"c": {"Action": "ADD", "Value": {"N": "1"}}},
        "Expected": {name: {"ComparisonOperator": "NULL"} for name in "qr"}, "ConditionalOperator": "AND",
    }
    yield "DeleteItem", {"Key": item(k="b"), "Expected": {"q": {"Exists": False}}}
    yield "Query", {
        "KeyConditionExpression": "g = :g", "ExpressionAttributeValues": values(g="x", one=1),
        "FilterExpression": "#n >= :one", "IndexName": "i-g", "Limit": 5, "ScanIndexForward": False,
        "ExpressionAttributeNames": names, "ExclusiveStartKey": item(k="zz", g="x"),
    }
    yield "Query", {
        "KeyConditions": {"k": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "a"}]}},
        "QueryFilter": {"n": {"ComparisonOperator": "BETWEEN",
                              "AttributeValueList": [{"N": "1"}, {"N": "2"}]}},
    }
    yield "Scan", {
        "Segment": 0, "TotalSegments": 3, "FilterExpression": "begins_with(k, :a)",
        "ExpressionAttributeValues": values(a="a"), "Select": "COUNT",
    }
    yield "BatchGetItem", {"RequestItems": {table: {"Keys": [key, item(k="b")], "ConsistentRead": True}}}
    yield "BatchWriteItem", {
        "RequestItems": {table: [{"PutRequest": {"Item": item(k="c")}}, {"DeleteRequest": {"Key": item(k="d")}}]}
    }
    yield "TransactGetItems", {"TransactItems": [{"Get": {"TableName": table, "Key": key}}]}
    yield "TransactWriteItems", {
        "TransactItems": [
            {"Put": {"TableName": table, "Item": item(k="t")}},
            {"Update": {"TableName": table, "Key": key, "UpdateExpression": "SET v = :one",
                        "ExpressionAttributeValues": one}},
            {"ConditionCheck": {"TableName": table, "Key": item(k="e"),
                                "ConditionExpression": "attribute_not_exists(k)"}},
        ]
    }
    yield "DescribeTable", {}
    yield "ListTables", {"Limit": 3, "ExclusiveStartTableName": "aaa"}
    yield "UpdateTimeToLive", {"TimeToLiveSpecification": {"AttributeName": "e", "Enabled": True}}
    yield "CreateTable", {
        "TableName": "fuzzed", "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in "ksl"],
        "LocalSecondaryIndexes": [
            {"IndexName": "loc", "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x"]},
             "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"},
                           {"AttributeName": "l", "KeyType": "RANGE"}]}
        ],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        "Tags": [{"Key": "a", "Value": "b"}], "SSESpecification": {"Enabled": False},
    }
    yield "UpdateTable", {"TableName": "fuzzed", "StreamSpecification": {"StreamEnabled": False}}
    yield "DeleteTable", {"TableName": "fuzzed"}
    yield "ExecuteStatement", {
        "Statement": f'SELECT k FROM "{table}" WHERE k = ? AND n > 0', "Parameters": [{"S": "a"}]
    }
    yield "ExecuteTransaction", {
        "TransactStatements": [{"Statement": f"INSERT INTO \"{table}\" VALUE {{'k': 'p', 'l': [1, 'x']}}"}]
    }


STRANGE = [
    None, True, False, 0, -1, 1, 1 << 31, 1 << 63, 1 << 64, 10**400, 1.5, 1e308, "", "a", "é", "\x00",
    "😀", "x" * 70000, [], {}, [[]], [None], {"": {}}, {"S": "x"}, {"N": "1e125"}, {"N": "1e999"},
    {"SS": ["a", "a"]}, {"NULL": False}, {"L": [{"L": [{"L": []}]}]}, {"B": "===="}, ":one", "#n", "k",
    "(" * 300, "a[99999999999]", "a.b.c", "SELECT", "\ud800",
]


def places(value, path=()):
    """The paths of everything in a value."""
    yield path
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield from places(member, (*path, name))


def mutate_text(text, numbers):
    """A text with a piece removed, doubled, or a strange character put in."""
    start, end = sorted(numbers.randrange(len(text) + 1) for _ in range(2))
    kind = numbers.randrange(3)
    if kind == 0:
        return text[:start] + text[end:]
    if kind == 1:
        return text[:end] + text[start:]
    return text[:start] + numbers.choice("()[]{}<>=,.:#'\"?\\*\x00é9 ") + text[start:]


def mutate(request, numbers):
    """A copy that differs in a place or two."""
    request = copy.deepcopy(request)
    for _ in range(numbers.randint(1, 2)):
        paths = [path for path in places(request) if path]
        if not paths:
            break
        path = numbers.choice(paths)
        parent = request
        for name in path[:-1]:
            parent = parent[name]
        old = parent[path[-1]]
        kind = numbers.randrange(4)
        if kind == 0:
            del parent[path[-1]]
        elif kind == 1 and isinstance(old, str):
            parent[path[-1]] = mutate_text(old, numbers)
        elif kind == 2 and isinstance(parent, dict):
            parent[numbers.choice(["N", "S", "L", "Limit", "Key", "Item", "x"])] = old
        else:
            parent[path[-1]] = copy.deepcopy(numbers.choice(STRANGE))
    return request


def complaint(answer):
    """What is wrong with an answer, whatever the request was."""
    if answer.status not in (200, 400):
        return f"status {answer.status}"
    if answer.body == b"":
        return None
    body = answer.json()
    if not isinstance(body, dict):
        return "no object"
    if answer.status == 400:
        name = body.get("__type", "")
        told = body.get("message", body.get("Message"))
        if "#" not in name or name.endswith(("InternalServerError", "InternalFailure")):
            return "no exception of the service's"
        if name.endswith("ValidationException") and not told:
            return "no message"
    return None


def test_valid_requests_succeed(connection, table):
    for operation, members in valid_requests(table):
        answer = connection.call(operation, {"TableName": table} | members)
        assert answer.status == 200, f"{operation}: {answer.body}"


@pytest.mark.parametrize("seed", range(3))
def test_no_mutant_of_a_request_is_the_server_s_fault(api, table, seed):
    numbers = random.Random(seed)
    requests = list(valid_requests(table))
    connection = api.connect()
    with connection:
        for round_number in range(ROUNDS // 3):
            operation, members = numbers.choice(requests)
            body = json.dumps(mutate({"TableName": table} | members, numbers)).encode()
            told = f"seed {seed}, round {round_number}: {operation} {body[:2000]!r}"
            try:
                answer = connection.call(operation, body)
            except Closed:
                raise AssertionError(f"closed without an answer; {told}") from None
            wrong = complaint(answer)
            assert not wrong, f"{wrong}: {answer.body[:500]!r}; {told}"


def test_no_mutant_of_json_is_the_server_s_fault(connection, table):
    numbers = random.Random(7)
    requests = list(valid_requests(table))
    for round_number in range(ROUNDS // 3):
        operation, members = numbers.choice(requests)
        text = json.dumps({"TableName": table} | members)
        body = mutate_text(text, numbers).encode()
        answer = connection.call(operation, body)
        wrong = complaint(answer)
        assert not wrong, f"{wrong}: {answer.body[:500]!r}; round {round_number}: {operation} {body!r}"
