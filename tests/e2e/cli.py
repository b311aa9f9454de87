"""Ways to name the same thing on dynamount's command line, and to run it.

A Way is what stands before a table's name: a mount, a directory in one, a data
directory that a mount, a server or nobody has open, a URL.
"""

import contextlib
import json
import os
import subprocess
from pathlib import Path

from mounting import COMMAND_SECONDS, CRASH, DYNAMOUNT, environment

WAYS = [
    "mount", "inside-mount", "data-of-mount", "data-of-server", "relative-data", "data-alone", "url",
]  # fmt: skip


class Way:
    def __init__(self, root, cwd, prefix=None):
        self.root = str(root)
        self.cwd = Path(cwd)
        self.prefix = f"{self.root}/" if prefix is None else prefix

    def table(self, name="Movies"):
        return self.prefix + name

    def run(self, *arguments, check=True, input=None, env=None, **how):
        """Runs dynamount; with check it must end with 0 and say nothing on the side."""
        result = run(*arguments, cwd=self.cwd, input=input, env=env, **how)
        if check:
            assert (result.returncode, result.stderr) == (0, ""), result
        return result

    def call(self, operation, **members):
        out = self.run("call", self.root, operation, json.dumps(members)).stdout
        return json.loads(out) if out else None

    def query(self, *question, table="Movies", **how):
        return lines(self.run("query", self.table(table), *question, **how).stdout)


def run(*arguments, cwd, input=None, env=None, timeout=COMMAND_SECONDS, program=DYNAMOUNT, **how):
    variables = {**environment(cwd), **(env or {})}
    if input is None:
        how.setdefault("stdin", subprocess.DEVNULL)
    else:
        how["input"] = input
    how.setdefault("stdout", subprocess.PIPE)
    result = subprocess.run(
        [program, *map(os.fspath, map(str, arguments))], cwd=cwd, env=variables, text=True,
        stderr=subprocess.PIPE, timeout=timeout, **how,
    )
    assert not CRASH.search(result.stderr), result.stderr
    return result


def lines(text):
    return [json.loads(line) for line in text.split("\n")[:-1]]


def way_of(name, directories):
    """The way of that name to what runs in these directories: see test_cli.py."""
    mount, server, alone = directories
    return {
        "mount": lambda: Way(mount.path, mount.directory),
        "inside-mount": lambda: Way(".", mount.path, ""),
        "data-of-mount": lambda: Way(mount.data, mount.directory),
        "data-of-server": lambda: Way(server.path, server.directory),
        "relative-data": lambda: Way("data", server.directory),
        "data-alone": lambda: Way(alone, alone.parent),
        "url": lambda: Way(server.url, server.directory),
    }[name]()


@contextlib.contextmanager
def started(*arguments, cwd, **how):
    """dynamount in the background, ended at the latest here."""
    process = subprocess.Popen(
        [DYNAMOUNT, *map(str, arguments)], cwd=cwd, env=environment(cwd), text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()
