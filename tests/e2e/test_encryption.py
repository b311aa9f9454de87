"""Encryption at rest: with --key-file nothing of an item can be read in any file of
the data directory, and without the right key nothing opens it."""

import contextlib
import errno
import json
import os
import subprocess
import time
from pathlib import Path

import pytest

import cli
from conftest import copy_directory, module_directory, mounted, served
from mounting import DYNAMOUNT, environment, read, read_text, refused, save, wait_until
from secrets_on_disk import KEY, make_key, readable, strings
from terminal import leave_vim, terminal

# Words that stand in no program and no setting.
PARTITION, SORT, TEXT, BYTES, NESTED = (
    "quagga-partition", "okapi-sort-key", "axolotl-in-text", "narwhal-in-bytes", "pangolin-nested",
)  # fmt: skip
NEW, LOST = "wombat-after-update", "lemur-that-was-deleted"
SECRETS = (PARTITION, SORT, TEXT, BYTES, NESTED, NEW, LOST)


@pytest.fixture
def key(workdir):
    return make_key(workdir)


def create(db, **more):
    db.create_table(
        TableName="Animals",
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"},
            {"AttributeName": "text", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexes=[{
            "IndexName": "ByText", "KeySchema": [{"AttributeName": "text", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        BillingMode="PAY_PER_REQUEST", **more,
    )  # fmt: skip


def animal(n=0, **more):
    return {
        "pk": {"S": PARTITION}, "sk": {"S": f"{SORT}-{n:05}"}, "text": {"S": TEXT},
        "bytes": {"B": BYTES.encode()}, "nested": {"M": {"list": {"L": [{"S": NESTED}]}}}, **more,
    }  # fmt: skip


def use_everything(db):
    """Writes by every operation that writes, so that each kind of record is on disk."""
    create(db)
    db.update_time_to_live(
        TableName="Animals", TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"}
    )
    db.update_continuous_backups(
        TableName="Animals", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    for n in range(300):
        db.put_item(TableName="Animals", Item=animal(n, expires={"N": "99999999999"}))
    key = {"pk": {"S": PARTITION}, "sk": {"S": f"{SORT}-00001"}}
    db.update_item(
        TableName="Animals", Key=key, UpdateExpression="SET changed = :v",
        ExpressionAttributeValues={":v": {"S": NEW}},
    )  # fmt: skip
    db.put_item(TableName="Animals", Item=animal(999, lost={"S": LOST}))
    db.delete_item(
        TableName="Animals", Key={"pk": {"S": PARTITION}, "sk": {"S": f"{SORT}-00999"}}
    )
    db.transact_write_items(
        ClientRequestToken="token",
        TransactItems=[{"Put": {"TableName": "Animals", "Item": animal(500)}}],
    )
    db.execute_statement(
        Statement="UPDATE Animals SET said = ? WHERE pk = ? AND sk = ?",
        Parameters=[{"S": NEW}, {"S": PARTITION}, {"S": f"{SORT}-00002"}],
    )
    db.create_backup(TableName="Animals", BackupName="first")
    wait_until(
        lambda: db.list_backups()["BackupSummaries"][0]["BackupStatus"] == "AVAILABLE", 20, "the backup"
    )


def limits(process):
    return Path(f"/proc/{process.pid}/limits").read_text()


# What is on disk


@pytest.mark.limit(180)
def test_nothing_of_an_item_is_readable_in_any_file_of_the_directory(workdir, key):
    options = [f"--key-file={key}", "--audit=data", "--audit-items"]
    with served(workdir, *options) as server:
        db = server.start().client()
        use_everything(db)
        assert readable(server.path, *SECRETS) == []  # while it runs
        server.kill9()
        assert readable(server.path, *SECRETS) == []  # after a crash
        server.start()
        assert server.client().scan(TableName="Animals", Select="COUNT")["Count"] == 301
        assert readable(server.path, *SECRETS) == []  # after recovery
        server.client().delete_table(TableName="Animals")
        server.stop()
        assert readable(server.path, *SECRETS) == []  # after the end
        text = strings(server.path)
        assert not any(secret in text for secret in SECRETS)


@pytest.mark.limit(180)
def test_without_a_key_all_of_it_is_readable_so_that_the_look_can_fail(workdir):
    with served(workdir) as server:
        use_everything(server.start().client())
        server.stop()
        found = {form for _, form in readable(server.path, *SECRETS)}
        assert {secret.encode() for secret in SECRETS} <= found
        assert all(secret in strings(server.path) for secret in (TEXT, NESTED))


@pytest.mark.limit(180)
def test_a_compressed_table_is_encrypted_too(workdir, key):
    with served(workdir, f"--key-file={key}") as server:
        db = server.start().client()
        create(db)
        for n in range(300):
            db.put_item(TableName="Animals", Item=animal(n))
        db.update_table(TableName="Animals", TableClass="STANDARD_INFREQUENT_ACCESS")
        time.sleep(3)
        for n in range(300, 600):
            db.put_item(TableName="Animals", Item=animal(n))
        server.stop()
        assert readable(server.path, *SECRETS) == []


def test_files_of_the_mount_are_encrypted_while_editors_have_them_open(workdir, key):
    with mounted(workdir) as mount:
        mount.start(f"key-file={key}")
        table = mount.table("Animals", "pk:S sk:S")
        (table / PARTITION).mkdir()
        item = table / PARTITION / f"{SORT}.json"
        save(item, json.dumps({"text": TEXT}))
        with terminal(mount, "vim", item) as child:
            child.expect(TEXT)
            child.send(f"o{NESTED}\x1b:preserve\r")
            child.expect("File preserved")
            names = os.listdir(item.parent)
            assert any(name.endswith(".swp") for name in names), names
            swap = read(item.parent / next(name for name in names if name.endswith(".swp")))
            assert NESTED.encode() in swap  # it is there, for its user
            assert readable(mount.data, *SECRETS) == []
            assert not (mount.data / "scratch").exists()
            leave_vim(child)
        mount.stop()
        assert readable(mount.data, *SECRETS) == []


def test_scratch_and_drafts_and_rejections_of_the_mount_are_not_on_disk(workdir, key):
    with mounted(workdir) as mount:
        mount.start(f"key-file={key}")
        table = mount.table("Animals", "pk:S sk:S")
        (table / PARTITION).mkdir()
        save(table / PARTITION / "notes.tmp", TEXT * 1000)
        with contextlib.suppress(OSError):
            save(table / PARTITION / f"{SORT}.json", '{"unfinished": "' + NESTED)
        with refused(errno.EINVAL):
            save(table / PARTITION / f"{SORT}.json", '{"wrong": ' + NEW)
        mount.bash(f"printf '%s\\n' '{{\"pk\": \"{LOST}\"}}' nonsense-{BYTES} > Animals/.import")
        assert mount.errors()
        save(table / ".query", f"pk = '{PARTITION}'\n")
        assert readable(mount.data, *SECRETS) == []
        mount.stop()
        assert readable(mount.data, *SECRETS) == []


def test_an_import_with_rejected_lines_leaves_nothing_in_the_directory(workdir, key):
    lines = [json.dumps({"pk": PARTITION, "sk": f"{SORT}-{n}", "text": TEXT}) for n in range(50)]
    lines.insert(10, f'{{"pk": 7, "said": "{LOST}"}}')
    (workdir / "animals.jsonl").write_text("\n".join(lines) + "\n")
    result = cli.run(
        "import", f"--key-file={key}", "--create=pk:S sk:S", "data/Animals", "animals.jsonl", cwd=workdir
    )
    assert (result.returncode, "50 items imported, 1 rejected" in result.stderr) == (1, True), result
    assert LOST in (workdir / "animals.jsonl.rejects").read_text()  # beside the input, for its owner
    assert readable(workdir / "data", *SECRETS) == []


def test_the_lock_file_never_holds_an_item_of_the_command_line(workdir, key):
    cli.run("create", "data/Animals", "pk:S", f"--key-file={key}", cwd=workdir)
    put = json.dumps({"TableName": "Animals", "Item": {"pk": {"S": PARTITION}}})
    assert cli.run("call", "data", "PutItem", put, cwd=workdir).returncode == 1
    assert readable(workdir / "data", PARTITION) == []
    assert cli.run("--key-file", key, "call", "data", "PutItem", put, cwd=workdir).returncode == 0
    question = f"pk = '{PARTITION}'"
    assert PARTITION in cli.run("query", f"--key-file={key}", "data/Animals", question, cwd=workdir).stdout
    assert readable(workdir / "data", PARTITION) == []
    assert "dynamount query" in (workdir / "data/lock").read_text()


def test_no_core_is_written_by_what_has_the_key(workdir, key):
    with served(workdir, f"--key-file={key}") as server:
        server.start()
        line = next(line for line in limits(server.process).splitlines() if "core file" in line)
        assert line.split()[4:6] == ["0", "0"]


def test_scratch_outlives_a_crash_and_ends_with_the_mount(workdir, key):
    with mounted(workdir) as mount:
        mount.start(f"key-file={key}")
        save(mount / "notes.tmp", TEXT)
        mount.kill9()
        mount.start(f"key-file={key}")
        assert read_text(mount / "notes.tmp") == TEXT
        mount.remount(f"key-file={key}")
        assert os.listdir(mount.path) == []
        name = f"dynamount-{os.getuid()}-{os.stat(mount.data).st_dev:x}-{os.stat(mount.data).st_ino:x}"
        assert os.path.isdir(f"/dev/shm/{name}")
        mount.stop()
        assert not os.path.exists(f"/dev/shm/{name}")


def test_scratch_in_memory_is_bounded_too(workdir, key):
    with mounted(workdir) as mount:
        mount.start(f"key-file={key},scratch=100K")
        save(mount / "small.tmp", "x" * 50_000)
        with refused(errno.EDQUOT):
            save(mount / "large.tmp", "x" * 60_000)


# Keys


@pytest.fixture(scope="module")
def safe_data(request):
    """An encrypted data directory with an item; nobody has it open."""
    with module_directory(request, "safe-data") as directory:
        key = make_key(directory)
        made = cli.run("create", "data/Animals", "pk:S", f"--key-file={key}", cwd=directory)
        assert made.returncode == 0, made
        put = json.dumps({"TableName": "Animals", "Item": {"pk": {"S": PARTITION}}})
        assert cli.run("call", "data", "PutItem", put, f"--key-file={key}", cwd=directory).returncode == 0
        yield directory / "data"


@pytest.fixture
def safe(workdir, key, safe_data):
    copy_directory(safe_data, workdir / "data")
    return workdir / "data"


def state(directory):
    """All files but the lock, which says who looked last."""
    return {p.name: p.read_bytes() for p in directory.iterdir() if p.is_file() and p.name != "lock"}


COMMANDS = [
    ["serve", "data", "--http=127.0.0.1:0"],
    ["mount", "-f", "data", "mnt"],
    ["check", "data"],
    ["tables", "-l", "data"],
    ["query", "data/Animals", f"pk = '{PARTITION}'"],
    ["explain", "data/Animals", "pk = 'x'"],
    ["call", "data", "DescribeTable", '{"TableName": "Animals"}'],
    ["tail", "data/Animals"],
    ["export", "data/Animals"],
    ["import", "data/Animals", "more.jsonl"],
    ["create", "data/Other", "pk:S"],
    ["backup", "data", "copy"],
]
REFUSALS = {
    "none": (None, "is encrypted: name its key with --key-file=FILE or DYNAMOUNT_KEY_FILE"),
    "wrong": ("another key of many bytes\n", "is not the one that"),
    "short": ("fifteen bytes..\n", "holds 15 bytes, and a key has at least 16: make one with"),
    "readable": (KEY, "others can read or change it: chmod 600 it"),
    "missing": (None, "is not there; make one with: (umask 077; head -c 32 /dev/urandom | base64 > "),
}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize("kind", REFUSALS)
def test_without_the_right_key_nothing_opens_it_and_nothing_is_touched(safe, workdir, command, kind):
    text, words = REFUSALS[kind]
    (workdir / "mnt").mkdir()
    (workdir / "more.jsonl").write_text('{"pk": "more"}\n')
    if text:
        make_key(workdir, "other", text, 0o644 if kind == "readable" else 0o600)
    options = [] if kind == "none" else [f"--key-file={workdir}/other"]
    before = state(safe)
    result = cli.run(*command, *options, cwd=workdir)
    assert result.returncode == 1, result
    assert words in result.stderr, result.stderr
    assert state(safe) == before
    assert not (workdir / "copy").exists() and not (workdir / "copy.partial").exists()


@pytest.mark.parametrize("command", COMMANDS[2:], ids=lambda command: command[0])
@pytest.mark.parametrize("way", ["before", "after", "two words", "environment"])
def test_every_command_takes_the_key(safe, workdir, key, command, way):
    (workdir / "more.jsonl").write_text('{"pk": "more"}\n')
    words = {
        "before": [f"--key-file={key}", *command],
        "after": [*command, "--key-file=key"],
        "two words": ["--key-file", "key", *command],
        "environment": command,
    }[way]
    env = {"DYNAMOUNT_KEY_FILE": "key"} if way == "environment" else {}
    result = cli.run(*words, cwd=workdir, env=env)
    assert result.returncode == 0, result


def test_an_option_without_its_file_is_a_wrong_call(safe, workdir):
    for words in (["tables", "data", "--key-file"], ["tables", "data", "--key-file="]):
        result = cli.run(*words, cwd=workdir)
        assert (result.returncode, "needs the name of a file" in result.stderr) == (2, True), result


def test_a_key_for_what_is_not_encrypted_is_refused(workdir, key):
    cli.run("create", "data/Animals", "pk:S", cwd=workdir)
    before = state(workdir / "data")
    result = cli.run("tables", "data", f"--key-file={key}", cwd=workdir)
    assert result.returncode == 1
    assert "is not encrypted" in result.stderr
    assert "dynamount restore --key-file=FILE COPY NEW" in result.stderr
    assert state(workdir / "data") == before
    assert cli.run("tables", "data", cwd=workdir).returncode == 0


def test_a_new_directory_is_not_made_by_a_bad_key(workdir):
    make_key(workdir, "short", "short\n")
    assert cli.run("create", "fresh/Animals", "pk:S", "--key-file=short", cwd=workdir).returncode == 1
    assert cli.run("serve", "fresh2", "--key-file=short", cwd=workdir).returncode == 1
    assert not (workdir / "fresh2").exists()
    assert not (workdir / "fresh").exists()


def test_a_running_server_is_asked_without_a_key(workdir, key):
    with served(workdir, f"--key-file={key}") as server:
        create(server.start().client())
        way = cli.Way("data", workdir)
        assert way.run("tables", "data").stdout == "Animals\n"
        way.call("PutItem", TableName="Animals", Item=animal(1, bytes={"S": "x"}))
        assert len(way.query(table="Animals", *["SELECT * FROM Animals"])) == 1


def test_a_mount_takes_its_key_as_mount_8_gives_it(workdir, key):
    point = workdir / "mnt"
    point.mkdir()
    command = [DYNAMOUNT, workdir / "data", point, "-o", f"rw,noatime,key-file={key}"]
    subprocess.run(command, check=True, timeout=50, env=environment(workdir), cwd=workdir)
    try:
        (point / "Animals").mkdir()
        save(point / "Animals/.schema", "pk:S\n")
    finally:
        subprocess.run([DYNAMOUNT, "umount", point], check=True, timeout=50, env=environment(workdir))
    assert cli.run("tables", "data", f"--key-file={key}", cwd=workdir).stdout == "Animals\n"


def test_a_crash_in_the_middle_of_writing_is_recovered_with_the_key(workdir, key):
    with served(workdir, f"--key-file={key}") as server:
        db = server.start().client()
        create(db)
        for n in range(200):
            db.put_item(TableName="Animals", Item=animal(n))
        server.kill9()
        for n in range(3):
            server.start()
            server.client().put_item(TableName="Animals", Item=animal(200 + n))
            server.kill9()
        server.start()
        assert server.client().scan(TableName="Animals", Select="COUNT")["Count"] == 203
        server.stop()
    check = cli.run("check", "data", f"--key-file={key}", cwd=workdir)
    assert (check.returncode, "1 tables, 203 items" in check.stdout) == (0, True), check


def test_what_is_exported_cannot_lie_in_the_directory(safe, workdir, key):
    (safe / "buckets").mkdir()
    result = cli.run(
        "serve", "data", "--http=127.0.0.1:0", f"--key-file={key}", "--buckets=data/buckets", cwd=workdir
    )
    assert result.returncode == 1
    assert "lie in one another" in result.stderr
