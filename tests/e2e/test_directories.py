"""Directories of any size: complete, without doubles, at constant memory."""

import os
import threading

import pytest

from files import all_entries, directory_entries, seek_directory
from mounting import change_counts, changes, description, opened, read, save, write_all

COUNT = 100_000
pytestmark = pytest.mark.limit(180)


def bring(table, lines):
    with opened(table / ".import", os.O_WRONLY) as fd:
        piece = []
        for line in lines:
            piece.append(line)
            if len(piece) == 1000:
                write_all(fd, "".join(piece))
                piece = []
        write_all(fd, "".join(piece))


def fill(mount, name, count):
    """One partition of so many items, and the directory of it."""
    table = mount.table(name, "pk:S sk:N")
    bring(table, (f'{{"pk":"p","sk":{n},"a":"{n % 10}"}}\n' for n in range(count)))
    return table / "p"


@pytest.fixture(scope="module")
def large(module_mount):
    directory = fill(module_mount, "Large", COUNT)
    os.listdir(directory)
    return module_mount, directory


@pytest.fixture
def thousand(mount):
    return fill(mount, "Thousand", 1000)


NAMES = {f"{n}.json" for n in range(COUNT)}


def test_a_listing_of_100000_items_is_complete_and_without_doubles(large):
    _, directory = large
    listed = os.listdir(directory)
    assert len(listed) == COUNT
    assert set(listed) == NAMES


def test_a_listing_is_in_the_order_of_sort_keys(large):
    _, directory = large
    with opened(directory, os.O_RDONLY) as fd:
        listed = [name for name, _ in all_entries(fd)]
    assert listed == [f"{n}.json" for n in range(COUNT)]


def test_ls_U_lists_them_all(large):
    mount, directory = large
    assert int(mount.bash("ls -U | wc -l", cwd=directory).stdout) == COUNT


def test_the_table_counts_them_all(large):
    _, directory = large
    assert description(directory.parent)["ItemCount"] == COUNT


def test_a_glob_finds_a_tenth_of_them(large):
    mount, directory = large
    assert int(mount.bash("printf '%s\\n' *7.json | wc -l", cwd=directory).stdout) == COUNT // 10


def test_a_listing_goes_on_from_any_cookie(large):
    _, directory = large
    with opened(directory, os.O_RDONLY) as fd:
        entries = list(all_entries(fd))
        for at in (0, 1, 100, 4095, 50_000, COUNT - 2):
            seek_directory(fd, entries[at][1])
            assert directory_entries(fd)[0][0] == entries[at + 1][0]
        seek_directory(fd, entries[-1][1])
        assert directory_entries(fd) == []


def test_a_rewound_listing_begins_again(large):
    _, directory = large
    with opened(directory, os.O_RDONLY) as fd:
        first = directory_entries(fd)
        directory_entries(fd)
        seek_directory(fd, 0)
        assert directory_entries(fd) == first


def test_cookies_of_one_descriptor_serve_another(large):
    _, directory = large
    with opened(directory, os.O_RDONLY) as fd:
        entries = [directory_entries(fd) for _ in range(10)][-1]
    with opened(directory, os.O_RDONLY) as fd:
        seek_directory(fd, entries[0][1])
        assert directory_entries(fd)[0][0] == entries[1][0]


def test_listing_does_not_grow_the_daemon(module_mount, large):
    mount, directory = large
    os.listdir(directory)
    before = mount.memory()
    for _ in range(3):
        with opened(directory, os.O_RDONLY) as fd:
            assert sum(1 for _ in all_entries(fd)) == COUNT
    assert mount.memory() - before < 8 << 20


def test_many_open_listings_do_not_hold_the_directory_in_memory(large):
    mount, directory = large
    before = mount.memory()
    fds = [os.open(directory, os.O_RDONLY) for _ in range(50)]
    try:
        for fd in fds:
            for _ in range(5):
                directory_entries(fd, 65536)
        assert mount.memory() - before < 50 * (2 << 20)
    finally:
        for fd in fds:
            os.close(fd)


def test_stat_of_everything_is_forgotten_again(large):
    """ls -l makes the kernel hold nodes; they are bounded."""
    mount, directory = large
    before = mount.memory()
    for entry in os.scandir(directory):
        entry.stat()
    assert mount.memory() - before < 150 << 20


def test_a_listing_while_items_are_removed_misses_none_of_the_others(thousand):
    """Each getdents is followed by the removal of what it brought."""
    seen = []
    with opened(thousand, os.O_RDONLY) as fd:
        while entries := directory_entries(fd, 1024):
            for name, _ in entries:
                seen.append(name)
                os.unlink(thousand / name)
    assert sorted(seen) == sorted(f"{n}.json" for n in range(1000))
    assert os.listdir(thousand) == []


