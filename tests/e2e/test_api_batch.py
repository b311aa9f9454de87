"""BatchGetItem and BatchWriteItem over HTTP."""

import pytest

from api import create, index, invalid, item, plain_all, put_all

DUPLICATES = "Provided list of item keys contains duplicates"


@pytest.fixture(scope="module")
def tables(db):
    names = create(db), create(db, "k:S s:N")
    put_all(db, names[0], [{"k": f"{n}", "v": n} for n in range(50)])
    put_all(db, names[1], [{"k": "a", "s": n, "v": n} for n in range(50)])
    return names


def puts(items):
    return [{"PutRequest": {"Item": item(one)}} for one in items]


def deletes(keys):
    return [{"DeleteRequest": {"Key": item(key)}} for key in keys]


def keys_of(answer, table):
    return sorted(one["k"]["S"] for one in answer["Responses"][table])


def test_a_batch_reads_several_tables(db, tables):
    one, two = tables
    answer = db.batch_get_item(
        RequestItems={
            one: {"Keys": [item(k="1"), item(k="none"), item(k="7")], "ConsistentRead": True},
            two: {"Keys": [item(k="a", s=3)], "ProjectionExpression": "v"},
        }
    )
    assert keys_of(answer, one) == ["1", "7"]
    assert answer["Responses"][two] == [item(v=3)]
    assert answer["UnprocessedKeys"] == {}


def test_a_table_of_which_nothing_is_found_has_an_empty_list(db, tables):
    answer = db.batch_get_item(RequestItems={tables[0]: {"Keys": [item(k="none")]}})
    assert answer["Responses"] == {tables[0]: []}


def test_a_batch_reads_100_keys_and_no_more(db, tables):
    keys = [item(k=str(n)) for n in range(101)]
    answer = db.batch_get_item(RequestItems={tables[0]: {"Keys": keys[:100]}})
    assert len(answer["Responses"][tables[0]]) == 50
    with pytest.raises(db.exceptions.ClientError) as caught:
        db.batch_get_item(RequestItems={tables[0]: {"Keys": keys}})
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_a_key_is_read_once_in_a_batch(db, tables):
    with invalid(DUPLICATES):
        db.batch_get_item(RequestItems={tables[0]: {"Keys": [item(k="1"), item(k="1")]}})


def test_a_batch_of_more_than_16_mb_leaves_keys_to_ask_for_again(db):
    table = create(db)
    for n in range(60):
        db.put_item(TableName=table, Item=item(k=f"{n:02}", v="x" * 390000))
    wanted = {table: {"Keys": [item(k=f"{n:02}") for n in range(60)], "ConsistentRead": True}}
    found, rounds = [], 0
    while wanted:
        answer = db.batch_get_item(RequestItems=wanted)
        found += keys_of(answer, table)
        wanted = answer["UnprocessedKeys"]
        assert not wanted or wanted[table]["ConsistentRead"] is True
        rounds += 1
        assert rounds < 10
    assert found and sorted(found) == [f"{n:02}" for n in range(60)]
    assert rounds == 2


def test_a_batch_puts_and_deletes_in_several_tables(db):
    one, two = create(db), create(db, "k:S s:N")
    put_all(db, one, [{"k": "gone"}, {"k": "kept"}])
    answer = db.batch_write_item(
        RequestItems={
            one: puts([{"k": "new"}]) + deletes([{"k": "gone"}, {"k": "never"}]),
            two: puts([{"k": "a", "s": 1}]),
        }
    )
    assert answer["UnprocessedItems"] == {}
    assert sorted(one["k"] for one in plain_all(db.scan(TableName=one))) == ["kept", "new"]
    assert db.scan(TableName=two)["Count"] == 1


def test_a_batch_writes_25_items_and_no_more(db):
    table = create(db)
    items = puts([{"k": str(n)} for n in range(26)])
    db.batch_write_item(RequestItems={table: items[:25]})
    assert db.scan(TableName=table)["Count"] == 25
    with pytest.raises(db.exceptions.ClientError) as caught:
        db.batch_write_item(RequestItems={table: items})
    assert caught.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize(
    "requests",
    [
        puts([{"k": "a"}, {"k": "a", "v": 1}]),
        puts([{"k": "a"}]) + deletes([{"k": "a"}]),
        deletes([{"k": "a"}, {"k": "a"}]),
    ],
    ids=["puts", "put-delete", "deletes"],
)
def test_an_item_is_written_once_in_a_batch(db, requests):
    table = create(db)
    with invalid(DUPLICATES):
        db.batch_write_item(RequestItems={table: requests})
    assert db.scan(TableName=table)["Count"] == 0


def test_numbers_equal_by_value_are_one_key_in_a_batch(db):
    table = create(db, "k:N")
    requests = [{"PutRequest": {"Item": {"k": {"N": text}}}} for text in ("1000", "1e3")]
    with invalid(DUPLICATES):
        db.batch_write_item(RequestItems={table: requests})


def test_a_bad_item_stops_the_whole_batch(db):
    table = create(db, "k:S", [index("i-g", "g:S")])
    with pytest.raises(db.exceptions.ClientError) as caught:
        db.batch_write_item(RequestItems={table: puts([{"k": "a"}, {"k": "b", "g": 1}])})
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert db.scan(TableName=table)["Count"] == 0


def test_a_batch_to_a_missing_table_writes_nothing(db):
    table = create(db)
    with pytest.raises(db.exceptions.ResourceNotFoundException):
        db.batch_write_item(RequestItems={table: puts([{"k": "a"}]), "nowhere": puts([{"k": "a"}])})
    assert db.scan(TableName=table)["Count"] == 0


def test_an_empty_batch_is_refused(db):
    for operation in (db.batch_get_item, db.batch_write_item):
        with pytest.raises(db.exceptions.ClientError) as caught:
            operation(RequestItems={})
        assert caught.value.response["Error"]["Code"] == "ValidationException"
