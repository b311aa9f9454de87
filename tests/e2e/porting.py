"""dynamount import and export as a shell runs them, from a directory with files, over a data
directory, a mount or HTTP; and how they are interrupted."""

import contextlib
import json
import os
import pty
import signal
import subprocess
import time

import pytest

from mounting import CRASH, DYNAMOUNT, STOP_SECONDS, environment


class Shell:
    """Runs dynamount in a directory of the test's own, over the data directory there."""

    def __init__(self, directory):
        self.directory = directory
        self.where = directory / "data"

    def start(self, *arguments, **how):
        how = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how}
        return subprocess.Popen(
            [DYNAMOUNT, *map(str, arguments)], cwd=self.directory, env=environment(self.directory), **how
        )

    def run(self, *arguments, status=0, stdin=None):
        process = self.start(*arguments, stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL)
        output, errors = process.communicate(stdin, timeout=50)
        errors = errors.decode()
        assert not CRASH.search(errors), errors
        assert process.returncode == status, errors
        return output.decode(), errors

    def create(self, table):
        """A table (id: S), by the API of the server."""
        answer = self.server.call(
            "CreateTable", TableName=table, BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        assert answer.status == 200, answer.body

    def save(self, name, text):
        (self.directory / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return name

    def read(self, name):
        return (self.directory / name).read_text()

    def files(self):
        return sorted(path.name for path in self.directory.iterdir() if path.is_file() and path.name != "dynamount.log")

    def items(self, table="Tab"):
        """All items as typed JSON, by their keys' text."""
        found = {}
        for line in self.run("export", f"{self.where}/{table}", "--format=typed", "-q")[0].splitlines():
            members = json.loads(line)
            found[next(iter(members["id"].values()))] = members
        return found


@pytest.fixture
def shell(workdir):
    """Over a data directory that nobody serves, with the table Tab (id: S)."""
    shell = Shell(workdir)
    shell.run("create", f"{shell.where}/Tab", "id:S")
    return shell


@pytest.fixture
def remote(own_api, workdir):
    """The same by HTTP, and over a server that runs."""
    shell = Shell(workdir)
    shell.where = own_api.url
    shell.server = own_api
    shell.create("Tab")
    return shell


SAVE_SECONDS = 1  # between two writings of a state file


def start_and_stop(shell, state, *arguments, at_least=1):
    """Starts a command and stops it when its state file tells of so many items.

    A state is written by the clock: the process is stopped until the next one is due, so that it
    is caught in its midst however fast it is."""
    path = shell.directory / state
    old = path.stat().st_ino if path.exists() else None
    process = shell.start(*arguments)

    def told():
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_ino != old:
                return progress(json.loads(path.read_text()))
        return -1

    def stop_when(items):
        deadline = time.monotonic() + 20
        while told() < items:
            assert process.poll() is None and time.monotonic() < deadline, process.stderr.read()
            time.sleep(0.001)
        process.send_signal(signal.SIGSTOP)

    stop_when(0)
    time.sleep(SAVE_SECONDS)
    process.send_signal(signal.SIGCONT)
    stop_when(at_least)
    assert process.poll() is None
    return process


def progress(state):
    """Items that a state file tells of."""
    return state["Imported"] if "Imported" in state else sum(segment["Items"] for segment in state["Segments"])


def on_terminal(shell, *arguments):
    """What the command shows on a terminal."""
    master, slave = pty.openpty()
    process = shell.start(*arguments, stderr=slave, stdout=subprocess.DEVNULL)
    os.close(slave)
    shown = b""
    with contextlib.suppress(OSError):
        while piece := os.read(master, 65536):
            shown += piece
    os.close(master)
    assert process.wait(STOP_SECONDS) == 0, shown
    return shown.decode()
