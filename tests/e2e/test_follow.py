"""`.follow`: reads that wait for a table's next change, from shells, by the thousand, to the end."""

import contextlib
import errno
import fcntl
import itertools
import json
import os
import resource
import select
import signal
import subprocess
import threading
import time

import pytest

from api import item
from conftest import module_mount_of
from mounting import (
    STOP_SECONDS, end_group, is_mounted, opened, read, refused, save, wait_until,
)
from serving import http_door

SHELLS = ("bash", "dash")
FOLLOWERS = 1000
WAIT_SECONDS = 20
serial = itertools.count()


@pytest.fixture(scope="module")
def doors(request):
    with module_mount_of(request, "follow") as mount:
        mount.remount("http=127.0.0.1:0,ttl-interval=1")
        yield mount


@pytest.fixture(scope="module")
def db(doors):
    return http_door(doors).client()


@pytest.fixture
def table(doors):
    return doors.table(f"Table{next(serial)}", "id:S")


def put(table, *names, **attributes):
    for name in names:
        save(table / f"{name}.json", json.dumps(attributes or {"n": 1}))


def keys(text):
    return [json.loads(line)["dynamodb"]["Keys"]["id"] for line in text.splitlines()]


def is_in_read(pid, fd=None):
    """Whether the process waits in a read."""
    with contextlib.suppress(OSError):
        number, *arguments = open(f"/proc/{pid}/syscall").read().split()
        return number in ("0", "17") and (fd is None or int(arguments[0], 16) == fd)
    return False


@contextlib.contextmanager
def running(mount, *command, cwd=None, **how):
    """A program in the background, its output piped; ended afterwards."""
    how = {"stdin": subprocess.DEVNULL, "stderr": subprocess.STDOUT} | how
    process = subprocess.Popen(
        command, cwd=cwd or mount.path, env=mount.environment,
        stdout=subprocess.PIPE, start_new_session=True, **how,
    )
    try:
        yield process
    finally:
        end_group(process)
        process.stdout.close()


@contextlib.contextmanager
def reading(mount, table, *command):
    """A program that waits in a read of .follow."""
    with running(mount, *command, cwd=table) as process:
        wait_until(lambda: is_in_read(process.pid), WAIT_SECONDS, f"{command} reading")
        yield process


@contextlib.contextmanager
def followers(table, count):
    """Descriptors, without a wait."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, count + 200)), hard))
    fds = []
    try:
        for _ in range(count):
            fds.append(os.open(table / ".follow", os.O_RDONLY | os.O_NONBLOCK))
        yield fds
    finally:
        for fd in fds:
            os.close(fd)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


# What is read


def test_it_begins_with_the_next_change(doors, table):
    put(table, "before")
    with reading(doors, table, "head", "-n", "1", ".follow") as head:
        put(table, "next")
        put(table, "later")
        assert keys(head.communicate(timeout=WAIT_SECONDS)[0]) == ["next"]


def test_a_line_is_the_same_as_in_the_stream(doors, table):
    put(table, "before")
    with reading(doors, table, "head", "-n", "1", ".follow") as head:
        put(table, "next")
        line = head.communicate(timeout=WAIT_SECONDS)[0]
    assert read(table / ".stream").endswith(line)


def test_cat_sees_changes_of_every_door_as_they_come(doors, db, table):
    with reading(doors, table, "cat", ".follow") as cat:
        doors.bash("echo '{}' > shell.json", cwd=table)
        assert keys(cat.stdout.readline()) == ["shell"]
        db.put_item(TableName=table.name, Item=item(id="api"))
        assert keys(cat.stdout.readline()) == ["api"]
        db.update_time_to_live(
            TableName=table.name,
            TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"},
        )
        db.put_item(TableName=table.name, Item=item(id="gone", until=int(time.time()) - 5))
        assert keys(cat.stdout.readline()) == ["gone"]
        assert json.loads(cat.stdout.readline())["userIdentity"]["type"] == "Service"
        save(table / ".import", '{"id": "import"}\n')
        assert keys(cat.stdout.readline()) == ["import"]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_handles_events_in_three_lines(doors, table, shell):
    script = """echo ready
while read -r record; do
  printf '%s\\n' "$record" | jq -r '.eventName + " " + .dynamodb.Keys.id'
