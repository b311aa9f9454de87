"""Scratch: the byte files beside items, with the semantics that POSIX gives files.

The calls and the errors expected of them are those of POSIX.1-2017's pages
open, unlink, rename, truncate, symlink and readlink.
"""

import contextlib
import errno
import json
import os
import stat
import time

import pytest

from files import RENAME_EXCHANGE, RENAME_NOREPLACE, renameat2
from mounting import changes, description, items_below, opened, read, read_text, refused, save, write_all
from movies import SCHEMA

ITEM = '{"year": 2013, "title": "Rush", "rating": 8.3}\n'
RDONLY, WRONLY, RDWR = os.O_RDONLY, os.O_WRONLY, os.O_RDWR
CREAT, EXCL, TRUNC, APPEND = os.O_CREAT, os.O_EXCL, os.O_TRUNC, os.O_APPEND
NAMES = [
    ".Rush.json.swp", ".Rush.json.swx", "4913", "Rush.json~", "sedAbC123", ".#Rush.json", "#Rush.json#",
    "Rush.tmp", "Rush.json.tmp", ".Rush.json.Xa4b2c", "x", "Rush.json.vsctmp", ".#-emacsA1b2C3", "a b",
    "ü", "~", "core", ".x.json", "x" * 255, "Rush.JSON", "Rush.json.bak", "Rush.json.1", "-", "%",
]  # fmt: skip


@pytest.fixture
def table(mount):
    table = mount.table("Movies", SCHEMA)
    (table / "2013").mkdir()
    save(table / "2013/Rush.json", ITEM)
    return table


@pytest.fixture
def here(table):
    return table / "2013"


@pytest.fixture
def path(here):
    """The name of a scratch file that does not exist."""
    return here / "notes.tmp"


@pytest.fixture
def scratch(path):
    save(path, "0123456789")
    return path


# What is scratch


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_cannot_be_an_item_is_a_byte_file(mount, table, here, name):
    with changes(table):
        save(here / name, "any bytes")
    assert read_text(here / name) == "any bytes"
    assert sorted(os.listdir(here)) == sorted(["Rush.json", name])
    mount.remount()
    assert read_text(here / name) == "any bytes"
    os.unlink(here / name)
    assert os.listdir(here) == ["Rush.json"]


def test_scratch_lies_beside_items_of_a_table_without_sort_key(mount):
    users = mount.table("Users", "id:S")
    save(users / "alice.json", "{}")
    save(users / "alice.json~", "backup")
    assert sorted(os.listdir(users)) == ["alice.json", "alice.json~"]
    assert read_text(users / "alice.json~") == "backup"


def test_scratch_of_one_directory_is_not_in_another(table, scratch):
    (table / "2014").mkdir()
    assert os.listdir(table / "2014") == []
    assert not (table / "2014" / scratch.name).exists()


def test_scratch_has_mode_0600_whatever_was_asked_for(path):
    os.close(os.open(path, WRONLY | CREAT, 0o666))
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


def test_scratch_belongs_to_its_user(scratch):
    status = os.stat(scratch)
    assert (status.st_uid, status.st_gid, status.st_nlink) == (os.getuid(), os.getgid(), 1)


def test_scratch_is_not_in_the_export_nor_counted(mount, table, scratch):
    assert len(read_text(table / ".export").splitlines()) == 1
    assert description(table)["ItemCount"] == 1


def test_scratch_survives_a_remount(mount, scratch):
    before = os.stat(scratch)
    mount.remount()
    after = os.stat(scratch)
    assert read_text(scratch) == "0123456789"
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def test_scratch_in_a_partition_without_items_survives_a_remount(mount, table):
    (table / "2014").mkdir()
    save(table / "2014/notes.tmp", "0123456789")
    mount.remount()
    assert read_text(table / "2014/notes.tmp") == "0123456789"
    assert sorted(os.listdir(table)) == ["2013", "2014"]


