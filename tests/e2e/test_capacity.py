"""Capacity modes: units to the last one, and throttling with --capacity=enforce.

A table of one unit a second has 300 at first. An item that costs 300 and `debt` more leaves it so
many seconds behind: short enough to wait for, long enough to be seen.
"""

import errno
import json
import os
import signal
import subprocess
import threading
import time

import boto3
import pytest
from botocore.exceptions import ClientError

from api import create, index, item, plain_all
from conftest import module_directory, module_mount_of, served
from mounting import COMMAND_SECONDS, DYNAMOUNT, read, refused, save
from serving import http_door

INDEXES = {"ReturnConsumedCapacity": "INDEXES"}
TABLE_EXCEEDED = (
    "The level of configured provisioned throughput for the table was exceeded. Consider increasing "
    "your provisioning level with the UpdateTable API."
)
MAXIMUM_EXCEEDED = "Throughput exceeds the maximum OnDemandThroughput configured on table or index"


def units(read, write):
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


def provisioned(db, read=1000, write=1000, index_units=None, schema="k:S"):
    """A table of so many units, with a global index "i-g" by g if that has units."""
    indexes = []
    if index_units:
        shape, attributes = index("i-g", "g:S")
        indexes = [(shape | {"ProvisionedThroughput": index_units}, attributes)]
    return create(
        db, schema, indexes, BillingMode="PROVISIONED", ProvisionedThroughput=units(read, write)
    )


def of_size(kilobytes, key="large", **more):
    """An item that costs so many units to write, by its last byte."""
    rest = kilobytes * 1024 - len("k") - len(key) - len("v")
    rest -= sum(len(name) + len(value) for name, value in more.items())
    return item(more, k=key, v="x" * rest)


def fall_behind(db, table, debt, write=1, **more):
    """Uses all that the table has saved up for writes, and so many seconds more."""
    whole, rest = divmod((300 + debt) * write, 390)
    for size in [rest] * (rest > 0) + [390] * whole:  # the larger of before and after counts
        db.put_item(TableName=table, Item=of_size(size, **more))


def short_of_reads(both):
    """A table of one item that is two seconds behind."""
    table = provisioned(both, read=1)
    both.put_item(TableName=table, Item=of_size(304))
    for _ in range(4):
        both.get_item(TableName=table, Key=item(k="large"), ConsistentRead=True)
    return table


def refusal(action, *arguments, **named):
    with pytest.raises(ClientError) as caught:
        action(*arguments, **named)
    return caught.value.response


@pytest.fixture(scope="module")
def api(request):
    with module_directory(request, "capacity") as path, served(path, "--capacity=enforce") as server:
        yield server.start()


@pytest.fixture(scope="module")
def db(api):
    """A client that does not try again."""
    return api.client(parameter_validation=False)


def patient(api):
    """One that does, as boto3 does unless it is told otherwise."""
    return boto3.client(
        "dynamodb", endpoint_url=api.url, region_name="us-east-1", aws_access_key_id="AK",
        aws_secret_access_key="secret",
    )


# Units


def arms(told):
    indexes = {
        name: shape["CapacityUnits"]
        for member in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
        for name, shape in told.get(member, {}).items()
    }
    return told["Table"]["CapacityUnits"], indexes, told["CapacityUnits"]


@pytest.fixture
def indexed(db):
    """Sparse indexes: "all" by g, "keys" by h, both global; "local" by l."""
    return create(
        db, "k:S s:S",
        [index("all", "g:S"), index("keys", "h:S", "KEYS_ONLY")], [index("local", "k:S l:S", "KEYS_ONLY")],
    )


X2 = "x" * 2000  # an item of it takes two units to write

