"""The real data set, loaded as people would, and found again value for value.

"Acknowledged" is what a program was told: a writer whose close() returned 0,
an importing process that ended with 0.
"""

import os
import subprocess
import threading

import pytest

from mounting import changes, description, end_group, items_below, opened, wait_until, write_all
from movies import (
    JQ_NAME,
    SCHEMA,
    by_key,
    differences,
    dumps,
    loads,
    movies,
    per_year,
    stored,
    write_array,
    write_lines,
)
from names import string_name

# jq makes one stream of file names and one of items; the shell pairs them.
SHELL_LOAD = r"""
set -eu
source=$1
jq -r "$2"'[.[].year] | unique[]' "$source" | while read -r year; do mkdir "$year"; done
while read -r name <&3 && read -r item <&4; do
	printf '%s\n' "$item" > "$name"
done 3< <(jq -r "$2"'.[] | "\(.year)/\(.title | name).json"' "$source") \
     4< <(jq -c '.[]' "$source")
"""

# The same with an acknowledgement: cat reports what close() says.
ACKNOWLEDGED_SHELL_LOAD = r"""
set -eu
source=$1
acknowledged=$3
jq -r "$2"'[.[].year] | unique[]' "$source" | while read -r year; do mkdir "$year"; done
while read -r name <&3 && read -r item <&4; do
	printf '%s\n' "$item" | cat > "$name"
	printf '%s\n' "$name" >> "$acknowledged"
done 3< <(jq -r "$2"'.[] | "\(.year)/\(.title | name).json"' "$source") \
     4< <(jq -c '.[]' "$source")
"""

# One process for each piece.
ACKNOWLEDGED_IMPORT = r"""
set -eu
for piece in "$1"/*; do
	cat "$piece" > .import
	printf '%s\n' "${piece##*/}" >> "$2"
done
"""


def load_by_shell(mount, table):
    source = mount.directory / "movies.json"
    write_array(source)
    mount.bash(SHELL_LOAD, source, JQ_NAME, cwd=table)


def load_by_import(mount, table):
    source = mount.directory / "movies.jsonl"
    write_lines(source)
    mount.bash('cat "$1" > .import', source, cwd=table)


LOADS = {"a shell loop": load_by_shell, "an import": load_by_import}


@pytest.fixture(scope="module", params=LOADS, ids=lambda name: name.replace(" ", "_"))
def loaded(request, module_mount):
    table = module_mount.table("By" + request.param.title().replace(" ", ""), SCHEMA)
    LOADS[request.param](module_mount, table)
    return module_mount, table


@pytest.mark.limit(150)
def test_every_movie_is_read_back_value_for_value(loaded):
    _, table = loaded
    assert differences(stored(table), by_key(movies())) == []


@pytest.mark.limit(150)
def test_every_movie_is_in_the_file_its_key_names(loaded):
    _, table = loaded
    expected = sorted(f"{movie['year']}/{string_name(movie['title'])}.json" for movie in movies())
    assert items_below(table) == expected


@pytest.mark.limit(150)
def test_the_counts_per_year_are_right(loaded):
    _, table = loaded
    counts = {year.name: len(os.listdir(year.path)) for year in os.scandir(table)}
    assert counts == per_year(movies())


@pytest.mark.limit(150)
def test_the_table_knows_how_many_movies_it_holds(loaded):
    _, table = loaded
    assert description(table)["ItemCount"] == len(movies())


@pytest.mark.limit(150)
def test_an_export_holds_every_movie(loaded):
    mount, table = loaded
    lines = mount.run("cat", ".export", cwd=table).stdout.splitlines()
    assert differences(by_key([loads(line) for line in lines]), by_key(movies())) == []


@pytest.mark.limit(150)
def test_jq_counts_what_is_there_through_a_glob(loaded):
    mount, table = loaded
    best = mount.bash("cat */*.json | jq -s '[.[] | select(.info.rating > 8)] | length'", cwd=table)
    expected = [movie for movie in movies() if movie["info"].get("rating", 0) > 8]
    assert int(best.stdout) == len(expected)


@pytest.mark.limit(150)
@pytest.mark.parametrize("load", LOADS, ids=lambda name: name.replace(" ", "_"))
def test_every_movie_is_there_after_another_mount(mount, load):
    LOADS[load](mount, mount.table("Movies", SCHEMA))
    mount.remount()
    assert differences(stored(mount / "Movies"), by_key(movies())) == []
    mount.stop()
    mount.check()


