"""The programs that people use on files, run for real on the mount."""

import errno
import json
import mmap
import os
import time

import pytest

from files import RENAME_EXCHANGE, renameat2
from mounting import changes, items_below, read, read_text, refused, save
from movies import SCHEMA, loads

MOVIES = {
    "2012/V%2FH%2FS.json": '{"year": 2012, "title": "V/H/S", "info": {"rating": 5.8}}\n',
    "2013/Gravity.json": '{"year": 2013, "title": "Gravity", "info": {"rating": 7.7}}\n',
    "2013/Rush.json": '{\n  "year": 2013,\n  "title": "Rush",\n  "info": {\n    "rating": 8.1\n  }\n}\n',
    "2013/Üb er.json": '{"year": 2013, "title": "Üb er", "info": {"rating": 1.50}}',
    "%2D5/Old.json": '{"year": -5, "title": "Old"}\n',
}
OLD_NS = 1_400_000_000_123_456_789


def fill(table):
    for name, text in MOVIES.items():
        path = table / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return table


@pytest.fixture
def table(mount):
    return fill(mount.table("Movies", SCHEMA))


@pytest.fixture
def copy(mount):
    """A second table with the same keys, empty."""
    return mount.table("Copy", SCHEMA)


@pytest.fixture
def outside(mount):
    path = mount.directory / "outside"
    path.mkdir()
    return path


def files_of(directory):
    return {name: read_text(directory / name) for name in items_below(directory)}


# Out of the mount


def test_cp_r_copies_a_table_out(mount, table, outside):
    mount.run("cp", "-r", table, outside)
    assert files_of(outside / "Movies") == MOVIES


def test_cp_a_copies_a_table_out_without_a_complaint(mount, table, outside):
    result = mount.run("cp", "-a", table, outside)
    assert result.stderr == ""
    assert files_of(outside / "Movies") == MOVIES


def test_cp_p_keeps_the_modification_time(mount, table, outside):
    os.utime(table / "2013/Rush.json", ns=(OLD_NS, OLD_NS))
    mount.run("cp", "-p", table / "2013/Rush.json", outside)
    assert os.stat(outside / "Rush.json").st_mtime_ns == OLD_NS


def test_tar_packs_a_table_and_unpacks_it_elsewhere(mount, table, outside):
    mount.bash('tar cf - Movies | tar xf - -C "$1"', outside)
    assert files_of(outside / "Movies") == MOVIES


def test_tar_finds_no_file_that_changes_its_size(mount, table, outside):
    result = mount.run("tar", "cf", outside / "a.tar", "Movies")
    assert result.stderr == ""
    mount.run("tar", "df", outside / "a.tar")


def test_rsync_copies_a_table_out(mount, table, outside):
    mount.run("rsync", "-a", f"{table}/", f"{outside}/Movies/")
    assert files_of(outside / "Movies") == MOVIES


def transferred(result):
    """How many files, by the summary of rsync --stats."""
    line = next(line for line in result.stdout.splitlines() if "files transferred" in line)
    return int(line.rsplit(" ", 1)[1].replace(",", ""))


def test_a_second_rsync_out_transfers_nothing(mount, table, outside):
    command = ["rsync", "-a", "--stats", f"{table}/", f"{outside}/Movies/"]
    assert transferred(mount.run(*command)) == len(MOVIES)
    assert transferred(mount.run(*command)) == 0


def test_rsync_out_sees_one_changed_item(mount, table, outside):
    command = ["rsync", "-a", "--stats", f"{table}/", f"{outside}/Movies/"]
    mount.run(*command)
    (table / "2013/Rush.json").write_text('{"rating": 9}')
    assert transferred(mount.run(*command)) == 1
    assert read_text(outside / "Movies/2013/Rush.json") == '{"rating": 9}'


# Into the mount


def test_cp_r_copies_a_tree_in(mount, copy, outside):
    fill(outside)
    with changes(copy, inserted=len(MOVIES)):
        mount.bash('cp -r "$1"/* "$2"', outside, copy)
    assert files_of(copy) == MOVIES


def test_cp_r_copies_from_table_to_table(mount, table, copy):
    mount.bash('cp -r Movies/* Copy')
    assert files_of(copy) == MOVIES


def test_cp_r_from_another_key_schema_is_refused_item_by_item(mount, table):
    other = mount.table("Other", "title:S year:N")
    result = mount.bash("cp -r Movies/* Other", check=False)
    assert result.returncode != 0
    assert items_below(other) == []


