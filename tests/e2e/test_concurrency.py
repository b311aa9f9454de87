"""Many at once: nothing is lost, mixed up or left hanging."""

import contextlib
import errno
import json
import os
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mounting import (
    change_counts,
    changes,
    description,
    end_group,
    opened,
    read,
    read_text,
    save,
    wait_until,
    write_all,
)

pytestmark = pytest.mark.limit(120)
WRITERS = 8


@pytest.fixture
def table(mount):
    return mount.table("Users", "id:S")


def bring(table, items):
    """One import."""
    save(table / ".import", "".join(json.dumps(item) + "\n" for item in items), os.O_WRONLY)


def in_threads(work, count=WRITERS):
    """Runs work(0), work(1) ...; the first exception is the test's."""
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, range(count)))


def test_writers_of_different_items_lose_nothing(table):
    def write(writer):
        for n in range(100):
            save(table / f"{writer}-{n}.json", json.dumps({"writer": writer, "n": n}))

    with changes(table, inserted=100 * WRITERS):
        in_threads(write)
    names = os.listdir(table)
    assert len(names) == 100 * WRITERS
    for name in names:
        item = json.loads(read(table / name))
        assert name == f"{item['writer']}-{item['n']}.json"


def test_writers_of_one_item_save_or_are_told_that_they_are_stale(table):
    """Each close() that returned 0 is one change; each other is ESTALE."""
    path = table / "shared.json"
    save(path, "{}")
    stale = []

    def write(writer):
        saved = 0
        for n in range(60):
            try:
                save(path, json.dumps({"writer": writer, "n": n}))
                saved += 1
            except OSError as error:
                assert error.errno in (errno.ESTALE, errno.EBUSY)
                stale.append(error)
        return saved

    before = change_counts(table)
    saved = sum(in_threads(write))
    after = change_counts(table)
    assert after["Modified"] - before["Modified"] == saved
    assert saved + len(stale) == 60 * WRITERS
    assert saved >= 60
    assert set(json.loads(read(path))) == {"writer", "n"}


def test_a_counter_kept_with_stale_saves_repeated_is_exact(table):
    """What ESTALE is for: read, change, write, and again when it was lost."""
    path = table / "counter.json"
    save(path, '{"n": 0}')

    def count(_):
        done = 0
        while done < 25:
            try:
                with opened(path, os.O_RDWR) as fd:
                    text = os.read(fd, 1000)
                    new = json.dumps({"n": json.loads(text)["n"] + 1})
                    os.ftruncate(fd, 0)
                    os.pwrite(fd, new.encode(), 0)
                done += 1
            except OSError as error:
                assert error.errno in (errno.ESTALE, errno.EBUSY)

    in_threads(count, 4)
    assert json.loads(read(path)) == {"n": 100}


def test_exclusive_creation_is_won_once(table):
    def create(writer):
        won = 0
        for n in range(50):
            try:
                save(table / f"{n}.json", json.dumps({"by": writer}), os.O_WRONLY | os.O_CREAT | os.O_EXCL)
                won += 1
            except FileExistsError:
                pass
        return won

    with changes(table, inserted=50):
        assert sum(in_threads(create)) == 50


def test_moves_of_one_item_are_won_once(table):
    for n in range(30):
        save(table / f"{n}.json", "{}")

    def move(mover):
        won = 0
        for n in range(30):
            try:
                os.rename(table / f"{n}.json", table / f"{n} by {mover}.json")
                won += 1
            except FileNotFoundError:
                pass
        return won

    with changes(table, inserted=30, removed=30):
        assert sum(in_threads(move, 4)) == 30
    assert len(os.listdir(table)) == 30


def test_removals_of_one_item_are_won_once(table):
    for n in range(50):
        save(table / f"{n}.json", "{}")

    def remove(_):
        won = 0
        for n in range(50):
            try:
                os.unlink(table / f"{n}.json")
                won += 1
            except FileNotFoundError:
                pass
        return won

    with changes(table, removed=50):
        assert sum(in_threads(remove)) == 50


def test_readers_see_whole_items_while_they_are_rewritten(table):
    """Every reading is one of the texts that were saved, never a mixture."""
    path = table / "item.json"
    texts = {json.dumps({"fill": str(n % 10) * (100 + 997 * (n % 10))}) for n in range(10)}
    save(path, min(texts))
    stop = threading.Event()
    wrong = []

    def rewrite():
        while not stop.is_set():
            for text in texts:
                save(path, text)

    def look(_):
        for _ in range(200):
            text = read_text(path)
            if text not in texts:
                wrong.append(text)

    writer = threading.Thread(target=rewrite)
    writer.start()
    try:
        in_threads(look, 4)
    finally:
        stop.set()
        writer.join()
    assert wrong == []


def test_readers_see_whole_items_while_they_are_replaced_by_rename(table):
    path = table / "item.json"
    texts = {json.dumps({"fill": str(n % 10) * (100 + 997 * (n % 10))}) for n in range(10)}
    save(path, min(texts))
    stop = threading.Event()
    wrong = []

    def rewrite():
        while not stop.is_set():
            for text in texts:
                save(table / "item.tmp", text)
                os.rename(table / "item.tmp", path)

    def look(_):
        for _ in range(200):
            text = read_text(path)
            if text not in texts:
                wrong.append(text)

    writer = threading.Thread(target=rewrite)
    writer.start()
    try:
        in_threads(look, 4)
    finally:
        stop.set()
        writer.join()
    assert wrong == []


