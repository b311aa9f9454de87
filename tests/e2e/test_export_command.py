"""dynamount export: every format, whole or not at all, going on after an interruption; and that what
was exported is imported again value for value."""

import base64
import csv
import gzip
import hashlib
import io
import itertools
import json
import re
import signal
from decimal import Decimal

import hypothesis
import hypothesis.strategies as st
import pytest
from boto3.dynamodb.types import Binary

from api import item
from conftest import copy_directory, module_directory
from mounting import CRASH, STOP_SECONDS
from porting import Shell, on_terminal, progress, remote, shell, start_and_stop  # noqa: F401 (fixtures)


def export(shell, *arguments, **how):
    return shell.run("export", f"{shell.where}/Tab", *arguments, **how)


def fill(shell, items):
    """Items as boto3 has them."""
    text = "".join(json.dumps(typed(members)) + "\n" for members in items)
    shell.run("import", f"{shell.where}/Tab", "-", "-q", stdin=text.encode())


def typed(members):
    """JSON of an item: bytes become base64."""

    def convert(value):
        if isinstance(value, (bytes, bytearray)):
            return base64.b64encode(bytes(value)).decode()
        if isinstance(value, dict):
            return {name: convert(part) for name, part in value.items()}
        if isinstance(value, (list, tuple)):
            return [convert(part) for part in value]
        return value

    return convert(item(members))


MIXED = [
    {"id": "a", "n": Decimal("1.5"), "s": {"x"}, "ok": True},
    {"id": "b", "none": None, "list": [1, "zwei", {"three": []}], "empty": ""},
    {"id": 'c,"d"\n', "n": "text", "raw": Binary(b"\x00\xff"), "map": {"S": "no type"}},
]


def sorted_lines(text):
    return sorted((json.loads(line) for line in text.splitlines()), key=lambda members: json.dumps(members["id"]))


# Formats


def test_json_lines_are_the_default(shell):
    fill(shell, MIXED)
    output, errors = export(shell)
    assert errors == "3 items exported\n"
    assert sorted_lines(output) == [
        {"id": "a", "n": 1.5, "s": {"SS": ["x"]}, "ok": True},
        {"id": "b", "none": None, "list": [1, "zwei", {"three": []}], "empty": ""},
        {"id": 'c,"d"\n', "n": "text", "raw": {"B": "AP8="}, "map": {"M": {"S": "no type"}}},
    ]


def test_typed_lines_are_the_items_of_the_api(shell):
    fill(shell, MIXED)
    assert sorted_lines(export(shell, "--format=typed")[0]) == [typed(members) for members in MIXED]


def test_csv_has_a_column_for_each_attribute_and_type(shell):
    fill(shell, MIXED)
    output, _ = export(shell, "--format=csv")
    header, *rows = csv.reader(io.StringIO(output, newline=""))
    assert header == ["id", "empty:S", "list:L", "map:M", "n", "n:N", "none:NULL", "ok:BOOL", "raw:B", "s:SS"]
    assert sorted(rows) == [
        ["a", "", "", "", "", "1.5", "", "true", "", '["x"]'],
        ["b", "", '[1,"zwei",{"three":[]}]', "", "", "", "null", "", "", ""],
        ['c,"d"\n', "", "", '{"M":{"S":"no type"}}', "text", "", "", "", "AP8=", ""],
    ]


def test_csv_has_the_columns_that_are_asked_for(shell):
    fill(shell, MIXED)
    output, errors = export(shell, "--format=csv", "--columns=n;id;none", "--delimiter=;")
    assert sorted(output.splitlines(keepends=True)) == sorted('n;id;none\n1.5;a;\n;b;null\ntext;"c,""d""\n";\n'.splitlines(keepends=True))
    assert errors == "3 items exported\n"


@pytest.mark.parametrize("arguments", [["out", "--gzip"], ["out.gz"]])
def test_output_is_gzipped(shell, arguments):
    fill(shell, MIXED)
    export(shell, *arguments)
    text = gzip.decompress((shell.directory / arguments[0]).read_bytes()).decode()
    assert text == export(shell)[0]


@pytest.mark.parametrize("arguments", [[], ["--gzip"], ["--format=csv"], ["--segments=3"]])
def test_an_empty_table_is_an_empty_export(shell, arguments):
    export(shell, "out", *arguments)
    data = (shell.directory / "out").read_bytes()
    assert (gzip.decompress(data) if "--gzip" in arguments else data) == (b"id\n" if "--format=csv" in arguments else b"")


def test_segments_are_all_of_the_table(shell):
    fill(shell, [{"id": str(i)} for i in range(5000)])
    assert sorted(export(shell, "--segments=7")[0].splitlines()) == sorted(export(shell)[0].splitlines())


