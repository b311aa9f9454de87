"""Writing to `.schema` of a table that exists, from shells and editors, seen through boto3."""

import errno
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time

import pytest

from conftest import module_mount_of
from mounting import (
    description,
    info,
    items_below,
    opened,
    read,
    read_text,
    refused,
    save,
    wait_until,
    write_all,
)
from serving import http_door

SHELLS = ("bash", "dash")
serial = itertools.count()

TABLE = {
    "AttributeDefinitions": [
        {"AttributeName": "year", "AttributeType": "N"},
        {"AttributeName": "title", "AttributeType": "S"},
        {"AttributeName": "genre", "AttributeType": "S"},
    ],
    "KeySchema": [
        {"AttributeName": "year", "KeyType": "HASH"},
        {"AttributeName": "title", "KeyType": "RANGE"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
    "LocalSecondaryIndexes": [
        {
            "IndexName": "local",
            "KeySchema": [
                {"AttributeName": "year", "KeyType": "HASH"},
                {"AttributeName": "genre", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ],
}


@pytest.fixture(scope="module")
def mount(request):
    with module_mount_of(request, "schema-update") as mount:
        mount.remount("http=127.0.0.1:0")
        yield mount


@pytest.fixture(scope="module")
def db(mount):
    """boto3's client. Of what it is told it shows members that its model has not."""
    client = http_door(mount).client(parameter_validation=False)
    client.meta.events.register("after-call.dynamodb.DescribeTable", show_all)
    return client


def show_all(http_response, parsed, **_):
    told = json.loads(http_response.content).get("Table", {})
    for name in ("DeletionProtectionEnabled", "OnDemandThroughput"):
        if name in told:
            parsed["Table"][name] = told[name]


@pytest.fixture
def table(mount):
    path = mount / f"Movies-{next(serial)}"
    path.mkdir()
    save(path / ".schema", json.dumps(TABLE))
    return path


def index(name, *keys, projection="ALL", **more):
    kinds = zip(keys, ("HASH", "RANGE"))
    return {
        "IndexName": name,
        "KeySchema": [{"AttributeName": key, "KeyType": kind} for key, kind in kinds],
        "Projection": {"ProjectionType": projection},
        **more,
    }


def units(read, write):
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


def schema(table):
    return json.loads(read(table / ".schema"))


def change(table, **members):
    save(table / ".schema", json.dumps(members))


def seen(db, table):
    """What DescribeTable tells by HTTP."""
    return db.describe_table(TableName=table.name)["Table"]


def indexes(db, table):
    found = seen(db, table).get("GlobalSecondaryIndexes", [])
    return {each["IndexName"]: each["IndexStatus"] for each in found}


def refusal(mount, table, text, code=errno.EINVAL):
    """The rejection of a text; the table stays as it was."""
    before = description(table)
    with refused(code):
        save(table / ".schema", text if isinstance(text, str) else json.dumps(text))
    after = description(table)
    for members in (before, after):
        members.pop("Changes", None)
        members.pop("Storage", None)
    assert after == before
    return mount.errors().split("\n\n")[-1]


def fill(table, count, x=""):
    lines = (
        json.dumps({"year": n % 50, "title": f"Movie {n}", "genre": f"g{n % 7}", "x": x}) + "\n"
        for n in range(count)
    )
    save(table / ".import", "".join(lines), os.O_WRONLY)


def edit(mount, shell, table, program):
    """jq's output copied back, as a person does it."""
    script = 'jq "$1" "$0"/.schema > "$HOME"/new.json && cp "$HOME"/new.json "$0"/.schema'
    return mount.run(shell, "-c", script, table.name, program)


# Settings


@pytest.mark.parametrize("shell", SHELLS)
def test_jq_and_cp_change_the_billing_mode(mount, db, table, shell):
    edit(
        mount, shell, table,
        '.BillingMode = "PROVISIONED" | .ProvisionedThroughput = '
        "{ReadCapacityUnits: 5, WriteCapacityUnits: 6}",
    )
    throughput = seen(db, table)["ProvisionedThroughput"]
    assert (throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"]) == (5, 6)
    assert schema(table)["ProvisionedThroughput"] == units(5, 6)
    for _ in range(2):
        edit(mount, shell, table, '.BillingMode = "PAY_PER_REQUEST"')
        assert seen(db, table)["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
        assert "ProvisionedThroughput" not in schema(table)


@pytest.mark.parametrize("shell", SHELLS)
def test_echo_of_one_member_changes_that_alone(mount, db, table, shell):
    before = schema(table)
    mount.run(shell, "-c", 'echo \'{"DeletionProtectionEnabled": true}\' > "$0"/.schema', table.name)
    assert seen(db, table)["DeletionProtectionEnabled"] is True
    assert schema(table) == before | {"DeletionProtectionEnabled": True}


def test_throughput_of_table_and_indexes(db, table):
    change(
        table, BillingMode="PROVISIONED", ProvisionedThroughput=units(1, 2),
        GlobalSecondaryIndexes=[index("by-genre", "genre", ProvisionedThroughput=units(3, 4))],
    )
    change(
        table, ProvisionedThroughput=units(7, 8),
        GlobalSecondaryIndexes=[{"IndexName": "by-genre", "ProvisionedThroughput": units(9, 10)}],
    )
    members = schema(table)
    assert members["ProvisionedThroughput"] == units(7, 8)
    assert members["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"] == units(9, 10)


def test_maximums_on_demand(db, table):
    change(table, OnDemandThroughput={"MaxReadRequestUnits": 40, "MaxWriteRequestUnits": 50})
    assert seen(db, table)["OnDemandThroughput"] == {"MaxReadRequestUnits": 40, "MaxWriteRequestUnits": 50}
    change(table, OnDemandThroughput={"MaxReadRequestUnits": -1})
    assert seen(db, table)["OnDemandThroughput"]["MaxWriteRequestUnits"] == 50


def test_the_table_class(db, table):
    change(table, TableClass="STANDARD_INFREQUENT_ACCESS")
    assert seen(db, table)["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    change(table, TableClass="STANDARD")
    assert seen(db, table)["TableClassSummary"]["TableClass"] == "STANDARD"


def test_the_stream_on_off_and_of_another_view(db, table):
    change(table, StreamSpecification={"StreamEnabled": False})
    assert "StreamSpecification" not in seen(db, table)
    for view in ("KEYS_ONLY", "NEW_IMAGE", "NEW_IMAGE"):
        before = seen(db, table).get("LatestStreamArn")
        change(table, StreamSpecification={"StreamEnabled": True, "StreamViewType": view})
        assert seen(db, table)["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": view}
    assert seen(db, table)["LatestStreamArn"] == before
    change(table, StreamSpecification={"StreamEnabled": False})
    assert "StreamSpecification" not in seen(db, table)


def test_a_protected_table_is_dropped_when_that_is_taken_off(mount, db, table):
    change(table, DeletionProtectionEnabled=True)
    with refused(errno.EPERM):
        os.rmdir(table)
    assert '{"DeletionProtectionEnabled": false}' in mount.errors().split("\n\n")[-1]
    change(table, DeletionProtectionEnabled=False)
    os.rmdir(table)
    assert table.name not in os.listdir(mount.path)


def test_what_http_changes_is_read(db, table):
    db.update_table(TableName=table.name, TableClass="STANDARD_INFREQUENT_ACCESS")
    assert schema(table)["TableClass"] == "STANDARD_INFREQUENT_ACCESS"


@pytest.mark.parametrize("shell", SHELLS)
def test_the_same_schema_again_changes_nothing(mount, db, table, shell):
    change(table, GlobalSecondaryIndexes=[index("by-genre", "genre")], DeletionProtectionEnabled=True)
    before = seen(db, table)
    mount.run(shell, "-c", 'cp "$0"/.schema "$HOME"/s && cp "$HOME"/s "$0"/.schema', table.name)
    mount.run(shell, "-c", 'cat "$HOME"/s > "$0"/.schema; echo year:N title:S > "$0"/.schema', table.name)
    assert seen(db, table) == before


# Indexes


@pytest.mark.parametrize("shell", SHELLS)
def test_jq_and_cp_add_and_drop_an_index(mount, db, table, shell):
    edit(mount, shell, table, f".GlobalSecondaryIndexes = [{json.dumps(index('by-genre', 'genre', 'year'))}]")
    assert indexes(db, table) == {"by-genre": "ACTIVE"}
    assert info(table)["GlobalSecondaryIndexes"][0]["IndexStatus"] == "ACTIVE"
    edit(mount, shell, table, "del(.GlobalSecondaryIndexes[0]) | .GlobalSecondaryIndexes += []")
    assert indexes(db, table) == {}


def test_an_index_brings_and_takes_its_attribute(db, table):
    more = [{"AttributeName": "rating", "AttributeType": "N"}]
    definitions = TABLE["AttributeDefinitions"] + more
    change(table, AttributeDefinitions=definitions, GlobalSecondaryIndexes=[index("by-rating", "rating")])
    assert more[0] in seen(db, table)["AttributeDefinitions"]
    change(table, AttributeDefinitions=definitions, GlobalSecondaryIndexes=[])
    assert more[0] not in seen(db, table)["AttributeDefinitions"]


def test_an_index_may_be_named_anew_in_one_go(db, table):
    change(table, GlobalSecondaryIndexes=[index("old", "genre")])
    change(table, GlobalSecondaryIndexes=[index("new", "genre")])
    assert indexes(db, table) == {"new": "ACTIVE"}


@pytest.mark.limit(120)
def test_indexes_are_added_one_after_another_while_others_write(db, table):
    fill(table, 20_000)
    stop = threading.Event()
    written = []

    def write(number):
        while not stop.is_set():
            title = f"New {number} {len(written)}"
            (table / str(number)).mkdir(exist_ok=True)
            save(table / str(number) / f"{title}.json", '{"genre": "new"}')
            written.append(title)

    writers = [threading.Thread(target=write, args=(n,)) for n in range(2)]
    for writer in writers:
        writer.start()
    try:
        change(table, GlobalSecondaryIndexes=[index("one", "genre"), index("two", "title", projection="KEYS_ONLY")])
        found = indexes(db, table)
        assert found == {"one": "ACTIVE", "two": "ACTIVE"}
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    counts = {each["IndexName"]: each["ItemCount"] for each in seen(db, table)["GlobalSecondaryIndexes"]}
    assert counts == {"one": 20_000 + len(written), "two": 20_000 + len(written)}
    change(table, GlobalSecondaryIndexes=[])
    assert indexes(db, table) == {}


@pytest.mark.limit(120)
def test_a_change_that_waits_can_be_interrupted_and_tells_what_it_did(mount, db, table):
    fill(table, 60_000, "x" * 100)
    wanted = [index(f"index-{n}", "genre", "title") for n in range(6)]
    source = mount.directory / "interrupted.json"
    source.write_text(json.dumps({"GlobalSecondaryIndexes": wanted}))
    process = subprocess.Popen(["cp", source, table / ".schema"], stderr=subprocess.PIPE, text=True)
    wait_until(lambda: indexes(db, table), 30, "the first index")
    process.send_signal(signal.SIGINT)
    process.wait(30)
    told = mount.errors().split("\n\n")[-1]
    done, left = re.search(r"interrupted: .*Done: (.*)\. Not done: (.*)", told).groups()
    assert "EINTR" in told
    assert sorted(indexes(db, table)) == re.findall(r"index-\d", done)
    assert re.findall(r"index-\d", done + left) == [each["IndexName"] for each in wanted]
    change(table, GlobalSecondaryIndexes=[])


@pytest.mark.limit(120)
def test_many_changes_that_wait_do_not_stop_the_mount(mount, db):
    tables = []
    for _ in range(12):
        tables.append(mount / f"Many-{next(serial)}")
        tables[-1].mkdir()
        save(tables[-1] / ".schema", json.dumps(TABLE))
        fill(tables[-1], 3000)
    wanted = [index(f"index-{n}", "genre", "title") for n in range(3)]
    changers = [
        threading.Thread(target=change, args=(table,), kwargs={"GlobalSecondaryIndexes": wanted})
        for table in tables
    ]
    for changer in changers:
        changer.start()
    while any(changer.is_alive() for changer in changers):
        began = time.monotonic()
        assert len(read_text(tables[0] / ".export").splitlines()) == 3000
        assert time.monotonic() - began < 20
    for table in tables:
        assert set(indexes(db, table)) == {"index-0", "index-1", "index-2"}


def test_a_mount_ends_while_a_change_waits(unstarted_mount):
    mount = unstarted_mount.start()
    table = mount.table("Movies", "year:N title:S")
    fill(table, 30_000, "x" * 100)
    wanted = [index(f"index-{n}", "genre", "title") for n in range(5)]
    definitions = [{"AttributeName": "genre", "AttributeType": "S"}]
    source = mount.directory / "many.json"
    source.write_text(json.dumps({"GlobalSecondaryIndexes": wanted, "AttributeDefinitions": definitions}))
    process = subprocess.Popen(["cp", source, table / ".schema"], stderr=subprocess.DEVNULL)
    wait_until(lambda: "GlobalSecondaryIndexes" in info(table), 30, "the first index")
    mount.process.send_signal(signal.SIGTERM)
    process.wait(30)
    assert mount.process.wait(30) == 0
    mount.expect_no_crash()
    mount.abandon()


# What can't be


def test_a_key_is_not_changed(mount, table):
    told = refusal(mount, table, "other:S\n")
    assert "KeySchema of a table can't be changed: it is year HASH, title RANGE" in told


def test_the_type_of_a_key_is_not_changed(mount, table):
    told = refusal(mount, table, "year:S title:S\n")
    assert "the type of year can't be changed" in told


def test_local_indexes_are_not_changed(mount, table):
    assert "local is missing" in refusal(mount, table, {"LocalSecondaryIndexes": []})
    more = TABLE["LocalSecondaryIndexes"] + [index("more", "year", "genre")]
    assert "more is new" in refusal(mount, table, {"LocalSecondaryIndexes": more})


def test_an_index_is_not_changed_under_its_name(mount, table):
    change(table, GlobalSecondaryIndexes=[index("by-genre", "genre")])
    told = refusal(mount, table, {"GlobalSecondaryIndexes": [index("by-genre", "title")]})
    assert "KeySchema of the index by-genre can't be changed: drop the index first" in told
    told = refusal(mount, table, {"GlobalSecondaryIndexes": [index("by-genre", "genre", projection="KEYS_ONLY")]})
    assert "Projection of the index by-genre can't be changed: drop the index first" in told


@pytest.mark.parametrize(
    "members, message",
    [
        ({"GlobalSecondaryIndexes": [index("one", "genre"), index("two", "unknown")]}, "unknown"),
        ({"GlobalSecondaryIndexes": [index("one", "genre"), index("one", "title")]}, "Duplicate index name"),
        ({"GlobalSecondaryIndexes": [index(f"i-{n:02}", "genre") for n in range(21)]}, "limit of 20"),
        ({"TableClass": "GOLD"}, "enum value set"),
        ({"BillingMode": "PROVISIONED"}, "must both be specified"),
        ({"TableClass": "STANDARD_INFREQUENT_ACCESS", "Tags": [{"Key": "a", "Value": "b"}]}, "TagResource"),
        ({"StreamSpecification": {"StreamEnabled": True}}, "UpdateViewType must be specified"),
        (
            {
                "DeletionProtectionEnabled": True,
                "AttributeDefinitions": [{"AttributeName": "idle", "AttributeType": "S"}],
            },
            "AttributeDefinitions",
        ),
    ],
    ids=["attribute", "twice", "too_many", "class", "throughput", "tags", "stream", "definition"],
)  # fmt: skip
def test_a_schema_that_is_wrong_in_part_changes_nothing(mount, table, members, message):
    assert message in refusal(mount, table, members)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("text", ['{"TableClass": ]}', "[]", "nonsense", '{"TableClass": 5}'])
def test_what_is_no_schema_makes_a_shells_echo_fail(mount, table, shell, text):
    result = mount.run(shell, "-c", 'echo "$1" > "$0"/.schema', table.name, text, check=False)
    assert result.returncode != 0
    assert f"{table.name}/.schema" in mount.errors().split("\n\n")[-1]


def test_broken_json_is_shown_with_a_caret(mount, table):
    told = refusal(mount, table, '{\n  "TableClass": ]\n}')
    assert "line 2, column 17" in told and "^" in told


def test_json_that_is_cut_off_changes_nothing_and_is_in_error(mount, table):
    before = schema(table)
    save(table / ".schema", '{"DeletionProtectionEnabled": true')
    mount.wait_for_error('{"DeletionProtectionEnabled": true')
    assert schema(table) == before


# Editors and descriptors


def test_an_editor_reads_truncates_and_writes(db, table):
    with open(table / ".schema", "r+") as file:
        members = json.load(file)
        file.seek(0)
        file.truncate()
        json.dump(members | {"TableClass": "STANDARD_INFREQUENT_ACCESS"}, file, indent=2)
    assert seen(db, table)["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"


@pytest.mark.parametrize("class_", ["STANDARD_INFREQUENT_ACCESS", "STANDARD"])
def test_an_editor_writes_and_cuts_off_what_is_left(db, table, class_):
    change(table, TableClass="STANDARD_INFREQUENT_ACCESS")
    with open(table / ".schema", "r+") as file:
        members = json.load(file)
        file.seek(0)
        json.dump(members | {"TableClass": class_}, file)
        file.truncate()
    assert seen(db, table)["TableClassSummary"]["TableClass"] == class_


def test_a_text_that_replaces_a_longer_one_in_part_is_refused_at_close(table):
    before = schema(table)
    fd = os.open(table / ".schema", os.O_RDWR)
    os.read(fd, 10)
    os.lseek(fd, 0, os.SEEK_SET)
    write_all(fd, '{"TableClass": "STANDARD"}')
    with refused(errno.EINVAL):
        os.close(fd)
    assert schema(table) == before


def test_vim_saves_a_schema(mount, db, table):
    if shutil.which("vim") is None:
        pytest.skip("no vim on this machine")
    command = ["vim", "-u", "NONE", "-es", "-c", "%s/DeletionProtectionEnabled\": false/DeletionProtectionEnabled\": true/"]
    mount.run(*command, "-c", "wq", table / ".schema")
    assert seen(db, table)["DeletionProtectionEnabled"] is True
    assert items_below(table) == []


def test_one_descriptor_is_read_and_written_again_and_again(db, table):
    with opened(table / ".schema", os.O_RDWR) as fd:
        for wanted in (True, False, True):
            while os.read(fd, 4096):
                pass
            write_all(fd, json.dumps({"DeletionProtectionEnabled": wanted}) + "\n")
            assert seen(db, table)["DeletionProtectionEnabled"] is wanted


def test_a_schema_may_come_in_pieces(db, table):
    text = json.dumps({"DeletionProtectionEnabled": True}) + "\n\n"
    with opened(table / ".schema", os.O_WRONLY | os.O_TRUNC) as fd:
        for character in text:
            write_all(fd, character)
    assert seen(db, table)["DeletionProtectionEnabled"] is True


def test_after_a_refusal_the_same_descriptor_takes_another(db, table):
    with opened(table / ".schema", os.O_WRONLY) as fd:
        with refused(errno.EINVAL):
            write_all(fd, '{"TableClass": "GOLD"}\n')
        write_all(fd, '{"DeletionProtectionEnabled": true}\n')
    assert seen(db, table)["DeletionProtectionEnabled"] is True


def test_truncating_alone_changes_nothing(mount, table):
    before = schema(table)
    mount.bash(f": > {table.name}/.schema")
    os.truncate(table / ".schema", 0)
    assert schema(table) == before


# A table that is only announced


def test_a_table_made_meanwhile_by_http_is_changed_instead(mount, db):
    path = mount / f"Late-{next(serial)}"
    path.mkdir()
    db.create_table(
        TableName=path.name, BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    with refused(errno.EINVAL):
        save(path / ".schema", "other:S\n")
    save(path / ".schema", '{"DeletionProtectionEnabled": true}')
    assert seen(db, path)["DeletionProtectionEnabled"] is True


def test_a_schema_read_back_makes_the_same_table_again(mount, db, table):
    change(
        table, BillingMode="PROVISIONED", ProvisionedThroughput=units(1, 2), TableClass="STANDARD_INFREQUENT_ACCESS",
        GlobalSecondaryIndexes=[index("by-genre", "genre", ProvisionedThroughput=units(3, 4))],
    )
    clone = mount / f"Clone-{next(serial)}"
    mount.bash(f"mkdir {clone.name} && cat {table.name}/.schema > {clone.name}/.schema")
    assert schema(clone) | {"TableName": ""} == schema(table) | {"TableName": ""}
