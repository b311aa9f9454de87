"""Random sequences of operations, beside a model of a few dictionaries.

The model knows what each operation must do: succeed, or fail with an errno,
and what is there afterwards. After each sequence, and after a remount and a
kill -9 within it, the mount must show exactly what the model holds. A seed
that failed is run again with DYNAMOUNT_TEST_SEED, a longer one is made with
DYNAMOUNT_TEST_STEPS.
"""

import errno
import json
import os
import random

import pytest

from files import RENAME_NOREPLACE, renameat2
from mounting import change_counts, description, read_text, save, wait_until_gone
from names import string_name

STEPS = int(os.environ.get("DYNAMOUNT_TEST_STEPS", 150))
SEEDS = [int(os.environ["DYNAMOUNT_TEST_SEED"])] if "DYNAMOUNT_TEST_SEED" in os.environ else range(8)
PARTITIONS = ["a", "B", "-x", ".y", "p/q", "%"]
SORTS = ["1", "2", "x.json", "é", "a b", ".z"]
SCRATCH = ["notes.tmp", "x~", "4913", ".x.swp"]
TEXTS = [
    "{}", '{"n": 1}', '{"n": 2}\n', '{\n  "n": 1\n}\n', '{"s": "%s"}' % ("x" * 5000), '{"n": 1.0}',
    '{"set": {"SS": ["b", "a"]}}', '{"l": [1, [], {}], "ü": null}',
]  # fmt: skip
BAD_TEXTS = ["{bad}", "[]", '{"n": 1', "", '{"a": 1e126}']


def value_of(text):
    """What two texts of one key must share to be the same item."""
    return {name: value for name, value in json.loads(text).items() if name not in ("pk", "sk")}


def canonical(item):
    return json.dumps(item, indent=2, ensure_ascii=False) + "\n"


