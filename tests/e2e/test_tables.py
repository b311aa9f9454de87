"""Tables: making, describing, filling, emptying and dropping them."""

import contextlib
import errno
import json
import os
import re
import time

import pytest

from mounting import (
    change_counts,
    changes,
    description,
    info,
    items_below,
    opened,
    read,
    read_text,
    refused,
    save,
    write_all,
)
from movies import SCHEMA, dumps, loads

CREATE = {
    "TableName": "Movies",
    "AttributeDefinitions": [
        {"AttributeName": "year", "AttributeType": "N"},
        {"AttributeName": "title", "AttributeType": "S"},
    ],
    "KeySchema": [
        {"AttributeName": "year", "KeyType": "HASH"},
        {"AttributeName": "title", "KeyType": "RANGE"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
}
LINE = '{"year": 2013, "title": "Rush", "info": {"rating": 8.3}}\n'


@pytest.fixture
def table(mount):
    return mount.table("Movies", SCHEMA)


def put(table, year, title, text="{}"):
    (table / str(year)).mkdir(exist_ok=True)
    save(table / str(year) / f"{title}.json", text)


def keys_of(table):
    members = description(table)
    types = {a["AttributeName"]: a["AttributeType"] for a in members["AttributeDefinitions"]}
    return [(k["AttributeName"], types[k["AttributeName"]], k["KeyType"]) for k in members["KeySchema"]]


# Making


def test_the_short_form_makes_a_table(table):
    assert keys_of(table) == [("year", "N", "HASH"), ("title", "S", "RANGE")]


def test_the_short_form_of_one_key_makes_a_table_without_sort_key(mount):
    assert keys_of(mount.table("Users", "id:S")) == [("id", "S", "HASH")]


@pytest.mark.parametrize("text", ["id:S", "id:S\n", "  id:S \n", "id:S\r\n", "pk:B\tsk:N\n"], ids=repr)
def test_the_short_form_may_have_white_space_around_it(mount, text):
    (mount / "Users").mkdir()
    save(mount / "Users/.schema", text)
    assert description(mount / "Users")["TableStatus"] == "ACTIVE"


def test_the_form_of_CreateTable_makes_a_table(mount):
    (mount / "Movies").mkdir()
    save(mount / "Movies/.schema", json.dumps(CREATE, indent=2))
    assert keys_of(mount / "Movies") == [("year", "N", "HASH"), ("title", "S", "RANGE")]


def test_the_form_of_CreateTable_needs_no_table_name_in_a_directory_that_has_one(mount):
    (mount / "Movies").mkdir()
    without = {name: value for name, value in CREATE.items() if name != "TableName"}
    save(mount / "Movies/.schema", json.dumps(without))
    assert description(mount / "Movies")["TableName"] == "Movies"


def test_provisioned_throughput_is_kept(mount):
    (mount / "Movies").mkdir()
    request = dict(CREATE, BillingMode="PROVISIONED")
    request["ProvisionedThroughput"] = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 7}
    save(mount / "Movies/.schema", json.dumps(request))
    throughput = description(mount / "Movies")["ProvisionedThroughput"]
    assert (throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"]) == (5, 7)


def test_a_shell_makes_a_table_in_two_commands(mount):
    mount.bash("mkdir Movies && echo year:N title:S > Movies/.schema")
    assert os.listdir(mount.path) == ["Movies"]


def test_schema_reads_as_the_form_of_CreateTable(table):
    schema = json.loads(read(table / ".schema"))
    assert schema["TableName"] == "Movies"
    assert schema["KeySchema"] == CREATE["KeySchema"]
    assert all(part in schema["AttributeDefinitions"] for part in CREATE["AttributeDefinitions"])
    assert len(schema["AttributeDefinitions"]) == 2


def test_copying_the_schema_of_another_table_clones_it(mount, table):
    (mount / "Films").mkdir()
    mount.run("cp", "Movies/.schema", "Films/.schema")
    assert keys_of(mount / "Films") == keys_of(table)
    assert description(mount / "Films")["TableName"] == "Films"


def test_redirecting_the_schema_of_another_table_clones_it(mount, table):
    mount.bash("mkdir Films; cat Movies/.schema > Films/.schema")
    assert keys_of(mount / "Films") == keys_of(table)


def test_an_existing_tables_key_schema_is_not_changed(mount, table):
    put(table, 2013, "Rush")
    with refused(errno.EINVAL):
        save(table / ".schema", "other:S\n")
    assert keys_of(table)[0][0] == "year"
    assert items_below(table) == ["2013/Rush.json"]


def test_a_table_survives_a_remount(mount, table):
    before = description(table)
    mount.remount()
    after = description(table)
    for name in ("TableName", "TableId", "CreationDateTime", "KeySchema", "AttributeDefinitions"):
        assert before.get(name) == after.get(name)


def test_a_directory_without_a_schema_is_no_table_yet(mount):
    (mount / "Movies").mkdir()
    with pytest.raises(OSError):
        save(mount / "Movies/Rush.json", "{}")
    mount.remount()
    assert os.listdir(mount.path) == []


def test_a_directory_without_a_schema_can_be_removed(mount):
    (mount / "Movies").mkdir()
    os.rmdir(mount / "Movies")
    assert os.listdir(mount.path) == []


def test_mkdir_of_a_table_that_exists_is_EEXIST(mount, table):
    with refused(errno.EEXIST):
        os.mkdir(table)


@pytest.mark.parametrize("name", ["ab", "a b", "a$", "é", "x" * 256, "a%2Fb", "a:b"])
def test_a_name_that_no_table_may_have_is_refused(mount, name):
    with pytest.raises(OSError):
        (mount / name).mkdir()
        save(mount / name / ".schema", "id:S\n")
    mount.remount()
    assert os.listdir(mount.path) == []


@pytest.mark.parametrize("name", ["abc", "A-1", "a_b", "a.b", "x" * 255, "123"])
def test_a_name_that_a_table_may_have_is_taken(mount, name):
    mount.table(name, "id:S")
    assert os.listdir(mount.path) == [name]


@pytest.mark.parametrize("name, shown", [("-dash", "%2Ddash"), (".dot", "%2Edot")])
def test_a_table_name_with_a_leading_dash_or_dot_is_escaped(mount, name, shown):
    table = mount.table(shown, "id:S")
    assert description(table)["TableName"] == name
    assert os.listdir(mount.path) == [shown]


def without(name):
    return json.dumps({key: value for key, value in CREATE.items() if key != name})


def with_members(**members):
    return json.dumps({**CREATE, **members})


BAD_SCHEMAS = {
    "no_type": ("year\n", None),
    "an_unknown_type": ("year:X\n", None),
    "a_type_that_is_no_key": ("year:SS\n", None),
    "a_lower_case_type": ("year:n\n", None),
    "three_keys": ("a:S b:S c:S\n", None),
    "one_name_twice": ("a:S a:N\n", None),
    "no_name": (":S\n", None),
    "prose": ("a table of movies, please\n", None),
    "broken_json": ('{"KeySchema": ]}\n', None),
    "a_json_list": ("[]\n", None),
    "no_key_schema": (without("KeySchema"), "keySchema"),
    "no_definitions": (without("AttributeDefinitions"), "ttribute"),
    "an_unused_definition": (
        with_members(
            AttributeDefinitions=CREATE["AttributeDefinitions"]
            + [{"AttributeName": "extra", "AttributeType": "S"}]
        ),
        "AttributeDefinitions",
    ),
    "an_undefined_key": (
        with_members(AttributeDefinitions=CREATE["AttributeDefinitions"][:1]),
        None,
    ),
    "a_sort_key_alone": (
        with_members(
            KeySchema=[{"AttributeName": "year", "KeyType": "RANGE"}],
            AttributeDefinitions=CREATE["AttributeDefinitions"][:1],
        ),
        None,
    ),
    "two_partition_keys": (
        with_members(KeySchema=[dict(key, KeyType="HASH") for key in CREATE["KeySchema"]]),
        None,
    ),
    "an_unknown_key_type": (
        with_members(KeySchema=[{"AttributeName": "year", "KeyType": "SORT"}]),
        "Member must satisfy enum value set: [HASH, RANGE]",
    ),
    "a_definition_of_a_wrong_type": (
        with_members(AttributeDefinitions=[{"AttributeName": "year", "AttributeType": "M"}]),
        "Member must satisfy enum value set",
    ),
    "an_unknown_billing_mode": (
        with_members(BillingMode="FREE"),
        "Member must satisfy enum value set",
    ),
    "throughput_on_demand": (
        with_members(ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}),
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
        "PAY_PER_REQUEST",
    ),
    "no_throughput": (
        with_members(BillingMode="PROVISIONED"),
        "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
    ),
}


@pytest.mark.parametrize("text, message", BAD_SCHEMAS.values(), ids=BAD_SCHEMAS)
def test_a_bad_schema_is_EINVAL_with_a_message(mount, text, message):
    (mount / "Movies").mkdir()
    with refused(errno.EINVAL):
        save(mount / "Movies/.schema", text)
    told = mount.errors()
    assert "Movies/.schema" in told
    assert message is None or message in told
    os.rmdir(mount / "Movies")
    mount.remount()
    assert os.listdir(mount.path) == []


def test_a_bad_schema_makes_a_shells_echo_fail(mount):
    result = mount.bash("mkdir Movies; echo year:X > Movies/.schema", check=False)
    assert result.returncode != 0


def test_after_a_bad_schema_a_good_one_makes_the_table(mount):
    mount.bash("mkdir Movies; echo nonsense > Movies/.schema", check=False)
    save(mount / "Movies/.schema", "year:N\n")
    assert keys_of(mount / "Movies") == [("year", "N", "HASH")]


# Describing


def test_info_tells_what_DescribeTable_tells(table):
    members = description(table)
    assert members["TableName"] == "Movies"
    assert members["TableStatus"] == "ACTIVE"
    assert re.fullmatch(r"arn:aws:dynamodb:[a-z0-9-]+:\d{12}:table/Movies", members["TableArn"])
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", members["TableId"])


def test_info_counts_items_and_bytes(table):
    assert (description(table)["ItemCount"], description(table)["TableSizeBytes"]) == (0, 0)
    put(table, 2013, "Rush", '{"a": "xyz"}')
    # year 4 + 2013 3, title 5 + Rush 4, a 1 + xyz 3
    assert (description(table)["ItemCount"], description(table)["TableSizeBytes"]) == (1, 20)
    os.unlink(table / "2013/Rush.json")
    assert (description(table)["ItemCount"], description(table)["TableSizeBytes"]) == (0, 0)


def test_info_counts_survive_a_remount_and_kill_9(mount, table):
    for n in range(20):
        put(table, 2013, f"Movie {n}", '{"a": "xyz"}')
    before = description(table)
    mount.kill9()
    mount.start()
    time.sleep(1)
    after = description(table)
    assert (after["ItemCount"], after["TableSizeBytes"]) == (before["ItemCount"], before["TableSizeBytes"])


def test_info_counts_changes_since_the_mount(mount, table):
    put(table, 2013, "Rush")
    put(table, 2013, "Rush", '{"a": 1}')
    os.unlink(table / "2013/Rush.json")
    assert change_counts(table) == {"Inserted": 1, "Modified": 1, "Removed": 1}
    mount.remount()
    assert change_counts(table) == {"Inserted": 0, "Modified": 0, "Removed": 0}


def test_info_is_fresh_at_each_reading(table):
    first = info(table)
    put(table, 2013, "Rush")
    assert info(table) != first


def test_info_is_not_written(table):
    with refused(errno.EPERM, errno.EACCES, errno.EINVAL, errno.EROFS):
        save(table / ".info", "{}")


# Listing


def test_ls_of_the_mount_shows_tables_only(mount, table):
    mount.table("Users", "id:S")
    assert sorted(os.listdir(mount.path)) == ["Movies", "Users"]


def test_special_files_are_not_listed(mount, table):
    put(table, 2013, "Rush")
    assert os.listdir(table) == ["2013"]
    assert mount.run("ls", "-A", table).stdout == "2013\n"


@pytest.mark.parametrize(
    "name", ["Movies/.schema", "Movies/.info", "Movies/.import", "Movies/.export", ".error"]
)
def test_special_files_are_found_by_name(mount, table, name):
    assert os.path.isfile(mount / name)


@pytest.mark.parametrize("name", ["Movies/.schema", "Movies/.info", "Movies/.export"])
def test_special_files_are_not_removed(mount, table, name):
    with refused(errno.EPERM, errno.EACCES):
        os.unlink(mount / name)
    assert os.path.isfile(mount / name)


def test_partitions_are_listed_once_each(table):
    for n in range(30):
        put(table, 2000 + n % 10, f"Movie {n}")
    assert sorted(os.listdir(table)) == [str(2000 + n) for n in range(10)]


def test_items_of_a_partition_are_listed_in_the_order_of_their_sort_keys(mount):
    table = mount.table("Numbers", "pk:S sk:N")
    (table / "p").mkdir()
    for value in ("10", "9", "%2D10", "0.5", "100", "%2D9.5", "0"):
        save(table / "p" / f"{value}.json", "{}")
    listed = mount.run("ls", "-U", table / "p").stdout.split()
    assert [name[:-5] for name in listed] == ["%2D10", "%2D9.5", "0", "0.5", "9", "10", "100"]


def test_a_partition_disappears_with_its_last_item(table):
    put(table, 2013, "Rush")
    put(table, 2014, "Other")
    os.unlink(table / "2013/Rush.json")
    with contextlib.suppress(OSError):
        os.rmdir(table / "2013")
    assert os.listdir(table) == ["2014"]


def test_mkdir_of_a_partition_is_ephemeral(mount, table):
    (table / "2013").mkdir()
    assert (table / "2013").is_dir()
    mount.remount()
    assert not (table / "2013").exists()
    assert os.listdir(table) == []


def test_mkdir_of_a_partition_that_has_items_is_EEXIST(table):
    put(table, 2013, "Rush")
    with refused(errno.EEXIST):
        os.mkdir(table / "2013")


def test_rmdir_of_an_ephemeral_partition_removes_it(table):
    (table / "2013").mkdir()
    os.rmdir(table / "2013")
    assert not (table / "2013").exists()


def test_mkdir_in_a_table_without_sort_key_is_refused(mount):
    users = mount.table("Users", "id:S")
    with refused(errno.EPERM, errno.EINVAL):
        os.mkdir(users / "alice")
    assert os.listdir(users) == []


def test_mkdir_in_a_partition_is_refused(table):
    (table / "2013").mkdir()
    with refused(errno.EPERM, errno.EINVAL):
        os.mkdir(table / "2013/x")


def test_an_item_in_no_partition_is_refused(table):
    with pytest.raises(OSError):
        save(table / "Rush.json", "{}")
    assert items_below(table) == []


# Dropping


def test_rmdir_of_a_table_with_items_is_ENOTEMPTY(table):
    put(table, 2013, "Rush")
    with refused(errno.ENOTEMPTY):
        os.rmdir(table)
    assert items_below(table) == ["2013/Rush.json"]


def test_rmdir_of_a_partition_with_items_is_ENOTEMPTY(table):
    put(table, 2013, "Rush")
    with refused(errno.ENOTEMPTY):
        os.rmdir(table / "2013")


def test_rmdir_of_an_empty_table_drops_it(mount, table):
    os.rmdir(table)
    assert not table.exists()
    mount.remount()
    assert os.listdir(mount.path) == []


def test_rm_r_of_a_full_table_drops_it(mount, table):
    for n in range(50):
        put(table, 2000 + n % 7, f"Movie {n}")
    mount.run("rm", "-r", "Movies")
    assert os.listdir(mount.path) == []


def test_a_dropped_table_gives_its_files_back(mount, table):
    def files():
        return {name for name in os.listdir(mount.data) if name.startswith("table")}

    before = files()
    other = mount.table("Other", "id:S")
    save(other / "a.json", "{}")
    assert len(files()) == len(before) + 1
    mount.run("rm", "-r", other)
    mount.remount()
    assert files() == before


def test_a_table_made_again_is_empty_and_another_one(mount, table):
    put(table, 2013, "Rush")
    before = description(table)["TableId"]
    mount.run("rm", "-r", "Movies")
    again = mount.table("Movies", "id:S")
    assert os.listdir(again) == []
    assert description(again)["TableId"] != before
    assert keys_of(again) == [("id", "S", "HASH")]


def test_a_table_with_deletion_protection_is_not_dropped(mount):
    (mount / "Movies").mkdir()
    save(mount / "Movies/.schema", json.dumps(dict(CREATE, DeletionProtectionEnabled=True)))
    with refused(errno.EPERM):
        os.rmdir(mount / "Movies")
    assert os.listdir(mount.path) == ["Movies"]


def test_a_file_at_the_root_makes_no_table(mount):
    with contextlib.suppress(OSError):
        save(mount / "notes", "hello")
    mount.remount()
    assert [name for name in os.listdir(mount.path) if (mount / name).is_dir()] == []


# .import and .export

TYPED = '{"year": {"N": "2013"}, "title": {"S": "Rush"}, "info": {"M": {"rating": {"N": "8.3"}}}}\n'
ALL_TYPES = {
    "year": 1, "title": "all", "S": "x", "N": 1, "T": True, "NULL": None, "L": [1, "x", []], "M": {"a": {}},
    "B": {"B": "AQID"}, "SS": {"SS": ["a", "b"]}, "NS": {"NS": ["1", "2"]}, "BS": {"BS": ["AQ=="]},
}  # fmt: skip


def bring(mount, table, text, check=True):
    return mount.run("bash", "-c", "cat > .import", cwd=table, input=text, check=check)


@pytest.mark.parametrize(
    "text",
    [
        LINE,
        LINE.rstrip("\n"),
        "\n\n" + LINE + "\n  \n",
        LINE.replace("\n", "\r\n"),
        TYPED,
        '{"Item": ' + TYPED.strip() + "}\n",
        "[" + LINE + "]",
        "[\n" + LINE + "]\n",
        json.dumps(json.loads(LINE), indent=2).replace("\n", " ") + "\n",
    ],
    ids=["line", "unended", "blank_lines", "crlf", "typed", "s3_export", "array", "array_of_lines", "spaced"],
)
def test_import_takes(mount, table, text):
    with changes(table, inserted=1):
        bring(mount, table, text)
    assert loads(read(table / "2013/Rush.json")) == loads(LINE)


def test_import_takes_an_array_over_several_lines(mount, table):
    items = [{"year": year, "title": "x"} for year in range(2000, 2010)]
    with changes(table, inserted=10):
        bring(mount, table, json.dumps(items, indent=4))


def test_import_of_nothing_is_fine(mount, table):
    with changes(table):
        bring(mount, table, "")
        bring(mount, table, "\n")


def test_an_item_imported_twice_is_the_last_one(mount, table):
    bring(mount, table, LINE + LINE.replace("8.3", "9"))
    assert json.loads(read(table / "2013/Rush.json"))["info"]["rating"] == 9


def test_a_bad_line_is_rejected_and_the_others_are_taken(mount, table):
    lines = [LINE.replace("Rush", f"Movie {n}") for n in range(10)]
    lines[3] = "{bad}\n"
    lines[7] = '{"title": "no year"}\n'
    with changes(table, inserted=8):
        result = bring(mount, table, "".join(lines), check=False)
    assert result.returncode != 0


def test_error_lists_each_bad_line_of_an_import_with_its_number(mount, table):
    lines = [LINE.replace("Rush", f"Movie {n}") for n in range(10)]
    lines[3] = "{bad}\n"
    lines[7] = '{"title": "no year"}\n'
    bring(mount, table, "".join(lines), check=False)
    told = mount.errors()
    assert "line 4" in told and "line 8" in told
    assert "Missing the key year in the item" in told
    assert "line 5" not in told


@pytest.mark.parametrize(
    "line, message",
    [
        ('{"year": "2013", "title": "x"}', "Type mismatch for key year expected: N actual: S"),
        ('{"year": 2013}', "Missing the key title in the item"),
        ('{"year": 2013, "title": ""}', "cannot contain an empty string value"),
        ('{"year": 2013, "title": "x", "a": {"SS": []}}', "may not be empty"),
        ('{"year": 1e126, "title": "x"}', "Number overflow"),
        ('{"year": 2013, "title": "x", "a": "' + "x" * 410_000 + '"}', "Item size has exceeded"),
        ('{"year": 2013, "title": "x", "year": 1}', None),
        ("[]", None),
        ("5", None),
        ('{"year": 2013, "title": "x"} {}', None),
        ('{"year": 2013, "title": "x"', None),
    ],
    ids=["type", "missing", "empty", "set", "number", "size", "duplicate", "list", "number_alone", "two", "cut"],
)
def test_a_line_that_is_rejected(mount, table, line, message):
    good = LINE.replace("Rush", "Good")
    with changes(table, inserted=2):
        result = bring(mount, table, good + line + "\n" + good.replace("Good", "Better"), check=False)
    assert result.returncode != 0
    told = mount.errors()
    assert "line 2" in told
    assert message is None or message in told


def test_many_bad_lines_do_not_fill_the_memory(mount, table):
    before = mount.memory()
    bring(mount, table, "{bad}\n" * 200_000, check=False)
    assert mount.memory() - before < 200 << 20
    assert mount.errors() != ""


def test_a_long_import_is_taken_in_pieces_of_any_size(mount, table):
    items = ({"year": n % 7, "title": f"Movie {n}", "a": "x" * n} for n in range(500))
    text = "".join(dumps(item) + "\n" for item in items)
    with changes(table, inserted=500):
        with opened(table / ".import", os.O_WRONLY) as fd:
            for at in range(0, len(text), 1009):
                write_all(fd, text[at : at + 1009])


def test_export_is_one_line_of_json_for_each_item(mount, table):
    put(table, 2013, "Rush", '{\n  "a": [1,\n 2]\n}')
    put(table, 2014, "Other", '{"b": "x\\ny"}')
    lines = read_text(table / ".export").splitlines()
    items = sorted((json.loads(line) for line in lines), key=lambda item: item["year"])
    assert items == [
        {"year": 2013, "title": "Rush", "a": [1, 2]},
        {"year": 2014, "title": "Other", "b": "x\ny"},
    ]


def test_export_and_import_are_a_round_trip_of_all_types(mount, table):
    put(table, 1, "all", json.dumps(ALL_TYPES))
    put(table, 1, "numbers", '{"n": [1e125, 1e-130, -0.5, 99999999999999999999999999999999999999]}')
    put(table, 1, "map", '{"m": {"M": {"SS": {"S": "looks like a set"}}}}')
    copy = mount.table("Copy", SCHEMA)
    mount.bash("cat Movies/.export > Copy/.import")
    lines, copied = (read_text(path / ".export").splitlines() for path in (table, copy))
    assert sorted(copied) == sorted(lines)
    assert loads(read(copy / "1/all.json")) == loads(json.dumps(ALL_TYPES))


def test_export_of_an_empty_table_is_empty(table):
    assert read(table / ".export") == b""


def test_export_is_read_to_its_end_by_cp(mount, table):
    bring(mount, table, "".join(dumps({"year": n, "title": "x" * 100}) + "\n" for n in range(3000)))
    mount.run("cp", ".export", mount.directory / "export.jsonl", cwd=table)
    assert len(read_text(mount.directory / "export.jsonl").splitlines()) == 3000


def test_export_stops_when_its_reader_does(mount, table):
    bring(mount, table, "".join(dumps({"year": n, "title": "x" * 100}) + "\n" for n in range(3000)))
    assert mount.run("head", "-n", "1", ".export", cwd=table).stdout.count("\n") == 1


def test_export_with_jq_filters_a_table(mount, table):
    bring(mount, table, "".join(dumps({"year": n, "title": "x"}) + "\n" for n in range(100)))
    result = mount.bash("jq -c 'select(.year >= 90)' .export | wc -l", cwd=table)
    assert int(result.stdout) == 10


# Figures


def test_stat_of_an_item_is_exact(table):
    text = '{"a": "' + "x" * 5000 + '"}'
    put(table, 2013, "Rush", text)
    status = os.stat(table / "2013/Rush.json")
    assert status.st_size == len(text)
    assert status.st_blocks == -(-len(text) // 512)
    assert status.st_nlink == 1


def test_inode_numbers_are_stable_and_distinct(mount, table):
    put(table, 2013, "Rush")
    put(table, 2013, "Other")
    inodes = [os.stat(table / "2013" / name).st_ino for name in ("Rush.json", "Other.json")]
    assert len(set(inodes)) == 2
    mount.remount()
    assert inodes == [os.stat(table / "2013" / name).st_ino for name in ("Rush.json", "Other.json")]


def test_listed_inode_numbers_are_those_of_stat(table):
    for n in range(10):
        put(table, 2013, f"Movie {n}")
    for entry in os.scandir(table / "2013"):
        assert entry.inode() == os.stat(entry.path).st_ino


def test_directories_have_one_link_and_a_plain_mode(mount, table):
    put(table, 2013, "Rush")
    for path in (mount.path, table, table / "2013"):
        status = os.stat(path)
        assert (status.st_nlink, status.st_mode & 0o7777) == (1, 0o755)


def test_df_tells_what_is_free_on_the_disk_below(mount, table):
    here, below = os.statvfs(mount.path), os.statvfs(mount.data)
    assert abs(here.f_bavail * here.f_frsize - below.f_bavail * below.f_frsize) < 1 << 30


def test_df_tells_what_the_data_use(mount, table):
    def used():
        figures = os.statvfs(mount.path)
        return (figures.f_blocks - figures.f_bfree) * figures.f_frsize

    before = used()
    for n in range(50):
        put(table, 2013, f"Movie {n}", '{"a": "' + "x" * 100_000 + '"}')
    assert 4_000_000 < used() - before < 30_000_000


def test_df_counts_items_as_inodes(mount, table):
    before = os.statvfs(mount.path)
    for n in range(25):
        put(table, 2013, f"Movie {n}")
    after = os.statvfs(mount.path)
    used = (after.f_files - after.f_ffree) - (before.f_files - before.f_ffree)
    assert used == 25


def test_df_names_the_longest_name(mount, table):
    assert os.statvfs(mount.path).f_namemax == 255


def test_du_of_a_table_is_the_sum_of_its_items(mount, table):
    for n in range(10):
        put(table, 2013, f"Movie {n}", '{"a": "' + "x" * 1000 * n + '"}')
    blocks = sum(os.stat(table / "2013" / name).st_blocks for name in os.listdir(table / "2013"))
    result = mount.run("bash", "-c", "du -c --block-size=512 Movies/2013/*.json | tail -n 1 | cut -f1")
    assert int(result.stdout) == blocks


def test_the_mount_is_named_in_proc_mounts(mount):
    line = mount.run("findmnt", "-n", "-o", "FSTYPE", mount.path).stdout
    assert line == "fuse.dynamount\n"