def test_cp_p_into_the_mount_keeps_the_modification_time(mount, table, outside):
    (outside / "Rush.json").write_text('{"rating": 9}')
    os.utime(outside / "Rush.json", ns=(OLD_NS, OLD_NS))
    mount.run("cp", "-p", outside / "Rush.json", table / "2013/Rush.json")
    assert os.stat(table / "2013/Rush.json").st_mtime_ns == OLD_NS


def test_tar_unpacks_a_tree_into_a_table(mount, copy, outside):
    fill(outside)
    with changes(copy, inserted=len(MOVIES)):
        mount.bash('tar cf - -C "$1" . | tar xf - -C "$2" --no-same-owner', outside, copy)
    assert files_of(copy) == MOVIES


def test_tar_keeps_modification_times(mount, copy, outside):
    fill(outside)
    os.utime(outside / "2013/Rush.json", ns=(OLD_NS, OLD_NS))
    mount.bash('tar cf - --format=posix -C "$1" . | tar xf - -C "$2"', outside, copy)
    assert os.stat(copy / "2013/Rush.json").st_mtime_ns == OLD_NS


def test_rsync_copies_a_tree_in(mount, copy, outside):
    fill(outside)
    with changes(copy, inserted=len(MOVIES)):
        mount.run("rsync", "-a", f"{outside}/", f"{copy}/")
    assert files_of(copy) == MOVIES


def test_a_second_rsync_in_transfers_nothing(mount, copy, outside):
    fill(outside)
    command = ["rsync", "-a", "--stats", f"{outside}/", f"{copy}/"]
    assert transferred(mount.run(*command)) == len(MOVIES)
    with changes(copy):
        assert transferred(mount.run(*command)) == 0


def test_rsync_leaves_no_temporary_file(mount, copy, outside):
    fill(outside)
    mount.run("rsync", "-a", f"{outside}/", f"{copy}/")
    everything = [name for _, _, names in os.walk(copy) for name in names]
    assert all(name.endswith(".json") and not name.startswith(".") for name in everything)


def test_rsync_delete_removes_what_is_gone(mount, copy, outside):
    fill(outside)
    mount.run("rsync", "-a", f"{outside}/", f"{copy}/")
    (outside / "2013/Rush.json").unlink()
    with changes(copy, removed=1):
        mount.run("rsync", "-a", "--delete", f"{outside}/", f"{copy}/")
    assert "2013/Rush.json" not in items_below(copy)


def test_rsync_in_reports_an_item_that_is_refused_and_brings_the_others(mount, copy, outside):
    fill(outside)
    (outside / "2013/Bad.json").write_text('{"title": "Good"}')
    result = mount.run("rsync", "-a", f"{outside}/", f"{copy}/", check=False)
    assert result.returncode == 23
    assert "Bad.json" in result.stderr
    assert files_of(copy) == MOVIES


def test_install_makes_an_item(mount, table, outside):
    (outside / "New.json").write_text('{"a": 1}')
    mount.run("install", "-m", "644", outside / "New.json", table / "2013/New.json")
    assert read_text(table / "2013/New.json") == '{"a": 1}'


# mv


def test_mv_gives_an_item_another_sort_key(mount, table):
    with changes(table, inserted=1, removed=1):
        mount.run("mv", "Rush.json", "Rush 2.json", cwd=table / "2013")
    item = loads(read(table / "2013/Rush 2.json"))
    assert item == {"year": 2013, "title": "Rush 2", "info": {"rating": loads("8.1")}}
    assert not (table / "2013/Rush.json").exists()


def test_mv_takes_an_item_to_another_partition(mount, table):
    (table / "2014").mkdir()
    with changes(table, inserted=1, removed=1):
        mount.run("mv", "2013/Rush.json", "2014/", cwd=table)
    item = loads(read(table / "2014/Rush.json"))
    assert item == {"year": 2014, "title": "Rush", "info": {"rating": loads("8.1")}}
    assert not (table / "2013/Rush.json").exists()


def test_mv_over_an_item_replaces_it(mount, table):
    with changes(table, modified=1, removed=1):
        mount.run("mv", "-f", "2013/Rush.json", "2013/Gravity.json", cwd=table)
    assert loads(read(table / "2013/Gravity.json"))["info"] == {"rating": loads("8.1")}
    assert "2013/Rush.json" not in items_below(table)


def test_mv_n_never_overwrites_an_item(mount, table):
    with changes(table):
        mount.run("mv", "-n", "2013/Rush.json", "2013/Gravity.json", cwd=table)
    assert files_of(table) == MOVIES


