"""DESIGN 4.1: file names of keys, awkward ones, over-long ones, wrong ones."""

import base64
import errno
import json
import os
import re
from decimal import Decimal

import pytest

from mounting import changes, items_below, read, read_text, refused, save
from movies import AWKWARD_TITLES, dumps, loads
from names import binary_name, is_over_long, number_name, number_text, string_name

STRINGS = [title for title in AWKWARD_TITLES if not is_over_long(string_name(title))]
NUMBERS = [
    "0", "1", "-1", "10", "-10", "0.5", "-0.5", "1.25", "100000", "0.001",
    "3.14159265358979323846264338327950288",
    "99999999999999999999999999999999999999", "-99999999999999999999999999999999999999", "1e125", "-1e125",
    "1e-130", "-1e-130", "9.9999999999999999999999999999999999999e125", "123456789e-20",
]  # fmt: skip
BINARIES = [b"\0", b"\xff", b"\0\xff\0", b"abc", b"/", bytes(range(120)), b".", b"\xde\xad\xbe\xef"]
KINDS = {
    "S": (STRINGS, string_name),
    "N": (NUMBERS, number_name),
    "B": (BINARIES, binary_name),
}


def key_in_json(kind, value):
    """How an item's text holds the key."""
    if kind == "B":
        return {"B": base64.b64encode(value).decode()}
    return Decimal(value) if kind == "N" else value


@pytest.mark.parametrize("kind", KINDS)
def test_keys_written_by_name_are_the_keys_of_the_items(mount, kind):
    values, name_of = KINDS[kind]
    table = mount.table("Names", f"id:{kind}")
    for value in values:
        save(table / f"{name_of(value)}.json", "{}")
    exported = [loads(line) for line in read_text(table / ".export").splitlines()]
    found = sorted(map(repr, (item["id"] for item in exported)))
    assert found == sorted(repr(normal(key_in_json(kind, value))) for value in values)


def normal(value):
    """Numbers come back in canonical spelling."""
    return Decimal(number_text(value)) if isinstance(value, Decimal) else value


@pytest.mark.parametrize("kind", KINDS)
def test_keys_imported_are_listed_under_their_names(mount, kind):
    values, name_of = KINDS[kind]
    table = mount.table("Names", f"id:{kind}")
    lines = [dumps({"id": key_in_json(kind, value), "n": n}) for n, value in enumerate(values)]
    save(table / ".import", "\n".join(lines) + "\n", os.O_WRONLY)
    assert sorted(os.listdir(table)) == sorted(f"{name_of(value)}.json" for value in values)
    for n, value in enumerate(values):
        assert json.loads(read(table / f"{name_of(value)}.json"))["n"] == n


@pytest.mark.parametrize("sort", KINDS)
@pytest.mark.parametrize("partition", KINDS)
def test_every_pair_of_key_types_is_a_directory_and_a_file(mount, partition, sort):
    partitions, partition_name = KINDS[partition]
    sorts, sort_name = KINDS[sort]
    table = mount.table("Pairs", f"pk:{partition} sk:{sort}")
    expected = set()
    for at, value in enumerate(partitions):
        directory = table / partition_name(value)
        directory.mkdir()
        for other in (sorts[at % len(sorts)], sorts[(at * 7 + 3) % len(sorts)]):
            save(directory / f"{sort_name(other)}.json", "{}")
            expected.add(f"{partition_name(value)}/{sort_name(other)}.json")
    assert items_below(table) == sorted(expected)
    mount.remount()
    assert items_below(table) == sorted(expected)


@pytest.mark.parametrize("name", ["a.json", "a.json.json", "a", ".json", "json"])
def test_a_key_may_end_in_json(mount, name):
    table = mount.table("Names", "id:S")
    save(table / f"{string_name(name)}.json", "{}")
    (line,) = read_text(table / ".export").splitlines()
    assert json.loads(line)["id"] == name


def test_names_that_differ_in_case_are_two_items(mount):
    table = mount.table("Names", "id:S")
    with changes(table, inserted=2):
        save(table / "a.json", '{"n": 1}')
        save(table / "A.json", '{"n": 2}')
    assert sorted(os.listdir(table)) == ["A.json", "a.json"]


def test_unicode_is_never_normalised(mount):
    table = mount.table("Names", "id:S")
    with changes(table, inserted=2):
        save(table / "\u00e9.json", '{"n": 1}')
        save(table / "e\u0301.json", '{"n": 2}')
    assert len(os.listdir(table)) == 2


