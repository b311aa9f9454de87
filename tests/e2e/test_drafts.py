"""What happens around a draft: beginning again, conflicts, modes, times, power loss."""

import contextlib
import errno
import os
import subprocess
import time

import pytest

from mounting import opened, read_text, refused, save, wait_until, write_all
from movies import SCHEMA

OLD = '{"rating": 8.3}\n'
REPLACE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


@pytest.fixture
def table(mount):
    table = mount.table("Movies", SCHEMA)
    (table / "2013").mkdir()
    save(table / "2013/Rush.json", OLD)
    return table


@pytest.fixture
def item(table):
    return table / "2013/Rush.json"


def test_after_a_refused_write_nothing_is_taken_until_the_file_is_truncated(item):
    with opened(item, REPLACE) as fd:
        with refused(errno.EINVAL):
            write_all(fd, '{"a": bad')
        with refused(errno.EINVAL):
            write_all(fd, '{"a": 1}')
        os.ftruncate(fd, 0)
        os.lseek(fd, 0, os.SEEK_SET)
        write_all(fd, '{"a": 2}')
    assert read_text(item) == '{"a": 2}'


def test_a_conflict_that_is_definite_fails_the_write_that_completes_the_item(item):
    first, second = os.open(item, REPLACE), os.open(item, REPLACE)
    write_all(second, '{"by": "second"}')
    os.close(second)
    with refused(errno.ESTALE):
        write_all(first, '{"by": "first"}')
    with refused(errno.ESTALE):
        os.close(first)
    assert read_text(item) == '{"by": "second"}'


def test_a_mode_set_while_a_file_is_written_is_accepted_and_not_kept(item):
    with opened(item, REPLACE) as fd:
        os.fchmod(fd, 0o600)
        write_all(fd, '{"a": 1}')
    assert os.stat(item).st_mode & 0o7777 == 0o644
    with refused(errno.EPERM):
        os.chmod(item, 0o600)


def test_there_is_no_access_time(item):
    os.utime(item, ns=(1_000_000_000, 2_000_000_000))
    found = os.stat(item)
    assert (found.st_atime_ns, found.st_mtime_ns) == (2_000_000_000, 2_000_000_000)
    read_text(item)
    assert os.stat(item).st_atime_ns == 2_000_000_000


def test_a_partition_that_was_emptied_stays_until_rmdir(table, item):
    os.unlink(item)
    assert os.listdir(table) == ["2013"]
    assert os.listdir(table / "2013") == []
    time.sleep(1.2)  # beyond what the kernel remembers
    save(table / "2013/Again.json", "{}")
    os.unlink(table / "2013/Again.json")
    os.rmdir(table / "2013")
    assert os.listdir(table) == []


def test_an_item_made_and_removed_while_it_is_written_does_not_come_back(table):
    path = table / "2013/New.json"
    with opened(path, REPLACE) as fd:
        os.unlink(path)
        write_all(fd, '{"a": 1}')
    assert not path.exists()


def test_moving_an_item_that_is_still_being_written_is_EBUSY(mount, table):
    path = table / "2013/New.json"
    with opened(path, REPLACE) as fd:
        write_all(fd, '{"a": 1}')
        with refused(errno.EBUSY):
            os.rename(path, table / "2013/Other.json")
        assert "still being written" in mount.errors()
    assert read_text(path) == '{"a": 1}'


def test_half_a_schema_from_one_of_two_programs_is_not_yet_a_table(mount):
    (mount / "Actors").mkdir()
    mount.bash("{ /usr/bin/printf 'film:N '; /bin/echo name:S; } > .schema", cwd=mount / "Actors")
    (mount / "Actors/1").mkdir()
    save(mount / "Actors/1/Ada.json", "{}")


def test_a_mistyped_command_does_not_mount(mount, workdir):
    (workdir / "tables").mkdir()
    result = subprocess.run(
        [mount.process.args[0], "chekc", "tables"], cwd=workdir, capture_output=True, text=True
    )
    assert result.returncode == 2
    assert "'chekc' is not a command" in result.stderr
    assert not (workdir / "chekc").exists()


# Power loss: what the daemon asks of the disk


@contextlib.contextmanager
def traced_flushes(mount):
    """Yields a function that counts the daemon's flushes so far."""
    trace = mount.directory / "trace"
    command = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync", "-o", trace]
    tracer = subprocess.Popen([*command, "-p", str(mount.process.pid)])
    status = f"/proc/{mount.process.pid}/status"
    try:
        wait_until(lambda: "TracerPid:\t0\n" not in open(status).read(), 10, "tracing")
        yield lambda: trace.read_text().count("sync(") if trace.exists() else 0
    finally:
        tracer.terminate()
        tracer.wait(10)


def test_close_leaves_the_flush_to_fsync(mount, item):
    with traced_flushes(mount) as flushes:
        save(item, '{"a": 1}')
        assert flushes() == 0
        with opened(item, REPLACE) as fd:
            write_all(fd, '{"a": 2}')
            os.fsync(fd)
            assert flushes() > 0


@pytest.mark.mount_options("durability=strict")
def test_strict_durability_flushes_at_every_close(mount, item):
    with traced_flushes(mount) as flushes:
        before = 0
        for n in range(3):
            save(item, '{"n": %d}' % n)
            assert flushes() > before
            before = flushes()


# A stream that programs put their offset back in


def test_head_of_an_export_ends_without_a_complaint(mount, table):
    for n in range(5):
        save(table / f"2013/{n}.json", "{}")
    result = mount.run("head", "-n", "2", table / ".export")
    assert len(result.stdout.splitlines()) == 2
    assert result.stderr == ""


def test_an_export_is_read_again_from_its_beginning(table):
    with opened(table / ".export", os.O_RDONLY) as fd:
        first = os.read(fd, 10) + os.read(fd, 1 << 20)
        assert os.read(fd, 1 << 20) == b""
        os.lseek(fd, 0, os.SEEK_SET)
        assert os.read(fd, 1 << 20) == first
        with refused(errno.EPERM):
            os.pread(fd, 10, 1 << 20)
