"""`.api/OPERATION`: any operation of the API, by a file."""

import concurrent.futures
import contextlib
import errno
import json
import os
import time

import pytest
from botocore.loaders import Loader

from asking import SHELLS, ask, rest_of, session
from conftest import module_mount_of
from mounting import changes, opened, read_text, refused, save
from serving import http_door

ENVELOPE = "1 validation error detected: "  # which people who read errors on the mount are spared
SERVICES = ("dynamodb", "dynamodbstreams", "cloudwatch")


@pytest.fixture(scope="module")
def doors(request):
    with module_mount_of(request, "api-files") as mount:
        mount.remount("http=127.0.0.1:0")
        table = mount.table("Users", "id:S")
        for n, name in enumerate("abc"):
            save(table / f"{name}.json", f'{{"age": {20 + n}}}')
        yield mount


@pytest.fixture(scope="module")
def server(doors):
    server = http_door(doors)
    server.host, _, port = server.url.split("//")[1].rpartition(":")
    server.port = int(port)
    return server


@pytest.fixture
def users(mount):
    table = mount.table("Users", "id:S")
    save(table / "a.json", '{"age": 20}')
    return table


def call(mount, operation, request):
    """The response, or the exception and the errno of the write."""
    text = request if isinstance(request, str) else json.dumps(request)
    number = None
    with session(mount / ".api" / operation) as fd:
        try:
            os.write(fd, text.encode())
        except OSError as error:
            number = error.errno
        answer = rest_of(fd).decode()
    return answer, number


def get(name):
    return {"TableName": "Users", "Key": {"id": {"S": name}}}


def put(name, **more):
    return {"TableName": "Users", "Item": {"id": {"S": name}}} | more


def api_operations():
    loader = Loader()
    models = [loader.load_service_model(service, "service-2") for service in SERVICES]
    return {name for model in models for name in model["operations"]}


# The directory


def test_ls_lists_the_operations(mount):
    names = os.listdir(mount / ".api")
    policies = {f"{verb}ResourcePolicy" for verb in ("Delete", "Get", "Put")}  # newer than some SDKs
    assert set(names) <= api_operations() | policies
    assert len(set(names)) == len(names) > 25
    assert {"PutItem", "GetItem", "Query", "CreateTable", "GetRecords", "ExecuteTransaction"} <= set(names)
    for name in names:
        assert os.stat(mount / ".api" / name).st_size == 0


def test_the_directory_itself_is_not_listed(mount):
    assert os.listdir(mount.path) == []


def test_an_operation_that_is_not_there_is_ENOENT_with_the_nearest_name(mount):
    for name, meant in (("PutItm", "PutItem"), ("putitem", "PutItem"), ("ListTable", "ListTables")):
        with refused(errno.ENOENT):
            read_text(mount / ".api" / name)
        with refused(errno.ENOENT):
            save(mount / ".api" / name, "{}")
        assert f"no operation {name}: is {meant} meant?" in mount.errors()
    with refused(errno.ENOENT):
        save(mount / ".api" / "Frobnicate", "{}")
    assert "no operation Frobnicate: ls .api lists those there are" in mount.errors()
    before = mount.errors()
    with refused(errno.ENOENT):
        read_text(mount / ".api" / ".editorconfig")
    assert mount.errors() == before


def test_nothing_is_made_moved_or_removed_in_it(mount):
    api = mount / ".api"
    save(mount / "x.tmp", "x")
    for code, act in (
        (errno.EPERM, lambda: os.mkdir(api / "New")),
        (errno.EPERM, lambda: os.rmdir(api)),
        (errno.EPERM, lambda: os.unlink(api / "PutItem")),
        (errno.ENOENT, lambda: os.symlink("PutItem", api / "New")),
        (errno.ENOENT, lambda: os.rename(mount / "x.tmp", api / "New")),
        (errno.EPERM, lambda: os.rename(api / "PutItem", mount / "y.tmp")),
        (errno.EPERM, lambda: os.chmod(api / "PutItem", 0o600)),
    ):
        with refused(code):
            act()


# Requests and responses


@pytest.mark.parametrize("shell", SHELLS)
def test_a_request_is_answered_on_its_descriptor(doors, shell):
    script = """
        exec 3<>.api/GetItem
        for id in a b; do
            echo '{"TableName": "Users", "Key": {"id": {"S": "'$id'"}}}' >&3
            jq -r .Item.age.N <&3
        done
    """
    assert doors.run(shell, "-c", script).stdout == "20\n21\n"