def test_scratch_survives_kill_9(mount, scratch):
    mount.kill9()
    mount.start()
    assert read_text(scratch) == "0123456789"


def test_scratch_of_a_dropped_table_is_gone(mount, table, scratch):
    mount.run("rm", "-r", table)
    again = mount.table("Movies", SCHEMA)
    (again / "2013").mkdir()
    assert os.listdir(again / "2013") == []


def test_scratch_of_an_earlier_table_is_not_an_obstacle_for_rm_r(mount, table, scratch):
    mount.run("rm", "-r", table / "2013")
    assert os.listdir(table) == []


def test_a_directory_that_holds_scratch_only_is_not_removed_by_rmdir(here, scratch):
    os.unlink(here / "Rush.json")
    with refused(errno.ENOTEMPTY):
        os.rmdir(here)


# Rename between scratch and items


def test_renaming_scratch_to_an_item_is_one_save(table, here):
    save(here / "new.tmp", '{"rating": 9}')
    with changes(table, modified=1):
        os.rename(here / "new.tmp", here / "Rush.json")
    assert read_text(here / "Rush.json") == '{"rating": 9}'
    assert os.listdir(here) == ["Rush.json"]


def test_renaming_scratch_to_a_new_item_inserts_it(table, here):
    save(here / "new.tmp", '{"rating": 9}')
    with changes(table, inserted=1):
        os.rename(here / "new.tmp", here / "New.json")
    assert read_text(here / "New.json") == '{"rating": 9}'


def test_renaming_scratch_to_an_item_of_another_partition_is_one_save(table, here):
    (table / "2014").mkdir()
    save(here / "new.tmp", '{"rating": 9}')
    with changes(table, inserted=1):
        os.rename(here / "new.tmp", table / "2014/New.json")
    assert items_below(table) == ["2013/Rush.json", "2014/New.json"]


def test_renaming_scratch_to_an_item_keeps_its_modification_time(here):
    save(here / "new.tmp", '{"rating": 9}')
    os.utime(here / "new.tmp", ns=(1_000_000_001, 1_000_000_001))
    os.rename(here / "new.tmp", here / "Rush.json")
    assert os.stat(here / "Rush.json").st_mtime_ns == 1_000_000_001


def test_renaming_scratch_that_is_no_item_onto_one_is_refused_and_keeps_both(mount, table, here):
    save(here / "new.tmp", "{not an item}")
    with changes(table), refused(errno.EINVAL):
        os.rename(here / "new.tmp", here / "Rush.json")
    assert read_text(here / "new.tmp") == "{not an item}"
    assert read_text(here / "Rush.json") == ITEM
    assert "line 1, column 2" in mount.errors()


def test_renaming_scratch_with_another_key_onto_an_item_is_refused(mount, table, here):
    save(here / "new.tmp", '{"title": "Gravity"}')
    with changes(table), refused(errno.EINVAL):
        os.rename(here / "new.tmp", here / "Rush.json")
    assert read_text(here / "Rush.json") == ITEM


def test_renaming_empty_scratch_onto_an_item_is_refused(table, here):
    save(here / "new.tmp", "")
    with changes(table), refused(errno.EINVAL):
        os.rename(here / "new.tmp", here / "Rush.json")
    assert read_text(here / "Rush.json") == ITEM


def test_renaming_a_symlink_onto_an_item_is_refused(table, here):
    os.symlink("x", here / "link.tmp")
    with changes(table), refused(errno.EINVAL, errno.EPERM):
        os.rename(here / "link.tmp", here / "Rush.json")
    assert read_text(here / "Rush.json") == ITEM


def test_renaming_an_item_to_scratch_is_EPERM(table, here):
    with changes(table), refused(errno.EPERM):
        os.rename(here / "Rush.json", here / "Rush.json~")
    assert os.listdir(here) == ["Rush.json"]


