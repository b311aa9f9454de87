"""Query and Scan over HTTP: keys, pages, indexes, filters, segments."""

import pytest

from api import (
    create, definitions, design, index, invalid, item, items_of, plain_all, put_all,
    read_pages, refused, values,
)


def numbers(answer):
    return [int(one["s"]) for one in plain_all(answer)]


@pytest.fixture(scope="module")
def ordered(db):
    """Partitions a, b and c with sort keys -5..14 and a filterable attribute."""
    table = create(db, "k:S s:N")
    put_all(db, table, [{"k": k, "s": s, "even": s % 2 == 0} for k in "abc" for s in range(-5, 15)])
    return table


def query(db, table, condition, names=None, index_name=None, more=None, **operands):
    request = {"KeyConditionExpression": condition} | (more or {})
    request["ExpressionAttributeValues"] = values(**operands)
    if index_name:
        request["IndexName"] = index_name
    if names:
        request["ExpressionAttributeNames"] = names
    return db.query(TableName=table, **request)


# Conditions on keys


@pytest.mark.parametrize(
    "condition, operands, expected",
    [
        ("k = :k", {}, range(-5, 15)),
        ("k = :k AND s = :a", {"a": 3}, [3]),
        ("k = :k AND s < :a", {"a": -3}, [-5, -4]),
        ("k = :k AND s <= :a", {"a": -3}, [-5, -4, -3]),
        ("k = :k AND s > :a", {"a": 12}, [13, 14]),
        (":a <= s AND :k = k", {"a": 13}, [13, 14]),
        ("k = :k AND s BETWEEN :a AND :b", {"a": 9, "b": 11}, [9, 10, 11]),
        ("(k = :k) AND (s = :a)", {"a": 3}, [3]),
        ("k = :k AND s = :a", {"a": 99}, []),
    ],
)
def test_a_query_finds_what_its_key_condition_says(db, ordered, condition, operands, expected):
    assert numbers(query(db, ordered, condition, k="a", **operands)) == list(expected)


def test_a_query_may_go_backward(db, ordered):
    backward = query(db, ordered, "k = :k", more={"ScanIndexForward": False}, k="b")
    assert numbers(backward) == list(reversed(range(-5, 15)))


def test_strings_are_in_order_of_their_bytes(db):
    table = create(db, "k:S s:S")
    names = ["A", "Z", "a", "aa", "é", "￿", "😀"]
    put_all(db, table, [{"k": "a", "s": name} for name in reversed(names)])
    assert [one["s"] for one in plain_all(query(db, table, "k = :k", k="a"))] == names


def test_binaries_are_in_order_of_unsigned_bytes(db):
    table = create(db, "k:S s:B")
    keys = [b"\x00", b"\x00\x00", b"\x01", b"\x7f", b"\x80", b"\xff"]
    put_all(db, table, [{"k": "a", "s": key} for key in reversed(keys)])
    found = [one["s"].value for one in plain_all(query(db, table, "k = :k", k="a"))]
    assert found == keys


def test_begins_with_finds_a_prefix_of_highest_characters(db):
    table = create(db, "k:S s:S")
    put_all(db, table, [{"k": "a", "s": s} for s in ("y", "z", "z\U0010ffff", "z\U0010ffffx")])
    found = query(db, table, "k = :k AND begins_with(s, :p)", k="a", p="z\U0010ffff")
    assert [one["s"] for one in plain_all(found)] == ["z\U0010ffff", "z\U0010ffffx"]


@pytest.mark.parametrize(
    "condition, operands, message",
    [
        ("s = :a", {"a": 1}, "Query condition missed key schema element: k"),
        ("k > :k", {}, "Query key condition not supported"),
        ("k = :k AND s = :a AND s = :a", {"a": 1},
         "KeyConditionExpressions must only contain one condition per key"),
        ("k = :k OR s = :a", {"a": 1}, "Invalid operator used in KeyConditionExpression: OR"),
        ("k = :k AND x = :a", {"a": 1}, "Query condition missed key schema element: s"),
    ],
)
def test_a_key_condition_that_does_not_fit_is_refused(db, ordered, condition, operands, message):
    told = (message, "Invalid KeyConditionExpression: " + message)
    with invalid(*told, *["1 validation error detected: " + one for one in told]):
        query(db, ordered, condition, **({"k": "a"} if ":k" in condition else {}), **operands)


