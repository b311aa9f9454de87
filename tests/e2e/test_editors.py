"""What saves a file, against what a save must be: the table of the README.

Each saver changes "before" into "after" in one item, for real, editors in a
terminal. It runs once; each behaviour is then a test of its own.
"""

import json
import os
from dataclasses import dataclass, field
from typing import Callable

import pytest

import terminal
from conftest import module_mount_of
from mounting import change_counts, description, read_text

TEXT = '{\n  "year": 2013,\n  "title": "Rush",\n  "note": "before"\n}\n'
WANTED = TEXT.replace("before", "after")


def command(script):
    """Runs in bash: $1 is the item, $2 a file outside of the mount with the wanted text."""

    def save(mount, path, old, new):
        outside = mount.directory / "outside"
        outside.mkdir(exist_ok=True)
        (outside / path.name).write_text(WANTED)
        mount.bash(f"set -e; {script}", path, outside / path.name)

    return save


def python_writes_and_replaces(mount, path, old, new):
    program = """
import os, sys, tempfile
path = sys.argv[1]
text = open(path).read().replace("before", "after")
fd, temporary = tempfile.mkstemp(dir=os.path.dirname(path))
with os.fdopen(fd, "w") as file:
    file.write(text)
    file.flush()
    os.fsync(file.fileno())
os.replace(temporary, path)
"""
    mount.run("/usr/bin/python3", "-c", program, path)


def python_writes_in_place(mount, path, old, new):
    program = """
import sys
with open(sys.argv[1], "r+") as file:
    text = file.read().replace("before", "after")
    file.seek(0)
    file.write(text)
    file.truncate()
"""
    mount.run("/usr/bin/python3", "-c", program, path)


def code_editor_saves_atomically(mount, path, old, new):
    program = """
import os, sys
path = sys.argv[1]
text = open(path).read().replace("before", "after")
temporary = path + ".vsctmp"
with open(temporary, "x") as file:
    file.write(text)
os.chmod(temporary, os.stat(path).st_mode & 0o777)
os.rename(temporary, path)
"""
    mount.run("/usr/bin/python3", "-c", program, path)


@dataclass
class Saver:
    save: Callable
    # What one save is; tools that remove the file first are two changes.
    modified: int = 1
    replaced: int = 0  # removed and inserted
    # Scratch files that the tool itself means to leave there.
    leaves: set = field(default_factory=set)


SAVERS = {
    "vim": Saver(terminal.vim()),
    "vim_backupcopy_yes": Saver(terminal.vim("backupcopy=yes")),
    "vim_backupcopy_auto": Saver(terminal.vim("backupcopy=auto")),
    "vim_backup": Saver(terminal.vim("backup"), leaves={"Rush.json~"}),
    "vim_nowritebackup": Saver(terminal.vim("nowritebackup", "noswapfile")),
    "vim_undofile": Saver(terminal.vim("undofile"), leaves={".Rush.json.un~"}),
    "emacs": Saver(terminal.emacs),
    "emacs_twice": Saver(terminal.emacs_saving_twice, modified=2),
    "nano": Saver(terminal.nano),
    "ed": Saver(terminal.ed),
    "sed_i": Saver(command('sed -i s/before/after/ "$1"')),
    "perl_pi": Saver(command('perl -pi -e s/before/after/ "$1"')),
    "python_replace": Saver(python_writes_and_replaces),
    "python_in_place": Saver(python_writes_in_place),
    "code_editor": Saver(code_editor_saves_atomically),
    "sponge": Saver(command('sed s/before/after/ "$1" | sponge "$1"')),
    "jq_sponge": Saver(command("""jq '.note = "after"' "$1" | sponge "$1" """)),
    "jq_and_mv": Saver(command("""jq '.note = "after"' "$1" > "$1.tmp"; mv "$1.tmp" "$1" """)),
    "redirection": Saver(command('text=$(<"$2"); printf "%s\\n" "$text" > "$1"')),
    "forced_redirection": Saver(command('set -C; cat "$2" >| "$1"')),
    "cat": Saver(command('cat "$2" > "$1"')),
    "two_programs": Saver(command('set +e; { head -n 2 "$2"; tail -n +3 "$2"; } > "$1"')),
    "shared_descriptor": Saver(
        command('set +e; exec 3> "$1"; head -n 2 "$2" >&3; tail -n +3 "$2" >&3; exec 3>&-')
    ),
    "tee": Saver(command('tee "$1" < "$2" > /dev/null')),
    "dd": Saver(command('dd if="$2" of="$1" bs=7 status=none')),
    "dd_fsync": Saver(command('dd if="$2" of="$1" conv=fsync status=none')),
    "cp": Saver(command('cp "$2" "$1"')),
    "cp_p": Saver(command('touch -d "+1 min" "$2"; cp -p "$2" "$1"')),
    "rsync": Saver(command('rsync "$2" "$1"')),
    "rsync_a": Saver(command('touch -d "+1 min" "$2"; rsync -a "$2" "$1"')),
    "rsync_inplace": Saver(command('rsync --inplace "$2" "$1"')),
    "install": Saver(command('install -m 644 "$2" "$1"'), modified=0, replaced=1),
    "cp_remove": Saver(command('cp --remove-destination "$2" "$1"'), modified=0, replaced=1),
    "mv_in": Saver(command('mv "$2" "$1"'), modified=0, replaced=1),
    "tar": Saver(
        command('tar cf - --format=posix -C "${2%/*}" Rush.json | tar xf - -C "${1%/*}"'),
        modified=0,
        replaced=1,
    ),
}


