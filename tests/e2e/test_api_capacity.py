"""Consumed capacity, computed by hand: a write unit per KB, a read unit per 4 KB or two."""

import pytest

from api import create, index, item, put_all, values

TOTAL = {"ReturnConsumedCapacity": "TOTAL"}
INDEXES = {"ReturnConsumedCapacity": "INDEXES"}


@pytest.fixture(scope="module")
def table(db):
    return create(db)


def sized(key, size, **more):
    """An item of so many bytes."""
    rest = size - len("k") - len(key) - len("v") - sum(len(name) + len(one) for name, one in more.items())
    return item(more, k=key, v="x" * rest)


def units(answer):
    return answer["ConsumedCapacity"]["CapacityUnits"]


def put(db, table, members, **more):
    return db.put_item(TableName=table, Item=members, **TOTAL, **more)


@pytest.mark.parametrize("size, expected", [(100, 1), (1024, 1), (1025, 2), (10240, 10), (10241, 11)])
def test_a_write_costs_a_unit_for_every_begun_kilobyte(db, table, size, expected):
    assert units(put(db, table, sized(f"put {size}", size))) == expected


def test_a_write_costs_the_larger_of_before_and_after(db, table):
    put(db, table, sized("shrunk", 5000))
    assert units(put(db, table, sized("shrunk", 100))) == 5
    assert units(put(db, table, sized("shrunk", 3000))) == 3
    assert units(db.delete_item(TableName=table, Key=item(k="shrunk"), **TOTAL)) == 3


def test_writing_nothing_costs_a_unit(db, table):
    assert units(db.delete_item(TableName=table, Key=item(k="never"), **TOTAL)) == 1


def test_an_update_costs_the_whole_item(db, table):
    put(db, table, sized("up", 4500))
    answer = db.update_item(
        TableName=table, Key=item(k="up"), UpdateExpression="SET n = :n",
        ExpressionAttributeValues=values(n=1), **TOTAL,
    )
    assert units(answer) == 5


@pytest.mark.parametrize(
    "size, eventual, consistent", [(100, 0.5, 1), (4096, 0.5, 1), (4097, 1, 2), (20000, 2.5, 5)]
)
def test_a_read_costs_half_a_unit_for_4_kilobytes_unless_consistent(db, table, size, eventual, consistent):
    put(db, table, sized(f"get {size}", size))
    read = {"TableName": table, "Key": item(k=f"get {size}")} | TOTAL
    assert units(db.get_item(**read)) == eventual
    assert units(db.get_item(**read, ConsistentRead=True)) == consistent


def test_a_missing_item_costs_as_the_smallest(db, table):
    assert units(db.get_item(TableName=table, Key=item(k="never"), **TOTAL)) == 0.5


def test_a_projection_costs_the_whole_item(db, table):
    put(db, table, sized("whole", 9000))
    answer = db.get_item(TableName=table, Key=item(k="whole"), ProjectionExpression="k", **TOTAL)
    assert units(answer) == 1.5


@pytest.fixture(scope="module")
def partition(db):
    """Ten items of 1000 bytes: 1 + 1 of k, 1 + 2 of s, 1 + 994 of v."""
    table = create(db, "k:S s:N")
    put_all(db, table, [{"k": "a", "s": n, "v": "x" * 994} for n in range(10, 20)])
    return table


def test_a_query_sums_sizes_before_it_rounds(db, partition):
    query = {
        "TableName": partition, "KeyConditionExpression": "k = :k",
        "ExpressionAttributeValues": values(k="a"),
    } | TOTAL
    assert units(db.query(**query)) == 1.5  # of 9,9xx bytes
    assert units(db.query(**query, ConsistentRead=True)) == 3
    assert units(db.query(**query, Limit=4)) == 0.5


def test_a_filter_makes_no_scan_cheaper(db, partition):
    answer = db.scan(
        TableName=partition, FilterExpression="v = :v", ExpressionAttributeValues=values(v="no"), **TOTAL
    )
    assert (answer["Count"], units(answer)) == (0, 1.5)


def test_capacity_is_not_told_unless_asked(db, table):
    assert "ConsumedCapacity" not in db.put_item(TableName=table, Item=item(k="quiet"))


