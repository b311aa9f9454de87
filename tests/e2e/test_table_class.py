"""Table classes: what a change of the class changes, and what it does not.

Items here are some hundred bytes that are much alike, as items of one table are.
"""

import hashlib
import json
import os
import random
import threading
import time

import pytest

from api import definitions, item, key_schema, plain
from conftest import mounted, small_disk
from mounting import (
    changes,
    description,
    info,
    items_below,
    opened,
    read,
    read_text,
    save,
    wait_until,
    write_all,
)

pytestmark = pytest.mark.limit(240)

STANDARD = "STANDARD"
INFREQUENT = "STANDARD_INFREQUENT_ACCESS"
ITEMS = 3000
SECONDS = 120  # for a conversion, under the sanitizers
ANIMALS = ("heron", "otter", "badger", "magpie", "lynx", "weasel", "marten", "jackdaw")


def members(n, seed=0):
    dice = random.Random(n * 1000003 + seed)
    return {
        "station": f"s{n % 40}",
        "n": n,
        "kind": "observation of wildlife",
        "seed": seed,
        "seen": [f"{dice.choice(ANIMALS)} and {dice.choice(ANIMALS)}" for _ in range(12)],
        "weight": dice.randrange(10**6) / 100,
    }


def fill(table, count=ITEMS):
    lines = "".join(json.dumps(members(n)) + "\n" for n in range(count))
    save(table / ".import", lines, os.O_WRONLY)


def observations(mount, name="Observations", count=ITEMS):
    table = mount.table(name, "station:S n:N")
    fill(table, count)
    return table


def ask_for(table, wanted):
    schema = json.loads(read(table / ".schema"))
    schema["TableClass"] = wanted
    save(table / ".schema", json.dumps(schema))


def class_of(table):
    return description(table).get("TableClassSummary", {"TableClass": STANDARD})["TableClass"]


def is_settled(table):
    return description(table)["TableStatus"] == "ACTIVE"


def change_class(table, wanted):
    ask_for(table, wanted)
    wait_until(lambda: is_settled(table), SECONDS, f"{wanted} reached")
    assert class_of(table) == wanted


def stored(table):
    return info(table)["Storage"]["StoredBytes"]


def tree(table):
    """All that stat() and read() tell of a table's items."""
    found = {}
    for name in items_below(table):
        status = os.stat(table / name)
        text = read(table / name)
        assert len(text) == status.st_size
        found[name] = (status.st_mtime_ns, status.st_ino, hashlib.sha256(text).hexdigest())
    return found


# By the mount


def test_an_infrequent_table_takes_less_of_the_disk_and_is_the_same(mount):
    table = observations(mount)
    before, bytes_before = tree(table), stored(table)
    change_class(table, INFREQUENT)
    assert stored(table) < bytes_before / 2
    assert tree(table) == before
    change_class(table, STANDARD)
    assert tree(table) == before
    mount.stop()
    mount.check()


def test_the_file_on_disk_is_smaller_too(mount):
    table = observations(mount)
    mount.remount()
    (file,) = (
        path for path in mount.data.glob("table-*.db") if path.stat().st_size > 500_000
    )
    before = file.stat().st_size
    assert stored(table) == before
    change_class(table, INFREQUENT)
    mount.remount()
    assert stored(table) == file.stat().st_size < before / 2


def test_info_tells_logical_and_stored_bytes(mount):
    table = observations(mount)
    facts = info(table)["Storage"]
    assert facts["LogicalBytes"] == description(table)["TableSizeBytes"]
    assert facts["StoredBytes"] > facts["LogicalBytes"] / 2
    assert facts["StoredIndexBytes"] == 0
    change_class(table, INFREQUENT)
    after = info(table)["Storage"]
    assert after["LogicalBytes"] == facts["LogicalBytes"]
    assert after["StoredBytes"] < after["LogicalBytes"]
    assert "ConvertedPercent" not in after


def test_nobody_sees_a_change_of_data(mount):
    table = observations(mount)
    before = read(table / ".stream"), read(table / ".export")
    with changes(table):
        change_class(table, INFREQUENT)
        change_class(table, STANDARD)
    assert (read(table / ".stream"), read(table / ".export")) == before


