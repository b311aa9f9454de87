"""dynamount backup and restore: a whole data directory, also while it is in use,
checked when it is taken and when it is restored."""

import contextlib
import json
import os
import pty
import select
import shutil
import signal
import stat
import subprocess
import threading

import pytest

import cli
from conftest import copy_directory, module_directory, mounted, served, small_disk
from mounting import CRASH, DYNAMOUNT, STOP_SECONDS, environment, save, wait_until
from secrets_on_disk import make_key, readable

pytestmark = pytest.mark.limit(150)


def fill(workdir, count=200, size=20, data="data", *options):
    lines = [json.dumps({"id": f"item-{n:06}", "n": n, "fill": f"{n:x}" * size}) for n in range(count)]
    made = cli.run(
        "import", "-q", "--create=id:S", *options, f"{data}/Items", "-", cwd=workdir,
        input="\n".join(lines) + "\n",
    )  # fmt: skip
    assert made.returncode == 0, made
    return lines


def items(workdir, data, *options, table="Items"):
    """All items of a table, sorted lines of JSON."""
    out = cli.run("export", "-q", *options, f"{data}/{table}", cwd=workdir)
    assert out.returncode == 0, out
    return sorted(out.stdout.splitlines())


def ok(workdir, *arguments, **how):
    result = cli.run(*arguments, cwd=workdir, **how)
    assert result.returncode == 0, result
    return result


def failed(workdir, *arguments, status=1):
    result = cli.run(*arguments, cwd=workdir)
    assert result.returncode == status, result
    return result.stderr


def remains(workdir, name):
    return [path.name for path in workdir.glob(f"{name}*")]


# What comes back


def test_what_is_restored_is_item_by_item_what_was_there(workdir):
    fill(workdir)
    told = ok(workdir, "backup", "data", "copy")
    assert told.stdout.startswith("backup of data in copy: ")
    assert told.stdout.endswith("; 1 table, 200 items, checked\n")
    before = items(workdir, "data")
    ok(workdir, "call", "data", "DeleteTable", '{"TableName": "Items"}')
    told = ok(workdir, "restore", "copy", "again")
    assert told.stdout.startswith("copy restored in again: ")
    assert items(workdir, "again") == before
    assert "0 problems" in ok(workdir, "check", "again").stdout


def test_a_backup_is_for_its_owner_alone_and_can_be_restored_twice(workdir):
    fill(workdir)
    ok(workdir, "backup", "-q", "data", "copy")
    for here, folders, names in os.walk(workdir / "copy"):
        assert all(stat.S_IMODE(os.stat(f"{here}/{n}").st_mode) == 0o700 for n in folders)
        assert all(stat.S_IMODE(os.stat(f"{here}/{n}").st_mode) == 0o600 for n in names)
    assert stat.S_IMODE(os.stat(workdir / "copy").st_mode) == 0o700
    assert not {"lock", "dynamount.sock", "scratch"} & set(os.listdir(workdir / "copy"))
    for name in ("one", "two"):
        ok(workdir, "restore", "-q", "copy", name)
    assert items(workdir, "one") == items(workdir, "two")


def test_the_manifest_tells_what_there_is(workdir):
    fill(workdir)
    ok(workdir, "backup", "data", "copy")
    manifest = json.loads((workdir / "copy/backup.json").read_text())
    assert (manifest["Tables"], manifest["Items"], manifest["Encrypted"]) == (1, 200, False)
    assert manifest["Source"] == str(workdir / "data")
    for file in manifest["Files"]:
        path = workdir / "copy" / file["Name"]
        sums = subprocess.run(["sha256sum", path], capture_output=True, text=True, check=True).stdout
        assert (path.stat().st_size, sums.split()[0]) == (file["Bytes"], file["SHA256"])
    assert {file["Name"] for file in manifest["Files"]} == set(os.listdir(workdir / "copy")) - {"backup.json"}


