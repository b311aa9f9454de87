"""dynamount import: every format into the table, what is bad left out and told, and going on after
an interruption."""

import base64
import fcntl
import gzip
import hashlib
import json
import os
import re
import signal
import subprocess

import pytest

from api import item, plain
from moody import moody
from mounting import CRASH, STOP_SECONDS, wait_until
from porting import Shell, on_terminal, progress, remote, shell, start_and_stop  # noqa: F401 (fixtures)


def lines(count, width=10):
    return "".join('{"id": "%05d", "text": "%s"}\n' % (i, "x" * width) for i in range(count))


def import_(shell, *arguments, **how):
    return shell.run("import", f"{shell.where}/Tab", *arguments, **how)


# Formats


def test_json_lines_are_imported(shell):
    shell.save("in", '{"id": "a", "n": 1.50}\n{"id": {"S": "b"}, "s": {"SS": ["x"]}}\n')
    assert import_(shell, "in") == ("", "2 items imported, 0 rejected\n")
    assert shell.items() == {
        "a": {"id": {"S": "a"}, "n": {"N": "1.5"}},
        "b": {"id": {"S": "b"}, "s": {"SS": ["x"]}},
    }
    assert shell.files() == ["in"]


@pytest.mark.parametrize("text", [
    '[{"id": "a"},\n {"id": "b"}]',
    "id\na\nb\n",
    "\ufeffid\r\n\"a\"\r\nb\r\n",
    '{"Item":{"id":{"S":"a"}}}\n{"Item":{"id":{"S":"b"}}}\n',
])
def test_formats_are_recognised(shell, text):
    shell.save("in", text)
    import_(shell, "in")
    assert sorted(shell.items()) == ["a", "b"]


@pytest.mark.parametrize("format", ["json", "csv"])
def test_gzipped_input_is_unpacked(shell, format):
    text = {"json": b'{"id": "a"}\n', "csv": b"id\na\n"}[format]
    shell.save("in.gz", gzip.compress(text) + gzip.compress(b'' if format == "csv" else b'{"id": "b"}'))
    import_(shell, "in.gz", f"--format={format}")
    assert sorted(shell.items())[0] == "a"


def test_standard_input_is_imported(shell):
    assert import_(shell, stdin=b'{"id": "a"}\n{"id": "b"}')[1] == "2 items imported, 0 rejected\n"
    assert import_(shell, "-", stdin=gzip.compress(b'{"id": "c"}'))[1] == "1 items imported, 0 rejected\n"
    assert sorted(shell.items()) == ["a", "b", "c"]


def test_csv_has_strings_and_the_types_it_tells(shell):
    shell.save("in.csv", 'id;n:N;text;set:SS;other\n1;5;"a;""b""\nc";"[""x""]";\n2;;7;;x\n')
    import_(shell, "in.csv", "--delimiter=;")
    assert shell.items() == {
        "1": {"id": {"S": "1"}, "n": {"N": "5"}, "text": {"S": 'a;"b"\nc'}, "set": {"SS": ["x"]}},
        "2": {"id": {"S": "2"}, "text": {"S": "7"}, "other": {"S": "x"}},
    }


def test_types_of_csv_are_inferred_on_request(shell):
    shell.save("in.csv", "id,a,b,c\n1,5,true,007\n")
    import_(shell, "in.csv", "--infer")
    assert shell.items() == {"1": {"id": {"S": "1"}, "a": {"N": "5"}, "b": {"BOOL": True}, "c": {"S": "007"}}}


def test_typed_refuses_what_is_plain(shell):
    shell.save("in", '{"id": {"S": "a"}}\n{"id": "b"}\n')
    import_(shell, "in", "--format=typed", status=1)
    assert shell.read("in.rejects") == '{"id": "b"}\n'