def test_a_line_feed_in_a_key_is_escaped(mount):
    table = mount.table("Names", "id:S")
    save(table / ".import", '{"id": "a\\nb"}\n', os.O_WRONLY)
    assert os.listdir(table) == ["a%0Ab.json"]


def test_a_name_that_is_not_utf8_is_refused(mount):
    table = mount.table("Names", "id:S")
    with refused(errno.EINVAL, errno.EILSEQ):
        os.open(os.fsencode(table) + b"/a\xff.json", os.O_WRONLY | os.O_CREAT, 0o644)
    assert os.listdir(table) == []


@pytest.mark.parametrize(
    "name, canonical",
    [
        ("1.0", "1"), ("01", "1"), ("1e3", "1000"), ("1E3", "1000"), ("0.50", "0.5"),
        ("+1", "1"), ("%2D0", "0"), ("%2D01", "%2D1"), ("1e-2", "0.01"),
    ],
)  # fmt: skip
def test_a_number_spelled_otherwise_is_refused_and_error_names_the_canonical_one(mount, name, canonical):
    table = mount.table("Names", "id:N")
    with refused(errno.EINVAL):
        os.open(table / f"{name}.json", os.O_WRONLY | os.O_CREAT, 0o644)
    assert f"{canonical}.json" in mount.errors()
    assert os.listdir(table) == []


@pytest.mark.parametrize("name", ["1.0", "007", "1e3"])
def test_a_partition_spelled_otherwise_is_refused_too(mount, name):
    table = mount.table("Names", "pk:N sk:S")
    with refused(errno.EINVAL):
        os.mkdir(table / name)
    assert os.listdir(table) == []


def test_an_item_is_not_found_under_another_spelling_of_its_number(mount):
    table = mount.table("Names", "id:N")
    save(table / "1.json", "{}")
    for name in ("1.0.json", "01.json", "%31.json"):
        with pytest.raises(OSError):
            os.stat(table / name)


@pytest.mark.parametrize("name", ["x", "1-1", "0x10", "NaN", "1e126", "1" * 39, "-1"])
def test_what_is_no_number_is_no_item(mount, name):
    """"-1" neither: a leading '-' is spelled %2D."""
    table = mount.table("Names", "id:N")
    with refused(errno.EINVAL):
        os.open(table / f"{name}.json", os.O_WRONLY | os.O_CREAT, 0o644)
    assert os.listdir(table) == []


@pytest.mark.parametrize("name", ["%2f", "%41", "a%2Eb", "%", "%2", "%ZZ", "a%2Db", "%C3%A9", "%00%"])
def test_an_escape_that_is_not_needed_or_not_right_is_no_item(mount, name):
    table = mount.table("Names", "id:S")
    with refused(errno.EINVAL):
        os.open(table / f"{name}.json", os.O_WRONLY | os.O_CREAT, 0o644)
    assert os.listdir(table) == []


@pytest.mark.parametrize("name", ["AB", "abc", "0g", "0x00"])
def test_binary_names_are_lower_case_hex_pairs(mount, name):
    table = mount.table("Names", "id:B")
    with refused(errno.EINVAL):
        save(table / f"{name}.json", "{}")
    assert os.listdir(table) == []


# Over-long keys

LONG = {
    "ascii": "x" * 2048,
    "just_over": "x" * 251,
    "two_byte_characters": "é" * 1024,
    "four_byte_characters": "🎬" * 512,
    "escapes": "/" * 2048,
    "binary_like": "a/" * 500,
}


@pytest.fixture
def long_keys(mount):
    table = mount.table("Long", "id:S")
    lines = [dumps({"id": key, "kind": kind}) for kind, key in LONG.items()]
    save(table / ".import", "\n".join(lines) + "\n", os.O_WRONLY)
    return table


def long_names(table):
    return {json.loads(read(table / name))["kind"]: name for name in os.listdir(table)}


def test_an_over_long_key_is_listed_under_a_prefix_and_a_hash(long_keys):
    names = long_names(long_keys)
    assert set(names) == set(LONG)
    for kind, name in names.items():
        assert len(name.encode()) <= 255
        prefix, _, rest = name.partition("%~")
        assert re.fullmatch(r"[0-9a-f]{16}\.json", rest)
        assert string_name(LONG[kind]).startswith(prefix)
        assert not re.search(r"%.?$", prefix)