def md5(data):
    return base64.b64encode(hashlib.md5(data).digest()).decode()


def test_the_form_of_an_export_to_s3(shell):
    fill(shell, [{"id": str(i)} for i in range(100)])
    export(shell, "out", "--format=s3", "--segments=3")
    out = shell.directory / "out"
    assert sorted(path.name for path in out.iterdir()) == [
        "data", "manifest-files.json", "manifest-files.md5", "manifest-summary.json", "manifest-summary.md5"]
    for name in "manifest-files", "manifest-summary":
        assert (out / f"{name}.md5").read_text() == md5((out / f"{name}.json").read_bytes())
    summary = json.loads((out / "manifest-summary.json").read_text())
    table = shell.run("call", shell.where, "DescribeTable", '{"TableName": "Tab"}')[0]
    table = json.loads(table)["Table"]
    assert summary["version"] == "2020-06-30"
    assert (summary["tableArn"], summary["tableId"]) == (table["TableArn"], table["TableId"])
    assert (summary["itemCount"], summary["outputFormat"], summary["exportType"]) == (100, "DYNAMODB_JSON", "FULL_EXPORT")
    export_id = re.fullmatch(re.escape(table["TableArn"]) + r"/export/(\d{14}-[0-9a-f]{8})", summary["exportArn"])[1]
    assert summary["manifestFilesS3Key"] == f"AWSDynamoDB/{export_id}/manifest-files.json"
    assert summary["startTime"] == summary["exportTime"] <= summary["endTime"]
    files = [json.loads(line) for line in (out / "manifest-files.json").read_text().splitlines()]
    items = []
    for file in files:
        name = re.fullmatch(rf"AWSDynamoDB/{export_id}/data/([a-z2-7]{{26}}\.json\.gz)", file["dataFileS3Key"])[1]
        data = (out / "data" / name).read_bytes()
        assert file["md5Checksum"] == md5(data)
        assert file["etag"] == hashlib.md5(hashlib.md5(data).digest()).hexdigest() + "-1"
        lines = gzip.decompress(data).decode().splitlines()
        assert file["itemCount"] == len(lines)
        items += [json.loads(line) for line in lines]
    assert len(files) == 3
    assert sorted(line["Item"]["id"]["S"] for line in items) == sorted(map(str, range(100)))


# Wrong calls


@pytest.mark.parametrize("arguments,status,message", [
    (["--format=s3"], 2, "--format=s3 writes a directory, which is to be named"),
    (["--columns=id"], 2, "--columns is for --format=csv"),
    (["--format=csv", "--columns=id,id"], 1, "the column id is there twice"),
    (["--format=ion"], 2, "usage: dynamount export"),
    (["--segments=0"], 2, "--segments cannot be '0'"),
    (["out", "out"], 2, "usage: dynamount export"),
    (["none/out"], 1, "Opening none/out.part: No such file or directory"),
    (["data"], 1, "data is a directory: only --format=s3 writes one"),
    (["data", "--format=s3"], 1, "data is there already: an export needs a new directory"),
])
def test_a_wrong_call_is_told(shell, arguments, status, message):
    assert message in export(shell, *arguments, status=status)[1]
    assert shell.files() == []


def test_a_table_that_is_not_there_is_told(shell):
    assert "not found" in shell.run("export", f"{shell.where}/None", status=1)[1]


def test_a_file_that_is_there_is_not_replaced_unasked(shell):
    shell.save("out", "mine")
    assert "out is there already: --force replaces it" in export(shell, "out", status=1)[1]
    assert shell.read("out") == "mine"
    export(shell, "out", "--force")
    assert shell.read("out") == ""
    assert shell.files() == ["out"]


def test_a_reader_that_has_had_enough_ends_it(shell):
    fill(shell, [{"id": str(i), "text": "x" * 1000} for i in range(5000)])
    process = shell.start("export", f"{shell.where}/Tab")
    assert process.stdout.readline().startswith(b'{"id":')
    process.stdout.close()
    assert process.wait(STOP_SECONDS) == 0
    assert not CRASH.search(process.stderr.read().decode())


def test_a_full_disk_is_told(shell):
    fill(shell, MIXED)
    with open("/dev/full", "w") as full:
        process = shell.start("export", f"{shell.where}/Tab", stdout=full)
        assert process.wait(STOP_SECONDS) == 1
    assert "Writing standard output: No space left on device" in process.stderr.read().decode()


# Where from


def test_a_mount_and_its_export_agree(mount):
    table = mount.table("Tab", "id:S")
    (table / "a.json").write_text('{"id": "a", "n": 1}')
    mount.dynamount("export", table, "out")
    assert (mount.directory / "out").read_text() == '{"id":"a","n":1}\n' == (table / ".export").read_text()