def test_a_key_condition_value_of_another_type_is_refused(db, ordered):
    with invalid("One or more parameter values were invalid: Condition parameter type does not match schema type"):
        query(db, ordered, "k = :k", k=1)


def test_a_query_filter_may_not_name_the_keys(db, ordered):
    with invalid("Filter Expression can only contain non-primary key attributes: Primary key attribute: k"):
        query(db, ordered, "k = :k", more={"FilterExpression": "k = :k"}, k="a")


# Pages


@pytest.mark.parametrize("limit", [1, 3, 20, 21])
@pytest.mark.parametrize("forward", [True, False])
def test_pages_of_a_query_are_its_answer(db, ordered, limit, forward):
    pages = read_pages(
        db.query, TableName=ordered, KeyConditionExpression="k = :k", Limit=limit,
        ExpressionAttributeValues=values(k="b"), ScanIndexForward=forward,
    )
    expected = list(range(-5, 15))
    assert [int(one["s"]) for one in items_of(pages)] == (expected if forward else expected[::-1])
    assert all(page["Count"] <= limit for page in pages)


def test_limit_counts_items_before_the_filter(db, ordered):
    page = query(
        db, ordered, "k = :k", {"#e": "even"}, more={"FilterExpression": "#e = :yes", "Limit": 4},
        k="a", yes=True,
    )
    assert (page["ScannedCount"], page["Count"]) == (4, 2)
    assert page["LastEvaluatedKey"] == item(k="a", s=-2)


def test_a_page_may_be_empty_and_not_the_last(db, ordered):
    page = db.scan(
        TableName=ordered, Limit=2, FilterExpression="s > :s", ExpressionAttributeValues=values(s=99)
    )
    assert (page["Count"], page["Items"]) == (0, [])
    assert "LastEvaluatedKey" in page


@pytest.fixture(scope="module")
def heavy(db):
    """Forty items of some 50 KB in one partition."""
    table = create(db, "k:S s:N", [], [index("local", "k:S l:N", "KEYS_ONLY")])
    for s in range(40):
        db.put_item(TableName=table, Item=item(k="a", s=s, l=-s, v="x" * 50000))
    return table


def test_a_page_ends_at_a_megabyte(db, heavy):
    pages = read_pages(
        db.query, TableName=heavy, KeyConditionExpression="k = :k",
        ExpressionAttributeValues=values(k="a"),
    )
    # 21 items of 50,0xx bytes are the first to pass 1,048,576.
    assert [page["Count"] for page in pages] in ([21, 19], [20, 20])
    assert [int(one["s"]) for one in items_of(pages)] == list(range(40))


def test_a_megabyte_is_of_what_is_read_and_not_of_what_is_shown(db, heavy):
    page = db.scan(TableName=heavy, ProjectionExpression="s")
    assert page["Count"] < 40
    page = db.scan(
        TableName=heavy, FilterExpression="v = :v", ExpressionAttributeValues=values(v="none")
    )
    assert page["Count"] == 0
    assert "LastEvaluatedKey" in page


def test_a_page_of_a_small_projection_is_not_cut_at_the_items_size(db, heavy):
    page = query(db, heavy, "k = :k", index_name="local", k="a")
    assert page["Count"] == 40
    assert "v" not in page["Items"][0]


def test_a_start_key_need_not_exist(db, ordered):
    page = query(db, ordered, "k = :k", more={"ExclusiveStartKey": {"k": {"S": "a"}, "s": {"N": "2.5"}}}, k="a")
    assert numbers(page) == list(range(3, 15))


def test_a_query_of_a_table_without_sort_keys_has_one_page(db):
    table = create(db)
    put_all(db, table, [{"k": "a"}, {"k": "b"}])
    page = query(db, table, "k = :k", more={"Limit": 1}, k="a")
    assert (page["Items"], "LastEvaluatedKey" in page) == ([item(k="a")], False)
    with invalid(
        "The provided exclusive start key is invalid: "
        "ExclusiveStartKey: {k=AttributeValue: {S:a}}"
    ):
        query(db, table, "k = :k", more={"ExclusiveStartKey": item(k="a")}, k="a")