def export_to_s3(directory, files, at="."):
    """What the service would have put into a bucket."""
    root = directory / at
    (root / "data").mkdir(parents=True)
    manifest = []
    for name, items in files.items():
        data = gzip.compress("".join(json.dumps({"Item": item}) + "\n" for item in items).encode())
        (root / "data" / name).write_bytes(data)
        manifest.append({
            "itemCount": len(items), "md5Checksum": base64.b64encode(hashlib.md5(data).digest()).decode(),
            "etag": "0-1", "dataFileS3Key": f"some/prefix/AWSDynamoDB/0-a/data/{name}",
        })
    (root / "manifest-files.json").write_text("".join(json.dumps(line) + "\n" for line in manifest))
    (root / "manifest-summary.json").write_text(json.dumps({"version": "2020-06-30", "itemCount": 3}))


S3_FILES = {"a.json.gz": [item(id="a"), item(id="b")], "b.json.gz": [], "c.json.gz": [item(id="c", n=1)]}


@pytest.mark.parametrize("at", [".", "AWSDynamoDB/0-a"])
def test_an_export_to_s3_is_imported(shell, at):
    export_to_s3(shell.directory / "export", S3_FILES, at)
    assert import_(shell, "export/")[1] == "3 items imported, 0 rejected\n"
    assert shell.items()["c"] == item(id="c", n=1)


def test_a_damaged_file_of_an_export_is_told(shell):
    export_to_s3(shell.directory / "export", S3_FILES)
    path = shell.directory / "export" / "data" / "c.json.gz"
    path.write_bytes(gzip.compress(b'{"Item":{"id":{"S":"c"}}}\n'))
    assert "c.json.gz is not the file that was exported: its checksum differs" in import_(
        shell, "export", status=1)[1]


def test_two_exports_in_one_directory_are_told(shell):
    export_to_s3(shell.directory / "export", {}, "AWSDynamoDB/0-a")
    export_to_s3(shell.directory / "export", {}, "AWSDynamoDB/0-b")
    assert "export holds 2 exports: name one of export/AWSDynamoDB/*" in import_(shell, "export", status=1)[1]


# What is bad


def test_a_bad_line_is_rejected_and_the_others_go_in(shell):
    shell.save("in", '{"id": "a"}\n{"id": \n{"id": 5}\n\n{"id": "b"}\n')
    output, errors = import_(shell, "in", status=1)
    assert errors.endswith(
        "2 items imported, 2 rejected\nthe rejected lines are in in.rejects, why in in.rejects.reasons\n")
    assert sorted(shell.items()) == ["a", "b"]
    assert shell.read("in.rejects") == '{"id": \n{"id": 5}\n'
    reasons = shell.read("in.rejects.reasons").splitlines()
    assert re.fullmatch(r"in:2:\d+: .+", reasons[0])
    assert reasons[1] == (
        "in:3: One or more parameter values were invalid: Type mismatch for key id expected: S actual: N")
    assert all(reason in errors for reason in reasons)


def test_rejected_lines_can_be_mended_and_imported(shell):
    shell.save("in.csv", "id,n:N\na,1\nb,x\nc,3,4\n")
    import_(shell, "in.csv", status=1)
    assert shell.read("in.csv.rejects") == "id,n:N\nb,x\nc,3,4\n"
    assert shell.read("in.csv.rejects.reasons").splitlines()[1] == (
        "in.csv:4: 3 cells, but the header names 2 columns")
    shell.save("mended.csv", shell.read("in.csv.rejects").replace("x", "2").replace(",4", ""))
    import_(shell, "mended.csv")
    assert {key: plain(members)["n"] for key, members in shell.items().items()} == {"a": 1, "b": 2, "c": 3}


def test_rejected_elements_of_an_array_become_lines(shell):
    shell.save("in", '[{"id": "a"},\n{"id":\n 5},\n{"id": "b"}]')
    import_(shell, "in", status=1)
    assert shell.read("in.rejects") == '{"id":  5}\n'
    assert shell.read("in.rejects.reasons").startswith("in:2:")


def test_rejects_go_where_they_are_wanted(shell):
    shell.save("in", "{}\n")
    import_(shell, "in", "--rejects=other", status=1)
    assert shell.files() == ["in", "other", "other.reasons"]


