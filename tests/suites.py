"""Builds dynamount and runs the suites of tests; tests/run starts it.

A suite is a function that runs its tests and returns how many passed, failed
and were skipped. What holds for all of them:

1. Every line "ok" or "not ok" of a program counts as a test, and so does every
   pytest function; valgrind counts programs.
2. A program that stops early, exits non-zero without a failure of its own, or
   prints what looks like a crash has failed.
3. Temporary files stand under one private directory outside /tmp (vim makes no
   backups there), kept only when something failed. No mount and no process
   whose command line names that directory outlives the run.
"""

import concurrent.futures
import contextlib
import dataclasses
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

TREE = pathlib.Path(__file__).resolve().parent.parent

# Two builds: one under the sanitizers, one for valgrind and for tests of
# memory and time, where the sanitizers mislead. With lines for stack traces and
# nothing else for a debugger. The first is little optimised, as it is slow to
# build; with that the compiler warns of what cannot be: warnings count in the
# second.
BUILDS = {
    "build": [
        "-Db_sanitize=address,undefined", "-Doptimization=1", "-Dc_args=-g1", "-Dwerror=false",
    ],
    "build-plain": ["-Db_sanitize=none", "-Dc_args=-g1"],
}

# Rounds that differ by chance alone are run by the sanitizers, which are quicker; so are
# the waits for a disk, which every store that is opened and closed has many of.
VALGRIND_ENVIRONMENT = {"DYNAMOUNT_TEST_DIVISOR": "10"}
if os.access("/dev/shm", os.W_OK) and shutil.disk_usage("/dev/shm").free > 1 << 30:
    VALGRIND_ENVIRONMENT["TMPDIR"] = "/dev/shm"

E2E_WORKERS = 5  # they wait more than half of the time
E2E_LIMIT = 3600  # seconds

# The same requests each time; tests/differential/run tries others.
DIFFERENTIAL = ["--requests", "20000", "--seed", "1"]
DIFFERENTIAL_LIMIT = 900  # seconds

CRASH = re.compile(
    r"(Address|Leak|UndefinedBehavior)Sanitizer|runtime error:|Segmentation fault"
    r"|stack smashing detected|double free or corruption|core dumped"
    r"|Assertion .* failed|ERROR SUMMARY: [1-9]"
)
PLAN = re.compile(r"^1\.\.(\d+)", re.MULTILINE)
CASE = re.compile(r"^(ok|not ok)\b(?:.*?(# SKIP))?", re.MULTILINE | re.IGNORECASE)


@dataclasses.dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other):
        return Count(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
        )

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


running = set()  # processes that run() waits for


def say(*words):
    print(*words, flush=True)


def run(command, timeout, **options):
    """Runs "command" in a session of its own, and no longer than "timeout".

    Returns its exit status and output; None for the status of one that had to
    be killed.
    """
    options = {"stdin": subprocess.DEVNULL, "cwd": TREE, **options}
    with subprocess.Popen(command, start_new_session=True, **options) as process:
        running.add(process)
        try:
            output, _ = process.communicate(timeout=timeout)
            return process.returncode, output
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            return None, output
        finally:
            running.discard(process)


def run_captured(command, timeout, **options):
    return run(
        command,
        timeout,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        **options,
    )


# Building


def build(name):
    """Configures and builds one of BUILDS; exits when that fails."""
    directory = TREE / name
    setup = ["meson", "setup", *BUILDS[name], str(directory), str(TREE)]
    if (directory / "build.ninja").exists():
        setup = ["meson", "configure", *BUILDS[name], str(directory)]
    for command in setup, ["ninja", "-C", str(directory)]:
        status, output = run_captured(command, timeout=1800)
        if status != 0:
            say(output)
            say(f"{name}: building failed")
            say(Count(failed=1))
            sys.exit(1)


def programs(name, suite):
    """Meson's own list of the test programs of one suite, in one build."""
    listing = subprocess.check_output(["meson", "introspect", "--tests", str(TREE / name)])
    return [test for test in json.loads(listing) if suite in suites_of(test)]


