"""Editors at work in a terminal of their own, key by key, as a person types.

Each driver replaces `old`, which stands once in the file, by `new`, saves and
leaves. It waits for what the editor shows before it goes on, and fails with
the last screen when that does not come.
"""

import contextlib

import pexpect

SECONDS = 25


@contextlib.contextmanager
def terminal(mount, *command, status=0):
    child = pexpect.spawn(
        command[0],
        [str(part) for part in command[1:]],
        cwd=str(mount.directory),
        env=mount.environment,
        dimensions=(24, 200),
        timeout=SECONDS,
        encoding="utf-8",
        codec_errors="replace",
    )
    try:
        yield child
        child.expect(pexpect.EOF)
        child.wait()
    finally:
        child.close(force=True)
    assert child.exitstatus == status, f"{command} ended with {child.exitstatus}: {child.before}"


def vim(*settings):
    """A driver of vim with these settings, as typed after ':set'."""

    def edit(mount, path, old, new):
        arguments = [part for setting in settings for part in ("-c", f"set {setting}")]
        with terminal(mount, "vim", *arguments, path) as child:
            child.expect(old)
            child.send(f":%s/{old}/{new}/\r")
            child.expect_exact(new)
            child.send(":w\r")
            child.expect("written")
            child.send(":q\r")

    return edit


def leave_vim(child):
    """Quits without saving; a message to be read first swallows what is typed."""
    for _ in range(10):
        child.send("\r\x1b:q!\r")
        if child.expect([pexpect.EOF, pexpect.TIMEOUT], timeout=2) == 0:
            return
    raise AssertionError(f"vim does not end: {child.before}")


def emacs(mount, path, old, new):
    with terminal(mount, "emacs", "-nw", path) as child:
        child.expect(old)
        child.send("\x1bxreplace-string\r")
        child.expect("Replace string")
        child.send(f"{old}\r{new}\r")
        child.expect("Replaced 1")
        child.send("\x18\x13")
        child.expect("Wrote")
        child.send("\x18\x03")


def emacs_saving_twice(mount, path, old, new):
    """The second save of a session makes no backup: another path in Emacs."""
    with terminal(mount, "emacs", "-nw", path) as child:
        child.expect(old)
        for before, after in ((old, "between"), ("between", new)):
            child.send("\x1b<\x1bxreplace-string\r")
            child.expect("Replace string")
            child.send(f"{before}\r{after}\r")
            child.expect("Replaced 1")
            child.send("\x18\x13")
            child.expect("Wrote")
        child.send("\x18\x03")


def nano(mount, path, old, new):
    with terminal(mount, "nano", path) as child:
        child.expect(old)
        child.send("\x17")
        child.expect("Search")
        child.send(f"{old}\r")
        child.send("\x04" * len(old) + new)
        child.expect(new)
        child.send("\x0f")
        child.expect("File Name to Write")
        child.send("\r")
        child.expect("Wrote")
        child.send("\x18")


def ed(mount, path, old, new):
    with terminal(mount, "ed", path) as child:
        child.expect(r"\d+\r\n")
        child.send(f",s/{old}/{new}/\r")
        child.send("w\r")
        child.expect(r"\d+\r\n")
        child.send("q\r")
