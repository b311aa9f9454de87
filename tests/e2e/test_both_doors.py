"""One data directory behind a mount and HTTP: what one door writes, the other shows in its next call."""

import errno
import json
import os
import subprocess

import pytest

from api import create, index, item, plain, plain_all, put_all, read_pages, values
from conftest import module_mount_of
from mounting import read, refused, save
from serving import http_door


ROUNDS = 200


@pytest.fixture(scope="module")
def doors(request):
    with module_mount_of(request, "both-doors") as mount:
        mount.remount("http=127.0.0.1:0")
        yield mount


@pytest.fixture(scope="module")
def api(doors):
    """The HTTP door, which ends with the mount."""
    return http_door(doors)


@pytest.fixture
def table(doors, db):
    """A table's directory, with an index on g and a stream."""
    name = create(
        db, "k:S", [index("i-g", "g:S")],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    return doors.path / name


def file_item(path):
    return json.loads(read(path))


def api_item(db, table, key):
    found = db.get_item(TableName=table.name, Key=item(k=key), ConsistentRead=True).get("Item")
    return plain(found) if found else None


def in_index(db, table, g):
    answer = db.query(
        TableName=table.name, IndexName="i-g", KeyConditionExpression="g = :g",
        ExpressionAttributeValues=values(g=g),
    )
    return [one["k"] for one in plain_all(answer)]


def events(api, db, table):
    """What the stream tells: names and keys."""
    arn = db.describe_table(TableName=table.name)["Table"]["LatestStreamArn"]
    streams = api.client("dynamodbstreams")
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    return [
        (record["eventName"], record["dynamodb"]["Keys"]["k"]["S"])
        for record in streams.get_records(ShardIterator=iterator)["Records"]
    ]


def put(db, table, **attributes):
    db.put_item(TableName=table.name, Item=item(attributes))


# From files to the API


def test_a_saved_file_is_in_the_next_get_item(db, table):
    for n in range(ROUNDS):
        save(table / "a.json", json.dumps({"n": n}))
        assert api_item(db, table, "a") == {"k": "a", "n": n}


def test_what_a_shell_echoes_is_in_the_next_get_item(doors, db, table):
    doors.bash('echo "{\\"n\\": 1}" > a.json', cwd=table)
    assert api_item(db, table, "a") == {"k": "a", "n": 1}
    doors.bash("jq '.n += 1' a.json > .a.tmp && mv .a.tmp a.json", cwd=table)
    assert api_item(db, table, "a") == {"k": "a", "n": 2}


def test_what_vim_saves_is_in_the_next_get_item_and_one_record(doors, api, db, table):
    put(db, table, k="a", n=1)
    doors.run("vim", "-es", "-u", "NONE", "-c", "%s/1/22/", "-c", "x", table / "a.json")
    assert api_item(db, table, "a") == {"k": "a", "n": 22}
    assert events(api, db, table) == [("INSERT", "a"), ("MODIFY", "a")]


def test_a_removed_file_is_gone_from_the_api(db, table):
    save(table / "a.json", '{"g": "x"}')
    (table / "a.json").unlink()
    assert api_item(db, table, "a") is None
    assert in_index(db, table, "x") == []


def test_a_renamed_file_is_another_item(api, db, table):
    save(table / "a.json", '{"g": "x"}')
    (table / "a.json").rename(table / "b.json")
    assert api_item(db, table, "a") is None
    assert api_item(db, table, "b") == {"k": "b", "g": "x"}
    assert in_index(db, table, "x") == ["b"]


def test_a_saved_file_moves_in_the_indexes(db, table):
    save(table / "a.json", '{"g": "x"}')
    assert in_index(db, table, "x") == ["a"]
    save(table / "a.json", '{"g": "y"}')
    assert (in_index(db, table, "x"), in_index(db, table, "y")) == ([], ["a"])


def test_a_file_with_an_index_key_of_the_wrong_type_is_refused(db, table):
    with refused(errno.EINVAL):
        save(table / "a.json", '{"g": 1}')
    assert api_item(db, table, "a") is None


def test_a_shell_is_told_of_an_index_key_of_the_wrong_type(db, table):
    script = 'echo \'{"g": 1}\' > "$1"'
    shell = subprocess.run(
        ["sh", "-c", script, "sh", table / "a.json"], capture_output=True, text=True, check=False
    )
    assert shell.returncode != 0
    assert b"Type mismatch for Index Key g" in read(table.parent / ".error")
    assert api_item(db, table, "a") is None


def test_saved_files_are_recorded_exactly_once(api, db, table):
    save(table / "a.json", '{"n": 1}')
    save(table / "a.json", '{"n": 2}')
    save(table / "a.json", '{"n":   2}')  # the same item in another spelling
    save(table / "b.json", '{"n": 1}')
    (table / "a.json").unlink()
    assert events(api, db, table) == [
        ("INSERT", "a"), ("MODIFY", "a"), ("INSERT", "b"), ("REMOVE", "a")
    ]


def test_a_table_made_of_directories_is_described(doors, db):
    doors.table("made", "year:N title:S")
    table = db.describe_table(TableName="made")["Table"]
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["year", "title"]
    (doors / "made" / "2014").mkdir()
    save(doors / "made" / "2014" / "Interstellar.json", '{"rating": 8.6}')
    found = db.get_item(TableName="made", Key=item(year=2014, title="Interstellar"))["Item"]
    assert found["rating"] == {"N": "8.6"}


# From the API to files


def test_a_put_item_is_in_the_next_cat(db, table):
    put(db, table, k="a", n=0)
    for n in range(ROUNDS):
        put(db, table, k="a", n=n)
        assert file_item(table / "a.json") == {"k": "a", "n": n}


def test_a_put_item_is_in_the_next_stat(db, table):
    put(db, table, k="a", text="")
    before = os.stat(table / "a.json")
    for n in range(1, ROUNDS):
        put(db, table, k="a", text="x" * n)
        after = os.stat(table / "a.json")
        assert after.st_size == before.st_size + 1
        assert after.st_mtime_ns > before.st_mtime_ns
        before = after


def test_a_put_item_is_in_the_next_listing(db, table):
    assert os.listdir(table) == []
    for n in range(20):
        put(db, table, k=f"{n:02}")
        assert sorted(os.listdir(table)) == [f"{m:02}.json" for m in range(n + 1)]


def test_an_item_that_was_not_there_is_found_when_it_is_put(db, table):
    for n in range(ROUNDS):
        assert not (table / f"{n}.json").exists()  # which the kernel may remember
        put(db, table, k=f"{n}")
        assert (table / f"{n}.json").exists()


def test_a_deleted_item_is_gone_from_the_next_look(db, table):
    for n in range(ROUNDS):
        put(db, table, k="a", n=n)
        assert (table / "a.json").exists()
        db.delete_item(TableName=table.name, Key=item(k="a"))
        assert not (table / "a.json").exists()
    with refused(errno.ENOENT):
        read(table / "a.json")
    assert os.listdir(table) == []


def test_updates_batches_and_transactions_are_in_the_next_cat(db, table):
    put(db, table, k="a", n=1)
    assert file_item(table / "a.json")["n"] == 1
    db.update_item(
        TableName=table.name, Key=item(k="a"), UpdateExpression="SET n = :n",
        ExpressionAttributeValues=values(n=2),
    )
    assert file_item(table / "a.json")["n"] == 2
    put_all(db, table.name, [{"k": "a", "n": 3}, {"k": "b", "n": 3}])
    assert [file_item(table / f"{key}.json")["n"] for key in "ab"] == [3, 3]
    db.transact_write_items(
        TransactItems=[
            {"Put": {"TableName": table.name, "Item": item(k="a", n=4)}},
            {"Delete": {"TableName": table.name, "Key": item(k="b")}},
        ]
    )
    assert file_item(table / "a.json")["n"] == 4
    assert not (table / "b.json").exists()


def test_a_statement_s_change_is_in_the_next_cat(db, table):
    put(db, table, k="a", n=1)
    assert file_item(table / "a.json")["n"] == 1
    db.execute_statement(Statement=f"UPDATE \"{table.name}\" SET n = 2 WHERE k = 'a'")
    assert file_item(table / "a.json")["n"] == 2


def test_a_created_table_is_a_directory_at_once_and_a_deleted_one_is_not(doors, db):
    name = create(db)
    assert name in os.listdir(doors.path)
    db.put_item(TableName=name, Item=item(k="a"))
    assert os.listdir(doors / name) == ["a.json"]
    db.delete_table(TableName=name)
    assert name not in os.listdir(doors.path)
    assert not (doors / name).exists()


def test_a_table_created_again_shows_no_old_items(doors, db):
    members = {
        "TableName": "again", "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
    }
    db.create_table(**members)
    db.put_item(TableName="again", Item=item(k="a", n=1))
    assert file_item(doors / "again" / "a.json")["n"] == 1
    db.delete_table(TableName="again")
    db.create_table(**members)
    assert os.listdir(doors / "again") == []
    assert not (doors / "again" / "a.json").exists()


def test_partitions_appear_and_vanish_with_their_items(doors, db):
    name = create(db, "k:S s:N")
    assert os.listdir(doors / name) == []
    db.put_item(TableName=name, Item=item(k="p", s=1, v="x"))
    assert os.listdir(doors / name / "p") == ["1.json"]
    assert os.listdir(doors / name) == ["p"]
    db.delete_item(TableName=name, Key=item(k="p", s=1))
    assert os.listdir(doors / name) == []


# Both at once


def test_a_file_that_the_api_changed_meanwhile_is_not_overwritten(db, table):
    """The open file began with the older item: ESTALE, and the newer one stays."""
    put(db, table, k="a", n=1)
    with refused(errno.ESTALE):
        with open(table / "a.json", "r+b", buffering=0) as file:
            text = file.readall()
            put(db, table, k="a", n=2)
            file.seek(0)
            file.write(text.replace(b"1", b"9"))
            os.fsync(file.fileno())
    assert api_item(db, table, "a") == {"k": "a", "n": 2}


def test_counters_of_both_doors_are_one(db, table):
    put(db, table, k="a", n=0)
    for n in range(0, 40, 2):
        db.update_item(
            TableName=table.name, Key=item(k="a"), UpdateExpression="ADD n :one",
            ExpressionAttributeValues=values(one=1),
        )
        members = file_item(table / "a.json")
        assert members["n"] == n + 1
        save(table / "a.json", json.dumps(members | {"n": n + 2}))
    assert api_item(db, table, "a")["n"] == 40


def test_an_import_is_in_the_next_scan_and_the_indexes(doors, db, table):
    lines = "".join(json.dumps({"k": f"{n:04}", "g": "all"}) + "\n" for n in range(300))
    save(table / ".import", lines)
    pages = read_pages(db.scan, TableName=table.name)
    assert sum(page["Count"] for page in pages) == 300
    assert len(in_index(db, table, "all")) == 300


def test_what_both_doors_wrote_outlives_a_remount(unstarted_mount):
    mount = unstarted_mount.start("http=127.0.0.1:0")
    db = http_door(mount).client()
    name = create(db)
    db.put_item(TableName=name, Item=item(k="api"))
    save(mount / name / "file.json", "{}")
    mount.remount("")
    assert sorted(os.listdir(mount / name)) == ["api.json", "file.json"]