def test_batches_tell_a_list_by_table(db, table, partition):
    answer = db.batch_write_item(
        RequestItems={
            table: [{"PutRequest": {"Item": sized("b1", 1025)}}, {"PutRequest": {"Item": item(k="b2")}}],
            partition: [{"DeleteRequest": {"Key": item(k="z", s=1)}}],
        },
        **TOTAL,
    )
    told = {one["TableName"]: one["CapacityUnits"] for one in answer["ConsumedCapacity"]}
    assert told == {table: 3, partition: 1}
    answer = db.batch_get_item(
        RequestItems={table: {"Keys": [item(k="b1"), item(k="b2"), item(k="never")]}}, **TOTAL
    )
    (told,) = answer["ConsumedCapacity"]
    assert told["CapacityUnits"] == 1.5


def test_transactions_cost_twice(db, table):
    actions = [
        {"Put": {"TableName": table, "Item": sized("t1", 1025)}},
        {"Put": {"TableName": table, "Item": item(k="t2")}},
    ]
    (told,) = db.transact_write_items(TransactItems=actions, **TOTAL)["ConsumedCapacity"]
    assert told["CapacityUnits"] == 2 * (2 + 1)
    gets = [{"Get": {"TableName": table, "Key": item(k=key)}} for key in ("t1", "t2", "never")]
    (told,) = db.transact_get_items(TransactItems=gets, **TOTAL)["ConsumedCapacity"]
    assert told["CapacityUnits"] == 2 * 3


def test_a_replayed_token_costs_reads(db, table):
    request = {
        "TransactItems": [{"Put": {"TableName": table, "Item": sized("replay", 3000)}}],
        "ClientRequestToken": f"token {table}",
    } | TOTAL
    (first,) = db.transact_write_items(**request)["ConsumedCapacity"]
    (second,) = db.transact_write_items(**request)["ConsumedCapacity"]
    assert (first["CapacityUnits"], second["CapacityUnits"]) == (6, 2)


# Indexes


@pytest.fixture
def indexed(db):
    return create(
        db, "k:S s:S",
        [index("all", "g:S"), index("keys", "h:S", "KEYS_ONLY")], [index("local", "k:S l:S", "KEYS_ONLY")],
    )


def arms(answer):
    told = answer["ConsumedCapacity"]
    indexes = {
        name: shape["CapacityUnits"]
        for member in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
        for name, shape in told.get(member, {}).items()
    }
    return told["Table"]["CapacityUnits"], indexes, told["CapacityUnits"]


def test_each_index_that_holds_the_item_is_charged(db, indexed):
    members = item(k="a", s="b", g="c", h="d", l="e", v="x" * 2000)
    answer = db.put_item(TableName=indexed, Item=members, **INDEXES)
    assert arms(answer) == (2, {"all": 2, "keys": 1, "local": 1}, 6)


def test_an_index_that_is_not_touched_is_not_told(db, indexed):
    answer = db.put_item(TableName=indexed, Item=item(k="a", s="b", g="c"), **INDEXES)
    assert arms(answer) == (1, {"all": 1}, 2)


def test_moving_an_index_key_costs_two_writes(db, indexed):
    db.put_item(TableName=indexed, Item=item(k="a", s="b", h="old"))
    answer = db.put_item(TableName=indexed, Item=item(k="a", s="b", h="new"), **INDEXES)
    assert arms(answer) == (1, {"keys": 2}, 3)


def test_a_change_an_index_does_not_project_is_not_charged_to_it(db, indexed):
    db.put_item(TableName=indexed, Item=item(k="a", s="b", h="d", v="1"))
    answer = db.put_item(TableName=indexed, Item=item(k="a", s="b", h="d", v="2"), **INDEXES)
    assert arms(answer) == (1, {}, 1)


def test_a_query_of_an_index_is_charged_to_the_index(db, indexed):
    put_all(db, indexed, [{"k": "a", "s": str(n), "h": "d", "v": "x" * 5000} for n in range(4)])
    answer = db.query(
        TableName=indexed, IndexName="keys", KeyConditionExpression="h = :h",
        ExpressionAttributeValues=values(h="d"), **INDEXES,
    )
    assert arms(answer) == (0, {"keys": 0.5}, 0.5)


def test_fetching_through_a_local_index_is_charged_to_the_table_too(db, indexed):
    put_all(db, indexed, [{"k": "a", "s": str(n), "l": "d", "v": "x" * 5000} for n in range(4)])
    answer = db.query(
        TableName=indexed, IndexName="local", KeyConditionExpression="k = :k",
        ExpressionAttributeValues=values(k="a"), Select="ALL_ATTRIBUTES", **INDEXES,
    )
    assert arms(answer) == (4, {"local": 0.5}, 4.5)
