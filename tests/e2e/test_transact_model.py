"""Random interleavings of transactions and of others, beside a model of a few dictionaries.

The model keeps, of each item, its text and a version that every write makes
another one; of each transaction what it noted of items that it saw, and what
it made of them. It predicts the outcome of every step, errno included, and
after each step what is stored, what each transaction lists, and how large its
items are. A seed that failed is run again with DYNAMOUNT_TEST_SEED, a longer
sequence is made with DYNAMOUNT_TEST_STEPS.
"""

import errno
import itertools
import json
import os
import random

import pytest

from api import item
from files import RENAME_NOREPLACE, renameat2
from mounting import opened, read_text, refused, save, write_all
from names import string_name
from serving import http_door
from test_transact import lines, read_all

STEPS = int(os.environ.get("DYNAMOUNT_TEST_STEPS", 150))
SEEDS = [int(os.environ["DYNAMOUNT_TEST_SEED"])] if "DYNAMOUNT_TEST_SEED" in os.environ else range(8)
PARTITIONS = ["a", "B", "-x", "p/q"]
SORTS = ["1", "2", "x.json", "é"]
FLAT = ["k", "l", ".m", "n,o"]
TEXTS = ['{"n": %d}' % 10**size for size in range(6)] + ['{\n  "s": "%s"\n}\n' % ("x" * 3000)]
OPEN_MAX = 4

versions = itertools.count(1)


def canonical(key, attributes):
    return json.dumps({**key_attributes(key), **attributes}, indent=2, ensure_ascii=False) + "\n"


def key_attributes(key):
    table, partition, sort = key
    return {"id": partition} if table == "Flat" else {"pk": partition, "sk": sort}


def directory_of(key):
    return key[:2] if key[0] == "Pair" else None


def moved(text, target):
    """An item's text under another key: a person's own stays, unless it spells out the key."""
    members = json.loads(text)
    if not key_attributes(target).keys() & members.keys():
        return text
    return canonical(target, {k: v for k, v in members.items() if k not in key_attributes(target)})


class Failure(Exception):
    def __init__(self, code):
        self.code = code


class Stored:
    """What everybody sees: texts and versions. All its directories exist for good."""

    def __init__(self):
        self.texts, self.versions, self.mtimes = {}, {}, {}

    def visible(self):
        return self.texts

    def version(self, key):
        return self.versions.get(key)

    def require(self, key):
        pass

    def look(self, key):
        return self.texts.get(key)

    def read(self, key):
        return self.look(key)

    def put(self, key, text, mtime=None):
        self.texts[key], self.versions[key] = text, next(versions)
        self.mtimes[key] = mtime

    def remove(self, key):
        for kept in (self.texts, self.versions, self.mtimes):
            kept.pop(key, None)

    def touch(self, key, mtime):
        self.mtimes[key] = mtime

    def note_target(self, key):
        pass


