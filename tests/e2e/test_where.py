"""DESIGN 4.5: `.where/CONDITION/`, the items for which a condition holds as links."""

import errno
import json
import os
import subprocess
import threading
import time
from decimal import Decimal

import pytest

from api import create, index, put_all
from conftest import module_mount_of
from files import all_entries, directory_entries, seek_directory
from mounting import opened, read, refused, save, wait_until
from serving import http_door
from test_directories import bring

pytestmark = pytest.mark.limit(180)


@pytest.fixture(scope="module")
def doors(request):
    with module_mount_of(request, "where") as mount:
        mount.remount("http=127.0.0.1:0")
        yield mount


@pytest.fixture(scope="module")
def db(doors):
    return http_door(doors).client(parameter_validation=False)


MOVIES = [
    dict(year=2013, title="Rush", info={"rating": Decimal("8.3"), "genres": ["drama", "sport"]}, seen=True),
    dict(year=2013, title="Gravity", info={"rating": Decimal("7.7")}),
    dict(year=2013, title="V/H/S, 2", info={"rating": 6}, path="/a/b"),
    dict(year=2006, title="Cars", info={"rating": Decimal("7.3")}, studio="Pixar"),
    dict(year=2006, title="Borat", info={"rating": Decimal("7.4")}, percent="100%"),
]


def movies(doors, db):
    table = create(db, "year:N title:S", [index("by-studio", "studio:S")])
    put_all(db, table, MOVIES)
    return doors.path / table


@pytest.fixture(scope="module")
def table(doors, db):
    return movies(doors, db)


@pytest.fixture
def own_table(doors, db):
    return movies(doors, db)


def where(table, condition):
    return table / ".where" / condition.replace("%", "%25").replace("/", "%2F")


def found(table, condition):
    return sorted(os.listdir(where(table, condition)))


# What is there

RUSH, GRAVITY, VHS, CARS, BORAT = (
    "2013,Rush.json", "2013,Gravity.json", "2013,V%2FH%2FS%2C 2.json", "2006,Cars.json", "2006,Borat.json",
)  # fmt: skip


@pytest.mark.parametrize(
    "condition,expected",
    [
        ("year = 2013", [RUSH, GRAVITY, VHS]),
        ("year = 2013 AND info.rating > 8", [RUSH]),
        ("year = 2013 AND begins_with(title, 'V')", [VHS]),
        ("year IN (2006, 2013) AND info.rating BETWEEN 7.4 AND 7.7", [GRAVITY, BORAT]),
        ("year = 2006 OR title = 'Rush'", [CARS, BORAT, RUSH]),
        ("studio = 'Pixar'", [CARS]),
        ("contains(info.genres, 'sport')", [RUSH]),
        ("seen = true", [RUSH]),
        ("path = '/a/b'", [VHS]),
        ("percent = '100%'", [BORAT]),
        ("title = 'V/H/S, 2'", [VHS]),
        ("attribute_not_exists(studio) AND year = 2006", [BORAT]),
        ("size(title) < 5", [RUSH, CARS]),
        ("no_such_attribute = 1", []),
        ("year = 1999", []),
        ("year = 'text'", []),
        ("title = 'Rush' AND title = 'Cars'", []),
    ],
)
def test_a_condition_holds_for(table, condition, expected):
    assert found(table, condition) == sorted(expected)


def test_links_lead_to_the_items_own_files(table):
    link = where(table, "path = '/a/b'") / VHS
    assert os.readlink(link) == "../../2013/V%2FH%2FS, 2.json"
    assert json.loads(read(link))["path"] == "/a/b"
    assert link.lstat().st_size == len(os.readlink(link))
    assert link.lstat().st_ino != link.stat().st_ino


def test_without_a_sort_key_a_link_is_named_as_the_item(doors, db):
    table = doors.path / create(db, "id:S")
    put_all(db, table.name, [dict(id="alice"), dict(id="a,b/c"), dict(id="x" * 300), dict(id=".hidden")])
    directory = where(table, "attribute_exists(id)")
    assert sorted(os.listdir(directory)) == sorted(os.listdir(table))
    for name in os.listdir(table):
        assert os.readlink(directory / name) == "../../" + name
        assert read(directory / name) == read(table / name)


@pytest.mark.parametrize("shell", ["bash", "dash"])
def test_shells_quote_conditions(doors, table, shell):
    def told(script):
        return doors.run(shell, "-c", script, cwd=table).stdout

    assert told("""jq -r .title .where/"year = 2013 AND info.rating > 8"/*""") == "Rush\n"
    assert told("""ls .where/"path = '%2Fa%2Fb'" """) == VHS + "\n"
    assert told("""ls .where/'percent = '"'100%25'" """) == BORAT + "\n"
    assert told("""ls .where/"percent = '100%'" """) == BORAT + "\n"
    assert told("""cd .where/"year = 2006" && cat *Cars* | jq -r .studio""") == "Pixar\n"
    assert told("""for f in .where/"year = 2006"/*; do basename "$f"; done | sort""") == f"{BORAT}\n{CARS}\n"


