"""`.export` of large tables and by many readers: quick ones, slow ones, and those that go away."""

import errno
import json
import os
import signal
import subprocess
import threading
import time

import pytest

from conftest import module_mount_of
from mounting import opened, read, read_text, refused, save, wait_until

COUNT = 60_000  # of about 100 bytes: six pages
SHELLS = ("bash", "dash")


@pytest.fixture(scope="module")
def mount(request):
    with module_mount_of(request, "export-file") as mount:
        yield mount


@pytest.fixture(scope="module")
def table(mount):
    """One that nobody changes."""
    table = mount.table("Users", "id:S")
    fill(table, COUNT)
    return table


def fill(table, count, **more):
    items = ({"id": f"user-{n:07}", "n": n, "name": "a name " * 8, **more} for n in range(count))
    save(table / ".import", "".join(json.dumps(item) + "\n" for item in items), os.O_WRONLY)


def ids(text):
    return sorted(json.loads(line)["id"] for line in text.splitlines())


def expect_all(text, count=COUNT):
    assert ids(text) == [f"user-{n:07}" for n in range(count)]


@pytest.mark.parametrize("shell", SHELLS)
def test_cat_brings_each_item_once(mount, table, shell):
    expect_all(mount.run(shell, "-c", "cat Users/.export").stdout)


@pytest.mark.parametrize("size", [1000, 4096, 131072, 3 << 20])
def test_any_size_of_reads_brings_the_same(table, size):
    with opened(table / ".export", os.O_RDONLY) as fd:
        pieces = list(iter(lambda: os.read(fd, size), b""))
    assert b"".join(pieces) == read(table / ".export")
    assert all(len(piece) == size for piece in pieces[:-1])


def test_dd_gets_full_blocks(mount, table):
    result = mount.run("dd", "if=Users/.export", "of=/dev/null", "bs=700000", "count=3")
    assert "3+0 records in" in result.stderr


def test_what_was_read_is_read_again_from_the_beginning(table):
    with opened(table / ".export", os.O_RDONLY) as fd:
        first = os.read(fd, 3_000_000)
        os.lseek(fd, 0, os.SEEK_SET)
        rest = list(iter(lambda: os.read(fd, 131072), b""))
        os.lseek(fd, 0, os.SEEK_SET)
        again = list(iter(lambda: os.read(fd, 65536), b""))
    expect_all(b"".join(rest).decode())
    assert b"".join(again) == b"".join(rest)
    assert b"".join(rest).startswith(first)


def test_reading_out_of_order_is_refused_and_harms_nothing(mount, table):
    with opened(table / ".export", os.O_RDONLY) as fd:
        first = os.read(fd, 100)
        with refused(errno.EPERM):
            os.pread(fd, 100, 50_000_000)
        assert "read from the beginning, in order" in mount.errors().split("\n\n")[-1]
        rest = b"".join(iter(lambda: os.read(fd, 131072), b""))
    expect_all((first + rest).decode())


def test_two_hundred_readers_that_stop_leave_the_mount_to_others(mount, table):
    before = mount.memory()
    fds = [os.open(table / ".export", os.O_RDONLY) for _ in range(200)]
    try:
        for fd in fds:
            assert len(os.read(fd, 1000)) == 1000
        began = time.monotonic()
        expect_all(read_text(table / ".export"))
        assert time.monotonic() - began < 30
        assert mount.memory() - before < 200 * 3 << 20
    finally:
        for fd in fds:
            os.close(fd)


def test_many_readers_at_once_each_get_everything(mount, table):
    script = "for i in $(seq 16); do cat .export | wc -l & done; wait"
    lines = mount.run("bash", "-c", script, cwd=table).stdout.split()
    assert lines == [str(COUNT)] * 16


def test_processes_that_share_a_descriptor_share_the_lines(mount, table):
    script = "exec 3< .export; head -c 1000000 <&3 > $HOME/a; cat <&3 > $HOME/b; cat $HOME/a $HOME/b"
    expect_all(mount.run("bash", "-c", script, cwd=table).stdout)


def test_the_size_of_the_table_does_not_grow_the_daemon(mount):
    table = mount.table("Large", "id:S")
    fill(table, 20_000, more="x" * 2000)
    subprocess.run(["cat", table / ".export"], stdout=subprocess.DEVNULL, check=True)
    before = mount.memory()
    for _ in range(3):
        subprocess.run(["cat", table / ".export"], stdout=subprocess.DEVNULL, check=True)
    assert mount.memory() - before < 30 << 20


def test_items_of_the_largest_size_are_whole(mount):
    table = mount.table("Heavy", "id:S")
    for n in range(10):
        save(table / f"{n}.json", json.dumps({"x": str(n) * 400_000}))
    items = [json.loads(line) for line in read_text(table / ".export").splitlines()]
    assert sorted(items, key=lambda item: item["id"]) == [
        {"x": str(n) * 400_000, "id": str(n)} for n in range(10)
    ]


def test_a_table_that_is_dropped_ends_its_export(mount):
    table = mount.table("Doomed", "id:S")
    fill(table, 8_000, more="x" * 400)  # as many pages as 40,000 small ones, which take long to remove
    with opened(table / ".export", os.O_RDONLY) as fd:
        os.read(fd, 1000)
        subprocess.run(["rm", "-r", table], check=True)
        with refused(errno.ENOENT):
            while os.read(fd, 131072):
                pass


def test_a_reader_that_is_interrupted_ends(mount, table):
    processes = [
        subprocess.Popen(["bash", "-c", "cat .export > /dev/null"], cwd=table, start_new_session=True)
        for _ in range(12)
    ]
    time.sleep(0.1)
    for process in processes:
        os.killpg(process.pid, signal.SIGINT)
    for process in processes:
        process.wait(20)
    expect_all(read_text(table / ".export"))


def test_a_mount_ends_while_exports_are_read(unstarted_mount):
    mount = unstarted_mount.start()
    table = mount.table("Users", "id:S")
    fill(table, 40_000)
    processes = [
        subprocess.Popen(["bash", "-c", "while cat .export; do :; done > /dev/null 2>&1"], cwd=table)
        for _ in range(4)
    ]
    time.sleep(0.3)
    mount.process.terminate()
    assert mount.process.wait(30) == 0
    for process in processes:
        process.wait(20)
    mount.expect_no_crash()
    mount.abandon()


def test_what_is_written_meanwhile_does_not_disturb(mount):
    table = mount.table("Busy", "id:S")
    fill(table, 30_000)
    stop = threading.Event()

    def write():
        n = 0
        while not stop.is_set():
            save(table / f"user-{n % 30_000:07}.json", '{"again": true}')
            n += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        expect_all(read_text(table / ".export"), 30_000)
    finally:
        stop.set()
        writer.join()


def test_a_fast_pass(mount, table):
    """The figure itself is the benchmark's; this is far below it, for any machine."""
    began = time.monotonic()
    subprocess.run(["cat", table / ".export"], stdout=subprocess.DEVNULL, check=True)
    assert time.monotonic() - began < 20


def test_an_export_shows_what_was_just_saved(mount):
    table = mount.table("Fresh", "id:S")
    for n in range(20):
        save(table / "a.json", json.dumps({"n": n}))
        assert json.loads(read(table / ".export")) == {"n": n, "id": "a"}
    os.unlink(table / "a.json")
    wait_until(lambda: read(table / ".export") == b"", 1, "empty")
