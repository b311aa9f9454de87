"""Items over HTTP: every type and number, keys and sizes, what a write gives back."""

from decimal import Decimal

import pytest

from api import create, index, invalid, item, refused, values

INVALID = "One or more parameter values were invalid: "
NOT_SCHEMA = "The provided key element does not match the schema"
NO_TABLE = ("ResourceNotFoundException", "Requested resource not found")


@pytest.fixture(scope="module")
def table(db):
    return create(db, "k:S")


def stored(db, table, key):
    return db.get_item(TableName=table, Key=item(k=key), ConsistentRead=True).get("Item")


def put(db, table, **attributes):
    return db.put_item(TableName=table, Item=item(attributes))


# Values


@pytest.mark.parametrize(
    "value",
    [
        {"S": ""}, {"S": "é😀\u0000\n"}, {"B": b""}, {"B": bytes(range(256))}, {"BOOL": False},
        {"NULL": True}, {"L": []}, {"M": {}}, {"L": [{"N": "1"}, {"L": [{"M": {" ": {"S": "x"}}}]}]},
        {"M": {"a b": {"NULL": True}, "S": {"S": "s"}}},
    ],
    ids=["empty-string", "unicode", "empty-binary", "binary", "bool", "null", "empty-list",
         "empty-map", "nested", "odd-names"],
)
def test_a_value_comes_back_as_it_went_in(db, table, value):
    db.put_item(TableName=table, Item=item(k="value") | {"v": value})
    assert stored(db, table, "value")["v"] == value


@pytest.mark.parametrize("kind, members", [("SS", ["", "b", "a"]), ("NS", ["3", "-1", "2.5"]),
                                           ("BS", [b"", b"\xff", b"a"])])
def test_a_set_comes_back_with_the_same_members(db, table, kind, members):
    db.put_item(TableName=table, Item=item(k="set") | {"v": {kind: members}})
    assert sorted(stored(db, table, "set")["v"][kind]) == sorted(members)


@pytest.mark.parametrize(
    "written, canonical",
    [
        ("1.10", "1.1"), (".5", "0.5"), ("-0", "0"), ("+5", "5"), ("1e+3", "1000"), ("007", "7"),
        ("0.000", "0"), ("-1E-3", "-0.001"), ("1e125", "1" + 125 * "0"),
        ("1e-130", "0." + 129 * "0" + "1"),
        ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
        ("0.12345678901234567890123456789012345678", "0.12345678901234567890123456789012345678"),
    ],
)
def test_a_number_is_read_in_canonical_form(db, table, written, canonical):
    db.put_item(TableName=table, Item=item(k="number") | {"v": {"N": written}})
    assert stored(db, table, "number")["v"] == {"N": canonical}


@pytest.mark.parametrize(
    "number, message",
    [
        ("123456789012345678901234567890123456789",
         "Attempting to store more than 38 significant digits in a Number"),
        ("1e126", "Number overflow. Attempting to store a number with magnitude larger than supported range"),
        ("-1e126", "Number overflow. Attempting to store a number with magnitude larger than supported range"),
        ("1e-131", "Number underflow. Attempting to store a number with magnitude smaller than supported range"),
        ("NaN", "The parameter cannot be converted to a numeric value: NaN"),
        ("1+2", "The parameter cannot be converted to a numeric value: 1+2"),
        (" 5", "The parameter cannot be converted to a numeric value:  5"),
    ],
)
def test_what_is_no_number_is_refused(db, table, number, message):
    with invalid(message):
        db.put_item(TableName=table, Item=item(k="number") | {"v": {"N": number}})


def enveloped(message):
    """Both of the service's wordings: since 2026 it puts this before a request's own errors."""
    return message, "1 validation error detected: " + message


