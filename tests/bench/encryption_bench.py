"""Encryption at rest: the same load to a plain data directory and to an encrypted one.

1. Both servers are ours, run at once, and take each load in turn, round by round; what
   is answered is in the log, not yet on the medium, so that the disk hides nothing.
2. "Cold" means a cache much smaller than the data: pages are decrypted as they come.
"""

import statistics

from dynoxide import create_table
from figures import Row, note, rate
from http_bench import LOADS, TITLES, Server, make_pages, run_load, served

ROUNDS = 5
CHOSEN = ("put", "put-alone", "get", "get-alone", "scan")
COLD_CACHE = "2M"
KEY = "a key of a benchmark, many bytes long\n"


def server(build, *options):
    return Server(
        "",
        [
            build / "tools" / "dynamount", "serve", "DIRECTORY", "--http", "127.0.0.1:PORT",
            "--durability=relaxed", *options,
        ],
    )  # fmt: skip


def median_rates(build, ports, loads):
    """Load's name -> requests a second of each port."""
    found = {load.name: [[] for _ in ports] for load in loads}
    for number in range(ROUNDS):
        for load in loads:
            pairs = list(zip(ports, found[load.name]))
            # Neither is always the one that finds the machine warm.
            for port, rates in pairs if number % 2 else reversed(pairs):
                rates.append(run_load(build, port, load, number))
    return {name: [statistics.median(rates) for rates in both] for name, both in found.items()}


def measure_pair(build, directory, key, *options):
    directory.mkdir()
    with (
        served(server(build, *options), directory / "plain") as (plain, _, _),
        served(server(build, f"--key-file={key}", *options), directory / "sealed") as (sealed, _, _),
    ):
        for port in (plain, sealed):
            create_table(port, "Items", "id")
            make_pages(port)
        return median_rates(build, (plain, sealed), [load for load in LOADS if load.name in CHOSEN])


def rows_of(figures, how):
    return [
        Row(TITLES[name] + how, rate(plain, 1), rate(sealed, 1), f"{sealed / plain:.2f}", "", None)
        for name, (plain, sealed) in figures.items()
    ]


def measure(build, directory):
    key = directory / "key"
    key.write_text(KEY)
    key.chmod(0o600)
    note(f"encryption: {ROUNDS} rounds, in the cache")
    rows = rows_of(measure_pair(build, directory / "warm", key), "")
    note(f"encryption: {ROUNDS} rounds, cold")
    cold = measure_pair(build, directory / "cold", key, f"--cache={COLD_CACHE}")
    return rows + rows_of(cold, ", cold")