@dataclass
class Saved:
    saver: Saver
    text: str
    changed: dict
    before: os.stat_result
    after: os.stat_result
    listing: set
    exported: list
    count: int


def make_item(mount):
    table = mount.table("Movies", "year:N title:S")
    (table / "2013").mkdir()
    path = table / "2013/Rush.json"
    path.write_text(TEXT)
    return table, path


def save_and_look(saver, mount):
    table, path = make_item(mount)
    before, counted = os.stat(path), change_counts(table)
    saver.save(mount, path, "before", "after")
    after = change_counts(table)
    return Saved(
        saver=saver,
        text=read_text(path),
        changed={kind: after[kind] - counted[kind] for kind in after},
        before=before,
        after=os.stat(path),
        listing=set(os.listdir(path.parent)),
        exported=[json.loads(line) for line in read_text(table / ".export").splitlines()],
        count=description(table)["ItemCount"],
    )


@pytest.fixture(scope="module", params=SAVERS)
def saved(request):
    with module_mount_of(request, request.param) as mount:
        return save_and_look(SAVERS[request.param], mount)


def test_the_save_stores_the_right_text(saved):
    assert saved.text == WANTED


def test_the_save_is_exactly_one_change(saved):
    saver = saved.saver
    expected = {"Inserted": saver.replaced, "Modified": saver.modified, "Removed": saver.replaced}
    assert saved.changed == expected


def test_the_save_moves_the_modification_time(saved):
    assert saved.after.st_mtime_ns > saved.before.st_mtime_ns


def test_the_save_keeps_mode_and_owner(saved):
    kept = ("st_mode", "st_uid", "st_gid", "st_nlink")
    assert all(getattr(saved.after, name) == getattr(saved.before, name) for name in kept)


def test_the_size_after_the_save_is_exact(saved):
    assert saved.after.st_size == len(WANTED)


def test_the_save_makes_no_junk_item(saved):
    assert saved.exported == [json.loads(WANTED)]
    assert saved.count == 1


def test_the_save_leaves_no_scratch_but_the_tools_own(saved):
    assert saved.listing == {"Rush.json"} | saved.saver.leaves


# One by one


@pytest.fixture
def rush(mount):
    return make_item(mount)[1]


def test_vim_that_insists_on_renaming_loses_nothing(mount, rush):
    terminal.vim("backupcopy=no")(mount, rush, "before", "after")
    assert read_text(rush) == WANTED
    assert os.listdir(rush.parent) == ["Rush.json"]