class View:
    """A transaction: what it noted, what it wrote; its directories that may be empty."""

    def __init__(self, stored):
        self.stored = stored
        self.noted, self.puts, self.removed, self.touched = {}, {}, set(), {}
        self.mtimes, self.directories = {}, set()

    def visible(self):
        seen = {k: text for k, text in self.stored.texts.items() if k not in self.removed}
        return {**seen, **self.puts}

    def all_directories(self):
        return self.directories | {directory_of(key) for key in self.visible()} - {None}

    def require(self, key):
        directory = directory_of(key)
        if directory and directory not in self.all_directories():
            raise Failure(errno.ENOENT)

    def is_own(self, key):
        return key in self.puts or key in self.removed

    def look(self, key):
        """As anybody who asks for the name: what is not there is noted."""
        if self.is_own(key):
            return self.puts.get(key)
        version = self.stored.version(key)
        if version is None:
            self.noted.setdefault(key, None)
        if self.noted.get(key, version) != version:
            raise Failure(errno.ESTALE)
        return self.stored.texts.get(key)

    def read(self, key):
        text = self.look(key)
        self.note_target(key)
        return text

    def note_target(self, key):
        if not self.is_own(key):
            self.noted.setdefault(key, self.stored.version(key))

    def put(self, key, text, mtime=None):
        self.removed.discard(key)
        self.touched.pop(key, None)
        self.puts[key], self.mtimes[key] = text, mtime

    def remove(self, key):
        self.puts.pop(key, None)
        self.touched.pop(key, None)
        if key not in self.noted or self.noted[key] is not None:
            self.removed.add(key)
        if directory_of(key):
            self.directories.add(directory_of(key))

    def touch(self, key, mtime):
        if key in self.puts:
            self.mtimes[key] = mtime
        else:
            self.touched[key] = mtime

    def conflicts(self):
        stale = {key for key, version in self.noted.items() if self.stored.version(key) != version}
        return stale | {key for key in self.touched if self.stored.version(key) is None}

    def commit(self):
        for key in self.removed:
            self.stored.remove(key)
        for key, text in self.puts.items():
            self.stored.put(key, text, self.mtimes[key])
        for key, mtime in self.touched.items():
            self.stored.touch(key, mtime)