def test_shells_in_parallel_lose_nothing(mount, table):
    script = 'for n in $(seq 60); do echo "{\\"n\\": $n}" > "$1-$n.json" || exit 1; done'
    shells = [
        subprocess.Popen(
            ["bash", "-c", script, "bash", str(shell)],
            cwd=table,
            env=mount.environment,
            start_new_session=True,
        )
        for shell in range(6)
    ]
    try:
        assert [shell.wait(60) for shell in shells] == [0] * 6
    finally:
        for shell in shells:
            end_group(shell)
    assert len(os.listdir(table)) == 360
    assert description(table)["ItemCount"] == 360


def test_tables_made_at_the_same_time_are_all_made(mount):
    def make(writer):
        for n in range(8):
            table = mount.table(f"Table-{writer}-{n}", "id:S")
            save(table / "a.json", "{}")

    in_threads(make, 6)
    assert len(os.listdir(mount.path)) == 48
    mount.remount()
    assert all(os.listdir(mount / name) == ["a.json"] for name in os.listdir(mount.path))


def test_one_table_made_by_many_is_made_once(mount):
    def make(_):
        try:
            os.mkdir(mount / "Users")
        except FileExistsError:
            return 0
        return 1

    assert sum(in_threads(make)) == 1


def test_tables_are_made_and_dropped_while_others_are_used(mount, table):
    def work(worker):
        if worker % 2:
            for n in range(6):
                own = mount.table(f"Table-{worker}-{n}", "id:S")
                for item in range(5):
                    save(own / f"{item}.json", "{}")
                mount.run("rm", "-r", own)
        else:
            for n in range(60):
                save(table / f"{worker}-{n}.json", "{}")

    in_threads(work, 6)
    assert os.listdir(mount.path) == ["Users"]
    assert description(table)["ItemCount"] == 180


def test_imports_at_the_same_time_lose_nothing(table):
    def write(writer):
        bring(table, ({"id": f"{writer}-{n}"} for n in range(1000)))

    with changes(table, inserted=4000):
        in_threads(write, 4)
    assert len(os.listdir(table)) == 4000


def test_an_export_while_others_write_holds_whole_lines(table):
    bring(table, ({"id": str(n), "n": 0} for n in range(2000)))
    stop = threading.Event()

    def write():
        n = 0
        while not stop.is_set():
            save(table / f"{n % 2000}.json", json.dumps({"n": n}))
            n += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(5):
            items = [json.loads(line) for line in read_text(table / ".export").splitlines()]
            assert len(items) == len({item["id"] for item in items}) == 2000
    finally:
        stop.set()
        writer.join()


def test_a_slow_writer_does_not_stop_the_others(table):
    """Twenty drafts stay open, more than there are workers."""
    fds = [os.open(table / f"slow {n}.json", os.O_WRONLY | os.O_CREAT, 0o644) for n in range(20)]
    for fd in fds:
        os.write(fd, b"{")
    for n in range(50):
        save(table / f"{n}.json", "{}")
    for fd in fds:
        os.write(fd, b"}")
        os.close(fd)
    assert len(os.listdir(table)) == 70


def test_a_slow_reader_of_an_export_does_not_stop_the_others(table):
    bring(table, ({"id": str(n), "x": "x" * 500} for n in range(3000)))
    fds = [os.open(table / ".export", os.O_RDONLY) for _ in range(20)]
    for fd in fds:
        os.read(fd, 100)
    for n in range(50):
        save(table / f"{n}.json", "{}")
    for fd in fds:
        os.close(fd)


def test_kill_9_under_load_loses_nothing_acknowledged(mount, table):
    """Writers, removers, importers and readers at once; then the plug."""
    saved, removed, imported = {}, set(), set()

    def write(writer):
        for n in range(10_000):
            name, text = f"w-{writer}-{n}.json", json.dumps({"n": n})
            save(table / name, text)
            save(table / name, text := json.dumps({"again": n}))
            saved[name] = text

    def remove(remover):
        for n in range(10_000):
            name = f"r-{remover}-{n}.json"
            save(table / name, "{}")
            os.unlink(table / name)
            removed.add(name)

    def load(importer):
        for n in range(10_000):
            ids = [f"i-{importer}-{n}-{at}" for at in range(20)]
            bring(table, ({"id": key} for key in ids))
            imported.update(ids)

    def look(_):
        while True:
            for name in list(saved)[-5:]:
                read(table / name)
            os.listdir(mount.path)

    def until_the_plug(work, number):
        with contextlib.suppress(OSError):
            work(number)

    works = [(write, 0), (write, 1), (remove, 0), (load, 0), (look, 0)]
    threads = [threading.Thread(target=until_the_plug, args=work) for work in works]
    for thread in threads:
        thread.start()
    wait_until(lambda: min(len(saved), len(removed), len(imported)) >= 150, 60, "load")
    mount.kill9()
    for thread in threads:
        thread.join(30)
    mount.check()
    mount.start()
    assert {name: read_text(table / name) for name in saved} == saved
    listed = set(os.listdir(table))
    assert not removed & listed
    assert {f"{key}.json" for key in imported} <= listed


def test_kill_9_again_and_again_leaves_sound_data(mount, table):
    for round_ in range(4):
        writer = subprocess.Popen(
            ["bash", "-c", 'n=0; while echo "{\\"n\\": $n}" | cat > "$n.json"; do n=$((n+1)); done'],
            cwd=table, env=mount.environment, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            wait_until(lambda: len(os.listdir(table)) >= 40 * (round_ + 1), 30, "writing")
            mount.kill9()
        finally:
            end_group(writer)
        mount.check()
        mount.start()
    assert len(os.listdir(table)) >= 160


def test_write_all_of_a_large_item_by_many_writers_is_never_mixed(table):
    def write(writer):
        text = json.dumps({"a": str(writer) * 300_000})
        for _ in range(3):
            with opened(table / f"{writer}.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as fd:
                write_all(fd, text)
        assert read_text(table / f"{writer}.json") == text

    in_threads(write, 6)
