"""The HTTP door as a socket: connections, limits, signals, TLS, credentials."""

import concurrent.futures
import gzip
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import time
import urllib.request

import pytest
from botocore.exceptions import ClientError

from conftest import mounts
from mounting import DYNAMOUNT, environment, read, wait_until
from serving import ANSWER_SECONDS, Closed, Connection, Server, http_door, request, timed

MB = 1 << 20
LIMIT = 16 * MB
KEY = {"k": {"S": "a"}}
LISTENERS = 2  # the address, and the socket in the data directory


def create_table(server, name="Movies"):
    server.client().create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def serving(workdir, *options):
    server = Server(workdir, *options)
    mounts.append(server)
    return server


@pytest.fixture
def server(workdir):
    """A fresh data directory, served."""
    server = serving(workdir)
    try:
        yield server.start()
        if server.process is not None:
            server.stop()
    finally:
        server.abandon()
        mounts.remove(server)


@pytest.fixture
def start_server(workdir):
    """Starts servers with options."""
    started = []

    def start(*options):
        server = serving(workdir, *options)
        started.append(server)
        return server.start()

    yield start
    for server in started:
        try:
            if server.process is not None:
                server.stop()
        finally:
            server.abandon()
            mounts.remove(server)


def refused(*arguments, directory):
    """What the command says when it does not start."""
    result = subprocess.run(
        [DYNAMOUNT, *arguments], capture_output=True, text=True, timeout=20, env=environment(directory)
    )
    assert result.returncode != 0
    return result.stderr


# The protocol


def test_an_sdk_writes_and_reads(server):
    create_table(server)
    client = server.client()
    client.get_waiter("table_exists").wait(TableName="Movies")
    client.put_item(TableName="Movies", Item=KEY | {"n": {"N": "1"}})
    assert client.get_item(TableName="Movies", Key=KEY)["Item"] == KEY | {"n": {"N": "1"}}
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_item(TableName="Nowhere", Key=KEY)


def test_an_answer_has_the_service_s_headers(server):
    with server.connect() as connection:
        answer = connection.call("ListTables", b"{}")
    assert answer.status == 200
    assert answer.json() == {"TableNames": []}
    assert answer.headers["content-type"] == "application/x-amz-json-1.0"
    assert re.fullmatch("[0-9A-Z]{52}", answer.headers["x-amzn-requestid"])
    assert "x-amz-crc32" in answer.headers
    assert "date" in answer.headers
    assert "server" not in answer.headers


def test_health_is_told_without_a_signature(server):
    with urllib.request.urlopen(server.url) as answer:
        assert answer.read() == b"healthy: dynamodb.us-east-1.amazonaws.com "


def test_a_connection_is_kept(server):
    with server.connect() as connection:
        ids = [connection.call("ListTables", b"{}").headers["x-amzn-requestid"] for _ in range(50)]
    assert len(set(ids)) == 50


def test_http_1_0_closes_unless_asked_otherwise(server):
    with server.connect() as connection:
        connection.send(request().replace(b"HTTP/1.1", b"HTTP/1.0"))
        assert connection.answer().status == 200
        assert connection.is_closed()


def test_requests_sent_together_are_answered_in_order(server):
    names = [f"table{i}" for i in range(40)]
    with server.connect() as connection:
        connection.send(b"".join(request("DescribeTable", {"TableName": name}) for name in names))
        for name in names:
            assert name in connection.answer().json()["message"]


def test_a_request_may_come_byte_by_byte(server):
    with server.connect() as connection:
        for byte in request():
            connection.send(bytes([byte]))
        assert connection.answer().json() == {"TableNames": []}


def test_a_chunked_request_is_read(server):
    chunks = b"1\r\n{\r\n" + b"1;x=y\r\n}\r\n" + b"0\r\n\r\n"
    with server.connect() as connection:
        connection.send(request(body=b"", content_length=None, transfer_encoding="chunked") + chunks)
        assert connection.answer().json() == {"TableNames": []}
        assert connection.call("ListTables", b"{}").status == 200