def test_mv_n_to_a_free_name_moves(mount, table):
    with changes(table, inserted=1, removed=1):
        mount.run("mv", "-n", "2013/Rush.json", "2013/Free.json", cwd=table)
    assert "2013/Free.json" in items_below(table)


def test_mv_keeps_the_modification_time(mount, table):
    os.utime(table / "2013/Rush.json", ns=(OLD_NS, OLD_NS))
    mount.run("mv", "2013/Rush.json", "2013/Free.json", cwd=table)
    assert os.stat(table / "2013/Free.json").st_mtime_ns == OLD_NS


def test_mv_shows_the_exact_size_of_the_item_under_its_new_key(mount, table):
    os.stat(table / "2013/Rush.json")
    mount.run("mv", "2013/Rush.json", "2013/A much longer title.json", cwd=table)
    path = table / "2013/A much longer title.json"
    assert os.stat(path).st_size == len(read(path))


def test_mv_of_an_item_to_the_outside_is_a_removal(mount, table, outside):
    with changes(table, removed=1):
        mount.run("mv", table / "2013/Rush.json", outside)
    assert read_text(outside / "Rush.json") == MOVIES["2013/Rush.json"]


def test_mv_of_an_item_to_another_table_moves_it(mount, table, copy):
    (copy / "2013").mkdir()
    with changes(table, removed=1), changes(copy, inserted=1):
        mount.run("mv", "Movies/2013/Rush.json", "Copy/2013/Rush.json")
    assert loads(read(copy / "2013/Rush.json")) == loads(MOVIES["2013/Rush.json"])
    assert "2013/Rush.json" not in items_below(table)


def test_mv_to_a_table_with_other_keys_shows_what_was_the_key(mount, table):
    save(table / "2013/Rush.json", '{"rating": 8}')
    other = mount / "Other"
    other.mkdir()
    save(other / ".schema", "name:S\n")
    mount.run("mv", "Movies/2013/Rush.json", "Other/rush.json")
    expected = {"name": "rush", "year": 2013, "title": "Rush", "rating": 8}
    assert loads(read(other / "rush.json")) == expected


def test_a_table_or_partition_is_not_renamed(mount, table):
    for old, new in (("Movies", "Films"), ("Movies/2013", "Movies/2020")):
        with pytest.raises(OSError):
            os.rename(mount / old, mount / new)
    assert files_of(table) == MOVIES


def test_two_items_are_not_exchanged(mount, table):
    with refused(errno.EINVAL):
        renameat2(table / "2013/Rush.json", table / "2013/Gravity.json", RENAME_EXCHANGE)
    assert files_of(table) == MOVIES


# find, ls, stat, du


def test_find_lists_tables_partitions_and_items_only(mount, table):
    found = mount.run("find", ".").stdout.splitlines()
    directories = {".", "./Movies", "./Movies/2012", "./Movies/2013", "./Movies/%2D5"}
    assert sorted(found) == sorted(directories | {f"./Movies/{name}" for name in MOVIES})


def test_find_name_matches_items(mount, table):
    found = mount.run("find", ".", "-name", "*r*.json", "-type", "f", cwd=table).stdout.split("\n")
    assert sorted(found) == ["", "./2013/Gravity.json", "./2013/Üb er.json"]


def test_find_newer_sees_what_was_saved_last(mount, table):
    os.utime(table / "2013/Rush.json", ns=(OLD_NS, OLD_NS))
    os.utime(table / "2013/Gravity.json", ns=(OLD_NS + 1, OLD_NS + 1))
    found = mount.run("find", "2013", "-newer", "2013/Rush.json", "-name", "G*", cwd=table).stdout
    assert found == "2013/Gravity.json\n"
    found = mount.run("find", "2013", "-newer", "2013/Gravity.json", "-name", "R*", cwd=table).stdout
    assert found == ""


def test_find_mtime_sees_old_items(mount, table):
    mount.run("touch", "-d", "3 days ago", "2013/Rush.json", cwd=table)
    found = mount.run("find", ".", "-type", "f", "-mtime", "+1", cwd=table).stdout
    assert found == "./2013/Rush.json\n"


def test_find_size_uses_exact_sizes(mount, table):
    size = len(MOVIES["2013/Rush.json"].encode())
    found = mount.run("find", ".", "-type", "f", "-size", f"{size}c", cwd=table).stdout
    assert found == "./2013/Rush.json\n"


def test_find_delete_removes_items(mount, table):
    with changes(table, removed=3):
        mount.run("find", "2013", "-name", "*.json", "-delete", cwd=table)
    assert items_below(table) == ["%2D5/Old.json", "2012/V%2FH%2FS.json"]


