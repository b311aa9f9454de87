"""Point-in-time recovery: tables as they were at any second."""

import json
import subprocess
import threading
import time

import pytest

from api import create, index, invalid, item, new_name, plain, put_all, refused
from backing import (
    all_items, enable, refusal, restore, restore_to, status, table_arn, tables, wait_for_no_table,
    wait_for_second, wait_for_table,
)
from mounting import DYNAMOUNT, STOP_SECONDS, environment, save, wait_until


def told(api, table):
    answer = api.call("DescribeContinuousBackups", TableName=table).json()["ContinuousBackupsDescription"]
    assert answer["ContinuousBackupsStatus"] == "ENABLED"
    return answer["PointInTimeRecoveryDescription"]


def disable(api, table):
    return api.call("UpdateContinuousBackups", TableName=table,
                    PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}).json()


def keys_at(api, db, table, moment):
    restored = new_name()
    restore_to(api, db, table, restored, moment)
    found = {key for key, _ in all_items(db, restored)}
    db.delete_table(TableName=restored)
    return found


def test_recovery_is_off_until_it_is_enabled(db, api):
    table = create(db)
    assert told(api, table) == {"PointInTimeRecoveryStatus": "DISABLED"}
    before = time.time()
    answer = enable(api, table)
    assert answer["PointInTimeRecoveryStatus"] == "ENABLED" and answer["RecoveryPeriodInDays"] == 35
    assert before - 1 <= answer["EarliestRestorableDateTime"] <= answer["LatestRestorableDateTime"] <= time.time() + 1
    time.sleep(1.1)
    later = told(api, table)
    assert later["EarliestRestorableDateTime"] == answer["EarliestRestorableDateTime"]
    assert later["LatestRestorableDateTime"] >= answer["LatestRestorableDateTime"] + 1
    assert disable(api, table)["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"] == {
        "PointInTimeRecoveryStatus": "DISABLED"
    }


def test_the_period_is_1_to_35_days(db, api):
    table = create(db)
    assert enable(api, table, 1)["RecoveryPeriodInDays"] == 1
    assert enable(api, table)["RecoveryPeriodInDays"] == 1
    assert enable(api, table, 35)["RecoveryPeriodInDays"] == 35
    for days in (0, 36):
        specification = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": days}
        answer = api.call("UpdateContinuousBackups", TableName=table, PointInTimeRecoverySpecification=specification)
        assert refusal(answer)[0] == "ValidationException"
    specification = {"PointInTimeRecoveryEnabled": False, "RecoveryPeriodInDays": 5}
    answer = api.call("UpdateContinuousBackups", TableName=table, PointInTimeRecoverySpecification=specification)
    assert refusal(answer)[0] == "ValidationException"
    assert told(api, table)["RecoveryPeriodInDays"] == 35


def test_unknown_tables_are_told_by_name(db):
    with refused("TableNotFoundException", "Table not found: no-table"):
        db.describe_continuous_backups(TableName="no-table")
    with refused("TableNotFoundException", "Table not found: no-table"):
        db.restore_table_to_point_in_time(SourceTableName="no-table", TargetTableName="new",
                                          UseLatestRestorableTime=True)