def test_a_broken_chunk_is_answered(server):
    with server.connect() as connection:
        connection.send(request(body=b"", content_length=None, transfer_encoding="chunked"))
        connection.send(b"zz\r\n{}\r\n0\r\n\r\n")
        assert connection.answer().status == 400
        assert connection.is_closed()


def test_what_is_no_http_is_answered(server):
    for text in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"GET\r\n\r\n"):
        with server.connect() as connection:
            connection.send(text)
            try:
                assert connection.answer().status in (400, 404, 505)
            except Closed:
                pass  # it was no request
    with server.connect() as connection:
        assert connection.call("ListTables", b"{}").status == 200


def test_continue_is_sent_when_it_is_expected(server):
    with server.connect() as connection:
        connection.send(request(length=2, expect="100-continue", body=b""))
        assert connection.read_head()[0] == 100
        connection.send(b"{}")
        assert connection.answer().status == 200


def test_head_and_other_methods_are_not_found(server):
    for method in ("HEAD", "PUT", "DELETE", "PATCH", "TRACE", "FOO"):
        with server.connect() as connection:
            connection.send(request(method=method))
            answer = connection.answer(to_head=method == "HEAD")
            assert answer.status == 404, method


def test_packed_requests_and_answers(server):
    for i in range(40):
        create_table(server, f"a-table-with-a-long-name-to-be-packed-{i}")
    with server.connect() as connection:
        body = gzip.compress(b"{}")
        answer = connection.call("ListTables", body, content_encoding="gzip", accept_encoding="gzip")
        assert answer.headers["content-encoding"] == "gzip"
        assert len(json.loads(gzip.decompress(answer.body))["TableNames"]) == 40
        assert connection.call("ListTables", b"{}", content_encoding="gzip").error() == "SerializationException"


def test_a_browser_s_preflight_is_answered(server):
    with server.connect() as connection:
        connection.send(
            request(
                method="OPTIONS", body=b"", authorization=None, origin="http://page",
                access_control_request_method="POST", access_control_request_headers="x-amz-target",
            )
        )
        answer = connection.answer()
        assert answer.status == 200
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["access-control-allow-headers"] == "x-amz-target"
        assert answer.headers["access-control-allow-methods"] == "POST"
        answer = connection.call("ListTables", b"{}", origin="http://page")
        assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    "body, headers, status, error",
    [
        (b"{", {}, 400, "SerializationException"),
        (b"", {}, 400, "SerializationException"),
        (b"\xff", {}, 400, "SerializationException"),
        (b"[" * 100000, {}, 400, "SerializationException"),
        (b"{}", {"x_amz_target": "Nothing"}, 400, "UnknownOperationException"),
        (b"{}", {"x_amz_target": None}, 400, "UnknownOperationException"),
        (b"{}", {"authorization": None}, 400, "MissingAuthenticationTokenException"),
        (b"{}", {"authorization": "AWS4-HMAC-SHA256 x"}, 400, "IncompleteSignatureException"),
        (b'{"Limit": []}', {}, 400, "SerializationException"),
        (b'{"Limit": 1000}', {}, 400, "ValidationException"),
    ],
)
def test_a_bad_request_gets_the_service_s_exception(server, body, headers, status, error):
    with server.connect() as connection:
        answer = connection.call("ListTables", body, **headers)
        assert (answer.status, answer.error()) == (status, error)
        assert connection.call("ListTables", b"{}").status == 200  # and the connection stays


# Size


def padded(size):
    return b'{"a":"' + b"x" * (size - 8) + b'"}'


def test_a_body_of_16_mb_is_read_and_one_byte_more_refused(server):
    with server.connect() as connection:
        assert connection.call("ListTables", padded(LIMIT)).status == 200
        answer = connection.call("ListTables", padded(LIMIT + 1))
        assert (answer.status, answer.error()) == (413, "RequestEntityTooLargeException")
        assert connection.call("ListTables", b"{}").status == 200


def test_a_chunked_body_is_limited_too(server):
    chunk = b"100000\r\n" + b" " * MB + b"\r\n"
    with server.connect() as connection:
        connection.send(request(body=b"", content_length=None, transfer_encoding="chunked"))
        connection.send(chunk * 17 + b"0\r\n\r\n")
        assert connection.answer().status == 413


