"""Owners and modes of tables: what each user of a mount may, at every path.

A plain directory of the same owner and mode, with files of the same names, is
what the mount is compared with. Root is needed to become other users.
"""

import errno
import itertools
import json
import os
import random
import stat
import subprocess
import threading
import time

import pytest

from api import item
from mounting import read_text, refused, save
from serving import http_door

OWNER, GROUP, OTHER = 3001, 4001, 3003
MEMBER = 3002
USERS = {  # uid, gid, groups
    "owner": (OWNER, 5001, []),
    "member": (MEMBER, 5002, [GROUP]),
    "other": (OTHER, 5003, []),
}
SHIFTS = {"owner": 6, "member": 3, "other": 0}
ITEM = '{"a": 1}'

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")


@pytest.fixture
def shared(mount):
    """A mount for all, with a table of the owner and the group."""
    for path in (mount.directory, mount.directory.parent):
        os.chmod(path, 0o755)
    mount.remount("allow_other")
    table = mount.table("Users", "id:S")
    save(table / "a.json", ITEM)
    save(table / "b.json", ITEM)
    os.chown(table, OWNER, GROUP)
    return table


PRELUDE = """
import errno, json, os, stat, sys
uid, gid, groups = json.loads(sys.argv[1])
os.setgroups(groups); os.setgid(gid); os.setuid(uid)
os.umask(0o022)
def attempt(act):
    try:
        told = act()
        return "done" if told is None else told
    except OSError as error:
        return errno.errorcode[error.errno]
def save(path, text, flags=os.O_WRONLY | os.O_CREAT | os.O_TRUNC):
    fd = os.open(path, flags, 0o644)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)
def ask(path, text):
    fd = os.open(path, os.O_RDWR)
    try:
        os.write(fd, text.encode())
        told = b""
        while piece := os.read(fd, 65536):
            told += piece
        return told.decode()
    finally:
        os.close(fd)
def opened(path, flags):
    os.close(os.open(path, flags))
"""


def as_user(mount, name, program, *arguments, cwd="/"):
    """Runs Python as one of the users: what it prints as JSON."""
    who = json.dumps(USERS[name] if isinstance(name, str) else name)
    command = ["/usr/bin/python3", "-c", PRELUDE + program, who, *arguments]
    return json.loads(mount.run(*command, cwd=cwd).stdout)


def bits(name, mode):
    return mode >> SHIFTS[name] & 7


def random_modes(seed, count):
    chosen = random.Random(seed)
    return [0o755, 0o700, 0o750, 0o711, 0o644, 0o733, *(chosen.randrange(0o1000) for _ in range(count))]


# Items and directories, compared with a plain directory

ACTS = """
os.chdir(sys.argv[2])
name = "Users"
path = name + "/"
acts = {
    "chdir": lambda: os.chdir(name) or os.chdir(sys.argv[2]),
    "list": lambda: sorted(one for one in os.listdir(name) if one[0] != "."),
    "stat": lambda: stat.filemode(os.stat(path + "a.json").st_mode),
    "directory": lambda: stat.filemode(os.stat(name).st_mode),
    "access": lambda: [os.access(path + "a.json", how) for how in (os.R_OK, os.W_OK, os.X_OK)],
    "read": lambda: open(path + "a.json").read(),
    "write": lambda: save(path + "a.json", '{"a": 2}', os.O_WRONLY | os.O_TRUNC),
    "truncate": lambda: opened(path + "a.json", os.O_WRONLY),
    "create": lambda: save(path + "n.json", "{}"),
    "scratch": lambda: save(path + "x.tmp", "x"),
    "unscratch": lambda: os.unlink(path + "x.tmp"),
    "rename": lambda: os.rename(path + "b.json", path + "c.json"),
    "replace": lambda: os.replace(path + "c.json", path + "b.json"),
    "unlink": lambda: os.unlink(path + "b.json"),
    "missing": lambda: os.unlink(path + "none.json"),
    "mode": lambda: os.chmod(path + "a.json", 0o777) if uid != int(sys.argv[3]) else None,
    "table mode": lambda: os.chmod(name, 0o777) if uid != int(sys.argv[3]) else None,
    "owner": lambda: os.chown(name, uid, -1) if uid != int(sys.argv[3]) else None,
    "times": lambda: os.utime(path + "a.json") if uid != int(sys.argv[3]) else None,
    "remove": lambda: os.rmdir(name),
    "make": lambda: os.mkdir("Others"),
}
print(json.dumps({act: attempt(acts[act]) for act in acts}))
"""


def reset(directory, mode, plain):
    """The state before each round: as the mount has it by itself."""
    table = directory / "Users"
    os.chmod(table, 0o755)
    for name in os.listdir(table):
        if not name.startswith("."):
            os.unlink(table / name)
    for name in ("a.json", "b.json"):
        save(table / name, ITEM)
        if plain:
            os.chown(table / name, OWNER, GROUP)
            os.chmod(table / name, mode & 0o666)
    os.chown(table, OWNER, GROUP)
    os.chmod(table, mode)


