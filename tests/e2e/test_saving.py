"""DESIGN 4.3: how a file becomes an item, and what happens when it can't."""

import contextlib
import errno
import json
import os
import time

import pytest

from files import RENAME_NOREPLACE, renameat2
from mounting import (
    change_counts,
    changes,
    opened,
    read,
    read_text,
    refused,
    save,
    wait_until_gone,
    write_all,
)
from movies import SCHEMA

OLD = '{"year": 2013, "title": "Rush", "rating": 8.3}\n'
NEW = '{"year": 2013, "title": "Rush", "rating": 9.1}\n'
OLD_NS = 1_400_000_000_123_456_789
WRITE = os.O_WRONLY
REPLACE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
EXCLUSIVE = os.O_WRONLY | os.O_CREAT | os.O_EXCL


@pytest.fixture
def table(mount):
    table = mount.table("Movies", SCHEMA)
    (table / "2013").mkdir()
    save(table / "2013/Rush.json", OLD)
    return table


@pytest.fixture
def item(table):
    return table / "2013/Rush.json"


@pytest.fixture
def fresh(table):
    """The name of an item that does not exist."""
    return table / "2013/New.json"


def refuse_write(path, text, *codes, flags=REPLACE):
    """One write() to it fails; close() may complain again."""
    fd = os.open(path, flags, 0o644)
    try:
        with refused(*codes):
            write_all(fd, text)
    finally:
        with contextlib.suppress(OSError):
            os.close(fd)


def close_is_refused(fd, *codes):
    with refused(*codes):
        os.close(fd)


# The write() that brings it fails

INVALID = {
    "a_stray_word": ("{bad}", None),
    "a_missing_value": ('{"a": }', None),
    "a_missing_colon": ('{"a" 1}', None),
    "a_trailing_comma": ('{"a": 1,}', None),
    "single_quotes": ("{'a': 1}", None),
    "a_comment": ('{"a": 1 /* one */}', None),
    "text_behind_the_item": ('{"a": 1} {"b": 2}', None),
    "a_wrong_literal": ('{"a": nul}', None),
    "NaN": ('{"a": NaN}', None),
    "a_leading_zero": ('{"a": 01}', None),
    "a_plus_sign": ('{"a": +1}', None),
    "a_bare_point": ('{"a": 1.}', None),
    "a_raw_line_feed_in_a_string": ('{"a": "x\ny"}', None),
    "a_wrong_escape": ('{"a": "\\x"}', None),
    "half_a_surrogate_pair": ('{"a": "\\ud83d"}', None),
    "a_byte_order_mark": ("\ufeff{}", None),
    "a_list": ("[1]", None),
    "a_string": ('"x"', None),
    "null": ("null\n", None),
    "a_number": ("5\n", None),
    "invalid_utf8": (b'{"a": "\xff"}', None),
    "overlong_utf8": (b'{"a": "\xc0\x80"}', None),
    "a_surrogate_in_utf8": (b'{"a": "\xed\xa0\x80"}', None),
    "utf8_cut_short": (b'{"a": "\xe2\x82"}', None),
    "a_duplicate_attribute": ('{"a": 1, "a": 2}', None),
    "a_duplicate_in_a_map": ('{"m": {"a": 1, "a": 2}}', None),
    "another_sort_key": ('{"year": 2013, "title": "Gravity"}', "title"),
    "another_partition_key": ('{"year": 2014, "title": "Rush"}', "year"),
    "a_key_of_the_wrong_type": (
        '{"year": "2013", "title": "Rush"}',
        "Type mismatch for key year expected: N actual: S",
    ),
    "a_sort_key_of_the_wrong_type": (
        '{"year": 2013, "title": null}',
        "Type mismatch for key title expected: S actual: NULL",
    ),
    "a_number_too_large": (
        '{"a": 1e126}',
        "Number overflow. Attempting to store a number with magnitude larger than supported range",
    ),
    "a_number_too_small": (
        '{"a": 1e-131}',
        "Number underflow. Attempting to store a number with magnitude smaller than supported range",
    ),
    "a_number_of_39_digits": (
        '{"a": 123456789012345678901234567890123456789}',
        "Attempting to store more than 38 significant digits in a Number",
    ),
    "an_empty_string_set": (
        '{"a": {"SS": []}}',
        "One or more parameter values were invalid: An string set  may not be empty",
    ),
    "an_empty_number_set": (
        '{"a": {"NS": []}}',
        "One or more parameter values were invalid: An number set  may not be empty",
    ),
    "an_empty_binary_set": (
        '{"a": {"BS": []}}',
        "One or more parameter values were invalid: Binary sets should not be empty",
    ),
    "a_set_with_a_duplicate": (
        '{"a": {"SS": ["x", "x"]}}',
        "One or more parameter values were invalid: Input collection",
    ),
    "a_number_set_with_a_duplicate": ('{"a": {"NS": ["1", "1.0"]}}', "contains duplicates"),
    "too_deep_lists": (
        '{"a": ' + "[" * 33 + "]" * 33 + "}",
        "Nesting Levels have exceeded supported limits",
    ),
    "too_deep_maps": (
        '{"a": ' + '{"m": ' * 33 + "1" + "}" * 33 + "}",
        "Nesting Levels have exceeded supported limits",
    ),
    "absurdly_deep_lists": (
        '{"a": ' + "[" * 100000,
        "Nesting Levels have exceeded supported limits",
    ),
    "an_empty_attribute_name": ('{"": 1}', None),
}


