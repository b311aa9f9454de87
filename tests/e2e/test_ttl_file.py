"""`.ttl`: the attribute by which items expire, turned on and off from shells."""

import errno
import itertools
import os
import subprocess
import time

import pytest

from conftest import module_mount_of
from mounting import opened, read, read_text, refused, save, wait_until, write_all
from serving import http_door

SHELLS = ("bash", "dash")
serial = itertools.count()


@pytest.fixture(scope="module")
def mount(request):
    with module_mount_of(request, "ttl-file") as mount:
        mount.remount("http=127.0.0.1:0,ttl-interval=1")
        yield mount


@pytest.fixture(scope="module")
def db(mount):
    return http_door(mount).client(parameter_validation=False)


@pytest.fixture
def table(mount):
    return mount.table(f"Sessions-{next(serial)}", "id:S")


def attribute(db, table):
    """What DescribeTimeToLive tells by HTTP."""
    told = db.describe_time_to_live(TableName=table.name)["TimeToLiveDescription"]
    assert (told["TimeToLiveStatus"] == "ENABLED") == ("AttributeName" in told)
    return told.get("AttributeName")


def last_error(mount):
    return mount.errors().split("\n\n")[-1]


@pytest.fixture(params=SHELLS)
def shell(request, mount, table):
    def run(script, check=True):
        return mount.run(request.param, "-c", script, check=check, cwd=table)

    return run


def test_echo_turns_it_on_and_cat_shows_it(shell, db, table):
    assert shell("cat .ttl").stdout == ""
    shell("echo expires > .ttl")
    assert shell("cat .ttl").stdout == "expires\n"
    assert attribute(db, table) == "expires"


def test_printf_without_a_newline_turns_it_on(shell, db, table):
    shell("printf expires > .ttl")
    assert attribute(db, table) == "expires"


def test_an_empty_line_turns_it_off(shell, db, table):
    shell("echo expires > .ttl; echo > .ttl")
    assert attribute(db, table) is None
    assert shell("cat .ttl").stdout == ""


def test_emptying_the_file_turns_it_off(shell, db, table):
    shell("echo expires > .ttl")
    assert shell(": > .ttl; cat .ttl").stdout == ""
    wait_until(lambda: attribute(db, table) is None, 5, "time to live off")


def test_writing_what_is_already_so_changes_nothing(shell, db, table):
    shell("echo > .ttl; echo expires > .ttl; echo expires > .ttl")
    assert attribute(db, table) == "expires"
    shell("echo > .ttl; echo > .ttl; : > .ttl")
    assert attribute(db, table) is None


def test_a_line_that_comes_late_is_not_preceded_by_turning_it_off(shell, db, table, mount):
    shell("echo expires > .ttl")
    process = subprocess.Popen(["bash", "-c", "{ sleep 0.5; echo expires; } > .ttl"], cwd=table)
    while process.poll() is None:
        assert attribute(db, table) == "expires"
        time.sleep(0.02)
    assert process.returncode == 0


def test_another_attribute_is_refused_with_what_to_do(shell, db, table, mount):
    shell("echo expires > .ttl")
    assert shell("echo other > .ttl", check=False).returncode != 0
    assert "current AttributeName is expires. To change it, write an empty line first" in last_error(mount)
    assert attribute(db, table) == "expires"
    shell("echo > .ttl; echo other > .ttl")
    assert attribute(db, table) == "other"


def test_a_name_may_hold_blanks_and_be_called_off(shell, db, table):
    shell("echo ' the time ' > .ttl")
    assert attribute(db, table) == " the time "
    shell("echo > .ttl; echo off > .ttl")
    assert attribute(db, table) == "off"


def test_several_lines_at_once_are_refused(db, table, mount):
    with refused(errno.EINVAL):
        save(table / ".ttl", "a\nb\n")
    assert "several lines" in last_error(mount)
    assert attribute(db, table) is None


@pytest.mark.parametrize("length", [256, 70_000])
def test_a_name_that_is_too_long_is_refused(db, table, mount, length):
    with refused(errno.EINVAL):
        save(table / ".ttl", "x" * length + "\n")
    assert attribute(db, table) is None


def test_one_descriptor_turns_it_on_and_off(db, table):
    with opened(table / ".ttl", os.O_RDWR) as fd:
        for name in ("expires", "", "other", ""):
            write_all(fd, name + "\n")
            assert attribute(db, table) == (name or None)
            assert os.pread(fd, 100, 0).decode() == (name + "\n" if name else "")


def test_a_name_may_come_in_pieces(db, table):
    with opened(table / ".ttl", os.O_WRONLY) as fd:
        for character in "expires":
            write_all(fd, character)
        assert attribute(db, table) is None
        write_all(fd, "\n")
        assert attribute(db, table) == "expires"


def test_what_http_turns_on_is_read(db, table):
    specification = {"Enabled": True, "AttributeName": "gone"}
    db.update_time_to_live(TableName=table.name, TimeToLiveSpecification=specification)
    assert read(table / ".ttl") == b"gone\n"


def test_items_expire(db, table):
    save(table / ".ttl", "expires\n")
    save(table / "old.json", f'{{"expires": {int(time.time()) - 10}}}')
    save(table / "young.json", f'{{"expires": {int(time.time()) + 1000}}}')
    wait_until(lambda: os.listdir(table) == ["young.json"], 20, "the item gone")


def test_it_survives_a_remount(unstarted_mount):
    mount = unstarted_mount.start()
    table = mount.table("Sessions", "id:S")
    save(table / ".ttl", "expires\n")
    mount.remount()
    assert read_text(table / ".ttl") == "expires\n"


def test_a_descriptor_that_is_open_at_the_end_harms_nothing(unstarted_mount):
    mount = unstarted_mount.start()
    table = mount.table("Sessions", "id:S")
    save(table / ".ttl", "expires\n")
    process = subprocess.Popen(["bash", "-c", "exec 3> .ttl; sleep 30"], cwd=table)
    wait_until(lambda: read_text(table / ".ttl") == "", 10, "emptied")
    mount.process.terminate()
    assert mount.process.wait(30) == 0
    process.kill()
    process.wait()
    mount.expect_no_crash()
    mount.abandon()


def test_it_is_not_there_for_a_table_that_is_only_announced(mount):
    path = mount / f"Announced-{next(serial)}"
    path.mkdir()
    with refused(errno.ENOENT):
        os.stat(path / ".ttl")


def test_it_is_neither_listed_nor_removed(table):
    assert os.listdir(table) == []
    with refused(errno.EPERM):
        os.unlink(table / ".ttl")
