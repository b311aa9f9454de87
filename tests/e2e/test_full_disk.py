"""A data directory on a disk that fills up, and gets space again.

The disk is a small tmpfs, which only root can make.
"""

import errno
import json
import os
import subprocess

import pytest

from conftest import mounted, small_disk
from mounting import opened, read_text, refused, save, write_all

pytestmark = pytest.mark.limit(120)
SMALL, LARGE = "32m", "128m"


def item(n):
    return json.dumps({"n": n, "fill": "x" * 50_000})


@pytest.fixture
def disk(workdir):
    with small_disk(workdir / "disk", SMALL) as path:
        yield path


def enlarge(disk):
    subprocess.run(["mount", "-o", f"remount,size={LARGE}", disk], check=True)


@pytest.fixture
def full(disk):
    """A mount whose disk is full, its table, and what was acknowledged."""
    with mounted(disk) as mount:
        mount.log = disk.parent / "dynamount.log"
        # Berkeley DB does not free what it knows of a file when it cannot log that
        # it was closed.
        mount.start(asan="detect_leaks=0")
        table = mount.table("Users", "id:S")
        saved = {}
        with refused(errno.ENOSPC):
            for n in range(5000):
                save(table / f"{n}.json", item(n))
                saved[f"{n}.json"] = item(n)
        yield mount, table, saved
        mount.stop()


def test_saving_on_a_full_disk_is_ENOSPC_and_error_says_so(disk, full):
    mount, table, _ = full
    with refused(errno.ENOSPC):
        save(table / "more.json", item(0))
    assert "ENOSPC" in mount.errors()
    enlarge(disk)


def test_everything_is_still_read_on_a_full_disk(disk, full):
    _, table, saved = full
    assert {name: read_text(table / name) for name in saved} == saved
    enlarge(disk)


def test_saving_goes_on_when_there_is_space_again(disk, full):
    _, table, saved = full
    enlarge(disk)
    save(table / "more.json", item(0))
    os.unlink(table / "0.json")
    assert set(os.listdir(table)) == {"more.json", *saved} - {"0.json"}


def test_kill_9_on_a_full_disk_loses_nothing_acknowledged(disk, full):
    mount, table, saved = full
    mount.kill9()
    enlarge(disk)
    mount.check()
    mount.start()
    assert {name: read_text(table / name) for name in saved} == saved


def test_unmounting_on_a_full_disk_loses_nothing_acknowledged(disk, full):
    mount, table, saved = full
    try:
        mount.stop()
    except AssertionError:  # it may say that it could not write everything
        pass
    mount.expect_no_crash()
    log_bytes = mount.log.stat().st_size
    assert log_bytes < 1 << 20
    enlarge(disk)
    mount.check()
    mount.start()
    assert {name: read_text(table / name) for name in saved} == saved


def test_a_full_disk_is_not_made_fuller_by_the_log(disk, full):
    mount, table, _ = full
    for n in range(50):
        with refused(errno.ENOSPC):
            save(table / f"more {n}.json", item(0))
    log_bytes = mount.log.stat().st_size
    assert log_bytes < 1 << 20
    enlarge(disk)


def test_starting_on_a_full_disk_tells_why_it_cannot(disk, full):
    mount, _, _ = full
    mount.kill9()
    with opened(disk / "filler", os.O_WRONLY | os.O_CREAT) as fd, refused(errno.ENOSPC):
        while True:
            write_all(fd, b"x" * 4096)
    result = mount.dynamount("mount", mount.data, mount.path, check=False)
    if result.returncode == 0:
        mount.dynamount("umount", mount.path)
    else:
        assert os.strerror(errno.ENOSPC) in result.stderr
        lines = len(result.stderr.splitlines())
        assert lines < 20
    enlarge(disk)