def test_a_body_that_is_announced_as_too_large_need_not_be_sent(server):
    with server.connect() as connection:
        connection.send(request(body=b"", length=LIMIT + 1, expect="100-continue"))
        assert connection.answer().status == 413
    with server.connect() as connection:
        connection.send(request(body=b"", length=1 << 40))
        assert connection.answer().status == 413


def test_a_bomb_is_refused(server):
    with server.connect() as connection:
        body = gzip.compress(b" " * (200 * MB), 9)
        with timed(at_most=10):
            answer = connection.call("ListTables", body, content_encoding="gzip")
        assert answer.status == 413


def test_headers_are_limited(server):
    with server.connect() as connection:
        connection.send(request(x_long="x" * 100000))
        assert connection.answer().status in (413, 431)
    with server.connect() as connection:
        assert connection.call("ListTables", b"{}").status == 200


def test_memory_is_given_back(server):
    with server.connect() as connection:
        connection.call("ListTables", b"{}")
        before = server.memory()
        for _ in range(3):
            connection.call("ListTables", padded(LIMIT))
        connection.call("ListTables", b"{}")
        if "address" not in os.environ.get("ASAN_OPTIONS", ""):
            assert server.memory() - before < 200 * MB


# Slow and many clients


def test_a_thousand_idle_connections_cost_others_nothing(server):
    idle = [server.connect() for _ in range(1000)]
    for connection in idle[::2]:
        connection.send(b"POST / HTTP/1.1\r\nhost: x\r\n")  # and no more
    for connection in idle[1::4]:
        connection.send(request(length=100))  # 98 bytes are missing
    with server.connect() as connection, timed(at_most=10):
        for _ in range(200):
            assert connection.call("ListTables", b"{}").status == 200
    assert server.threads() < 50
    for connection in idle:
        connection.socket.close()


def test_when_full_the_longest_idle_gives_way(server):
    server.stop()
    server.start(open_files=1024)
    connections = []
    try:
        with server.connect() as busy:
            busy.send(request(length=10))  # in the middle of a request
            for _ in range(900):
                connections.append(server.connect())
            with server.connect() as last:
                assert last.call("ListTables", b"{}").status == 200
            assert connections[0].is_closed()
            busy.send(b" " * 8)
            assert busy.answer().status == 200
    finally:
        for connection in connections:
            connection.socket.close()


def test_a_client_that_does_not_read_holds_up_nobody(server):
    create_table(server)
    client = server.client()
    for i in range(4):
        client.put_item(TableName="Movies", Item={"k": {"S": str(i)}, "v": {"S": "x" * 390000}})
    stuck = [server.connect() for _ in range(20)]
    for connection in stuck:
        connection.send(request("Scan", {"TableName": "Movies"}) * 12)
    with timed(at_most=20):
        assert client.scan(TableName="Movies", Limit=1)["Count"] == 1
    for connection in stuck:
        assert len(connection.answer().json()["Items"]) >= 2
        connection.socket.close()


def test_a_client_that_goes_away_disturbs_nobody(server):
    create_table(server)
    for _ in range(50):
        with server.connect() as connection:
            connection.send(request("PutItem", {"TableName": "Movies", "Item": KEY})[:-3])
        with server.connect() as connection:
            connection.send(request("Scan", {"TableName": "Movies"}))
    assert server.client().scan(TableName="Movies")["Count"] == 0
    wait_until(lambda: server.sockets() <= LISTENERS + 2, 10, "all but the listeners' closed")


def test_half_a_request_and_no_more_frees_its_connection(server):
    for data in (b"POST / HTTP/1.1\r\n", request()[:-1]):
        for _ in range(20):
            with server.connect() as connection:
                connection.send(data)
    wait_until(lambda: server.sockets() == LISTENERS, 10, "all but the listeners' closed")


def test_a_client_that_sends_no_more_gets_its_answer(server):
    for _ in range(20):
        with server.connect() as connection:
            connection.send(request())
            connection.socket.shutdown(socket.SHUT_WR)
            assert connection.answer().status == 200