def test_http_gives_an_export(remote):
    fill(remote, [{"id": str(i), "text": "x" * 1000} for i in range(3000)])
    assert len(export(remote, "--segments=4")[0].splitlines()) == 3000


# Going on


COUNT = 12_000
STATE = "out.dynamount-export"


@pytest.fixture(scope="module")
def full_data(request):
    """With a table that takes a while to write."""
    with module_directory(request, "full-data") as directory:
        shell = Shell(directory)
        shell.run("create", f"{shell.where}/Tab", "id:S")
        fill(shell, ({"id": "%05d" % i, "text": "x" * 900} for i in range(COUNT)))
        yield shell.where


@pytest.fixture
def full(workdir, full_data):
    shell = Shell(workdir)
    copy_directory(full_data, shell.where)
    return shell


def ids(text):
    return sorted(re.findall(r'"id":(?:\{"S":)?"(\d{5})"', text))


ALL = ["%05d" % i for i in range(COUNT)]


def outputs(shell, arguments):
    if "--format=s3" in arguments:
        paths = (shell.directory / "out" / "data").iterdir()
        return "".join(gzip.decompress(path.read_bytes()).decode() for path in paths)
    data = (shell.directory / "out").read_bytes()
    return (gzip.decompress(data) if "--gzip" in arguments else data).decode()


def write_on(path):
    """What a killed process may have written after its state."""
    with open(path, "ab") as file:
        file.write(b"half a line")


def end_midway(shell, *arguments, at_least=1, how=signal.SIGKILL):
    """Ends an export in its midst: its exit status, and what it said."""
    process = start_and_stop(shell, STATE, "export", f"{shell.where}/Tab", "out", *arguments, at_least=at_least)
    process.send_signal(how)
    process.send_signal(signal.SIGCONT)
    errors = process.communicate(timeout=40)[1].decode()
    assert not CRASH.search(errors)
    return process.returncode, errors


@pytest.mark.limit(300)
@pytest.mark.parametrize("arguments", [[], ["--gzip"], ["--gzip", "--segments=3"], ["--format=s3", "--segments=3"]],
                         ids=" ".join)
def test_an_export_that_was_killed_goes_on(full, arguments):
    assert end_midway(full, *arguments)[0] == -9
    assert not (full.directory / "out").exists()
    assert 0 < progress(json.loads(full.read(STATE))) < COUNT
    assert "an export to out was interrupted: --resume goes on with it" in export(full, "out", *arguments, status=1)[1]
    part = full.directory / "out.part"
    for path in list((part / "data").iterdir()) if part.is_dir() else [part]:
        write_on(path)
    assert export(full, "out", "--resume", *arguments)[1] == f"{COUNT} items exported\n"
    assert ids(outputs(full, arguments)) == ALL
    assert not [name for name in full.files() if name != "out"]


@pytest.mark.limit(300)
def test_an_export_killed_again_and_again_ends_with_everything(full):
    before = 0
    for _ in range(3):
        end_midway(full, "--gzip", "--resume", at_least=before + 1)
        before = progress(json.loads(full.read(STATE)))
    export(full, "out", "--gzip", "--resume")
    assert ids(outputs(full, ["--gzip"])) == ALL


@pytest.mark.limit(300)
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_export_that_was_interrupted_goes_on(full, how):
    code, errors = end_midway(full, "--gzip", how=how)
    assert code == 130
    assert "the export to out is not done: --resume goes on with it" in errors
    assert not (full.directory / "out").exists()
    export(full, "out", "--gzip", "--resume")
    assert ids(outputs(full, ["--gzip"])) == ALL


@pytest.mark.limit(300)
def test_csv_goes_on_with_its_columns(full):
    end_midway(full, "--format=csv", "--gzip")
    export(full, "out", "--format=csv", "--resume")
    rows = list(csv.reader(io.StringIO(outputs(full, ["--gzip"]), newline="")))
    assert rows[0] == ["id", "text"]
    assert sorted(row[0] for row in rows[1:]) == ALL


@pytest.mark.limit(300)
def test_an_export_may_begin_again(full):
    end_midway(full, "--gzip")
    export(full, "out", "--restart")
    assert ids(outputs(full, [])) == ALL


@pytest.mark.limit(300)
def test_an_export_to_s3_that_begins_again_leaves_no_half_file(full):
    end_midway(full, "--format=s3")
    export(full, "out", "--format=s3", "--restart")
    assert ids(outputs(full, ["--format=s3"])) == ALL
    assert len(list((full.directory / "out" / "data").iterdir())) == 1