def test_each_second_is_the_table_at_that_second(db, api):
    """Puts, updates, deletions, transactions, batches and PartiQL, each in a second of its own."""
    table = create(db, "k:S", [index("gix", "g:S")])
    put_all(db, table, [{"k": "old", "g": "1"}, {"k": "goes", "g": "1"}])
    enable(api, table)
    steps = [
        lambda: db.put_item(TableName=table, Item=item(k="put", g="2")),
        lambda: db.update_item(TableName=table, Key=item(k="old"), UpdateExpression="SET n = :n",
                               ExpressionAttributeValues=item({":n": 5})),
        lambda: db.delete_item(TableName=table, Key=item(k="goes")),
        lambda: db.transact_write_items(TransactItems=[
            {"Put": {"TableName": table, "Item": item(k="t1")}},
            {"Delete": {"TableName": table, "Key": item(k="put")}},
        ]),
        lambda: put_all(db, table, [{"k": f"batch{n}"} for n in range(20)]),
        lambda: db.execute_statement(Statement=f"UPDATE \"{table}\" SET g='moved' WHERE k='old'"),
        lambda: db.put_item(TableName=table, Item=item(k="goes", back=True)),
    ]
    states = {}
    for step in steps:
        states[wait_for_second()] = all_items(db, table)
        step()
    states[wait_for_second()] = all_items(db, table)
    time.sleep(0.1)
    assert len(states) == len(steps) + 1
    for moment, state in states.items():
        target = new_name()
        description = restore_to(api, db, table, target, moment)
        assert description["RestoreSummary"] == {
            "SourceTableArn": table_arn(table), "RestoreDateTime": moment, "RestoreInProgress": True,
        }
        assert all_items(db, target) == state
        indexed = db.scan(TableName=target, IndexName="gix")["Items"]
        assert {plain(one)["k"] for one in indexed} == {k for (k, _), one in state.items() if "g" in one}


@pytest.mark.limit(120)
def test_seconds_under_load_are_restored_item_by_item(db, api):
    """One writer, which pauses where a second begins, keeps what each second was."""
    table = create(db)
    put_all(db, table, [{"k": f"k{n:05}", "n": 0, "fill": "x" * 200} for n in range(3000)])
    state = {f"k{n:05}": 0 for n in range(3000)}
    enable(api, table)
    states, stop = {}, threading.Event()

    def write():
        mine, number = api.client(), 0
        while not stop.is_set():
            past = time.time() % 1
            if past > 0.9 or past < 0.1:
                states[round(time.time())] = dict(state)
                time.sleep(0.05)
                continue
            number += 1
            key = f"k{number * 7919 % 4000:05}"
            if number % 5 == 0:
                mine.delete_item(TableName=table, Key=item(k=key))
                state.pop(key, None)
            else:
                mine.put_item(TableName=table, Item=item(k=key, n=number))
                state[key] = number

    writer = threading.Thread(target=write)
    writer.start()
    targets = {}
    try:
        begun = int(time.time())
        wait_until(lambda: len(states) >= 3 and time.time() > begun + 3, 20, "three seconds to pass")
        for moment in sorted(states)[:3]:
            if moment > begun + 0.2:
                targets[moment] = new_name()
                restore_to(api, db, table, targets[moment], moment)
    finally:
        stop.set()
        writer.join()
    assert len(targets) >= 2
    for moment, target in targets.items():
        assert {key: one["n"] for (key, _), one in all_items(db, target).items()} == states[moment]


def test_the_latest_time_is_now(db, api):
    table = create(db)
    enable(api, table)
    put_all(db, table, [{"k": f"{n}"} for n in range(300)])
    target = new_name()
    restore_to(api, db, table, target)
    assert all_items(db, target) == all_items(db, table)


def test_times_out_of_range_are_refused_with_the_range(db, api):
    table = create(db)
    earliest = enable(api, table)["EarliestRestorableDateTime"]
    for moment in (1_500_000_000, earliest - 1, time.time() + 60, 0, -1):
        answer = api.call("RestoreTableToPointInTime", SourceTableName=table, TargetTableName="new",
                          RestoreDateTime=moment)
        name, message = refusal(answer)
        assert name == "InvalidRestoreTimeException"
        assert message.startswith("An invalid restore time was specified. RestoreDateTime must be between "
                                  "EarliestRestorableDateTime and LatestRestorableDateTime: ")
        assert message.count("T") >= 5
    restore_to(api, db, table, new_name(), earliest)
    assert "new" not in tables(db)