def test_many_clients_at_once(server):
    create_table(server)

    def work(number):
        with server.connect() as connection:
            for i in range(50):
                item = {"k": {"S": f"{number}-{i}"}}
                body = {"TableName": "Movies", "Item": item}
                assert connection.call("PutItem", body).status == 200

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(16)))
    assert server.client().scan(TableName="Movies", Select="COUNT")["Count"] == 800


# The end


@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it(server, with_signal):
    with server.connect() as idle:
        with timed(at_most=5):
            server.stop(with_signal)
        assert idle.is_closed()


def test_what_is_asked_is_answered_before_the_end(server):
    create_table(server)
    with server.connect() as connection:
        whole = request("PutItem", {"TableName": "Movies", "Item": KEY})
        connection.send(whole[:-5])
        time.sleep(0.1)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        connection.send(whole[-5:])
        answer = connection.answer()
        assert (answer.status, answer.body) == (200, b"{}")
        assert answer.headers["connection"].lower() == "close"
        assert connection.is_closed()
    server.expect_end()
    server.start()
    assert server.client().get_item(TableName="Movies", Key=KEY)["Item"] == KEY


def test_nothing_that_was_answered_is_lost_under_load(server):
    create_table(server)
    answered = []

    def work(number):
        with server.connect() as connection:
            for i in range(100000):
                key = f"{number}-{i}"
                try:
                    body = {"TableName": "Movies", "Item": {"k": {"S": key}}}
                    answer = connection.call("PutItem", body)
                except (Closed, OSError):
                    return
                assert answer.status == 200, answer.body
                answered.append(key)
                if answer.headers.get("connection", "").lower() == "close":
                    return

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        workers = [pool.submit(work, i) for i in range(8)]
        time.sleep(1)
        server.stop()
        for worker in workers:
            worker.result(ANSWER_SECONDS)
    assert len(answered) > 100
    server.start()
    pages = server.client().get_paginator("scan").paginate(TableName="Movies")
    stored = {item["k"]["S"] for page in pages for item in page["Items"]}
    assert set(answered) <= stored


def test_it_starts_quickly(workdir, start_server):
    start_server().stop()
    before = time.monotonic()
    server = start_server()
    with server.connect() as connection:
        assert connection.call("ListTables", b"{}").status == 200
    assert time.monotonic() - before < 2  # 50 ms are promised, without sanitizers


# Both doors


def test_the_mount_and_http_show_the_same(mount):
    mount.stop()
    mount.start("http=127.0.0.1:0")
    server = http_door(mount)
    create_table(server)
    client = server.client()
    client.put_item(TableName="Movies", Item=KEY | {"n": {"N": "1"}})
    assert json.loads(read(mount / "Movies" / "a.json")) == {"k": "a", "n": 1}
    client.put_item(TableName="Movies", Item=KEY | {"n": {"N": "2"}})
    wait_until(lambda: json.loads(read(mount / "Movies" / "a.json"))["n"] == 2, 5, "the change")
    (mount / "Movies" / "b.json").write_text('{"n": 3}')
    assert client.get_item(TableName="Movies", Key={"k": {"S": "b"}})["Item"]["n"] == {"N": "3"}
    client.delete_item(TableName="Movies", Key={"k": {"S": "b"}})
    wait_until(lambda: not (mount / "Movies" / "b.json").exists(), 5, "the deletion")


def test_the_mount_does_not_start_without_its_http_door(mount, workdir):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (workdir / "other").mkdir()
        said = refused(
            "mount", workdir / "data2", workdir / "other", "--http", f"127.0.0.1:{port}", directory=workdir
        )
    assert f"Listening on 127.0.0.1:{port}: Address already in use" in said
    assert not os.path.ismount(workdir / "other")


# Options


def test_an_address_beyond_loopback_needs_credentials(workdir):
    for address in ("0.0.0.0:0", "[::]:0"):
        said = refused("serve", workdir / "data", "--http", address, directory=workdir)
        assert "--credentials is required" in said


def test_what_is_no_address_is_told(workdir):
    for address in ("8000", "127.0.0.1", "::1:80", "127.0.0.1:x"):
        said = refused("serve", workdir / "data", "--http", address, directory=workdir)
        assert "dynamount: " in said


