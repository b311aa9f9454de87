"""Sends random requests to our server and to others, and lists where they differ.

1. We must answer as dynoxide does; known.py explains where we do not, and why
   ours is right. Anything else fails the test.
2. DynamoDB Local is a second witness, an old one: its answers stand beside the
   others in the report, and --disputes lists where it differs from both.
3. The same seed sends the same requests: a round depends on nothing else.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import dataclasses
import json
import random
import sys
import time

import compare
import known
import oracles
import rounds
import servers
from shrink import Shrinker

LOCAL_SHARE = 3  # DynamoDB Local, the slowest, takes part in every third round
COMPLAINTS = 50  # lines of our server's that are shown
LONG_RUN = 20_000  # requests after which every known difference should have been met


@dataclasses.dataclass
class Finding:
    """The first difference of a signature, and how often the signature came."""

    difference: compare.Difference
    number: int  # of the round
    tables: list
    count: int = 1


@dataclasses.dataclass
class Result:
    requests: int = 0
    accepted: int = 0
    findings: dict = dataclasses.field(default_factory=dict)  # by signature
    matched: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    explained: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    disputes: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    words: list = dataclasses.field(default_factory=list)
    complaints: list = dataclasses.field(default_factory=list)  # of our server
    rounds: int = 0
    failed: set = dataclasses.field(default_factory=set)  # rounds

    def add(self, other):
        self.requests += other.requests
        self.accepted += other.accepted
        for signature, finding in other.findings.items():
            if signature in self.findings:
                self.findings[signature].count += finding.count
            else:
                self.findings[signature] = finding
        self.matched.update(other.matched)
        self.explained.update(other.explained)
        self.disputes.update(other.disputes)
        self.complaints += other.complaints
        self.rounds += other.rounds
        self.failed |= other.failed
        self.words += [word for word in other.words if word not in self.words]


# The work, in several processes


@contextlib.contextmanager
def all_servers(options, words, complaints):
    """Clients of new servers, by name."""
    with contextlib.ExitStack() as stack:
        clients = {}
        if options.ours == "local":  # to try the test itself
            clients["ours"] = stack.enter_context(servers.local())
        else:
            clients["ours"] = stack.enter_context(servers.ours(options.ours, complaints))
        clients["dynoxide"] = stack.enter_context(servers.dynoxide())
        if not options.no_local:
            try:
                clients["local"] = stack.enter_context(servers.local())
            except oracles.Unavailable as why:
                words.append(f"without DynamoDB Local: {why}")
        yield clients


def run_rounds(options, numbers):
    """Runs rounds with these numbers until the process has made its share of requests."""
    result = Result()
    share = 1 if options.round is not None else options.requests // options.processes
    with all_servers(options, result.words, result.complaints) as clients:
        for number in numbers:
            if result.requests >= share:
                break
            taking = dict(clients)
            if number % LOCAL_SHARE and options.round is None:
                taking.pop("local", None)
            turn = rounds.Round(taking, options.seed, number, options.only)
            run_round(turn, number, result)
    return result


def run_round(turn, number, result):
    def judge(found):
        entry = known.explanation(found)
        if entry is not None:
            result.matched[entry] += 1
            result.explained[entry, *found.signature] += 1
            return
        result.failed.add(number)
        if found.signature in result.findings:
            result.findings[found.signature].count += 1
        else:
            result.findings[found.signature] = Finding(found, number, turn.tables)

    result.rounds += 1
    for answers, same in turn.run(judge):
        result.requests += 1
        result.accepted += not answers["ours"].refused
        if same and "local" in answers:
            dispute(answers, result)


def dispute(answers, result):
    """Counts where DynamoDB Local refuses what others accept, or otherwise than they do."""
    ours, local = answers["ours"], answers["local"]
    if ours.refused != local.refused or ours.refused and ours.exception != local.exception:
        result.disputes[compare.outline(ours.outcome), compare.outline(local.outcome)] += 1


def shrink(options, findings):
    deadline = time.monotonic() + options.shrink
    with all_servers(options, [], []) as clients:
        for finding in findings:
            turn = rounds.Round(clients, options.seed, finding.number)
            finding.difference = Shrinker(turn, finding.difference, deadline).shrunk()
            turn.remove_all()
    return findings


def in_processes(options, function, things):
    """Calls "function" on an even share of "things" in each process."""
    shares = [things[first :: options.processes] for first in range(options.processes)]
    shares = [share for share in shares if share]
    with concurrent.futures.ProcessPoolExecutor(len(shares) or 1) as pool:
        return list(pool.map(function, [options] * len(shares), shares))


# The report


def short(value, length=1500):
    text = json.dumps(value, ensure_ascii=False) if not isinstance(value, bytes) else repr(value)
    return text if len(text) <= length else text[:length] + f"… ({len(text)} characters)"


def explain(finding):
    found = finding.difference
    print(f"\n## {found.request.operation}, {finding.count} times (round {finding.number})")
    used = json.dumps([one.body for one in [*found.history, found.request]], default=repr)
    for table in finding.tables:
        if table.name in used:
            print(f"  CreateTable {short(table.creation())}")
    if len(found.history) > 12:
        print(f"  ({len(found.history)} requests, not shrunk)")
    else:
        for request in found.history:
            print(f"  {request.operation} {short(request.body)}")
    request = found.request
    print(f"  {request.operation} {short(request.body)}{' (all pages)' if request.walk else ''}")
    for name, answer in found.answers.items():
        print(f"    {name + ':':10}{answer.status} {short(answer.body)}")
    if found.answers["ours"].outcome == found.answers["dynoxide"].outcome:
        print(f"    at:       {', '.join(found.paths)}")


def report(options, result, seconds):
    for finding in sorted(result.findings.values(), key=lambda finding: -finding.count):
        explain(finding)
    if options.explained:
        for (number, *signature), count in sorted(result.explained.items()):
            print(f"\n{known.KNOWN[number].why}: {count} times")
            print("\n".join(f"    {part}" for part in signature))
    if options.disputes:
        print("\nWhere DynamoDB Local differs from both:")
        for (ours, local), count in result.disputes.most_common():
            print(f"{count:6} {ours}\n       {local}")
    print()
    for line in result.complaints[:COMPLAINTS]:
        print(f"differential: our server said: {line}")
    for word in result.words:
        print(f"differential: {word}")
    if result.requests >= LONG_RUN:
        for number, entry in enumerate(known.KNOWN):
            if not result.matched[number]:
                print(f"differential: a known difference that did not come up: {entry.why}")
    print(
        f"differential: seed {options.seed}, {result.requests} requests ({result.accepted}"
        f" accepted), {sum(result.matched.values())} known differences,"
        f" {sum(finding.count for finding in result.findings.values())} others of"
        f" {len(result.findings)} kinds, {seconds:.0f} s"
    )
    failed = len(result.failed) + bool(result.complaints)
    print(f"{result.rounds - len(result.failed)} passed, {failed} failed, 0 skipped")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="tests/differential/run", description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--round", type=int, help="run this round alone")
    parser.add_argument("--only", nargs="+", metavar="METHOD", help="of generator.py")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--ours", default=str(servers.TREE / "build"), help="the build directory")
    parser.add_argument("--no-local", action="store_true", help="leave DynamoDB Local out")
    parser.add_argument("--disputes", action="store_true")
    parser.add_argument("--explained", action="store_true", help="list known differences too")
    parser.add_argument("--shrink", type=float, default=20, help="seconds to shrink differences")
    return parser.parse_args()


def main():
    options = parse_arguments()
    start = time.monotonic()
    print(f"differential: seed {options.seed}", flush=True)
    try:
        oracles.DYNOXIDE.install()
    except oracles.Unavailable as why:
        print(f"differential: skipped, there is no dynoxide: {why}")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    numbers = list(range(options.requests))  # more than enough of them
    if options.round is not None:
        numbers = [options.round]
    result = Result()
    for part in in_processes(options, run_rounds, numbers):
        result.add(part)
    if options.shrink:
        for share in in_processes(options, shrink, list(result.findings.values())):
            result.findings.update((finding.difference.signature, finding) for finding in share)
    report(options, result, time.monotonic() - start)
    return 1 if result.findings or result.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
