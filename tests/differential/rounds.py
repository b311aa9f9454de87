"""Rounds: new tables, some requests to every server, and a look at what they left.

1. A round depends on the seed and its number alone, so it can be run again.
2. Where a write went two ways, the other servers are given our items, because all
   that follows would differ too. After a difference about the extra tables, these
   are removed everywhere.
3. Other servers create an item where an update only removes; that is undone.
4. At the end of a round the items of all tables are compared, and the records
   of their streams.
"""

import random
import re

import compare
import schemas
import servers
from generator import Generator, Request

REQUESTS = 60  # a round
WRITES = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}
WRITES |= {"ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"}
REMOVES = re.compile(r"\s*(remove|delete)\b(?!.*\b(set|add)\b)", re.DOTALL)
ABOUT_TABLES = {"CreateTable", "UpdateTable", "DeleteTable", "TagResource", "UntagResource"}
ABOUT_TABLES |= {"UpdateTimeToLive"}


class Round:
    def __init__(self, clients, seed, number, only=None):
        self.everyone = list(clients.values())
        self.clients = clients  # those that keep step, by name: "ours", "dynoxide" and perhaps "local"
        self.unlike = set()  # tables whose streams have records that ours has not
        self.only = only  # these of the generator's methods
        self.rng = random.Random(f"{seed}/{number}")
        letters = "abc"[: self.rng.choice([1, 2, 2, 3])]
        names = [f"r{number}{letter}" for letter in letters]
        self.tables = [schemas.random_table(self.rng, name) for name in names]

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
                if not self.even_out(request, answers, found):
                    return
            for found in self.check(history):
                judge(found)
        finally:
            self.remove_all()

    def even_out(self, request, answers, found):
        """Lets all servers hold the same after a request; false when they cannot."""
        self.watch_local(request, answers)
        self.settle(request, answers)
        if found and request.operation in ABOUT_TABLES:
            self.remove(schemas.EXTRA)
        return not found or not went_two_ways(found) or self.repair()

    def watch_local(self, request, answers):
        """Lets DynamoDB Local go when it did not write what we wrote."""
        if "local" in answers and request.operation in WRITES:
            if answers["local"].refused != answers["ours"].refused:
                del self.clients["local"]

    def settle(self, request, answers):
        """Takes away what others created by an update that only removes; it creates nothing."""
        if answers["ours"].refused:
            return
        for table, key in only_removing(request):
            found = {"TableName": table, "Key": key}
            if "Item" not in (self.clients["ours"].call("GetItem", found).body or {}):
                self.unlike.add(table)
                for name in self.clients.keys() - {"ours"}:
                    self.clients[name].call("DeleteItem", found)

    def check(self, history):
        """The differences between what ours and dynoxide hold."""
        for table in self.tables:
            for view in self.views(table):
                request = Request("State", {"TableName": table.name, "Stream": view})
                _, found = self.ask(request)
                if found:
                    found.history = list(history)
                    yield found

    def repair(self):
        """Makes dynoxide hold the items that ours holds; false when it cannot be done."""
        ours, theirs = self.clients["ours"], self.clients["dynoxide"]
        for table in self.tables:
            wanted, found = (
                {compare.text_of(compare.plain(item)): item for item in found}
                for found in (servers.items(ours, table.name), servers.items(theirs, table.name))
            )
            if wanted.keys() == found.keys():
                continue
            self.unlike.add(table.name)
            self.clients.pop("local", None)
            for text in found.keys() - wanted.keys():
                if any(name not in found[text] for name, _ in table.keys):
                    return False
                key = {name: found[text][name] for name, _ in table.keys}
                theirs.call("DeleteItem", {"TableName": table.name, "Key": key})
            for text in wanted.keys() - found.keys():
                theirs.call("PutItem", {"TableName": table.name, "Item": wanted[text]})
        return not any(self.check([]))

    def views(self, table):
        """What to look at: the items, and the records of a stream."""
        return [None, table.view] if table.view and table.name not in self.unlike else [None]


def only_removing(request):
    """Tables and keys of the updates that only remove."""
    body = request.body if isinstance(request.body, dict) else {}
    updates = [body] if request.operation == "UpdateItem" else []
    if request.operation == "TransactWriteItems":
        updates = [action["Update"] for action in body["TransactItems"] if "Update" in action]
    for update in updates:
        legacy = update.get("AttributeUpdates") or {}
        deletes = [change.get("Action") == "DELETE" for change in legacy.values()]
        text = update.get("UpdateExpression", "").lower()
        if deletes and all(deletes) or REMOVES.match(text):
            yield update["TableName"], update["Key"]


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
