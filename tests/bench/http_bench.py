"""HTTP: the same load from one client program to us and to our peers.

1. Each server holds the same items in an empty directory of its own, or in
   memory where it says so; it is started for the measurement and ended after it.
2. The loads of a round run on one server after the other; the figure of a
   load is the median of its rounds.
3. On disk, "flushed" means that an answered write is on the medium: so we do by
   default, and so does dynoxide with a database file. The rest keep all in
   memory and are there for scale.
"""

import contextlib
import dataclasses
import http.client
import json
import pathlib
import statistics
import subprocess
import time

import oracles
from dynoxide import HEADERS, answers, call, create, create_table, free_port
from figures import Row, note, rate
from mounted import memory, wait_until

ROUNDS = 3
CONNECTIONS = 16
ITEMS = 4_000
BATCHES = 160
BATCH = 25
PAGES = 40
LARGE = 900  # bytes of an item of the pages
LARGE_ITEMS = 3_000
START_TARGET = 0.050  # seconds
IDLE_TARGET = 20 << 20  # bytes


@dataclasses.dataclass(frozen=True)
class Load:
    name: str
    operation: str
    connections: int
    target: float | None = None  # times dynoxide on disk


LOADS = [
    Load("put", "PutItem", CONNECTIONS, 4),
    Load("put-alone", "PutItem", 1),
    Load("get", "GetItem", CONNECTIONS, 2.5),
    Load("get-alone", "GetItem", 1),
    Load("batch", "BatchWriteItem", CONNECTIONS, 8),
    Load("query", "Query", CONNECTIONS, 6),
    Load("scan", "Scan", CONNECTIONS, 6),
]
TITLES = {
    "put": "PutItem, 16 connections",
    "put-alone": "PutItem, 1 connection",
    "get": "GetItem, 16 connections",
    "get-alone": "GetItem, 1 connection",
    "batch": "BatchWriteItem of 25, 16 conn.",
    "query": "Query page of 1 MB, 16 conn.",
    "scan": "Scan page of 1 MB, 16 conn.",
}


# The requests, one a line


def typed(number, key):
    return {
        "id": {"S": key},
        "name": {"S": "A small thing"},
        "number": {"N": str(number)},
        "tags": {"SS": ["red", "round"]},
    }


def lines(requests):
    return "".join(json.dumps(request) + "\n" for request in requests).encode()


def bodies(load, number):
    """What one round sends, made before the clock runs."""
    if load.operation == "PutItem":
        return lines(
            {"TableName": "Items", "Item": typed(i, f"{load.name}-{number}-{i}")}
            for i in range(ITEMS)
        )
    if load.operation == "GetItem":
        return lines(
            {"TableName": "Items", "Key": {"id": {"S": f"put-0-{i}"}}} for i in range(ITEMS)
        )
    if load.operation == "BatchWriteItem":
        return lines(
            {
                "RequestItems": {
                    "Items": [
                        {"PutRequest": {"Item": typed(i, f"batch-{number}-{batch}-{i}")}}
                        for i in range(BATCH)
                    ]
                }
            }
            for batch in range(BATCHES)
        )
    if load.operation == "Query":
        return lines(
            {
                "TableName": "Pages",
                "KeyConditionExpression": "id = :id",
                "ExpressionAttributeValues": {":id": {"S": "one"}},
            }
            for _ in range(PAGES)
        )
    return lines({"TableName": "Pages"} for _ in range(PAGES))