def test_what_cannot_be_restored_is_refused(db, api):
    table = create(db)
    unavailable = f"Point in time recovery is not enabled for table '{table}'"
    with refused("PointInTimeRecoveryUnavailableException", unavailable):
        db.restore_table_to_point_in_time(SourceTableName=table, TargetTableName="new", UseLatestRestorableTime=True)
    enable(api, table)
    with refused("TableAlreadyExistsException", f"Table already exists: {table}"):
        db.restore_table_to_point_in_time(SourceTableName=table, TargetTableName=table, UseLatestRestorableTime=True)
    with invalid("Exactly one of RestoreDateTime and UseLatestRestorableTime must be specified"):
        db.restore_table_to_point_in_time(SourceTableName=table, TargetTableName="new")
    with invalid("Exactly one of SourceTableArn and SourceTableName must be specified"):
        db.restore_table_to_point_in_time(TargetTableName="new", UseLatestRestorableTime=True)
    by_arn = new_name()
    db.restore_table_to_point_in_time(SourceTableArn=table_arn(table), TargetTableName=by_arn,
                                      UseLatestRestorableTime=True)
    wait_for_table(db, by_arn)


def test_disabling_forgets_what_was(db, api):
    table = create(db)
    enable(api, table)
    moment = wait_for_second()
    db.put_item(TableName=table, Item=item(k="a"))
    disable(api, table)
    earliest = enable(api, table)["EarliestRestorableDateTime"]
    assert earliest > moment
    answer = api.call("RestoreTableToPointInTime", SourceTableName=table, TargetTableName="new",
                      RestoreDateTime=moment)
    assert refusal(answer)[0] == "InvalidRestoreTimeException"
    files = [path.name for path in api.path.iterdir() if path.name.startswith(("history-", "moments-"))]
    disable(api, table)
    assert len([path for path in api.path.iterdir() if path.name.startswith(("history-", "moments-"))]) == \
        len(files) - 2


def test_what_expired_comes_back(db, api):
    table = create(db)
    enable(api, table)
    db.update_time_to_live(TableName=table, TimeToLiveSpecification={"AttributeName": "t", "Enabled": True})
    put_all(db, table, [{"k": "stays"}, {"k": "expires", "t": int(time.time()) + 3}])
    moment = wait_for_second()
    wait_until(lambda: len(all_items(db, table)) == 1, 20, "the item to expire")
    assert keys_at(api, db, table, moment) == {"stays", "expires"}


def check(server):
    result = subprocess.run([DYNAMOUNT, "check", server.path], env=environment(server.directory),
                            capture_output=True, text=True, timeout=STOP_SECONDS)
    assert result.returncode == 0, result.stdout + result.stderr


def test_history_survives_kill_9(own_api):
    db = own_api.client()
    table = create(db)
    enable(own_api, table)
    states = {}
    for round in range(3):
        put_all(db, table, [{"k": f"k{n}", "round": round} for n in range(200)])
        db.delete_item(TableName=table, Key=item(k=f"k{round}"))
        states[wait_for_second()] = all_items(db, table)
        own_api.kill9()
        own_api.start()
        db = own_api.client()
    for moment, state in states.items():
        target = new_name()
        restore_to(own_api, db, table, target, moment)
        assert all_items(db, target) == state
    own_api.stop()
    check(own_api)


def test_kill_9_while_a_table_is_restored_leaves_none(own_api):
    db = own_api.client()
    table = create(db)
    enable(own_api, table)
    put_all(db, table, [{"k": f"k{n}", "fill": "x" * 300} for n in range(10_000)])
    moment = wait_for_second()
    db.restore_table_to_point_in_time(SourceTableName=table, TargetTableName="new", RestoreDateTime=moment)
    assert status(db, "new") == "CREATING"
    own_api.kill9()
    own_api.start()
    db = own_api.client()
    assert tables(db) == [table]
    restore_to(own_api, db, table, "new", moment)
    assert all_items(db, "new") == all_items(db, table)


