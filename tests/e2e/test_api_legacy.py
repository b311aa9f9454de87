"""The parameters of the API before expressions, which old programs still send."""

import pytest

from api import create, invalid, item, plain, plain_all, put_all, refused

INVALID = "One or more parameter values were invalid: "
FAILED = ("ConditionalCheckFailedException", "The conditional request failed")


@pytest.fixture(scope="module")
def table(db):
    return create(db, "k:S")


@pytest.fixture(scope="module")
def ordered(db):
    table = create(db, "k:S s:N")
    put_all(db, table, [{"k": "a", "s": s, "x": f"x{s}", "l": [s]} for s in range(10)])
    return table


def condition(operator, *operands):
    arguments = list(item({str(n): one for n, one in enumerate(operands)}).values())
    shape = {"ComparisonOperator": operator}
    return shape | {"AttributeValueList": arguments} if arguments else shape


def test_expected_value_is_compared(db, table):
    db.put_item(TableName=table, Item=item(k="e", v=1))
    with refused(*FAILED):
        db.put_item(TableName=table, Item=item(k="e"), Expected={"v": {"Value": {"N": "2"}}})
    db.put_item(TableName=table, Item=item(k="e", v=2), Expected={"v": {"Value": {"N": "1.0"}}})
    assert db.get_item(TableName=table, Key=item(k="e"))["Item"] == item(k="e", v=2)


def test_expected_absence_is_put_if_not_exists(db, table):
    absent = {"k": {"Exists": False}}
    db.put_item(TableName=table, Item=item(k="once"), Expected=absent)
    with refused(*FAILED):
        db.put_item(TableName=table, Item=item(k="once"), Expected=absent)


def test_existence_without_a_value_is_refused(db, table):
    with invalid(INVALID + "Value must be provided when Exists is true for Attribute: v"):
        db.put_item(TableName=table, Item=item(k="e"), Expected={"v": {"Exists": True}})


@pytest.mark.parametrize("operator, met", [("AND", False), ("OR", True)])
def test_expectations_are_joined_by_the_conditional_operator(db, table, operator, met):
    db.put_item(TableName=table, Item=item(k="j", a=1, b=1))
    request = {
        "TableName": table, "Key": item(k="j"), "ConditionalOperator": operator,
        "Expected": {"a": condition("EQ", 1), "b": condition("EQ", 2)},
    }
    if met:
        db.delete_item(**request)
        assert "Item" not in db.get_item(TableName=table, Key=item(k="j"))
    else:
        with refused(*FAILED):
            db.delete_item(**request)


@pytest.mark.parametrize(
    "before, updates, after",
    [
        ({"a": 1}, {"a": {"Value": {"N": "2"}}}, {"a": 2}),
        ({"a": 1}, {"a": {"Value": {"N": "2"}, "Action": "ADD"}}, {"a": 3}),
        ({}, {"a": {"Value": {"N": "2"}, "Action": "ADD"}}, {"a": 2}),
        ({"s": {"x"}}, {"s": {"Value": {"SS": ["y"]}, "Action": "ADD"}}, {"s": {"x", "y"}}),
        ({"s": {"x", "y"}}, {"s": {"Value": {"SS": ["y"]}, "Action": "DELETE"}}, {"s": {"x"}}),
        ({"a": 1, "b": 2}, {"a": {"Action": "DELETE"}}, {"b": 2}),
        ({"l": [1]}, {"l": {"Value": {"L": [{"N": "2"}]}, "Action": "ADD"}}, {"l": [1, 2]}),
    ],
)
def test_attribute_updates_change_the_item(db, table, before, updates, after):
    db.put_item(TableName=table, Item=item(before, k="u"))
    answer = db.update_item(
        TableName=table, Key=item(k="u"), AttributeUpdates=updates, ReturnValues="ALL_NEW"
    )
    assert plain(answer["Attributes"]) == after | {"k": "u"}


def test_an_update_that_only_deletes_creates_nothing(db, table):
    db.update_item(
        TableName=table, Key=item(k="ghost"), AttributeUpdates={"a": {"Action": "DELETE"}}
    )
    assert "Item" not in db.get_item(TableName=table, Key=item(k="ghost"))


