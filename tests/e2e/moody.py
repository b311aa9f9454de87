"""A DynamoDB of one table that has its moods: it throttles, fails, and leaves items unprocessed."""

import collections
import contextlib
import http.server
import json
import threading

TABLE = {
    "TableName": "Tab", "TableStatus": "ACTIVE", "TableId": "0", "TableArn": "arn:aws:dynamodb:x:1:table/Tab",
    "ItemCount": 0, "TableSizeBytes": 0, "CreationDateTime": 1,
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
}


class Moody(http.server.ThreadingHTTPServer):
    """Answers each BatchWriteItem in the next mood of the list, then as it should."""

    daemon_threads = True

    def __init__(self, moods):
        super().__init__(("127.0.0.1", 0), Handler)
        self.moods = collections.deque(moods)
        self.items = {}
        self.requests = 0
        self.lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self.server_port}"

    def answer(self, operation, body):
        if operation == "DescribeTable":
            return 200, {"Table": TABLE}
        with self.lock:
            self.requests += 1
            mood = self.moods.popleft() if self.moods else "good"
            return getattr(self, mood)(body["RequestItems"]["Tab"])

    def store(self, requests):
        for request in requests:
            members = request["PutRequest"]["Item"]
            self.items[members["id"]["S"]] = members

    def good(self, requests):
        self.store(requests)
        return 200, {"UnprocessedItems": {}}

    def lazy(self, requests):
        """Stores but the first half."""
        kept = len(requests) // 2
        self.store(requests[:kept])
        return 200, {"UnprocessedItems": {"Tab": requests[kept:]}}

    def idle(self, requests):
        return 200, {"UnprocessedItems": {"Tab": requests}}

    def throttled(self, _):
        return failure(400, "ProvisionedThroughputExceededException")

    def broken(self, _):
        return failure(500, "InternalServerError")

    def conflicting(self, _):
        return failure(400, "TransactionConflictException")

    def strict(self, requests):
        """Takes no item whose text is bad, and then none of the batch."""
        if any(request["PutRequest"]["Item"].get("text") == {"S": "bad"} for request in requests):
            return failure(400, "ValidationException")
        return self.good(requests)

    def forbidding(self, _):
        return failure(400, "AccessDeniedException")


def failure(status, exception):
    return status, {"__type": f"com.amazonaws.dynamodb.v20120810#{exception}", "message": f"told: {exception}"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        status, answer = self.server.answer(self.headers["x-amz-target"].split(".")[1], body)
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def moody(*moods):
    with Moody(moods) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
