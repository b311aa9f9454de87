"""Backups of tables by the API, and tables made of them."""

import contextlib
import datetime
import json
import os
import subprocess
import threading
import time
from decimal import Decimal

import pytest

from api import create, index, invalid, item, new_name, plain, put_all, refused
from backing import (
    ACCOUNT, all_items, back_up, backup_status, restore, status, table_arn, tables, wait_for_backup,
    wait_for_no_table, wait_for_table,
)
from conftest import served, small_disk
from mounting import DYNAMOUNT, STOP_SECONDS, environment, read_text, save
from porting import Shell

LARGE = 12_000  # items: some seconds of work


def numbered(count, fill=0):
    return [{"k": f"k{n:06}", "n": n, "fill": "x" * fill} for n in range(count)]


def rich_items():
    return [
        {"k": "all", "s": 1, "map": {"a": [1, "two", None, True]}, "set": {"x", "y"}, "b": b"\x00\xff"},
        {"k": "all", "s": 2, "n": Decimal("-12345678901234567890.123456789012345678")},
        {"k": "ü", "s": 3, "empty": "", "list": []},
    ]


def described(db, arn):
    return db.describe_backup(BackupArn=arn)["BackupDescription"]


def test_a_backup_is_of_the_moment_of_its_request(db):
    table = create(db)
    before = numbered(600)
    put_all(db, table, before)
    arn = db.create_backup(TableName=table, BackupName="now")["BackupDetails"]["BackupArn"]
    put_all(db, table, [{"k": f"k{n:06}", "changed": True} for n in range(0, 600, 2)])
    put_all(db, table, [{"k": f"new{n}"} for n in range(100)])
    for n in range(1, 100, 2):
        db.delete_item(TableName=table, Key=item(k=f"k{n:06}"))
    wait_for_backup(db, arn)
    restored = restore(db, arn, new_name())
    assert all_items(db, restored) == {(one["k"], None): one for one in before}


def test_items_of_every_type_come_back_with_their_indexes(db):
    table = create(
        db, "k:S s:N", [index("global", "n:N"), index("keys", "b:B", "KEYS_ONLY")],
        [index("local", "k:S n:N", "INCLUDE", "set")],
    )
    put_all(db, table, rich_items())
    restored = restore(db, back_up(db, table), new_name())
    assert all_items(db, restored) == all_items(db, table)
    for name, condition, value in (
        ("global", "n = :v", Decimal("-12345678901234567890.123456789012345678")),
        ("keys", "b = :v", b"\x00\xff"),
        ("local", "k = :v", "all"),
    ):
        request = {"IndexName": name, "KeyConditionExpression": condition,
                   "ExpressionAttributeValues": item({":v": value})}
        answers = [db.query(TableName=one, **request)["Items"] for one in (table, restored)]
        assert answers[0] and answers[0] == answers[1]