def test_vim_keeps_a_swap_file_while_it_edits(mount, rush):
    with terminal.terminal(mount, "vim", rush) as child:
        child.expect("before")
        child.send("ix\x1b:preserve\r")
        child.expect("preserved")
        assert ".Rush.json.swp" in os.listdir(rush.parent)
        child.send(":q!\r")
    assert os.listdir(rush.parent) == ["Rush.json"]


def test_vim_warns_of_a_second_vim(mount, rush):
    with terminal.terminal(mount, "vim", rush) as first:
        first.expect("before")
        with terminal.terminal(mount, "vim", rush, status=1) as second:
            second.expect("Found a swap file")
            second.send("q")
        first.send(":q!\r")


def test_vim_tells_what_is_wrong_with_a_save(mount, rush):
    with terminal.terminal(mount, "vim", rush) as child:
        child.expect("before")
        child.send(":%s/before/\"/\r")
        child.expect_exact('"""')
        child.send(":w\r")
        child.expect("E51|WARNING")
        terminal.leave_vim(child)
    assert read_text(rush) == TEXT


def test_vim_warns_when_the_item_was_changed_meanwhile(mount, rush):
    with terminal.terminal(mount, "vim", rush) as child:
        child.expect("before")
        rush.write_text(TEXT.replace("before", "between"))
        child.send(":%s/before/after/\r")
        child.send(":w\r")
        child.expect("really want to write to it")
        child.send("n")
        terminal.leave_vim(child)
    assert "between" in read_text(rush)


def test_vim_makes_a_new_item(mount, rush):
    with terminal.terminal(mount, "vim", rush.with_name("New.json")) as child:
        child.expect("New")
        child.send('i{"note": "made"}\x1b:wq\r')
    assert json.loads(read_text(rush.with_name("New.json")))["note"] == "made"
    assert sorted(os.listdir(rush.parent)) == ["New.json", "Rush.json"]


def test_emacs_locks_the_item_while_it_edits(mount, rush):
    with terminal.terminal(mount, "emacs", "-nw", rush) as child:
        child.expect("before")
        child.send(" ")
        child.expect(r"\*\*")
        assert ".#Rush.json" in os.listdir(rush.parent)
        child.send("\x18\x13")
        child.expect("Wrote")
        assert ".#Rush.json" not in os.listdir(rush.parent)
        child.send("\x18\x03")


def test_emacs_makes_a_new_item(mount, rush):
    with terminal.terminal(mount, "emacs", "-nw", rush.with_name("New.json")) as child:
        child.expect("New file")
        child.send('{"note": "made"}\x18\x13')
        child.expect("Wrote")
        child.send("\x18\x03")
    assert json.loads(read_text(rush.with_name("New.json")))["note"] == "made"


def test_nano_tells_what_is_wrong_with_a_save(mount, rush):
    with terminal.terminal(mount, "nano", rush) as child:
        child.expect("before")
        child.send("x\x0f")
        child.expect("File Name to Write")
        child.send("\r")
        child.expect("Invalid argument|Error writing")
        child.send("\x18")
        child.expect("Save modified buffer")
        child.send("n")
    assert read_text(rush) == TEXT


@pytest.mark.parametrize(
    "script", ["sed -i.bak s/before/after/", "perl -pi.bak -e s/before/after/"], ids=["sed", "perl"]
)
def test_a_backup_by_renaming_the_item_is_refused_and_harms_nothing(mount, rush, script):
    """rename(item -> scratch) would take the item out of the table."""
    result = mount.bash(f'{script} "$1"', rush, check=False)
    assert "Rush.json" in result.stderr
    assert read_text(rush) == TEXT
    assert os.listdir(rush.parent) == ["Rush.json"]


def test_saving_what_is_there_already_is_no_change(mount, rush):
    before = change_counts(rush.parents[1])
    mount.bash('cp "$1" copy; cat copy > "$1"', rush, cwd=mount.directory)
    terminal.ed(mount, rush, "before", "before")
    assert change_counts(rush.parents[1]) == before
