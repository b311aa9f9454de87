"""`.stream`: a table's changes as a regular file that grows, and the switch of its stream."""

import contextlib
import errno
import itertools
import json
import os
import subprocess
import threading
import time

import pytest

from api import item
from conftest import module_mount_of
from mounting import end_group, opened, read, refused, save
from serving import http_door

VIEWS = ["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]
serial = itertools.count()


@pytest.fixture(scope="module")
def doors(request):
    with module_mount_of(request, "stream-file") as mount:
        mount.remount("http=127.0.0.1:0,ttl-interval=1")
        yield mount


@pytest.fixture(scope="module")
def db(doors):
    return http_door(doors).client()


@pytest.fixture
def table(doors):
    return doors.table(f"Table{next(serial)}", "id:S")


@pytest.fixture(params=["bash", "dash"])
def shell(request, table, doors):
    def run(script, *arguments, **how):
        return doors.run(request.param, "-c", script, request.param, *arguments, cwd=table, **how)

    return run


def records(table):
    return [json.loads(line) for line in read(table / ".stream").splitlines()]


def events(table):
    return [(record["eventName"], record["dynamodb"]["Keys"]["id"]) for record in records(table)]


def put(table, *names, **attributes):
    for name in names:
        save(table / f"{name}.json", json.dumps(attributes or {"n": 1}))


def put_api(db, table, **attributes):
    db.put_item(TableName=table.name, Item=item(attributes))


def view(table):
    specification = json.loads(read(table / ".schema"))["StreamSpecification"]
    return specification.get("StreamViewType") if specification["StreamEnabled"] else None


@contextlib.contextmanager
def running(mount, *command, cwd=None, **how):
    """A program in the background, its output piped; ended afterwards."""
    process = subprocess.Popen(
        command, cwd=cwd or mount.path, env=mount.environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True, **how,
    )
    try:
        yield process
    finally:
        end_group(process)
        process.stdout.close()


# Reading


def test_cat_shows_one_line_for_each_change(table):
    put(table, "a")
    put(table, "a", n=2)
    (table / "a.json").unlink()
    told = records(table)
    assert [record["eventName"] for record in told] == ["INSERT", "MODIFY", "REMOVE"]
    assert told[1]["dynamodb"]["NewImage"] == {"id": "a", "n": 2}
    assert told[1]["dynamodb"]["OldImage"] == {"id": "a", "n": 1}


def test_it_is_not_listed(doors, table):
    put(table, "a")
    assert os.listdir(table) == ["a.json"]
    assert doors.run("grep", "-rc", "INSERT", ".", cwd=table, check=False).stdout == "./a.json:0\n"


def test_an_empty_stream_is_an_empty_file(table):
    assert read(table / ".stream") == b""
    assert os.stat(table / ".stream").st_size == 0


def test_the_size_is_that_of_what_cat_reads(table, shell):
    put(table, *"abc")
    assert shell("stat -c %s .stream").stdout == shell("cat .stream | wc -c").stdout
    assert shell("wc -c < .stream").stdout == shell("cat .stream | wc -c").stdout


def test_the_size_is_exact_while_a_writer_goes_on(table):
    done = threading.Event()

    def write():
        for n in range(3000):
            if done.is_set():
                return
            put(table, "a", n=n)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(200):
            with open(table / ".stream", "rb", buffering=0) as file:
                size = os.fstat(file.fileno()).st_size
                text = file.read(size)
                assert len(text) == size
                assert size == 0 or text.endswith(b"}\n")
    finally:
        done.set()
        writer.join()
    text = read(table / ".stream")
    assert os.stat(table / ".stream").st_size == len(text)
    assert [json.loads(line)["dynamodb"]["NewImage"]["n"] for line in text.splitlines()] == list(
        range(len(text.splitlines()))
    )


def test_tail_n_3_shows_the_last_three(table, shell):
    put(table, *"abcde")
    lines = shell("tail -n 3 .stream").stdout.splitlines()
    assert [json.loads(line)["dynamodb"]["Keys"]["id"] for line in lines] == ["c", "d", "e"]


def test_head_grep_wc_jq_and_cp_read_it(table, shell, doors):
    put(table, *"abc")
    (table / "b.json").unlink()
    assert json.loads(shell("head -n 1 .stream").stdout)["eventName"] == "INSERT"
    assert shell("grep -c INSERT .stream").stdout == "3\n"
    assert shell("wc -l < .stream").stdout == "4\n"
    assert shell("jq -r .eventName .stream").stdout.split() == ["INSERT"] * 3 + ["REMOVE"]
    shell('cp .stream "$1"', doors.directory / "copy")
    assert (doors.directory / "copy").read_bytes() == read(table / ".stream")


def test_tail_c_shows_the_last_bytes(table, shell):
    put(table, *"abc")
    assert shell("tail -c 100 .stream").stdout.encode() == read(table / ".stream")[-100:]


def test_less_goes_to_its_end(table, doors):
    put(table, *"abc")
    shown = doors.run("less", "-FX", "+G", ".stream", cwd=table).stdout
    assert shown.encode() == read(table / ".stream")


@pytest.mark.parametrize("step", [1, 7, 333, 4096, 100003])
def test_pieces_at_odd_offsets_are_those_of_the_whole(table, step):
    for n in range(30):
        put(table, f"x{n}", text="y" * (n * 37))
    whole = read(table / ".stream")
    limit = 2000 if step == 1 else len(whole)
    with opened(table / ".stream", os.O_RDONLY) as fd:
        for at in list(range(0, limit, step)) + [len(whole) - 1, len(whole), len(whole) + 10]:
            assert os.pread(fd, step, at) == whole[at : at + step]
        for at in reversed(range(0, limit, step)):
            assert os.pread(fd, step, at) == whole[at : at + step]


def test_a_shell_reads_it_line_by_line(table, shell):
    put(table, *"abc")
    script = "while read -r r; do printf '%s\\n' \"$r\" | jq -r .dynamodb.Keys.id; done < .stream"
    assert shell(script).stdout.split() == ["a", "b", "c"]


def test_records_of_400_kb_are_read_whole(table):
    put(table, "a", text="x" * 390_000)
    put(table, "a", text="y" * 390_000)
    told = records(table)
    assert told[1]["dynamodb"]["OldImage"]["text"] == "x" * 390_000
    assert os.stat(table / ".stream").st_size == len(read(table / ".stream"))


def test_an_import_of_many_items_is_in_it_in_order(table):
    lines = "".join(json.dumps({"id": f"{n}", "n": n}) + "\n" for n in range(20_000))
    save(table / ".import", lines)
    told = records(table)
    assert sorted(record["dynamodb"]["NewImage"]["n"] for record in told) == list(range(20_000))
    numbers = [record["dynamodb"]["SequenceNumber"] for record in told]
    assert numbers == sorted(numbers)


# tail -f


def test_tail_f_sees_changes_of_every_door(doors, db, table):
    put(table, "before")
    with running(doors, "tail", "-s", "0.1", "-f", ".stream", cwd=table) as tail:
        def next_key():
            return json.loads(tail.stdout.readline())["dynamodb"]["Keys"]["id"]

        assert next_key() == "before"
        doors.bash("echo '{}' > shell.json", cwd=table)
        assert next_key() == "shell"
        put_api(db, table, id="api")
        assert next_key() == "api"
        db.update_time_to_live(
            TableName=table.name,
            TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"},
        )
        put_api(db, table, id="gone", until=int(time.time()) - 5)
        assert next_key() == "gone"
        expiry = json.loads(tail.stdout.readline())
        assert expiry["eventName"] == "REMOVE"
        assert expiry["userIdentity"]["type"] == "Service"


def test_tail_f_never_says_that_the_file_was_cut(doors, db, table):
    with running(doors, "tail", "-s", "0.05", "-n", "+1", "-f", ".stream", cwd=table) as tail:
        for n in range(300):
            put_api(db, table, id="a", n=n)
        for n in range(300):
            line = tail.stdout.readline()
            assert json.loads(line)["dynamodb"]["NewImage"]["n"] == n, line


# The switch


@pytest.mark.parametrize("wanted", VIEWS)
def test_a_view_type_written_where_there_is_no_stream_enables_it(table, shell, wanted):
    save(table / ".stream", "NONE\n")
    assert not (table / ".stream").exists()
    shell('echo "$1" > .stream', wanted)
    assert view(table) == wanted
    put(table, "a")
    put(table, "a", n=2)
    (old_and_new,) = records(table)[1:]
    images = set(old_and_new["dynamodb"]) & {"NewImage", "OldImage"}
    assert images == {
        "KEYS_ONLY": set(), "NEW_IMAGE": {"NewImage"}, "OLD_IMAGE": {"OldImage"},
        "NEW_AND_OLD_IMAGES": {"NewImage", "OldImage"},
    }[wanted]


@pytest.mark.parametrize("word", ["NONE", "none", "OFF", "off"])
def test_none_or_off_disables_the_stream(table, shell, word):
    shell('echo "$1" > .stream', word)
    assert view(table) is None
    assert not (table / ".stream").exists()
    assert not (table / ".follow").exists()
    with refused(errno.ENOENT):
        os.open(table / ".stream", os.O_RDONLY)


def test_writing_what_is_already_changes_nothing(table, shell):
    put(table, "a")
    shell("echo NEW_AND_OLD_IMAGES > .stream")
    assert events(table) == [("INSERT", "a")]
    shell("echo NONE > .stream; echo NONE > .stream")
    assert view(table) is None


def test_another_view_type_is_refused_and_told_what_to_do(doors, table, shell):
    assert shell("echo KEYS_ONLY > .stream", check=False).returncode != 0
    assert view(table) == "NEW_AND_OLD_IMAGES"
    assert "Table already has an enabled stream" in doors.errors()
    assert "write NONE to .stream, then KEYS_ONLY" in doors.errors()


WRONG = {
    "cut": "NEW\n", "unknown": "yes\n", "longer": "NEW_IMAGES\n", "two": "NEW_IMAGE KEYS_ONLY\n",
    "long": "x" * 5000,
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_word_fails_its_write(doors, table, text):
    with opened(table / ".stream", os.O_WRONLY) as fd, refused(errno.EINVAL):
        os.write(fd, text.encode())
    assert view(table) == "NEW_AND_OLD_IMAGES"
    assert "KEYS_ONLY, NEW_IMAGE, OLD_IMAGE, NEW_AND_OLD_IMAGES" in doors.errors()


def test_a_word_may_come_in_pieces_and_without_a_newline(table):
    save(table / ".stream", "off")
    with opened(table / ".stream", os.O_WRONLY | os.O_CREAT) as fd:
        for byte in b"OLD_IMAGE":
            assert os.write(fd, bytes([byte])) == 1
        assert view(table) == "OLD_IMAGE"


def test_a_word_that_is_cut_fails_at_close(table):
    with refused(errno.EINVAL), opened(table / ".stream", os.O_WRONLY) as fd:
        os.write(fd, b"KEYS_")
    assert view(table) == "NEW_AND_OLD_IMAGES"


def test_blanks_without_end_are_no_word_and_take_no_memory(doors, table):
    with opened(table / ".stream", os.O_WRONLY) as fd:
        os.write(fd, b"\n" * (1 << 20))
        before = doors.memory()
        for _ in range(100):
            os.write(fd, b"\n" * (1 << 20))
        assert doors.memory() - before < 50 << 20
        os.write(fd, b"NONE\n")
    assert view(table) is None


def test_a_descriptor_of_a_dropped_table_switches_none_that_takes_its_name(doors, table):
    with opened(table / ".stream", os.O_WRONLY) as fd:
        table.rmdir()
        assert doors.table(table.name, "id:S") == table
        with refused(errno.ENOENT):
            os.write(fd, b"NONE\n")
    assert view(table) == "NEW_AND_OLD_IMAGES"


def test_opening_and_writing_nothing_changes_nothing(table, shell):
    shell(": > .stream")
    assert view(table) == "NEW_AND_OLD_IMAGES"
    save(table / ".stream", "NONE\n")
    shell(": > .stream")
    assert view(table) is None


def test_rm_of_it_is_EPERM_and_told_what_to_do(doors, table):
    put(table, "a")
    with refused(errno.EPERM):
        (table / ".stream").unlink()
    assert "write NONE to it" in doors.errors()
    with refused(errno.EPERM), opened(table / ".stream", os.O_WRONLY) as fd:
        os.ftruncate(fd, 0)
    assert events(table) == [("INSERT", "a")]


def test_a_table_that_is_only_announced_has_none(doors):
    (doors / "Announced").mkdir()
    assert not (doors / "Announced/.stream").exists()
    with refused(errno.EPERM):
        save(doors / "Announced/.stream", "KEYS_ONLY\n")
    (doors / "Announced").rmdir()


def test_http_enables_and_disables_it(db, table):
    db.update_table(TableName=table.name, StreamSpecification={"StreamEnabled": False})
    assert not (table / ".stream").exists()
    db.update_table(
        TableName=table.name,
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )
    assert read(table / ".stream") == b""


def test_a_reader_stays_with_the_stream_that_it_opened(table):
    put(table, "a")
    with opened(table / ".stream", os.O_RDONLY) as fd:
        save(table / ".stream", "NONE\n")
        save(table / ".stream", "KEYS_ONLY\n")
        size = os.fstat(fd).st_size
        assert size > 0
        assert os.stat(table / ".stream").st_size == 0
        assert os.stat(table / ".stream").st_ino != os.fstat(fd).st_ino
        put(table, "b")
        assert events(table) == [("INSERT", "b")]
        assert json.loads(os.pread(fd, 100_000, 0))["dynamodb"]["Keys"] == {"id": "a"}
        assert os.fstat(fd).st_size == size


def test_a_dropped_tables_reader_reads_to_its_end(table):
    put(table, "a")
    with opened(table / ".stream", os.O_RDONLY) as fd:
        (table / "a.json").unlink()
        table.rmdir()
        text = os.read(fd, 100_000)
        assert [json.loads(line)["eventName"] for line in text.splitlines()] == ["INSERT", "REMOVE"]
        assert os.read(fd, 100_000) == b""


# Schemas


def test_a_schema_without_a_stream_gets_new_and_old_images(doors, table):
    assert view(table) == "NEW_AND_OLD_IMAGES"
    schema = json.loads(read(table / ".schema"))
    del schema["StreamSpecification"]
    other = doors.table(f"Json{next(serial)}", json.dumps(schema))
    assert view(other) == "NEW_AND_OLD_IMAGES"


def test_a_schema_says_which_stream_or_none(doors, table):
    schema = json.loads(read(table / ".schema"))
    schema["StreamSpecification"] = {"StreamEnabled": False}
    assert view(doors.table(f"None{next(serial)}", json.dumps(schema))) is None
    schema["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": "OLD_IMAGE"}
    assert view(doors.table(f"Old{next(serial)}", json.dumps(schema))) == "OLD_IMAGE"


@pytest.mark.parametrize("word", ["NONE", "KEYS_ONLY"])
def test_a_clone_by_cp_has_the_stream_of_its_original(doors, table, shell, word):
    save(table / ".stream", "NONE\n")
    save(table / ".stream", word + "\n")
    name = f"Clone{next(serial)}"
    shell('mkdir "../$1" && cp .schema "../$1/.schema"', name)
    assert view(doors / name) == view(table) == (None if word == "NONE" else word)


# What lasts


def test_after_kill_9_it_is_the_same_file(mount):
    table = mount.table("Movies", "id:S")
    for n in range(50):
        put(table, f"x{n}")
    before = read(table / ".stream")
    mount.kill9()
    mount.start()
    assert read(table / ".stream") == before
    put(table, "after")
    assert read(table / ".stream").startswith(before)
    assert os.stat(table / ".stream").st_size == len(read(table / ".stream"))


def test_eight_readers_at_once_read_the_same(table):
    for n in range(200):
        put(table, f"x{n}")
    whole, seen = read(table / ".stream"), []
    readers = [threading.Thread(target=lambda: seen.append(read(table / ".stream"))) for _ in range(8)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert seen == [whole] * 8
