"""The servers that are compared, and the requests that go to them."""

import contextlib
import dataclasses
import http.client
import json
import pathlib
import signal
import socket
import subprocess
import tempfile
import time

import oracles

TREE = pathlib.Path(__file__).resolve().parents[2]
START_LIMIT = 60  # seconds
ANSWER_LIMIT = 30  # seconds
END_LIMIT = 30  # seconds
MOST_PAGES = 60
ACCOUNT = b"arn:aws:dynamodb:us-east-1:123456789012"  # ours
HEADERS = {
    "Content-Type": "application/x-amz-json-1.0",
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20250101/us-east-1/dynamodb/aws4_request,"
    " SignedHeaders=host, Signature=0",
    "X-Amz-Date": "20250101T000000Z",
}


@dataclasses.dataclass
class Answer:
    status: int  # 0: none came
    body: object

    @property
    def refused(self):
        return self.status != 200

    @property
    def exception(self):
        if not isinstance(self.body, dict):
            return "nothing"
        return str(self.body.get("__type", "untyped")).split("#")[-1]

    @property
    def message(self):
        if not isinstance(self.body, dict):
            return str(self.body)
        return str(self.body.get("message", self.body.get("Message", "")))

    @property
    def outcome(self):
        return f"{self.exception}: {self.message}" if self.refused else "success"


# Starting


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port):
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    return False


def wait_for(process, port):
    deadline = time.monotonic() + START_LIMIT
    while not listens(port):
        if process.poll() is not None:
            raise oracles.Unavailable(f"{process.args[0]} exited with {process.returncode}")
        if time.monotonic() > deadline:
            raise oracles.Unavailable(f"{process.args[0]} does not listen")
        time.sleep(0.02)


@contextlib.contextmanager
def served(command, port, account=None, **options):
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **options
    )
    try:
        wait_for(process, port)
        yield Client(port, account)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(END_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def dynoxide():
    port = free_port()
    command = [oracles.DYNOXIDE.install(), "--port", str(port)]
    return served(
        command, port, b"arn:aws:dynamodb:dynoxide:000000000000", stderr=subprocess.DEVNULL
    )


def local():
    """DynamoDB Local, with as few threads as it runs on."""
    jar = oracles.LOCAL.install()
    port = free_port()
    command = ["java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    command += ["-Djava.library.path=DynamoDBLocal_lib", "-jar", jar.name]
    command += ["-sharedDb", "-inMemory", "-port", str(port)]
    account = b"arn:aws:dynamodb:ddblocal:000000000000"
    return served(command, port, account, cwd=jar.parent, stderr=subprocess.DEVNULL)


@contextlib.contextmanager
def ours(build, complaints):
    """Our server on a new data directory; "complaints" gets what it printed."""
    port = free_port()
    program = pathlib.Path(build) / "tools" / "dynamount"
    with tempfile.TemporaryDirectory(prefix="dynamount-differential.") as directory:
        command = [program, "serve", f"{directory}/data", "--http", f"127.0.0.1:{port}"]
        with open(f"{directory}/log", "w+", encoding="utf-8", errors="replace") as log:
            with served(command, port, stderr=log) as client:
                yield client
            log.seek(0)
            complaints += [line.rstrip() for line in log]


# Asking


class Client:
    """One connection that is kept. ARNs in requests become those of the server's account."""

    def __init__(self, port, account=None):
        self.address = ("127.0.0.1", port)
        self.account = account or ACCOUNT
        self.connection = None

    def send(self, operation, body):
        streams = operation in STREAM_OPERATIONS
        body = body.replace(ACCOUNT, self.account)
        target = ("DynamoDBStreams_20120810." if streams else "DynamoDB_20120810.") + operation
        if self.connection is None:
            self.connection = http.client.HTTPConnection(*self.address, timeout=ANSWER_LIMIT)
        try:
            self.connection.request("POST", "/", body, {**HEADERS, "X-Amz-Target": target})
        except OSError:
            self.drop()

    def drop(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def receive(self):
        if self.connection is None:
            return Answer(0, "the connection broke")
        try:
            response = self.connection.getresponse()
            data = response.read()
        except (OSError, http.client.HTTPException) as error:
            self.drop()
            return Answer(0, f"no answer ({type(error).__name__})")
        if response.will_close:
            self.drop()
        try:
            return Answer(response.status, json.loads(data) if data else None)
        except ValueError:
            return Answer(response.status, data.decode(errors="replace"))

    def call(self, operation, body):
        self.send(operation, body if isinstance(body, bytes) else json.dumps(body).encode())
        return self.receive()

    def perform(self, request):
        """The answer to a request, or the sum of its pages."""
        if request.walk:
            return self.walk(request)
        return self.call(request.operation, request.encoded())

    def walk(self, request):
        last, start = PAGING[request.operation]
        body, pages, items = dict(request.body), 0, []
        counts = {}
        while pages < MOST_PAGES:
            answer = self.call(request.operation, body)
            if answer.refused or not isinstance(answer.body, dict):
                return answer
            pages += 1
            items += answer.body.get("Items", [])
            for name in "Count", "ScannedCount":
                if name in answer.body:
                    counts[name] = counts.get(name, 0) + answer.body[name]
            if last not in answer.body:
                break
            body[start] = answer.body[last]
        return Answer(200, {"Items": items, "Pages": pages, **counts})


PAGING = {
    "Query": ("LastEvaluatedKey", "ExclusiveStartKey"),
    "Scan": ("LastEvaluatedKey", "ExclusiveStartKey"),
    "ExecuteStatement": ("NextToken", "NextToken"),
}
STREAM_OPERATIONS = {"ListStreams", "DescribeStream", "GetShardIterator", "GetRecords"}


# State


def items(client, table):
    """All items of a table, in an order that does not depend on the server."""
    found, body = [], {"TableName": table, "ConsistentRead": True}
    while True:
        answer = client.call("Scan", body)
        if answer.refused:
            return [answer.outcome]
        found += answer.body.get("Items", [])
        if "LastEvaluatedKey" not in answer.body:
            return found
        body["ExclusiveStartKey"] = answer.body["LastEvaluatedKey"]


def records(client, table):
    """All records of a table's stream."""
    arn = client.call("DescribeTable", {"TableName": table}).body["Table"].get("LatestStreamArn")
    answer = client.call("DescribeStream", {"StreamArn": arn})
    if answer.refused:
        return [answer.outcome]
    found = []
    for shard in answer.body["StreamDescription"]["Shards"]:
        found += shard_records(client, arn, shard["ShardId"])
    return found


def shard_records(client, arn, shard):
    start = {"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    answer = client.call("GetShardIterator", start)
    found = []
    while not answer.refused:
        iterator = answer.body.get("ShardIterator") or answer.body.get("NextShardIterator")
        if not iterator:
            return found
        answer = client.call("GetRecords", {"ShardIterator": iterator})
        if not answer.refused:
            got = answer.body.get("Records", [])
            found += got
            if not got:
                return found
    return found + [answer.outcome]