# What is there, what is put, and the units of the table and of each index.
MOVES = [
    ({}, {"g": "a"}, (1, {"all": 1})),
    ({}, {"g": "a", "v": X2}, (2, {"all": 2})),
    ({"g": "a"}, {"g": "a"}, (1, {})),
    ({"g": "a"}, {"g": "b"}, (1, {"all": 2})),
    ({"g": "a", "v": X2}, {"g": "b"}, (2, {"all": 3})),
    ({"g": "a", "v": X2}, {"v": X2}, (2, {"all": 2})),
    ({"g": "a"}, {"g": "a", "v": X2}, (2, {"all": 2})),
    ({"h": "a", "v": X2}, {"h": "a", "v": "1"}, (2, {})),
    ({"h": "a", "v": X2}, {"h": "b", "v": X2}, (2, {"keys": 2})),
    ({"l": "a", "v": X2}, {"l": "b", "v": X2}, (2, {"local": 2})),
    ({"l": "a"}, {}, (1, {"local": 1})),
    ({"g": "a", "h": "a", "l": "a"}, {"g": "b", "h": "b", "l": "b"}, (1, {"all": 2, "keys": 2, "local": 2})),
    ({"v": "1"}, {"v": "2"}, (1, {})),
]


@pytest.mark.parametrize("before, after, expected", MOVES, ids=[str(n) for n in range(len(MOVES))])
def test_a_put_costs_what_it_changes_in_each_index(db, indexed, before, after, expected):
    if before:
        db.put_item(TableName=indexed, Item=item(before, k="a", s="b"))
    told = db.put_item(TableName=indexed, Item=item(after, k="a", s="b"), **INDEXES)["ConsumedCapacity"]
    table, indexes = expected
    assert arms(told) == (table, indexes, table + sum(indexes.values()))


@pytest.mark.parametrize("before, after, expected", MOVES, ids=[str(n) for n in range(len(MOVES))])
def test_a_transaction_doubles_the_table_and_no_index(db, indexed, before, after, expected):
    if before:
        db.put_item(TableName=indexed, Item=item(before, k="a", s="b"))
    action = {"Put": {"TableName": indexed, "Item": item(after, k="a", s="b")}}
    (told,) = db.transact_write_items(TransactItems=[action], **INDEXES)["ConsumedCapacity"]
    table, indexes = expected
    assert arms(told) == (2 * table, indexes, 2 * table + sum(indexes.values()))


def test_a_batch_sums_its_items(db, indexed):
    requests = [
        {"PutRequest": {"Item": item(k="a", s="1", g="a", v=X2)}},
        {"PutRequest": {"Item": item(k="a", s="2", g="a", h="a")}},
        {"DeleteRequest": {"Key": item(k="a", s="3")}},
    ]
    (told,) = db.batch_write_item(RequestItems={indexed: requests}, **INDEXES)["ConsumedCapacity"]
    assert arms(told) == (2 + 1 + 1, {"all": 2 + 1, "keys": 1}, 8)


def test_statements_cost_what_they_do(db, indexed):
    def cost(statement, *parameters):
        more = {"Parameters": list(item({str(n): one for n, one in enumerate(parameters)}).values())}
        told = db.execute_statement(Statement=statement, **(more if parameters else {}), **INDEXES)
        return arms(told["ConsumedCapacity"])

    table = f'"{indexed}"'
    assert cost(f"INSERT INTO {table} VALUE {{'k': 'a', 's': 'b', 'g': 'c', 'v': ?}}", X2) == (2, {"all": 2}, 4)
    assert cost(f"UPDATE {table} SET g = 'd' WHERE k = 'a' AND s = 'b'") == (2, {"all": 4}, 6)
    assert cost(f"SELECT * FROM {table} WHERE k = 'a'") == (0.5, {}, 0.5)
    assert cost(f"SELECT * FROM {table}.\"all\" WHERE g = 'd'") == (0, {"all": 0.5}, 0.5)
    assert cost(f"DELETE FROM {table} WHERE k = 'a' AND s = 'b'") == (2, {"all": 2}, 4)


# Throttling


