"""dynoxide, the peer: DynamoDB's API over SQLite, loaded with BatchWriteItem."""

import concurrent.futures
import contextlib
import http.client
import json
import socket
import subprocess
import time

from mounted import wait_until

CONNECTIONS = 16
BATCH = 25  # items; more BatchWriteItem does not take
HEADERS = {
    "Content-Type": "application/x-amz-json-1.0",
    "Authorization": "AWS4-HMAC-SHA256 Credential=bench/20250101/us-east-1/dynamodb/aws4_request,"
    " SignedHeaders=host, Signature=0",
    "X-Amz-Date": "20250101T000000Z",
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port):
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    return False


@contextlib.contextmanager
def served(program, database):
    """Runs the server on a database file; yields its port."""
    port = free_port()
    command = [program, "--port", str(port), "--db-path", database]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_until(lambda: answers(port), process)
        yield port
    finally:
        process.terminate()
        process.wait()


def call(connection, operation, body):
    headers = {**HEADERS, "X-Amz-Target": f"DynamoDB_20120810.{operation}"}
    connection.request("POST", "/", body=body, headers=headers)
    response = connection.getresponse()
    answer = response.read()
    if response.status != 200:
        raise RuntimeError(f"{operation}: {response.status} {answer.decode(errors='replace')}")
    return json.loads(answer)


def create_table(port, table, key):
    request = {
        "TableName": table,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
    }
    create(http.client.HTTPConnection("127.0.0.1", port), request)


def create(connection, request):
    """Makes a table and waits until it takes writes."""
    call(connection, "CreateTable", json.dumps(request))
    name = json.dumps({"TableName": request["TableName"]})
    while call(connection, "DescribeTable", name)["Table"]["TableStatus"] != "ACTIVE":
        time.sleep(0.02)


def typed(value):
    return {"N": str(value)} if isinstance(value, (int, float)) else {"S": value}


def batches(table, items):
    """The bodies of the requests that write "items", made before the clock runs."""
    puts = [
        {"PutRequest": {"Item": {name: typed(value) for name, value in item.items()}}}
        for item in items
    ]
    return [
        json.dumps({"RequestItems": {table: puts[i : i + BATCH]}}).encode()
        for i in range(0, len(puts), BATCH)
    ]


def send(port, bodies):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for body in bodies:
        if call(connection, "BatchWriteItem", body).get("UnprocessedItems"):
            raise RuntimeError("BatchWriteItem left items unprocessed")


def load(port, bodies):
    """The seconds that sending all "bodies" takes."""
    shares = [bodies[i::CONNECTIONS] for i in range(CONNECTIONS)]
    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
        for sent in [pool.submit(send, port, share) for share in shares]:
            sent.result()
    return time.monotonic() - start