class World:
    """The mount and the model side by side."""

    def __init__(self, mount, rng):
        self.mount, self.rng = mount, rng
        self.db = http_door(mount).client()
        mount.table("Pair", "pk:S sk:S")
        mount.table("Flat", "id:S")
        for partition in PARTITIONS:
            os.mkdir(mount / "Pair" / string_name(partition))
        self.stored, self.views = Stored(), {}
        self.serial = itertools.count()
        self.mtimes = itertools.count(1_500_000_000)

    # Where

    def somebody(self):
        """A transaction, or nobody in particular: its root and its model."""
        name = self.rng.choice([None, *self.views, *self.views])
        if name is None:
            return self.mount.path, self.stored
        return self.mount / ".transact" / name, self.views[name]

    def some_key(self):
        everything = {*self.stored.texts, *(k for view in self.views.values() for k in view.puts)}
        if everything and self.rng.random() < 0.5:
            return self.rng.choice(sorted(everything, key=str))
        if self.rng.random() < 0.3:
            return "Flat", self.rng.choice(FLAT), None
        return "Pair", self.rng.choice(PARTITIONS), self.rng.choice(SORTS)

    def some_text(self):
        return self.rng.choice(TEXTS)

    def path(self, root, key):
        table, partition, sort = key
        if table == "Flat":
            return root / table / f"{string_name(partition)}.json"
        return root / table / string_name(partition) / f"{string_name(sort)}.json"

    # A step: the model says what must happen, then it is done

    def step(self, predict, act):
        """Both give a result, or fail with an errno; they must be the same."""
        try:
            expected = predict()
        except Failure as failure:
            with refused(failure.code):
                act()
            return None
        got = act()
        if expected is not None:
            assert got == expected, f"{got!r} instead of {expected!r}"
        return got

    def do_read(self):
        (root, model), key = self.somebody(), self.some_key()

        def predict():
            model.require(key)
            text = model.read(key)
            if text is None:
                raise Failure(errno.ENOENT)
            return text

        self.step(predict, lambda: read_text(self.path(root, key)))

    def do_stat(self):
        (root, model), key = self.somebody(), self.some_key()

        def predict():
            model.require(key)
            text = model.look(key)
            if text is None:
                raise Failure(errno.ENOENT)
            return len(text.encode())

        self.step(predict, lambda: os.stat(self.path(root, key)).st_size)

    def do_save(self):
        (root, model), key, text = self.somebody(), self.some_key(), self.some_text()

        def predict():
            model.require(key)
            model.look(key)
            model.put(key, text)

        self.step(predict, lambda: save(self.path(root, key), text))

    def do_create_exclusively(self):
        (root, model), key, text = self.somebody(), self.some_key(), self.some_text()

        def predict():
            model.require(key)
            if model.look(key) is not None:
                raise Failure(errno.EEXIST)
            model.put(key, text)

        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        self.step(predict, lambda: save(self.path(root, key), text, flags))

    def do_append(self):
        (root, model), key = self.somebody(), self.some_key()

        def predict():
            model.require(key)
            text = model.read(key)
            if text is None:
                raise Failure(errno.ENOENT)
            model.put(key, text + " \n")

        flags = os.O_WRONLY | os.O_APPEND
        self.step(predict, lambda: save(self.path(root, key), " \n", flags))

    def do_remove(self):
        (root, model), key = self.somebody(), self.some_key()

        def predict():
            model.require(key)
            if model.look(key) is None:
                raise Failure(errno.ENOENT)
            model.remove(key)

        self.step(predict, lambda: os.unlink(self.path(root, key)))

    def do_touch(self):
        (root, model), key, mtime = self.somebody(), self.some_key(), next(self.mtimes) * 10**9 + 1

        def predict():
            model.require(key)
            if model.look(key) is None:
                raise Failure(errno.ENOENT)
            model.touch(key, mtime)

        self.step(predict, lambda: os.utime(self.path(root, key), ns=(0, mtime)))

    def rename(self, act, replace):
        (root, model), source, target = self.somebody(), self.some_key(), self.some_key()
        if source[0] != target[0]:
            return

        def predict():
            model.require(source)
            model.require(target)
            text = model.look(source)
            if text is None:
                raise Failure(errno.ENOENT)
            if model.look(target) is not None and not replace:
                raise Failure(errno.EEXIST)
            if source == target:
                return
            model.read(source)
            model.note_target(target)
            mtime = model.mtimes.get(source)
            if isinstance(model, View) and source not in model.puts:
                mtime = model.touched.get(source, model.stored.mtimes.get(source))
            model.put(target, moved(text, target), mtime)
            model.remove(source)

        self.step(predict, lambda: act(self.path(root, source), self.path(root, target)))

    def do_rename(self):
        self.rename(os.rename, True)

    def do_rename_without_replacing(self):
        self.rename(lambda source, target: renameat2(source, target, RENAME_NOREPLACE), False)

    def do_mkdir(self):
        root, model = self.somebody()
        directory = "Pair", self.rng.choice(PARTITIONS)
        if model is self.stored:
            return

        def predict():
            if directory in model.all_directories():
                raise Failure(errno.EEXIST)
            model.directories.add(directory)

        self.step(predict, lambda: os.mkdir(root / "Pair" / string_name(directory[1])))

    def do_rmdir(self):
        root, model = self.somebody()
        directory = "Pair", self.rng.choice(PARTITIONS)
        if model is self.stored:
            return

        def predict():
            if directory not in model.all_directories():
                raise Failure(errno.ENOENT)
            if any(directory_of(key) == directory for key in model.visible()):
                raise Failure(errno.ENOTEMPTY)
            model.directories.discard(directory)

        self.step(predict, lambda: os.rmdir(root / "Pair" / string_name(directory[1])))

    # Another door

    def do_put_by_http(self):
        key, number = self.some_key(), self.rng.randrange(1000)
        self.db.put_item(TableName=key[0], Item=item({**key_attributes(key), "n": number}))
        self.stored.put(key, canonical(key, {"n": number}))

    def do_delete_by_http(self):
        key = self.some_key()
        self.db.delete_item(TableName=key[0], Key=item(key_attributes(key)))
        self.stored.remove(key)

    # The life of a transaction

    def do_begin(self):
        if len(self.views) == OPEN_MAX:
            return
        name = f"t{next(self.serial)}"
        os.mkdir(self.mount / ".transact" / name)
        self.views[name] = View(self.stored)

    def some_view(self):
        return self.rng.choice(sorted(self.views)) if self.views else None

    def do_abort(self):
        name = self.some_view()
        if name is None:
            return
        view = self.mount / ".transact" / name
        if self.rng.random() < 0.5:
            os.rmdir(view)
        else:
            save(view / ".ctl", "abort\n", os.O_WRONLY)
        self.ended(name)

    def do_commit(self):
        name = self.some_view()
        if name is None:
            return
        model, root = self.views[name], self.mount / ".transact" / name
        reasons = {str(self.path(root, key).relative_to(root)) for key in model.conflicts()}
        with opened(root / ".ctl", os.O_RDWR) as fd:
            if reasons:
                with refused(errno.ECANCELED):
                    write_all(fd, "commit\n")
                self.check_failed(root, lines(read_all(fd)), reasons)
            else:
                write_all(fd, "commit\n")
                model.commit()
        self.ended(name)

    def check_failed(self, root, told, reasons):
        assert {reason["Path"] for reason in told} == reasons
        with refused(errno.ECANCELED):
            save(root / ".ctl", "commit\n", os.O_WRONLY)
        with refused(errno.ECANCELED, errno.ESTALE):
            save(root / "Flat/k.json", "{}")
        os.rmdir(root)

    def ended(self, name):
        del self.views[name]
        assert not os.path.exists(self.mount / ".transact" / name)

    # What is there

    def compare(self):
        assert sorted(os.listdir(self.mount / ".transact")) == sorted(self.views)
        for key, text in self.stored.texts.items():
            assert read_text(self.path(self.mount.path, key)) == text, key
            if self.stored.mtimes[key] is not None:
                mtime = os.stat(self.path(self.mount.path, key)).st_mtime_ns
                assert mtime == self.stored.mtimes[key], key
        self.compare_listing(self.mount.path, self.stored.texts, PARTITIONS)
        for name, view in self.views.items():
            partitions = [partition for _, partition in view.all_directories()]
            self.compare_listing(self.mount / ".transact" / name, view.visible(), partitions)

    def compare_listing(self, root, texts, partitions):
        names = os.listdir(root / "Pair")
        assert sorted(names) == sorted(string_name(partition) for partition in partitions)
        flat = {f"{string_name(k[1])}.json" for k in texts if k[0] == "Flat"}
        assert sorted(os.listdir(root / "Flat")) == sorted(flat)
        for partition in partitions:
            keys = [k for k in texts if k[:2] == ("Pair", partition)]
            keys.sort(key=lambda key: key[2].encode())
            names = [f"{string_name(sort)}.json" for _, _, sort in keys]
            assert os.listdir(root / "Pair" / string_name(partition)) == names


WEIGHTS = {
    World.do_read: 10, World.do_stat: 4, World.do_save: 12, World.do_create_exclusively: 4,
    World.do_append: 3, World.do_remove: 7, World.do_touch: 3, World.do_rename: 6,
    World.do_rename_without_replacing: 3, World.do_mkdir: 5, World.do_rmdir: 2,
    World.do_put_by_http: 4, World.do_delete_by_http: 2, World.do_begin: 8, World.do_abort: 1,
    World.do_commit: 5,
}  # fmt: skip


@pytest.mark.limit(150)
@pytest.mark.mount_options("http=127.0.0.1:0")
@pytest.mark.parametrize("seed", SEEDS)
def test_random_interleavings_do_what_the_model_says(mount, seed):
    rng = random.Random(seed)
    world = World(mount, rng)
    done = []
    try:
        for _ in range(STEPS):
            (operation,) = rng.choices(list(WEIGHTS), list(WEIGHTS.values()))
            done.append(operation.__name__)
            operation(world)
            world.compare()
    except (AssertionError, OSError) as error:
        raise AssertionError(
            f"seed {seed}, after {len(done)} steps, the last {done[-5:]}: {error!r}"
        ) from error
    mount.stop()
    mount.check()