def test_what_is_beyond_the_throughput_is_refused(db):
    table = provisioned(db, write=1)
    fall_behind(db, table, 60)
    response = refusal(db.put_item, TableName=table, Item=item(k="a"))
    assert response["Error"] == {
        "Code": "ProvisionedThroughputExceededException", "Message": TABLE_EXCEEDED,
    }
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert "Item" not in db.get_item(TableName=table, Key=item(k="a"))


def test_a_refusal_names_its_reason(api, db):
    table = provisioned(db, index_units=units(1000, 1))
    fall_behind(db, table, 60, g="g")
    answer = api.call("PutItem", TableName=table, Item=item(k="a", g="g"))
    assert answer.status == 400
    assert json.loads(answer.body)["ThrottlingReasons"] == [{
        "reason": "IndexWriteProvisionedThroughputExceeded",
        "resource": f"arn:aws:dynamodb:us-east-1:123456789012:table/{table}/index/i-g",
    }]


def test_a_failed_condition_uses_what_it_looked_at(db):
    table = provisioned(db, write=1)
    db.put_item(TableName=table, Item=of_size(155))
    fails = {"ConditionExpression": "attribute_not_exists(k)"}
    response = refusal(db.put_item, TableName=table, Item=of_size(155), **fails)
    assert response["Error"]["Code"] == "ConditionalCheckFailedException"
    response = refusal(db.put_item, TableName=table, Item=item(k="a"))
    assert response["Error"]["Code"] == "ProvisionedThroughputExceededException"


def test_boto3_tries_again_until_it_is_admitted(api, db):
    table = provisioned(db, write=1)
    fall_behind(db, table, 3)
    answer = patient(api).put_item(TableName=table, Item=item(k="a"))
    assert answer["ResponseMetadata"]["RetryAttempts"] > 0
    assert "Item" in db.get_item(TableName=table, Key=item(k="a"))


def test_boto3_tries_reads_again(api, db):
    table = provisioned(db, read=1)
    db.put_item(TableName=table, Item=of_size(304))
    for _ in range(4):  # 76 units each
        db.get_item(TableName=table, Key=item(k="large"), ConsistentRead=True)
    answer = patient(api).get_item(TableName=table, Key=item(k="a"))
    assert answer["ResponseMetadata"]["RetryAttempts"] > 0


def test_batch_writer_sends_again_what_was_left_unprocessed(api, db):
    table = provisioned(db, write=10)
    resource = boto3.resource(  # made first: capacity comes back while this takes its time
        "dynamodb", endpoint_url=api.url, region_name="us-east-1", aws_access_key_id="AK",
        aws_secret_access_key="secret",
    )
    fall_behind(db, table, 0, write=10)
    begun = time.monotonic()
    with resource.Table(table).batch_writer() as batch:
        for n in range(40):
            batch.put_item(Item={"k": f"n{n}"})
    assert time.monotonic() - begun > 2  # ten a second
    found = plain_all(db.scan(TableName=table, ProjectionExpression="k"))
    assert {one["k"] for one in found} == {"large"} | {f"n{n}" for n in range(40)}


def test_a_batch_tells_what_is_left(db):
    table = provisioned(db, write=1)
    requests = {
        table: [{"PutRequest": {"Item": of_size(390)}}, {"DeleteRequest": {"Key": item(k="a")}}]
    }
    left = db.batch_write_item(RequestItems=requests)["UnprocessedItems"]
    assert left == {table: [{"DeleteRequest": {"Key": item(k="a")}}]}
    response = refusal(db.batch_write_item, RequestItems=left)
    assert response["Error"]["Code"] == "ProvisionedThroughputExceededException"


