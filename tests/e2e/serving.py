"""A `dynamount serve` under test, and requests to it byte by byte.

The process must end with 0 and without a word from the sanitizers.
"""

import contextlib
import json
import os
import re
import resource
import signal
import socket
import ssl
import subprocess
import time
import zlib

from mounting import CRASH, DYNAMOUNT, START_SECONDS, STOP_SECONDS, environment, wait_until

ANSWER_SECONDS = 20
SIGNATURE = (
    "AWS4-HMAC-SHA256 Credential=AK/20260101/us-east-1/dynamodb/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=00"
)


class Server:
    def __init__(self, directory, *options):
        self.directory = directory
        self.path = directory / "data"
        self.log = directory / "dynamount.log"
        self.options = options
        self.process = None
        self.url = None

    def start(self, open_files=None):
        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (open_files, open_files))

        command = [DYNAMOUNT, "serve", self.path, "--http", "127.0.0.1:0", *self.options]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                env=environment(self.directory), text=True, preexec_fn=limit if open_files else None,
            )
        return self.wait_until_up()

    def wait_until_up(self):
        line = self.process.stdout.readline()
        assert line.startswith("listening on "), f"{line!r}\n{self.log_tail()}"
        self.url = line.split()[-1]
        self.host, _, port = self.url.split("//")[1].rpartition(":")
        self.port = int(port)
        return self

    def stop(self, with_signal=signal.SIGTERM):
        self.process.send_signal(with_signal)
        self.expect_end()

    def expect_end(self):
        try:
            code = self.process.wait(STOP_SECONDS)
        finally:
            self.abandon()
        assert code == 0, f"dynamount ended with {code}:\n{self.log_tail()}"
        assert not CRASH.search(self.log_tail()), self.log_tail()

    def abandon(self):
        if self.process is not None:
            if self.process.poll() is None:
                self.process.kill()
            self.process.wait(STOP_SECONDS)
            self.process.stdout.close()
            self.process = None

    def log_tail(self, limit=20000):
        return self.log.read_bytes()[-limit:].decode(errors="replace") if self.log.exists() else ""

    def log_stacks(self):
        pass

    def threads(self):
        return self._status("Threads")

    def sockets(self):
        directory = f"/proc/{self.process.pid}/fd"
        count = 0
        for name in os.listdir(directory):
            with contextlib.suppress(FileNotFoundError):
                count += os.readlink(f"{directory}/{name}").startswith("socket:")
        return count

    def memory(self):
        """Resident bytes."""
        return self._status("VmRSS") * 1024

    def _status(self, name):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(rf"{name}:\s+(\d+)", status.read())[1])

    def client(self, service="dynamodb", region="us-east-1", key="AK", secret="SECRET", **config):
        import boto3
        from botocore.config import Config

        return boto3.client(
            service, endpoint_url=self.url, region_name=region,
            aws_access_key_id=key, aws_secret_access_key=secret, verify=False,
            config=Config(retries={"max_attempts": 1}, **config),
        )

    def resource(self):
        import boto3

        return boto3.resource(
            "dynamodb", endpoint_url=self.url, region_name="us-east-1",
            aws_access_key_id="AK", aws_secret_access_key="SECRET",
        )

    def kill9(self):
        self.abandon()

    def connect(self):
        return Connection(self.host, self.port)

    def call(self, operation, **members):
        """One request past any SDK; see api.py for refusals through one."""
        with self.connect() as connection:
            return connection.call(operation, members)


class Closed(Exception):
    """The server ended the connection."""


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        return json.loads(self.body)

    def error(self):
        """The exception's name."""
        return self.json()["__type"].split("#")[1]


class Connection:
    """One TCP connection. What is sent is up to the test."""

    def __init__(self, host, port, tls=None):
        self.socket = socket.create_connection((host, port), ANSWER_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname=host)
        self.received = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def _receive(self):
        try:
            piece = self.socket.recv(65536)
        except (ConnectionResetError, ssl.SSLEOFError):
            piece = b""
        if not piece:
            raise Closed
        self.received += piece

    def _take(self, count):
        while len(self.received) < count:
            self._receive()
        taken, self.received = self.received[:count], self.received[count:]
        return taken

    def read_head(self):
        while b"\r\n\r\n" not in self.received:
            self._receive()
        head = self._take(self.received.index(b"\r\n\r\n") + 4).decode()
        lines = head[:-4].split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:])
        return int(lines[0].split()[1]), {name.lower(): value for name, value in headers.items()}

    def answer(self, to_head=False):
        """The next answer, with its checksum checked."""
        status, headers = self.read_head()
        body = b"" if to_head else self._take(int(headers.get("content-length", 0)))
        if "x-amz-crc32" in headers and not to_head:
            assert int(headers["x-amz-crc32"]) == zlib.crc32(body)
        return Answer(status, headers, body)

    def is_closed(self, seconds=ANSWER_SECONDS):
        """Whether the server ends it in that time, without another byte."""
        self.socket.settimeout(seconds)
        try:
            piece = self.socket.recv(1)
        except TimeoutError:
            return False
        except ConnectionResetError:
            return True
        assert piece == b""
        return True

    def call(self, operation, body, **headers):
        self.send(request(operation, body, **headers))
        return self.answer()


def request(operation="ListTables", body=b"{}", method="POST", path="/", length=None, **headers):
    """The bytes of a request. A header given as None is left out; '_' stands for '-'."""
    if isinstance(body, dict):
        body = json.dumps(body).encode()
    all_headers = {
        "host": "127.0.0.1",
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": f"DynamoDB_20120810.{operation}",
        "x-amz-date": "20260101T000000Z",
        "authorization": SIGNATURE,
        "content-length": len(body) if length is None else length,
    }
    all_headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    lines = [f"{name}: {value}" for name, value in all_headers.items() if value is not None]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode() + body


@contextlib.contextmanager
def timed(at_most):
    start = time.monotonic()
    yield
    took = time.monotonic() - start
    assert took < at_most, f"took {took:.3f} s"


def http_door(mount):
    """The Server that is part of a mount."""
    wait_until(lambda: "listening on" in mount.log_tail(), START_SECONDS, "the address")
    server = Server(mount.directory)
    server.url = re.findall(r"listening on (\S+)", mount.log_tail())[-1]
    return server
