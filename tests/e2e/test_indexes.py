"""DESIGN 4.5: `.indexes`, the items of every index as links in its order."""

import errno
import json
import os
from decimal import Decimal

import pytest

from api import create, definitions, design, index, put_all, read_pages, items_of, values
from conftest import module_mount_of
from files import all_entries, directory_entries, seek_directory
from mounting import opened, read, refused, save, wait_until
from serving import http_door

pytestmark = pytest.mark.limit(180)


@pytest.fixture(scope="module")
def doors(request):
    with module_mount_of(request, "indexes") as mount:
        mount.remount("http=127.0.0.1:0")
        yield mount


@pytest.fixture(scope="module")
def db(doors):
    return http_door(doors).client(parameter_validation=False)


def movies(doors, db):
    """Movies by their rating, of which two are the same, and by their director."""
    table = create(
        db,
        "year:N title:S",
        [index("by-director", "director:S", "KEYS_ONLY"), index("by-genre", "genre:S rating:N")],
        [index("by-rating", "year:N rating:N")],
    )
    put_all(
        db,
        table,
        [
            dict(year=2013, title="Rush", director="Howard", genre="drama", rating=Decimal("8.3")),
            dict(year=2013, title="Gravity", director="Cuarón", genre="drama", rating=Decimal("7.7")),
            dict(year=2013, title="V/H/S, 2", director="Many", genre="horror", rating=6),
            dict(year=2006, title="Cars", genre="drama", rating=Decimal("7.7")),
            dict(year=2006, title="Borat", director="Charles"),
        ],
    )
    return doors.path / table


@pytest.fixture(scope="module")
def table(doors, db):
    return movies(doors, db)


@pytest.fixture
def own_table(doors, db):
    return movies(doors, db)


def in_order(directory):
    """Names as readdir gives them."""
    return [entry.name for entry in os.scandir(directory)]


# What is there


def test_indexes_are_listed_by_name(table):
    assert in_order(table / ".indexes") == ["by-director", "by-genre", "by-rating"]


def test_nothing_lists_indexes(doors, table):
    assert sorted(os.listdir(table)) == ["2006", "2013"]
    assert ".indexes" not in doors.bash("find . -name '.*' ; ls -A", cwd=table).stdout


def test_an_index_lists_its_partitions(table):
    assert sorted(os.listdir(table / ".indexes/by-genre")) == ["drama", "horror"]
    assert sorted(os.listdir(table / ".indexes/by-director")) == ["Charles", "Cuarón", "Howard", "Many"]


def test_a_local_index_lists_the_partitions_of_the_table(table):
    assert sorted(os.listdir(table / ".indexes/by-rating")) == ["2006", "2013"]


def test_links_stand_in_the_order_of_the_index(table):
    assert in_order(table / ".indexes/by-genre/drama") == [
        *sorted(["7.7,2013,Gravity.json", "7.7,2006,Cars.json"], key=in_order(table / ".indexes/by-genre/drama").index),
        "8.3,2013,Rush.json",
    ]
    assert in_order(table / ".indexes/by-rating/2013") == [
        "6,2013,V%2FH%2FS%2C 2.json", "7.7,2013,Gravity.json", "8.3,2013,Rush.json",
    ]  # fmt: skip


def test_without_a_sort_attribute_links_are_named_by_the_key(table):
    assert in_order(table / ".indexes/by-director/Howard") == ["2013,Rush.json"]


def test_an_item_without_the_attributes_is_not_there(table):
    assert in_order(table / ".indexes/by-rating/2006") == ["7.7,2006,Cars.json"]


def test_links_lead_to_the_items_own_files(table):
    link = table / ".indexes/by-rating/2013" / "6,2013,V%2FH%2FS%2C 2.json"
    assert os.readlink(link) == "../../../2013/V%2FH%2FS, 2.json"
    assert json.loads(read(link))["title"] == "V/H/S, 2"
    assert os.path.samefile(link, table / "2013" / "V%2FH%2FS, 2.json")


def test_a_link_is_its_own_inode_of_the_right_size(table):
    link = table / ".indexes/by-director/Howard/2013,Rush.json"
    assert link.lstat().st_ino != link.stat().st_ino
    assert link.lstat().st_size == len(os.readlink(link))
    assert (table / ".indexes/by-rating/2013").stat().st_ino != (table / "2013").stat().st_ino


@pytest.mark.parametrize("shell", ["bash", "dash"])
def test_shells_read_through_the_links(doors, table, shell):
    script = 'for f in .indexes/by-genre/drama/*; do jq -r .title "$f"; done'
    told = doors.run(shell, "-c", script, cwd=table).stdout.split()
    assert sorted(told[:2]) == ["Cars", "Gravity"] and told[2:] == ["Rush"]
    assert doors.run(shell, "-c", "cat .indexes/by-rating/2013/8.3,2013,Rush.json", cwd=table).stdout