def test_a_batch_of_reads_tells_what_is_left(db):
    table, free = provisioned(db, read=1), provisioned(db)
    for key in "abcd":
        db.put_item(TableName=table, Item=of_size(390, key))
    keys = {"Keys": [item(k=key) for key in "abcd"], "ConsistentRead": True, "ProjectionExpression": "k"}
    answer = db.batch_get_item(RequestItems={table: keys})
    assert answer["UnprocessedKeys"] == {}  # 98 each: the fourth begins with 6 left
    answer = db.batch_get_item(RequestItems={table: keys, free: {"Keys": [item(k="a")]}})
    assert answer["UnprocessedKeys"] == {table: keys}
    response = refusal(db.batch_get_item, RequestItems={table: keys})
    assert response["Error"]["Code"] == "ProvisionedThroughputExceededException"


def test_a_transaction_is_cancelled_for_want_of_throughput(db):
    table, free = provisioned(db, write=1), provisioned(db)
    fall_behind(db, table, 60)
    puts = [{"Put": {"TableName": name, "Item": item(k="a")}} for name in (free, table)]
    response = refusal(db.transact_write_items, TransactItems=puts)
    assert response["Error"]["Code"] == "TransactionCanceledException"
    assert response["CancellationReasons"] == [
        {"Code": "None"}, {"Code": "ProvisionedThroughputExceeded", "Message": TABLE_EXCEEDED}
    ]
    assert "Item" not in db.get_item(TableName=free, Key=item(k="a"))


def test_a_statement_of_a_batch_has_its_own_error(db):
    table, free = provisioned(db, write=1), provisioned(db)
    fall_behind(db, table, 60)
    statements = [{"Statement": f"INSERT INTO \"{name}\" VALUE {{'k': 'a'}}"} for name in (free, table)]
    first, second = db.batch_execute_statement(Statements=statements)["Responses"]
    assert first == {"TableName": free}
    assert second["Error"] == {"Code": "ProvisionedThroughputExceeded", "Message": TABLE_EXCEEDED}


def test_an_index_that_is_behind_holds_up_writes_that_touch_it(db):
    table = provisioned(db, index_units=units(1000, 1))
    fall_behind(db, table, 60, g="g")
    response = refusal(db.put_item, TableName=table, Item=item(k="a", g="g"))
    assert "one or more global secondary indexes" in response["Error"]["Message"]
    db.put_item(TableName=table, Item=item(k="a"))
    assert "g" not in db.get_item(TableName=table, Key=item(k="a"))["Item"]
    refusal(db.delete_item, TableName=table, Key=item(k="large"))


def test_an_on_demand_maximum_throttles(api, db):
    table = create(db)
    maximum = {"MaxReadRequestUnits": 1}  # which Debian's botocore does not know
    assert api.call("UpdateTable", TableName=table, OnDemandThroughput=maximum).status == 200
    db.put_item(TableName=table, Item=of_size(390))
    for _ in range(4):
        db.get_item(TableName=table, Key=item(k="large"), ConsistentRead=True)
    response = refusal(db.scan, TableName=table)
    assert response["Error"] == {"Code": "ThrottlingException", "Message": MAXIMUM_EXCEEDED}
    db.put_item(TableName=table, Item=item(k="a"))


def test_buckets_follow_a_switch_of_the_mode(db):
    table = provisioned(db, write=1, index_units=units(1, 1))
    fall_behind(db, table, 60)
    refusal(db.put_item, TableName=table, Item=item(k="a"))
    db.update_table(TableName=table, BillingMode="PAY_PER_REQUEST")
    db.put_item(TableName=table, Item=item(k="a"))
    response = refusal(
        db.update_table, TableName=table, BillingMode="PROVISIONED", ProvisionedThroughput=units(1, 1)
    )
    assert response["Error"]["Message"] == (
        "One or more parameter values were invalid: ProvisionedThroughput must be specified for "
        "index: i-g"
    )


def test_observing_admits_everything(own_api):
    db = own_api.client(parameter_validation=False)
    table = provisioned(db, write=1)
    fall_behind(db, table, 600)
    db.put_item(TableName=table, Item=item(k="a"))


# The mount