@pytest.mark.parametrize(
    "start, messages",
    [
        (item(k="a"), ["The provided starting key is invalid"]),
        (item(k="a", s=1, x=1), ["The provided starting key is invalid"]),
        (item(k="b", s=1), ["The provided starting key is outside query boundaries based on provided conditions"]),
        (item(k="a", s="1"), ["The provided key element does not match the schema",
                              "The provided starting key is invalid: The provided key element does not match the schema"]),
    ],
    ids=["part", "more", "elsewhere", "wrong-type"],
)
def test_a_start_key_that_does_not_fit_is_refused(db, ordered, start, messages):
    told = [*messages, *["The provided exclusive start key is invalid: " + one for one in messages]]
    with invalid(*told):
        query(db, ordered, "k = :k", more={"ExclusiveStartKey": start}, k="a")


def test_a_start_key_beyond_the_sort_condition_is_refused(db, ordered):
    with invalid("The provided starting key does not match the range key predicate"):
        query(db, ordered, "k = :k AND s < :s", more={"ExclusiveStartKey": item(k="a", s=9)}, k="a", s=5)


def test_a_limit_of_zero_is_refused(db, ordered):
    message = "failed to satisfy constraint: Member must have value greater than or equal to 1"
    with invalid(f"1 validation error detected: Value '0' at 'limit' {message}"):
        db.scan(TableName=ordered, Limit=0)
    with invalid(f"1 validation error detected: Value at 'Limit' {message}"):
        query(db, ordered, "k = :k", more={"Limit": 0}, k="a")


# Select


def test_a_count_has_no_items(db, ordered):
    answer = query(db, ordered, "k = :k", more={"Select": "COUNT"}, k="a")
    assert (answer["Count"], "Items" in answer) == (20, False)


def test_specific_attributes_must_be_named(db, ordered):
    message = (
        "Must specify the AttributesToGet or ProjectionExpression "
        "when choosing to get SPECIFIC_ATTRIBUTES"
    )
    with invalid(message, "1 validation error detected: " + message):
        db.scan(TableName=ordered, Select="SPECIFIC_ATTRIBUTES")


def test_items_without_a_projected_attribute_are_counted(db, ordered):
    answer = query(db, ordered, "k = :k", more={"ProjectionExpression": "nowhere", "Limit": 2}, k="a")
    assert (answer["Count"], answer["Items"]) == (2, [{}, {}])


# Scan


def test_a_scan_finds_every_item_once_in_a_stable_order(db, ordered):
    whole = plain_all(db.scan(TableName=ordered))
    paged = items_of(read_pages(db.scan, TableName=ordered, Limit=7))
    assert paged == whole
    assert len({(one["k"], one["s"]) for one in whole}) == len(whole) == 60


def test_a_scan_is_sorted_within_a_partition(db, ordered):
    whole = plain_all(db.scan(TableName=ordered))
    for k in "abc":
        sorts = [one["s"] for one in whole if one["k"] == k]
        assert sorts == sorted(sorts)


@pytest.mark.parametrize("total", [1, 4, 7])
def test_parallel_segments_are_disjoint_and_complete(db, total):
    table = create(db)
    put_all(db, table, [{"k": f"key {n}"} for n in range(200)])
    found = []
    for segment in range(total):
        pages = read_pages(db.scan, TableName=table, Segment=segment, TotalSegments=total, Limit=9)
        found.append([one["k"] for one in items_of(pages)])
    together = [key for segment in found for key in segment]
    assert sorted(together) == sorted(f"key {n}" for n in range(200))
    assert total == 1 or all(len(segment) < 200 for segment in found)


@pytest.mark.parametrize(
    "segment, message",
    [
        ({"Segment": 1}, "The TotalSegments parameter is required but was not present in the request"
         " when Segment parameter is present"),
        ({"TotalSegments": 2}, "The Segment parameter is required but was not present in the request"
         " when parameter TotalSegments is present"),
        ({"Segment": 5, "TotalSegments": 5}, "The Segment parameter is zero-based and must be less than"
         " parameter TotalSegments: Segment: 5 is not less than TotalSegments: 5"),
    ],
    ids=["alone", "total-alone", "too-high"],
)
def test_a_segment_that_is_none_is_refused(db, ordered, segment, message):
    with invalid(message):
        db.scan(TableName=ordered, **segment)


# Global indexes


@pytest.fixture(scope="module")
def indexed(db):
    """Sixty items; five values of g, each on twelve items with equal index keys."""
    table = create(
        db, "k:S",
        [
            index("all", "g:S n:N"),
            index("keys", "g:S", "KEYS_ONLY"),
            index("some", "g:S", "INCLUDE", "x"),
        ],
    )
    put_all(db, table, [{"k": f"key {n}", "g": f"g{n % 5}", "n": 7, "x": n, "y": -n} for n in range(60)])
    put_all(db, table, [{"k": "no index key"}, {"k": "only g", "g": "g0"}])
    return table