@pytest.mark.parametrize("text, message", INVALID.values(), ids=INVALID)
def test_the_write_fails_that_brings(mount, table, item, text, message):
    refuse_write(item, text, errno.EINVAL)
    told = mount.errors()
    assert "EINVAL" in told
    assert "Movies/2013/Rush.json" in told
    assert message is None or message in told
    assert read_text(item) == OLD
    assert change_counts(table)["Modified"] == 0


@pytest.mark.parametrize("text, message", INVALID.values(), ids=INVALID)
def test_no_item_comes_of(table, fresh, text, message):
    refuse_write(fresh, text, errno.EINVAL)
    wait_until_gone(fresh)
    assert os.listdir(fresh.parent) == ["Rush.json"]


def test_a_refused_new_item_can_be_saved_at_once(table, fresh):
    """The kernel may still know the name of the draft that is gone."""
    for n in range(100):
        refuse_write(fresh, "{bad}", errno.EINVAL, flags=REPLACE)
        save(fresh, json.dumps({"n": n}))
        os.unlink(fresh)


def test_a_refused_new_item_can_be_refused_again_at_once(table, fresh):
    for _ in range(200):
        refuse_write(fresh, "{bad}", errno.EINVAL)


def test_a_definite_error_fails_in_the_write_of_its_byte_and_not_before(item):
    fd = os.open(item, REPLACE)
    try:
        for piece in ("{", '"a"', ": ", "[1, 2"):
            os.write(fd, piece.encode())
        with refused(errno.EINVAL):
            os.write(fd, b"}")
    finally:
        with contextlib.suppress(OSError):
            os.close(fd)


def test_a_wrong_key_fails_in_the_write_that_completes_the_item(item):
    fd = os.open(item, REPLACE)
    try:
        os.write(fd, b'{"title": "Gravity"')
        with refused(errno.EINVAL):
            os.write(fd, b"}")
    finally:
        with contextlib.suppress(OSError):
            os.close(fd)
    assert read_text(item) == OLD


def test_an_item_of_exactly_400_kib_is_stored(table, item):
    # Names and values: year + 2013, title + Rush, a + the string.
    room = 400 * 1024 - len("year") - 3 - len("title") - len("Rush") - len("a")
    save(item, json.dumps({"a": "x" * room}))
    assert os.stat(item).st_size == room + len('{"a": ""}')


def test_an_item_over_400_kib_is_refused_with_EFBIG(mount, item):
    room = 400 * 1024 - len("year") - 3 - len("title") - len("Rush") - len("a")
    refuse_write(item, json.dumps({"a": "x" * (room + 1)}), errno.EFBIG)
    assert "Item size has exceeded the maximum allowed size" in mount.errors()
    assert read_text(item) == OLD