def test_every_second_item_removed_while_listing_hides_no_other(thousand):
    seen = []
    with opened(thousand, os.O_RDONLY) as fd:
        while entries := directory_entries(fd, 1024):
            for name, _ in entries:
                seen.append(name)
                if int(name[:-5]) % 2:
                    os.unlink(thousand / name)
    assert len(seen) == len(set(seen)) == 1000
    assert len(os.listdir(thousand)) == 500


def test_a_cookie_of_a_removed_item_goes_on_behind_it(thousand):
    with opened(thousand, os.O_RDONLY) as fd:
        entries = directory_entries(fd)
        names = [name for name, _ in entries]
        for name in names[2:5]:
            os.unlink(thousand / name)
        seek_directory(fd, entries[3][1])
        listed = [name for name, _ in directory_entries(fd)]
        assert listed[0] in (names[4], names[5])  # a removed one may show once more
        assert names[5] in listed[:2]


def test_items_inserted_while_listing_double_no_other(thousand):
    seen = []
    inserted = 0
    with opened(thousand, os.O_RDONLY) as fd:
        while entries := directory_entries(fd, 1024):
            seen += [name for name, _ in entries]
            last = int(float(entries[-1][0][:-5]))
            save(thousand / f"{last}.5.json", "{}")
            save(thousand / f"%2D{inserted + 1}.json", "{}")
            inserted += 1
    whole = [name for name in seen if "." not in name[:-5] and not name.startswith("%2D")]
    assert len(seen) == len(set(seen))
    assert sorted(whole) == sorted(f"{n}.json" for n in range(1000))


def test_rm_r_removes_a_large_partition(mount):
    directory = fill(mount, "Large", 5000)
    with changes(directory.parent, removed=5000):
        mount.run("rm", "-r", directory)
    assert os.listdir(directory.parent) == []


def test_a_table_of_many_partitions_lists_each_once(mount):
    table = mount.table("Wide", "pk:N sk:S")
    bring(table, (f'{{"pk":{n % 5000},"sk":"{n}"}}\n' for n in range(15_000)))
    listed = os.listdir(table)
    assert len(listed) == 5000
    assert set(listed) == {str(n) for n in range(5000)}


def test_a_table_of_partitions_goes_on_from_any_cookie(mount):
    table = mount.table("Wide", "pk:N sk:S")
    bring(table, (f'{{"pk":{n % 2000},"sk":"{n}"}}\n' for n in range(6000)))
    with opened(table, os.O_RDONLY) as fd:
        entries = list(all_entries(fd))
        for at in (0, 7, 999, 1998):
            seek_directory(fd, entries[at][1])
            assert directory_entries(fd)[0][0] == entries[at + 1][0]


def test_a_table_without_sort_key_lists_each_item_once(mount):
    table = mount.table("Flat", "id:S")
    bring(table, (f'{{"id":"user {n}"}}\n' for n in range(20_000)))
    listed = os.listdir(table)
    assert len(listed) == 20_000
    assert set(listed) == {f"user {n}.json" for n in range(20_000)}


def test_removal_of_partitions_while_listing_the_table_hides_no_other(mount):
    table = mount.table("Wide", "pk:N sk:S")
    bring(table, (f'{{"pk":{n},"sk":"x"}}\n' for n in range(1000)))
    seen = []
    with opened(table, os.O_RDONLY) as fd:
        while entries := directory_entries(fd, 1024):
            for name, _ in entries:
                seen.append(name)
                os.unlink(table / name / "x.json")
                os.rmdir(table / name)
    assert sorted(seen) == sorted(str(n) for n in range(1000))
    assert os.listdir(table) == []


def test_many_tables_are_listed_once_each(mount):
    names = {f"Table{n:03}" for n in range(150)}
    for name in names:
        mount.table(name, "id:S")
    listed = os.listdir(mount.path)
    assert len(listed) == len(names)
    assert set(listed) == names


def test_listing_while_others_write_shows_all_that_was_there_before(mount):
    directory = fill(mount, "Busy", 3000)
    stop = threading.Event()

    def write(n):
        while not stop.is_set():
            save(directory / f"{3000 + n}.json", "{}")
            save(directory / f"{n % 3000}.json", f'{{"n": {n}}}')
            n += 2

    writers = [threading.Thread(target=write, args=[n]) for n in range(2)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(15):
            listed = os.listdir(directory)
            assert len(listed) == len(set(listed))
            assert {f"{n}.json" for n in range(3000)} <= set(listed)
    finally:
        stop.set()
        for writer in writers:
            writer.join()


def test_a_large_partition_is_read_item_by_item(mount):
    directory = fill(mount, "Large", 3000)
    before = change_counts(directory.parent)
    total = sum(len(read(entry.path)) for entry in os.scandir(directory))
    assert total == sum(os.stat(entry.path).st_size for entry in os.scandir(directory))
    assert change_counts(directory.parent) == before