def test_what_a_person_wrote_stays_byte_for_byte(mount):
    table = observations(mount)
    text = '{ "station" : "own",\n\t"n":1,\n\n"note" :   "mine, and mine alone"   }'
    (table / "own").mkdir()
    save(table / "own" / "1.json", text)
    os.utime(table / "own" / "1.json", ns=(0, 1234567890123456789))
    for wanted in (INFREQUENT, STANDARD, INFREQUENT):
        change_class(table, wanted)
        assert read_text(table / "own" / "1.json") == text
        status = os.stat(table / "own" / "1.json")
        assert (status.st_size, status.st_mtime_ns) == (len(text), 1234567890123456789)


def test_items_are_saved_touched_and_removed_in_an_infrequent_table(mount):
    table = observations(mount, count=300)
    change_class(table, INFREQUENT)
    mount.bash("""
        jq '.note = "seen"' Observations/s7/7.json > new && mv new Observations/s7/7.json &&
        touch -d 2001-02-03T04:05:06Z Observations/s8/8.json &&
        rm Observations/s9/9.json
    """)
    assert json.loads(read(table / "s7" / "7.json")) == {**members(7), "note": "seen"}
    assert os.stat(table / "s8" / "8.json").st_mtime == 981173106
    assert json.loads(read(table / "s8" / "8.json")) == members(8)
    assert not (table / "s9" / "9.json").exists()
    mount.stop()
    mount.check()


def test_a_clone_of_the_schema_has_the_class(mount):
    table = observations(mount, count=10)
    change_class(table, INFREQUENT)
    clone = mount.path / "Clone"
    clone.mkdir()
    save(clone / ".schema", read(table / ".schema"))
    assert class_of(clone) == INFREQUENT
    assert is_settled(clone)


def test_a_class_that_does_not_exist_is_refused_at_the_write(mount):
    table = observations(mount, count=10)
    with pytest.raises(OSError):
        ask_for(table, "GLACIER")
    assert class_of(table) == STANDARD
    assert "STANDARD_INFREQUENT_ACCESS" in mount.errors()


def test_a_conversion_goes_on_after_kill_9(mount):
    table = observations(mount)
    before = tree(table)
    for wanted in (INFREQUENT, STANDARD, INFREQUENT):
        ask_for(table, wanted)
        time.sleep(random.random() / 5)
        mount.kill9()
        mount.check()
        mount.start()
        wait_until(lambda: is_settled(table), SECONDS, f"{wanted} reached")
        after = tree(table)
        assert {name: facts[0::2] for name, facts in after.items()} == {
            name: facts[0::2] for name, facts in before.items()
        }
    mount.stop()
    mount.check()


# By the API


@pytest.fixture
def db(own_api):
    return own_api.client()


def make(db, name, **more):
    keys, attributes = key_schema("station:S n:N")
    return db.create_table(
        TableName=name,
        KeySchema=keys,
        AttributeDefinitions=definitions(attributes),
        BillingMode="PAY_PER_REQUEST",
        **more,
    )["TableDescription"]


def put(db, name, n, seed=0):
    attributes = {**members(n, seed), "weight": n}
    db.put_item(TableName=name, Item=item(attributes))
    return attributes


def scan(db, name):
    pages = db.get_paginator("scan").paginate(TableName=name)
    rows = [plain(row) for page in pages for row in page["Items"]]
    return {row["n"]: row for row in rows}


def update(db, name, wanted):
    answer = db.update_table(TableName=name, TableClass=wanted)["TableDescription"]
    assert answer["TableStatus"] == "UPDATING"
    assert answer["TableClassSummary"]["TableClass"] == wanted
    return answer


def wait(db, name):
    """As SDKs do: till the table is ACTIVE."""
    db.get_waiter("table_exists").wait(
        TableName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": SECONDS * 20}
    )


def test_update_table_tells_the_class_and_when_it_changed(db):
    make(db, "Observations")
    assert "TableClassSummary" not in db.describe_table(TableName="Observations")["Table"]
    update(db, "Observations", INFREQUENT)
    wait(db, "Observations")
    summary = db.describe_table(TableName="Observations")["Table"]["TableClassSummary"]
    assert summary["TableClass"] == INFREQUENT
    assert abs(summary["LastUpdateDateTime"].timestamp() - time.time()) < 120


def test_create_table_takes_the_class(db):
    made = make(db, "Observations", TableClass=INFREQUENT)
    assert made["TableClassSummary"]["TableClass"] == INFREQUENT
    wait(db, "Observations")
    written = {n: put(db, "Observations", n) for n in range(50)}
    assert scan(db, "Observations") == written


