"""Expressions over HTTP: what they mean, and how mistakes in them are told."""

import pytest

from api import create, invalid, item, plain, refused, values

ENVELOPE = "1 validation error detected: "
UPDATE = "Invalid UpdateExpression: "
CONDITION = "Invalid ConditionExpression: "
FILTER = "Invalid FilterExpression: "


@pytest.fixture(scope="module")
def table(db):
    return create(db, "k:S")


def either(message):
    """The service's wording with and without the envelope it began to add in 2026."""
    return invalid(message, ENVELOPE + message)


def update(db, table, before, expression, names=None, **operands):
    """The item after the update, without its key."""
    db.put_item(TableName=table, Item=item(before, k="u"))
    request = {"UpdateExpression": expression}
    if operands:
        request["ExpressionAttributeValues"] = values(**operands)
    if names:
        request["ExpressionAttributeNames"] = names
    answer = db.update_item(TableName=table, Key=item(k="u"), ReturnValues="ALL_NEW", **request)
    after = plain(answer["Attributes"])
    del after["k"]
    return after


def holds(db, table, condition, attributes, names=None, **operands):
    """Whether a condition holds for an item."""
    db.put_item(TableName=table, Item=item(attributes, k="c"))
    request = {"ExpressionAttributeValues": values(**operands)} if operands else {}
    if names:
        request["ExpressionAttributeNames"] = names
    try:
        db.delete_item(TableName=table, Key=item(k="c"), ConditionExpression=condition, **request)
    except db.exceptions.ConditionalCheckFailedException:
        return False
    return True


# Updates


@pytest.mark.parametrize(
    "before, expression, operands, after",
    [
        ({"a": 1, "b": 2}, "SET a = :v, b = a", {"v": 9}, {"a": 9, "b": 1}),
        ({"a": 1, "b": 2}, "SET a = b, b = a", {}, {"a": 2, "b": 1}),
        ({"a": 5}, "SET a = a - :v", {"v": 7}, {"a": -2}),
        ({"a": 5}, "SET a = if_not_exists(a, :v)", {"v": 7}, {"a": 5}),
        ({}, "SET a = if_not_exists(a, :v) + :v", {"v": 7}, {"a": 14}),
        ({"l": [1]}, "SET l = list_append(:v, l)", {"v": [0]}, {"l": [0, 1]}),
        ({"l": [1, 2]}, "SET l[9] = :v", {"v": 3}, {"l": [1, 2, 3]}),
        ({"l": [1, 2, 3, 4]}, "REMOVE l[0], l[2]", {}, {"l": [2, 4]}),
        ({"l": [1]}, "REMOVE l[0]", {}, {"l": []}),
        ({"m": {"a": 1, "b": 2}}, "SET m.a = :v REMOVE m.b", {"v": 3}, {"m": {"a": 3}}),
        ({"s": {"a", "b"}}, "ADD s :v", {"v": {"b", "c"}}, {"s": {"a", "b", "c"}}),
        ({"s": {"a", "b"}}, "DELETE s :v", {"v": {"b", "z"}}, {"s": {"a"}}),
        ({"s": {"a"}}, "DELETE s :v", {"v": {"a"}}, {}),
        ({}, "ADD n :v", {"v": 3}, {"n": 3}),
        ({"a": 1, "b": 1}, "remove a set b = :v", {"v": 2}, {"b": 2}),
        ({"a": 1}, "SET a = (a + :v)", {"v": 2}, {"a": 3}),
    ],
)
def test_an_update_does_what_it_says(db, table, before, expression, operands, after):
    assert update(db, table, before, expression, **operands) == after


@pytest.mark.parametrize(
    "before, expression, operands, message",
    [
        ({}, "SET a.b = :v", {"v": 1}, "The document path provided in the update expression is invalid for update"),
        ({"a": 1}, "SET a[0] = :v", {"v": 1}, "The document path provided in the update expression is invalid for update"),
        ({}, "SET a = b", {}, "The provided expression refers to an attribute that does not exist in the item"),
        ({"a": "x"}, "SET a = a + :v", {"v": 1}, "An operand in the update expression has an incorrect data type"),
        ({"a": "x"}, "ADD a :v", {"v": 1}, "An operand in the update expression has an incorrect data type"),
    ],
)
def test_an_update_that_does_not_fit_the_item_is_refused(db, table, before, expression, operands, message):
    with invalid(message):
        update(db, table, before, expression, **operands)