@pytest.fixture(scope="module")
def doors(request):
    with module_mount_of(request, "capacity-mount") as mount:
        mount.remount("http=127.0.0.1:0,capacity=enforce")
        yield mount


@pytest.fixture(scope="module")
def both(doors):
    """The mount's own HTTP door."""
    return http_door(doors).client(parameter_validation=False)


def seconds(action, *arguments):
    begun = time.monotonic()
    action(*arguments)
    return time.monotonic() - begun


@pytest.mark.limit(120)
def test_cp_takes_as_long_as_it_should(doors, both, workdir):
    """30,000 units are saved up, and 100 a second come in: 30,900 take nine seconds."""
    begun = time.monotonic()
    table = provisioned(both, write=100)
    for n in range(600):
        (workdir / f"n{n}.json").write_text("{}")
    fall_behind(both, table, 3, write=100)
    doors.bash('cp "$1"/n*.json "$2"/', workdir, doors / table)
    assert 8.9 < time.monotonic() - begun < 60
    assert len(os.listdir(doors / table)) == 601


def test_a_save_waits_and_other_tables_do_not(doors, both):
    table, other = provisioned(both, write=1), provisioned(both)
    fall_behind(both, table, 4)
    thread = threading.Thread(target=save, args=(doors / table / "a.json", '{"n": 1}'))
    begun = time.monotonic()
    thread.start()
    for n in range(50):
        save(doors / other / f"n{n}.json", "{}")
        read(doors / other / f"n{n}.json")
    assert thread.is_alive()
    assert time.monotonic() - begun < 4
    thread.join(30)
    assert time.monotonic() - begun > 2
    assert json.loads(read(doors / table / "a.json"))["n"] == 1


def test_many_waiters_hold_no_thread(doors, both):
    """More than there are workers or threads of the executor."""
    table, other = provisioned(both, write=10), provisioned(both)
    fall_behind(both, table, 3, write=10)
    savers = [
        threading.Thread(target=save, args=(doors / table / f"n{n}.json", "{}")) for n in range(40)
    ]
    for saver in savers:
        saver.start()
    time.sleep(0.5)
    assert seconds(save, doors / other / "a.json", "{}") < 2
    assert sum(saver.is_alive() for saver in savers) == 40
    for saver in savers:
        saver.join(30)
    assert len(os.listdir(doors / table)) == 41


def test_who_comes_first_is_first(doors, both):
    table = provisioned(both, write=2)
    fall_behind(both, table, 2, write=2)
    savers = []
    for n in range(8):
        savers.append(
            threading.Thread(target=save, args=(doors / table / f"n{n}.json", "{}"))
        )
        savers[-1].start()
        time.sleep(0.1)
    for saver in savers:
        saver.join(30)
    stored = [os.stat(doors / table / f"n{n}.json").st_ctime_ns for n in range(8)]
    assert stored == sorted(stored)


def test_a_read_waits(doors, both):
    table = provisioned(both, read=1)
    both.put_item(TableName=table, Item=of_size(304))
    both.put_item(TableName=table, Item=item(k="a", n=1))
    for _ in range(4):
        both.get_item(TableName=table, Key=item(k="large"), ConsistentRead=True)
    assert seconds(read, doors / table / "a.json") > 2
    assert json.loads(read(doors / table / "a.json"))["n"] == 1


def test_looking_does_not(doors, both):
    table = provisioned(both, read=1)
    both.put_item(TableName=table, Item=of_size(304))
    for _ in range(4):
        both.get_item(TableName=table, Key=item(k="large"), ConsistentRead=True)
    assert seconds(doors.bash, 'ls -lR "$1"; stat "$1"/*', doors / table) < 2


def test_looking_at_links_does_not(doors, both):
    table = provisioned(both, read=1, index_units=units(1000, 1000))
    both.put_item(TableName=table, Item=of_size(304, g="g"))
    for _ in range(4):
        both.get_item(TableName=table, Key=item(k="large"), ConsistentRead=True)
    links = doors / table / ".indexes/i-g/g"
    assert seconds(doors.bash, 'ls -l "$1"; readlink "$1"/*', links) < 2