done < .follow"""
    with running(doors, shell, "-c", script, cwd=table) as handler:
        assert handler.stdout.readline() == b"ready\n"
        wait_until(lambda: is_in_read(handler.pid, 0), WAIT_SECONDS, "the handler reading")
        put(table, "a", "b")
        (table / "a.json").unlink()
        told = [handler.stdout.readline().decode().strip() for _ in range(3)]
        assert told == ["INSERT a", "INSERT b", "REMOVE a"]


def test_jq_and_grep_filter_it(doors, table):
    filters = "cat .follow | jq --unbuffered -r .dynamodb.Keys.id"
    grep = "grep --line-buffered REMOVE .follow"
    with running(doors, "bash", "-c", filters, cwd=table) as jq, reading(
        doors, table, *grep.split()
    ) as removals:
        wait_until(lambda: children_read(jq.pid), WAIT_SECONDS, "cat reading")
        put(table, "a")
        assert jq.stdout.readline() == b"a\n"
        (table / "a.json").unlink()
        assert keys(removals.stdout.readline()) == ["a"]


def children_read(pid):
    """Whether a child waits in a read of .follow."""
    children = open(f"/proc/{pid}/task/{pid}/children").read().split()
    return any(
        is_in_read(child, fd) and os.readlink(f"/proc/{child}/fd/{fd}").endswith(".follow")
        for child in children for fd in (0, 3) if os.path.exists(f"/proc/{child}/fd/{fd}")
    )


def test_no_record_is_lost_or_doubled_however_fast_they_come(doors, db, table):
    count = 400

    def write(first):
        for n in range(first, count, 4):
            db.put_item(TableName=table.name, Item=item(id=f"{n}"))

    with reading(doors, table, "head", "-n", f"{count}", ".follow") as head:
        writers = [threading.Thread(target=write, args=[first]) for first in range(4)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        text = head.communicate(timeout=WAIT_SECONDS)[0]
    assert sorted(keys(text), key=int) == [f"{n}" for n in range(count)]
    assert read(table / ".stream") == text


def test_positions_are_bytes_from_where_it_was_opened(table):
    put(table, "before")
    with opened(table / ".follow", os.O_RDONLY) as fd:
        put(table, "a", "b")
        both = os.pread(fd, 100_000, 0)
        assert keys(both) == ["a", "b"]
        assert os.pread(fd, 10, 100) == both[100:110]
        assert os.read(fd, 7) == both[:7]
        assert os.lseek(fd, 0, os.SEEK_SET) == 0
        assert os.read(fd, 100_000) == both


# Waiting otherwise


def test_a_descriptor_that_must_not_wait_gets_EAGAIN(table):
    with opened(table / ".follow", os.O_RDONLY | os.O_NONBLOCK) as fd:
        with refused(errno.EAGAIN):
            os.read(fd, 100)
        put(table, "a")
        assert keys(os.read(fd, 100_000)) == ["a"]
        with refused(errno.EAGAIN):
            os.read(fd, 100)


def test_one_made_so_later_gets_EAGAIN_too(table):
    with opened(table / ".follow", os.O_RDONLY) as fd:
        fcntl.fcntl(fd, fcntl.F_SETFL, os.O_NONBLOCK)
        with refused(errno.EAGAIN):
            os.read(fd, 100)


@pytest.mark.parametrize("poller", [select.poll, select.epoll])
def test_poll_tells_of_a_record(doors, db, table, poller):
    with opened(table / ".follow", os.O_RDONLY) as fd:
        poll = poller()
        poll.register(fd, select.POLLIN)
        assert poll.poll(0.05) == []
        timer = threading.Timer(
            0.3, db.put_item, kwargs={"TableName": table.name, "Item": item(id="a")}
        )
        timer.start()
        scale = 1000 if poller is select.poll else 1
        begin = time.monotonic()
        (told,) = poll.poll(WAIT_SECONDS * scale)
        assert told[1] & select.POLLIN
        assert time.monotonic() - begin < WAIT_SECONDS / 2  # poll(2) looks again at its end
        assert keys(os.read(fd, 100_000)) == ["a"]
        assert poll.poll(0.05) == []
        timer.join()


def test_select_waits_its_time_and_no_longer(table):
    with opened(table / ".follow", os.O_RDONLY) as fd:
        assert select.select([fd], [], [], 0.2) == ([], [], [])
        put(table, "a")
        assert select.select([fd], [], [], 0) == ([fd], [], [])


def test_items_and_other_files_are_always_ready_to_poll(table):
    put(table, "a")
    with opened(table / "a.json", os.O_RDONLY) as fd, opened(table / ".stream", os.O_RDONLY) as other:
        ready, _, _ = select.select([fd, other], [], [], 0)
        assert ready == [fd, other]


# Ending a wait


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_ends_a_waiting_cat_at_once(doors, table, number):
    with reading(doors, table, "cat", ".follow") as cat:
        cat.send_signal(number)
        assert cat.wait(WAIT_SECONDS) == -number


@pytest.mark.parametrize("shell", SHELLS)
def test_timeout_ends_a_waiting_cat(doors, table, shell):
    result = doors.run(shell, "-c", "timeout 0.5 cat .follow", cwd=table, check=False)
    assert (result.returncode, result.stdout) == (124, "")


def test_a_handler_that_returns_lets_the_read_go_on(doors, table):
    """A signal that does not end the program: Python tries again after EINTR."""
    script = (
        "import os, signal\n"
        "signal.signal(signal.SIGUSR1, lambda *_: os.write(1, b'signal\\n'))\n"
        "fd = os.open('.follow', os.O_RDONLY)\n"
        "os.write(1, os.read(fd, 100000))\n"
    )
    with reading(doors, table, "/usr/bin/python3", "-c", script) as program:
        for _ in range(3):
            program.send_signal(signal.SIGUSR1)
            assert program.stdout.readline() == b"signal\n"
            wait_until(lambda: is_in_read(program.pid), WAIT_SECONDS, "reading again")
        put(table, "a")
        assert keys(program.communicate(timeout=WAIT_SECONDS)[0]) == ["a"]


def test_disabling_the_stream_is_the_end(doors, table):
    with reading(doors, table, "cat", ".follow") as cat:
        put(table, "a")
        save(table / ".stream", "NONE\n")
        assert keys(cat.communicate(timeout=WAIT_SECONDS)[0]) == ["a"]
        assert cat.returncode == 0
    with refused(errno.ENOENT):
        os.open(table / ".follow", os.O_RDONLY)


def test_dropping_the_table_is_the_end(doors, table):
    put(table, "a")
    with reading(doors, table, "cat", ".follow") as cat:
        doors.run("rm", "-r", table)
        events = [json.loads(line)["eventName"] for line in cat.communicate(timeout=WAIT_SECONDS)[0].splitlines()]
        assert (events, cat.returncode) == (["REMOVE"], 0)


def test_deleting_the_table_by_http_is_the_end(doors, db, table):
    with reading(doors, table, "cat", ".follow") as cat:
        db.delete_table(TableName=table.name)
        assert (cat.communicate(timeout=WAIT_SECONDS)[0], cat.returncode) == (b"", 0)


def test_a_stream_enabled_again_is_another_one(table):
    with opened(table / ".follow", os.O_RDONLY) as old:
        save(table / ".stream", "NONE\n")
        save(table / ".stream", "KEYS_ONLY\n")
        with opened(table / ".follow", os.O_RDONLY) as new:
            put(table, "a")
            assert os.read(old, 100) == b""
            assert keys(os.read(new, 100_000)) == ["a"]


# Many


def test_a_thousand_descriptors_are_told_by_poll_and_read_the_same(db, table):
    with followers(table, FOLLOWERS) as fds:
        poll = select.epoll()
        for fd in fds:
            poll.register(fd, select.EPOLLIN | select.EPOLLONESHOT)
        assert poll.poll(0.05) == []
        db.put_item(TableName=table.name, Item=item(id="a"))
        ready = set()
        deadline = time.monotonic() + WAIT_SECONDS
        while len(ready) < FOLLOWERS:
            assert time.monotonic() < deadline, f"{len(ready)} were told"
            ready |= {fd for fd, _ in poll.poll(1, FOLLOWERS)}
        text = read(table / ".stream")
        assert all(os.read(fd, 100_000) == text for fd in fds)


def test_a_thousand_waiting_reads_get_every_record_and_stop_nothing(doors, db, table):
    rounds, seen = 3, []

    def follow(fd):
        seen.append(os.pread(fd, 1, 0) + read_lines(fd, rounds))

    def read_lines(fd, count):
        text = b""
        while text.count(b"\n") < count:
            text += os.read(fd, 65536)
        return text

    with followers(table, FOLLOWERS) as fds:
        for fd in fds:
            os.set_blocking(fd, True)
        threading.stack_size(256 * 1024)
        try:
            threads = [threading.Thread(target=follow, args=[fd]) for fd in fds]
            for thread in threads:
                thread.start()
        finally:
            threading.stack_size(0)
        doors.run("ls", "-l", table, timeout=WAIT_SECONDS)
        for n in range(rounds):
            db.put_item(TableName=table.name, Item=item(id=f"{n}"))
        for thread in threads:
            thread.join(WAIT_SECONDS * 2)
            assert not thread.is_alive()
    text = read(table / ".stream")
    assert len(seen) == FOLLOWERS
    assert set(seen) == {text[:1] + text}


def test_waiting_reads_of_one_descriptor_are_bounded_and_all_answered(table):
    answers = []

    def wait(fd):
        try:
            answers.append(os.pread(fd, 100_000, 0))
        except BlockingIOError:
            answers.append(None)

    with opened(table / ".follow", os.O_RDONLY) as fd:
        threads = [threading.Thread(target=wait, args=[fd]) for _ in range(40)]
        for thread in threads:
            thread.start()
        wait_until(lambda: answers.count(None) == 24, WAIT_SECONDS, "24 of 40 are refused")
        put(table, "a")
        for thread in threads:
            thread.join(WAIT_SECONDS)
    assert len(answers) == 40
    assert [keys(text) for text in answers if text] == [["a"]] * 16


def test_followers_opened_and_left_leave_nothing(doors, table):
    def descriptors():
        return len(os.listdir(f"/proc/{doors.process.pid}/fd"))

    with opened(table / ".follow", os.O_RDONLY | os.O_NONBLOCK) as fd:
        with refused(errno.EAGAIN):
            os.read(fd, 1)
    before, memory = descriptors(), doors.memory()
    for _ in range(20):
        with followers(table, 100) as fds:
            poll = select.poll()
            for fd in fds:
                poll.register(fd, select.POLLIN)
            assert poll.poll(0) == []
    assert descriptors() <= before + 2
    assert doors.memory() < memory + (64 << 20)  # the sanitizers' quarantine


# The end of the mount


def test_sigterm_ends_a_mount_with_waiting_followers(mount):
    table = mount.table("Movies", "id:S")
    with contextlib.ExitStack() as stack:
        cats = [stack.enter_context(reading(mount, table, "cat", ".follow")) for _ in range(20)]
        mount.process.terminate()
        assert mount.process.wait(STOP_SECONDS) == 0
        for cat in cats:
            assert b"not connected" in cat.communicate(timeout=WAIT_SECONDS)[0]
            assert cat.returncode == 1
    mount.expect_no_crash()
    wait_until(lambda: not is_mounted(mount.path), STOP_SECONDS, "unmounted")
    mount.process = None


def test_a_lazy_unmount_ends_waiting_followers_and_the_mount(mount):
    table = mount.table("Movies", "id:S")
    with contextlib.ExitStack() as stack:
        cats = [
            stack.enter_context(reading(mount, table, "sh", "-c", f"cd /; exec cat {table}/.follow"))
            for _ in range(20)
        ]
        mount.run("fusermount3", "-uz", mount.path, cwd="/")
        for cat in cats:
            assert b"not connected" in cat.communicate(timeout=WAIT_SECONDS)[0]
        assert mount.process.wait(STOP_SECONDS) == 0
    mount.expect_no_crash()
    mount.process = None


def test_after_a_lazy_unmount_no_read_begins_to_wait(mount):
    table = mount.table("Movies", "id:S")
    with opened(table / ".follow", os.O_RDONLY) as fd:
        mount.run("fusermount3", "-uz", mount.path, cwd="/")
        with refused(errno.ENOTCONN):
            os.read(fd, 100)
    assert mount.process.wait(STOP_SECONDS) == 0
    mount.expect_no_crash()
    mount.process = None


def test_an_unmount_is_refused_while_one_waits_and_disturbs_it_not(mount):
    table = mount.table("Movies", "id:S")
    with reading(mount, table, "cat", ".follow") as cat:
        result = mount.dynamount("umount", mount.path, check=False)
        assert result.returncode != 0
        put(table, "a")
        assert keys(cat.stdout.readline()) == ["a"]


def test_kill_9_of_the_server_ends_a_waiting_cat(mount):
    table = mount.table("Movies", "id:S")
    with reading(mount, table, "cat", ".follow") as cat:
        mount.kill9()
        cat.communicate(timeout=WAIT_SECONDS)
        assert cat.returncode == 1