@pytest.mark.parametrize(
    "expression, operands, message",
    [
        ("", {}, "The expression can not be empty;"),
        ("INVALID SYNTAX", {}, 'Syntax error; token: "INVALID", near: "INVALID SYNTAX"'),
        ("SET a =", {}, 'Syntax error; token: "<EOF>", near: "="'),
        ("SET a = :v SET b = :v", {"v": 1}, 'The "SET" section can only be used once in an update expression;'),
        ("SET a = :v, a.b = :v", {"v": 1}, "Two document paths overlap with each other; must remove or"
         " rewrite one of these paths; path one: [a], path two: [a, b]"),
        ("SET size = :v", {"v": 1}, "Attribute name is a reserved keyword; reserved keyword: size"),
        ("SET a = :none", {"v": 1}, "An expression attribute value used in expression is not defined;"
         " attribute value: :none"),
        ("SET #none = :v", {"v": 1}, "An expression attribute name used in the document path is not"
         " defined; attribute name: #none"),
        ("ADD a :v", {"v": "text"}, "Incorrect operand type for operator or function; operator: ADD,"
         " operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND"),
        ("SET a = nofunction(b)", {}, "Invalid function name; function: nofunction"),
    ],
)
def test_a_mistake_in_an_update_is_told(db, table, expression, operands, message):
    with either(UPDATE + message):
        update(db, table, {}, expression, **operands)


def test_a_key_attribute_cannot_be_updated(db, table):
    with invalid(
        "One or more parameter values were invalid: "
        "Cannot update attribute k. This attribute is part of the key"
    ):
        update(db, table, {}, "SET k = :v", v="u")


def test_unused_values_and_names_are_told(db, table):
    with either("Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}"):
        update(db, table, {}, "SET a = :v", v=1, w=2)
    with either("Value provided in ExpressionAttributeNames unused in expressions: keys: {#x}"):
        update(db, table, {}, "SET a = :v", {"#x": "y"}, v=1)


# Conditions


@pytest.mark.parametrize(
    "condition, attributes, operands, truth",
    [
        ("a = :v", {}, {"v": 1}, False),
        ("a <> :v", {}, {"v": 1}, True),
        ("NOT a < :v", {}, {"v": 1}, True),
        ("a < :v", {"a": "1"}, {"v": 2}, False),
        ("a = :v", {"a": "1"}, {"v": 1}, False),
        ("a BETWEEN :x AND :y AND b = :x", {"a": 2, "b": 1}, {"x": 1, "y": 3}, True),
        ("a = :v OR b = :v AND c = :v", {"a": 1}, {"v": 1}, True),
        ("NOT a = :v OR a = :v", {"a": 1}, {"v": 1}, True),
        ("a IN (:x, b)", {"a": 5, "b": 5}, {"x": 1}, True),
        ("a IN (:x, absent)", {"a": 5}, {"x": 1}, False),
        ("size(a) > :v", {"a": "four"}, {"v": 3}, True),
        ("size(a) = :v", {"a": 5}, {"v": 1}, False),
        ("begins_with(a, :v)", {"a": "dynamo"}, {"v": "dyn"}, True),
        ("contains(a, :v)", {"a": {"x", "y"}}, {"v": "x"}, True),
        ("contains(a, :v)", {"a": [1, "x"]}, {"v": 1}, True),
        ("contains(a, :v)", {"a": "text"}, {"v": "ex"}, True),
        ("contains(a, :v)", {"a": "text"}, {"v": 1}, False),
        ("attribute_type(a, :v)", {"a": None}, {"v": "NULL"}, True),
        ("attribute_exists(a.b[1])", {"a": {"b": [0, 1]}}, {}, True),
        ("attribute_exists(a.b[2])", {"a": {"b": [0, 1]}}, {}, False),
        ("a = :v", {"a": {"m": [1, {"x"}]}}, {"v": {"m": [1, {"x"}]}}, True),
        ("a = :v", {"a": {"x", "y"}}, {"v": {"y", "x"}}, True),
    ],
)
def test_a_condition_holds_or_not(db, table, condition, attributes, operands, truth):
    assert holds(db, table, condition, attributes, **operands) is truth


