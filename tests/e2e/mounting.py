"""A dynamount under test: its data directory, its process, its mount point.

1. A Mount ends only the process that it started itself.
2. Whatever was started is ended, also when the test fails: see conftest.py.
3. The process must end with 0 and without a word from the sanitizers.
"""

import contextlib
import errno
import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("DYNAMOUNT_BUILD", SOURCE / "build"))
DYNAMOUNT = BUILD / "tools" / "dynamount"
SCRATCH_ROOT = Path(os.environ.get("DYNAMOUNT_TEST_TMP", BUILD / "e2e-tmp"))

START_SECONDS = 30
STOP_SECONDS = 30
COMMAND_SECONDS = 50

CRASH = re.compile(
    "AddressSanitizer|LeakSanitizer|UndefinedBehaviorSanitizer|runtime error:|Assertion .* failed"
)


def environment(home):
    """What every program of a test sees: nothing of the tester's own settings."""
    return {
        "PATH": f"{DYNAMOUNT.parent}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "TERM": "linux",
        "TZ": "UTC",
        "ASAN_OPTIONS": "detect_leaks=1:quarantine_size_mb=16",
        "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    }


def is_mounted(path):
    """Asks the kernel's table, never the file system, which may hang."""
    wanted = str(path).replace("\\", "\\134").replace(" ", "\\040")
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return any(line.split()[4] == wanted for line in lines)


def wait_until(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not after {seconds} s"
        time.sleep(0.01)


class Mount:
    def __init__(self, directory, options=""):
        self.directory = Path(directory)
        self.data = self.directory / "data"
        self.path = self.directory / "mnt"
        self.log = self.directory / "dynamount.log"
        self.options = options
        self.process = None
        self.environment = environment(self.directory)
        self.path.mkdir()

    def __truediv__(self, name):
        return self.path / name

    # The process

    def start(self, options=None, asan=None):
        assert self.process is None
        options = self.options if options is None else options
        command = [DYNAMOUNT, "mount", self.data, self.path, "-f"]
        if options:
            command += ["-o", options]
        variables = dict(self.environment)
        if asan:
            variables["ASAN_OPTIONS"] += ":" + asan
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=variables
            )
        wait_until(self._is_up, START_SECONDS, "mounting")
        return self

    def _is_up(self):
        if self.process.poll() is not None:
            code = self.process.returncode
            self.process = None
            raise AssertionError(f"dynamount ended with {code}:\n{self.log_tail()}")
        return is_mounted(self.path)

    def stop(self):
        """Unmounts and expects a clean end. Nothing when it does not run."""
        if self.process is None:
            return
        try:
            self._unmount()
            code = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.log_stacks()
            raise AssertionError(f"does not end after it was unmounted:\n{self.log_tail()}") from None
        finally:
            self.abandon()
        assert code == 0, f"dynamount ended with {code}:\n{self.log_tail()}"
        self.expect_no_crash()

    def _unmount(self):
        """A program that was just ended may hold the mount a moment longer."""
        for attempt in range(50):
            result = subprocess.run(
                ["fusermount3", "-u", self.path], capture_output=True, text=True, timeout=STOP_SECONDS
            )
            if result.returncode == 0:
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise AssertionError(f"not unmounted: {result.stderr}\n{self.log_tail()}")

    def kill9(self):
        self.process.kill()
        self.process.wait(STOP_SECONDS)
        self.process = None
        self._clear()

    def abandon(self):
        """Ends it by any means; for the way out of a failed test."""
        if self.process is not None:
            if self.process.poll() is None:
                self.process.kill()
            self.process.wait(STOP_SECONDS)
            self.process = None
        self._clear()

    def _clear(self):
        while is_mounted(self.path):
            subprocess.run(["fusermount3", "-uz", self.path], check=True, timeout=STOP_SECONDS)

    def remount(self, options=None):
        self.stop()
        return self.start(options)

    def log_stacks(self):
        """Adds to the log where its threads stand, when there is a debugger to tell."""
        if shutil.which("gdb") is None:
            return
        command = ["gdb", "-p", str(self.process.pid), "-batch", "-ex", "thread apply all bt"]
        result = subprocess.run(command, capture_output=True, text=True, timeout=40)
        with open(self.log, "a") as log:
            log.write(result.stdout)

    def log_tail(self, limit=8000):
        if not self.log.exists():
            return ""
        return self.log.read_bytes()[-limit:].decode(errors="replace")

    def expect_no_crash(self):
        if self.log.exists():
            text = self.log.read_bytes().decode(errors="replace")
            assert not CRASH.search(text), text[:20000]

    def memory(self):
        """Resident bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024

    # Programs that use it

    def run(self, *command, check=True, timeout=COMMAND_SECONDS, **how):
        """Runs a program in the mount's directory, captures its output."""
        how.setdefault("cwd", self.path)
        how.setdefault("env", self.environment)
        if "input" not in how:
            how.setdefault("stdin", subprocess.DEVNULL)
        result = subprocess.run(
            [os.fspath(part) for part in command], capture_output=True, text=True, timeout=timeout, **how
        )
        if check:
            assert result.returncode == 0, f"{command} ended with {result.returncode}:\n{result.stderr}"
        return result

    def bash(self, script, *arguments, **how):
        return self.run("bash", "-c", script, "bash", *arguments, **how)

    def dynamount(self, *arguments, **how):
        how.setdefault("cwd", self.directory)
        return self.run(DYNAMOUNT, *arguments, **how)

    def check(self):
        """`dynamount check` of the data directory, which must find nothing."""
        result = self.dynamount("check", self.data, check=False)
        assert result.returncode == 0, result.stdout + result.stderr
        return result

    # What is in it

    def table(self, name, schema):
        path = self.path / name
        path.mkdir()
        save(path / ".schema", schema + "\n")
        return path

    def errors(self):
        """The rejections so far, newest last."""
        return read(self.path / ".error").decode(errors="replace")

    def wait_for_error(self, *words):
        """For what is told at release(), which comes a little after close()."""
        wait_until(lambda: all(word in self.errors() for word in words), 5, f"{words} in .error")


def info(table):
    return json.loads(read(table / ".info"))


def description(table):
    """The members of DescribeTable, whether wrapped in "Table" or not."""
    members = info(table)
    return members.get("Table", members)


def change_counts(table):
    members = info(table)
    counts = members["Changes"] if "Changes" in members else members["Table"]["Changes"]
    return {kind: counts[kind] for kind in ("Inserted", "Modified", "Removed")}


@contextlib.contextmanager
def changes(table, inserted=0, modified=0, removed=0):
    """Exactly these changes of data happen to the table in the block."""
    before = change_counts(table)
    yield
    after = change_counts(table)
    happened = {kind: after[kind] - before[kind] for kind in after}
    assert happened == {"Inserted": inserted, "Modified": modified, "Removed": removed}


# Files, with every error seen


def read(path):
    with open(path, "rb", buffering=0) as file:
        return file.readall()


def read_text(path):
    return read(path).decode()


def write_all(fd, data):
    view = memoryview(data.encode() if isinstance(data, str) else data)
    while view:
        view = view[os.write(fd, view) :]


@contextlib.contextmanager
def opened(path, flags, mode=0o644):
    """A descriptor. The error of close() counts unless there was one before."""
    fd = os.open(path, flags, mode)
    try:
        yield fd
    except BaseException:
        with contextlib.suppress(OSError):
            os.close(fd)
        raise
    os.close(fd)


def save(path, data, flags=os.O_WRONLY | os.O_CREAT | os.O_TRUNC):
    with opened(path, flags) as fd:
        write_all(fd, data)


@contextlib.contextmanager
def refused(*codes):
    """The block fails with one of these errnos; yields a list with the error."""
    caught = []
    try:
        yield caught
    except OSError as error:
        names = [errno.errorcode[code] for code in codes]
        assert error.errno in codes, f"{error!r} instead of {names}"
        caught.append(error)
    else:
        raise AssertionError(f"not refused with {[errno.errorcode[code] for code in codes]}")


def items_below(directory):
    """All regular files that are listed below a directory, relative, sorted."""
    found = []
    for here, _, files in os.walk(directory):
        found += [os.path.relpath(os.path.join(here, name), directory) for name in files]
    return sorted(found)


def wait_until_gone(path):
    """For a file whose last draft is released, a little after close()."""
    wait_until(lambda: not os.path.exists(path), 5, f"{path} gone")


def end_group(process):
    """Kills a process of ours that leads its own process group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(STOP_SECONDS)