def test_tools_walk_the_links(doors, table, workdir):
    def told(script):
        return doors.bash(script, workdir, cwd=where(table, "year = 2013")).stdout.split("\n")[:-1]

    assert sorted(told("find . -L -type f 2>/dev/null || find -L . -type f")) == sorted(f"./{n}" for n in (RUSH, GRAVITY, VHS))
    assert told("grep -Rl sport .") == [f"./{RUSH}"]
    assert told("grep -Rl --include='*Rush*' sport .") == [f"./{RUSH}"]
    told('cp -rL . "$1/copy" && tar -chf "$1/all.tar" .')
    assert (workdir / "copy" / RUSH).read_bytes() == read(table / "2013/Rush.json")
    names = subprocess.run(["tar", "-tf", workdir / "all.tar"], capture_output=True, text=True, check=True).stdout
    assert len(names.split("\n")) == 5
    assert len(told("ls -l | grep -- '-> ../../2013/'")) == 3


def test_a_link_is_found_without_listing(doors, db):
    table = movies(doors, db)
    assert json.loads(read(where(table, "year = 2013") / VHS))["path"] == "/a/b"


@pytest.mark.parametrize("name", [CARS, "2013,Rush", "2013.0,Rush.json", "Rush.json", "2013,,Rush.json", ".git", "x", "2013"])
def test_what_the_condition_does_not_hold_for_is_not_there(table, name):
    with refused(errno.ENOENT):
        os.lstat(where(table, "year = 2013") / name)


def test_a_directory_of_a_condition_has_one_inode_a_name(table):
    one, same, other = (os.stat(table / ".where" / name).st_ino for name in ("year = 1", "year = 1", "year = %31"))
    assert one == same != other


# Never from above


def test_nothing_descends_into_where(doors, table):
    assert os.listdir(table / ".where") == []
    assert "where" not in doors.bash("ls -A; find .; ls -AR", cwd=table).stdout
    assert doors.bash("grep -rl sport . | wc -l", cwd=table).stdout == "1\n"
    assert doors.bash(f"grep -rl sport {table.name} | wc -l").stdout == "1\n"
    assert doors.bash("find .where; ls -AR .where", cwd=table).stdout == ".where\n.where:\n"


def test_the_table_can_be_removed_with_rm_r(doors, db):
    table = movies(doors, db)
    assert found(table, "year = 2013")
    doors.bash("rm -r ./*", cwd=table)
    assert os.listdir(table) == []
    assert found(table, "year = 2013") == []


# Bad input


@pytest.mark.parametrize(
    "condition,message",
    [
        ("year =", "year ="),
        ("year = 2013 AND", "AND"),
        ("year = 2013 AN title = 'x'", "AN"),
        ("nonsense", "nonsense"),
        ("contains(title)", "contains"),
        ("year = #y", "#y"),
        ("title = 'Rush", "Rush"),
    ],
)  # fmt: skip
def test_a_condition_that_does_not_parse_is_EINVAL_with_a_caret(doors, table, condition, message):
    with refused(errno.EINVAL):
        os.listdir(where(table, condition))
    last = doors.errors().split("\n\n")[-1]
    assert "/.where/" in last and message in last
    assert last.rstrip("\n").split("\n")[-1].strip() == "^", last


def test_ls_says_invalid_argument(doors, table):
    result = doors.bash("ls '.where/year ='", cwd=table, check=False)
    assert result.returncode and "Invalid argument" in result.stderr


@pytest.mark.parametrize(
    "text", ["SELECT * FROM t", "DELETE FROM t WHERE year = 2013", '{"IndexName": "by-studio"}', '{"Limit": 1}']
)
def test_statements_and_requests_are_told_of_query(doors, table, text):
    with refused(errno.EINVAL):
        os.listdir(where(table, text.replace("FROM t", f'FROM "{table.name}"')))
    assert ".query" in doors.errors().split("\n\n")[-1]
    assert len(found(table, "year = 2013")) == 3


def test_a_condition_longer_than_a_name_is_ENAMETOOLONG(table):
    with refused(errno.ENAMETOOLONG):
        os.listdir(where(table, "title = '" + "x" * 250 + "'"))


@pytest.mark.parametrize("name", [".git", ".hidden", ".x.swp"])
def test_hidden_names_are_not_conditions(doors, table, name):
    before = doors.errors()
    with refused(errno.ENOENT):
        os.stat(table / ".where" / name)
    assert doors.errors() == before