def test_find_L_and_tar_h_and_cp_L_walk_all_of_it(doors, table, workdir):
    found = doors.bash("find -L .indexes -type f | wc -l; find .indexes -type l | wc -l", cwd=table).stdout.split()
    assert found == ["12", "12"]
    doors.bash('tar -chf "$1/all.tar" .indexes && cp -rL .indexes "$1/copy"', workdir, cwd=table)
    copied = workdir / "copy/by-director/Howard/2013,Rush.json"
    assert copied.read_bytes() == read(table / "2013/Rush.json")
    listed = doors.bash('tar -tf "$1/all.tar" | grep -c json', workdir, cwd=table).stdout
    assert listed.strip() == "12"


def test_grep_R_follows_and_grep_r_does_not(doors, table):
    assert doors.bash("grep -Rl Howard .indexes | wc -l", cwd=table).stdout.strip() == "3"
    assert doors.bash("grep -rl Howard .indexes | wc -l", cwd=table).stdout.strip() == "0"


def test_grep_r_of_the_table_and_of_the_mount_do_not_descend(doors, table):
    assert doors.bash("grep -rl Howard . | wc -l", cwd=table).stdout.strip() == "1"
    assert doors.bash(f"grep -rl Howard {table.name} | wc -l").stdout.strip() == "1"


# What is not


def test_an_unknown_index_is_ENOENT_and_error_names_those_there_are(doors, table):
    with refused(errno.ENOENT):
        os.listdir(table / ".indexes/by-raiting")
    assert "has no index by-raiting: it has by-director, by-genre, by-rating" in doors.errors()


def test_a_table_without_indexes_has_none(doors, db):
    table = doors.path / create(db, "k:S")
    assert os.listdir(table / ".indexes") == []
    with refused(errno.ENOENT):
        os.listdir(table / ".indexes/any")


@pytest.mark.parametrize(
    "name",
    [
        "by-genre/comedy", "by-genre/drama/8.3,2013,Rush", "by-genre/drama/8.4,2013,Rush.json",
        "by-genre/horror/8.3,2013,Rush.json", "by-genre/drama/2013,Rush.json", "by-genre/drama/Rush.json",
        "by-genre/drama/8.30,2013,Rush.json", "by-genre/drama/x,2013,Rush.json", "by-genre/drama/.git",
        "by-rating/2013/8.3,2012,Rush.json", "by-director/Howard/2013,Rush.json.json", "by-rating/x", ".git",
    ],
)  # fmt: skip
def test_what_the_index_does_not_hold_is_not_there(table, name):
    with refused(errno.ENOENT):
        os.lstat(table / ".indexes" / name)


def test_a_number_in_another_spelling_is_EINVAL_with_a_hint(doors, table):
    with refused(errno.EINVAL):
        os.listdir(table / ".indexes/by-rating/2013.0")
    assert "2013.0 is spelled 2013 here" in doors.errors()


# Changes


def test_links_follow_the_items(own_table):
    drama = own_table / ".indexes/by-genre/drama"
    save(own_table / "2013/Rush.json", '{"genre": "drama", "rating": 9}')
    assert in_order(drama)[-1] == "9,2013,Rush.json"
    with refused(errno.ENOENT):
        os.lstat(drama / "8.3,2013,Rush.json")
    os.unlink(own_table / "2013/Rush.json")
    with refused(errno.ENOENT):
        os.lstat(drama / "9,2013,Rush.json")
    save(own_table / "2006/Cars.json", '{"genre": "horror", "rating": 1}')
    assert in_order(own_table / ".indexes/by-genre/horror")[0] == "1,2006,Cars.json"


def test_a_partition_goes_with_its_last_item(own_table):
    os.unlink(own_table / "2013/V%2FH%2FS, 2.json")
    assert in_order(own_table / ".indexes/by-genre") == ["drama"]