class World:
    """The mount and the model side by side."""

    def __init__(self, mount, rng):
        self.mount, self.rng = mount, rng
        self.table = mount.table("Model", "pk:S sk:S")
        self.items, self.scratch, self.directories = {}, {}, set()
        self.changes = {"Inserted": 0, "Modified": 0, "Removed": 0}

    def path(self, pk, name):
        return self.table / string_name(pk) / name

    def item_path(self, key):
        return self.path(key[0], string_name(key[1]) + ".json")

    def some_key(self):
        if self.items and self.rng.random() < 0.5:
            return self.rng.choice(sorted(self.items))
        return self.rng.choice(PARTITIONS), self.rng.choice(SORTS)

    def some_scratch(self):
        if self.scratch and self.rng.random() < 0.6:
            return self.rng.choice(sorted(self.scratch))
        return self.rng.choice(PARTITIONS), self.rng.choice(SCRATCH)

    def expect(self, code, act):
        """The errno of the act, 0 for none, must be this one."""
        try:
            act()
            got = 0
        except OSError as error:
            got = error.errno
        names = [errno.errorcode.get(number, "success") for number in (got, code)]
        assert got == code, f"{names[0]} instead of {names[1]}"

    def missing(self, pk):
        return errno.ENOENT if pk not in self.directories else 0

    def put(self, key, text):
        old = self.items.get(key)
        self.items[key] = text
        if old is None:
            self.changes["Inserted"] += 1
        elif value_of(old) != value_of(text):
            self.changes["Modified"] += 1

    def drop(self, key):
        del self.items[key]
        self.changes["Removed"] += 1

    # Operations

    def do_mkdir(self):
        pk = self.rng.choice(PARTITIONS)
        code = errno.EEXIST if pk in self.directories else 0
        self.expect(code, lambda: os.mkdir(self.path(pk, "")))
        self.directories.add(pk)

    def do_rmdir(self):
        pk = self.rng.choice(PARTITIONS)
        used = any(key[0] == pk for key in [*self.items, *self.scratch])
        code = self.missing(pk) or (errno.ENOTEMPTY if used else 0)
        self.expect(code, lambda: os.rmdir(self.path(pk, "")))
        if not code:
            self.directories.discard(pk)

    def do_save(self):
        key, text = self.some_key(), self.rng.choice(TEXTS)
        code = self.missing(key[0])
        self.expect(code, lambda: save(self.item_path(key), text))
        if not code:
            self.put(key, text)

    def do_save_bad(self):
        key, text = self.some_key(), self.rng.choice(BAD_TEXTS)
        if key[0] not in self.directories:
            return
        try:
            save(self.item_path(key), text)
            assert text == "", f"{text} was saved"
        except OSError as error:
            assert error.errno == errno.EINVAL
        if key not in self.items:
            wait_until_gone(self.item_path(key))

    def do_create_exclusively(self):
        key, text = self.some_key(), self.rng.choice(TEXTS)
        code = self.missing(key[0]) or (errno.EEXIST if key in self.items else 0)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        self.expect(code, lambda: save(self.item_path(key), text, flags))
        if not code:
            self.put(key, text)

    def do_append_blanks(self):
        key = self.some_key()
        code = self.missing(key[0]) or (0 if key in self.items else errno.ENOENT)
        self.expect(code, lambda: save(self.item_path(key), " \n", os.O_WRONLY | os.O_APPEND))
        if not code:
            self.put(key, self.items[key] + " \n")

    def do_unlink(self):
        key = self.some_key()
        code = 0 if key in self.items else errno.ENOENT
        self.expect(code, lambda: os.unlink(self.item_path(key)))
        if not code:
            self.drop(key)

    def move(self, act, replace):
        source, target = self.some_key(), self.some_key()
        code = 0 if source in self.items else errno.ENOENT
        code = code or self.missing(target[0])
        if not code and target in self.items and not replace:
            code = errno.EEXIST
        self.expect(code, lambda: act(self.item_path(source), self.item_path(target)))
        if code or source == target:
            return
        text = self.items[source]
        item = json.loads(text)
        if "pk" in item:
            text = canonical({**item, "pk": target[0], "sk": target[1]})
        self.drop(source)
        self.put(target, text)

    def do_move(self):
        self.move(os.rename, True)

    def do_move_without_replacing(self):
        self.move(lambda source, target: renameat2(source, target, RENAME_NOREPLACE), False)

    def do_move_over_scratch(self):
        key, name = self.some_key(), self.some_scratch()
        code = 0 if key in self.items else errno.ENOENT
        code = code or self.missing(name[0]) or errno.EPERM
        self.expect(code, lambda: os.rename(self.item_path(key), self.path(*name)))

    def do_import(self):
        lines = []
        for _ in range(self.rng.randrange(1, 8)):
            key, number = self.some_key(), self.rng.randrange(3)
            item = {"pk": key[0], "sk": key[1], "n": number}
            lines.append(json.dumps(item) + "\n")
            self.put(key, canonical(item))
            self.directories.add(key[0])
        self.expect(0, lambda: save(self.table / ".import", "".join(lines), os.O_WRONLY))

    def do_write_scratch(self):
        name, text = self.some_scratch(), self.rng.choice(TEXTS + BAD_TEXTS)
        code = self.missing(name[0])
        self.expect(code, lambda: save(self.path(*name), text))
        if not code:
            self.scratch[name] = text

    def do_unlink_scratch(self):
        name = self.some_scratch()
        code = 0 if name in self.scratch else errno.ENOENT
        self.expect(code, lambda: os.unlink(self.path(*name)))
        self.scratch.pop(name, None)

    def do_rename_scratch(self):
        source, target = self.some_scratch(), self.some_scratch()
        code = 0 if source in self.scratch else errno.ENOENT
        code = code or self.missing(target[0])
        self.expect(code, lambda: os.rename(self.path(*source), self.path(*target)))
        if not code:
            self.scratch[target] = self.scratch.pop(source)

    def do_save_by_renaming(self):
        source, key = self.some_scratch(), self.some_key()
        code = 0 if source in self.scratch else errno.ENOENT
        code = code or self.missing(key[0])
        code = code or (errno.EINVAL if self.scratch[source] in BAD_TEXTS else 0)
        self.expect(code, lambda: os.rename(self.path(*source), self.item_path(key)))
        if not code:
            self.put(key, self.scratch.pop(source))

    def do_look(self):
        key = self.some_key()
        if key in self.items:
            self.expect_item(key)
        else:
            self.expect(errno.ENOENT, lambda: os.stat(self.item_path(key)))

    def do_remount(self):
        self.leave_no_scratch_alone()
        if self.rng.random() < 0.5:
            self.compare()
            self.mount.remount()
        else:
            self.mount.kill9()
            self.mount.check()
            self.mount.start()
        self.changes = dict.fromkeys(self.changes, 0)
        self.directories = {pk for pk, _ in self.items}

    def leave_no_scratch_alone(self):
        """Scratch in a partition without items is a matter of test_scratch.py."""
        for name in [name for name in self.scratch if not self.has_items(name[0])]:
            os.unlink(self.path(*name))
            del self.scratch[name]

    def has_items(self, pk):
        return any(at == pk for at, _ in self.items)

    # Comparison

    def expect_item(self, key):
        text = read_text(self.item_path(key))
        assert text == self.items[key]
        assert os.stat(self.item_path(key)).st_size == len(text.encode())

    def compare(self):
        assert set(os.listdir(self.table)) == set(map(string_name, self.directories))
        for pk in PARTITIONS:
            expected = {string_name(sk) + ".json" for at, sk in self.items if at == pk}
            expected |= {name for at, name in self.scratch if at == pk}
            if pk in self.directories:
                assert set(os.listdir(self.path(pk, ""))) == expected
            else:
                assert expected == set()
        for key in self.items:
            self.expect_item(key)
        for name, text in self.scratch.items():
            assert read_text(self.path(*name)) == text
        exported = [json.loads(line) for line in read_text(self.table / ".export").splitlines()]
        assert {(item["pk"], item["sk"]) for item in exported} == set(self.items)
        assert len(exported) == len(self.items) == description(self.table)["ItemCount"]
        assert change_counts(self.table) == self.changes


WEIGHTS = {
    World.do_mkdir: 4, World.do_rmdir: 2, World.do_save: 12, World.do_save_bad: 4,
    World.do_create_exclusively: 4, World.do_append_blanks: 3, World.do_unlink: 5, World.do_move: 6,
    World.do_move_without_replacing: 4, World.do_move_over_scratch: 2, World.do_import: 4,
    World.do_write_scratch: 5, World.do_unlink_scratch: 2, World.do_rename_scratch: 3,
    World.do_save_by_renaming: 6, World.do_look: 6, World.do_remount: 1,
}  # fmt: skip


@pytest.mark.limit(120)
@pytest.mark.parametrize("seed", SEEDS)
def test_random_operations_do_what_the_model_says(mount, seed):
    rng = random.Random(seed)
    world = World(mount, rng)
    done = []
    try:
        for _ in range(STEPS):
            (operation,) = rng.choices(list(WEIGHTS), list(WEIGHTS.values()))
            done.append(operation.__name__)
            operation(world)
        world.compare()
    except AssertionError as error:
        raise AssertionError(f"seed {seed}, after {len(done)} steps, the last {done[-5:]}: {error}")