def test_removing_waits(doors, both):
    table = provisioned(both, write=1)
    save(doors / table / "a.json", "{}")
    fall_behind(both, table, 2)
    assert seconds(os.unlink, doors / table / "a.json") > 1
    assert os.listdir(doors / table) == ["large.json"]


def test_renaming_waits(doors, both):
    """It costs four units: a transaction of two writes."""
    table = provisioned(both, write=1)
    save(doors / table / "a.json", "{}")
    fall_behind(both, table, 2)
    assert seconds(os.rename, doors / table / "a.json", doors / table / "b.json") > 1
    assert sorted(os.listdir(doors / table)) == ["b.json", "large.json"]
    assert seconds(save, doors / table / "c.json", "{}") > 2


def test_an_index_holds_up_the_file_that_touches_it(doors, both):
    table = provisioned(both, index_units=units(1000, 1))
    fall_behind(both, table, 3, g="g")
    assert seconds(save, doors / table / "b.json", "{}") < 2
    assert seconds(save, doors / table / "a.json", '{"g": "g"}') > 1


def test_control_c_ends_the_wait(doors, both, workdir):
    table = provisioned(both, write=1)
    fall_behind(both, table, 60)
    (workdir / "a.json").write_text('{"n": 1}')
    process = subprocess.Popen(["cp", workdir / "a.json", doors / table / "a.json"])
    time.sleep(1)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == -signal.SIGINT
    assert not os.path.exists(doors / table / "a.json")
    assert '{"n": 1}' in doors.errors()


def test_a_killed_writer_is_gone_at_once(doors, both, workdir):
    table = provisioned(both, write=1)
    fall_behind(both, table, 60)
    (workdir / "a.json").write_text("{}")
    process = subprocess.Popen(["cp", workdir / "a.json", doors / table / "a.json"])
    time.sleep(1)
    process.kill()
    assert process.wait(10) == -signal.SIGKILL


def test_a_signal_handler_sees_eintr(doors, both):
    table = provisioned(both, write=1)
    fall_behind(both, table, 60)
    program = (
        "import errno, os, signal, sys\n"
        "signal.signal(signal.SIGALRM, lambda *_: None)\n"
        "signal.siginterrupt(signal.SIGALRM, True)\n"
        "signal.alarm(1)\n"
        "try: os.unlink(sys.argv[1])\n"
        "except InterruptedError: sys.exit(7)\n"
    )
    process = subprocess.run(
        ["/usr/bin/python3", "-c", program, doors / table / "large.json"], timeout=20, check=False
    )
    assert process.returncode in (7, 0)
    assert "large.json" in os.listdir(doors / table)


def test_an_import_is_slowed(doors, both):
    table = provisioned(both, write=10)
    fall_behind(both, table, 0, write=10)
    lines = "".join(json.dumps({"k": f"n{n}"}) + "\n" for n in range(40))
    assert seconds(save, doors / table / ".import", lines) > 2
    assert len(os.listdir(doors / table)) == 41


def test_of_two_lines_of_a_key_the_last_one_wins_however_slow(doors, both):
    table = provisioned(both, write=10, index_units=units(10, 10))
    fall_behind(both, table, 0, write=10, g="g")
    lines = "".join(json.dumps({"k": f"n{n % 20}", "n": n, "g": "g"}) + "\n" for n in range(40))
    save(doors / table / ".import", lines)
    found = {one["k"]: one.get("n") for one in plain_all(both.scan(TableName=table))}
    assert found == {f"n{n}": n + 20 for n in range(20)} | {"large": None}