@pytest.mark.limit(240)
@pytest.mark.parametrize("seed", range(2))
def test_the_rights_are_those_of_a_plain_directory(mount, shared, seed):
    plain = mount.directory / "plain"
    (plain / "Users").mkdir(parents=True)
    os.chmod(plain, 0o755)
    for mode in random_modes(seed, 8):
        for name in USERS:
            told = []
            for directory in (mount.path, plain):
                reset(directory, mode, directory == plain)
                told.append(as_user(mount, name, ACTS, str(directory), str(OWNER)))
            assert told[0] == told[1], f"{name} with {mode:o}"
            if bits(name, mode) & 5 == 5:
                assert told[0]["read"] == ITEM


def test_partitions_are_as_their_table(mount, shared):
    table = mount.table("Movies", "year:N title:S")
    (table / "2013").mkdir()
    save(table / "2013/Rush.json", "{}")
    os.chown(table, OWNER, GROUP)
    program = """
os.chdir(sys.argv[2])
acts = {
    "list": lambda: os.listdir("2013"),
    "read": lambda: open("2013/Rush.json").read(),
    "create": lambda: save("2013/New.json", "{}"),
    "unlink": lambda: os.unlink("2013/New.json"),
    "make": lambda: os.mkdir("2014"),
    "remove": lambda: os.rmdir("2014"),
}
print(json.dumps({act: attempt(acts[act]) for act in acts}))
"""
    done = {"list": ["Rush.json"], "read": "{}"}
    done.update(dict.fromkeys(("create", "unlink", "make", "remove"), "done"))
    for mode in (0o770, 0o750, 0o730, 0o710, 0o700):
        os.chmod(table, mode)
        assert stat.S_IMODE(os.stat(table / "2013").st_mode) == mode
        assert stat.S_IMODE(os.stat(table / "2013/Rush.json").st_mode) == mode & 0o666
        assert os.stat(table / "2013").st_uid == OWNER
        needs = {"list": 5, "read": 5, "create": 3, "unlink": 3, "make": 3, "remove": 3}
        if bits("member", mode) & 1:
            told = as_user(mount, "member", program, str(table))
            allowed = {act for act in done if bits("member", mode) & needs[act] == needs[act]}
            missing = dict.fromkeys(("unlink", "remove"), "ENOENT")  # as nothing was made
            refusals = {act: missing.get(act, "EACCES") for act in done}
            assert told == {act: done[act] if act in allowed else refusals[act] for act in done}, f"{mode:o}"
    assert as_user(mount, "owner", program, str(table)) == done


# Special files

FILES = {  # what of the table's permissions they have
    ".info": 0o444, ".export": 0o444, ".follow": 0o444, ".hot": 0o444, ".metrics": 0o444,
    ".import": 0o666, ".schema": 0o644, ".ttl": 0o644, ".stream": 0o644,
}  # fmt: skip

OPENINGS = """
os.chdir(sys.argv[2])
flags = {"r": os.O_RDONLY, "w": os.O_WRONLY, "rw": os.O_RDWR}
print(json.dumps({
    f"{name} {how}": attempt(lambda: opened("Users/" + name, flags[how]))
    for name in sys.argv[3:] for how in flags
}))
"""


@pytest.mark.limit(240)
@pytest.mark.parametrize("seed", range(2))
def test_special_files_have_the_table_s_rights(mount, shared, seed):
    plain = mount.directory / "plain" / "Users"
    plain.mkdir(parents=True)
    os.chown(plain, OWNER, GROUP)
    os.chmod(plain.parent, 0o755)
    for mode in random_modes(seed, 8):
        os.chmod(plain, 0o755)
        for name, kept in FILES.items():
            save(plain / name, "")
            os.chown(plain / name, OWNER, GROUP)
            os.chmod(plain / name, mode & kept)
            seen = os.stat(shared / name)
        for directory in (shared, plain):
            os.chmod(directory, mode)
        for name, kept in FILES.items():
            seen = os.stat(shared / name)
            assert (stat.S_IMODE(seen.st_mode), seen.st_uid, seen.st_gid) == (mode & kept, OWNER, GROUP), name
        for name in USERS:
            told = [as_user(mount, name, OPENINGS, str(one.parent), *FILES) for one in (shared, plain)]
            assert told[0] == told[1], f"{name} with {mode:o}"


VIEWS = """
os.chdir(sys.argv[2] + "/Users")
acts = {
    "where": lambda: os.listdir(".where/a = 1"),
    "one": lambda: os.readlink(".where/a = 1/a.json") and None,
    "indexes": lambda: os.listdir(".indexes"),
    "index": lambda: os.listdir(".indexes/ByA"),
    "links": lambda: os.listdir(".indexes/ByA/1"),
    "info": lambda: json.load(open(".info"))["TableName"],
    "export": lambda: len(open(".export").read().splitlines()),
    "schema": lambda: json.load(open(".schema"))["TableName"],
    "stream": lambda: len(open(".stream").read().splitlines()) > 0,
}
print(json.dumps({act: attempt(acts[act]) for act in acts}))
"""