@pytest.mark.limit(150)
def test_loading_the_same_movies_again_changes_nothing(mount):
    table = mount.table("Movies", SCHEMA)
    with changes(table, inserted=len(movies())):
        load_by_import(mount, table)
    with changes(table):
        load_by_import(mount, table)
    assert differences(stored(table), by_key(movies())) == []


# kill -9 in the middle


def lines_of(path):
    return path.read_text().splitlines() if path.exists() else []


def interrupted(mount, table, script, *arguments, acknowledged, after):
    """Runs a loading script and kills the daemon once `after` lines are acknowledged."""
    loader = subprocess.Popen(
        ["bash", "-c", script, "bash", *map(str, arguments)],
        cwd=table,
        env=mount.environment,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until(lambda: len(lines_of(acknowledged)) >= after, 100, "loading")
        assert loader.poll() is None, "loaded too fast to be interrupted"
        mount.kill9()
    finally:
        end_group(loader)
    return lines_of(acknowledged)


def file_names(items):
    return {f"{item['year']}/{string_name(item['title'])}.json": item for item in items}


@pytest.mark.limit(150)
def test_a_shell_loop_loses_nothing_acknowledged_to_kill_9(mount):
    source = mount.directory / "movies.json"
    acknowledged = mount.directory / "acknowledged"
    write_array(source)
    names = interrupted(
        mount, mount.table("Movies", SCHEMA), ACKNOWLEDGED_SHELL_LOAD, source, JQ_NAME, acknowledged,
        acknowledged=acknowledged, after=700,
    )
    mount.check()
    mount.start()
    expected = file_names(movies())
    found = file_names(stored(mount / "Movies").values())
    assert set(names) <= set(found)
    assert all(found[name] == expected[name] for name in found)
    mount.stop()
    mount.check()


@pytest.mark.limit(150)
def test_imports_lose_nothing_acknowledged_to_kill_9(mount):
    pieces = mount.directory / "pieces"
    acknowledged = mount.directory / "acknowledged"
    pieces.mkdir()
    size = 25
    groups = [movies()[at : at + size] for at in range(0, len(movies()), size)]
    for number, group in enumerate(groups):
        write_lines(pieces / f"{number:04}", group)
    done = interrupted(
        mount, mount.table("Movies", SCHEMA), ACKNOWLEDGED_IMPORT, pieces, acknowledged,
        acknowledged=acknowledged, after=40,
    )
    mount.check()
    mount.start()
    found, expected = stored(mount / "Movies"), by_key(movies())
    wanted = by_key([movie for number in done for movie in groups[int(number)]])
    assert set(wanted) <= set(found)
    assert all(found[key] == expected[key] for key in found)


@pytest.mark.limit(150)
def test_one_long_import_that_is_killed_leaves_whole_items_only(mount):
    table = mount.table("Movies", SCHEMA)
    source = mount.directory / "movies.jsonl"
    write_lines(source)
    text = source.read_bytes()
    with pytest.raises(OSError):
        with opened(table / ".import", os.O_WRONLY) as fd:
            write_all(fd, text[: len(text) // 2])
            mount.kill9()
            write_all(fd, text[len(text) // 2 :])
    mount.check()
    mount.start()
    expected = by_key(movies())
    assert all(expected[key] == item for key, item in stored(mount / "Movies").items())


@pytest.mark.limit(150)
def test_writers_in_threads_lose_nothing_acknowledged_to_kill_9(mount):
    table = mount.table("Movies", SCHEMA)
    for year in per_year(movies()):
        (table / year).mkdir()
    acknowledged = []

    def load(items):
        for item in items:
            path = table / str(item["year"]) / f"{string_name(item['title'])}.json"
            try:
                with opened(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as fd:
                    write_all(fd, dumps(item))
            except OSError:
                return
            acknowledged.append(item)

    threads = [threading.Thread(target=load, args=[movies()[n::4]]) for n in range(4)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(acknowledged) > 600, 60, "loading")
    mount.kill9()
    for thread in threads:
        thread.join()
    mount.check()
    mount.start()
    found = stored(mount / "Movies")
    wanted = by_key(acknowledged)
    assert differences({key: found.get(key) for key in wanted}, wanted) == []


def test_a_second_kill_9_right_after_the_recovery_loses_nothing(mount):
    table = mount.table("Movies", SCHEMA)
    write_lines(mount.directory / "some.jsonl", movies()[:300])
    mount.bash('cat "$1" > .import', mount.directory / "some.jsonl", cwd=table)
    for _ in range(2):
        mount.kill9()
        mount.start()
    assert differences(stored(mount / "Movies"), by_key(movies()[:300])) == []
    mount.kill9()
    mount.check()
