"""The shell's doors: `.query` beside HTTP, `.where`, `.follow`, `.export`.

1. A key query asks for the same ten items by one descriptor of `.query` and by
   one kept connection, in turn, round by round; the medians are compared.
2. `.where` lists as many matches as there are items, beside the listing of the
   table's own directory.
3. A record's latency is from the beginning of the open() that makes its item to
   the return of the read() that brings its line.
4. `.export` is read to its end by cat.
"""

import contextlib
import json
import statistics
import subprocess
import time

from dynoxide import free_port
from figures import Row, note, rate
from mounted import make_table, memory, mounted

ROUNDS = 5
QUERIES = 2_000
PARTITION = 10
PARTITIONS = 100
LISTED = 100_000
RECORDS = 2_000
EXPORTED = 1_000_000

QUERY_TARGET = 1.5  # times the seconds of HTTP
FOLLOW_TARGET = 50_000  # microseconds
EXPORT_TARGET = 200_000  # items a second
MEMORY_TARGET = 100 << 20  # bytes


@contextlib.contextmanager
def both_doors(build, directory):
    """A mount that also answers HTTP; yields it, its process and the port."""
    point, port = directory / "mnt", free_port()
    command = [
        build / "tools" / "dynamount", "mount", directory / "data", point, "-f",
        f"--http=127.0.0.1:{port}",
    ]  # fmt: skip
    with mounted(command, point) as process:
        yield point, process, port


def fill(table, items):
    lines = "".join(json.dumps(item, separators=(",", ":")) + "\n" for item in items)
    subprocess.run(
        ["sh", "-c", 'cat > "$1"', "sh", table / ".import"], input=lines.encode(), check=True
    )


def small(number):
    return {
        "id": f"item-{number:07d}",
        "group": f"group-{number // PARTITION}",
        "number": number % PARTITION,
        "name": "A small thing",
        "price": number % 1000 / 4,
        "colour": "red",
    }


def shell(build, *arguments):
    command = [build / "tests" / "bench" / "shell", *map(str, arguments)]
    return subprocess.check_output(command, text=True)


def http_queries(build, port, table, group):
    request = {
        "TableName": table,
        "KeyConditionExpression": "#g = :g",
        "ExpressionAttributeNames": {"#g": "group"},
        "ExpressionAttributeValues": {":g": {"S": group}},
    }
    sent = (json.dumps(request) + "\n") * QUERIES
    command = [build / "tests" / "bench" / "load", str(port), "1", "Query"]
    return float(subprocess.check_output(command, input=sent.encode()))


def measure_query(build, mount, port):
    note(f"shell: {ROUNDS} rounds of {QUERIES:,} key queries")
    table = make_table(mount, "Groups", "group:S number:N")
    fill(table, map(small, range(PARTITION * PARTITIONS)))
    theirs, ours = [], []
    for number in range(ROUNDS):
        group = f"group-{number}"
        theirs.append(http_queries(build, port, "Groups", group))
        ours.append(float(shell(build, "query", table, QUERIES, f"group = '{group}'")))
    http, query = statistics.median(theirs), statistics.median(ours)
    return Row(
        "key query, .query / HTTP",
        rate(QUERIES, http),
        rate(QUERIES, query),
        f"{query / http:.2f}",
        f"<= {QUERY_TARGET}",
        query / http <= QUERY_TARGET,
    )


def seconds_to_list(directory):
    start = time.monotonic()
    listed = subprocess.check_output(["ls", "-U", directory])
    seconds = time.monotonic() - start
    if listed.count(b"\n") != LISTED:
        raise RuntimeError(f"listed {listed.count(10)} of {LISTED} in {directory}")
    return seconds


def measure_where(mount, process):
    note(f"shell: {LISTED:,} matches listed")
    table = make_table(mount, "Listed", "id:S")
    fill(table, map(small, range(LISTED)))
    plain, matches = [], []
    for _ in range(ROUNDS):
        plain.append(seconds_to_list(table))
        matches.append(seconds_to_list(table / ".where" / "price >= 0"))
    table_seconds, where = statistics.median(plain), statistics.median(matches)
    resident = memory(process, "VmHWM")
    return [
        Row(
            f".where: list {LISTED:,} / table",
            rate(LISTED, table_seconds),
            rate(LISTED, where),
            f"{where / table_seconds:.1f}",
            "",
            None,
        ),
        Row(
            "memory at its peak so far",
            "",
            f"{resident >> 20} MB",
            "",
            f"< {MEMORY_TARGET >> 20} MB",
            resident < MEMORY_TARGET,
        ),
    ]


def measure_follow(build, mount):
    note(f"shell: {RECORDS:,} records followed")
    table = make_table(mount, "Followed", "id:S")
    found = sorted(map(int, shell(build, "follow", table, RECORDS).split()))
    middle, late = found[len(found) // 2], found[len(found) * 99 // 100]
    return [
        Row(".follow: latency, median", "", f"{middle} us", "", "", None),
        Row(
            ".follow: latency, 99th percentile",
            "",
            f"{late} us",
            "",
            f"< {FOLLOW_TARGET // 1000} ms",
            late < FOLLOW_TARGET,
        ),
    ]


def measure_export(mount):
    note(f"shell: {EXPORTED:,} items exported")
    table = make_table(mount, "Exported", "id:S")
    fill(table, map(small, range(EXPORTED)))
    times = []
    for _ in range(3):
        start = time.monotonic()
        subprocess.run(["sh", "-c", 'cat "$1" > /dev/null', "sh", table / ".export"], check=True)
        times.append(time.monotonic() - start)
    lines = subprocess.check_output(["sh", "-c", 'wc -l < "$1"', "sh", table / ".export"])
    if int(lines) != EXPORTED:
        raise RuntimeError(f"exported {int(lines)} of {EXPORTED}")
    reached = EXPORTED / statistics.median(times)
    return Row(
        f".export of {EXPORTED:,}",
        "",
        rate(reached, 1),
        "",
        f">= {EXPORT_TARGET:,}/s",
        reached >= EXPORT_TARGET,
    )


def measure(build, directory):
    with both_doors(build, directory / "shell") as (mount, process, port):
        return [
            measure_query(build, mount, port),
            *measure_where(mount, process),
            *measure_follow(build, mount),
            measure_export(mount),
        ]