def test_region_and_account_are_in_arns(start_server):
    server = start_server("--region", "eu-central-1", "--account", "000000000042")
    create_table(server)
    table = server.client().describe_table(TableName="Movies")["Table"]
    assert table["TableArn"] == "arn:aws:dynamodb:eu-central-1:000000000042:table/Movies"
    with urllib.request.urlopen(server.url) as answer:
        assert b"eu-central-1" in answer.read()


def test_ipv6_loopback(workdir):
    server = Server(workdir)
    server.process = subprocess.Popen(
        [DYNAMOUNT, "serve", workdir / "data", "--http", "[::1]:0"],
        stdout=subprocess.PIPE, text=True, env=environment(workdir),
    )
    mounts.append(server)
    try:
        server.log.touch()
        server.wait_until_up()
        assert server.url.startswith("http://[::1]:")
        assert server.client().list_tables()["TableNames"] == []
        server.stop()
    finally:
        server.abandon()
        mounts.remove(server)


# TLS


@pytest.fixture
def certificate(workdir):
    paths = workdir / "cert.pem", workdir / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
         "-out", paths[0], "-keyout", paths[1]],
        check=True, capture_output=True,
    )  # fmt: skip
    return paths


def test_https(start_server, certificate):
    server = start_server("--tls-cert", certificate[0], "--tls-key", certificate[1])
    assert server.url.startswith("https://127.0.0.1:")
    context = ssl.create_default_context(cafile=certificate[0])
    with Connection(server.host, server.port, context) as connection:
        for _ in range(20):
            assert connection.call("ListTables", b"{}").json() == {"TableNames": []}
        assert connection.call("ListTables", padded(4 * MB)).status == 200
    with server.connect() as connection:  # without TLS
        connection.send(request())
        with pytest.raises((Closed, UnicodeDecodeError)):
            connection.answer()
    with Connection(server.host, server.port, context) as connection:
        assert connection.call("ListTables", b"{}").status == 200


def test_a_bad_certificate_is_told(workdir, certificate):
    serve = ("serve", workdir / "data", "--http", "127.0.0.1:0")
    said = refused(*serve, "--tls-cert", certificate[0], directory=workdir)
    assert "--tls-cert and --tls-key need each other" in said
    said = refused(*serve, "--tls-cert", certificate[1], "--tls-key", certificate[1], directory=workdir)
    assert "Starting the HTTP listener failed" in said
    said = refused(*serve, "--tls-cert", "nowhere", "--tls-key", certificate[1], directory=workdir)
    assert "nowhere: No such file or directory" in said


# Credentials


def test_a_policy_knows_whether_a_request_came_by_https(start_server, certificate, workdir):
    plain = {
        "Effect": "Deny", "Action": "dynamodb:*", "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": False}},
    }  # fmt: skip
    anything = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}
    user = {"AccessKeyId": "AK", "SecretAccessKey": "SECRET", "Policies": [{"Statement": [anything, plain]}]}
    path = workdir / "credentials.json"
    path.write_text(json.dumps({"Credentials": [user]}))
    path.chmod(0o600)
    server = start_server("--credentials", path)
    with pytest.raises(ClientError, match="explicit deny"):
        server.client().list_tables()
    server.stop()
    server = start_server("--credentials", path, "--tls-cert", certificate[0], "--tls-key", certificate[1])
    assert server.client().list_tables()["TableNames"] == []


@pytest.fixture
def credentials(workdir):
    path = workdir / "credentials.json"
    users = [
        {"AccessKeyId": "ADMIN", "SecretAccessKey": "admin/secret", "UserName": "root"},
        {
            "AccessKeyId": "READER",
            "SecretAccessKey": "reader+secret",
            "UserName": "reader",
            "Operations": ["GetItem", "BatchGetItem", "ListTables", "*Statement"],
            "Tables": ["Mov*"],
        },
    ]
    path.write_text(json.dumps({"Credentials": users}))
    path.chmod(0o600)
    return path