def test_control_c_ends_an_import(doors, both, workdir):
    table = provisioned(both, write=1)
    fall_behind(both, table, 60)
    (workdir / "lines").write_text("".join(json.dumps({"k": f"n{n}"}) + "\n" for n in range(50)))
    process = subprocess.Popen(["cp", workdir / "lines", doors / table / ".import"])
    time.sleep(1)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == -signal.SIGINT
    doors.wait_for_error("lines left out: 50", "not imported")


def test_an_export_waits(doors, both):
    table = short_of_reads(both)
    began = time.monotonic()
    assert len(read(doors / table / ".export").splitlines()) == 1
    assert time.monotonic() - began > 2


def test_questions_tell_the_exception(doors, both):
    table = short_of_reads(both)
    session = os.open(doors / ".api" / "GetItem", os.O_RDWR)
    with refused(errno.EAGAIN):
        os.write(session, json.dumps({"TableName": table, "Key": item(k="a")}).encode() + b"\n")
    os.close(session)
    doors.wait_for_error("ProvisionedThroughputExceededException")


def test_a_listing_of_a_condition_waits(doors, both):
    table = short_of_reads(both)
    place = doors / table / ".where" / "attribute_exists(v)"
    began = time.monotonic()
    assert os.listdir(place) == ["large.json"]
    assert 2 < time.monotonic() - began < 30  # one page more would wait for the 38 that this one costs


def test_control_c_ends_the_listing_of_a_condition(doors, both):
    table = short_of_reads(both)
    place = doors / table / ".where" / "attribute_exists(v)"
    os.listdir(place)  # which costs 38 more, that the next one waits for
    process = subprocess.Popen(["ls", place], stdout=subprocess.DEVNULL)
    time.sleep(1)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == -signal.SIGINT


def test_a_commit_waits(doors, both):
    table = provisioned(both, write=1)
    os.mkdir(doors / ".transact" / "x")
    save(doors / ".transact" / "x" / table / "a.json", "{}")
    fall_behind(both, table, 3)
    assert seconds(save, doors / ".transact" / "x" / ".ctl", "commit\n") > 1
    assert "a.json" in os.listdir(doors / table)


def test_who_waits_follows_a_change_of_the_table(doors, both):
    table = provisioned(both, write=1)
    fall_behind(both, table, 90)
    thread = threading.Thread(target=save, args=(doors / table / "a.json", "{}"))
    thread.start()
    time.sleep(1)
    assert thread.is_alive()
    both.update_table(TableName=table, BillingMode="PAY_PER_REQUEST")
    thread.join(15)
    assert not thread.is_alive()


@pytest.mark.mount_options("http=127.0.0.1:0,capacity=enforce")
def test_the_end_of_the_mount_ends_the_wait(mount):
    db = http_door(mount).client(parameter_validation=False)
    table = provisioned(db, write=1)
    fall_behind(db, table, 90)
    program = "import sys; file = open(sys.argv[1], 'w'); file.write('{}'); file.close()"
    process = subprocess.Popen(
        ["/usr/bin/python3", "-c", program, mount / table / "a.json"], stderr=subprocess.DEVNULL
    )
    time.sleep(1)
    assert process.poll() is None
    mount.process.send_signal(signal.SIGTERM)
    assert mount.process.wait(20) == 0
    assert process.wait(20) != 0
    mount.process = None


@pytest.mark.parametrize(
    "arguments, told",
    [
        (["serve", "data", "--capacity=enforced"], "option '--capacity' cannot be 'enforced'"),
        (["mount", "data", "mnt", "-o", "capacity=enforced"], "option 'capacity' cannot be 'enforced'"),
    ],
)
def test_another_mode_is_refused_with_those_that_there_are(arguments, told, workdir):
    (workdir / "mnt").mkdir(exist_ok=True)
    result = subprocess.run(
        [DYNAMOUNT, *arguments], cwd=workdir, capture_output=True, text=True, timeout=COMMAND_SECONDS,
    )  # fmt: skip
    assert result.returncode == 2
    assert f"{told}: observe or enforce is expected" in result.stderr
    assert not (workdir / "data").exists()
