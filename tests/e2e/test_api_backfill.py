"""An index made on a live table of 20,000 items, while writers go on and servers die."""

import concurrent.futures
import subprocess
import threading
import time

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from api import create, definitions, invalid, item, items_of, put_all, read_pages, values
from mounting import DYNAMOUNT, environment

ITEMS = 20000
GROUPS = 7
BACKFILL_SECONDS = 50


def fill(server, table):
    def part(number):
        put_all(
            server.client(), table,
            [{"k": f"{n:05}", "g": f"g{n % GROUPS}"} for n in range(number, ITEMS, 4)],
        )

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(part, range(4)))


def add_index(db, table):
    db.update_table(
        TableName=table, AttributeDefinitions=definitions({"k": "S", "g": "S"}),
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "by-g", "Projection": {"ProjectionType": "ALL"},
                    "KeySchema": [
                        {"AttributeName": "g", "KeyType": "HASH"},
                        {"AttributeName": "k", "KeyType": "RANGE"},
                    ],
                }
            }
        ],
    )


def status(db, table):
    return db.describe_table(TableName=table)["Table"]["GlobalSecondaryIndexes"][0]["IndexStatus"]


def wait_until_active(db, table):
    deadline = time.monotonic() + BACKFILL_SECONDS
    while status(db, table) != "ACTIVE":
        assert time.monotonic() < deadline, "the index stays in creation"
        time.sleep(0.02)


def expect_consistent(db, table):
    """The index holds exactly the items of the table that have its key, each once."""
    whole = {one["k"]: one.get("g") for one in items_of(read_pages(db.scan, TableName=table))}
    found = []
    for group in sorted({g for g in whole.values() if g}):
        pages = read_pages(
            db.query, TableName=table, IndexName="by-g", KeyConditionExpression="g = :g",
            ExpressionAttributeValues=values(g=group),
        )
        found += [(one["k"], one["g"]) for one in items_of(pages)]
    assert sorted(found) == sorted((k, g) for k, g in whole.items() if g)
    return whole


class Writers:
    """Threads that change random items until they are told to stop or the server dies."""

    def __init__(self, server, table, count=2):
        self.server, self.table = server, table
        self.over = threading.Event()
        self.pool = concurrent.futures.ThreadPoolExecutor(count)
        self.parts = [self.pool.submit(self._run, n, count) for n in range(count)]

    def _run(self, number, count):
        db, n, done = self.server.client(), number, 0
        while not self.over.is_set():
            key = {"TableName": self.table, "Key": item(k=f"{n * 37 % ITEMS:05}")}
            try:
                if n % 3 == 0:
                    db.delete_item(**key)
                else:
                    db.update_item(
                        **key, UpdateExpression="SET g = :g",
                        ExpressionAttributeValues=values(g=f"moved{n % 5}"),
                    )
            except (BotoCoreError, ClientError):
                if self.over.is_set():
                    break
                raise
            n, done = n + count, done + 1
        return done

    def stop(self):
        """How many changes they made."""
        self.over.set()
        return sum(part.result() for part in self.parts)


def expect_checked(server):
    """`dynamount check` finds nothing to say against the data."""
    result = subprocess.run(
        [DYNAMOUNT, "check", server.path], capture_output=True, text=True, timeout=50,
        env=environment(server.directory),
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture
def filled(own_api):
    table = create(own_api.client())
    fill(own_api, table)
    return table


def test_an_index_of_a_live_table_misses_no_change(own_api, filled):
    db = own_api.client()
    writers = Writers(own_api, filled)
    add_index(db, filled)
    wait_until_active(db, filled)
    assert writers.stop() > 0
    whole = expect_consistent(db, filled)
    assert len(whole) > ITEMS / 2
    own_api.stop()
    expect_checked(own_api)


def test_an_index_is_not_read_before_it_is_whole(own_api, filled):
    db = own_api.client()
    add_index(db, filled)
    while status(db, filled) == "CREATING":
        try:
            page = db.scan(TableName=filled, IndexName="by-g", Limit=1)
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ValidationException"
        else:
            assert status(db, filled) == "ACTIVE", f"answered {page}"
    expect_consistent(db, filled)


def test_a_killed_server_finishes_the_index_when_it_is_back(own_api, filled):
    db = own_api.client()
    writers = Writers(own_api, filled)
    add_index(db, filled)
    before = status(db, filled)
    writers.over.set()
    own_api.kill9()
    writers.stop()
    db = own_api.start().client()
    wait_until_active(db, filled)
    expect_consistent(db, filled)
    own_api.stop()
    expect_checked(own_api)
    assert before == "CREATING"  # or nothing was interrupted


def test_items_with_no_proper_index_key_are_left_out(own_api):
    db = own_api.client()
    table = create(db)
    put_all(db, table, [{"k": "right", "g": "x"}, {"k": "number", "g": 1}, {"k": "none"},
                        {"k": "empty", "g": ""}, {"k": "long", "g": "x" * 2049}])
    add_index(db, table)
    wait_until_active(db, table)
    found = items_of(read_pages(db.scan, TableName=table, IndexName="by-g"))
    assert [one["k"] for one in found] == ["right"]


def test_an_index_being_deleted_is_no_longer_read(own_api):
    db = own_api.client()
    table = create(db)
    put_all(db, table, [{"k": f"{n}", "g": "x"} for n in range(100)])
    add_index(db, table)
    wait_until_active(db, table)
    db.update_table(
        TableName=table, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-g"}}]
    )
    with invalid("The table does not have the specified index: by-g"):
        while True:
            db.scan(TableName=table, IndexName="by-g")
            indexes = db.describe_table(TableName=table)["Table"].get("GlobalSecondaryIndexes", [])
            assert [one["IndexStatus"] for one in indexes] == ["DELETING"]