def test_a_table_that_is_read_is_not_deleted_under_the_reader(db, api):
    table = create(db)
    enable(api, table)
    put_all(db, table, [{"k": f"k{n}", "fill": "x" * 300} for n in range(6_000)])
    target = new_name()
    db.restore_table_to_point_in_time(SourceTableName=table, TargetTableName=target, UseLatestRestorableTime=True)
    with refused("ResourceInUseException", "Attempt to change a resource which is still in use: Table is being backed "
                 f"up, restored or exported: {table}"):
        db.delete_table(TableName=table)
    wait_for_table(db, target)
    db.delete_table(TableName=table)
    wait_for_no_table(db, table)


def system_backups(db, table):
    return db.list_backups(TableName=table, BackupType="SYSTEM")["BackupSummaries"]


def test_a_deleted_table_is_kept_as_a_backup_of_the_system_for_35_days(db, api):
    table = create(db)
    enable(api, table)
    put_all(db, table, [{"k": f"k{n}"} for n in range(500)])
    before = all_items(db, table)
    answer = db.delete_table(TableName=table)
    assert answer["TableDescription"]["TableStatus"] == "DELETING"
    wait_for_no_table(db, table)
    [backup] = system_backups(db, table)
    assert backup["BackupName"] == f"{table}$DeletedTableBackup" and backup["BackupStatus"] == "AVAILABLE"
    life = backup["BackupExpiryDateTime"] - backup["BackupCreationDateTime"]
    assert life.days == 35
    assert all_items(db, restore(db, backup["BackupArn"], table)) == before


def test_a_table_that_is_being_deleted_is_nobody_s(own_api):
    db = own_api.client()
    table = create(db)
    enable(own_api, table)
    put_all(db, table, [{"k": f"k{n}", "fill": "x" * 300} for n in range(10_000)])
    db.delete_table(TableName=table)
    assert status(db, table) == "DELETING"
    with refused("ResourceNotFoundException", "Requested resource not found"):
        db.get_item(TableName=table, Key=item(k="k1"))
    busy = f"Attempt to change a resource which is still in use: Table is being deleted: {table}"
    with refused("ResourceInUseException", busy):
        db.delete_table(TableName=table)
    with refused("TableInUseException", f"Table is being deleted: {table}"):
        db.create_backup(TableName=table, BackupName="name")
    own_api.kill9()
    own_api.start()
    db = own_api.client()
    wait_for_no_table(db, table)
    [backup] = system_backups(db, table)
    assert backup["BackupStatus"] == "AVAILABLE"
    assert len(all_items(db, restore(db, backup["BackupArn"], table))) == 10_000


def test_files_of_the_mount_are_in_the_history(unstarted_mount):
    mount = unstarted_mount.start()
    table = mount.table("Users", "id:S")

    def call(operation, **members):
        (mount.path / ".api").stat()
        script = f'exec 3<>"{mount.path}/.api/{operation}"; cat >&3 <&0; cat <&3'
        done = subprocess.run(["bash", "-c", script], input=json.dumps(members), capture_output=True, text=True,
                              timeout=20)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    call("UpdateContinuousBackups", TableName="Users",
         PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    text = '{"n":   1}\n'
    save(table / "a.json", text)
    save(table / "b.json", '{"n": 2}\n')
    moment = wait_for_second()
    save(table / "a.json", '{"n": 100}\n')
    (table / "b.json").rename(table / "c.json")
    call("RestoreTableToPointInTime", SourceTableName="Users", TargetTableName="Before", RestoreDateTime=moment)
    wait_until(lambda: call("DescribeTable", TableName="Before")["Table"]["TableStatus"] == "ACTIVE", 20, "the table")
    assert sorted(path.name for path in (mount.path / "Before").iterdir()) == ["a.json", "b.json"]
    assert (mount.path / "Before" / "a.json").read_text() == text