def test_units_are_the_same_in_both_classes(db):
    make(db, "Observations")
    written = put(db, "Observations", 1)
    key = item(station=written["station"], n=1)

    def cost():
        read_units = db.get_item(
            TableName="Observations", Key=key, ConsistentRead=True, ReturnConsumedCapacity="TOTAL"
        )["ConsumedCapacity"]["CapacityUnits"]
        write_units = db.put_item(
            TableName="Observations", Item=item(written), ReturnConsumedCapacity="TOTAL"
        )["ConsumedCapacity"]["CapacityUnits"]
        return read_units, write_units

    before = cost()
    update(db, "Observations", INFREQUENT)
    wait(db, "Observations")
    assert cost() == before


class Load(threading.Thread):
    """Writes and reads items of its own, and knows what they are."""

    def __init__(self, client, numbers):
        super().__init__()
        self.client, self.numbers = client, numbers
        self.model, self.wrong, self.ended = {}, [], threading.Event()

    def run(self):
        dice = random.Random(self.numbers[0])
        seed = 1
        while not self.ended.is_set():
            n = dice.choice(self.numbers)
            seed += 1
            if dice.random() < 0.2:
                self.client.delete_item(
                    TableName="Observations", Key=item(station=f"s{n % 40}", n=n)
                )
                self.model[n] = None
            else:
                self.model[n] = put(self.client, "Observations", n, seed)
            other = dice.choice(list(self.model))
            answer = self.client.get_item(
                TableName="Observations",
                Key=item(station=f"s{other % 40}", n=other),
                ConsistentRead=True,
            )
            found = plain(answer["Item"]) if "Item" in answer else None
            if found != self.model[other]:
                self.wrong.append((other, found, self.model[other]))


def test_conversions_under_load_are_right_item_by_item(own_api, db):
    make(db, "Observations")
    model = {n: put(db, "Observations", n) for n in range(600)}
    loads = [Load(own_api.client(), list(range(first, 600, 3))) for first in range(2)]
    for load in loads:
        load.start()
    for wanted in (INFREQUENT, STANDARD, INFREQUENT):
        update(db, "Observations", wanted)
        wait(db, "Observations")
        time.sleep(0.3)
    for load in loads:
        load.ended.set()
        load.join()
        assert load.wrong == []
        assert len(load.model) > 10
        model.update(load.model)
    expected = {n: attributes for n, attributes in model.items() if attributes is not None}
    assert scan(db, "Observations") == expected


def test_a_class_that_does_not_exist_is_a_validation_error(db):
    make(db, "Observations")
    with pytest.raises(db.exceptions.ClientError) as refusal:
        db.update_table(TableName="Observations", TableClass="GLACIER")
    assert refusal.value.response["Error"]["Code"] == "ValidationException"
    assert "Member must satisfy enum value set" in str(refusal.value)


# A full disk


@pytest.fixture
def disk(workdir):
    with small_disk(workdir / "disk", "96m") as path:
        yield path


def test_a_conversion_waits_while_the_disk_is_full_and_goes_on_later(disk):
    filler = disk / "filler"
    with mounted(disk) as mount:
        mount.log = disk.parent / "dynamount.log"
        mount.start()
        table = observations(mount)
        before = tree(table)
        with opened(filler, os.O_WRONLY | os.O_CREAT) as fd:
            free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
            write_all(fd, b"x" * (free - (8 << 20)))
        ask_for(table, INFREQUENT)
        wait_until(
            lambda: "converting table Observations to its class" in mount.log_tail(),
            SECONDS,
            "the log tells of it",
        )
        assert "No space left on device" in mount.log_tail()
        assert description(table)["TableStatus"] == "UPDATING"
        assert tree(table) == before
        save(table / "s1" / "1.json", read(table / "s1" / "1.json"))  # there is room for this
        time.sleep(6)
        assert mount.log_tail().count("converting table Observations") == 1
        bytes_before = stored(table)
        os.unlink(filler)
        wait_until(lambda: is_settled(table), SECONDS, "the conversion goes on")
        assert stored(table) < bytes_before / 2
        after = tree(table)
        assert {name: facts[2] for name, facts in after.items()} == {
            name: facts[2] for name, facts in before.items()
        }
        mount.stop()
        mount.check()