def test_a_table_without_a_key_has_no_where(doors):
    (doors.path / "Announced").mkdir()
    with refused(errno.ENOENT):
        os.listdir(doors.path / "Announced/.where")
    (doors.path / "Announced").rmdir()


def change_of(path, how):
    try:
        how(path)
    except OSError as error:
        return errno.errorcode[error.errno]
    return None


YEAR = "year = 2013"


@pytest.mark.parametrize(
    "change",
    [
        lambda d: os.unlink(d / RUSH), lambda d: os.mkdir(d / "new"), lambda d: save(d / "new", "x"),
        lambda d: save(d / "2013,New.json", "{}"), lambda d: save(d / ".x.swp", "x"), lambda d: os.rmdir(d),
        lambda d: os.symlink("a", d / ".#a"), lambda d: os.rename(d / RUSH, d / "2013,Rushed.json"),
        lambda d: os.rename(d, d.parent / "year = 2014"), lambda d: os.rename(d / RUSH, d.parent.parent / "2013/X.json"),
        lambda d: os.rename(d.parent.parent / "2013/Rush.json", d / "2013,X.json"), lambda d: os.mkfifo(d / "a"),
        lambda d: os.link(d.parent.parent / "2013/Rush.json", d / "2013,X.json"), lambda d: os.chmod(d, 0o700),
        lambda d: os.chown(d / RUSH, 1, 1, follow_symlinks=False), lambda d: os.utime(d / RUSH, follow_symlinks=False),
        lambda d: save(d.parent / ".x.swp", "x"), lambda d: os.mkdir(d.parent / ".new"),
    ],
)  # fmt: skip
def test_every_change_there_is_EROFS(table, change):
    assert change_of(where(table, YEAR), change) == "EROFS"
    assert found(table, YEAR) == sorted([RUSH, GRAVITY, VHS])


def test_rm_rf_of_a_condition_removes_no_item(doors, table):
    result = doors.bash(f"rm -rf '.where/{YEAR}'", cwd=table, check=False)
    assert result.returncode and "Read-only file system" in result.stderr
    assert found(table, YEAR) == sorted([RUSH, GRAVITY, VHS])


def test_what_is_written_through_a_link_is_the_item(own_table):
    save(where(own_table, YEAR) / RUSH, '{"seen": false}')
    assert json.loads(read(own_table / "2013/Rush.json"))["seen"] is False
    assert found(own_table, "seen = false") == [RUSH]


def test_an_ordinary_owner_is_told_EROFS_too_and_can_remove_copies(table):
    """By modes that let the kernel ask, and that cp -r gives its copies."""
    for path in (table / ".where", where(table, YEAR), table / ".indexes", table / ".indexes/by-studio/Pixar"):
        assert path.stat().st_mode & 0o777 == 0o755


# Changes


def test_links_follow_the_items(own_table, db):
    directory = where(own_table, "info.rating > 8")
    assert os.listdir(directory) == [RUSH]
    save(own_table / "2013/Rush.json", '{"info": {"rating": 1}}')
    assert os.listdir(directory) == []
    with refused(errno.ENOENT):
        os.lstat(directory / RUSH)
    put_all(db, own_table.name, [dict(year=2013, title="Rush", info={"rating": 9})])
    assert json.loads(read(directory / RUSH))["info"]["rating"] == 9
    db.delete_item(TableName=own_table.name, Key={"year": {"N": "2013"}, "title": {"S": "Rush"}})
    with refused(errno.ENOENT):
        os.lstat(directory / RUSH)


def test_a_table_made_anew_is_another_one(doors, db):
    table = movies(doors, db)
    directory = where(table, YEAR)
    assert len(os.listdir(directory)) == 3
    db.delete_table(TableName=table.name)
    wait_until(lambda: not directory.exists(), 5, "the condition gone")
    create(db, "k:S", TableName=table.name)
    wait_until(lambda: table.exists(), 5, "the table")
    assert os.listdir(directory) == []


# Many


@pytest.fixture(scope="module")
def many(doors):
    """100,000 items that match, among as many that do not, in 400 partitions."""
    table = doors.table("Many", "p:S s:N")
    bring(table, (f'{{"p":"p{n % 400}","s":{n},"odd":{str(n % 2 == 1).lower()}}}\n' for n in range(200_000)))
    return doors, table


ODD = {f"p{n % 400},{n}.json" for n in range(1, 200_000, 2)}


def test_100000_matches_are_listed_once_each(many):
    doors, table = many
    assert doors.bash("ls -U .where/'odd = true' | wc -l", cwd=table).stdout == "100000\n"
    listed = os.listdir(where(table, "odd = true"))
    assert len(listed) == len(ODD) and set(listed) == ODD