def make_pages(port):
    """A table whose first page is 1 MB, in one partition."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    request = {
        "TableName": "Pages",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "number", "AttributeType": "N"},
        ],
        "KeySchema": [
            {"AttributeName": "id", "KeyType": "HASH"},
            {"AttributeName": "number", "KeyType": "RANGE"},
        ],
    }
    create(connection, request)
    for first in range(0, LARGE_ITEMS, BATCH):
        puts = [
            {"PutRequest": {"Item": {**typed(i, "one"), "text": {"S": "x" * LARGE}}}}
            for i in range(first, first + BATCH)
        ]
        call(connection, "BatchWriteItem", json.dumps({"RequestItems": {"Pages": puts}}))
    page = call(connection, "Query", bodies(Load("", "Query", 1), 0).splitlines()[0])
    if page["Count"] < 900 or "LastEvaluatedKey" not in page:
        raise RuntimeError(f"a page of {page['Count']} items is not one of 1 MB")


# The servers


@dataclasses.dataclass(frozen=True)
class Server:
    name: str
    command: list  # PORT and DIRECTORY are filled in
    needs: object = None  # an oracle
    stores: bool = True  # keeps what it is sent


def servers(build):
    bench = build / "tests" / "bench"
    ours = [build / "tools" / "dynamount", "serve", "DIRECTORY", "--http", "127.0.0.1:PORT"]
    return [
        Server("ours, flushed", ours),
        Server("ours, relaxed", [*ours, "--durability=relaxed"]),
        Server(
            "dynoxide, flushed",
            ["PROGRAM", "--port", "PORT", "--db-path", "DIRECTORY.db"],
            oracles.DYNOXIDE,
        ),
        Server("dynoxide, memory", ["PROGRAM", "--port", "PORT"], oracles.DYNOXIDE),
        Server(
            "DynamoDB Local, memory",
            ["java", "-Djava.library.path=LIBRARY", "-jar", "PROGRAM", "-sharedDb", "-inMemory"]
            + ["-port", "PORT"],
            oracles.LOCAL,
        ),
        Server("dynalite, memory", ["node", "PROGRAM", "--port", "PORT"], oracles.DYNALITE),
        Server("empty handler", [bench / "nullhttp", "PORT"], stores=False),
    ]


def fill(server, program, port, directory):
    words = {
        "PROGRAM": str(program),
        "LIBRARY": str(pathlib.Path(str(program)).parent / "DynamoDBLocal_lib"),
        "DIRECTORY": str(directory),
        "PORT": str(port),
    }
    command = []
    for argument in map(str, server.command):
        for word, value in words.items():
            argument = argument.replace(word, value)
        command.append(argument)
    return command


@contextlib.contextmanager
def served(server, directory):
    """Runs a server; yields its port, its process and the seconds to its first answer."""
    program = server.needs.install() if server.needs else None
    port = free_port()
    start = time.monotonic()
    process = subprocess.Popen(
        fill(server, program, port, directory),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: answers(port), process, interval=0.001)
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request(
            "POST",
            "/",
            body=b"{}",
            headers={**HEADERS, "X-Amz-Target": "DynamoDB_20120810.ListTables"},
        )
        connection.getresponse().read()
        yield port, process, time.monotonic() - start
    finally:
        process.terminate()
        process.wait()


def run_load(build, port, load, number):
    """Requests a second."""
    sent = bodies(load, number)
    command = [build / "tests" / "bench" / "load", str(port), str(load.connections)]
    seconds = float(subprocess.check_output([*command, load.operation], input=sent))
    return sent.count(b"\n") / seconds


def measure_server(build, server, directory):
    """Load's name -> requests a second, and "start" and "idle"."""
    found = {load.name: [] for load in LOADS}
    with served(server, directory) as (port, process, start):
        idle = memory(process, "VmRSS")
        if server.stores:
            create_table(port, "Items", "id")
            make_pages(port)
        for number in range(ROUNDS):
            for load in LOADS:
                found[load.name].append(run_load(build, port, load, number))
    figures = {name: statistics.median(rates) for name, rates in found.items()}
    return {**figures, "start": start, "idle": idle}


def print_figures(results):
    names = [load.name for load in LOADS]
    print(f"{'requests a second':24}" + "".join(f"{name:>12}" for name in names), flush=True)
    for server, figures in results.items():
        row = "".join(f"{figures[name]:12,.0f}" for name in names)
        print(f"{server:24}{row}   start {figures['start'] * 1000:.0f} ms, "
              f"idle {figures['idle'] >> 20} MB", flush=True)
    print()


def load_row(load, ours, peer):
    ratio = ours[load.name] / peer[load.name] if peer else None
    return Row(
        TITLES[load.name],
        rate(peer[load.name], 1) if peer else "",
        rate(ours[load.name], 1),
        f"{ratio:.1f}" if ratio else "",
        f">= {load.target:g}" if load.target else "",
        ratio >= load.target if ratio and load.target else None,
    )


def rows_of(results):
    """Ours beside dynoxide on disk."""
    ours, peer = results["ours, flushed"], results.get("dynoxide, flushed")
    start, idle = ours["start"], ours["idle"]
    return [
        *(load_row(load, ours, peer) for load in LOADS),
        Row(
            "start to the first answer",
            f"{peer['start'] * 1000:.0f} ms" if peer else "",
            f"{start * 1000:.0f} ms",
            "",
            f"< {START_TARGET * 1000:.0f} ms",
            start < START_TARGET,
        ),
        Row(
            "memory when idle",
            f"{peer['idle'] >> 20} MB" if peer else "",
            f"{idle >> 20} MB",
            "",
            f"< {IDLE_TARGET >> 20} MB",
            idle < IDLE_TARGET,
        ),
    ]


def measure(build, directory):
    results = {}
    for number, server in enumerate(servers(build)):
        note(f"http: {server.name}")
        try:
            results[server.name] = measure_server(
                build, server, directory / f"server-{number}"
            )
        except oracles.Unavailable as reason:
            note(f"http: {server.name} skipped: {reason}")
    print_figures(results)
    return rows_of(results)