def test_a_text_much_too_large_is_refused_while_it_comes_in(item):
    fd = os.open(item, REPLACE)
    written = 0
    try:
        with refused(errno.EFBIG):
            os.write(fd, b'{"a": "')
            while written < 64 << 20:
                written += os.write(fd, b"x" * 65536)
    finally:
        with contextlib.suppress(OSError):
            os.close(fd)
    assert written < 32 << 20
    assert read_text(item) == OLD


def test_much_white_space_does_not_count_for_the_size_of_an_item(item):
    text = '{"a":' + " " * 500_000 + "1}"
    save(item, text)
    assert read_text(item) == text


# .error


def test_error_shows_line_column_and_a_caret(mount, item):
    refuse_write(item, '{\n  "a": 1,\n  "b": oops\n}\n', errno.EINVAL)
    told = mount.errors()
    assert "line 3" in told and "column 8" in told
    lines = told.splitlines()
    caret = max(at for at, line in enumerate(lines) if line.strip() == "^")
    assert lines[caret - 1].rstrip()[lines[caret].index("^") :].startswith("oops")


def test_error_shows_the_caret_under_a_value_that_dynamodb_refuses(mount, item):
    refuse_write(item, '{\n  "ok": 1,\n  "big": 1e200\n}\n', errno.EINVAL)
    told = mount.errors()
    lines = told.splitlines()
    assert "line 3" in told
    caret = max(at for at, line in enumerate(lines) if line.strip() == "^")
    assert "1e200" in lines[caret - 1]


def test_error_tells_the_time_of_the_rejection(mount, item):
    refuse_write(item, "{bad}", errno.EINVAL)
    assert time.strftime("%Y-%m-%d", time.gmtime()) in mount.errors()


def test_error_keeps_several_rejections(mount, item, fresh):
    refuse_write(item, "{bad}", errno.EINVAL)
    refuse_write(fresh, "[bad]", errno.EINVAL)
    told = mount.errors()
    assert "2013/Rush.json" in told and "2013/New.json" in told


def test_error_is_bounded(mount, item):
    for _ in range(300):
        refuse_write(item, '{"a": "' + "x" * 2000 + '", }', errno.EINVAL)
    assert len(mount.errors()) < 5 << 20


def test_error_is_empty_when_nothing_was_refused(mount, table):
    assert mount.errors() == ""


def test_a_wrong_key_comes_with_a_hint_at_the_right_one(mount, item):
    refuse_write(item, '{"year": 2013, "title": "Gravity"}', errno.EINVAL)
    told = mount.errors()
    assert "Gravity" in told and "Rush" in told


# Incomplete drafts


def test_an_incomplete_item_is_refused_at_close(item):
    fd = os.open(item, REPLACE)
    os.write(fd, b'{"a":')
    close_is_refused(fd, errno.EINVAL)
    assert read_text(item) == OLD


def test_an_incomplete_draft_is_in_error_with_its_text(mount, item):
    fd = os.open(item, REPLACE)
    os.write(fd, b'{"a long and precious": "text", "cut')
    close_is_refused(fd, errno.EINVAL)
    mount.wait_for_error('{"a long and precious": "text", "cut')


def test_an_incomplete_draft_of_several_lines_is_in_error_line_by_line(mount, fresh):
    fd = os.open(fresh, REPLACE)
    os.write(fd, b'{\n  "precious": 1,\n  "lines":\n')
    close_is_refused(fd, errno.EINVAL)
    mount.wait_for_error('"precious": 1,', '"lines":')
    wait_until_gone(fresh)


def test_a_flush_by_a_duplicate_does_not_end_an_incomplete_draft(table, item):
    with changes(table, modified=1):
        with opened(item, REPLACE) as fd:
            os.write(fd, NEW[:20].encode())
            close_is_refused(os.dup(fd), errno.EINVAL)
            os.write(fd, NEW[20:].encode())
    assert read_text(item) == NEW