def test_everything_of_a_table_comes_back(workdir):
    with served(workdir) as server:
        db = server.start().client()
        db.create_table(
            TableName="Items", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[
                {"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "n", "AttributeType": "N"},
            ],
            GlobalSecondaryIndexes=[{
                "IndexName": "ByN", "KeySchema": [{"AttributeName": "n", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
            BillingMode="PAY_PER_REQUEST", Tags=[{"Key": "k", "Value": "v"}],
        )  # fmt: skip
        for n in range(300):
            db.put_item(TableName="Items", Item={"id": {"S": str(n)}, "n": {"N": str(n % 7)}})
        db.create_backup(TableName="Items", BackupName="inner")
        wait_until(
            lambda: db.list_backups()["BackupSummaries"][0]["BackupStatus"] == "AVAILABLE", 20, "a backup"
        )
        described = db.describe_table(TableName="Items")["Table"]
        ok(workdir, "backup", "data", "copy")
        ok(workdir, "restore", "copy", "other")
        key = make_key(workdir)
        ok(workdir, "restore", "--key-file=key", "copy", "safe")
    for name, options in (("other", []), ("safe", [f"--key-file={key}"])):
        shutil.rmtree(workdir / "data")
        (workdir / name).rename(workdir / "data")
        with served(workdir, *options) as server:
            db = server.start().client()
            assert db.describe_table(TableName="Items")["Table"] == described
            found = db.query(
                TableName="Items", IndexName="ByN", KeyConditionExpression="n = :n",
                ExpressionAttributeValues={":n": {"N": "3"}}, Select="COUNT",
            )  # fmt: skip
            assert found["Count"] == 43
            assert db.list_tags_of_resource(ResourceArn=described["TableArn"])["Tags"]
            tail = cli.run("tail", "-n", "3", "data/Items", cwd=workdir).stdout
            assert [json.loads(line)["eventName"] for line in tail.splitlines()] == ["INSERT"] * 3
            arn = db.list_backups()["BackupSummaries"][0]["BackupArn"]
            db.restore_table_from_backup(TargetTableName="Inner", BackupArn=arn)
            wait_until(
                lambda: db.describe_table(TableName="Inner")["Table"]["TableStatus"] == "ACTIVE", 20, "Inner"
            )
            assert db.scan(TableName="Inner", Select="COUNT")["Count"] == 300


# While it is in use


class Writer(threading.Thread):
    """Transactions one after another, each of two items that must agree."""

    def __init__(self, server, name, count=40):
        super().__init__()
        self.client, self.name, self.count = server.client(), name, count
        self.acknowledged = 0  # transactions
        self.begun = 0
        self.ending = threading.Event()
        self.error = None

    def run(self):
        try:
            while not self.ending.is_set():
                self.write(self.begun)
                self.acknowledged += 1
        except Exception as error:
            self.error = error

    def write(self, n):
        self.begun = n + 1
        puts = [
            {"Put": {"TableName": "Pairs", "Item": {
                "id": {"S": f"{self.name}-{side}-{n % self.count}"}, "n": {"N": str(n)},
            }}} for side in ("left", "right")
        ]  # fmt: skip
        self.client.transact_write_items(TransactItems=puts)

    def end(self):
        self.ending.set()
        self.join()
        assert self.error is None, self.error


@contextlib.contextmanager
def writing(server, count=2):
    server.client().create_table(
        TableName="Pairs", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], BillingMode="PAY_PER_REQUEST",
    )  # fmt: skip
    writers = [Writer(server, f"writer{i}") for i in range(count)]
    for writer in writers:
        writer.start()
    try:
        yield writers
    finally:
        for writer in writers:
            writer.end()


def check_moment(found, writer, least, most):
    """What is there is the writer's model after some number of its transactions, which
    is at least those acknowledged before and at most those begun after."""
    mine = {i["id"]: i["n"] for i in found if i["id"].startswith(writer.name + "-")}
    done = max(mine.values()) + 1
    assert least <= done <= most, (least, done, most)
    model = {}
    for n in range(done):
        model[f"{writer.name}-left-{n % writer.count}"] = n
        model[f"{writer.name}-right-{n % writer.count}"] = n
    assert mine == model


@pytest.mark.parametrize("encrypted", [False, True])
def test_under_load_it_is_the_directory_at_one_moment(workdir, encrypted):
    options = [f"--key-file={make_key(workdir)}"] if encrypted else []
    fill(workdir, 3000, 20, "data", *options)
    with served(workdir, *options) as server:
        server.start()
        with writing(server) as writers:
            wait_until(lambda: all(w.acknowledged > 20 for w in writers), 30, "writing")
            for n in range(2):
                least = [w.acknowledged for w in writers]
                ok(workdir, "backup", "data", f"copy{n}")
                most = [w.begun for w in writers]
                ok(workdir, "restore", f"copy{n}", f"again{n}", *options)
                found = [json.loads(line) for line in items(workdir, f"again{n}", *options, table="Pairs")]
                for i, writer in enumerate(writers):
                    check_moment(found, writer, least[i], most[i])
                assert len(items(workdir, f"again{n}", *options)) == 3000
        assert all(w.acknowledged > 100 for w in writers), "they were held up"
    if encrypted:
        assert readable(workdir / "copy1", "item-000001", "writer0-left") == []
        assert readable(workdir / "again1", "item-000001", "writer0-left") == []


@pytest.mark.parametrize("way", ["mount", "inside", "data"])
def test_a_mount_takes_its_own_backup(workdir, way):
    with mounted(workdir) as mount:
        table = mount.start().table("Movies", "year:N title:S")
        (table / "2013").mkdir()
        save(table / "2013/Rush.json", '{"rating": 8.3}')
        save(table / "2013/notes.tmp", "scratch")
        where = {"mount": mount.path, "inside": mount.path / "Movies/2013", "data": mount.data}[way]
        ok(workdir, "backup", where, workdir / "copy")
        save(table / "2013/Gravity.json", "{}")
        mount.stop()
        ok(workdir, "restore", "copy", "again")
        assert items(workdir, "again", table="Movies") == ['{"year":2013,"title":"Rush","rating":8.3}']


def test_a_second_backup_waits_for_its_turn(workdir):
    fill(workdir, 20000)
    with served(workdir) as server:
        server.start()
        with cli.started("backup", "data", "one", cwd=workdir) as first:
            wait_until(lambda: (workdir / "one.partial").exists(), 20, "a beginning")
            errors = failed(workdir, "backup", "data", "two")
            assert f"A backup to {workdir}/one is being taken" in errors
            assert first.wait(60) == 0
        ok(workdir, "backup", "data", "two")


# Places


def test_nothing_is_overwritten(workdir):
    fill(workdir)
    ok(workdir, "backup", "data", "copy")
    assert "copy is there already" in failed(workdir, "backup", "data", "copy")
    assert "data is there already, and it is no empty directory" in failed(workdir, "restore", "copy", "data")
    (workdir / "file").touch()
    assert "is there already" in failed(workdir, "backup", "data", "file")
    (workdir / "empty").mkdir()
    ok(workdir, "restore", "copy", "empty")
    assert items(workdir, "empty") == items(workdir, "data")


def test_a_wrong_place_is_told(workdir):
    fill(workdir)
    assert "cannot lie in it" in failed(workdir, "backup", "data", "data/copy")
    assert "No such file or directory" in failed(workdir, "backup", "data", "nowhere/copy")
    assert "is an endpoint" in failed(workdir, "backup", "http://127.0.0.1:9", "copy")
    assert "data is no backup: it has no backup.json" in failed(workdir, "restore", "data", "again")
    assert failed(workdir, "backup", "data", status=2) and failed(workdir, "restore", "copy", status=2)
    with mounted(workdir) as mount:
        mount.start()
        assert "lies in a mount of dynamount" in failed(workdir, "backup", "data", mount / "copy")
    assert remains(workdir, "copy") == [] and remains(workdir, "again") == []


# Damage


def damage_short(copy, name):
    os.truncate(copy / name, (copy / name).stat().st_size - 4096)


def damage_changed(copy, name):
    with open(copy / name, "r+b") as file:
        file.seek(4096)
        byte = file.read(1)
        file.seek(4096)
        file.write(bytes([byte[0] ^ 1]))


def damage_missing(copy, name):
    (copy / name).unlink()


@pytest.mark.parametrize(
    "damage, words",
    [(damage_short, "bytes in place of"), (damage_changed, "was changed"), (damage_missing, "is missing")],
)
def test_a_damaged_backup_is_refused_with_the_files_name(workdir, damage, words):
    fill(workdir, 2000)
    ok(workdir, "backup", "data", "copy")
    names = [path.name for path in (workdir / "copy").glob("table-*.db")]
    names += [path.name for path in (workdir / "copy").glob("log.*")] + ["catalog.db"]
    for name in names:
        kept = (workdir / "copy" / name).read_bytes()
        damage(workdir / "copy", name)
        errors = failed(workdir, "restore", "copy", "again")
        assert f"The backup is damaged: copy/{name} {words}" in errors or (name in errors and words in errors)
        assert remains(workdir, "again") == []
        (workdir / "copy" / name).write_bytes(kept)
    ok(workdir, "restore", "copy", "again")


def test_a_cut_manifest_is_refused(workdir):
    fill(workdir)
    ok(workdir, "backup", "data", "copy")
    path = workdir / "copy/backup.json"
    text = path.read_text()
    path.write_text(text[: len(text) // 2])
    assert "copy/backup.json is damaged" in failed(workdir, "restore", "copy", "again")
    path.write_text(text.replace('"Items": 200', '"Items": 201'))
    assert "its manifest tells of 1 and 201" in failed(workdir, "restore", "copy", "again")
    path.write_text(text.replace('"FormatVersion": 1', '"FormatVersion": 99'))
    assert "newer version" in failed(workdir, "restore", "copy", "again")
    assert remains(workdir, "again") == []


# Keys


def test_an_encrypted_directory_is_converted_and_changes_its_key(workdir):
    make_key(workdir)
    make_key(workdir, "other", "another key of many bytes\n")
    fill(workdir)
    before = items(workdir, "data")
    ok(workdir, "backup", "data", "plain")
    ok(workdir, "restore", "plain", "safe", "--key-file=key")
    assert items(workdir, "safe", "--key-file=key") == before
    assert readable(workdir / "safe", "item-000007") == []
    ok(workdir, "backup", "safe", "sealed", "--key-file", "key")
    assert readable(workdir / "sealed", "item-000007") == []
    assert "is encrypted: name its key" in failed(workdir, "restore", "sealed", "x")
    assert "is not the one that" in failed(workdir, "restore", "sealed", "x", "--key-file=other")
    ok(workdir, "restore", "sealed", "next", "--key-file=other", "--backup-key-file=key")
    assert items(workdir, "next", "--key-file=other") == before
    ok(workdir, "restore", "sealed", "open", "--backup-key-file=key")
    assert items(workdir, "open") == before
    assert "is not encrypted, so" in failed(workdir, "restore", "plain", "x", "--backup-key-file=key")
    assert remains(workdir, "x") == []


# Interrupted


def processor_seconds():
    """Of the processes that have ended."""
    times = os.times()
    return times.children_user + times.children_system


@pytest.fixture(scope="module")
def large_data(request):
    """Enough to have time for an interruption, however fast the program was built."""
    with module_directory(request, "large-data") as directory:
        for count in (80_000, 240_000, 720_000):
            fill(directory, count)
            start = processor_seconds()
            ok(directory, "backup", "data", "measure")
            shutil.rmtree(directory / "measure")
            if processor_seconds() - start > 0.7:
                break
        yield directory / "data"


@pytest.fixture
def large(workdir, large_data):
    copy_directory(large_data, workdir / "data")
    return workdir / "data"


@contextlib.contextmanager
def serving(workdir, served_too):
    if not served_too:
        yield None
        return
    with served(workdir) as server:
        yield server.start()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("online", [False, True])
@pytest.mark.parametrize("phase", ["copying", "checking"])
def test_an_interrupted_backup_leaves_nothing(workdir, large, number, online, phase):
    with serving(workdir, online), cli.started("backup", "data", "copy", cwd=workdir) as backup:
        if phase == "checking":
            while "checking" not in backup.stderr.readline():
                assert backup.poll() is None, "it was too quick"
        else:
            wait_until(lambda: (workdir / "copy.partial").exists(), 20, "a beginning")
        backup.send_signal(number)
        _, errors = backup.communicate(timeout=STOP_SECONDS)
        assert not CRASH.search(errors), errors
        assert (backup.returncode, remains(workdir, "copy")) == (130, []), errors
        assert "the backup was stopped, and nothing is left of it" in errors
    ok(workdir, "backup", "data", "copy")


def test_an_interrupted_restoration_leaves_nothing(workdir, large):
    ok(workdir, "backup", "data", "copy")
    with cli.started("restore", "copy", "again", cwd=workdir) as restore:
        wait_until(lambda: (workdir / "again.partial").exists(), 20, "a beginning")
        restore.send_signal(signal.SIGINT)
        _, errors = restore.communicate(timeout=STOP_SECONDS)
        assert (restore.returncode, remains(workdir, "again")) == (130, []), errors
    ok(workdir, "restore", "copy", "again")


@pytest.mark.parametrize("online", [False, True])
def test_one_that_is_killed_is_told_by_the_next_with_what_to_do(workdir, large, online):
    with serving(workdir, online) as server, cli.started("backup", "data", "copy", cwd=workdir) as backup:
        wait_until(lambda: (workdir / "copy.partial").exists(), 20, "a beginning")
        if online:
            server.kill9()
            _, errors = backup.communicate(timeout=STOP_SECONDS)
            assert (backup.returncode, "the process that had it open has ended" in errors) == (1, True), errors
        else:
            backup.kill()
            backup.wait()
    assert remains(workdir, "copy") == ["copy.partial"]
    errors = failed(workdir, "backup", "data", "copy")
    assert f"remove it: rm -r '{workdir}/copy.partial'" in errors
    assert "copy.partial is no backup" in failed(workdir, "restore", "copy.partial", "again")
    subprocess.run(["rm", "-r", workdir / "copy.partial"], check=True)
    ok(workdir, "backup", "data", "copy")
    assert "0 problems" in ok(workdir, "check", "data").stdout


def test_a_server_that_ends_takes_its_unfinished_backup_along(workdir, large):
    with served(workdir) as server:
        server.start()
        with cli.started("backup", "data", "copy", cwd=workdir) as backup:
            wait_until(lambda: (workdir / "copy.partial").exists(), 20, "a beginning")
            server.stop()
            backup.wait(STOP_SECONDS)
    assert remains(workdir, "copy") in ([], ["copy"])


# A full disk


@pytest.fixture
def disk(workdir):
    with small_disk(workdir / "disk", "6m") as path:
        yield path


@pytest.mark.parametrize("online", [False, True])
def test_a_full_disk_ends_a_backup_and_leaves_nothing(workdir, disk, large, online):
    before = items(workdir, "data")
    with serving(workdir, online):
        errors = failed(workdir, "backup", "data", "disk/copy")
        assert "No space left on device" in errors
        assert os.listdir(disk) == []
        subprocess.run(["mount", "-o", "remount,size=256m", disk], check=True)
        ok(workdir, "backup", "data", "disk/copy")
    assert items(workdir, "data") == before
    assert "0 problems" in ok(workdir, "check", "data").stdout


def test_a_full_disk_ends_a_restoration_and_leaves_nothing(workdir, disk, large):
    ok(workdir, "backup", "data", "copy")
    assert "No space left on device" in failed(workdir, "restore", "copy", "disk/again")
    assert os.listdir(disk) == []
    assert "is a file system's root" in failed(workdir, "restore", "copy", "disk")


# How far it is


def on_terminal(workdir, *arguments):
    """What dynamount writes to a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [DYNAMOUNT, *arguments], cwd=workdir, env=environment(workdir), stdin=theirs, stdout=theirs,
        stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    output = b""
    with contextlib.suppress(OSError):
        while select.select([ours], [], [], 60)[0] and (piece := os.read(ours, 65536)):
            output += piece
    os.close(ours)
    assert process.wait(STOP_SECONDS) == 0, output
    return output.decode()


def test_on_a_terminal_a_bar_shows_bytes_and_time_left(workdir, large):
    shown = on_terminal(workdir, "backup", "data", "copy")
    assert "\rcopying " in shown and "% [=" in shown and " MB" in shown and " left" in shown
    assert "\rchecking the copy " in shown and " items" in shown
    assert shown.rstrip().endswith("checked")
    shown = on_terminal(workdir, "restore", "copy", "again")
    assert "\rverifying the backup " in shown
    assert on_terminal(workdir, "backup", "-q", "data", "quiet") == ""


def steps_told(result):
    return [line.split(":")[0] for line in result.stderr.splitlines()]


def test_elsewhere_each_step_is_a_line(workdir, large):
    """A backup is asked from time to time how far it is: of the last step, that is short, there may
    be nothing to see."""
    result = ok(workdir, "backup", "data", "copy")
    assert steps_told(result) in (
        ["copying", "checking the copy"], ["copying", "checking the copy", "summing the copy"],
    )  # fmt: skip
    result = ok(workdir, "restore", "copy", "again")
    assert steps_told(result) == ["verifying the backup", "copying", "checking the copy"]
    assert "\r" not in result.stderr