def test_listing_them_does_not_grow_the_daemon(many):
    doors, table = many
    directory = where(table, "odd = true")
    os.listdir(directory)
    before = doors.memory()
    for _ in range(3):
        with opened(directory, os.O_RDONLY) as fd:
            assert sum(1 for _ in all_entries(fd)) == 100_000
    assert doors.memory() - before < 16 << 20


@pytest.mark.parametrize("condition", ["odd = true", "p IN ('p1', 'p3', 'p5', 'p7') AND s > 1000", "s >= 199000"])
def test_a_listing_goes_on_from_any_cookie(many, condition):
    _, table = many
    with opened(where(table, condition), os.O_RDONLY) as fd:
        entries = list(all_entries(fd))
        for at in (0, 1, 255, 256, len(entries) // 2, len(entries) - 2):
            seek_directory(fd, entries[at][1])
            assert directory_entries(fd)[0][0] == entries[at + 1][0]
        seek_directory(fd, entries[-1][1])
        assert directory_entries(fd) == []


def test_few_matches_among_many_are_found(many):
    _, table = many
    assert found(table, "s IN (7, 100000, 199999)") == ["p0,100000.json", "p399,199999.json", "p7,7.json"]
    assert found(table, "s < 0") == []


def test_many_list_conditions_at_once_and_others_are_served(many):
    doors, table = many
    told = []
    threads = [threading.Thread(target=lambda n=n: told.append(found(table, f"s = {n} OR s = -1"))) for n in range(12)]
    for thread in threads:
        thread.start()
    assert read(table / "p1/1.json")
    for thread in threads:
        thread.join()
    assert sorted(told) == sorted([f"p{n},{n}.json"] for n in range(12))


def test_long_searches_do_not_keep_a_question_waiting(many):
    """Three times as many as the daemon has threads for them."""
    _, table = many
    threads = [threading.Thread(target=os.listdir, args=[where(table, f"s = -{n}")]) for n in range(1, 25)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    with opened(table / ".query", os.O_RDWR) as fd:
        os.write(fd, b"p = 'p1' AND s = 1\n")
        assert json.loads(os.read(fd, 4096))["s"] == 1
    searching = sum(thread.is_alive() for thread in threads)
    for thread in threads:
        thread.join()
    assert searching > 12


def test_a_reader_that_is_ended_does_not_keep_the_mount(many):
    doors, table = many
    errors = doors.errors()
    for _ in range(20):
        process = subprocess.Popen(["ls", "-U", where(table, "s < 0")], stdout=subprocess.DEVNULL)
        process.terminate()
        process.wait(20)
    assert read(table / "p1/1.json")
    assert doors.errors() == errors


@pytest.mark.parametrize("condition", ["g = 1", "k = 1 AND g = 1", "contains(t, 'x')"])
def test_items_deleted_while_listing_hide_no_others(doors, db, condition):
    """By a key, by an index, and by a scan."""
    table = doors.path / create(db, "k:N s:N", [index("idx", "g:N")])
    put_all(db, table.name, [dict(k=1, s=n, g=1, t="x") for n in range(1000)])
    seen = []
    with opened(where(table, condition), os.O_RDONLY) as fd:
        while entries := directory_entries(fd, 1024):
            for name, _ in entries:
                seen.append(name)
                os.unlink(table / name.replace(",", "/"))
    assert seen == [f"1,{n}.json" for n in range(1000)]
    assert found(table, condition) == []


def test_thousands_of_conditions_leave_nothing_behind(doors, table):
    def look(start):
        for n in range(start, start + 2000):
            os.listdir(where(table, f"year = {n}"))

    look(3000)
    before = doors.memory()
    for start in range(5000, 15000, 2000):
        look(start)
    assert doors.memory() - before < 32 << 20


# Names


LONG = ["x" * 300, "x" * 299 + "y", "," * 200, "é" * 200, "%" * 100, "short"]


@pytest.mark.parametrize("kind", ["S", "N", "B"])
def test_over_long_names_are_found_again(doors, db, kind):
    sorts = {"S": LONG, "N": [Decimal("1e125"), Decimal("-1.5e-100"), 7], "B": [b"x" * 300, b"x" * 299 + b"y", b","]}[kind]
    table = doors.path / create(db, f"p:S s:{kind}")
    put_all(db, table.name, [dict(p=p, s=s, at=f"{at},{to}") for at, p in enumerate(LONG) for to, s in enumerate(sorts)])
    directory = where(table, "attribute_exists(p)")
    listed = os.listdir(directory)
    assert len(set(listed)) == len(LONG) * len(sorts)
    assert all(len(name.encode()) <= 255 for name in listed)
    told = {json.loads(read(directory / name))["at"] for name in listed}
    assert told == {f"{at},{to}" for at in range(len(LONG)) for to in range(len(sorts))}