def test_a_child_that_exits_does_not_end_an_incomplete_draft(mount, table):
    script = """{ printf '{"a": '; /bin/true; /bin/echo -n '[1,'; (:); printf '2]}'; } > 2013/Rush.json"""
    with changes(table, modified=1):
        mount.bash(script, cwd=table)
    assert read_text(table / "2013/Rush.json") == '{"a": [1,2]}'


def test_what_completes_an_item_and_goes_on_is_one_item_in_the_end(table, item):
    """White space behind a complete document, also after it was committed."""
    with opened(item, REPLACE) as fd:
        os.write(fd, b'{"a": 1}')
        os.close(os.dup(fd))
        os.write(fd, b"\n")
    assert read_text(item) == '{"a": 1}\n'
    assert change_counts(table)["Modified"] == 1


def test_creating_an_empty_file_leaves_no_item_and_says_so(mount, table, fresh):
    with changes(table):
        mount.bash(': > "$1"', fresh, check=False)
    wait_until_gone(fresh)
    mount.wait_for_error("2013/New.json")


def test_touch_of_a_new_name_leaves_no_item(mount, table, fresh):
    with changes(table):
        mount.run("touch", fresh, check=False)
    assert os.listdir(table / "2013") == ["Rush.json"]


def test_truncating_at_open_never_deletes(mount, table, item):
    with changes(table):
        mount.bash(': > "$1"', item, check=False)
    assert read_text(item) == OLD


def test_truncate_never_deletes(table, item):
    with changes(table), contextlib.suppress(OSError):
        os.truncate(item, 0)
    assert read_text(item) == OLD


def test_truncating_to_a_whole_document_is_a_save(table, item):
    save(item, '{"a": 1}      ')
    with changes(table):
        with opened(item, os.O_RDWR) as fd:
            os.ftruncate(fd, 8)
    assert read_text(item) == '{"a": 1}'


def test_truncating_in_the_middle_of_the_document_is_refused(table, item):
    with changes(table), refused(errno.EINVAL):
        with opened(item, os.O_RDWR) as fd:
            os.ftruncate(fd, 5)
    assert read_text(item) == OLD


# Until commit


def test_the_stored_item_stays_visible_while_a_draft_is_written(item):
    with opened(item, REPLACE) as fd:
        os.write(fd, NEW[:10].encode())
        assert read_text(item) == OLD
        os.write(fd, NEW[10:].encode())
        assert read_text(item) == OLD
    assert read_text(item) == NEW


def test_another_program_sees_the_stored_item_while_a_draft_is_written(mount, item):
    with opened(item, REPLACE) as fd:
        os.write(fd, NEW[:10].encode())
        assert mount.run("cat", item).stdout == OLD
        os.write(fd, NEW[10:].encode())
    assert mount.run("cat", item).stdout == NEW


def test_a_cached_item_is_not_overwritten_by_a_draft(item):
    """The kernel holds one set of pages for readers and writers of a file."""
    with opened(item, os.O_RDONLY) as reader:
        assert os.read(reader, 100).decode() == OLD
        with opened(item, os.O_RDWR) as fd:
            os.pwrite(fd, b"9.1", OLD.index("8.3"))
            assert os.pread(reader, 100, 0).decode() == OLD
            assert read_text(item) == OLD


def test_the_writer_reads_its_own_draft(item):
    with opened(item, os.O_RDWR | os.O_TRUNC) as fd:
        os.write(fd, b'{"a": 1')
        assert os.pread(fd, 100, 0) == b'{"a": 1'
        os.write(fd, b"}")
    assert read_text(item) == '{"a": 1}'


def test_a_new_item_is_not_listed_before_it_is_complete(fresh):
    with opened(fresh, REPLACE) as fd:
        os.write(fd, b'{"a": 1')
        assert os.listdir(fresh.parent) == ["Rush.json"]
        os.write(fd, b"}")
    assert sorted(os.listdir(fresh.parent)) == ["New.json", "Rush.json"]


def test_fsync_commits(table, item):
    with opened(item, REPLACE) as fd:
        os.write(fd, NEW.encode())
        with changes(table, modified=1):
            os.fsync(fd)
        assert read_text(item) == NEW


def test_fdatasync_commits(table, item):
    with opened(item, REPLACE) as fd:
        os.write(fd, NEW.encode())
        with changes(table, modified=1):
            os.fdatasync(fd)