def test_ls_la_reports_no_error(mount, table):
    assert mount.run("ls", "-laR", mount.path).stderr == ""


def test_ls_l_shows_a_plain_file_of_the_owner(mount, table):
    line = mount.run("ls", "-ln", "2013/Rush.json", cwd=table).stdout.split()
    assert line[0] == "-rw-r--r--"
    assert line[1:5] == ["1", str(os.getuid()), str(os.getgid()), str(len(MOVIES["2013/Rush.json"]))]


def test_du_adds_up_exact_sizes(mount, table):
    result = mount.run("bash", "-c", "du --apparent-size -b */* | cut -f1", cwd=table)
    assert sum(map(int, result.stdout.split())) == sum(len(text.encode()) for text in MOVIES.values())


# Reading


def test_grep_r_looks_into_items_only(mount, table):
    found = mount.run("grep", "-rl", "20", ".", cwd=table).stdout.splitlines()
    expected = [f"./{name}" for name, text in MOVIES.items() if "20" in text]
    assert sorted(found) == sorted(expected)


def test_grep_r_reports_no_error(mount, table):
    assert mount.run("grep", "-r", "Gravity", mount.path).stderr == ""


def test_jq_reads_an_item(mount, table):
    assert mount.run("jq", ".info.rating", "2013/Gravity.json", cwd=table).stdout == "7.7\n"


def test_wc_counts_bytes(mount, table):
    counted = mount.run("wc", "-c", "2013/Rush.json", cwd=table).stdout.split()[0]
    assert int(counted) == len(MOVIES["2013/Rush.json"])


def test_diff_r_of_a_copy_finds_nothing(mount, table, outside):
    mount.run("cp", "-r", table, outside)
    assert mount.run("diff", "-r", table, outside / "Movies").stdout == ""


def test_cmp_finds_the_first_difference(mount, table, outside):
    (outside / "other").write_text(MOVIES["2013/Rush.json"].replace("8.1", "8.2"))
    result = mount.run("cmp", table / "2013/Rush.json", outside / "other", check=False)
    assert result.returncode == 1


def test_tail_and_head_read_pieces(mount, table):
    text = MOVIES["2013/Rush.json"]
    assert mount.run("tail", "-c", "5", "2013/Rush.json", cwd=table).stdout == text[-5:]
    assert mount.run("head", "-c", "5", "2013/Rush.json", cwd=table).stdout == text[:5]


def test_tac_reads_backwards(mount, table):
    lines = MOVIES["2013/Rush.json"].splitlines(keepends=True)
    assert mount.run("tac", "2013/Rush.json", cwd=table).stdout == "".join(reversed(lines))


def mapped_text(path, flags):
    with open(path, "rb") as file:
        with mmap.mmap(file.fileno(), 0, flags=flags, prot=mmap.PROT_READ) as mapped:
            return mapped[:].decode()


def test_an_item_is_mapped_into_memory(table):
    path = table / "2013/Rush.json"
    assert mapped_text(path, mmap.MAP_PRIVATE) == MOVIES["2013/Rush.json"]


def test_an_item_that_was_not_just_changed_is_mapped_shared(table):
    """While it is being changed, its readers have no pages in common."""
    time.sleep(1.5)
    path = table / "2013/Rush.json"
    assert mapped_text(path, mmap.MAP_SHARED) == MOVIES["2013/Rush.json"]


def test_sha256sum_of_a_copy_agrees(mount, table, outside):
    mount.bash('find . -type f -print0 | xargs -0 sha256sum > "$1"/sums', outside, cwd=table)
    mount.run("cp", "-r", table, outside)
    mount.run("sha256sum", "-c", "--quiet", outside / "sums", cwd=outside / "Movies")


# Removing


def test_rm_removes_one_item(mount, table):
    with changes(table, removed=1):
        mount.run("rm", "2013/Rush.json", cwd=table)
    assert "2013/Rush.json" not in items_below(table)


def test_rm_of_a_missing_item_is_an_error(mount, table):
    assert mount.run("rm", "2013/None.json", cwd=table, check=False).returncode == 1


def test_rm_r_removes_a_partition(mount, table):
    with changes(table, removed=3):
        mount.run("rm", "-r", "2013", cwd=table)
    assert sorted(os.listdir(table)) == ["%2D5", "2012"]


def test_rm_r_drops_a_table(mount, table):
    mount.run("rm", "-r", table)
    assert os.listdir(mount.path) == []
    mount.remount()
    assert os.listdir(mount.path) == []


def test_rm_rf_of_everything_drops_all_tables(mount, table, copy):
    mount.bash("rm -rf -- *")
    assert os.listdir(mount.path) == []