def test_exchanging_an_item_with_scratch_is_refused(table, here, scratch):
    with changes(table), refused(errno.EINVAL, errno.EPERM):
        renameat2(here / "Rush.json", scratch, RENAME_EXCHANGE)
    assert read_text(here / "Rush.json") == ITEM


# open


def test_open_of_a_missing_file_is_ENOENT(path):
    with refused(errno.ENOENT):
        os.open(path, RDONLY)


def test_open_CREAT_makes_an_empty_file(path):
    os.close(os.open(path, WRONLY | CREAT, 0o600))
    assert os.stat(path).st_size == 0


def test_open_CREAT_leaves_an_existing_file_alone(scratch):
    os.close(os.open(scratch, WRONLY | CREAT, 0o600))
    assert read_text(scratch) == "0123456789"


def test_open_CREAT_EXCL_of_an_existing_file_is_EEXIST(scratch):
    with refused(errno.EEXIST):
        os.open(scratch, WRONLY | CREAT | EXCL, 0o600)


def test_open_CREAT_EXCL_of_a_symlink_is_EEXIST_even_if_it_dangles(here):
    os.symlink("nowhere", here / "link.tmp")
    with refused(errno.EEXIST):
        os.open(here / "link.tmp", WRONLY | CREAT | EXCL, 0o600)
    assert not (here / "nowhere").exists()


def test_open_TRUNC_empties_a_file(scratch):
    os.close(os.open(scratch, WRONLY | TRUNC))
    assert os.stat(scratch).st_size == 0


def test_open_APPEND_writes_at_the_end(scratch):
    with opened(scratch, WRONLY | APPEND) as fd:
        os.lseek(fd, 0, os.SEEK_SET)
        os.write(fd, b"ab")
    assert read_text(scratch) == "0123456789ab"


def test_two_appenders_do_not_overwrite_each_other(scratch):
    with opened(scratch, WRONLY | APPEND) as one, opened(scratch, WRONLY | APPEND) as two:
        os.write(one, b"a")
        os.write(two, b"b")
        os.write(one, b"c")
    assert read_text(scratch) == "0123456789abc"


def test_open_DIRECTORY_of_a_file_is_ENOTDIR(scratch):
    with refused(errno.ENOTDIR):
        os.open(scratch, RDONLY | os.O_DIRECTORY)


def test_open_below_a_file_is_ENOTDIR(scratch):
    with refused(errno.ENOTDIR):
        os.open(scratch / "x", RDONLY)


def test_open_NOFOLLOW_of_a_symlink_is_ELOOP(here):
    os.symlink("Rush.json", here / "link.tmp")
    with refused(errno.ELOOP):
        os.open(here / "link.tmp", RDONLY | os.O_NOFOLLOW)


def test_a_name_of_256_bytes_is_ENAMETOOLONG(here):
    with refused(errno.ENAMETOOLONG):
        os.open(here / ("x" * 256), WRONLY | CREAT, 0o600)


def test_writing_to_a_descriptor_for_reading_is_EBADF(scratch):
    with opened(scratch, RDONLY) as fd, refused(errno.EBADF):
        os.write(fd, b"x")


def test_reading_from_a_descriptor_for_writing_is_EBADF(scratch):
    with opened(scratch, WRONLY) as fd, refused(errno.EBADF):
        os.read(fd, 1)


# read and write


def test_write_beyond_the_end_leaves_zeros_between(scratch):
    with opened(scratch, WRONLY) as fd:
        os.pwrite(fd, b"x", 15)
    assert read(scratch) == b"0123456789\0\0\0\0\0x"


def test_write_in_the_middle_keeps_the_rest(scratch):
    with opened(scratch, WRONLY) as fd:
        os.pwrite(fd, b"xyz", 3)
    assert read_text(scratch) == "012xyz6789"


def test_read_beyond_the_end_is_empty(scratch):
    with opened(scratch, RDONLY) as fd:
        assert os.pread(fd, 10, 100) == b""