def test_views_of_a_table_are_for_who_may_read_it(mount, shared):
    index = {
        "TableName": "Users",
        "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "N"}],
        "GlobalSecondaryIndexUpdates": [
            {
                "Create": {
                    "IndexName": "ByA",
                    "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            }
        ],
    }
    save(mount / ".api/UpdateTable", json.dumps(index), os.O_WRONLY)
    seen = {
        "where": ["a.json", "b.json"], "one": "done", "indexes": ["ByA"], "index": ["1"],
        "links": ["a.json", "b.json"], "info": "Users", "export": 2, "schema": "Users", "stream": True,
    }  # fmt: skip
    for mode in (0o750, 0o710, 0o730, 0o770):
        os.chmod(shared, mode)
        told = as_user(mount, "member", VIEWS, str(mount.path))
        may_read = bool(bits("member", mode) & 4)
        assert told == (seen if may_read else dict.fromkeys(seen, "EACCES")), f"{mode:o}"


# What the engine judges


def update(expression, values=None):
    """An update may fail by what is there, and so tell of it."""
    asked = {"TableName": "Users", "Key": item(id="u"), "UpdateExpression": expression}
    values = item(**{":n": 1}) if values is None else values
    return {**asked, "ExpressionAttributeValues": values} if values else asked


def older(action):
    updates = {"n": {"Action": action, "Value": {"N": "1"}}}
    return {"TableName": "Users", "Key": item(id="u"), "AttributeUpdates": updates}


ASKED = {  # the file, what is asked, and the rights it takes; o: the owner's alone
    "select": (".partiql", """SELECT * FROM "Users" WHERE id = 'a'\n""", "r"),
    "count": (".partiql", """SELECT id FROM "Users"\n""", "r"),
    "insert": (".partiql", """INSERT INTO "Users" VALUE {'id': 'i'}\n""", "w"),
    "update": (".partiql", """UPDATE "Users" SET n = 1 WHERE id = 'a'\n""", "w"),
    "update from": (".partiql", """UPDATE "Users" SET n = a WHERE id = 'a'\n""", "rw"),
    "update if": (".partiql", """UPDATE "Users" SET n = 1 WHERE id = 'a' AND a = 1\n""", "rw"),
    "update and see": (".partiql", """UPDATE "Users" SET n = 1 WHERE id = 'a' RETURNING ALL OLD *\n""", "rw"),
    "delete": (".partiql", """DELETE FROM "Users" WHERE id = 'i'\n""", "w"),
    "get": (".api/GetItem", {"TableName": "Users", "Key": item(id="a")}, "r"),
    "scan": (".api/Scan", {"TableName": "Users"}, "r"),
    "put": (".api/PutItem", {"TableName": "Users", "Item": item(id="p")}, "w"),
    "put and see": (
        ".api/PutItem",
        {"TableName": "Users", "Item": item(id="p"), "ReturnValues": "ALL_OLD"},
        "rw",
    ),
    "put if": (
        ".api/PutItem",
        {"TableName": "Users", "Item": item(id="p"), "ConditionExpression": "attribute_exists(id)"},
        "rw",
    ),
    "set": (".api/UpdateItem", update("SET n = :n REMOVE m"), "w"),
    "copy": (".api/UpdateItem", update("SET n = a REMOVE m", {}), "rw"),
    "set within": (".api/UpdateItem", update("SET m = :n, a.b = :n"), "rw"),
    "add": (".api/UpdateItem", update("ADD n :n"), "rw"),
    "put as before": (".api/UpdateItem", older("PUT"), "w"),
    "add as before": (".api/UpdateItem", older("ADD"), "rw"),
    "set together": (".api/TransactWriteItems", {"TransactItems": [{"Update": update("SET n = :n")}]}, "w"),
    "add together": (".api/TransactWriteItems", {"TransactItems": [{"Update": update("ADD n :n")}]}, "rw"),
    "remove": (".api/DeleteItem", {"TableName": "Users", "Key": item(id="p")}, "w"),
    "batch get": (".api/BatchGetItem", {"RequestItems": {"Users": {"Keys": [item(id="a")]}}}, "r"),
    "batch put": (
        ".api/BatchWriteItem",
        {"RequestItems": {"Users": [{"PutRequest": {"Item": item(id="p")}}]}},
        "w",
    ),
    "get together": (
        ".api/TransactGetItems",
        {"TransactItems": [{"Get": {"TableName": "Users", "Key": item(id="a")}}]},
        "r",
    ),
    "write together": (
        ".api/TransactWriteItems",
        {"TransactItems": [{"Put": {"TableName": "Users", "Item": item(id="p")}}]},
        "w",
    ),
    "check together": (
        ".api/TransactWriteItems",
        {
            "TransactItems": [
                {
                    "ConditionCheck": {
                        "TableName": "Users",
                        "Key": item(id="a"),
                        "ConditionExpression": "attribute_exists(id)",
                    }
                }
            ]
        },
        "r",
    ),
    "statement": (".api/ExecuteStatement", {"Statement": 'SELECT id FROM "Users"'}, "r"),
    "describe": (".api/DescribeTable", {"TableName": "Users"}, "r"),
    "time to live": (".api/DescribeTimeToLive", {"TableName": "Users"}, "r"),
    "change": (".api/UpdateTable", {"TableName": "Users", "DeletionProtectionEnabled": False}, "o"),
    "expire": (
        ".api/UpdateTimeToLive",
        {"TableName": "Users", "TimeToLiveSpecification": {"Enabled": False, "AttributeName": "e"}},
        "o",
    ),
    "limits": (".api/DescribeLimits", {}, ""),
    "tables": (".api/ListTables", {}, ""),
}

ASKING = """
os.chdir(sys.argv[2])
asked = json.loads(sys.argv[3])
def tell(path, text):
    told = ask(path, text if isinstance(text, str) else json.dumps(text))
    return "DENIED" if "not authorized" in told or "AccessDenied" in told else "done"
print(json.dumps({name: attempt(lambda: tell(*asked[name])) for name in asked}))
"""
REFUSED = {"EACCES", "DENIED"}
# Allowed, and refused for another reason:
OTHERWISE = {"ECANCELED", "EINVAL", "ENOENT"}


@pytest.mark.limit(240)
@pytest.mark.parametrize("name", USERS)
def test_what_is_asked_is_judged_by_the_table_s_rights(mount, shared, name):
    asked = json.dumps({ask: (path, text) for ask, (path, text, _) in ASKED.items()})
    for mode in (0o777, 0o755, 0o733, 0o700, 0o711, 0o722, 0o644, 0o000):
        os.chmod(shared, mode)
        told = as_user(mount, name, ASKING, str(mount.path), asked)
        has = bits(name, mode)
        for ask, (_, _, rights) in ASKED.items():
            needed = {"": 0, "r": 5, "w": 3, "rw": 7, "o": 0}[rights]
            allowed = has & needed == needed and (rights != "o" or name == "owner")
            assert (told[ask] not in REFUSED) == allowed, f"{ask} by {name} with {mode:o}: {told[ask]}"
            assert told[ask] in {"done", *REFUSED, *OTHERWISE}, f"{ask} by {name} with {mode:o}: {told[ask]}"


QUESTIONS = """
os.chdir(sys.argv[2] + "/Users")
acts = {
    "read": lambda: ask(".query", "a = 1\\n"),
    "insert": lambda: ask(".query", "INSERT INTO Users VALUE {'id': 'q'}\\n"),
    "delete": lambda: ask(".query", "DELETE FROM Users WHERE id = 'q'\\n"),
    "another": lambda: ask(".query", "SELECT * FROM Others\\n"),
}
print(json.dumps({act: attempt(acts[act]) for act in acts}))
"""


def test_a_question_needs_what_it_does(mount, shared):
    other = mount.table("Others", "id:S")
    save(other / "secret.json", '{"secret": 1}')
    os.chmod(other, 0o700)
    for mode, answers in {
        0o750: ("lines", "EACCES", "EACCES"),
        0o730: ("EACCES", "", ""),
        0o770: ("lines", "", ""),
        0o710: ("EACCES", "EACCES", "EACCES"),
    }.items():
        os.chmod(shared, mode)
        told = as_user(mount, "member", QUESTIONS, str(mount.path))
        if answers[0] == "lines":
            assert {json.loads(line)["id"] for line in told["read"].splitlines()} == {"a", "b"}
        else:
            assert told["read"] == answers[0]
        assert (told["insert"], told["delete"]) == answers[1:], f"{mode:o}"
        assert "secret" not in told["another"]
    assert sorted(os.listdir(shared)) == ["a.json", "b.json"]


def test_the_reason_is_in_error(mount, shared):
    os.chmod(shared, 0o750)
    program = """
os.chdir(sys.argv[2])
attempt(lambda: ask(".api/PutItem", sys.argv[3]))
print(json.dumps(open(".error").read()))
"""
    told = as_user(mount, "member", program, str(mount.path), json.dumps(ASKED["put"][1]))
    assert "EACCES AccessDeniedException\npath: .api/PutItem\n" in told
    owners = f"its owner is {OWNER}, its group {GROUP}, its mode 0750"
    assert f"User {MEMBER} may not write to table Users: {owners}" in told


def test_no_operation_of_another_s_table_is_left_open(mount, shared):
    """What changes a table is its owner's, also by operations without a file of their own."""
    os.chmod(shared, 0o777)
    arn = json.loads(read_text(shared / ".info"))["TableArn"]
    asked = {
        "DeleteTable": {"TableName": "Users"},
        "TagResource": {"ResourceArn": arn, "Tags": [{"Key": "a", "Value": "b"}]},
        "UntagResource": {"ResourceArn": arn, "TagKeys": ["a"]},
        "PutResourcePolicy": {"ResourceArn": arn, "Policy": '{"Statement": []}'},
        "DeleteResourcePolicy": {"ResourceArn": arn},
        "CreateTable": {
            "TableName": "Another",
            "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    }
    program = ASKING.replace("tell(*asked[name])", 'tell(".api/" + name, asked[name])')
    told = as_user(mount, "member", program, str(mount.path), json.dumps(asked))
    assert set(told.values()) == {"EACCES"}, told
    os.chmod(mount.path, 0o777)
    files = json.dumps({"ImportTable": {"TableCreationParameters": {"TableName": "Imported"}}})
    assert as_user(mount, "member", program, str(mount.path), files) == {"ImportTable": "EACCES"}
    drop = json.dumps({"DeleteTable": asked["DeleteTable"]})
    assert as_user(mount, "owner", program, str(mount.path), drop) == {"DeleteTable": "done"}
    assert not os.path.exists(shared)


def test_what_is_left_of_a_table_is_not_for_everybody(mount, shared):
    """Its stream can be read for a day more, and backups outlast it."""
    os.chmod(shared, 0o777)
    arn = json.loads(read_text(shared / ".info"))["LatestStreamArn"]
    program = ASKING.replace("tell(*asked[name])", 'tell(".api/" + name, asked[name])')
    asked = json.dumps({"DescribeStream": {"StreamArn": arn}})
    assert as_user(mount, "other", program, str(mount.path), asked) == {"DescribeStream": "done"}
    save(mount / ".api/DeleteTable", '{"TableName": "Users"}', os.O_WRONLY)
    assert as_user(mount, "other", program, str(mount.path), asked) == {"DescribeStream": "EACCES"}
    assert as_user(mount, (0, 0, []), program, str(mount.path), asked) == {"DescribeStream": "done"}


def test_metrics_of_a_table_are_for_who_may_read_it(mount, shared):
    def statistics(dimensions):
        return {
            "Namespace": "AWS/DynamoDB", "MetricName": "ConsumedWriteCapacityUnits", "Period": 60,
            "StartTime": 1e9, "EndTime": 1e9 + 60, "Statistics": ["Sum"], "Dimensions": dimensions,
        }  # fmt: skip

    users = [{"Name": "TableName", "Value": "Users"}]
    asked = {
        "one": (".api/GetMetricStatistics", statistics(users)),
        "names": (".api/ListMetrics", {"Dimensions": users}),
        "all": (".api/GetMetricStatistics", statistics([])),
        "all names": (".api/ListMetrics", {}),
        "any table": (".api/ListMetrics", {"Dimensions": [{"Name": "TableName"}]}),
        "backups": (".api/ListBackups", {}),
        "one's backups": (".api/ListBackups", {"TableName": "Users"}),
    }
    own = {"one", "names", "one's backups"}
    for mode, allowed in ((0o750, own), (0o710, set()), (0o777, own)):
        os.chmod(shared, mode)
        told = as_user(mount, "member", ASKING, str(mount.path), json.dumps(asked))
        assert {ask for ask in told if told[ask] not in REFUSED} == allowed, f"{mode:o}: {told}"
    assert stat.filemode(os.stat(mount / ".metrics").st_mode) == "-r--------"
    assert set(as_user(mount, (0, 0, []), ASKING, str(mount.path), json.dumps(asked)).values()) == {"done"}
    # An alarm tells what it watches.
    os.chmod(mount.path, 0o777)
    os.chmod(shared, 0o711)
    alarm = {
        "AlarmName": "spy", "Namespace": "AWS/DynamoDB", "MetricName": "ConsumedWriteCapacityUnits",
        "Dimensions": users, "Period": 60, "EvaluationPeriods": 1, "Threshold": 1, "Statistic": "Sum",
        "ComparisonOperator": "GreaterThanThreshold",
    }  # fmt: skip
    spy = json.dumps({"spy": (".api/PutMetricAlarm", alarm)})
    assert as_user(mount, "other", ASKING, str(mount.path), spy)["spy"] in REFUSED
    assert as_user(mount, "owner", ASKING, str(mount.path), spy)["spy"] == "done"
    file = """
fd = os.open(sys.argv[2] + "/.alarms/spy2.json", os.O_WRONLY | os.O_CREAT, 0o644)
print(json.dumps(attempt(lambda: os.write(fd, sys.argv[3].encode()) and None)))
"""
    del alarm["AlarmName"]
    assert as_user(mount, "other", file, str(mount.path), json.dumps(alarm)) == "EACCES"
    assert as_user(mount, "owner", file, str(mount.path), json.dumps(alarm)) == "done"


ANSWERS = """
os.chdir(sys.argv[2])
asked = json.loads(sys.argv[3])
print(json.dumps({name: attempt(lambda: json.loads(ask(".api/" + name, json.dumps(asked[name])))) for name in asked}))
"""


def answers(mount, name, **asked):
    """What each operation answers to one of the users, or its errno."""
    return as_user(mount, name, ANSWERS, str(mount.path), json.dumps(asked))


def answer(mount, name, operation, **asked):
    return answers(mount, name, **{operation: asked})[operation]


def wait_for(condition):
    for _ in range(400):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it never came")


def back_up(mount):
    """The ARN of a new backup, made by the table's owner."""
    told = answer(mount, "owner", "CreateBackup", TableName="Users", BackupName="backup")
    arn = told["BackupDetails"]["BackupArn"]

    def is_made():
        told = answer(mount, "owner", "DescribeBackup", BackupArn=arn)
        return told["BackupDescription"]["BackupDetails"]["BackupStatus"] == "AVAILABLE"

    wait_for(is_made)
    return arn


def test_what_a_table_left_is_not_for_who_makes_another_of_its_name(mount, shared):
    os.chmod(shared, 0o700)
    os.chmod(mount.path, 0o777)
    stream = json.loads(read_text(shared / ".info"))["LatestStreamArn"]
    backup = back_up(mount)
    assert "TableDescription" in answer(mount, "owner", "DeleteTable", TableName="Users")
    make = 'os.chdir(sys.argv[2]); os.mkdir("Users"); save("Users/.schema", "id:S"); print(0)'
    as_user(mount, "other", make, str(mount.path))
    told = answers(
        mount,
        "other",
        DescribeStream={"StreamArn": stream},
        DescribeBackup={"BackupArn": backup},
        RestoreTableFromBackup={"BackupArn": backup, "TargetTableName": "Stolen"},
        DeleteBackup={"BackupArn": backup},
    )
    assert set(told.values()) == {"EACCES"}, told
    own = json.loads(read_text(mount / "Users/.info"))["LatestStreamArn"]
    told = answer(mount, "other", "DescribeStream", StreamArn=own)
    assert told["StreamDescription"]["StreamArn"] == own
    assert "BackupDescription" in answer(mount, (0, 0, []), "DescribeBackup", BackupArn=backup)


def test_a_restored_table_has_the_owner_and_the_mode_of_its_source(mount, shared):
    os.chmod(mount.path, 0o777)
    os.chmod(shared, 0o700)
    told = answer(mount, "owner", "RestoreTableFromBackup", BackupArn=back_up(mount), TargetTableName="Again")
    assert told["TableDescription"]["TableStatus"] == "CREATING"

    def is_active():
        told = answer(mount, (0, 0, []), "DescribeTable", TableName="Again")
        return told["Table"]["TableStatus"] == "ACTIVE"

    wait_for(is_active)
    made = os.stat(mount / "Again")
    assert (made.st_uid, made.st_gid, stat.S_IMODE(made.st_mode)) == (OWNER, GROUP, 0o700)
    look = "print(json.dumps(attempt(lambda: sorted(os.listdir(sys.argv[2])))))"
    assert as_user(mount, "other", look, str(mount / "Again")) == "EACCES"
    assert as_user(mount, "owner", look, str(mount / "Again")) == ["a.json", "b.json"]


# Transactions


def test_a_transaction_is_as_its_tables(mount, shared):
    program = """
os.chdir(sys.argv[2] + "/.transact")
mode = sys.argv[3]
os.mkdir("t" + mode)
path = "t" + mode + "/Users/"
acts = {
    "mode": lambda: oct(stat.S_IMODE(os.stat(path).st_mode)),
    "list": lambda: sorted(os.listdir(path)),
    "read": lambda: open(path + "a.json").read(),
    "write": lambda: save(path + "a.json", '{"a": 1, "t": 1}'),
    "create": lambda: save(path + "t.json", "{}"),
    "commit": lambda: save("t" + mode + "/.ctl", "commit\\n", os.O_WRONLY),
}
print(json.dumps({act: attempt(acts[act]) for act in acts}))
"""
    for mode in (0o710, 0o750, 0o770):
        save(shared / "a.json", ITEM)
        os.chmod(shared, mode)
        told = as_user(mount, "member", program, str(mount.path), f"{mode:o}")
        has = bits("member", mode)
        assert told == {
            "mode": oct(mode),
            "list": ["a.json", "b.json"] if has & 4 else "EACCES",
            "read": ITEM if has & 4 else "EACCES",
            "write": "done" if has & 2 else "EACCES",
            "create": "done" if has & 2 else "EACCES",
            "commit": "done",
        }
    assert sorted(os.listdir(shared)) == ["a.json", "b.json", "t.json"]


def test_a_commit_needs_the_rights_that_there_are_then(mount, shared):
    os.chmod(shared, 0o770)
    begin = """
os.chdir(sys.argv[2] + "/.transact")
os.mkdir("t")
save("t/Users/t.json", "{}")
print("{}")
"""
    commit = """
os.chdir(sys.argv[2] + "/.transact")
print(json.dumps(attempt(lambda: save("t/.ctl", "commit\\n", os.O_WRONLY))))
"""
    as_user(mount, "member", begin, str(mount.path))
    os.chmod(shared, 0o750)
    assert as_user(mount, "member", commit, str(mount.path)) == "EACCES"
    assert not os.path.exists(shared / "t.json")
    os.chmod(shared, 0o770)
    assert as_user(mount, "member", commit, str(mount.path)) == "done"
    assert read_text(shared / "t.json") == "{}"


def test_a_transaction_is_its_user_s_alone(mount, shared):
    mine = 'os.mkdir(sys.argv[2] + "/.transact/mine"); print("{}")'
    as_user(mount, "member", mine, str(mount.path))
    program = """
path = sys.argv[2] + "/.transact/mine"
acts = [lambda: os.listdir(path), lambda: save(path + "/.ctl", "abort\\n", os.O_WRONLY), lambda: os.rmdir(path)]
print(json.dumps([attempt(act) for act in acts]))
"""
    assert as_user(mount, "other", program, str(mount.path)) == ["EACCES", "EACCES", "EPERM"]
    end = 'print(json.dumps(attempt(lambda: os.rmdir(sys.argv[2] + "/.transact/mine"))))'
    assert as_user(mount, "member", end, str(mount.path)) == "done"


# Changing them


def test_owner_and_mode_outlive_a_remount(mount, shared):
    os.chmod(shared, 0o2750)
    os.chmod(mount.path, 0o711)
    mount.remount("allow_other")
    st = os.stat(shared)
    assert (stat.S_IMODE(st.st_mode), st.st_uid, st.st_gid) == (0o750, OWNER, GROUP)
    assert stat.S_IMODE(os.stat(mount.path).st_mode) == 0o711
    assert stat.S_IMODE(os.stat(shared / "a.json").st_mode) == 0o640
    mount.kill9()
    mount.start("allow_other")
    assert os.stat(shared).st_uid == OWNER


def test_only_the_owner_changes_the_mode_and_only_root_the_owner(mount, shared):
    os.chmod(shared, 0o777)
    program = """
path = sys.argv[2]
acts = [
    lambda: os.chmod(path, 0o755), lambda: os.chown(path, uid, -1), lambda: os.chown(path, -1, gid),
    lambda: os.chown(path, -1, 1), lambda: os.chown(path, -1, -1), lambda: os.chmod(path, 0o1777),
]
print(json.dumps([attempt(act) for act in acts]))
"""
    assert as_user(mount, "member", program, str(shared)) == ["EPERM"] * 4 + ["done", "EPERM"]
    assert as_user(mount, "other", program, str(shared)) == ["EPERM"] * 4 + ["done", "EPERM"]
    assert as_user(mount, "owner", program, str(shared)) == ["done", "done", "done", "EPERM", "done", "EPERM"]
    st = os.stat(shared)
    assert (stat.S_IMODE(st.st_mode), st.st_uid, st.st_gid) == (0o755, OWNER, USERS["owner"][1])


def test_the_rest_of_a_table_has_no_mode_of_its_own(mount, shared):
    paths = [shared / name for name in ("a.json", ".schema", ".info", ".query", ".where")]
    for path in paths:
        if path.name != ".where":
            os.chmod(path, stat.S_IMODE(os.stat(path).st_mode))
        with refused(errno.EPERM, errno.EROFS):
            os.chmod(path, 0o600)
        with refused(errno.EPERM, errno.EROFS):
            os.chown(path, OTHER, -1)


def test_a_change_is_seen_at_once(mount, shared):
    """Whatever the kernel has in its cache, for any user."""
    program = """
import time
path = sys.argv[2] + "/"
acts = [lambda: open(path + "a.json").read(), lambda: len(os.listdir(path)) > 1]
for line in sys.stdin:
    print(*(attempt(act) for act in acts), flush=True)
"""
    who = json.dumps(USERS["member"])
    with subprocess.Popen(
        ["/usr/bin/python3", "-c", PRELUDE + program, who, str(shared)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=mount.environment,
    ) as process:  # fmt: skip

        def told():
            process.stdin.write("\n")
            process.stdin.flush()
            return process.stdout.readline().strip()

        for _ in range(20):
            os.chmod(shared, 0o750)
            assert told() == f"{ITEM} True"
            assert told() == f"{ITEM} True"
            os.chmod(shared, 0o710)
            assert told() == "EACCES EACCES"
            os.chmod(shared, 0o700)
            assert told() == "EACCES EACCES"
        process.stdin.close()


def test_a_change_under_load_leaves_no_old_rights(mount, shared):
    """Looking up and changing at once, again and again."""
    for number in range(40):
        save(shared / f"n{number}.json", "{}")
    program = """
import threading
path = sys.argv[2] + "/"
def look():
    for _ in range(12):
        for number in range(40):
            attempt(lambda: os.stat(path + f"n{number}.json") and None)
        attempt(lambda: [entry.stat() for entry in os.scandir(path)] and None)
threads = [threading.Thread(target=look) for _ in range(3)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print("{}")
"""
    looking = threading.Thread(target=as_user, args=(mount, "member", program, str(shared)))
    looking.start()
    for mode in itertools.islice(itertools.cycle((0o750, 0o711, 0o755)), 30):
        os.chmod(shared, mode)
    looking.join()
    os.chmod(shared, 0o711)
    modes = {stat.S_IMODE(os.stat(shared / f"n{number}.json").st_mode) for number in range(40)}
    assert modes == {0o600}


# Where tables come from


def test_a_table_belongs_to_who_makes_it(mount, shared):
    os.chmod(mount.path, 0o777)
    program = """
os.chdir(sys.argv[2])
os.umask(0o027)
os.mkdir("Mine")
before = os.stat("Mine")
save("Mine/.schema", "id:S\\n")
ask(".api/CreateTable", sys.argv[3])
told = [before, os.stat("Mine"), os.stat("Mine/.schema"), os.stat("Asked")]
print(json.dumps([(stat.S_IMODE(one.st_mode), one.st_uid, one.st_gid) for one in told]))
"""
    asked = {
        "TableName": "Asked",
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    uid, gid, _ = USERS["member"]
    told = as_user(mount, "member", program, str(mount.path), json.dumps(asked))
    assert told == [[0o750, uid, gid], [0o750, uid, gid], [0o640, uid, gid], [0o750, uid, gid]]
    look = "print(json.dumps(attempt(lambda: os.listdir(sys.argv[2]))))"
    assert as_user(mount, "other", look, str(mount / "Mine")) == "EACCES"


def test_an_announced_table_has_an_owner_and_a_mode_too(mount, shared):
    os.mkdir(mount / "Soon", 0o700)
    assert stat.S_IMODE(os.stat(mount / "Soon").st_mode) == 0o700
    os.chmod(mount / "Soon", 0o770)
    os.chown(mount / "Soon", -1, GROUP)
    program = 'print(json.dumps(attempt(lambda: os.listdir(sys.argv[2]))))'
    assert as_user(mount, "member", program, str(mount / "Soon")) == []
    assert as_user(mount, "other", program, str(mount / "Soon")) == "EACCES"
    save(mount / "Soon/.schema", "id:S\n")
    st = os.stat(mount / "Soon")
    assert (stat.S_IMODE(st.st_mode), st.st_gid) == (0o770, GROUP)


def test_a_table_made_over_http_belongs_to_the_mount_s_owner(mount):
    mount.remount("http=127.0.0.1:0")
    http_door(mount).client().create_table(
        TableName="Remote",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    st = os.stat(mount / "Remote")
    assert (stat.S_IMODE(st.st_mode), st.st_uid, st.st_gid) == (0o755, os.getuid(), os.getgid())


def test_nobody_makes_a_table_where_he_may_not_write(mount, shared):
    program = """
os.chdir(sys.argv[2])
print(json.dumps([attempt(lambda: os.mkdir("Mine")), attempt(lambda: save("x.tmp", "x"))]))
"""
    assert as_user(mount, "other", program, str(mount.path)) == ["EACCES", "EACCES"]
    os.chmod(mount.path, 0o777)
    assert as_user(mount, "other", program, str(mount.path)) == ["done", "done"]


def test_the_root_closes_everything_below(mount, shared):
    os.chmod(shared, 0o777)
    os.chmod(mount.path, 0o700)
    program = """
print(json.dumps([attempt(lambda: os.stat(sys.argv[2] + name) and None) for name in
    ("/Users", "/Users/a.json", "/.partiql", "/.api/Scan", "/.error", "/.transact")]))
"""
    assert as_user(mount, "other", program, str(mount.path)) == ["EACCES"] * 6


def test_an_item_is_not_moved_to_where_it_can_be_read(mount, shared):
    """A plain file keeps its mode when it moves; an item gets its new table's."""
    os.chmod(shared, 0o733)
    mine = mount.table("Mine", "id:S")
    os.chown(mine, MEMBER, USERS["member"][1])
    program = """
os.chdir(sys.argv[2])
print(json.dumps([attempt(lambda: os.rename("Users/a.json", "Mine/a.json")), os.listdir("Mine")]))
"""
    assert as_user(mount, "member", program, str(mount.path)) == ["EACCES", []]
    os.chmod(shared, 0o773)
    assert as_user(mount, "member", program, str(mount.path)) == ["done", ["a.json"]]


def test_root_may_do_anything(mount, shared):
    os.chmod(shared, 0o000)
    assert read_text(shared / "a.json") == ITEM
    save(shared / "root.json", "{}")
    os.chmod(shared, 0o755)
    assert "root.json" in os.listdir(shared)