def test_an_index_that_is_dropped_and_made_anew_shows_what_it_holds(own_table, db):
    name = own_table.name
    partition = own_table / ".indexes/by-genre/drama"
    assert len(os.listdir(partition)) == 3
    db.update_table(TableName=name, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-genre"}}])
    assert "by-genre" not in os.listdir(own_table / ".indexes")
    wait_until(lambda: not os.path.exists(partition), 5, "the directory gone")
    shape, attributes = index("by-genre", "title:S")
    db.update_table(
        TableName=name, AttributeDefinitions=definitions(attributes),
        GlobalSecondaryIndexUpdates=[{"Create": shape}],
    )
    db.get_waiter("table_exists").wait(TableName=name)
    while db.describe_table(TableName=name)["Table"]["GlobalSecondaryIndexes"][-1]["IndexStatus"] != "ACTIVE":
        pass
    assert sorted(os.listdir(own_table / ".indexes/by-genre")) == ["Borat", "Cars", "Gravity", "Rush", "V%2FH%2FS, 2"]
    assert os.listdir(own_table / ".indexes/by-genre/Cars") == ["2006,Cars.json"]


def change_of(path, how):
    try:
        how(path)
    except OSError as error:
        return errno.errorcode[error.errno]
    return None


@pytest.mark.parametrize(
    "change",
    [
        lambda d: os.mkdir(d / "by-genre/comedy"), lambda d: os.mkdir(d / "new"), lambda d: os.rmdir(d / "by-genre"),
        lambda d: os.rmdir(d / "by-genre/drama"), lambda d: os.unlink(d / "by-genre/drama/8.3,2013,Rush.json"),
        lambda d: save(d / "by-genre/drama/new", "x"), lambda d: save(d / "by-genre/.x.swp", "x"),
        lambda d: save(d / "x~", ""), lambda d: os.symlink("a", d / "by-genre/drama/.#a"),
        lambda d: os.rename(d / "by-genre/drama", d / "by-genre/comedy"),
        lambda d: os.rename(d / "by-genre/drama/8.3,2013,Rush.json", d / "by-genre/drama/9,2013,Rush.json"),
        lambda d: os.rename(d / "by-genre/drama/8.3,2013,Rush.json", d.parent / "2013/Rushed.json"),
        lambda d: os.rename(d.parent / "2013/Rush.json", d / "by-genre/drama/9,2013,Rush.json"),
        lambda d: os.link(d.parent / "2013/Rush.json", d / "by-genre/drama/a"),
        lambda d: os.mkfifo(d / "by-genre/drama/a"), lambda d: os.chmod(d / "by-genre", 0o700),
        lambda d: os.chown(d / "by-genre/drama/8.3,2013,Rush.json", 1, 1, follow_symlinks=False),
        lambda d: os.utime(d / "by-genre/drama/8.3,2013,Rush.json", follow_symlinks=False),
    ],
)  # fmt: skip
def test_every_change_there_is_EROFS(table, change):
    assert change_of(table / ".indexes", change) == "EROFS"
    assert read(table / "2013/Rush.json")


def test_rm_rf_of_the_indexes_removes_nothing(doors, own_table):
    result = doors.bash("rm -rf .indexes/*", cwd=own_table, check=False)
    assert result.returncode and "Read-only file system" in result.stderr
    assert len(os.listdir(own_table / "2013")) == 3


# Names


def every_type(doors, db):
    members = design("p:S s:B", [index("idx", "x:S")])
    members["GlobalSecondaryIndexes"][0]["KeySchema"] = [
        *({"AttributeName": name, "KeyType": "HASH"} for name in ("a", "b")),
        *({"AttributeName": name, "KeyType": "RANGE"} for name in ("c", "d", "e")),
    ]
    members["AttributeDefinitions"] = definitions({"p": "S", "s": "B", "a": "S", "b": "N", "c": "B", "d": "N", "e": "S"})
    db.create_table(**members)
    return doors.path / members["TableName"]


def comma(name):
    return name.replace(",", "%2C")


def test_keys_of_several_attributes_and_types_are_joined_by_commas(doors, db):
    table = every_type(doors, db)
    one = dict(p="k/,", s=b"\xff\x00", a="x,y", b=Decimal("-1.5"), c=b"ab", d=10, e=".e,")
    put_all(db, table.name, [one, {**one, "p": "z", "d": 9}])
    assert os.listdir(table / ".indexes/idx") == ["x%2Cy,%2D1.5"]
    listed = in_order(table / ".indexes/idx/x%2Cy,%2D1.5")
    assert listed == ["6162,9,%2Ee%2C,z,ff00.json", "6162,10,%2Ee%2C,k%2F%2C,ff00.json"]
    link = table / ".indexes/idx/x%2Cy,%2D1.5" / listed[1]
    assert os.readlink(link) == "../../../k%2F,/ff00.json"
    assert json.loads(read(link))["p"] == "k/,"


LONG = ["x" * 300, "x" * 299 + "y", "," * 200, "é" * 200, "%" * 100, "short"]


def test_over_long_names_are_found_again(doors, db):
    table = every_type(doors, db)
    items = [
        dict(p=p, s=(p[-1:] * 300).encode(), a=LONG[0], b=Decimal("1e-130"), c=b"c" * 200, d=Decimal("1e125"), e=e)
        for p in LONG
        for e in LONG
    ]
    items = [{**one, "s": one["s"] + bytes([at])} for at, one in enumerate(items)]
    put_all(db, table.name, items)
    (partition,) = os.listdir(table / ".indexes/idx")
    assert len(partition.encode()) <= 255 and "%~" in partition
    directory = table / ".indexes/idx" / partition
    listed = in_order(directory)
    assert len(set(listed)) == len(items)
    assert all(len(name.encode()) <= 255 for name in listed)
    found = set()
    for name in listed:
        one = json.loads(read(directory / name))
        found.add((one["p"], one["e"]))
    assert found == {(p, e) for p in LONG for e in LONG}
    with refused(errno.ENOENT):
        os.lstat(directory / listed[0].replace("%~", "%~0", 1).replace(".json", "", 1))


def test_an_over_long_name_is_found_without_listing(doors, db):
    table = every_type(doors, db)
    put_all(db, table.name, [dict(p="p", s=b"s", a="a" * 400, b=1, c=b"c", d=1, e="e")])
    (name,) = os.listdir(table / ".indexes/idx")
    doors.remount("http=127.0.0.1:0")
    assert json.loads(read(table / ".indexes/idx" / name / "63,1,e,p,73.json"))["b"] == 1


@pytest.mark.parametrize("kind,value,name", [
    ("S", "a,b/c", "a,b%2Fc"), ("N", Decimal("-0.5"), "%2D0.5"), ("B", b"\0\xff", "00ff"),
])  # fmt: skip
def test_a_partition_of_one_attribute_is_named_as_a_partition_of_a_table(doors, db, kind, value, name):
    db = http_door(doors).client(parameter_validation=False)
    table = doors.path / create(db, "k:S", [index("idx", f"x:{kind}")])
    put_all(db, table.name, [dict(k="a,b", x=value)])
    assert os.listdir(table / ".indexes/idx") == [name]
    assert os.listdir(table / ".indexes/idx" / name) == ["a,b.json"]
    assert os.readlink(table / ".indexes/idx" / name / "a,b.json") == "../../../a,b.json"


# Many


@pytest.fixture(scope="module")
def many(doors):
    """5,000 items in one partition of an index, and 3,000 partitions of another."""
    db = http_door(doors).client(parameter_validation=False)
    table = create(db, "k:S", [index("one", "g:S n:N", "KEYS_ONLY"), index("each", "h:N")])
    put_all(db, table, [dict(k=f"k{n}", g="g", n=n * 7919 % 1000, h=n % 3000) for n in range(5000)])
    return doors, doors.path / table, db


def test_thousands_are_listed_in_the_order_of_a_query(many):
    _, table, db = many
    pages = read_pages(
        db.query, TableName=table.name, IndexName="one", KeyConditionExpression="g = :g",
        ExpressionAttributeValues=values(g="g"),
    )
    expected = [f"{one['n']},{one['k']}.json" for one in items_of(pages)]
    assert len(expected) == 5000
    assert in_order(table / ".indexes/one/g") == expected


def test_ls_U_is_in_that_order_too(many):
    doors, table, _ = many
    listed = doors.bash("ls -U .indexes/one/g | cut -d, -f1", cwd=table).stdout.split()
    assert len(listed) == 5000 and listed == sorted(listed, key=int)


def test_thousands_of_partitions_are_listed_once_each(many):
    _, table, _ = many
    listed = in_order(table / ".indexes/each")
    assert len(listed) == 3000 and set(listed) == {str(n) for n in range(3000)}


@pytest.mark.parametrize("name", ["one/g", "each"])
def test_a_listing_goes_on_from_any_cookie(many, name):
    _, table, _ = many
    with opened(table / ".indexes" / name, os.O_RDONLY) as fd:
        entries = list(all_entries(fd))
        for at in (0, 1, 255, 256, 1000, len(entries) - 2):
            seek_directory(fd, entries[at][1])
            assert directory_entries(fd)[0][0] == entries[at + 1][0]


def test_ls_l_of_thousands(many):
    doors, table, _ = many
    told = doors.bash("ls -l .indexes/one/g | grep -c -- '-> ../../../k[0-9]*.json'", cwd=table).stdout
    assert told.strip() == "5000"


def test_items_deleted_while_listing_hide_no_others(doors):
    db = http_door(doors).client(parameter_validation=False)
    table = doors.path / create(db, "k:S", [index("idx", "g:S n:N")])
    put_all(db, table.name, [dict(k=f"k{n}", g="g", n=n) for n in range(1000)])
    seen = []
    with opened(table / ".indexes/idx/g", os.O_RDONLY) as fd:
        while entries := directory_entries(fd, 1024):
            for name, _ in entries:
                seen.append(name)
                os.unlink(table / name.split(",")[1])
    assert seen == [f"{n},k{n}.json" for n in range(1000)]