@pytest.mark.parametrize(
    "value, message",
    [
        ({"SS": []}, INVALID + "An string set  may not be empty"),
        ({"NS": []}, INVALID + "An number set  may not be empty"),
        ({"BS": []}, INVALID + "Binary sets should not be empty"),
        ({"SS": ["a", "a"]}, INVALID + "Input collection [a, a] contains duplicates."),
        ({"NULL": False}, INVALID + "Null attribute value types must have the value of true"),
        ({}, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
        ({"S": "a", "N": "1"}, "Supplied AttributeValue has more than one datatypes set,"
         " must contain exactly one of the supported datatypes"),
    ],
    ids=["no-strings", "no-numbers", "no-binaries", "twins", "null", "empty", "double"],
)
def test_what_is_no_value_is_refused(db, table, value, message):
    quoted = message.replace("[a, a]", '["a", "a"]')
    with invalid(*enveloped(message), *enveloped(quoted)):
        db.put_item(TableName=table, Item=item(k="a") | {"v": value})


def test_numbers_equal_by_value_are_twins_in_a_set(db, table):
    with pytest.raises(db.exceptions.ClientError, match="contains duplicates"):
        db.put_item(TableName=table, Item=item(k="a") | {"v": {"NS": ["1", "1.0"]}})


def nested(levels):
    value = {"S": "leaf"}
    for _ in range(levels):
        value = {"L": [value]}
    return value


def test_values_nest_32_levels_deep_and_no_deeper(db, table):
    db.put_item(TableName=table, Item=item(k="deep") | {"v": nested(31)})
    assert stored(db, table, "deep")["v"] == nested(31)
    with invalid(*enveloped(
        "Nesting Levels have exceeded supported limits: "
        "Attributes in the item have nested levels beyond supported limit"
    )):
        db.put_item(TableName=table, Item=item(k="deep") | {"v": nested(33)})


# Sizes


def test_an_item_of_400_kb_is_taken_and_one_byte_more_is_not(db, table):
    rest = 409600 - len("k") - len("big") - len("v")
    put(db, table, k="big", v="x" * rest)
    assert len(stored(db, table, "big")["v"]["S"]) == rest
    with invalid("Item size has exceeded the maximum allowed size"):
        put(db, table, k="big", v="x" * (rest + 1))


def test_size_is_counted_in_bytes_of_utf_8(db, table):
    with invalid("Item size has exceeded the maximum allowed size"):
        put(db, table, k="big", v="é" * 204800)


def test_an_update_that_would_outgrow_an_item_is_refused(db, table):
    put(db, table, k="grow", v="x" * 300000)
    with invalid("Item size to update has exceeded the maximum allowed size"):
        db.update_item(
            TableName=table, Key=item(k="grow"), UpdateExpression="SET w = :w",
            ExpressionAttributeValues=values(w="x" * 200000),
        )
    assert "w" not in stored(db, table, "grow")


def test_a_partition_key_has_at_most_2048_bytes(db, table):
    put(db, table, k="p" * 2048)
    assert stored(db, table, "p" * 2048) == item(k="p" * 2048)
    with invalid(INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes"):
        put(db, table, k="p" * 2049)


def test_a_sort_key_has_at_most_1024_bytes(db):
    table = create(db, "k:S s:S")
    put(db, table, k="a", s="s" * 1024)
    with invalid(INVALID + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"):
        put(db, table, k="a", s="s" * 1025)


# Keys


def test_number_keys_are_the_same_by_value(db):
    table = create(db, "k:N")
    for text in ("1000", "1e3", "1000.0"):
        db.put_item(TableName=table, Item={"k": {"N": text}, "text": {"S": text}})
    assert db.scan(TableName=table)["Items"] == [item(k=1000, text="1000.0")]


def test_an_empty_key_is_refused(db, table):
    with invalid(
        "One or more parameter values are not valid. The AttributeValue for a key attribute "
        "cannot contain an empty string value. Key: k"
    ):
        put(db, table, k="")


def test_an_item_without_its_key_is_refused(db, table):
    with invalid(INVALID + "Missing the key k in the item"):
        put(db, table, x="a")


def test_an_item_with_a_key_of_another_type_is_refused(db, table):
    with invalid(INVALID + "Type mismatch for key k expected: S actual: N"):
        put(db, table, k=1)


@pytest.mark.parametrize("key", [{}, item(x="a"), item(k=1), item(k="a", x="b")],
                         ids=["empty", "other", "wrong-type", "more"])
@pytest.mark.parametrize("operation", ["get_item", "delete_item", "update_item"])
def test_a_key_that_is_not_the_table_s_is_refused(db, table, operation, key):
    with invalid(NOT_SCHEMA):
        getattr(db, operation)(TableName=table, Key=key)


@pytest.mark.parametrize("value, actual", [({"N": "1"}, "N"), ({"NULL": True}, "NULL")])
def test_an_index_key_of_another_type_fails_the_write(db, value, actual):
    table = create(db, "k:S", [index("i-g", "g:S")])
    with invalid(
        INVALID + f"Type mismatch for Index Key g Expected: S Actual: {actual} IndexName: i-g"
    ):
        db.put_item(TableName=table, Item=item(k="a") | {"g": value})
    assert db.scan(TableName=table)["Count"] == 0


def test_an_empty_index_key_fails_the_write(db):
    table = create(db, "k:S", [index("i-g", "g:S")])
    with invalid(
        "One or more parameter values are not valid. A value specified for a secondary index key "
        "is not supported. The AttributeValue for a key attribute cannot contain an empty string "
        "value. IndexName: i-g, IndexKey: g"
    ):
        put(db, table, k="a", g="")


def test_a_missing_table_is_told(db):
    for operation in ("get_item", "delete_item", "update_item"):
        with refused(*NO_TABLE):
            getattr(db, operation)(TableName="nowhere", Key=item(k="a"))
    with refused(*NO_TABLE):
        db.put_item(TableName="nowhere", Item=item(k="a"))


def test_bad_input_is_told_before_a_missing_table(db):
    with invalid(*enveloped(INVALID + "An string set  may not be empty")):
        db.put_item(TableName="nowhere", Item={"k": {"SS": []}})


# What a write gives back


def test_put_and_delete_give_the_old_item(db, table):
    put(db, table, k="old", v=1)
    answer = db.put_item(TableName=table, Item=item(k="old", v=2), ReturnValues="ALL_OLD")
    assert answer["Attributes"] == item(k="old", v=1)
    answer = db.delete_item(TableName=table, Key=item(k="old"), ReturnValues="ALL_OLD")
    assert answer["Attributes"] == item(k="old", v=2)
    assert stored(db, table, "old") is None


def test_no_old_item_gives_no_attributes(db, table):
    answer = db.put_item(TableName=table, Item=item(k="first"), ReturnValues="ALL_OLD")
    assert "Attributes" not in answer
    answer = db.delete_item(TableName=table, Key=item(k="never"), ReturnValues="ALL_OLD")
    assert "Attributes" not in answer


def test_put_gives_no_new_values(db, table):
    with invalid(*enveloped("ReturnValues can only be ALL_OLD or NONE")):
        db.put_item(TableName=table, Item=item(k="a"), ReturnValues="ALL_NEW")


@pytest.mark.parametrize(
    "wanted, attributes",
    [
        ("NONE", None),
        ("ALL_OLD", item(k="u", a=1, m={"x": 1, "y": 2}, gone=5)),
        ("ALL_NEW", item(k="u", a=2, m={"x": 9, "y": 2}, fresh="n")),
        ("UPDATED_OLD", item(a=1, m={"x": 1}, gone=5)),
        ("UPDATED_NEW", item(a=2, m={"x": 9}, fresh="n")),
    ],
)
def test_an_update_gives_the_values_that_are_asked_for(db, table, wanted, attributes):
    put(db, table, k="u", a=1, m={"x": 1, "y": 2}, gone=5)
    answer = db.update_item(
        TableName=table, Key=item(k="u"), ReturnValues=wanted,
        UpdateExpression="SET a = :two, m.x = :nine, fresh = :n REMOVE gone",
        ExpressionAttributeValues=values(two=2, nine=9, n="n"),
    )
    assert answer.get("Attributes") == attributes


def test_an_update_without_actions_creates_the_key(db, table):
    db.update_item(TableName=table, Key=item(k="upsert"))
    assert stored(db, table, "upsert") == item(k="upsert")


def test_an_update_that_only_removes_creates_nothing(db, table):
    db.update_item(TableName=table, Key=item(k="ghost"), UpdateExpression="REMOVE a")
    assert stored(db, table, "ghost") is None


# Conditions


def test_a_failed_condition_can_show_the_item(api, db, table):
    put(db, table, k="cond", v=1)
    answer = api.call(
        "PutItem", TableName=table, Item=item(k="cond"),
        ConditionExpression="attribute_not_exists(k)", ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )
    assert answer.status == 400
    assert answer.error() == "ConditionalCheckFailedException"
    assert answer.json()["message"] == "The conditional request failed"
    assert answer.json()["Item"] == item(k="cond", v=1)


def test_a_failed_condition_on_nothing_shows_no_item(api, table):
    answer = api.call(
        "DeleteItem", TableName=table, Key=item(k="no such"),
        ConditionExpression="attribute_exists(k)", ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )
    assert answer.error() == "ConditionalCheckFailedException"
    assert "Item" not in answer.json()


def test_a_counter_counts_exactly_in_38_digits(db, table):
    put(db, table, k="count", n=Decimal("9" * 37))
    answer = db.update_item(
        TableName=table, Key=item(k="count"), UpdateExpression="ADD n :one",
        ExpressionAttributeValues=values(one=1), ReturnValues="UPDATED_NEW",
    )
    assert answer["Attributes"]["n"] == {"N": "1" + "0" * 37}


def test_a_sum_that_needs_more_digits_fails(db, table):
    put(db, table, k="sum", n=Decimal("1e50"))
    with pytest.raises(db.exceptions.ClientError) as caught:
        db.update_item(
            TableName=table, Key=item(k="sum"), UpdateExpression="SET n = n + :one",
            ExpressionAttributeValues=values(one=1),
        )
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert stored(db, table, "sum")["n"] == {"N": "1" + "0" * 50}


def test_an_answered_write_survives_kill_9(own_api):
    db = own_api.client()
    table = create(db)
    for number in range(20):
        put(db, table, k=f"item {number}")
    own_api.kill9()
    db = own_api.start().client()
    assert db.scan(TableName=table)["Count"] == 20