def test_a_large_file_is_read_back_as_it_was_written(path):
    data = os.urandom(5 << 20)
    save(path, data)
    assert read(path) == data
    assert os.stat(path).st_size == len(data)


def test_what_one_descriptor_writes_another_reads(scratch):
    with opened(scratch, RDWR) as writer, opened(scratch, RDONLY) as reader:
        os.pwrite(writer, b"ABC", 0)
        assert os.pread(reader, 3, 0) == b"ABC"


def test_writing_moves_the_modification_time(scratch):
    os.utime(scratch, ns=(1, 1))
    before = time.time_ns() - 20_000_000
    with opened(scratch, WRONLY) as fd:
        os.write(fd, b"x")
    assert os.stat(scratch).st_mtime_ns >= before


def test_fsync_works(scratch):
    with opened(scratch, WRONLY) as fd:
        os.write(fd, b"x")
        os.fsync(fd)


def test_utimens_is_kept(mount, scratch):
    os.utime(scratch, ns=(1_111_111_111, 1_222_222_222))
    assert os.stat(scratch).st_mtime_ns == 1_222_222_222
    mount.remount()
    assert os.stat(scratch).st_mtime_ns == 1_222_222_222


# truncate


def test_truncate_shortens(scratch):
    os.truncate(scratch, 4)
    assert read_text(scratch) == "0123"


def test_truncate_extends_with_zeros(scratch):
    os.truncate(scratch, 13)
    assert read(scratch) == b"0123456789\0\0\0"


def test_ftruncate_works_through_an_open_descriptor(scratch):
    with opened(scratch, RDWR) as fd:
        os.ftruncate(fd, 2)
        assert os.fstat(fd).st_size == 2
    assert read_text(scratch) == "01"


def test_truncate_of_a_missing_file_is_ENOENT(path):
    with refused(errno.ENOENT):
        os.truncate(path, 0)


def test_truncate_below_a_file_is_ENOTDIR(scratch):
    with refused(errno.ENOTDIR):
        os.truncate(scratch / "x", 0)


def test_truncate_of_a_directory_is_EISDIR(here):
    with refused(errno.EISDIR):
        os.truncate(here, 0)


def test_truncate_to_a_negative_length_is_EINVAL(scratch):
    with refused(errno.EINVAL):
        os.truncate(scratch, -1)


def test_ftruncate_of_a_descriptor_for_reading_is_EINVAL(scratch):
    with opened(scratch, RDONLY) as fd, refused(errno.EINVAL):
        os.ftruncate(fd, 0)


def test_truncate_follows_a_symlink(here, scratch):
    os.symlink(scratch.name, here / "link.tmp")
    os.truncate(here / "link.tmp", 3)
    assert read_text(scratch) == "012"


# unlink


def test_unlink_removes_the_name(here, scratch):
    os.unlink(scratch)
    assert os.listdir(here) == ["Rush.json"]
    with refused(errno.ENOENT):
        os.stat(scratch)


def test_unlink_of_a_missing_file_is_ENOENT(path):
    with refused(errno.ENOENT):
        os.unlink(path)


def test_unlink_of_a_directory_is_EISDIR(here):
    with refused(errno.EISDIR, errno.EPERM):
        os.unlink(here)


def test_rmdir_of_a_file_is_ENOTDIR(scratch):
    with refused(errno.ENOTDIR):
        os.rmdir(scratch)


def test_an_unlinked_file_lives_until_it_is_closed(scratch):
    with opened(scratch, RDWR) as fd:
        os.unlink(scratch)
        assert os.pread(fd, 10, 0) == b"0123456789"
        os.pwrite(fd, b"still here", 10)
        assert os.fstat(fd).st_size == 20
        assert not scratch.exists()
    assert not scratch.exists()


def test_an_unlinked_name_can_be_made_again_while_the_old_file_is_open(scratch):
    with opened(scratch, RDONLY) as fd:
        os.unlink(scratch)
        save(scratch, "new")
        assert os.pread(fd, 10, 0) == b"0123456789"
    assert read_text(scratch) == "new"


