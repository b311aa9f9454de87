"""Table classes: what one of infrequent access saves on disk, and what it costs to
touch. Two tables of the same items in one server, one of each class; loads run on
one after the other, turn by turn, without a flush, which would hide the difference.
"""

import contextlib
import http.client
import json
import random
import statistics
import subprocess
import time

from dynoxide import answers, call, free_port
from figures import Row, note, rate
from http_bench import lines
from mounted import make_table, mounted, wait_until

ROUNDS = 5
ITEMS = 100_000
TOUCHED = 8_000  # of them, in a round
CONNECTIONS = 8
CONVERSION_LIMIT = 600  # seconds
TABLES = ("Standard", "Infrequent")
SCHEMA = "station:S number:N"
INFREQUENT = "STANDARD_INFREQUENT_ACCESS"
ANIMALS = ("heron", "otter", "badger", "magpie", "lynx", "weasel", "marten", "jackdaw")
PLACES = ("by the river", "in the old wood", "on the meadow", "below the bridge", "at dusk")


def sentence(dice):
    return f"a {dice.choice(ANIMALS)} and {dice.randrange(2, 9)} young {dice.choice(PLACES)}"


def item(number):
    """About 280 bytes, of which no other item has the most."""
    dice = random.Random(number)
    return {
        "station": f"station-{number % 500}",
        "number": number,
        "observer": {"name": f"Observer {dice.randrange(2000)}", "id": f"{dice.getrandbits(64):016x}"},
        "weather": {"temperature": dice.randrange(-200, 400) / 10, "wind": dice.choice("NESW")},
        "seen": [sentence(dice) for _ in range(dice.randrange(2, 8))],
        "confirmed": dice.random() < 0.5,
    }


def typed(value):
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, (int, float)):
        return {"N": str(value)}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, list):
        return {"L": [typed(one) for one in value]}
    return {"M": {name: typed(one) for name, one in value.items()}}


def requests(operation, table, dice):
    """What one round sends, made before the clock runs."""
    items = [item(dice.randrange(ITEMS)) for _ in range(TOUCHED)]
    members = [typed(one)["M"] for one in items]
    if operation == "PutItem":
        return lines({"TableName": table, "Item": one} for one in members)
    keys = [{name: one[name] for name in ("station", "number")} for one in members]
    return lines({"TableName": table, "Key": key} for key in keys)


@contextlib.contextmanager
def served(build, directory):
    """A mount that also serves HTTP; yields both."""
    port, point = free_port(), directory / "mnt"
    options = f"http=127.0.0.1:{port},durability=relaxed"
    command = [build / "tools" / "dynamount", "mount", directory / "data", point, "-f"]
    with mounted([*command, "-o", options], point) as process:
        wait_until(lambda: answers(port), process)
        yield point, port


def stored(table):
    return json.loads((table / ".info").read_text())["Storage"]["StoredBytes"]


def convert(port, name, table_class):
    """The seconds until the table is ACTIVE again."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    start = time.monotonic()
    call(connection, "UpdateTable", json.dumps({"TableName": name, "TableClass": table_class}))
    while time.monotonic() < start + CONVERSION_LIMIT:
        table = call(connection, "DescribeTable", json.dumps({"TableName": name}))["Table"]
        if table["TableStatus"] == "ACTIVE":
            return time.monotonic() - start
        time.sleep(0.01)
    raise RuntimeError(f"{name} is not {table_class} after {CONVERSION_LIMIT} seconds")


def run_load(build, port, operation, sent):
    command = [build / "tests" / "bench" / "load", str(port), str(CONNECTIONS)]
    return float(subprocess.check_output([*command, operation], input=sent))


def touch_row(build, port, operation):
    times = {table: [] for table in TABLES}
    for number in range(ROUNDS):
        for table in TABLES if number % 2 else reversed(TABLES):
            sent = requests(operation, table, random.Random(number))
            times[table].append(run_load(build, port, operation, sent))
    standard, infrequent = (statistics.median(times[table]) for table in TABLES)
    return Row(
        f"{operation}, {CONNECTIONS} connections",
        rate(TOUCHED, standard),
        rate(TOUCHED, infrequent),
        f"{infrequent / standard:.2f}",
        "",
        None,
    )


def fill(mount, directory):
    path = directory / "items.jsonl"
    with open(path, "w", encoding="utf-8") as out:
        for number in range(ITEMS):
            out.write(json.dumps(item(number), separators=(",", ":")) + "\n")
    for name in TABLES:
        table = make_table(mount, name, SCHEMA)
        subprocess.run(["sh", "-c", 'cat "$1" > "$2"', "sh", path, table / ".import"], check=True)


def measure(build, directory):
    note(f"class: {ITEMS:,} items")
    with served(build, directory / "class") as (mount, port):
        fill(mount, directory)
        there = convert(port, "Infrequent", INFREQUENT)
        # Its pages are packed as those of the other one.
        convert(port, "Standard", INFREQUENT)
        back = convert(port, "Standard", "STANDARD")
        bytes_of = [stored(mount / table) for table in TABLES]
        rows = [
            Row(
                "stored on disk",
                f"{bytes_of[0] >> 10:,} KB",
                f"{bytes_of[1] >> 10:,} KB",
                f"{bytes_of[1] / bytes_of[0]:.2f}",
                "",
                None,
            ),
            touch_row(build, port, "GetItem"),
            touch_row(build, port, "PutItem"),
        ]
    return [
        *rows,
        Row("conversion, and its space back", rate(ITEMS, back), rate(ITEMS, there), "", "", None),
    ]
