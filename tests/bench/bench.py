"""The measurements; tests/bench/run builds what they need and starts this.

1. Whatever is compared runs in turn, round by round, in one process of ours on
   one machine; the figure is the median of the rounds.
2. Every load is counted afterwards: a fast loss is no result.
3. The targets are those of the design (section 6) and of the issues.
"""

import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import audit_bench
import class_bench
import dynoxide
import encryption_bench
import http_bench
import oracles
import shell_bench
from figures import Row, note, rate
from mounted import make_table, memory, null_mount, our_mount

TREE = pathlib.Path(__file__).resolve().parents[2]

ROUNDS = 5
FILES = 10_000
LISTED = 100_000
LIST_ROUNDS = 5
IMPORTED = 1_000_000
PEER_ITEMS = 50_000
PEER_ROUNDS = 3

IMPORT_TARGET = 80_000  # items a second
MEMORY_TARGET = 100 << 20  # bytes
PEER_TARGET = 25  # times

# Client's phase -> what it is called, how many times slower ours may be.
FILE_PHASES = {
    "create": ("create+write+close", 2.0),
    "read": ("open+read+close", None),
    "read-cached": ("open+read+close, cached", 1.5),
    "stat": ("stat, asked", None),
    "stat-cached": ("stat, cached", 1.5),
}
LIST_PHASES = {
    "list": (f"list {LISTED:,}", 3.0),
    "list-stat": (f"list {LISTED:,}, stat each", 3.0),
}


# Files: the file system that does nothing, beside ours


def client(build, phase, directory, count):
    command = [build / "tests" / "bench" / "client", phase, directory, str(count)]
    return float(subprocess.check_output(command, text=True))


def slowdown_row(name, target, count, null_times, our_times):
    null, ours = statistics.median(null_times), statistics.median(our_times)
    ratio = ours / null
    return Row(
        name,
        rate(count, null),
        rate(count, ours),
        f"{ratio:.2f}",
        f"<= {target:g}" if target else "",
        ratio <= target if target else None,
    )


def rounds_of(build, tables, phases, rounds, directory_of, count):
    """Runs each phase on each table, turn by turn; rows of medians."""
    times = {phase: [[] for _ in tables] for phase in phases}
    for number in range(rounds):
        for phase in phases:
            pairs = list(zip(tables, times[phase]))
            # Neither side is always the one that finds the machine warm.
            for table, found in pairs if number % 2 else reversed(pairs):
                directory = table / directory_of(number)
                directory.mkdir(exist_ok=True)
                found.append(client(build, phase, directory, count))
    return [
        slowdown_row(name, target, count, *times[phase])
        for phase, (name, target) in phases.items()
    ]


def measure_files(build, directory):
    with (
        null_mount(build, directory / "null") as (null, _),
        our_mount(build, directory / "files") as (ours, _),
    ):
        (null / "Files").mkdir()
        make_table(ours, "Files", "directory:S file:S")
        tables = [null / "Files", ours / "Files"]
        note(f"files: {ROUNDS} rounds of {FILES:,}")
        rows = rounds_of(build, tables, FILE_PHASES, ROUNDS, lambda n: f"round-{n}", FILES)
        note(f"files: {LISTED:,} to be listed")
        for table in tables:
            (table / "many").mkdir()
            client(build, "create", table / "many", LISTED)
        return rows + rounds_of(
            build, tables, LIST_PHASES, LIST_ROUNDS, lambda _: "many", LISTED
        )


# Import: one stream of JSON Lines into an empty table


def item(number):
    """A small item, about 120 bytes as a line; its key can be either shape."""
    return {
        "id": f"item-{number * 2654435761 % 2**32:08x}",
        "group": f"group-{number // 10}",
        "number": number % 10,
        "name": "A small thing",
        "price": number % 1000 / 4,
        "colour": "red",
    }


def write_lines(path, count):
    with open(path, "w", encoding="utf-8") as lines:
        for number in range(count):
            lines.write(json.dumps(item(number), separators=(",", ":")) + "\n")


def import_lines(table, lines, count):
    """The seconds until the writer has closed .import."""
    start = time.monotonic()
    subprocess.run(["sh", "-c", 'cat "$1" > "$2"', "sh", lines, table / ".import"], check=True)
    seconds = time.monotonic() - start
    with open(table / ".export", "rb") as export:
        exported = sum(1 for _ in export)
    if exported != count:
        raise RuntimeError(f"imported {count} items, {exported} came out")
    return seconds