def test_another_table_is_not_gone_on_with(shell):
    shell.save(STATE, json.dumps({
        "TableId": "x", "TableName": "Old", "Format": "json", "Delimiter": 44, "Gzip": False, "Header": None,
        "Gathered": False, "ExportId": "", "Start": 0, "Lost": 0,
        "Segments": [{"Done": False, "Position": None, "Items": 0}], "Files": [{"Name": None, "Bytes": 0, "Items": 0}],
    }))
    assert "the interrupted export to out was of another table, Old" in export(shell, "out", "--resume", status=1)[1]
    shell.save(STATE, "[]")
    assert f"{STATE} does not tell of an export" in export(shell, "out", "--resume", status=1)[1]


def test_a_terminal_shows_how_far_it_is(full):
    shown = on_terminal(full, "export", f"{full.where}/Tab", "out", "--gzip")
    assert re.search(r"\r +\d+% \[=*> *\]  [\d,]+ items  [\d,]+/s", shown)
    assert shown.endswith(f"\r\x1b[K{COUNT} items exported\r\n")


# There and back


def numbers():
    digits = st.text("0123456789", min_size=1, max_size=38)
    return st.builds(
        lambda sign, text, exponent: Decimal(f"{sign}{text}E{exponent}"),
        st.sampled_from(["", "-"]), digits, st.integers(-125, 80))


def scalars():
    return st.one_of(st.none(), st.booleans(), numbers(), st.text(max_size=20), st.binary(max_size=20).map(Binary))


def sets():
    return st.one_of(
        st.sets(numbers(), min_size=1, max_size=4), st.sets(st.text(max_size=5), min_size=1, max_size=4),
        st.sets(st.binary(max_size=5), min_size=1, max_size=4).map(lambda some: {Binary(part) for part in some}))


NAMES = st.one_of(
    st.sampled_from(["a", "b", "a:N", "S", "M", "Item", "x,y", 'q"']),
    st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), min_size=1, max_size=6))


def documents():
    return st.recursive(
        st.one_of(scalars(), sets()),
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)), max_leaves=6)


def tables():
    members = st.dictionaries(NAMES.filter(lambda name: name != "id"), documents(), max_size=5)
    return st.dictionaries(st.text(min_size=1, max_size=8), members, min_size=1, max_size=6)


def canonical(members):
    """An item to compare: sets without order."""
    if isinstance(members, dict):
        return {name: sorted(value) if name in ("SS", "NS", "BS") and isinstance(value, list) else canonical(value)
                for name, value in members.items()}
    return [canonical(part) for part in members] if isinstance(members, list) else members


def read_all(shell, table):
    items = shell.server.call("Scan", TableName=table).json()["Items"]
    return {json.dumps(members["id"]): canonical(members) for members in items}


ROUNDS = [["--format=json"], ["--format=typed"], ["--format=csv"], ["--format=csv", "--delimiter=;", "--gzip"],
          ["--format=json", "--gzip", "--segments=2"], ["--format=s3", "--segments=2"]]
serial = itertools.count()


@pytest.mark.limit(600)
@pytest.mark.parametrize("arguments", ROUNDS, ids=" ".join)
@hypothesis.settings(max_examples=12, deadline=None, suppress_health_check=list(hypothesis.HealthCheck))
@hypothesis.given(items=tables())
def test_what_was_exported_is_imported_value_for_value(remote, arguments, items):
    table, again, name = (f"{stem}-{next(serial)}" for stem in ("from", "to", "out"))
    remote.create(table)
    for key, members in items.items():
        answer = remote.server.call("PutItem", TableName=table, Item=typed({"id": key, **members}))
        assert answer.status == 200, answer.body
    remote.run("export", f"{remote.where}/{table}", name, "-q", *arguments)
    how = [argument for argument in arguments if argument.startswith("--delimiter")]
    remote.run("import", f"{remote.where}/{again}", name, "--create=id:S", "-q", *how)
    exported = read_all(remote, table)
    assert len(exported) == len(items)
    assert read_all(remote, again) == exported
    expected = {json.dumps({"S": key}): typed({"id": key, **members}) for key, members in items.items()}
    assert {key: plain_numbers(members) for key, members in exported.items()} == {
        key: plain_numbers(canonical(members)) for key, members in expected.items()}


def plain_numbers(value):
    """Numbers by value: the table spells them in its own way."""
    if isinstance(value, dict):
        return {name: number(part) if name in ("N", "NS") else plain_numbers(part) for name, part in value.items()}
    return [plain_numbers(part) for part in value] if isinstance(value, list) else value


def number(value):
    if isinstance(value, list):
        return sorted(Decimal(part) for part in value)
    return Decimal(value) if isinstance(value, str) else plain_numbers(value)