@pytest.mark.parametrize("shell", SHELLS)
def test_a_request_is_answered_to_the_next_reader(doors, shell):
    script = """
        echo '{"TableName": "Users", "Key": {"id": {"S": "b"}}}' > .api/GetItem
        cat .api/GetItem; cat .api/GetItem
    """
    line = '{"Item":{"id":{"S":"b"},"age":{"N":"21"}}}\n'
    assert doors.run(shell, "-c", script).stdout == line * 2


READS = [
    ("GetItem", get("a")),
    ("GetItem", get("nobody")),
    ("Query", {"TableName": "Users", "KeyConditionExpression": "id = :i",
               "ExpressionAttributeValues": {":i": {"S": "a"}}, "ReturnConsumedCapacity": "TOTAL"}),
    ("Scan", {"TableName": "Users", "Limit": 1}),
    ("BatchGetItem", {"RequestItems": {"Users": {"Keys": [{"id": {"S": "a"}}]}}}),
    ("TransactGetItems", {"TransactItems": [{"Get": get("b")}]}),
    ("ExecuteStatement", {"Statement": "SELECT * FROM Users WHERE id = 'c'"}),
    ("ListTables", {}),
    ("DescribeTable", {"TableName": "Users"}),
    ("DescribeLimits", {}),
    ("DescribeTimeToLive", {"TableName": "Users"}),
]  # fmt: skip