def measure_one_import(build, directory, lines, shape, schema):
    note(f"import: {IMPORTED:,} items, {shape}")
    with our_mount(build, directory) as (mount, process):
        seconds = import_lines(make_table(mount, "Items", schema), lines, IMPORTED)
        resident, peak = memory(process, "VmRSS"), memory(process, "VmHWM")
    shutil.rmtree(directory)
    reached = IMPORTED / seconds
    return [
        Row(
            f".import, {shape}",
            "",
            rate(IMPORTED, seconds),
            "",
            f">= {IMPORT_TARGET:,}/s",
            reached >= IMPORT_TARGET,
        ),
        Row(
            f"memory then (peak {peak >> 20} MB)",
            "",
            f"{resident >> 20} MB",
            "",
            f"< {MEMORY_TARGET >> 20} MB",
            resident < MEMORY_TARGET,
        ),
    ]


def measure_import(build, directory):
    lines = directory / "items.jsonl"
    write_lines(lines, IMPORTED)
    return [
        *measure_one_import(build, directory / "single", lines, "1 item a partition", "id:S"),
        *measure_one_import(
            build, directory / "grouped", lines, "10 items a partition", "group:S number:N"
        ),
    ]


# The peer: the same items through dynoxide's BatchWriteItem


def peer_rounds(build, directory, port):
    """Loads both sides in turn; two lists of seconds."""
    items = [item(number) for number in range(PEER_ITEMS)]
    lines = directory / "peer.jsonl"
    write_lines(lines, PEER_ITEMS)
    peer_times, our_times = [], []
    with our_mount(build, directory / "peer") as (mount, _):
        for number in range(PEER_ROUNDS):
            name = f"Items{number}"
            dynoxide.create_table(port, name, "id")
            peer_times.append(dynoxide.load(port, dynoxide.batches(name, items)))
            table = make_table(mount, name, "id:S")
            our_times.append(import_lines(table, lines, PEER_ITEMS))
    return peer_times, our_times


def measure_peer(build, directory):
    try:
        program = oracles.DYNOXIDE.install()
    except oracles.Unavailable as reason:
        note(f"peer: skipped, no dynoxide: {reason}")
        return []
    note(f"peer: {PEER_ROUNDS} rounds of {PEER_ITEMS:,} items")
    with dynoxide.served(program, directory / "dynoxide.db") as port:
        peer_times, our_times = peer_rounds(build, directory, port)
    peer, ours = statistics.median(peer_times), statistics.median(our_times)
    return [
        Row(
            ".import / BatchWriteItem",
            rate(PEER_ITEMS, peer),
            rate(PEER_ITEMS, ours),
            f"{peer / ours:.1f}",
            f">= {PEER_TARGET}",
            peer / ours >= PEER_TARGET,
        )
    ]


# The table


GROUPS = {
    "files": (measure_files, "null"),
    "import": (measure_import, ""),
    "peer": (measure_peer, "dynoxide"),
    "http": (http_bench.measure, "dynoxide"),
    "shell": (shell_bench.measure, "other door"),
    "class": (class_bench.measure, "STANDARD"),
    "encryption": (encryption_bench.measure, "plain"),
    "audit": (audit_bench.measure, "off"),
}
VERDICTS = {True: "ok", False: "MISSED", None: ""}


def print_row(name, peer, ours, ratio, target, verdict):
    line = f"{name:32} {peer:>12} {ours:>12} {ratio:>7} {target:>12}  {verdict}"
    print(line.rstrip(), flush=True)


def print_group(peer, rows):
    print_row("", peer, "ours", "ratio", "target", "")
    for row in rows:
        print_row(*row[:5], VERDICTS[row.reached])
    print()


def main():
    build = pathlib.Path(sys.argv[1])
    chosen = sys.argv[2:] or list(GROUPS)
    if not set(chosen) <= set(GROUPS):
        sys.exit(f"usage: tests/bench/run [{'|'.join(GROUPS)}]...")
    missed = False
    # On disk, and not where systems like to keep a RAM disk.
    with tempfile.TemporaryDirectory(prefix="dynamount-bench.", dir="/var/tmp") as directory:
        for group in chosen:
            measure, peer = GROUPS[group]
            rows = measure(build, pathlib.Path(directory))
            print_group(peer, rows)
            missed = missed or any(row.reached is False for row in rows)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
