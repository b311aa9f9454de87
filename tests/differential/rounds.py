"""Rounds: new tables, some requests to every server, and a look at what they left.

1. A round depends on the seed and its number alone, so it can be run again.
2. Where a write went two ways, the items are compared at once; when they differ
   the round is over, because all that follows would differ too. After a difference
   about the extra tables, these are removed everywhere.
3. At the end of a round the items of all tables are compared, and the records
   of their streams.
"""

import random

import compare
import schemas
import servers
from generator import Generator, Request

REQUESTS = 60  # a round
WRITES = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}
WRITES |= {"ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"}
ABOUT_TABLES = {"CreateTable", "UpdateTable", "DeleteTable", "TagResource", "UntagResource"}
ABOUT_TABLES |= {"UpdateTimeToLive"}


class Round:
    def __init__(self, clients, seed, number, only=None):
        self.everyone = list(clients.values())
        self.clients = clients  # those that keep step, by name: "ours", "dynoxide" and perhaps "local"
        self.only = only  # these of the generator's methods
        self.rng = random.Random(f"{seed}/{number}")
        letters = "abc"[: self.rng.choice([1, 2, 2, 3])]
        self.tables = [schemas.random_table(self.rng, f"r{number}{letter}") for letter in letters]

    def everywhere(self, operation, body):
        return {name: client.call(operation, body) for name, client in self.clients.items()}

    def create(self):
        for table in self.tables:
            self.everywhere("CreateTable", table.creation())

    def remove_all(self):
        self.remove([table.name for table in self.tables] + schemas.EXTRA)

    def remove(self, names):
        for table in names:
            for client in self.everyone:
                remove_table(client, table)

    def ask(self, request):
        """The answers of all servers, and how ours differs from dynoxide's, or None."""
        if request.operation == "State":
            answers = {name: state(client, request) for name, client in self.clients.items()}
        elif request.walk:
            answers = {name: client.perform(request) for name, client in self.clients.items()}
        else:
            body = request.encoded()
            for client in self.clients.values():
                client.send(request.operation, body)
            answers = {name: client.receive() for name, client in self.clients.items()}
        return answers, difference(request, answers, [])

    def run(self, judge):
        """Yields how many requests were made; "judge" is told of each difference."""
        self.create()
        generator = Generator(self.rng, self.tables, self.only)
        history = []
        try:
            for _ in range(REQUESTS):
                request = generator.next()
                answers, found = self.ask(request)
                yield answers, found is None
                if found:
                    found.history = list(history)
                    judge(found)
                history.append(request)
                self.watch_local(request, answers)
                if found and request.operation in ABOUT_TABLES:
                    self.remove(schemas.EXTRA)
                if found and went_two_ways(found) and any(self.check(history)):
                    return
            for found in self.check(history):
                judge(found)
        finally:
            self.remove_all()

    def watch_local(self, request, answers):
        """Lets DynamoDB Local go when it did not write what we wrote."""
        if "local" in answers and request.operation in WRITES:
            if answers["local"].refused != answers["ours"].refused:
                del self.clients["local"]

    def check(self, history):
        """The differences between what ours and dynoxide hold."""
        for table in self.tables:
            for view in [None, table.view] if table.view else [None]:
                request = Request("State", {"TableName": table.name, "Stream": view})
                _, found = self.ask(request)
                if found:
                    found.history = list(history)
                    yield found


def state(client, request):
    name = request.body["TableName"]
    if request.body["Stream"]:
        found = [compare.plain(record) for record in servers.records(client, name)]
    else:
        found = [compare.plain(item) for item in servers.items(client, name)]
    return servers.Answer(200, {"Found": sorted(found, key=compare.text_of)})


def difference(request, answers, history):
    ours = compare.canonical(request, answers["ours"])
    theirs = compare.canonical(request, answers["dynoxide"])
    same = answers["ours"].status == answers["dynoxide"].status and ours == theirs
    return None if same else compare.Difference(request, answers, ours, theirs, history)


def went_two_ways(found):
    ours, theirs = found.answers["ours"], found.answers["dynoxide"]
    if found.request.operation.startswith("Batch"):
        return found.request.operation in WRITES
    return found.request.operation in WRITES and ours.refused != theirs.refused


def remove_table(client, name):
    answer = client.call("DeleteTable", {"TableName": name})
    if answer.refused and "protected" in answer.message:
        client.call("UpdateTable", {"TableName": name, "DeletionProtectionEnabled": False})
        client.call("DeleteTable", {"TableName": name})