def test_fsync_of_an_incomplete_draft_is_refused_and_keeps_it(table, item):
    with opened(item, REPLACE) as fd:
        os.write(fd, NEW[:10].encode())
        with refused(errno.EINVAL):
            os.fsync(fd)
        os.write(fd, NEW[10:].encode())
    assert read_text(item) == NEW


def test_fsync_and_close_of_one_text_are_one_change(table, item):
    with changes(table, modified=1):
        with opened(item, REPLACE) as fd:
            os.write(fd, NEW.encode())
            os.fsync(fd)


def test_two_saves_through_one_descriptor_are_two_changes(table, item):
    with changes(table, modified=2):
        with opened(item, os.O_RDWR) as fd:
            for text in ('{"a": 1}', '{"b": 2}'):
                os.ftruncate(fd, 0)
                os.pwrite(fd, text.encode(), 0)
                os.fsync(fd)
    assert read_text(item) == '{"b": 2}'


def test_closing_an_untouched_descriptor_is_no_change(table, item):
    before = os.stat(item)
    with changes(table):
        os.close(os.open(item, os.O_RDWR))
        os.close(os.open(item, os.O_WRONLY | os.O_APPEND))
    assert os.stat(item).st_mtime_ns == before.st_mtime_ns


def test_writing_the_same_bytes_again_is_no_change(table, item):
    with changes(table):
        save(item, OLD)


def test_writing_an_equal_item_in_another_layout_is_no_change_of_data(table, item):
    text = '{"title":"Rush",\n\t"rating": 8.30, "year":2013}'
    with changes(table):
        save(item, text)
    assert read_text(item) == text


# What you write is what you read