def test_unlink_of_a_symlink_keeps_its_target(here, scratch):
    os.symlink(scratch.name, here / "link.tmp")
    os.unlink(here / "link.tmp")
    assert read_text(scratch) == "0123456789"


# rename


def test_rename_moves_a_file(here, scratch):
    os.rename(scratch, here / "other.tmp")
    assert read_text(here / "other.tmp") == "0123456789"
    assert not scratch.exists()


def test_rename_replaces_a_file(here, scratch):
    save(here / "other.tmp", "old")
    os.rename(scratch, here / "other.tmp")
    assert read_text(here / "other.tmp") == "0123456789"


def test_rename_moves_a_file_to_another_directory(table, scratch):
    (table / "2014").mkdir()
    os.rename(scratch, table / "2014/other.tmp")
    assert read_text(table / "2014/other.tmp") == "0123456789"
    assert not scratch.exists()


def test_rename_keeps_the_inode_of_an_open_file(here, scratch):
    with opened(scratch, RDWR) as fd:
        os.rename(scratch, here / "other.tmp")
        os.pwrite(fd, b"X", 0)
    assert read_text(here / "other.tmp") == "X123456789"


def test_rename_onto_an_open_file_leaves_its_readers_the_old_one(here, scratch):
    save(here / "other.tmp", "old")
    with opened(here / "other.tmp", RDONLY) as fd:
        os.rename(scratch, here / "other.tmp")
        assert os.pread(fd, 10, 0) == b"old"


def test_rename_of_a_file_to_itself_does_nothing(scratch):
    os.rename(scratch, scratch)
    assert read_text(scratch) == "0123456789"


def test_rename_of_a_missing_file_is_ENOENT(here, path):
    with refused(errno.ENOENT):
        os.rename(path, here / "other.tmp")


def test_rename_of_a_file_onto_a_directory_is_EISDIR(table, scratch):
    (table / "2014").mkdir()
    with refused(errno.EISDIR, errno.EPERM, errno.EEXIST):
        os.rename(scratch, table / "2014")
    assert read_text(scratch) == "0123456789"


def test_RENAME_NOREPLACE_onto_a_file_is_EEXIST(here, scratch):
    save(here / "other.tmp", "old")
    with refused(errno.EEXIST):
        renameat2(scratch, here / "other.tmp", RENAME_NOREPLACE)
    assert read_text(here / "other.tmp") == "old"
    assert read_text(scratch) == "0123456789"


def test_RENAME_NOREPLACE_to_a_free_name_moves(here, scratch):
    renameat2(scratch, here / "other.tmp", RENAME_NOREPLACE)
    assert read_text(here / "other.tmp") == "0123456789"


def test_RENAME_EXCHANGE_swaps_two_files(here, scratch):
    save(here / "other.tmp", "old")
    renameat2(scratch, here / "other.tmp", RENAME_EXCHANGE)
    assert read_text(scratch) == "old"
    assert read_text(here / "other.tmp") == "0123456789"


def test_rename_moves_a_symlink_and_not_its_target(here, scratch):
    os.symlink(scratch.name, here / "link.tmp")
    os.rename(here / "link.tmp", here / "other.tmp")
    assert os.readlink(here / "other.tmp") == scratch.name
    assert read_text(scratch) == "0123456789"


# symlinks


@pytest.mark.parametrize("target", ["Rush.json", "nowhere", "/etc/passwd", "user@host.123:456", "x" * 1000])
def test_readlink_gives_back_the_target(mount, here, target):
    os.symlink(target, here / ".#Rush.json")
    assert os.readlink(here / ".#Rush.json") == target
    assert os.lstat(here / ".#Rush.json").st_size == len(target)
    mount.remount()
    assert os.readlink(here / ".#Rush.json") == target


