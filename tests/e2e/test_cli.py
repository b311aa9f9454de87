"""The commands that ask and change tables, over every door they can take."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import time

import pytest

import cli
from cli import WAYS, Way, lines, started, way_of
from conftest import module_directory, mounted, served
from mounting import DYNAMOUNT, environment, read_text, save

MOVIES = [
    {"year": 2013, "title": "Gravity", "rating": 8.2, "info": {"genres": ["Drama"]}},
    {"year": 2013, "title": "Prisoners", "rating": 8.1},
    {"year": 2013, "title": "Rush", "rating": 8.3},
    {"year": 2014, "title": "Interstellar", "rating": 8.6},
]
KEY = {"year": {"N": "2013"}, "title": {"S": "Rush"}}


def typed(movie):
    def value(v):
        if isinstance(v, str):
            return {"S": v}
        if isinstance(v, list):
            return {"L": [value(x) for x in v]}
        if isinstance(v, dict):
            return {"M": {k: value(x) for k, x in v.items()}}
        return {"N": str(v)}

    return {name: value(v) for name, v in movie.items()}


def fill(way):
    way.run("create", way.table(), "year:N title:S")
    for movie in MOVIES:
        way.call("PutItem", TableName="Movies", Item=typed(movie))


@pytest.fixture(scope="module")
def directories(request):
    """A mount, a server, and a data directory that nobody has open, filled alike."""
    with module_directory(request, "cli") as path:
        for name in ("mounted", "served", "alone"):
            (path / name).mkdir()
        with mounted(path / "mounted") as mount, served(path / "served") as server:
            mount.start()
            server.start()
            with served(path / "alone") as maker:
                maker.start()
            alone = path / "alone" / "data"
            yield mount, server, alone
            mount.stop()


@pytest.fixture(scope="module")
def filled(directories):
    for name in ("mount", "url", "data-alone"):
        fill(way_of(name, directories))
    return directories


@pytest.fixture(params=WAYS)
def way(request, filled):
    return way_of(request.param, filled)


@pytest.fixture
def alone(filled):
    return way_of("data-alone", filled)


# tables


def test_tables_lists_the_names(way):
    assert "Movies" in way.run("tables", way.root).stdout.splitlines()


def test_tables_l_tells_what_they_are(way):
    heading, *rows = way.run("tables", "-l", way.root).stdout.splitlines()
    assert heading.split() == ["TABLE", "STATUS", "ITEMS", "BYTES", "KEY", "INDEXES"]
    (row,) = [row.split() for row in rows if row.startswith("Movies ")]
    assert (row[1], row[2], row[4:]) == ("ACTIVE", "4", ["year:N", "title:S", "-"])
    assert int(row[3]) > 100


def test_tables_l_aligns_its_columns(way):
    heading, *rows = way.run("tables", way.root, "--long").stdout.splitlines()
    at = heading.index("KEY")
    assert all(row[at - 1] == " " and row[at] != " " for row in rows)


def test_tables_of_a_data_directory_without_any_prints_nothing(workdir):
    with served(workdir) as server:
        server.start()
    assert cli.run("tables", "data", cwd=workdir).stdout == ""


def test_more_than_a_hundred_tables_are_all_listed(workdir):
    with served(workdir) as server:
        client = server.start().client()
        for i in range(105):
            client.create_table(
                TableName=f"table-{i:03}", BillingMode="PAY_PER_REQUEST",
                KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
            )  # fmt: skip
        for where in ("data", server.url):
            names = cli.run("tables", where, cwd=workdir).stdout.split()
            assert names == [f"table-{i:03}" for i in range(105)]


def test_indexes_are_named(way):
    way.call(
        "CreateTable", TableName="Indexed", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in "kg"],
        GlobalSecondaryIndexes=[{
            "IndexName": "by-g", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }],
    )  # fmt: skip
    row = way.run("tables", "-l", way.root).stdout.splitlines()[1]
    assert row.split()[-1] == "by-g"
    way.call("DeleteTable", TableName="Indexed")


# query and explain


def titles(items):
    return [item["title"] for item in items]


def test_query_answers_a_condition_as_JSON_Lines(way):
    assert way.query("year = 2013 AND rating > 8.15") == [MOVIES[0], MOVIES[2]]


def test_query_answers_a_statement(way):
    assert way.query("SELECT title FROM Movies WHERE year = 2014") == [{"title": "Interstellar"}]


def test_query_answers_a_request(way):
    request = {
        "KeyConditionExpression": "#y = :y", "ExpressionAttributeNames": {"#y": "year"},
        "ExpressionAttributeValues": {":y": {"N": "2013"}}, "ScanIndexForward": False,
    }  # fmt: skip
    assert titles(way.query(json.dumps(request))) == ["Rush", "Prisoners", "Gravity"]


@pytest.mark.parametrize("argument", [[], ["-"]])
def test_query_takes_the_question_from_standard_input(way, argument):
    assert way.query(*argument, input="year = 2014\n") == [MOVIES[3]]


def test_no_question_asks_for_every_item(way):
    assert sorted(titles(way.query(""))) == sorted(titles(MOVIES))


def test_a_statement_that_writes_does_so(way):
    way.query("UPDATE Movies SET seen = true WHERE year = 2014 AND title = 'Interstellar'")
    assert way.query("seen = true") == [{**MOVIES[3], "seen": True}]
    way.query("UPDATE Movies REMOVE seen WHERE year = 2014 AND title = 'Interstellar'")


@pytest.mark.parametrize("option", [["--limit=2"], ["--limit", "2"], ["-n2"]])
def test_limit_ends_the_answer(way, option):
    assert way.query("year = 2013", *option) == MOVIES[:2]


@pytest.mark.parametrize("limit", ["0", "-1", "x", "", "1x"])
def test_a_limit_that_is_no_number_is_a_wrong_call(alone, limit):
    result = alone.run("query", alone.table(), "x = 1", f"--limit={limit}", check=False)
    assert result.returncode == 2
    assert f"'{limit}'" in result.stderr


def test_a_mistake_is_shown_with_a_caret(way):
    result = way.run("query", way.table(), "year = 2013 AND rating >> 8", check=False)
    assert (result.returncode, result.stdout) == (1, "")
    message, *excerpt = result.stderr.splitlines()
    assert message.startswith("dynamount: ")
    assert excerpt[1] == "year = 2013 AND rating >> 8"
    assert excerpt[2].index("^") == excerpt[1].index(">>") + 1


def test_the_caret_stands_in_the_line_of_the_mistake(alone):
    result = alone.run("query", alone.table(), input="year = 2013\nAND rating >> 8\n", check=False)
    assert "line 2, column" in result.stderr
    assert "\nAND rating >> 8\n" in result.stderr


def test_explain_tells_the_plan(way):
    out = way.run("explain", way.table(), "year = 2013 AND title > 'H' AND rating > 8").stdout
    assert "key" in out.splitlines()[0] and "Movies" in out.splitlines()[0]
    assert "rating > 8" in out
    out = way.run("explain", way.table(), "rating > 8").stdout
    assert "scan" in out.splitlines()[0]


def test_explain_is_the_same_by_every_way(filled):
    plans = {
        way_of(name, filled).run("explain", way_of(name, filled).table(), "year = 2013").stdout
        for name in WAYS
    }
    assert len(plans) == 1


def test_explain_of_a_statement_that_writes_changes_nothing(way):
    way.run("explain", way.table(), "DELETE FROM Movies WHERE year = 2013 AND title = 'Rush'")
    assert MOVIES[2] in way.query("year = 2013")


@pytest.mark.parametrize("command", ["query", "explain", "tail"])
def test_a_table_that_is_not_there_is_named(way, command):
    question = [] if command == "tail" else ["x = 1"]
    result = way.run(command, way.table("Nowhere"), *question, check=False)
    assert result.returncode == 1
    assert result.stderr == "dynamount: Requested resource not found: Table: Nowhere not found\n"


# call


def test_call_answers_with_the_response(way):
    assert way.call("GetItem", TableName="Movies", Key=KEY) == {"Item": typed(MOVIES[2])}


@pytest.mark.parametrize("argument", [[], ["-"]])
def test_call_takes_the_request_from_standard_input(way, argument):
    request = json.dumps({"TableName": "Movies", "Key": KEY})
    result = way.run("call", way.root, "GetItem", *argument, input=request)
    assert json.loads(result.stdout) == {"Item": typed(MOVIES[2])}


def test_no_request_is_the_empty_one(way):
    assert "Movies" in json.loads(way.run("call", way.root, "ListTables").stdout)["TableNames"]


def test_nothing_is_read_from_a_terminal(alone):
    main, terminal = os.openpty()
    try:
        result = alone.run("call", alone.root, "ListTables", stdin=terminal, timeout=30)
    finally:
        os.close(main)
        os.close(terminal)
    assert "Movies" in result.stdout


def test_an_answer_is_one_line(way):
    out = way.run("call", way.root, "ListTables", "{}").stdout
    assert out.count("\n") == 1 and out.endswith("\n")


def test_an_exception_is_the_services_JSON_and_a_message(way):
    request = json.dumps({
        "TableName": "Movies", "Item": KEY, "ConditionExpression": "attribute_not_exists(title)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    })  # fmt: skip
    result = way.run("call", way.root, "PutItem", request, check=False)
    assert result.returncode == 1
    assert json.loads(result.stdout) == {
        "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
        "message": "The conditional request failed",
        "Item": typed(MOVIES[2]),
    }
    assert result.stderr == (
        "dynamount: ConditionalCheckFailedException: The conditional request failed\n"
    )


def test_a_request_that_is_no_JSON_is_told(way):
    result = way.run("call", way.root, "GetItem", "{", check=False)
    assert result.returncode == 1
    assert "SerializationException" in result.stdout + result.stderr
    assert "'}'" in result.stderr and "line 1, column 2:\n{\n ^\n" in result.stderr


def test_an_answer_without_a_body_prints_nothing(way):
    arn = way.call("DescribeTable", TableName="Movies")["Table"]["TableArn"]
    tags = json.dumps({"ResourceArn": arn, "Tags": [{"Key": "a", "Value": "b"}]})
    assert way.run("call", way.root, "TagResource", tags).stdout == ""
    assert {"Key": "a", "Value": "b"} in way.call("ListTagsOfResource", ResourceArn=arn)["Tags"]


def test_operations_on_streams_are_called_too(way):
    (stream,) = way.call("ListStreams", TableName="Movies")["Streams"]
    described = way.call("DescribeStream", StreamArn=stream["StreamArn"])
    assert described["StreamDescription"]["StreamStatus"] == "ENABLED"


@pytest.mark.parametrize(
    "name, meant", [("getitem", "GetItem"), ("PutItm", "PutItem"), ("Transact", "TransactGetItems")]
)
def test_an_unknown_operation_is_told_with_the_nearest_names(alone, name, meant):
    result = alone.run("call", alone.root, name, "{}", check=False)
    assert (result.returncode, result.stdout) == (2, "")
    assert f"'{name}' is no operation; did you mean " in result.stderr
    assert meant in result.stderr


def test_an_unknown_operation_without_a_like_is_told(alone):
    result = alone.run("call", alone.root, "Xyzzy" * 10, "{}", check=False)
    assert result.returncode == 2
    assert "did you mean" not in result.stderr


def test_call_list_names_every_operation(alone):
    names = [line.split()[0] for line in alone.run("call", "--list").stdout.splitlines()]
    assert {"GetItem", "Query", "GetRecords", "ExecuteStatement"} <= set(names)
    assert len(names) == len(set(names)) == 56


def test_call_help_tells_the_members_of_an_operation(alone):
    out = alone.run("call", "--help", "CreateTable").stdout
    request = out.split("request:")[1].split("answer:")[0]
    members = {line.split()[0]: line.split(maxsplit=1)[1] for line in request.splitlines() if line}
    assert members["TableName"].startswith("string, required")
    assert "PAY_PER_REQUEST" in members["BillingMode"]
    assert "    AttributeName " in request, "members of structures are shown"


def test_call_help_works_for_every_operation(alone):
    for line in alone.run("call", "--list").stdout.splitlines():
        name, help = line.split(maxsplit=1)
        out = alone.run("call", "--help", name).stdout
        assert name in out and help in out and "request:" in out


# create


def test_create_makes_a_table_as_schema_does(way):
    way.run("create", way.table("Made"), "id:S at:N")
    table = way.call("DescribeTable", TableName="Made")["Table"]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    assert [k["AttributeName"] for k in table["KeySchema"]] == ["id", "at"]
    way.call("DeleteTable", TableName="Made")


def test_create_takes_the_schema_of_another_table(filled):
    mount, server, _ = filled
    schema = read_text(mount / "Movies/.schema")
    way = way_of("url", filled)
    way.run("create", way.table("Clone"), input=schema)
    clone = way.call("DescribeTable", TableName="Clone")["Table"]
    assert clone["KeySchema"] == way.call("DescribeTable", TableName="Movies")["Table"]["KeySchema"]
    way.call("DeleteTable", TableName="Clone")


def test_a_table_made_is_seen_in_the_mount_at_once(filled):
    mount, _, _ = filled
    for name in ("mount", "inside-mount", "data-of-mount"):
        way = way_of(name, filled)
        assert not (mount / "Sudden").exists()
        way.run("create", way.table("Sudden"), "id:S")
        assert (mount / "Sudden").is_dir()
        way.call("PutItem", TableName="Sudden", Item={"id": {"S": "a"}})
        assert os.listdir(mount / "Sudden") == ["a.json"]
        way.call("DeleteTable", TableName="Sudden")
        assert not (mount / "Sudden").exists()


def test_a_table_that_is_there_is_not_made_again(way):
    result = way.run("create", way.table(), "year:N title:S", check=False)
    assert result.returncode == 1
    assert result.stderr == "dynamount: Table already exists: Movies\n"


def test_a_bad_schema_is_told_with_a_caret(way):
    result = way.run("create", way.table("Bad"), "id:S at:X", check=False)
    assert result.returncode == 1
    assert result.stderr.splitlines()[2:] == ["id:S at:X", "     ^"]
    assert "Bad" not in way.run("tables", way.root).stdout


# tail


def test_tail_prints_the_last_changes(way):
    records = lines(way.run("tail", way.table(), "-n", "2").stdout)
    assert len(records) == 2
    assert all(record["eventName"] in ("INSERT", "MODIFY", "REMOVE") for record in records)


def test_tail_prints_ten_by_default_and_none_when_asked_for_none(way):
    assert len(lines(way.run("tail", way.table()).stdout)) <= 10
    assert way.run("tail", way.table(), "-n0").stdout == ""


@pytest.mark.parametrize("name", ["mount", "inside-mount", "data-of-mount"])
def test_tail_prints_the_bytes_of_stream(filled, name):
    mount, _, _ = filled
    way = way_of(name, filled)
    table = "Bytes-" + name
    way.run("create", way.table(table), "id:S")
    odd = {
        "id": {"S": 'quo"te\u00e9\u2028\x01'}, "n": {"N": "1E+100"}, "neg": {"N": "-0.000001"},
        "ss": {"SS": ["b", "a"]}, "b": {"B": "AAE="}, "m": {"M": {"SS": {"L": [{"NULL": True}]}}},
        "t": {"BOOL": True}, "ns": {"NS": ["3", "1.5"]}, "bs": {"BS": ["AA=="]},
    }  # fmt: skip
    for i in range(7):
        way.call("PutItem", TableName=table, Item={**odd, "i": {"N": str(i)}})
    way.call("DeleteItem", TableName=table, Key={"id": odd["id"]})
    stream = read_text(mount / table / ".stream")
    assert way.run("tail", way.table(table), "-n", "100").stdout == stream
    last = "\n".join(stream.split("\n")[-4:])
    assert way.run("tail", way.table(table), "-n3").stdout == last
    way.call("DeleteTable", TableName=table)


def test_a_table_without_a_stream_is_told_how_to_get_one(way):
    stream = json.dumps({"StreamEnabled": False})
    schema = read_schema(way, stream)
    way.run("create", way.table("Quiet"), schema)
    result = way.run("tail", way.table("Quiet"), check=False)
    assert result.returncode == 1
    assert "Quiet has no stream" in result.stderr and "StreamEnabled" in result.stderr
    way.call("DeleteTable", TableName="Quiet")


def read_schema(way, stream):
    table = way.call("DescribeTable", TableName="Movies")["Table"]
    return json.dumps({
        "KeySchema": table["KeySchema"], "AttributeDefinitions": table["AttributeDefinitions"],
        "StreamSpecification": json.loads(stream),
    })  # fmt: skip


def put(way, table, id):
    way.call("PutItem", TableName=table, Item={"id": {"S": id}})


@pytest.mark.parametrize("count", ["0", "1"])
def test_tail_f_prints_the_changes_to_come(way, count):
    way.run("create", way.table("Followed"), "id:S")
    put(way, "Followed", "before")
    with started("tail", way.table("Followed"), "-f", "-n", count, cwd=way.cwd) as tail:
        if count == "1":
            assert json.loads(tail.stdout.readline())["dynamodb"]["Keys"] == {"id": "before"}
        else:
            time.sleep(1.5)
        for id in ("a", "b"):
            put(way, "Followed", id)
            assert json.loads(tail.stdout.readline())["dynamodb"]["Keys"] == {"id": id}
        tail.send_signal(signal.SIGINT)
        assert tail.wait(10) == -signal.SIGINT
    way.call("DeleteTable", TableName="Followed")


def test_tail_f_ends_with_the_stream(way):
    way.run("create", way.table("Ended"), "id:S")
    put(way, "Ended", "a")
    with started("tail", way.table("Ended"), "-f", cwd=way.cwd) as tail:
        tail.stdout.readline()
        way.call(
            "UpdateTable", TableName="Ended", StreamSpecification={"StreamEnabled": False}
        )
        assert tail.wait(20) == 1
        assert "has ended" in tail.stderr.read()
    way.call("DeleteTable", TableName="Ended")


# Where


@pytest.mark.parametrize("below", ["Movies", "Movies/", "Movies/2013", "Movies/2013/Rush.json"])
def test_any_path_in_a_tables_directory_stands_for_it(filled, below):
    mount, _, _ = filled
    way = Way(mount.path, mount.directory)
    assert way.query("year = 2014", table=below) == [MOVIES[3]]


@pytest.mark.parametrize("cwd", ["Movies", "Movies/2013"])
def test_a_dot_stands_for_the_table_one_is_in(filled, cwd):
    mount, _, _ = filled
    result = cli.run("query", ".", "year = 2014", cwd=mount / cwd)
    assert lines(result.stdout) == [MOVIES[3]]
    assert "Movies" in cli.run("tables", ".", cwd=mount / cwd).stdout


def test_symbolic_links_are_followed(filled, workdir):
    mount, server, _ = filled
    (workdir / "link").symlink_to(mount / "Movies")
    (workdir / "data").symlink_to(server.path)
    for where in ("link", "data/Movies"):
        result = cli.run("query", where, "year = 2014", cwd=workdir)
        assert lines(result.stdout) == [MOVIES[3]]


def test_a_URL_may_end_with_slashes(filled):
    way = way_of("url", filled)
    assert way.query("year = 2014", table="Movies/") == [MOVIES[3]]
    assert way.run("tables", way.root + "/").stdout


@pytest.mark.parametrize(
    "where, told",
    [
        ("nowhere/Movies", "nowhere is no data directory"),
        ("Movies", "is no data directory"),
        ("http://127.0.0.1:1/Movies", "http://127.0.0.1:1: "),
        ("http://127.0.0.1:1", "names no table"),
        ("http://", "names no host"),
        ("data", "data/TABLE"),
        ("", "is no data directory"),
    ],
)
def test_where_nothing_is_the_error_tells_what_was_tried(workdir, where, told):
    with served(workdir) as server:
        server.start()
    result = cli.run("query", where, "x = 1", cwd=workdir)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("dynamount: ") and told in result.stderr
    assert result.stderr.count("\n") == 1


def test_the_root_of_a_mount_is_no_table(filled):
    mount, _, _ = filled
    result = cli.run("query", mount.path, "x = 1", cwd=mount.directory)
    assert result.returncode == 1
    assert f"{mount.path}/TABLE" in result.stderr


def test_a_special_file_is_no_table(filled):
    mount, _, _ = filled
    result = cli.run("query", mount / ".error", "x = 1", cwd=mount.directory)
    assert result.returncode == 1
    assert result.stderr == f"dynamount: {mount.path}/.error is no table\n"


def test_what_is_no_endpoint_of_DynamoDB_is_told(workdir):
    process = subprocess.Popen(
        ["/usr/bin/python3", "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"], cwd=workdir,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        url = process.stdout.readline().split("(")[1].split(")")[0]
        result = cli.run("tables", url, cwd=workdir)
        assert result.returncode == 1
        assert "DynamoDB" in result.stderr and "501" in result.stderr
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_no_data_directory_is_made_by_looking(workdir):
    for arguments in (("tables", "new"), ("query", "new/T", "x = 1"), ("call", "new", "ListTables")):
        assert cli.run(*arguments, cwd=workdir).returncode == 1
    (workdir / "empty").mkdir()
    assert cli.run("tables", "empty", cwd=workdir).returncode == 1
    assert sorted(os.listdir(workdir)) == ["empty"] and not os.listdir(workdir / "empty")


@pytest.mark.parametrize("before", ["nothing", "an empty directory"])
def test_create_makes_the_data_directory_of_its_table(workdir, before):
    if before != "nothing":
        (workdir / "new").mkdir(mode=0o700)
    Way("new", workdir).run("create", "new/Things", "id:S")
    assert stat.S_IMODE((workdir / "new").stat().st_mode) == 0o700
    assert cli.run("tables", "new", cwd=workdir).stdout == "Things\n"


@pytest.mark.parametrize(
    "where, schema", [("no/where/Things", "id:S"), ("full/Things", "id:S"), ("new/Things", "id:X")]
)
def test_create_makes_no_directory_in_a_wrong_place(workdir, where, schema):
    (workdir / "full").mkdir()
    (workdir / "full/file").touch()
    assert cli.run("create", where, schema, cwd=workdir).returncode == 1
    assert os.listdir(workdir) == ["full"] and os.listdir(workdir / "full") == ["file"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["query"], ["query", "a/b", "c", "d"], ["query", "--nonsense", "a/b"], ["explain"],
        ["explain", "a", "b", "c"], ["call"], ["call", "data"], ["call", "data", "GetItem", "{}", "x"],
        ["call", "--list", "data"], ["call", "--help", "Nonsense"], ["tables"], ["tables", "a", "b"],
        ["tables", "-x", "a"], ["create"], ["create", "a", "b", "c"], ["create", "-x", "a"], ["tail"],
        ["tail", "a", "b"], ["tail", "-n", "x", "a"], ["tail", "-n", "-1", "a"], ["tail", "-n", "", "a"],
    ],
)  # fmt: skip
def test_a_wrong_call_ends_with_2_and_changes_nothing(workdir, arguments):
    result = cli.run(*arguments, cwd=workdir)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr
    assert not os.listdir(workdir)


# The socket


def sock(data):
    return data / "dynamount.sock"


def test_the_socket_is_for_its_owner_and_goes_with_its_server(workdir):
    with mounted(workdir) as mount:
        mount.start()
        state = os.lstat(sock(mount.data))
        assert stat.S_ISSOCK(state.st_mode) and stat.S_IMODE(state.st_mode) == 0o600
        assert state.st_uid == os.getuid()
        mount.stop()
        assert not os.path.lexists(sock(mount.data))
        mount.check()
    with served(workdir) as server:
        server.start()
        assert stat.S_ISSOCK(os.lstat(sock(server.path)).st_mode)
    assert not os.path.lexists(sock(server.path))


def test_after_kill_9_commands_open_the_data_themselves(workdir):
    with mounted(workdir) as mount:
        mount.start()
        fill(Way(mount.path, workdir))
        mount.process.kill()
        mount.process.wait()
        mount.process = None
        assert os.path.lexists(sock(mount.data))
        for where in (mount.path, mount.data):  # also by way of the dead mount
            assert Way(where, workdir).query("year = 2014") == [MOVIES[3]]
        assert os.path.lexists(sock(mount.data)), "left for who serves next"
        mount.check()
        mount._clear()
        mount.start()
        assert Way(mount.data, workdir).query("year = 2014") == [MOVIES[3]]
        assert lines(mount.dynamount("query", mount / "Movies", "year = 2014").stdout) == [MOVIES[3]]
        mount.stop()


def test_a_path_longer_than_a_socket_address_works(workdir):
    deep = workdir / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    with mounted(deep) as mount:
        mount.start()
        fill(Way(mount.path, deep))
        assert stat.S_ISSOCK(os.lstat(sock(mount.data)).st_mode)
        for way in (Way(mount.path, deep), Way(mount.data, deep), Way("data", deep)):
            assert way.query("year = 2014") == [MOVIES[3]]
        mount.stop()
    assert Way("data", deep).query("year = 2014") == [MOVIES[3]]


def test_names_with_blanks_and_backslashes_are_found(workdir):
    odd = workdir / "a directory, ünïcode & \\ 100%"
    odd.mkdir()
    with mounted(odd) as mount:
        mount.start()
        fill(Way(mount.path, odd))
        assert Way(mount.data, odd).query("year = 2014") == [MOVIES[3]]
        mount.stop()


def test_proxies_are_not_for_the_socket(filled):
    proxy = {"http_proxy": "http://127.0.0.1:1", "ALL_PROXY": "http://127.0.0.1:1"}
    assert way_of("mount", filled).query("year = 2014", env=proxy) == [MOVIES[3]]
    way = way_of("url", filled)
    assert way.run("tables", way.root, env=proxy, check=False).returncode == 1
    assert way.query("year = 2014", env={**proxy, "no_proxy": "127.0.0.1"}) == [MOVIES[3]]


def test_a_process_that_holds_the_data_without_answering_is_named(workdir):
    with served(workdir) as server:
        server.start()
        os.unlink(sock(server.path))
        result = cli.run("tables", "data", cwd=workdir)
        assert result.returncode == 1
        assert f"in use by process {server.process.pid}" in result.stderr
        assert result.stderr.count("\n") == 1


def test_a_command_waits_for_a_server_that_is_ending(workdir):
    with served(workdir) as server:
        server.start()
        fill(Way(server.path, workdir))
        server.process.send_signal(signal.SIGTERM)
        for _ in range(5):
            assert Way(server.path, workdir).query("year = 2014") == [MOVIES[3]]
        server.expect_end()


def test_commands_at_once_wait_for_each_other(alone):
    processes = [
        subprocess.Popen(
            [DYNAMOUNT, "query", alone.table(), "year = 2014"], stdout=subprocess.PIPE, text=True,
            cwd=alone.cwd, env=environment(alone.cwd),
        )
        for _ in range(4)
    ]  # fmt: skip
    answers = [process.communicate(timeout=30)[0] for process in processes]
    assert [lines(answer) for answer in answers] == [[MOVIES[3]]] * 4


def test_a_copy_of_the_data_is_whole_whatever_was_made_of_the_socket(workdir):
    with served(workdir) as server:
        server.start()
        fill(Way(server.path, workdir))
    os.mknod(workdir / "data/dynamount.sock", stat.S_IFSOCK | 0o600)
    subprocess.run(["cp", "-a", "data", "copy"], cwd=workdir, check=True)
    assert "0 problems" in cli.run("check", "copy", cwd=workdir).stdout
    assert Way("copy", workdir).query("year = 2014") == [MOVIES[3]]


# Other users

root_only = pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
NOBODY = {"user": 65534, "group": 65534, "extra_groups": []}


def open_up(*paths):
    for path in paths:
        os.chmod(path, 0o755)


@root_only
@pytest.mark.parametrize("served_by", ["mount", "server", "nobody"])
def test_another_users_data_is_refused(workdir, served_by):
    open_up(workdir, workdir.parent)
    # Others may not get to where it was built.
    program = shutil.copy(DYNAMOUNT, workdir)
    with mounted(workdir) as mount:
        mount.start("allow_other")
        fill(Way(mount.path, workdir))
        wheres = ["data/Movies", "mnt/Movies"] if served_by == "mount" else ["data/Movies"]
        if served_by != "mount":
            mount.stop()
        with served(workdir) as server:
            if served_by == "server":
                server.start()
            for where in wheres:
                question = "query", where, "year = 2014"
                result = cli.run(*question, cwd=workdir, program=program, **NOBODY)
                assert (result.returncode, result.stdout) == (1, "")
                assert "belongs to root" in result.stderr
        mount.stop()


@root_only
def test_another_user_gets_no_answer_even_if_modes_allow_it(workdir):
    open_up(workdir, workdir.parent)
    with served(workdir) as server:
        server.start()
        os.chmod(server.path, 0o777)
        os.chmod(sock(server.path), 0o777)
        program = (
            "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect('data/dynamount.sock');"
            "s.sendall(b'GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'); print(s.recv(100))"
        )
        ours = subprocess.run(["/usr/bin/python3", "-c", program], cwd=workdir, capture_output=True)
        assert b"200 OK" in ours.stdout
        theirs = subprocess.run(
            ["/usr/bin/python3", "-c", program], cwd=workdir, capture_output=True, **NOBODY
        )
        assert theirs.stdout.strip() == b"b''" or b"ConnectionResetError" in theirs.stderr or (
            b"BrokenPipeError" in theirs.stderr
        )


@root_only
def test_root_does_not_open_what_is_another_users(workdir):
    with served(workdir) as server:
        server.start()
    for path in [workdir / "data", *(workdir / "data").iterdir()]:
        os.chown(path, 65534, 65534)
    result = cli.run("tables", "data", cwd=workdir)
    assert result.returncode == 1
    assert "belongs to nobody" in result.stderr
    assert all(path.stat().st_uid == 65534 for path in (workdir / "data").iterdir())


# Signatures

CREDENTIALS = {
    "Credentials": [
        {"AccessKeyId": "AKALICE", "SecretAccessKey": "alice+secret/", "UserName": "alice"},
        {
            "AccessKeyId": "AKBOB", "SecretAccessKey": "bob", "UserName": "bob",
            "Operations": ["ListTables"],
        },
    ]
}  # fmt: skip


@pytest.fixture
def guarded(workdir):
    file = workdir / "credentials.json"
    file.write_text(json.dumps(CREDENTIALS))
    file.chmod(0o600)
    with served(workdir, "--credentials", str(file), "--region", "eu-west-1") as server:
        fill(Way(server.start().path, workdir))
        yield server


def signed(key, secret, region="eu-west-1", **more):
    return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_REGION": region, **more}


def test_requests_are_signed_as_the_environment_says(guarded, workdir):
    way = Way(guarded.url, workdir)
    alice = signed("AKALICE", "alice+secret/")
    assert way.query("year = 2014", env=alice) == [MOVIES[3]]
    alice["AWS_DEFAULT_REGION"] = alice.pop("AWS_REGION")
    assert way.query("year = 2014", env=alice) == [MOVIES[3]]
    alice["AWS_SESSION_TOKEN"] = "a token"
    assert way.query("year = 2014", env=alice) == [MOVIES[3]]


@pytest.mark.parametrize(
    "env, told",
    [
        (signed("AKALICE", "wrong"), "signature"),
        (signed("AKNOBODY", "x"), "security token"),
        (signed("AKALICE", "alice+secret/", "us-east-1"), "region"),
        (signed("AKBOB", "bob"), "not authorized"),
        ({"AWS_REGION": "eu-west-1"}, "AWS_SECRET_ACCESS_KEY are not set"),
        (signed("AKALICE", "alice+secret/", "a:b"), "AWS_REGION"),
    ],
)
def test_a_refused_signature_is_told(guarded, workdir, env, told):
    way = Way(guarded.url, workdir)
    result = way.run("query", way.table(), "year = 2014", env=env, check=False)
    assert (result.returncode, result.stdout) == (1, "")
    assert told in result.stderr


def test_the_owner_needs_no_signature_on_the_socket(guarded, workdir):
    assert Way(guarded.path, workdir).query("year = 2014") == [MOVIES[3]]


# What is written


def big(way, count=60):
    way.run("create", way.table("Big"), "id:N")
    for start in range(0, count, 20):
        puts = [
            {"PutRequest": {"Item": {"id": {"N": str(i)}, "pad": {"S": "x" * 100000}}}}
            for i in range(start, start + 20)
        ]
        way.run("call", way.root, "BatchWriteItem", input=json.dumps({"RequestItems": {"Big": puts}}))


@pytest.mark.parametrize("shell", ["bash", "dash"])
def test_a_reader_that_has_enough_ends_the_answer_quietly(filled, shell):
    for name in ("mount", "url", "data-alone"):
        way = way_of(name, filled)
        big(way)
        result = subprocess.run(
            [shell, "-c", f'dynamount query "{way.table("Big")}" "" | head -c 10; exit 7'],
            cwd=way.cwd, env=environment(way.cwd), capture_output=True, text=True, timeout=50,
        )  # fmt: skip
        assert (result.returncode, result.stderr) == (7, "")
        assert len(result.stdout) == 10
        way.call("DeleteTable", TableName="Big")


def test_a_large_answer_comes_whole(filled):
    for name in ("mount", "url", "data-alone"):
        way = way_of(name, filled)
        big(way)
        assert {item["id"] for item in way.query("", table="Big")} == set(range(60))
        assert len(way.query("", "--limit=25", table="Big")) == 25
        way.call("DeleteTable", TableName="Big")


@pytest.mark.parametrize(
    "arguments", [["tables", "{root}"], ["query", "{table}", ""], ["call", "{root}", "ListTables", "{{}}"],
                  ["call", "--list"], ["explain", "{table}", "x = 1"], ["tail", "{table}"]]
)  # fmt: skip
def test_an_output_that_cannot_be_written_is_told(alone, arguments):
    arguments = [a.format(root=alone.root, table=alone.table()) for a in arguments]
    with open("/dev/full", "w") as full:
        result = alone.run(*arguments, check=False, stdout=full)
    assert result.returncode == 1
    assert "No space left on device" in result.stderr


def test_control_characters_of_a_message_are_not_printed(alone):
    result = alone.run("query", alone.table("\x1b[31mred"), "x = 1", check=False)
    assert result.returncode == 1
    assert "\x1b" not in result.stderr and "\\x1b" in result.stderr


def test_an_interrupt_ends_a_command_that_waits(filled, workdir):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with started("tables", url, cwd=workdir) as process:
            connection, _ = listener.accept()
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == -signal.SIGINT
            connection.close()


def test_eight_commands_at_once_get_their_own_answers(filled):
    way = way_of("mount", filled)
    processes = [
        subprocess.Popen(
            [DYNAMOUNT, "query", way.table(), f"title = '{MOVIES[i % 4]['title']}'"], text=True,
            stdout=subprocess.PIPE, cwd=way.cwd, env=environment(way.cwd),
        )
        for i in range(8)
    ]  # fmt: skip
    for i, process in enumerate(processes):
        assert lines(process.communicate(timeout=40)[0]) == [MOVIES[i % 4]]


def test_an_item_saved_in_an_editor_is_in_the_next_query(filled):
    mount, _, _ = filled
    way = way_of("mount", filled)
    for n in range(3):
        save(mount / "Movies/2014/Interstellar.json", json.dumps({"rating": n}))
        assert way.query("year = 2014")[0]["rating"] == n
    save(mount / "Movies/2014/Interstellar.json", json.dumps(MOVIES[3]))
