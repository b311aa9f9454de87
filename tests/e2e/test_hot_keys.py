"""`.hot`: which keys of a table are read, written and throttled most."""

import errno
import json
import os

import pytest

from api import item, values
from mounting import read, refused, save
from serving import http_door


@pytest.fixture
def table(mount):
    return mount.remount("http=127.0.0.1:0").table("Movies", "year:N title:S")


@pytest.fixture
def db(mount, table):
    return http_door(mount).client()


def hot(table, **fields):
    lines = [json.loads(line) for line in read(table / ".hot").splitlines()]
    return [line for line in lines if fields.items() <= line.items()]


def paths(table, **fields):
    return [line["path"] for line in hot(table, **fields)]


def test_a_table_begins_cold(table):
    assert read(table / ".hot") == b""


def test_the_hottest_come_first_with_their_path(table, db):
    for number in range(20):
        for title in ["Rush", "V/H/S"] if number % 4 == 0 else ["Rush"]:
            db.put_item(TableName="Movies", Item=item(year=2013, title=title))
    db.put_item(TableName="Movies", Item=item(year=1999, title="Magnolia"))
    assert paths(table, measure="write", of="item") == [
        "2013/Rush.json", "2013/V%2FH%2FS.json", "1999/Magnolia.json",
    ]  # fmt: skip
    first = hot(table, measure="write", of="partition")[0]
    assert first["key"] == {"year": 2013} and first["path"] == "2013"
    assert first["amount"] == 25 and first["share"] == round(25 / 26, 4)
    assert first["shareError"] == 0 and first["perSecond"] > 0
    for path in paths(table, of="item"):
        assert (table / path).exists()


def test_all_doors_are_counted_and_units_weigh(table, db):
    (table / "2013").mkdir()
    save(table / "2013/small.json", "{}")
    save(table / "2013/large.json", json.dumps({"text": "x" * 10_000}))
    for _ in range(5):
        read(table / "2013/large.json")
    db.get_item(TableName="Movies", Key=item(year=2013, title="small"), ConsistentRead=True)
    reads = hot(table, measure="read", of="item")
    assert [(line["path"], line["amount"]) for line in reads] == [
        ("2013/large.json", 5 * 1.5), ("2013/small.json", 1.0),
    ]  # fmt: skip


def test_a_query_counts_for_its_partition(table, db):
    db.put_item(TableName="Movies", Item=item(year=2013, title="Rush"))
    for _ in range(3):
        db.query(
            TableName="Movies", KeyConditionExpression="#y = :y", ConsistentRead=True,
            ExpressionAttributeNames={"#y": "year"}, ExpressionAttributeValues=values(y=2013),
        )
    assert [(line["path"], line["amount"]) for line in hot(table, measure="read")] == [("2013", 3.0)]


def test_looking_around_heats_nothing(mount, table):
    (table / "2013").mkdir()
    save(table / "2013/Rush.json", "{}")
    mount.bash("ls -lR . > /dev/null; stat Movies/2013/Rush.json > /dev/null; find . > /dev/null")
    assert hot(table, measure="read") == []


def test_looking_at_links_heats_nothing(mount, table):
    (table / "2013").mkdir()
    save(table / "2013/Rush.json", '{"rating": 8}')
    links = table / ".where/rating = 8"
    os.listdir(links)
    before = hot(table, measure="read")
    mount.bash("stat \"$1\"/*", links)
    assert [one["amount"] for one in hot(table, measure="read")] == [one["amount"] for one in before]


def test_a_hot_key_is_found_among_thousands(mount, table, db):
    lines = "".join(json.dumps({"year": n, "title": f"t{n}"}) + "\n" for n in range(3000))
    save(table / ".import", lines, os.O_WRONLY)
    for _ in range(400):
        db.put_item(TableName="Movies", Item=item(year=5000, title="hot"))
    first = hot(table, measure="write", of="item")[0]
    assert first["path"] == "5000/hot.json"
    assert 400 <= first["amount"] <= 400 + 3400 / 64
    assert first["shareError"] <= 1 / 64


def test_a_table_without_a_sort_key_has_items_alone(mount, db):
    table = mount.table("Users", "id:S")
    save(table / "ann.json", "{}")
    assert paths(table, measure="write") == ["ann.json"]


def test_a_global_index_has_its_own(mount, db):
    table = mount.table("Users", "id:S")
    index = {
        "IndexName": "by-town", "KeySchema": [{"AttributeName": "town", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }  # fmt: skip
    db.update_table(
        TableName="Users", GlobalSecondaryIndexUpdates=[{"Create": index}],
        AttributeDefinitions=[{"AttributeName": "town", "AttributeType": "S"}],
    )
    for number in range(4):
        save(table / f"{number}.json", json.dumps({"town": "Ulm" if number else "Bern"}))
    lines = hot(table, index="by-town", measure="write")
    assert [(line["key"]["town"], line["amount"]) for line in lines] == [("Ulm", 3), ("Bern", 1)]
    assert "path" not in lines[0]


def test_jq_reads_it(mount, table, db):
    for number in range(3):
        db.put_item(TableName="Movies", Item=item(year=2013, title=f"t{number % 2}"))
    script = "jq -r 'select(.measure == \"write\" and .of == \"item\") | .path' Movies/.hot | head -1"
    for shell in ("bash", "dash"):
        assert mount.run(shell, "-c", script).stdout == "2013/t0.json\n"


def test_it_is_not_listed_and_only_read(table):
    assert os.listdir(table) == []
    with refused(errno.EACCES, errno.EPERM):
        save(table / ".hot", "x", os.O_WRONLY)


def test_a_dropped_table_leaves_nothing_to_one_of_its_name(mount, table):
    (table / "2013").mkdir()
    save(table / "2013/Rush.json", "{}")
    (table / "2013/Rush.json").unlink()
    mount.bash("rm -r Movies")
    assert read(mount.table("Movies", "year:N title:S") / ".hot") == b""