@pytest.mark.parametrize("limit", [1, 5, 12, 100])
@pytest.mark.parametrize("forward", [True, False])
def test_pages_of_equal_index_keys_lose_and_repeat_nothing(db, indexed, limit, forward):
    pages = read_pages(
        db.query, TableName=indexed, IndexName="all", Limit=limit, ScanIndexForward=forward,
        KeyConditionExpression="g = :g AND n = :n", ExpressionAttributeValues=values(g="g3", n=7),
    )
    found = [one["k"] for one in items_of(pages)]
    assert sorted(found) == sorted(f"key {n}" for n in range(3, 60, 5))


def test_backward_is_the_reverse_among_equal_index_keys(db, indexed):
    forward = query(db, indexed, "g = :g", index_name="all", g="g3")
    backward = query(db, indexed, "g = :g", index_name="all", more={"ScanIndexForward": False}, g="g3")
    assert backward["Items"] == forward["Items"][::-1]


def test_the_last_key_of_an_index_page_holds_both_keys(db, indexed):
    page = query(db, indexed, "g = :g", index_name="all", more={"Limit": 1}, g="g1")
    assert set(page["LastEvaluatedKey"]) == {"k", "g", "n"}


def test_a_scan_of_an_index_pages_over_it_all(db, indexed):
    pages = read_pages(db.scan, TableName=indexed, IndexName="keys", Limit=7)
    found = [one["k"] for one in items_of(pages)]
    assert sorted(found) == sorted([f"key {n}" for n in range(60)] + ["only g"])


def test_an_item_without_the_index_key_is_not_in_the_index(db, indexed):
    assert db.scan(TableName=indexed, IndexName="all")["Count"] == 60
    assert db.scan(TableName=indexed, IndexName="keys")["Count"] == 61


@pytest.mark.parametrize("name, attributes", [("all", {"k", "g", "n", "x", "y"}),
                                              ("keys", {"k", "g"}), ("some", {"k", "g", "x"})])
def test_an_index_shows_its_projection(db, indexed, name, attributes):
    answer = query(db, indexed, "g = :g", index_name=name, g="g2")
    assert {frozenset(one) for one in answer["Items"]} == {frozenset(attributes)}


def test_a_global_index_is_not_read_consistently(db, indexed):
    with invalid("Consistent reads are not supported on global secondary indexes"):
        query(db, indexed, "g = :g", index_name="all", more={"ConsistentRead": True}, g="g2")


def test_a_global_index_does_not_fetch_what_it_lacks(db, indexed):
    with invalid(
        "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for "
        "global secondary index keys because its projection type is not ALL"
    ):
        query(db, indexed, "g = :g", index_name="keys", more={"Select": "ALL_ATTRIBUTES"}, g="g2")


def test_an_unknown_index_is_told(db, indexed):
    with invalid("The table does not have the specified index: none"):
        query(db, indexed, "g = :g", index_name="none", g="g2")


def test_an_index_follows_every_write(db):
    table = create(db, "k:S", [index("i-g", "g:S")])

    def found(g):
        return [one["k"] for one in plain_all(query(db, table, "g = :g", index_name="i-g", g=g))]

    db.put_item(TableName=table, Item=item(k="a", g="x"))
    assert found("x") == ["a"]
    db.update_item(
        TableName=table, Key=item(k="a"), UpdateExpression="SET g = :g",
        ExpressionAttributeValues=values(g="y"),
    )
    assert (found("x"), found("y")) == ([], ["a"])
    db.update_item(TableName=table, Key=item(k="a"), UpdateExpression="REMOVE g")
    assert found("y") == []
    db.put_item(TableName=table, Item=item(k="a", g="z"))
    db.delete_item(TableName=table, Key=item(k="a"))
    assert found("z") == []


# Keys of several attributes