def suites_of(test):
    return [suite.split(":")[-1] for suite in test["suite"]]


# Programs that print the Test Anything Protocol


def tap_count(output):
    """The tests that ran, and complaints about the protocol."""
    count = Count()
    for verdict, skip in CASE.findall(output):
        if skip:
            count.skipped += 1
        elif verdict == "ok":
            count.passed += 1
        else:
            count.failed += 1
    return count


def tap_planned(output):
    plan = PLAN.search(output)
    return int(plan[1]) if plan else None


def judge(count, planned, status, output):
    """Why a program failed as a whole, or None."""
    ran = count.passed + count.failed + count.skipped
    if status is None:
        return "took too long"
    if CRASH.search(output):
        return "printed what looks like a crash"
    if planned is None:
        return "printed no plan"
    if ran != planned:
        return f"ran {ran} of {planned} tests"
    if status != 0 and not count.failed:
        return f"exited with {status}"
    return None


def report(name, count, complaint, output):
    if complaint or count.failed:
        say(output.rstrip())
    say(f"{name}: {count}" + (f"; {complaint}" if complaint else ""))


def run_tap(name, command, timeout=300, **options):
    status, output = run_captured(command, timeout, **options)
    count = tap_count(output)
    complaint = judge(count, tap_planned(output), status, output)
    if complaint:
        count.failed += 1
    report(name, count, complaint, output)
    return count


def run_under_valgrind(name, command, env, timeout=600):
    valgrind = [
        "valgrind",
        "--quiet",
        "--error-exitcode=9",
        "--leak-check=full",
        f"--suppressions={TREE}/tests/valgrind.supp",
    ]
    status, output = run_captured(valgrind + command, timeout, env={**env, **VALGRIND_ENVIRONMENT})
    complaint = None if status == 0 else f"exited with {status}"
    count = Count(failed=1) if complaint else Count(passed=1)
    report(name, count, complaint, output)
    return count


def run_programs(build_name, suite, runner):
    """Runs every program of a suite, as many at a time as there are processors."""
    build(build_name)

    def one(test):
        environment = {**os.environ, **test["env"]}
        return runner(f"{suite} {test['name']}", test["cmd"], env=environment)

    found = programs(build_name, suite)
    if not found:
        say(f"{suite}: no programs")
        return Count(failed=1)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return sum(pool.map(one, found), Count())


# The mount, from outside


def mounts_under(directory):
    """Mount points below "directory", the innermost first."""
    points = []
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        point = re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), line.split(" ")[4])
        if point.startswith(f"{directory}/"):
            points.append(point)
    return sorted(points, key=len, reverse=True)


def processes_naming(directory):
    for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if os.fsencode(directory) in entry.read_bytes():
                yield int(entry.parent.name)


def leave_nothing_behind(directory):
    for point in mounts_under(directory):
        say(f"e2e: unmounting {point}, left behind")
        subprocess.run(["fusermount3", "-u", "-z", point], check=False)
    for pid in processes_naming(directory):
        say(f"e2e: killing process {pid}, left behind")
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@contextlib.contextmanager
def private_directory():
    """A directory, with nothing mounted or running in it afterwards."""
    directory = tempfile.mkdtemp(prefix="dynamount-e2e.", dir="/var/tmp")
    try:
        yield pathlib.Path(directory)
    except SystemExit:  # interrupted: nobody will read the logs
        leave_nothing_behind(directory)
        shutil.rmtree(directory, ignore_errors=True)
        raise
    finally:
        leave_nothing_behind(directory)


def e2e_environment(directory):
    return {
        **os.environ,
        "DYNAMOUNT_BUILD": str(TREE / "build"),
        "DYNAMOUNT_BUILD_PLAIN": str(TREE / "build-plain"),
        "DYNAMOUNT_TEST_TMP": str(directory),
    }