def test_over_long_keys_with_one_prefix_are_different_items(mount):
    table = mount.table("Long", "id:S")
    keys = ["y" * 2000 + str(n) for n in range(50)]
    save(table / ".import", "".join(dumps({"id": key}) + "\n" for key in keys), os.O_WRONLY)
    found = [json.loads(read(table / name))["id"] for name in os.listdir(table)]
    assert sorted(found) == sorted(keys)


def test_an_over_long_item_is_edited_by_its_name(mount, long_keys):
    name = long_names(long_keys)["escapes"]
    with changes(long_keys, modified=1):
        save(long_keys / name, '{"kind": "edited"}')
    mount.remount()
    assert read_text(long_keys / name) == '{"kind": "edited"}'
    exported = [json.loads(line) for line in read_text(long_keys / ".export").splitlines()]
    assert {"id": LONG["escapes"], "kind": "edited"} in exported


def test_an_over_long_item_is_removed_by_its_name(long_keys):
    name = long_names(long_keys)["ascii"]
    with changes(long_keys, removed=1):
        os.unlink(long_keys / name)
    assert name not in os.listdir(long_keys)
    assert len(os.listdir(long_keys)) == len(LONG) - 1


def test_over_long_items_are_copied_out_and_in_again(mount, long_keys):
    outside = mount.directory / "outside"
    mount.run("cp", "-r", long_keys, outside)
    mount.run("rm", "-r", long_keys)
    table = mount.table("Long", "id:S")
    with changes(table, inserted=len(LONG)):
        mount.bash('cp "$1"/* "$2"', outside, table)
    exported = [json.loads(line) for line in read_text(table / ".export").splitlines()]
    assert {item["kind"]: item["id"] for item in exported} == LONG


def test_an_over_long_name_whose_hash_is_wrong_is_refused(mount, long_keys):
    name = long_names(long_keys)["ascii"]
    text = read_text(long_keys / name)
    os.unlink(long_keys / name)
    digits = name[-21:-5]
    wrong = name.replace(digits, digits[::-1] if digits != digits[::-1] else "0" * 16)
    with refused(errno.EINVAL):
        save(long_keys / wrong, text)
    assert len(os.listdir(long_keys)) == len(LONG) - 1


def test_an_over_long_name_without_its_key_in_the_text_is_refused(mount, long_keys):
    name = long_names(long_keys)["ascii"]
    os.unlink(long_keys / name)
    with refused(errno.EINVAL):
        save(long_keys / name, '{"kind": "ascii"}')
    assert len(os.listdir(long_keys)) == len(LONG) - 1


def test_over_long_partitions_are_directories(mount):
    table = mount.table("Long", "pk:S sk:S")
    key = "p/" * 900
    save(table / ".import", dumps({"pk": key, "sk": "s" * 1000}) + "\n", os.O_WRONLY)
    (directory,) = os.listdir(table)
    (name,) = os.listdir(table / directory)
    assert "%~" in directory and "%~" in name
    assert json.loads(read(table / directory / name)) == {"pk": key, "sk": "s" * 1000}
    save(table / directory / "Other.json", "{}")
    exported = [json.loads(line) for line in read_text(table / ".export").splitlines()]
    assert {"pk": key, "sk": "Other"} in exported


def test_over_long_binary_and_number_keys_are_read_and_written(mount):
    table = mount.table("Long", "pk:B sk:N")
    save(table / ".import", '{"pk": {"B": "' + "AAAA" * 600 + '"}, "sk": -1e-130}\n', os.O_WRONLY)
    (directory,) = os.listdir(table)
    (name,) = os.listdir(table / directory)
    with changes(table, modified=1):
        save(table / directory / name, '{"x": 1}')


@pytest.mark.parametrize(
    "schema, item",
    [("id:S", {"id": "x" * 2049}), ("pk:S sk:S", {"pk": "p", "sk": "x" * 1025})],
    ids=["partition", "sort"],
)
def test_a_key_over_the_limit_is_refused(mount, schema, item):
    table = mount.table("Long", schema)
    mount.bash('printf "%s\\n" "$1" > .import', dumps(item), cwd=table, check=False)
    assert "maximum size limit" in mount.errors() or "exceeded the size limit" in mount.errors()
    assert read(table / ".export") == b""