@pytest.mark.parametrize(
    "operator, operands, expected",
    [
        ("EQ", [3], [3]), ("LT", [2], [0, 1]), ("GE", [8], [8, 9]), ("BETWEEN", [4, 5], [4, 5]),
    ],
)
def test_key_conditions_find_a_range(db, ordered, operator, operands, expected):
    answer = db.query(
        TableName=ordered,
        KeyConditions={"k": condition("EQ", "a"), "s": condition(operator, *operands)},
    )
    assert [int(one["s"]) for one in plain_all(answer)] == expected


@pytest.mark.parametrize(
    "name, shape, expected",
    [
        ("x", condition("EQ", "x3"), {3}),
        ("x", condition("NE", "x3"), set(range(10)) - {3}),
        ("x", condition("IN", "x1", "x2", "y"), {1, 2}),
        ("x", condition("BEGINS_WITH", "x"), set(range(10))),
        ("x", condition("CONTAINS", "7"), {7}),
        ("x", condition("NOT_CONTAINS", "7"), set(range(10)) - {7}),
        ("l", condition("CONTAINS", 4), {4}),
        ("none", condition("NULL"), set(range(10))),
        ("none", condition("NOT_NULL"), set()),
        ("none", condition("NE", 1), set(range(10))),
        ("none", condition("NOT_CONTAINS", "7"), set(range(10))),
    ],
)
@pytest.mark.parametrize("operation", ["query", "scan"])
def test_filters_choose_items(db, ordered, operation, name, shape, expected):
    if operation == "query":
        answer = db.query(
            TableName=ordered, KeyConditions={"k": condition("EQ", "a")}, QueryFilter={name: shape}
        )
    else:
        answer = db.scan(TableName=ordered, ScanFilter={name: shape})
    assert {int(one["s"]) for one in plain_all(answer)} == expected
    assert answer["ScannedCount"] == 10


def test_attributes_to_get_are_all_that_is_given(db, ordered):
    answer = db.get_item(TableName=ordered, Key=item(k="a", s=1), AttributesToGet=["x", "none"])
    assert answer["Item"] == item(x="x1")
    answer = db.query(
        TableName=ordered, KeyConditions={"k": condition("EQ", "a")}, AttributesToGet=["s"], Limit=1
    )
    assert answer["Items"] == [item(s=0)]


def test_attributes_to_get_are_named_once(db, ordered):
    message = "One or more parameter values are invalid: Duplicate value in attribute name: x"
    with invalid(message, message.replace("are invalid", "were invalid")):
        db.get_item(TableName=ordered, Key=item(k="a", s=1), AttributesToGet=["x", "x"])


def test_old_and_new_parameters_are_not_mixed(db, table):
    message = (
        "Can not use both expression and non-expression parameters in the same request: "
        "Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}"
    )
    with invalid(message, "1 validation error detected: " + message):
        db.put_item(
            TableName=table, Item=item(k="a"), Expected={"v": {"Exists": False}},
            ConditionExpression="attribute_not_exists(v)",
        )


@pytest.mark.parametrize(
    "shape, message",
    [
        (condition("EQ"), INVALID + "Invalid number of argument(s) for the EQ ComparisonOperator"),
        (condition("NULL", 1), INVALID + "Invalid number of argument(s) for the NULL ComparisonOperator"),
        (condition("CONTAINS", [1]), INVALID + "ComparisonOperator CONTAINS is not valid for L AttributeValue type"),
    ],
    ids=["too-few", "too-many", "wrong-type"],
)
def test_operands_that_do_not_fit_are_refused(db, ordered, shape, message):
    with invalid(message):
        db.scan(TableName=ordered, ScanFilter={"x": shape})


def test_operators_are_upper_case(db, ordered):
    with pytest.raises(db.exceptions.ClientError, match="Member must satisfy enum value set"):
        db.scan(TableName=ordered, ScanFilter={"x": condition("eq", "x3")})