def test_an_item_that_does_not_fit_an_index_comes_back_without_its_entry(db):
    table = create(db)
    put_all(db, table, [{"k": "a", "g": 5}, {"k": "b", "g": "fits"}])
    db.update_table(
        TableName=table, AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"},
                                               {"AttributeName": "g", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[{"Create": index("gix", "g:S")[0]}],
    )
    wait_for_table(db, table)
    restored = restore(db, back_up(db, table), new_name())
    assert all_items(db, restored) == all_items(db, table)
    assert [plain(one)["k"] for one in db.scan(TableName=restored, IndexName="gix")["Items"]] == ["b"]


def test_a_backup_tells_what_its_table_was(db):
    table = create(db, "k:S s:N", [index("gix", "g:S", "INCLUDE", "a")], [index("lix", "k:S l:S")])
    put_all(db, table, [{"k": "a", "s": 1, "g": "b"}])
    began = datetime.datetime.now(datetime.timezone.utc)
    details = db.create_backup(TableName=table, BackupName="my.backup-1")["BackupDetails"]
    assert details["BackupStatus"] == "CREATING" and details["BackupType"] == "USER"
    assert abs(details["BackupCreationDateTime"] - began).total_seconds() < 10
    wait_for_backup(db, details["BackupArn"])
    told = described(db, details["BackupArn"])
    facts = db.describe_table(TableName=table)["Table"]
    assert told["BackupDetails"] == {**details, "BackupStatus": "AVAILABLE",
                                     "BackupSizeBytes": facts["TableSizeBytes"]}
    source = told["SourceTableDetails"]
    assert source.pop("ProvisionedThroughput") == {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
    assert source == {
        "TableName": table, "TableId": facts["TableId"], "TableArn": facts["TableArn"],
        "TableSizeBytes": facts["TableSizeBytes"], "KeySchema": facts["KeySchema"],
        "TableCreationDateTime": facts["CreationDateTime"], "ItemCount": 1, "BillingMode": "PAY_PER_REQUEST",
    }
    features = told["SourceTableFeatureDetails"]
    assert [one["IndexName"] for one in features["GlobalSecondaryIndexes"]] == ["gix"]
    assert [one["IndexName"] for one in features["LocalSecondaryIndexes"]] == ["lix"]
    assert features["TimeToLiveDescription"] == {"TimeToLiveStatus": "DISABLED"}


def test_a_restored_table_tells_where_it_comes_from(db):
    table = create(db)
    arn = back_up(db, table)
    answer = db.restore_table_from_backup(TargetTableName=(target := new_name()), BackupArn=arn)
    summary = answer["TableDescription"]["RestoreSummary"]
    made = described(db, arn)["BackupDetails"]["BackupCreationDateTime"]
    assert answer["TableDescription"]["TableStatus"] == "CREATING"
    assert summary == {"SourceBackupArn": arn, "SourceTableArn": table_arn(table), "RestoreDateTime": made,
                       "RestoreInProgress": True}
    wait_for_table(db, target)
    told = db.describe_table(TableName=target)["Table"]["RestoreSummary"]
    assert told == {**summary, "RestoreInProgress": False}


def test_settings_that_the_service_leaves_out_do_not_come_back(db, api):
    table = create(
        db, Tags=[{"Key": "a", "Value": "b"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    api.call("UpdateTable", TableName=table, DeletionProtectionEnabled=True)
    db.update_time_to_live(TableName=table, TimeToLiveSpecification={"AttributeName": "t", "Enabled": True})
    db.update_continuous_backups(
        TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    arn = back_up(db, table)
    features = described(db, arn)["SourceTableFeatureDetails"]
    assert features["StreamDescription"] == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    assert features["TimeToLiveDescription"] == {"TimeToLiveStatus": "ENABLED", "AttributeName": "t"}
    restored = restore(db, arn, new_name())
    told = api.call("DescribeTable", TableName=restored).json()["Table"]
    assert "StreamSpecification" not in told and told["DeletionProtectionEnabled"] is False
    assert db.list_tags_of_resource(ResourceArn=told["TableArn"])["Tags"] == []
    ttl = db.describe_time_to_live(TableName=restored)["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "DISABLED"}
    backups = db.describe_continuous_backups(TableName=restored)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"] == {"PointInTimeRecoveryStatus": "DISABLED"}


def test_overrides_change_mode_units_and_indexes(db):
    table = create(db, "k:S", [index("one", "a:S"), index("two", "b:S", "KEYS_ONLY")])
    put_all(db, table, [{"k": "x", "a": "1", "b": "2"}])
    one = {**index("one", "a:S")[0], "ProvisionedThroughput": {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4}}
    restored = restore(
        db, back_up(db, table), new_name(), BillingModeOverride="PROVISIONED",
        ProvisionedThroughputOverride={"ReadCapacityUnits": 1, "WriteCapacityUnits": 2},
        GlobalSecondaryIndexOverride=[one], SSESpecificationOverride={"Enabled": True},
    )
    told = db.describe_table(TableName=restored)["Table"]
    assert told["ProvisionedThroughput"]["WriteCapacityUnits"] == 2
    assert told["SSEDescription"]["Status"] == "ENABLED"
    assert [one["IndexName"] for one in told["GlobalSecondaryIndexes"]] == ["one"]
    assert told["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["ReadCapacityUnits"] == 3
    assert told["AttributeDefinitions"] == [{"AttributeName": "k", "AttributeType": "S"},
                                            {"AttributeName": "a", "AttributeType": "S"}]
    bare = restore(db, back_up(db, table), new_name(), GlobalSecondaryIndexOverride=[])
    assert "GlobalSecondaryIndexes" not in db.describe_table(TableName=bare)["Table"]


def test_overrides_that_make_no_sense_are_refused(db):
    table = create(db, "k:S", [index("one", "a:S")])
    arn = back_up(db, table)
    target = new_name()
    not_of_source = (
        "One or more parameter values were invalid: Index {} is not one of the source table's, with the same "
        "KeySchema and Projection: an override can only leave indexes out"
    )

    def attempt(**overrides):
        db.restore_table_from_backup(TargetTableName=target, BackupArn=arn, **overrides)

    with invalid(not_of_source.format("other")):
        attempt(GlobalSecondaryIndexOverride=[index("other", "a:S")[0]])
    with invalid(not_of_source.format("one")):
        attempt(GlobalSecondaryIndexOverride=[index("one", "a:S", "KEYS_ONLY")[0]])
    with invalid(not_of_source.format("one")):
        attempt(LocalSecondaryIndexOverride=[index("one", "a:S")[0]])
    with invalid("One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both "
                 "be specified when BillingMode is PROVISIONED"):
        attempt(BillingModeOverride="PROVISIONED")
    assert target not in tables(db)


def test_backups_outlive_their_table(db):
    table = create(db)
    put_all(db, table, numbered(50))
    arn = back_up(db, table)
    db.delete_table(TableName=table)
    assert all_items(db, restore(db, arn, table)).keys() == {(f"k{n:06}", None) for n in range(50)}


def listed(db, **request):
    return [one["BackupArn"] for one in db.list_backups(**request)["BackupSummaries"]]


def test_backups_are_listed_by_table_time_and_type_in_pages(db):
    first, second = create(db), create(db)
    arns = [back_up(db, table, f"name-{n}") for n, table in enumerate([first, second, first, first])]
    times = [described(db, arn)["BackupDetails"]["BackupCreationDateTime"] for arn in arns]
    assert listed(db, TableName=first) == [arns[0], arns[2], arns[3]]
    assert listed(db, TableName=first, BackupType="SYSTEM") == []
    assert listed(db, TableName=first, BackupType="ALL") == listed(db, TableName=first, BackupType="USER")
    assert listed(db, TableName="no-table") == []
    second_of = [int(time.timestamp()) for time in times]
    after = datetime.datetime.fromtimestamp(second_of[0] - 1, datetime.timezone.utc)
    until = datetime.datetime.fromtimestamp(second_of[-1] + 1, datetime.timezone.utc)
    assert arns[0] in listed(db, TimeRangeLowerBound=after, TimeRangeUpperBound=until)
    assert arns[0] not in listed(db, TimeRangeUpperBound=after)
    page = db.list_backups(TableName=first, Limit=2)
    assert [one["BackupName"] for one in page["BackupSummaries"]] == ["name-0", "name-2"]
    assert page["BackupSummaries"][0]["TableName"] == first
    rest = db.list_backups(TableName=first, ExclusiveStartBackupArn=page["LastEvaluatedBackupArn"])
    assert [one["BackupArn"] for one in rest["BackupSummaries"]] == [arns[3]]
    assert "LastEvaluatedBackupArn" not in rest


def test_a_deleted_backup_is_gone_and_others_stay(db, api):
    table = create(db)
    put_all(db, table, numbered(30))
    gone, kept = back_up(db, table, "gone"), back_up(db, table, "kept")
    told = db.delete_backup(BackupArn=gone)["BackupDescription"]
    assert told["BackupDetails"]["BackupStatus"] == "DELETED"
    assert told["SourceTableDetails"]["ItemCount"] == 30
    missing = f"Backup not found: {gone}"
    with refused("BackupNotFoundException", missing):
        db.describe_backup(BackupArn=gone)
    with refused("BackupNotFoundException", missing):
        db.delete_backup(BackupArn=gone)
    with refused("BackupNotFoundException", missing):
        db.restore_table_from_backup(TargetTableName=new_name(), BackupArn=gone)
    assert not (api.path / f"backup-{gone.split('/')[-1]}.db").exists()
    assert len(all_items(db, restore(db, kept, new_name()))) == 30


def test_what_is_not_there_or_there_already_is_refused(db):
    table = create(db)
    arn = back_up(db, table)
    with refused("TableNotFoundException", "Table not found: no-table"):
        db.create_backup(TableName="no-table", BackupName="name")
    with refused("TableAlreadyExistsException", f"Table already exists: {table}"):
        db.restore_table_from_backup(TargetTableName=table, BackupArn=arn)
    other = f"{ACCOUNT}:table/other/backup/{arn.split('/')[-1]}"
    with refused("BackupNotFoundException", f"Backup not found: {other}"):
        db.describe_backup(BackupArn=other)
    with invalid("2 validation errors detected: Value 'a!' at 'backupName' failed to satisfy constraint: Member must "
                 "satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value 'a!' at 'backupName' failed to satisfy "
                 "constraint: Member must have length greater than or equal to 3"):
        db.create_backup(TableName=table, BackupName="a!")


@pytest.fixture(scope="module")
def large(db):
    """A table that takes some time, and its backup."""
    table = create(db, "k:S", [index("gix", "n:N")])
    put_all(db, table, numbered(LARGE, 300))
    return table, back_up(db, table)


def test_a_table_that_is_being_filled_is_nobody_s(db, large):
    target = new_name()
    db.restore_table_from_backup(TargetTableName=target, BackupArn=large[1])
    busy = f"Attempt to change a resource which is still in use: Table is being created: {target}"
    assert status(db, target) == "CREATING" and target in tables(db)
    for read in (
        lambda: db.get_item(TableName=target, Key=item(k="k000001")),
        lambda: db.scan(TableName=target),
        lambda: db.put_item(TableName=target, Item=item(k="mine")),
        lambda: db.batch_get_item(RequestItems={target: {"Keys": [item(k="k")]}}),
    ):
        with refused("ResourceNotFoundException", "Requested resource not found"):
            read()
    with refused("ResourceInUseException", busy):
        db.delete_table(TableName=target)
    with refused("ResourceInUseException", busy):
        db.update_table(TableName=target, TableClass="STANDARD")
    with refused("TableInUseException", f"Table is being created: {target}"):
        db.create_backup(TableName=target, BackupName="name")
    with refused("TableInUseException", f"Table is being created: {target}"):
        db.restore_table_from_backup(TargetTableName=target, BackupArn=large[1])
    with refused("BackupInUseException", "There is another ongoing conflicting backup control plane operation on the "
                 "table. The backup is either being created, deleted or restored to a table."):
        db.delete_backup(BackupArn=large[1])
    assert status(db, target) == "CREATING", "too fast for this test"
    wait_for_table(db, target)
    assert all_items(db, target) == all_items(db, large[0])
    assert db.scan(TableName=target, IndexName="gix", Select="COUNT")["Count"] > 0
    db.delete_table(TableName=target)


@pytest.mark.limit(120)
def test_a_backup_under_load_is_of_one_moment(db, api):
    """Each write is of a pair of items that have one number: no backup shows two."""
    table = create(db)
    pairs, stop = 800, threading.Event()
    put_all(db, table, [{"k": f"{side}{n}", "n": 0, "fill": "x" * 500} for n in range(pairs) for side in "ab"])

    def write():
        mine, number = api.client(), 0
        while not stop.is_set():
            number += 1
            pair = number * 7919 % pairs
            mine.transact_write_items(TransactItems=[
                {"Put": {"TableName": table, "Item": item(k=f"{side}{pair}", n=number)}} for side in "ab"
            ])

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        arns = [back_up(db, table, f"under-load-{n}") for n in range(4)]
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    for arn in arns:
        found = all_items(db, restore(db, arn, new_name()))
        assert len(found) == 2 * pairs
        for n in range(pairs):
            assert found[f"a{n}", None]["n"] == found[f"b{n}", None]["n"]


# Interruptions and damage.


def files_of_backups(server):
    return sorted(path.name for path in server.path.glob("backup-*.db"))


def check(server):
    """What `dynamount check` says of the data, and its status."""
    result = subprocess.run([DYNAMOUNT, "check", server.path], env=environment(server.directory),
                            capture_output=True, text=True, timeout=STOP_SECONDS)
    return result.returncode, result.stdout + result.stderr


@pytest.fixture
def filled(own_api):
    """A server of the test's own, a large table and a backup of it."""
    db = own_api.client()
    table = create(db)
    put_all(db, table, numbered(LARGE, 300))
    return own_api, db, table, back_up(db, table, "good")


def test_kill_9_while_a_backup_is_made_leaves_none(filled):
    server, db, table, good = filled
    half = db.create_backup(TableName=table, BackupName="half")["BackupDetails"]["BackupArn"]
    assert backup_status(db, half) == "CREATING"
    server.kill9()
    server.start()
    db = server.client()
    assert listed(db) == [good]
    with refused("BackupNotFoundException", f"Backup not found: {half}"):
        db.describe_backup(BackupArn=half)
    assert files_of_backups(server) == [f"backup-{good.split('/')[-1]}.db"]
    assert len(all_items(db, restore(db, good, new_name()))) == LARGE
    again = back_up(db, table, "again")
    server.stop()
    assert check(server) == (0, check(server)[1])
    server.start()
    assert listed(server.client()) == [good, again]


def test_kill_9_after_a_backup_was_made_keeps_it(filled):
    server, _, table, good = filled
    server.kill9()
    server.start()
    db = server.client()
    assert backup_status(db, good) == "AVAILABLE"
    assert all_items(db, restore(db, good, new_name())) == all_items(db, table)


def test_kill_9_while_a_table_is_restored_leaves_none(filled):
    server, db, table, good = filled
    target = new_name()
    db.restore_table_from_backup(TargetTableName=target, BackupArn=good)
    assert status(db, target) == "CREATING"
    server.kill9()
    server.start()
    db = server.client()
    assert tables(db) == [table]
    assert len(all_items(db, restore(db, good, target))) == LARGE
    server.stop()
    code, said = check(server)
    assert code == 0, said


def test_a_server_that_stops_gives_up_what_it_does(filled):
    server, db, table, good = filled
    db.create_backup(TableName=table, BackupName="half")
    db.restore_table_from_backup(TargetTableName=new_name(), BackupArn=good)
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 10
    assert "was not made: the server was stopped" in server.log_tail()
    server.start()
    db = server.client()
    assert listed(db) == [good] and tables(db) == [table]


def damage(path, how):
    size = path.stat().st_size
    if how == "truncated":
        os.truncate(path, size // 2)
    elif how == "empty":
        os.truncate(path, 0)
    elif how == "gone":
        path.unlink()
    else:
        with open(path, "r+b") as file:
            file.seek(size // 2)
            byte = file.read(1)
            file.seek(size // 2)
            file.write(bytes([byte[0] ^ 1]))


@pytest.mark.parametrize("how", ["truncated", "empty", "gone", "one bit"])
def test_a_damaged_backup_is_refused_and_the_others_are_good(own_api, how):
    db = own_api.client(parameter_validation=False)
    table = create(db)
    put_all(db, table, numbered(2000, 100))
    bad, good = back_up(db, table, "bad"), back_up(db, table, "good")
    own_api.stop()
    damage(own_api.path / f"backup-{bad.split('/')[-1]}.db", how)
    code, said = check(own_api)
    assert code != 0 and "backup bad: " in said and "backup good" not in said
    own_api.start()
    db = own_api.client()
    answer = own_api.call("RestoreTableFromBackup", TargetTableName="new", BackupArn=bad)
    message = answer.json()["message"]
    assert answer.error() == "InternalServerError"
    assert message.startswith("Backup bad cannot be read" if how == "gone" else "Backup bad is damaged: "), message
    assert tables(db) == [table]
    assert all_items(db, restore(db, good, new_name())) == all_items(db, table)
    db.delete_backup(BackupArn=bad)
    assert listed(db) == [good]


@pytest.fixture
def disk(workdir):
    with small_disk(workdir / "disk", "64m") as path:
        yield path


def wait_until_made_or_gone(db, arn):
    while True:
        found = [one for one in db.list_backups()["BackupSummaries"] if one["BackupArn"] == arn]
        if not found or found[0]["BackupStatus"] == "AVAILABLE":
            return found
        time.sleep(0.05)


def free_bytes(disk):
    free = os.statvfs(disk)
    return free.f_bavail * free.f_frsize


def leave_free(disk, count):
    with open(disk / "filler", "wb") as filler:
        filler.write(bytes(max(0, free_bytes(disk) - count)))


@contextlib.contextmanager
def served_from(disk):
    with served(disk) as server:
        server.log = disk.parent / "dynamount.log"
        yield server.start()


@pytest.mark.limit(120)
def test_a_disk_that_fills_up_costs_the_backup_and_nothing_else(disk):
    with served_from(disk) as server:
        db = server.client()
        table = create(db)
        items = numbered(9000, 1000)
        put_all(db, table, items)
        leave_free(disk, 26 << 20)
        arn = db.create_backup(TableName=table, BackupName="half")["BackupDetails"]["BackupArn"]
        assert wait_until_made_or_gone(db, arn) == []
        assert "backup half of table" in server.log_tail() and "No space left" in server.log_tail()
        assert files_of_backups(server) == []
        db.put_item(TableName=table, Item=item(k="still writable"))
        (disk / "filler").unlink()
        enlarge(disk)
        assert len(all_items(db, restore(db, back_up(db, table), new_name()))) == len(items) + 1


@pytest.mark.limit(120)
def test_a_disk_that_fills_up_costs_the_restore_and_nothing_else(disk):
    with served_from(disk) as server:
        db = server.client()
        table = create(db)
        put_all(db, table, numbered(6000, 1000))
        good = back_up(db, table)
        target = new_name()
        leave_free(disk, 22 << 20)
        db.restore_table_from_backup(TargetTableName=target, BackupArn=good)
        wait_for_no_table(db, target)
        assert f"table {target} was not restored: No space left" in server.log_tail()
        (disk / "filler").unlink()
        enlarge(disk)
        assert all_items(db, restore(db, good, target)) == all_items(db, table)


def enlarge(disk):
    subprocess.run(["mount", "-o", "remount,size=256m", disk], check=True)


def test_no_backup_is_begun_without_room_for_it(disk):
    with served_from(disk) as server:
        db = server.client()
        table = create(db)
        put_all(db, table, numbered(6000, 1000))
        leave_free(disk, 3 << 20)
        answer = server.call("CreateBackup", TableName=table, BackupName="none")
        assert answer.error() == "InternalServerError"
        assert "has no room for a backup" in answer.json()["message"]
        (disk / "filler").unlink()
        assert listed(db) == []


# Other doors.


def test_backups_by_the_mount_bring_files_back_byte_for_byte(unstarted_mount):
    mount = unstarted_mount.start()
    table = mount.table("Users", "id:S")
    text = '{ "name" :   "as I wrote it",\n\n"n": 1 }\n'
    save(table / "a.json", text)
    before = os.stat(table / "a.json")
    bash = f"""
    cd {mount.path}
    call() {{ exec 3<>.api/$1; echo "$2" >&3; cat <&3; exec 3>&-; }}
    arn=$(call CreateBackup '{{"TableName":"Users","BackupName":"mine"}}' | jq -r .BackupDetails.BackupArn)
    until call DescribeBackup "{{\\"BackupArn\\":\\"$arn\\"}}" | grep -q AVAILABLE; do sleep 0.05; done
    rm Users/a.json
    call RestoreTableFromBackup "{{\\"TargetTableName\\":\\"Back\\",\\"BackupArn\\":\\"$arn\\"}}" | jq -r .TableDescription.TableStatus
    until call DescribeTable '{{"TableName":"Back"}}' | grep -q ACTIVE; do sleep 0.05; done
    ls
    """
    for shell in ("bash", "dash"):
        done = subprocess.run([shell, "-c", bash], capture_output=True, text=True, timeout=50)
        assert done.stdout.split() == ["CREATING", "Back", "Users"], done.stderr
        assert read_text(mount.path / "Back" / "a.json") == text
        assert os.stat(mount.path / "Back" / "a.json").st_mtime_ns == before.st_mtime_ns
        os.unlink(mount.path / "Back" / "a.json")
        os.rmdir(mount.path / "Back")
        save(table / "a.json", text)
        os.utime(table / "a.json", ns=(before.st_atime_ns, before.st_mtime_ns))


def test_a_call_without_a_server_waits_for_the_backup(workdir):
    with served(workdir) as server:
        server.start()
        table = create(server.client())
        put_all(server.client(), table, numbered(3000, 200))
        server.stop()
    shell = Shell(workdir)
    request = json.dumps({"TableName": table, "BackupName": "offline"})
    details = json.loads(shell.run("call", shell.where, "CreateBackup", request)[0])["BackupDetails"]
    told = json.loads(shell.run("call", shell.where, "DescribeBackup",
                                json.dumps({"BackupArn": details["BackupArn"]}))[0])["BackupDescription"]
    assert told["BackupDetails"]["BackupStatus"] == "AVAILABLE"
    shell.run("call", shell.where, "RestoreTableFromBackup",
              json.dumps({"TargetTableName": "Back", "BackupArn": details["BackupArn"]}))
    assert len(shell.run("export", f"{shell.where}/Back", "-q")[0].splitlines()) == 3000


def test_a_table_of_infrequent_access_comes_back(db):
    table = create(db, TableClass="STANDARD_INFREQUENT_ACCESS")
    put_all(db, table, numbered(1500, 200))
    arn = db.create_backup(TableName=table, BackupName="cold")["BackupDetails"]["BackupArn"]
    put_all(db, table, [{"k": "k000001", "changed": True}])
    wait_for_backup(db, arn)
    restored = restore(db, arn, new_name())
    assert all_items(db, restored) == {(one["k"], None): one for one in numbered(1500, 200)}
    told = db.describe_table(TableName=restored)["Table"]
    assert told["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