@pytest.fixture
def guarded(start_server, credentials):
    server = start_server("--credentials", credentials)
    admin = server.client(key="ADMIN", secret="admin/secret")
    for name in ("Movies", "Other"):
        admin.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        admin.put_item(TableName=name, Item=KEY)
    return server


def denied(call, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_signed_request_is_served(guarded):
    reader = guarded.client(key="READER", secret="reader+secret")
    assert reader.get_item(TableName="Movies", Key=KEY)["Item"] == KEY
    assert reader.list_tables()["TableNames"] == ["Movies", "Other"]


def test_a_wrong_secret_is_refused(guarded):
    code, message = denied(guarded.client(key="ADMIN", secret="wrong").list_tables)
    assert code == "InvalidSignatureException"
    assert message.startswith("The request signature we calculated does not match")


def test_an_unknown_key_is_refused(guarded):
    code, message = denied(guarded.client(key="NOBODY").list_tables)
    assert (code, message) == (
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    )


def test_another_region_is_refused(guarded):
    client = guarded.client(key="ADMIN", secret="admin/secret", region="eu-west-1")
    code, message = denied(client.list_tables)
    assert code == "InvalidSignatureException"
    assert message == "Credential should be scoped to a valid region, not 'eu-west-1'."


def test_an_old_signature_is_refused(guarded):
    with guarded.connect() as connection:
        authorization = (
            "AWS4-HMAC-SHA256 Credential=ADMIN/20260101/us-east-1/dynamodb/aws4_request, "
            "SignedHeaders=host;x-amz-date;x-amz-target, Signature=00"
        )
        answer = connection.call("ListTables", b"{}", authorization=authorization)
    assert answer.error() == "InvalidSignatureException"
    assert answer.json()["message"].startswith("Signature expired: 20260101T000000Z is now earlier than")


def test_an_unsigned_request_is_refused(guarded):
    with guarded.connect() as connection:
        answer = connection.call("ListTables", b"{}", authorization=None)
    assert (answer.error(), answer.json()["message"]) == (
        "MissingAuthenticationTokenException",
        "Request is missing Authentication Token",
    )


def test_operations_that_are_not_allowed_are_denied(guarded):
    reader = guarded.client(key="READER", secret="reader+secret")
    assert denied(reader.put_item, TableName="Movies", Item=KEY) == (
        "AccessDeniedException",
        "User: arn:aws:iam::123456789012:user/reader is not authorized to perform: dynamodb:PutItem on "
        "resource: arn:aws:dynamodb:us-east-1:123456789012:table/Movies because no identity-based policy "
        "allows the dynamodb:PutItem action",
    )


def test_tables_that_are_not_allowed_are_denied(guarded):
    reader = guarded.client(key="READER", secret="reader+secret")
    code, message = denied(reader.get_item, TableName="Other", Key=KEY)
    assert code == "AccessDeniedException" and "table/Other" in message


def test_every_table_of_a_batch_must_be_allowed(guarded):
    reader = guarded.client(key="READER", secret="reader+secret")
    items = {"Movies": {"Keys": [KEY]}, "Other": {"Keys": [KEY]}}
    code, message = denied(reader.batch_get_item, RequestItems=items)
    assert code == "AccessDeniedException" and "table/Other" in message


def test_the_table_of_a_statement_must_be_allowed(guarded):
    reader = guarded.client(key="READER", secret="reader+secret")
    statement = """SELECT * FROM "%s" WHERE k = 'a'"""
    code, message = denied(reader.execute_statement, Statement=statement % "Other")
    assert code == "AccessDeniedException" and "table/Other" in message


def test_a_file_of_credentials_that_others_can_read_is_refused(workdir, credentials):
    credentials.chmod(0o644)
    said = refused("serve", workdir / "data", "--credentials", credentials, directory=workdir)
    assert "holds secrets, but others can read or change it" in said


def test_a_mistake_in_the_credentials_is_told(workdir, credentials):
    credentials.write_text('{"Credentials": [{"AccessKeyId": "x"}]}')
    said = refused("serve", workdir / "data", "--credentials", credentials, directory=workdir)
    assert "Credentials[0]: SecretAccessKey is missing" in said