def test_a_symlink_is_a_symlink(here):
    os.symlink("Rush.json", here / "link.tmp")
    assert stat.S_ISLNK(os.lstat(here / "link.tmp").st_mode)
    (entry,) = [entry for entry in os.scandir(here) if entry.name == "link.tmp"]
    assert entry.is_symlink()


def test_a_symlink_to_an_item_is_followed(here):
    os.symlink("Rush.json", here / "link.tmp")
    assert read_text(here / "link.tmp") == ITEM


def test_symlink_onto_an_existing_name_is_EEXIST(here, scratch):
    with refused(errno.EEXIST):
        os.symlink("x", scratch)
    with refused(errno.EEXIST):
        os.symlink("x", here / "Rush.json")


def test_a_dangling_symlink_is_ENOENT(here):
    os.symlink("nowhere", here / "link.tmp")
    with refused(errno.ENOENT):
        os.stat(here / "link.tmp")


def test_a_symlink_to_itself_is_ELOOP(here):
    os.symlink("link.tmp", here / "link.tmp")
    with refused(errno.ELOOP):
        os.stat(here / "link.tmp")


def test_readlink_of_a_file_is_EINVAL(scratch):
    with refused(errno.EINVAL):
        os.readlink(scratch)


def test_a_symlink_is_resolved_by_the_user_and_never_by_the_server(mount, table, here):
    """What a link outside of the mount names is not written through the mount's own rights."""
    outside = mount.directory / "secret"
    outside.write_text("secret")
    os.symlink(outside, here / "link.tmp")
    assert read_text(here / "link.tmp") == "secret"
    os.unlink(here / "link.tmp")
    assert outside.read_text() == "secret"


# What scratch is not


def test_mkdir_inside_a_partition_is_refused(here):
    for name in ("x", ".x", "x.json", "x~"):
        with refused(errno.EPERM, errno.EINVAL):
            os.mkdir(here / name)
    assert os.listdir(here) == ["Rush.json"]


def test_ln_of_scratch_is_EPERM(here, scratch):
    with refused(errno.EPERM):
        os.link(scratch, here / "other.tmp")


@pytest.mark.parametrize("mode", [0o644, 0o666, 0o755])
def test_chmod_never_changes_the_mode_of_scratch(scratch, mode):
    with contextlib.suppress(PermissionError):
        os.chmod(scratch, mode)
    assert stat.S_IMODE(os.stat(scratch).st_mode) == 0o600


def test_scratch_is_listed_together_with_many_items(table, here, scratch):
    text = "".join(json.dumps({"year": 2013, "title": f"Movie {n}"}) + "\n" for n in range(1000))
    save(table / ".import", text, WRONLY)
    listed = os.listdir(here)
    assert len(listed) == len(set(listed)) == 1002
    assert scratch.name in listed


# Its bounds


@pytest.mark.limit(120)
def test_scratch_over_the_limit_is_EDQUOT_and_what_was_written_stays(here):
    block = b"x" * (4 << 20)
    written = 0
    fd = os.open(here / "big.tmp", WRONLY | CREAT, 0o600)
    with refused(errno.EDQUOT):
        while written < 2 << 30:
            written += os.write(fd, block)
    os.close(fd)
    assert written >= 16 << 20
    assert os.stat(here / "big.tmp").st_size == written
    with refused(errno.EDQUOT):
        save(here / "more.tmp", block)
    os.unlink(here / "big.tmp")
    save(here / "again.tmp", block)
    assert os.stat(here / "again.tmp").st_size == len(block)


@pytest.mark.limit(120)
def test_items_are_saved_while_scratch_is_full(table, here):
    fd = os.open(here / "big.tmp", WRONLY | CREAT, 0o600)
    with refused(errno.EDQUOT):
        for _ in range(1024):
            write_all(fd, b"x" * (4 << 20))
    os.close(fd)
    with changes(table, modified=1):
        save(here / "Rush.json", '{"rating": 9}')