def e2e_command(directory, arguments):
    return [
        sys.executable,
        "-m",
        "pytest",
        str(TREE / "tests" / "e2e"),
        f"--basetemp={directory}/pytest",
        f"--junitxml={directory}/results.xml",
        f"--numprocesses={E2E_WORKERS}",
        "-q",
        *arguments,
    ]


def junit_count(results):
    """What pytest counted, or None when it got nowhere near writing it down."""
    try:
        suite = xml.etree.ElementTree.parse(results).getroot().find("testsuite")
    except (OSError, xml.etree.ElementTree.ParseError):
        return None
    failed = int(suite.get("failures")) + int(suite.get("errors"))
    skipped = int(suite.get("skipped"))
    return Count(int(suite.get("tests")) - failed - skipped, failed, skipped)


def pytest_complaint(status, count):
    if status is None:
        return f"took more than {E2E_LIMIT} seconds"
    if count is None:
        return f"pytest exited with {status}"
    if count == Count():
        return "no tests"
    if status != 0 and not count.failed:
        return f"pytest exited with {status}"
    return None


# The suites


def suite_layers(_):
    return run_tap("layers", [str(TREE / "tests" / "layers")])


def suite_format(_):
    return run_tap("format", [str(TREE / "tests" / "format")])


def suite_docs(_):
    build("build")
    with private_directory() as directory:
        command = [str(TREE / "tests" / "docs")]
        count = run_tap("docs", command, env=e2e_environment(directory))
    shutil.rmtree(directory)
    return count


def suite_unit(_):
    return run_programs("build", "unit", run_tap)


def suite_fuzz(_):
    return run_programs("build", "fuzz", run_tap)


def suite_valgrind(_):
    return run_programs("build-plain", "unit", run_under_valgrind)


def suite_e2e(arguments):
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        say("e2e: skipped, this machine has no /dev/fuse that may be used")
        return Count(skipped=1)
    for name in BUILDS:
        build(name)
    with private_directory() as directory:
        status, _ = run(
            e2e_command(directory, arguments), E2E_LIMIT, env=e2e_environment(directory)
        )
        counted = junit_count(directory / "results.xml")
        complaint = pytest_complaint(status, counted)
        count = counted or Count()
        count.failed += bool(complaint)
    if complaint:
        say(f"e2e: {complaint}")
    if count.failed:
        say(f"e2e: logs are in {directory}")
    else:
        shutil.rmtree(directory)
    return count


def suite_differential(_):
    build("build")
    command = [str(TREE / "tests" / "differential" / "run"), *DIFFERENTIAL]
    status, output = run_captured(command, DIFFERENTIAL_LIMIT)
    say(output.rstrip())
    totals = re.search(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", output, re.MULTILINE)
    if status is None or not totals:
        return Count(failed=1)
    count = Count(*map(int, totals.groups()))
    if status != 0 and not count.failed:
        count.failed = 1
    return count


SUITES = {
    "layers": suite_layers,
    "format": suite_format,
    "docs": suite_docs,
    "unit": suite_unit,
    "fuzz": suite_fuzz,
    "valgrind": suite_valgrind,
    "e2e": suite_e2e,
    "differential": suite_differential,
}


def parse_arguments(arguments):
    """Splits the command line into names of suites and what pytest gets."""
    chosen = []
    while arguments and arguments[0] in SUITES:
        chosen.append(arguments.pop(0))
    if arguments and "e2e" not in chosen:
        sys.exit(f"usage: tests/run [{'|'.join(SUITES)}]... [pytest's arguments after e2e]")
    return chosen or list(SUITES), arguments


def stop(number, _):
    """Ends what is running, so that the exit that follows finds nothing to wait for."""
    for process in list(running):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    sys.exit(128 + number)


def main():
    chosen, arguments = parse_arguments(sys.argv[1:])
    for number in signal.SIGTERM, signal.SIGHUP, signal.SIGINT:
        signal.signal(number, stop)
    total = Count()
    for name in chosen:
        start = time.monotonic()
        count = SUITES[name](arguments)
        say(f"== {name}: {count} ({time.monotonic() - start:.0f} s)\n")
        total += count
    say(total)
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