REFUSED = [
    ("GetItem", get("a") | {"TableName": "Nobody"}, errno.ENOENT),
    ("GetItem", {}, errno.EINVAL),
    ("GetItem", {"TableName": "Users", "Key": {"x": {"S": "a"}}}, errno.EINVAL),
    ("GetItem", {"TableName": 5}, errno.EINVAL),
    ("GetItem", [], errno.EINVAL),
    ("GetItem", '{"TableName": "Users", "Key": }', errno.EINVAL),
    ("PutItem", put("a", ConditionExpression="attribute_not_exists(id)"), errno.ECANCELED),
    ("PutItem", put("a", ConditionExpression="attribute_not_exists(id)",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD"), errno.ECANCELED),
    ("PutItem", put("a", ConditionExpression="a = = b"), errno.EINVAL),
    ("CreateTable", {"TableName": "Users", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                     "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                     "BillingMode": "PAY_PER_REQUEST"}, errno.EEXIST),
    ("TransactWriteItems", {"TransactItems": [{"ConditionCheck": get("a") | {
        "ConditionExpression": "attribute_not_exists(id)"}}]}, errno.ECANCELED),
    ("ExecuteStatement", {"Statement": "SELCT"}, errno.EINVAL),
]  # fmt: skip


@pytest.mark.parametrize("operation, request_", READS)
def test_a_response_is_that_of_HTTP_and_a_line_end(doors, server, operation, request_):
    with server.connect() as connection:
        expected = connection.call(operation, json.dumps(request_).encode()).body.decode()
    assert call(doors, operation, request_) == (expected + "\n", None)


@pytest.mark.parametrize("operation, request_, number", REFUSED)
def test_an_exception_fails_the_write_and_is_read_as_over_HTTP(doors, server, operation, request_, number):
    text = request_ if isinstance(request_, str) else json.dumps(request_)
    with server.connect() as connection:
        answer = connection.call(operation, text.encode())
    assert answer.status == 400
    expected = answer.body.decode().replace(ENVELOPE, "")
    assert call(doors, operation, text) == (expected + "\n", number)
    assert doors.errors().rstrip().rsplit("\n\n", 1)[-1].splitlines()[0].endswith(
        f"{errno.errorcode[number]} {answer.error()}"
    )


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_sees_that_a_request_failed_and_why(mount, users, shell):
    script = """
        exec 3<>.api/PutItem
        echo '{"TableName": "Users"}' >&3 || jq -r .__type <&3
        echo '{"TableName": "Users"}' > .api/PutItem || jq -r .__type .api/PutItem
        echo '{"TableName": "Users", "Item": {"id": {"S": "z"}}}' >&3 && cat <&3
    """
    expected = "com.amazon.coral.validate#ValidationException\n" * 2 + "{}\n"
    assert mount.run(shell, "-c", script).stdout == expected
    assert read_text(users / "z.json")


def test_what_is_not_JSON_fails_the_write_that_brings_it_with_a_caret(mount, users):
    with session(mount / ".api" / "PutItem") as fd:
        os.write(fd, b'{"TableName": "Users",\n')
        with refused(errno.EINVAL):
            os.write(fd, b'"Item": nonsense')
    assert "line 2, column 10:\n" in mount.errors()
    assert '"Item": nonsense\n         ^' in mount.errors()


def test_a_member_of_the_wrong_type_has_its_place_in_error(mount, users):
    with session(mount / ".api" / "GetItem") as fd, refused(errno.EINVAL):
        os.write(fd, b'{"TableName": 12}')
    assert '{"TableName": 12}\n              ^' in mount.errors()


def test_a_request_in_pieces_runs_when_it_is_complete(mount, users):
    text = json.dumps(put("z"))
    with changes(users, inserted=1), session(mount / ".api" / "PutItem") as fd:
        for character in text:
            assert not (users / "z.json").exists()
            os.write(fd, character.encode())
        assert (users / "z.json").exists()
        assert ask(fd, "\n") == "{}\n"


def test_a_write_runs_once_however_often_its_response_is_read(mount, users):
    request = {"TableName": "Users", "Key": {"id": {"S": "a"}}, "UpdateExpression": "ADD age :one",
               "ExpressionAttributeValues": {":one": {"N": "1"}}, "ReturnValues": "ALL_NEW"}  # fmt: skip
    with changes(users, modified=2):
        with session(mount / ".api" / "UpdateItem") as fd:
            answer = ask(fd, json.dumps(request) + "\n")
            assert json.loads(answer)["Attributes"]["age"] == {"N": "21"}
            assert [os.pread(fd, 1000, 0).decode() for _ in range(3)] == [answer] * 3
        save(mount / ".api" / "UpdateItem", json.dumps(request) + "\n")
        ages = [json.loads(read_text(mount / ".api" / "UpdateItem"))["Attributes"]["age"] for _ in range(2)]
        assert ages == [{"N": "22"}] * 2


def test_what_an_operation_changes_is_seen_by_the_next_command(mount, users):
    script = """
        cat Users/a.json > /dev/null; stat Users/a.json > /dev/null; ls Users > /dev/null
        echo '{"TableName": "Users", "Item": {"id": {"S": "a"}, "n": {"N": "5"}}}' > .api/PutItem
        jq .n Users/a.json
        echo '{"TableName": "Users", "Key": {"id": {"S": "a"}}}' > .api/DeleteItem
        ls Users
        echo '{"TableName": "New", "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST"}' > .api/CreateTable
        ls
        echo '{"k": "x"}' > New/x.json
        echo '{"TableName": "Users"}' > .api/DeleteTable
        ls
    """
    assert mount.bash(script).stdout.split() == ["5", "New", "Users", "New"]


def test_many_requests_run_over_one_descriptor(mount, users):
    with changes(users, inserted=300), session(mount / ".api" / "PutItem") as fd:
        for n in range(300):
            assert ask(fd, json.dumps(put(f"n{n}")) + "\n") == "{}\n"


def test_streams_are_read_by_files(mount, users):
    save(users / "b.json", "{}")
    arn = json.loads(call(mount, "DescribeTable", {"TableName": "Users"})[0])["Table"]["LatestStreamArn"]
    stream = json.loads(call(mount, "DescribeStream", {"StreamArn": arn})[0])["StreamDescription"]
    request = {"StreamArn": arn, "ShardId": stream["Shards"][0]["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    iterator = json.loads(call(mount, "GetShardIterator", request)[0])["ShardIterator"]
    records = json.loads(call(mount, "GetRecords", {"ShardIterator": iterator})[0])["Records"]
    assert [one["dynamodb"]["Keys"]["id"]["S"] for one in records] == ["a", "b"]


def test_an_answer_without_a_body_is_empty(mount, users):
    arn = json.loads(call(mount, "DescribeTable", {"TableName": "Users"})[0])["Table"]["TableArn"]
    request = {"ResourceArn": arn, "Tags": [{"Key": "k", "Value": "v"}]}
    assert call(mount, "TagResource", request) == ("", None)
    tags = json.loads(call(mount, "ListTagsOfResource", {"ResourceArn": arn})[0])["Tags"]
    assert tags == [{"Key": "k", "Value": "v"}]


# Reading without writing


def test_an_operation_that_needs_nothing_is_run_by_reading_it(mount, users):
    assert read_text(mount / ".api" / "ListTables") == '{"TableNames":["Users"]}\n'
    assert json.loads(read_text(mount / ".api" / "DescribeLimits"))
    assert json.loads(read_text(mount / ".api" / "ListStreams"))["Streams"]
    with session(mount / ".api" / "ListTables") as fd:
        assert rest_of(fd) == b'{"TableNames":["Users"]}\n'


def test_an_operation_that_needs_something_is_ENODATA_with_a_hint(mount):
    needless = set()
    for name in os.listdir(mount / ".api"):
        try:
            read_text(mount / ".api" / name)
            needless.add(name)
        except OSError as error:
            assert error.errno == errno.ENODATA
    others = {f"List{what}" for what in ("Backups", "ContributorInsights", "Exports", "Imports", "Metrics")}
    others |= {"DescribeAlarms", "DescribeAlarmHistory"}
    assert needless == others | {"ListTables", "ListStreams", "DescribeLimits", "DescribeEndpoints"}
    assert "no request was written" in mount.errors()


# Long, and never ending


def test_a_request_of_many_megabytes_is_taken(mount, users):
    puts = [{"PutRequest": {"Item": {"id": {"S": f"n{n}"}, "t": {"S": "x" * 390000}}}} for n in range(25)]
    with changes(users, inserted=25):
        answer = call_long(mount, "BatchWriteItem", {"RequestItems": {"Users": puts}})
    assert json.loads(answer)["UnprocessedItems"] == {}
    keys = [{"id": {"S": f"n{n}"}} for n in range(25)]
    answer = call_long(mount, "BatchGetItem", {"RequestItems": {"Users": {"Keys": keys}}})
    assert len(json.loads(answer)["Responses"]["Users"]) == 25


def call_long(mount, operation, request):
    with open(mount / ".api" / operation, "r+b", buffering=0) as file:
        data = memoryview(json.dumps(request).encode())
        while data:
            data = data[file.write(data) :]
        return file.readall()


def test_a_request_over_sixteen_megabytes_is_EFBIG(mount, users):
    with session(mount / ".api" / "PutItem") as fd, refused(errno.EFBIG):
        os.write(fd, b'{"TableName": "')
        for _ in range(200):
            os.write(fd, b"x" * (1 << 17))


LONG_PIECE = b"1," * (1 << 19)
LONG_TEXT = b'"' + b"x" * ((1 << 20) - 3) + b'",'


def write_long(fd, megabytes=15, piece=LONG_PIECE):
    """The beginning of a request that takes much memory to parse, if its pieces do."""
    os.write(fd, b'{"a": [')
    for _ in range(megabytes):
        os.write(fd, piece)


@pytest.mark.limit(150)
def test_unfinished_requests_have_256_MB_together_and_no_more_in_memory(mount, users):
    with contextlib.ExitStack() as stack:
        before = mount.memory()
        with refused(errno.EDQUOT):
            for _ in range(18):
                write_long(stack.enter_context(session(mount / ".api" / "PutItem")))
        assert mount.memory() - before < 512 << 20
        answer, number = call(mount, "GetItem", get("a"))
        assert "Item" in json.loads(answer) and number is None
    with session(mount / ".api" / "PutItem") as fd:
        write_long(fd, piece=LONG_TEXT)  # as long, and quickly parsed
        with refused(errno.EINVAL):
            os.write(fd, b"]")


def test_long_requests_keep_no_quick_one_waiting(mount, users):
    """Each is parsed for a good part of a second, one after the other."""

    def write(operation):
        with session(mount / ".api" / operation) as fd:
            write_long(fd, 2)
            with contextlib.suppress(OSError):  # of those that need another member
                os.write(fd, b"1]}")

    operations = sorted(set(os.listdir(mount / ".api")) - {"GetItem"})[:12]
    with concurrent.futures.ThreadPoolExecutor(len(operations)) as pool:
        writers = [pool.submit(write, operation) for operation in operations]
        slowest = 0
        while not all(writer.done() for writer in writers):
            start = time.monotonic()
            call(mount, "GetItem", get("a"))
            slowest = max(slowest, time.monotonic() - start)
        for writer in writers:
            writer.result()
    assert slowest < 3


def test_a_request_that_never_ends_is_EINVAL_at_close_and_in_error(mount, users):
    with changes(users):
        with refused(errno.EINVAL), opened(mount / ".api" / "PutItem", os.O_WRONLY) as fd:
            os.write(fd, b'{"TableName": "Users", ')
        mount.wait_for_error("path: .api/PutItem", '{"TableName": "Users",')


def test_an_unfinished_request_is_judged_by_reading(mount, users):
    with session(mount / ".api" / "PutItem") as fd:
        os.write(fd, b'{"TableName": "Users", ')
        with refused(errno.EINVAL):
            os.read(fd, 100)
        assert "SerializationException" in os.read(fd, 1000).decode()
