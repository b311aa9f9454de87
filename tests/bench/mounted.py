"""Programs that serve a directory or a port while a block runs."""

import contextlib
import os
import pathlib
import re
import subprocess
import time

START_LIMIT = 30  # seconds


def wait_until(ready, process, interval=0.02):
    deadline = time.monotonic() + START_LIMIT
    while not ready():
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} exited with {process.returncode}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"{process.args[0]} is not ready after {START_LIMIT} seconds")
        time.sleep(interval)


@contextlib.contextmanager
def mounted(command, point):
    """Runs "command" until it has mounted "point"; yields the process."""
    point.mkdir(parents=True)
    process = subprocess.Popen([*command], stdin=subprocess.DEVNULL)
    try:
        wait_until(lambda: os.path.ismount(point), process)
        yield process
    finally:
        subprocess.run(["fusermount3", "-u", "-z", point], check=False)
        process.wait()


@contextlib.contextmanager
def our_mount(build, directory):
    """The mount of a new data directory below "directory"; yields it and its process."""
    point = directory / "mnt"
    command = [build / "tools" / "dynamount", "mount", directory / "data", point, "-f"]
    with mounted(command, point) as process:
        yield point, process


@contextlib.contextmanager
def null_mount(build, directory):
    point = directory / "mnt"
    with mounted([build / "tests" / "bench" / "nullfs", point], point) as process:
        yield point, process


def make_table(mount, name, schema):
    table = mount / name
    table.mkdir()
    (table / ".schema").write_text(schema + "\n")
    return table


def memory(process, field):
    """VmRSS (now) or VmHWM (at its peak) of a process, in bytes."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(rf"^{field}:\s*(\d+) kB", status, re.MULTILINE)[1]) * 1024
