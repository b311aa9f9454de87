"""The audit log: the same load on a server that logs calls on data and on one that
logs none.

1. Both run side by side and are loaded in turn; the figure is the median of the
   rounds' ratios, each of two neighbours, so that what else the machine does is
   the same for both. Rounds are short, and every few have servers of their own:
   two that are alike may differ by 6% for as long as they live.
2. Writes survive a crash only: a flush, which costs both the same, would hide
   what the log costs.
3. Beside the time, the processor time of the server is told: it counts the
   log's thread, whichever processor it runs on.
"""

import contextlib
import pathlib
import statistics
import subprocess

import http_bench
from dynoxide import create_table
from figures import Row, note, rate

PAIRS = 12  # of servers
ROUNDS = 10  # of each pair
REQUESTS = 5_000
CONNECTIONS = 16
TARGET = 1.05  # times slower

MODES = ["off", "data"]
OPERATIONS = ["PutItem", "GetItem"]


def server(build, mode):
    ours = [build / "tools" / "dynamount", "serve", "DIRECTORY", "--http", "127.0.0.1:PORT"]
    return http_bench.Server(mode, [*ours, "--durability=relaxed", f"--audit={mode}"])


def processor_seconds(process):
    """Of all its threads."""
    tasks = pathlib.Path(f"/proc/{process.pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def bodies(operation, number):
    if operation == "PutItem":
        return http_bench.lines(
            {"TableName": "Items", "Item": http_bench.typed(i, f"{number}-{i}")}
            for i in range(REQUESTS)
        )
    return http_bench.lines(
        {"TableName": "Items", "Key": {"id": {"S": f"{number}-{i}"}}} for i in range(REQUESTS)
    )


def load(build, port, process, operation, sent):
    """The seconds of the load, and of the processor."""
    command = [build / "tests" / "bench" / "load", str(port), str(CONNECTIONS), operation]
    before = processor_seconds(process)
    seconds = float(subprocess.check_output(command, input=sent))
    return seconds, processor_seconds(process) - before


def row(operation, times, field, unit):
    off, data = ([pair[field] for pair in times[mode]] for mode in MODES)
    ratio = statistics.median(ours / none for none, ours in zip(off, data))
    return Row(
        f"{operation}, {unit}",
        rate(REQUESTS, statistics.median(off)),
        rate(REQUESTS, statistics.median(data)),
        f"{ratio:.3f}",
        f"<= {TARGET:g}",
        ratio <= TARGET,
    )


def measure_pair(build, directory, times):
    with contextlib.ExitStack() as stack:
        running = {}
        for mode in MODES:
            running[mode] = stack.enter_context(
                http_bench.served(server(build, mode), directory.with_suffix(f".{mode}"))
            )
            create_table(running[mode][0], "Items", "id")
        for number in range(ROUNDS):
            for operation in OPERATIONS:
                sent = bodies(operation, number)
                for mode in MODES if number % 2 else reversed(MODES):
                    port, process, _ = running[mode]
                    times[operation][mode].append(load(build, port, process, operation, sent))


def measure(build, directory):
    note(f"audit: {PAIRS * ROUNDS} rounds of {REQUESTS:,}")
    times = {operation: {mode: [] for mode in MODES} for operation in OPERATIONS}
    for number in range(PAIRS):
        measure_pair(build, directory / f"audit-{number}", times)
    return [
        row(operation, times[operation], field, unit)
        for operation in OPERATIONS
        for field, unit in enumerate(["time", "processor"])
    ]