# Writing


def test_touch_d_sets_the_modification_time(mount, table):
    with changes(table):
        mount.run("touch", "-d", "2001-02-03T04:05:06.789Z", "2013/Rush.json", cwd=table)
    assert os.stat(table / "2013/Rush.json").st_mtime_ns == 981173106789000000


def test_touch_of_an_item_moves_its_time_only(mount, table):
    os.utime(table / "2013/Rush.json", ns=(OLD_NS, OLD_NS))
    start = time.time_ns() - 50_000_000
    with changes(table):
        mount.run("touch", "2013/Rush.json", cwd=table)
    assert os.stat(table / "2013/Rush.json").st_mtime_ns >= start
    assert files_of(table) == MOVIES


def test_truncate_never_deletes(mount, table):
    with changes(table):
        mount.run("truncate", "-s", "0", "2013/Rush.json", cwd=table, check=False)
    assert files_of(table) == MOVIES


def test_tee_writes_two_items_at_once(mount, table):
    with changes(table, inserted=1, modified=1):
        mount.bash("echo '{\"a\":1}' | tee 2013/Rush.json 2013/New.json", cwd=table)
    assert read_text(table / "2013/New.json") == '{"a":1}\n'


def test_tee_reports_text_that_is_refused(mount, table):
    result = mount.bash("echo '{a}' | tee 2013/Rush.json", cwd=table, check=False)
    assert "Invalid argument" in result.stderr
    assert files_of(table) == MOVIES


def test_dd_in_the_middle_of_an_item_changes_it(mount, table):
    at = MOVIES["2013/Rush.json"].index("8.1")
    with changes(table, modified=1):
        mount.bash(
            'printf 9.9 | dd of=2013/Rush.json bs=1 seek="$1" conv=notrunc status=none', str(at), cwd=table
        )
    assert read_text(table / "2013/Rush.json") == MOVIES["2013/Rush.json"].replace("8.1", "9.9")


@pytest.mark.parametrize(
    "script",
    [
        'cat bad > "$1"',
        'cp bad "$1"',
        'dd if=bad of="$1" status=none',
        'tee "$1" < bad > /dev/null',
        'echo "{bad}" > "$1"',
        'printf "{bad}" > "$1"',
        'sed p bad > "$1"',
        'awk 1 bad > "$1"',
        'sort bad > "$1"',
        'sort -o "$1" bad',
        """jq -n '"not an item"' > "$1" """,
        'rsync bad "$1"',
        'sponge "$1" < bad',
        'sed -i "s/{/[/" "$1"',
        'perl -pi -e "s/{/[/" "$1"',
        """/usr/bin/python3 -c 'print("{bad}")' > "$1" """,
    ],
)
def test_bad_text_makes_the_command_fail_and_harms_nothing(mount, table, script):
    (mount.directory / "bad").write_text("{bad}\n")
    result = mount.bash(script, table / "2013/Rush.json", check=False, cwd=mount.directory)
    assert result.returncode != 0
    assert files_of(table) == MOVIES


def test_set_C_keeps_an_item_from_being_overwritten(mount, table):
    with changes(table):
        result = mount.bash("set -C; echo '{}' > 2013/Rush.json", cwd=table, check=False)
    assert result.returncode != 0
    assert files_of(table) == MOVIES


def test_set_C_lets_a_new_item_be_made(mount, table):
    with changes(table, inserted=1):
        mount.bash("set -C; echo '{}' > 2013/New.json", cwd=table)
    assert read_text(table / "2013/New.json") == "{}\n"


def test_cp_n_keeps_what_is_there(mount, table, outside):
    (outside / "Rush.json").write_text("{}")
    mount.run("cp", "-n", outside / "Rush.json", table / "2013/Rush.json", check=False)
    assert files_of(table) == MOVIES


def test_a_shell_loop_edits_every_item(mount, table):
    script = """for f in */*.json; do jq -c '.seen = true' "$f" | sponge "$f"; done"""
    with changes(table, modified=len(MOVIES)):
        mount.bash(script, cwd=table)
    assert all(json.loads(text)["seen"] for text in files_of(table).values())


def test_xargs_in_parallel_edits_every_item(mount, table):
    script = r"""find . -name '*.json' -print0 | xargs -0 -n1 -P4 sed -i -z 's/}\s*$/,"x":1}/'"""
    with changes(table, modified=len(MOVIES)):
        mount.bash(script, cwd=table)
    assert all(json.loads(text)["x"] == 1 for text in files_of(table).values())