def test_rejects_of_standard_input_go_to_standard_error(shell):
    errors = import_(shell, "-", status=1, stdin=b'{"id": "a"}\n{"a": 1}\n')[1]
    assert errors.startswith('-:2: One or more parameter values were invalid: Missing the key id in the item\n{"a": 1}\n')
    assert shell.files() == []


def test_rejects_of_an_earlier_import_are_kept(shell):
    shell.save("in", "{}\n")
    shell.save("in.rejects", "mine\n")
    import_(shell, "in", status=1)
    assert shell.read("in.rejects~") == "mine\n"
    assert shell.read("in.rejects") == "{}\n"


def test_quiet_says_nothing_but_errors(shell):
    shell.save("in", '{"id": "a"}\n')
    assert import_(shell, "in", "-q") == ("", "")
    shell.save("in", "{}\n")
    assert import_(shell, "in", "--quiet", status=1) == ("", "")
    assert shell.read("in.rejects") == "{}\n"


def indexed(shell):
    shell.run("call", shell.where, "CreateTable", json.dumps({
        "TableName": "Idx", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "g", "AttributeType": "N"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [{"IndexName": "by-g", "Projection": {"ProjectionType": "ALL"},
                                    "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}]}],
    }))
    shell.save("in", "".join('{"id": "%02d", "g": %s}\n' % (i, '"x"' if i in (3, 4, 29) else "1") for i in range(30)))


@pytest.mark.parametrize("where", ["shell", "remote"])
def test_what_only_the_engine_finds_is_rejected_alone(request, where):
    shell = request.getfixturevalue(where)
    indexed(shell)
    errors = shell.run("import", f"{shell.where}/Idx", "in", status=1)[1]
    assert "27 items imported, 3 rejected" in errors
    assert shell.read("in.rejects") == "".join('{"id": "%02d", "g": "x"}\n' % i for i in (3, 4, 29))
    assert "Type mismatch for Index Key g Expected: N Actual: S" in shell.read("in.rejects.reasons")
    assert len(shell.items("Idx")) == 27


@pytest.mark.parametrize("where", ["shell", "remote"])
def test_an_item_that_is_too_large_is_rejected_alone(request, where):
    shell = request.getfixturevalue(where)
    shell.save("in", lines(30) + json.dumps({"id": "big", "t": "x" * 500_000}) + "\n" + '{"id": "z"}\n')
    assert "31 items imported, 1 rejected" in import_(shell, "in", status=1)[1]
    assert len(shell.items()) == 31


@pytest.mark.parametrize("where", ["shell", "remote"])
def test_the_last_line_of_a_key_wins(request, where):
    shell = request.getfixturevalue(where)
    shell.save("in", "".join('{"id": "%d", "n": %d}\n' % (i % 7 if i % 3 else i % 2, i) for i in range(400)))
    expected = {}
    for line in shell.read("in").splitlines():
        members = json.loads(line)
        expected[members["id"]] = members["n"]
    assert import_(shell, "in")[1] == "400 items imported, 0 rejected\n"
    assert {key: plain(members)["n"] for key, members in shell.items().items()} == expected


# Wrong files


@pytest.mark.parametrize("name,data,message", [
    ("x.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "x.png: it holds binary data, neither JSON nor CSV"),
    ("x.gz", gzip.compress(b'{"id": "a"}\n' * 999)[:-4], "x.gz: the compressed data is cut off"),
    ("x.gz", gzip.compress(b"\x00\x01" * 99), "x.gz: it holds binary data, neither JSON nor CSV"),
    ("x", b"\x00\x01", "x: it holds binary data, neither JSON nor CSV"),
    ("x.txt", b"hello, world\n", "x.txt: it does not begin as JSON, and as CSV: "
     "the header does not name the key attribute id"),
], ids=["png", "cut off", "gzipped binary", "binary", "prose"])
def test_a_wrong_file_is_told_and_leaves_nothing(shell, name, data, message):
    shell.save(name, data)
    assert message in import_(shell, name, status=1)[1]
    assert shell.files() == [name]


def test_of_a_file_that_is_cut_off_what_is_whole_goes_in(shell):
    shell.save("in.gz", gzip.compress(lines(1000, 5).encode(), 0)[:-100])
    errors = import_(shell, "in.gz", status=1)[1]
    assert "in.gz: the compressed data is cut off" in errors
    imported = int(re.search(r"(\d+) items imported, 0 rejected", errors)[1])
    assert imported >= 990 and len(shell.items()) == imported
    assert shell.files() == ["in.gz"]


@pytest.mark.parametrize("arguments,status,message", [
    (["nothing"], 1, "Opening nothing: No such file or directory"),
    (["."], 1, "it is no export of a table"),
    (["in", "--format=xml"], 2, "usage: dynamount import"),
    (["in", "--delimiter=ab"], 2, "usage: dynamount import"),
    (["in", "--what"], 2, "usage: dynamount import"),
    (["in", "in"], 2, "usage: dynamount import"),
])
def test_a_wrong_call_is_told(shell, arguments, status, message):
    shell.save("in", "{}")
    assert message in import_(shell, *arguments, status=status)[1]


def test_a_table_that_is_not_there_is_told(shell):
    shell.save("in", "{}")
    assert "not found" in shell.run("import", f"{shell.where}/None", "in", status=1)[1]


def test_a_table_is_made_on_request(shell):
    shell.save("in", '{"id": 5, "at": "x"}\n')
    assert shell.run("import", f"{shell.where}/New", "in", "--create=id:N at:S")[1] == "1 items imported, 0 rejected\n"
    assert shell.run("import", f"{shell.where}/New", "in", "--create=id:N at:S")[1] == "1 items imported, 0 rejected\n"
    assert list(shell.items("New")) == ["5"]


def test_a_data_directory_is_made_on_request(workdir):
    shell = Shell(workdir)
    assert "nothing" in shell.run("import", "new/Tab", "nothing", "--create=id:N", status=1)[1]
    assert "schema" in shell.run("import", "new/Tab", "-", "--create=id", status=1)[1].lower()
    assert not (workdir / "new").exists()
    shell.run("import", "new/Tab", "-", "--create=id:N", stdin=b'{"id": 1}')
    assert shell.run("query", "new/Tab", "id = 1")[0] == '{"id":1}\n'


# Where to


def test_a_mount_takes_an_import(mount):
    mount.table("Tab", "id:S")
    (mount.directory / "in").write_text(lines(300))
    mount.dynamount("import", mount / "Tab", "in")
    assert len(os.listdir(mount / "Tab")) == 300
    assert json.loads((mount / "Tab" / "00299.json").read_text())["text"] == "x" * 10


def test_http_takes_an_import(remote):
    remote.save("in", lines(1234))
    assert import_(remote, "in")[1] == "1234 items imported, 0 rejected\n"
    assert len(remote.items()) == 1234


def test_a_pipe_that_pauses_is_stored_meanwhile(remote):
    process = remote.start("import", f"{remote.where}/Tab", "-", stdin=subprocess.PIPE)
    process.stdin.write(b'{"id": "a"}\n')
    process.stdin.flush()
    wait_until(lambda: remote.server.call("Scan", TableName="Tab").json()["Count"] == 1, 20, "storing")
    assert process.poll() is None
    process.stdin.close()
    assert process.wait(STOP_SECONDS) == 0


# Servers with moods


@pytest.mark.limit(120)
@pytest.mark.parametrize("moods", [
    ["lazy"] * 9, ["idle"] * 4 + ["lazy"] * 4, ["throttled"] * 9, ["broken", "conflicting"] * 3,
], ids=lambda moods: moods[0])
def test_what_a_server_does_not_take_is_sent_again(workdir, moods):
    shell = Shell(workdir)
    shell.save("in", lines(200))
    with moody(*moods) as server:
        assert shell.run("import", f"{server.url}/Tab", "in")[1] == "200 items imported, 0 rejected\n"
        assert sorted(server.items) == ["%05d" % i for i in range(200)]
        assert server.requests > 8 and not server.moods


@pytest.mark.limit(120)
def test_what_a_server_refuses_is_found_by_halves(workdir):
    shell = Shell(workdir)
    good = lines(24).splitlines(keepends=True)
    shell.save("in", "".join([*good[:10], '{"id": "x", "text": "bad"}\n', *good[10:]]))
    with moody(*["strict"] * 99) as server:
        errors = shell.run("import", f"{server.url}/Tab", "in", status=1)[1]
        assert "24 items imported, 1 rejected" in errors
        assert len(server.items) == 24
        assert server.requests <= 12
    assert shell.read("in.rejects") == '{"id": "x", "text": "bad"}\n'
    assert shell.read("in.rejects.reasons") == "in:11: told: ValidationException\n"


@pytest.mark.limit(120)
def test_a_server_that_forbids_ends_the_import_at_once(workdir):
    shell = Shell(workdir)
    shell.save("in", lines(200))
    with moody(*["forbidding"] * 99) as server:
        errors = shell.run("import", f"{server.url}/Tab", "in", status=1)[1]
        assert "told: AccessDeniedException" in errors
        assert "--resume goes on with it" in errors
        assert server.requests <= 8
    with moody() as server:
        assert shell.run("import", f"{server.url}/Tab", "in", "--resume")[1] == "200 items imported, 0 rejected\n"
        assert len(server.items) == 200


# Going on


def start_midway(shell, *arguments, at_least=1):
    return start_and_stop(shell, STATE, "import", f"{shell.where}/Tab", "in", *arguments, at_least=at_least)


STATE = "in.dynamount-import"
COUNT = 24_000  # a second's work and more, and a state is written after some milliseconds of it


def mixed(count=COUNT):
    """Lines of which every thousandth is bad."""
    return "".join(
        "{bad %d\n" % i if i % 1000 == 999 else '{"id": "%06d", "text": "%s"}\n' % (i, "x" * 200)
        for i in range(count))


def expect_all(shell, count=COUNT):
    bad = [i for i in range(count) if i % 1000 == 999]
    assert shell.read("in.rejects") == "".join("{bad %d\n" % i for i in bad)
    reasons = shell.read("in.rejects.reasons").splitlines()
    assert [int(reason.split(":")[1]) for reason in reasons] == [i + 1 for i in bad]
    assert sorted(shell.items()) == ["%06d" % i for i in range(count) if i % 1000 != 999]


@pytest.mark.limit(300)
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("where", ["shell", "remote"])
def test_an_interrupted_import_goes_on(request, where, how):
    shell = request.getfixturevalue(where)
    shell.save("in", mixed())
    process = start_midway(shell)
    process.send_signal(how)
    process.send_signal(signal.SIGCONT)
    _, errors = process.communicate(timeout=40)
    assert not CRASH.search(errors.decode())
    assert process.returncode == (-9 if how == signal.SIGKILL else 130)
    if how != signal.SIGKILL:
        assert "--resume goes on with it" in errors.decode()
    assert "in.dynamount-import" in shell.files()
    refused = import_(shell, "in", status=1)[1]
    assert re.search(r"an import of in was interrupted after \d+ items: --resume goes on with it, "
                     "--restart begins again", refused)
    for name in "in.rejects", "in.rejects.reasons":
        with open(shell.directory / name, "a") as file:
            file.write("what was rejected after the state was written")
    errors = import_(shell, "in", "--resume", status=1)[1]
    assert f"{COUNT - COUNT // 1000} items imported, {COUNT // 1000} rejected" in errors
    expect_all(shell)
    assert shell.files() == ["in", "in.rejects", "in.rejects.reasons"]


@pytest.mark.limit(300)
def test_an_import_killed_again_and_again_ends_with_everything(shell):
    shell.save("in", mixed())
    before = 0
    for _ in range(3):
        process = start_midway(shell, "--resume", at_least=before + 1)
        process.kill()
        process.communicate(timeout=40)
        before = progress(json.loads(shell.read(STATE)))
    import_(shell, "in", "--resume", status=1)
    expect_all(shell)


@pytest.mark.limit(300)
@pytest.mark.parametrize("kind", ["csv", "array", "gzip"])
def test_every_format_goes_on(shell, kind):
    rows = [{"id": "%06d" % i, "text": ("y\n" if kind == "csv" else "y,]}") * 60} for i in range(15_000)]
    text = {
        "csv": lambda: "id,text\n" + "".join('%s,"%s"\n' % (row["id"], row["text"]) for row in rows),
        "array": lambda: json.dumps(rows, indent=1),
        "gzip": lambda: "".join(json.dumps(row) + "\n" for row in rows),
    }[kind]()
    shell.save("in", gzip.compress(text.encode(), 1) if kind == "gzip" else text)
    process = start_midway(shell)
    process.kill()
    process.communicate(timeout=40)
    assert 0 < json.loads(shell.read("in.dynamount-import"))["Imported"] < 15_000
    assert import_(shell, "in", "--resume")[1] == "15000 items imported, 0 rejected\n"
    assert {key: plain(members)["text"] for key, members in shell.items().items()} == {
        row["id"]: row["text"] for row in rows}


@pytest.mark.limit(300)
def test_an_import_outlives_its_server(remote):
    remote.save("in", mixed())
    process = start_midway(remote)
    remote.server.kill9()
    process.send_signal(signal.SIGCONT)
    _, errors = process.communicate(timeout=100)
    assert process.returncode == 1
    assert "--resume goes on with it" in errors.decode()
    remote.server.start()
    remote.where = remote.server.url
    import_(remote, "in", "--resume", status=1)
    expect_all(remote)


def interrupted(shell, text):
    """A file whose import was killed at its very beginning."""
    shell.save("in", text)
    process = shell.start("import", f"{shell.where}/Tab", "in")
    wait_until(lambda: "in.dynamount-import" in shell.files() or process.poll() is not None, 30, "beginning")
    process.kill()
    process.communicate(timeout=40)
    assert "in.dynamount-import" in shell.files()


def test_a_changed_file_is_not_gone_on_with(shell):
    interrupted(shell, mixed())
    shell.save("in", '{"id": "a"}\n')
    assert "in has changed since its import was interrupted" in import_(shell, "in", "--resume", status=1)[1]
    assert import_(shell, "in", "--restart")[1] == "1 items imported, 0 rejected\n"
    assert shell.files() == ["in"]


def test_another_table_is_not_gone_on_with(shell):
    interrupted(shell, mixed())
    shell.run("create", f"{shell.where}/Other", "id:S")
    errors = shell.run("import", f"{shell.where}/Other", "in", "--resume", status=1)[1]
    assert "the interrupted import of in went into another table, Tab" in errors


def test_resume_without_a_beginning_begins(shell):
    shell.save("in", lines(3))
    assert import_(shell, "in", "--resume")[1] == "3 items imported, 0 rejected\n"


def test_a_state_that_is_none_is_told(shell):
    shell.save("in", lines(3))
    shell.save("in.dynamount-import", "{}")
    assert "in.dynamount-import does not tell of an import" in import_(shell, "in", "--resume", status=1)[1]


def test_one_file_is_imported_once_at_a_time(shell):
    shell.save("in", lines(3))
    with open(shell.directory / "in") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert "in is being imported already" in import_(shell, "in", status=1)[1]


# The terminal


def test_a_terminal_shows_how_far_it_is(shell):
    shell.save("in", lines(40_000, 100))
    shown = on_terminal(shell, "import", f"{shell.where}/Tab", "in")
    assert re.search(r"\r +\d+% \[=*> *\]  [\d,]+ items  [\d,]+/s", shown)
    assert shown.endswith("\r\x1b[K40000 items imported, 0 rejected\r\n")


def test_a_quiet_terminal_shows_nothing(shell):
    shell.save("in", lines(4000))
    assert on_terminal(shell, "import", f"{shell.where}/Tab", "in", "--quiet") == ""