TEXTS = {
    "one_line": '{"a":1}',
    "no_final_newline": '{\n"a": 1\n}',
    "many_final_newlines": '{"a": 1}\n\n\n',
    "leading_blanks": '  \n\t{"a": 1}',
    "carriage_returns": '{\r\n  "a": 1\r\n}\r\n',
    "tabs": '{\n\t"a":\t1\n}\n',
    "escapes": r'{"a": "\u00e9\n\t\/\"\\\b\f\r"}',
    "surrogate_pairs": r'{"a": "\ud83c\udfac"}',
    "unicode": '{"ä": "é🎬\u2028"}',
    "an_escaped_nul": r'{"a": "\u0000"}',
    "number_spellings": '{"a": [1.0, 1e3, -0, 0.10, 1E-2, 100000000000000000000000000000000000000]}',
    "keys_in_another_order": '{"title": "Rush", "a": 1, "year": 2013}',
    "key_spelled_otherwise": '{"year": 2.013e3, "a": 1}',
    "no_attributes": "{}",
    "all_types": json.dumps(
        {
            "S": "x", "N": 1, "T": True, "F": False, "NULL": None, "L": [1, "x", [], {}],
            "M": {"a": {"b": {}}}, "B": {"B": "AQID"}, "SS": {"SS": ["b", "a"]},
            "NS": {"NS": ["2", "1"]}, "BS": {"BS": ["AQ=="]}, "map": {"M": {"SS": {"S": "x"}}},
        }
    ),
    "dynamodb_json": '{"year": {"N": "2013"}, "title": {"S": "Rush"}, "a": {"L": [{"S": "x"}]}}',
    "empty_values": '{"s": "", "l": [], "m": {}, "b": {"B": ""}}',
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_bytes_written_are_the_bytes_read(mount, item, text):
    save(item, text)
    assert read_text(item) == text
    assert os.stat(item).st_size == len(text.encode())
    mount.remount()
    assert os.stat(item).st_size == len(text.encode())
    assert read_text(item) == text


def test_the_modification_time_is_that_of_the_save(item):
    before = time.time_ns()
    save(item, NEW)
    assert before - 20_000_000 <= os.stat(item).st_mtime_ns <= time.time_ns() + 1_000_000


def test_the_modification_time_survives_a_remount(mount, item):
    stored = os.stat(item).st_mtime_ns
    mount.remount()
    assert os.stat(item).st_mtime_ns == stored


def test_the_canonical_text_is_what_jq_prints(mount, table):
    line = json.dumps(
        {
            "year": 2013, "title": 'A "q" \\ / \t\u007f\u00e9', "empty": {}, "list": [], "s": "",
            "nested": [[1, {"a": [None, True, False, -1.5]}], "🎬"], "n": 0.25,
        }
    )
    mount.bash('printf "%s\\n" "$1" > .import', line, cwd=table)
    (name,) = set(os.listdir(table / "2013")) - {"Rush.json"}
    text = read_text(table / "2013" / name)
    assert text == mount.run("jq", ".", input=line).stdout
    assert os.stat(table / "2013" / name).st_size == len(text.encode())


def test_a_change_by_another_door_brings_the_canonical_text(mount, table, item):
    save(item, '{"a":1}')
    mount.bash("""echo '{"year":2013,"title":"Rush","a":2}' > .import""", cwd=table)
    assert read_text(item) == '{\n  "year": 2013,\n  "title": "Rush",\n  "a": 2\n}\n'
    assert os.stat(item).st_size == len(read(item))


def test_an_open_reader_keeps_the_text_that_it_opened(item):
    with opened(item, os.O_RDONLY) as fd:
        assert os.pread(fd, 10, 0).decode() == OLD[:10]
        replacement = item.with_name("x.tmp")
        save(replacement, '{"other": "text"}')
        os.rename(replacement, item)
        rest = os.pread(fd, 1000, 0).decode()
    assert rest in (OLD, '{"other": "text"}')


def replace_by_rename(path, text):
    save(path.with_name("x.tmp"), text)
    os.rename(path.with_name("x.tmp"), path)


@pytest.mark.parametrize("way", [save, replace_by_rename], ids=["in_place", "by_rename"])
@pytest.mark.parametrize("quiet", [0, 1.5], ids=["fresh", "quiet"])
def test_a_reader_in_the_middle_of_an_item_is_not_given_half_of_another(item, quiet, way):
    old, new = ('{"a": "' + letter * 300_000 + '"}' for letter in "on")
    save(item, old)
    time.sleep(quiet)
    with opened(item, os.O_RDONLY) as fd:
        begin = os.read(fd, 4096)
        way(item, new)
        rest = b"".join(iter(lambda: os.read(fd, 65536), b""))
    assert set(begin + rest) == set(old.encode())
    assert len(begin + rest) == len(old)
    assert read_text(item) == new


# Lost updates, put-if-absent


def test_the_second_of_two_writers_fails_with_ESTALE(mount, table, item):
    first, second = os.open(item, REPLACE), os.open(item, REPLACE)
    os.write(first, b'{"by": "first"}')
    os.write(second, b'{"by": "second"}')
    with changes(table, modified=1):
        os.close(second)
        close_is_refused(first, errno.ESTALE)
    assert read_text(item) == '{"by": "second"}'


def test_a_draft_that_lost_is_kept_in_error(mount, item):
    first, second = os.open(item, REPLACE), os.open(item, REPLACE)
    os.write(first, b'{"by": "the precious first"}')
    os.write(second, b'{"by": "second"}')
    os.close(second)
    close_is_refused(first, errno.ESTALE)
    mount.wait_for_error("ESTALE", '{"by": "the precious first"}')


def test_a_draft_begun_before_an_import_of_the_item_fails_with_ESTALE(mount, table, item):
    fd = os.open(item, REPLACE)
    os.write(fd, b'{"by": "me"}')
    save(table / ".import", '{"year":2013,"title":"Rush","by":"import"}\n', WRITE)
    close_is_refused(fd, errno.ESTALE)
    assert json.loads(read(item))["by"] == "import"


def test_a_draft_of_an_item_that_was_removed_fails_with_ESTALE(table, item):
    fd = os.open(item, REPLACE)
    os.write(fd, b'{"by": "me"}')
    os.unlink(item)
    close_is_refused(fd, errno.ESTALE)
    wait_until_gone(item)


def test_touching_the_time_of_an_item_does_not_outdate_a_draft(item):
    with opened(item, REPLACE) as fd:
        os.write(fd, NEW.encode())
        os.utime(item, ns=(OLD_NS, OLD_NS))
    assert read_text(item) == NEW


def test_a_writer_that_saves_again_after_its_own_save_is_not_stale(table, item):
    with changes(table, modified=2):
        with opened(item, os.O_RDWR) as fd:
            os.pwrite(fd, NEW.encode(), 0)
            os.fsync(fd)
            os.pwrite(fd, OLD.encode(), 0)


def test_O_EXCL_of_an_item_that_exists_is_EEXIST(item):
    with refused(errno.EEXIST):
        os.open(item, EXCLUSIVE, 0o644)


def test_O_EXCL_means_put_if_absent_at_commit_too(mount, table, fresh):
    fd = os.open(fresh, EXCLUSIVE, 0o644)
    os.write(fd, b'{"by": "me"}')
    save(table / ".import", '{"year":2013,"title":"New","by":"import"}\n', WRITE)
    close_is_refused(fd, errno.EEXIST)
    assert json.loads(read(fresh))["by"] == "import"


def test_RENAME_NOREPLACE_onto_an_item_is_EEXIST(table, item):
    save(table / "2013/Other.json", "{}")
    with changes(table), refused(errno.EEXIST):
        renameat2(table / "2013/Other.json", item, RENAME_NOREPLACE)
    assert read_text(item) == OLD


def test_RENAME_NOREPLACE_of_scratch_onto_an_item_is_EEXIST(table, item):
    save(table / "2013/x.tmp", NEW)
    with changes(table), refused(errno.EEXIST):
        renameat2(table / "2013/x.tmp", item, RENAME_NOREPLACE)
    assert read_text(item) == OLD
    assert read_text(table / "2013/x.tmp") == NEW


def test_RENAME_NOREPLACE_to_a_free_name_moves(table, item, fresh):
    with changes(table, inserted=1, removed=1):
        renameat2(item, fresh, RENAME_NOREPLACE)
    assert os.listdir(table / "2013") == ["New.json"]


# Appending, writing in place


def test_blanks_may_be_appended(table, item):
    with changes(table):
        save(item, "  \n", os.O_WRONLY | os.O_APPEND)
    assert read_text(item) == OLD + "  \n"


def test_text_appended_to_an_item_is_refused(table, item):
    with changes(table):
        refuse_write(item, '{"b": 2}', errno.EINVAL, flags=os.O_WRONLY | os.O_APPEND)
    assert read_text(item) == OLD


def test_append_by_a_shell_makes_a_new_item(mount, table, fresh):
    with changes(table, inserted=1):
        mount.bash('echo "{}" >> "$1"', fresh)
    assert read_text(fresh) == "{}\n"


def test_half_an_item_appended_to_nothing_is_kept_in_error_only(mount, table, fresh):
    mount.bash("""echo '{"a precious half":' >> "$1" """, fresh, check=False)
    wait_until_gone(fresh)
    mount.wait_for_error("a precious half")


def test_a_write_in_the_middle_changes_the_item(table, item):
    with changes(table, modified=1):
        with opened(item, WRITE) as fd:
            os.pwrite(fd, b"9.1", OLD.index("8.3"))
    assert read_text(item) == NEW


def test_a_write_in_the_middle_that_spoils_the_item_is_refused(table, item):
    with changes(table):
        fd = os.open(item, WRITE)
        with refused(errno.EINVAL):
            os.pwrite(fd, b"}", OLD.index("8.3"))
            os.fsync(fd)
        with contextlib.suppress(OSError):
            os.close(fd)
    assert read_text(item) == OLD


def test_an_item_written_in_pieces_at_offsets_is_one_item(table, fresh):
    text = b'{"a": "0123456789", "b": 1}'
    with opened(fresh, REPLACE) as fd:
        for at in range(0, len(text), 4):
            os.pwrite(fd, text[at : at + 4], at)
    assert read(fresh) == text


def test_a_large_item_written_in_small_pieces_is_one_change(table, fresh):
    text = json.dumps({"a": ["piece %d" % n for n in range(10000)]}).encode()
    with changes(table, inserted=1):
        with opened(fresh, REPLACE) as fd:
            for at in range(0, len(text), 777):
                os.write(fd, text[at : at + 777])
    assert read(fresh) == text


def test_an_item_written_byte_by_byte_is_one_change(table, item):
    with changes(table, modified=1):
        with opened(item, REPLACE) as fd:
            for byte in NEW.encode():
                os.write(fd, bytes([byte]))
    assert read_text(item) == NEW


# Times, modes, links, attributes


def test_utimens_is_stored_to_the_nanosecond(mount, table, item):
    with changes(table):
        os.utime(item, ns=(OLD_NS, OLD_NS))
    assert os.stat(item).st_mtime_ns == OLD_NS
    mount.remount()
    assert os.stat(item).st_mtime_ns == OLD_NS
    assert read_text(item) == OLD


def test_utimens_through_a_descriptor_that_wrote_is_kept(item):
    """cp -p and tar set the time before or after the last flush."""
    with opened(item, REPLACE) as fd:
        os.write(fd, NEW.encode())
        os.utime(fd, ns=(OLD_NS, OLD_NS))
    assert os.stat(item).st_mtime_ns == OLD_NS
    assert read_text(item) == NEW


def test_a_time_before_1970_is_stored(mount, item):
    os.utime(item, ns=(-1_500_000_000, -1_500_000_000))
    mount.remount()
    assert os.stat(item).st_mtime_ns == -1_500_000_000


def test_chmod_to_the_mode_that_items_have_is_allowed(item):
    os.chmod(item, 0o644)
    assert os.stat(item).st_mode & 0o7777 == 0o644


@pytest.mark.parametrize("mode", [0o600, 0o755, 0o444, 0o666, 0o4644])
def test_chmod_to_another_mode_is_EPERM(item, mode):
    with refused(errno.EPERM):
        os.chmod(item, mode)
    assert os.stat(item).st_mode & 0o7777 == 0o644


def test_chown_to_the_owner_is_allowed(item):
    os.chown(item, os.getuid(), os.getgid())
    os.chown(item, -1, -1)


def test_chown_to_another_user_is_EPERM(item):
    with refused(errno.EPERM):
        os.chown(item, os.getuid() + 12345, -1)


def test_ln_of_an_item_is_EPERM(table, item):
    with refused(errno.EPERM):
        os.link(item, table / "2013/Link.json")
    assert os.listdir(table / "2013") == ["Rush.json"]


def test_a_symlink_in_the_place_of_an_item_is_EPERM(table):
    with refused(errno.EPERM):
        os.symlink("Rush.json", table / "2013/Link.json")
    assert os.listdir(table / "2013") == ["Rush.json"]


@pytest.mark.parametrize("name", ["Fifo.json", "fifo"])
def test_a_fifo_is_refused(table, name):
    with refused(errno.EPERM, errno.ENOTSUP, errno.EINVAL):
        os.mkfifo(table / "2013" / name)
    assert os.listdir(table / "2013") == ["Rush.json"]


def test_setxattr_is_ENOTSUP(item):
    with refused(errno.ENOTSUP):
        os.setxattr(item, "user.a", b"b")


def test_getxattr_is_ENOTSUP(item):
    with refused(errno.ENOTSUP):
        os.getxattr(item, "security.selinux")


def test_listxattr_lists_nothing(item):
    try:
        assert os.listxattr(item) == []
    except OSError as error:
        assert error.errno == errno.ENOTSUP


def test_an_item_is_no_directory(item):
    with refused(errno.ENOTDIR):
        os.mkdir(item / "x")
    with refused(errno.EEXIST):
        os.mkdir(item)


def test_an_unlinked_item_can_still_be_read_by_who_has_it_open(item):
    with opened(item, os.O_RDONLY) as fd:
        os.unlink(item)
        assert os.read(fd, 1000).decode() == OLD


def test_an_item_removed_and_made_again_is_the_new_one(table, item):
    os.unlink(item)
    assert not item.exists()
    save(item, NEW)
    assert read_text(item) == NEW
    assert os.stat(item).st_size == len(NEW)