@pytest.fixture(scope="module")
def several(db):
    """An index with two partition and two sort attributes."""
    keys = [
        {"AttributeName": name, "KeyType": kind}
        for name, kind in (("a", "HASH"), ("b", "HASH"), ("c", "RANGE"), ("d", "RANGE"))
    ]
    members = design()
    members["GlobalSecondaryIndexes"] = [
        {"IndexName": "multi", "KeySchema": keys, "Projection": {"ProjectionType": "ALL"}}
    ]
    members["AttributeDefinitions"] += definitions({"a": "S", "b": "N", "c": "S", "d": "N"})
    db.create_table(**members)
    rows = [(a, b, c, d) for a in "xy" for b in (1, 2) for c in "pq" for d in (1, 10, 9)]
    put_all(
        db, members["TableName"],
        [{"k": str(n), "a": a, "b": b, "c": c, "d": d} for n, (a, b, c, d) in enumerate(rows)],
    )
    return members["TableName"]


def rows_of(answer):
    return [(one["c"], int(one["d"])) for one in plain_all(answer)]


@pytest.mark.parametrize(
    "condition, operands, expected",
    [
        ("a = :a AND b = :b", {}, [(c, d) for c in "pq" for d in (1, 9, 10)]),
        ("a = :a AND b = :b AND c = :c", {"c": "q"}, [("q", 1), ("q", 9), ("q", 10)]),
        ("a = :a AND b = :b AND c = :c AND d > :d", {"c": "p", "d": 1}, [("p", 9), ("p", 10)]),
        ("a = :a AND b = :b AND begins_with(c, :c)", {"c": "q"}, [("q", 1), ("q", 9), ("q", 10)]),
    ],
)
def test_sort_attributes_are_matched_left_to_right(db, several, condition, operands, expected):
    answer = query(db, several, condition, index_name="multi", a="x", b=2, **operands)
    assert rows_of(answer) == expected


def test_every_partition_attribute_must_be_given(db, several):
    with refused("ValidationException", "Query condition missed key schema element: b"):
        query(db, several, "a = :a", index_name="multi", a="x")


def test_pages_of_a_key_of_several_attributes_are_complete(db, several):
    pages = read_pages(
        db.query, TableName=several, IndexName="multi", Limit=1,
        KeyConditionExpression="a = :a AND b = :b", ExpressionAttributeValues=values(a="y", b=1),
    )
    assert [row for page in pages for row in rows_of(page)] == [
        (c, d) for c in "pq" for d in (1, 9, 10)
    ]


# Local indexes


@pytest.fixture(scope="module")
def local(db):
    table = create(db, "k:S s:N", [], [index("by-l", "k:S l:S", "KEYS_ONLY")])
    put_all(db, table, [{"k": "a", "s": s, "l": f"{9 - s}", "x": s} for s in range(10)])
    put_all(db, table, [{"k": "a", "s": 99, "x": 0}])
    return table


def test_a_local_index_is_in_order_of_its_own_key(db, local):
    answer = query(db, local, "k = :k AND l >= :l", index_name="by-l", k="a", l="7")
    assert numbers(answer) == [2, 1, 0]


def test_a_local_index_is_read_consistently(db, local):
    answer = query(db, local, "k = :k", index_name="by-l", more={"ConsistentRead": True}, k="a")
    assert answer["Count"] == 10


def test_a_local_index_fetches_what_it_does_not_project(db, local):
    answer = query(db, local, "k = :k", index_name="by-l", more={"Select": "ALL_ATTRIBUTES"}, k="a")
    assert {int(one["x"]) for one in plain_all(answer)} == set(range(10))
    answer = query(db, local, "k = :k", index_name="by-l", more={"ProjectionExpression": "x"}, k="a")
    assert all(set(one) == {"x"} for one in answer["Items"])


def test_a_local_index_needs_the_table_s_partition_key(db):
    members = design("k:S s:S", [], [index("bad", "x:S s:S")])
    with pytest.raises(db.exceptions.ClientError, match="ValidationException"):
        db.create_table(**members)


def test_collection_metrics_are_told_of_tables_with_a_local_index(db, local):
    answer = db.put_item(
        TableName=local, Item=item(k="m", s=1), ReturnItemCollectionMetrics="SIZE"
    )
    metrics = answer["ItemCollectionMetrics"]
    assert metrics["ItemCollectionKey"] == item(k="m")
    low, high = metrics["SizeEstimateRangeGB"]
    assert 0 <= low <= high <= 10


def test_collection_metrics_are_not_told_of_others(db, ordered):
    answer = db.put_item(
        TableName=ordered, Item=item(k="m", s=1), ReturnItemCollectionMetrics="SIZE"
    )
    assert "ItemCollectionMetrics" not in answer