def test_a_dot_in_a_substituted_name_is_part_of_the_name(db, table):
    attributes = {"a.b": 1, "a": {"b": 2}}
    assert holds(db, table, "#n = :v", attributes, {"#n": "a.b"}, v=1)


def test_a_condition_on_a_missing_item_sees_no_key(db, table):
    with refused("ConditionalCheckFailedException", "The conditional request failed"):
        db.update_item(
            TableName=table, Key=item(k="nothing here"), ConditionExpression="attribute_exists(k)"
        )


@pytest.mark.parametrize(
    "condition, operands, message",
    [
        ("((a = :v))", {"v": 1}, "The expression has redundant parentheses;"),
        ("contains(a, a)", {}, "The first operand must be distinct from the remaining operands for"
         " this operator or function; operator: contains, first operand: [a]"),
        ("begins_with(a, :v)", {"v": 1}, "Incorrect operand type for operator or function; operator or"
         " function: begins_with, operand type: N"),
        ("a BETWEEN :hi AND :lo", {"hi": 2, "lo": 1}, "The BETWEEN operator requires upper bound to be"
         " greater than or equal to lower bound; lower bound operand: AttributeValue: {N:2}, upper"
         " bound operand: AttributeValue: {N:1}"),
        ("size(a)", {}, "The function is not allowed to be used this way in an expression; function: size"),
    ],
)
def test_a_mistake_in_a_condition_is_told(db, table, condition, operands, message):
    with either(CONDITION + message):
        holds(db, table, condition, {}, **operands)


def test_an_expression_has_at_most_4096_bytes(db, table):
    condition = "a = :v" + " " * 4090
    holds(db, table, condition, {}, v=1)
    with either(CONDITION + "Expression size has exceeded the maximum allowed size; expression size: 4097"):
        holds(db, table, condition + " ", {}, v=1)


def test_an_expression_has_at_most_300_operators(db, table):
    condition = " AND ".join(["a=:v"] * 151)
    with either(CONDITION + "The expression contains too many operators; operator count: 301"):
        holds(db, table, condition, {}, v=1)
    assert holds(db, table, "NOT " + " AND ".join(["a=:v"] * 150), {"a": 1, "b": 1}, v=1) is False


@pytest.mark.parametrize("condition", ["(" * 4000, "NOT " * 1000 + "a = :v"], ids=["(", "NOT"])
def test_deep_expressions_are_refused_and_not_run_into(db, table, condition):
    with pytest.raises(db.exceptions.ClientError) as caught:
        holds(db, table, condition, {}, v=1)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_values_without_an_expression_are_refused(db, table):
    message = "ExpressionAttributeValues can only be specified when using expressions"
    with either(message + ": ConditionExpression is null"):
        db.put_item(TableName=table, Item=item(k="a"), ExpressionAttributeValues=values(v=1))


def test_expressions_are_judged_on_an_empty_table(db):
    with invalid(FILTER + 'Syntax error; token: "<EOF>", near: "="'):
        db.scan(TableName=create(db), FilterExpression="a =")


# Projections


@pytest.mark.parametrize(
    "projection, expected",
    [
        ("a", {"a": 1}),
        ("m.x, l[2], l[0]", {"m": {"x": 1}, "l": [10, 30]}),
        ("m.absent, absent, l[9]", {}),
        ("l[1].deep", {"l": [{"deep": "yes"}]}),
        ("k, m.y", {"k": "p", "m": {"y": 2}}),
    ],
)
def test_a_projection_gives_what_it_names_and_no_more(db, table, projection, expected):
    whole = {"a": 1, "m": {"x": 1, "y": 2}, "l": [10, {"deep": "yes", "other": 0}, 30]}
    db.put_item(TableName=table, Item=item(whole, k="p"))
    answer = db.get_item(TableName=table, Key=item(k="p"), ProjectionExpression=projection)
    assert plain(answer["Item"]) == expected


def test_paths_that_overlap_in_a_projection_are_refused(db, table):
    with invalid(
        "Invalid ProjectionExpression: Two document paths overlap with each other; must remove or "
        "rewrite one of these paths; path one: [m], path two: [m, x]"
    ):
        db.get_item(TableName=table, Key=item(k="p"), ProjectionExpression="m, m.x")
