"""Exports of tables to buckets by the API, and tables imported from them."""

import base64
import contextlib
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import threading
import time

import pytest

import cli
from api import create, index, invalid, item, new_name, plain, put_all
from backing import (
    all_items, enable, export, export_described, import_described, import_table, refusal, table_arn, tables,
    wait_for_export, wait_for_no_table, wait_for_second,
)
from conftest import served, small_disk
from mounting import wait_until
from porting import Shell

BUCKET = "my-bucket"


@contextlib.contextmanager
def with_buckets(directory, buckets=None):
    """A server, and the directory of a bucket."""
    buckets = buckets or directory / "buckets"
    (buckets / BUCKET).mkdir(parents=True)
    with served(directory, f"--buckets={buckets}") as server:
        server.buckets = buckets
        server.bucket = buckets / BUCKET
        yield server.start()


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    with with_buckets(tmp_path_factory.mktemp("buckets")) as server:
        yield server


@pytest.fixture
def own(workdir):
    with with_buckets(workdir) as server:
        yield server


def recovered(api, db, items=(), *schema, **more):
    """A table with point-in-time recovery."""
    table = create(db, *schema, **more)
    enable(api, table)
    put_all(db, table, items)
    return table


def directory_of(api, told):
    return api.bucket / os.path.dirname(told["ExportManifest"])


def lines_of(api, told):
    """Of the data files that the manifest names, each checked."""
    directory = directory_of(api, told)
    found = []
    for line in (directory / "manifest-files.json").read_text().splitlines():
        entry = json.loads(line)
        data = (api.bucket / entry["dataFileS3Key"]).read_bytes()
        assert base64.b64encode(hashlib.md5(data).digest()).decode() == entry["md5Checksum"]
        records = [json.loads(one) for one in gzip.decompress(data).splitlines()]
        assert len(records) == entry["itemCount"]
        found += records
    return found


def exported(api, told):
    items = [plain(line["Item"]) for line in lines_of(api, told)]
    return {(one["k"], one.get("s")): one for one in items}


def rich(count):
    return [{"k": f"k{n}", "n": n, "m": {"l": [1, "two", None]}, "b": b"\x00\x01", "set": {"x", "y"}} for n in range(count)]


def by_key(items):
    return {(one["k"], None): one for one in items}


def test_an_export_is_the_table_in_the_service_s_layout(db, api):
    items = [{"k": f"k{n}", "n": n} for n in range(700)]
    table = recovered(api, db, items)
    told = export(api, table, BUCKET, S3Prefix="some/where")
    assert told["ExportStatus"] == "COMPLETED"
    assert told["ItemCount"] == 700 and told["BilledSizeBytes"] > 0
    assert told["ExportFormat"] == "DYNAMODB_JSON" and told["ExportType"] == "FULL_EXPORT"
    directory = directory_of(api, told)
    export_id = told["ExportArn"].split("/")[-1]
    assert directory == api.bucket / "some/where/AWSDynamoDB" / export_id
    assert {path.name for path in directory.iterdir()} == {
        "_started", "manifest-summary.json", "manifest-summary.md5", "manifest-files.json", "manifest-files.md5", "data",
    }
    for name in ("manifest-summary", "manifest-files"):
        md5 = base64.b64encode(hashlib.md5((directory / f"{name}.json").read_bytes()).digest()).decode()
        assert (directory / f"{name}.md5").read_text() == md5
    summary = json.loads((directory / "manifest-summary.json").read_text())
    times = {name: summary.pop(name) for name in ("startTime", "endTime", "exportTime")}
    assert all(one.endswith("Z") and one[10] == "T" for one in times.values())
    assert summary == {
        "version": "2020-06-30", "exportArn": told["ExportArn"], "tableArn": table_arn(table),
        "tableId": db.describe_table(TableName=table)["Table"]["TableId"], "s3Bucket": BUCKET,
        "s3Prefix": "some/where", "s3SseAlgorithm": None, "s3SseKmsKeyId": None,
        "manifestFilesS3Key": f"some/where/AWSDynamoDB/{export_id}/manifest-files.json",
        "billedSizeBytes": told["BilledSizeBytes"], "itemCount": 700, "outputFormat": "DYNAMODB_JSON",
        "exportType": "FULL_EXPORT",
    }
    assert exported(api, told) == by_key(items)


def test_gunzip_and_jq_read_an_export(db, api):
    table = recovered(api, db, rich(30))
    told = export(api, table, BUCKET)
    script = f"zcat '{directory_of(api, told)}'/data/*.json.gz | jq -r .Item.n.N | sort -n | tail -1"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "29", done.stderr


def test_the_import_command_takes_an_export(db, api, workdir):
    table = recovered(api, db, rich(300))
    told = export(api, table, BUCKET)
    shell = Shell(workdir)
    shell.run("create", f"{workdir}/data/Tab", "k:S")
    shell.run("import", f"{workdir}/data/Tab", directory_of(api, told), "-q")
    with served(workdir) as server:
        server.start()
        assert all_items(server.client(), "Tab") == all_items(db, table)


def test_an_export_is_of_the_moment_that_is_asked_for(db, api):
    table = recovered(api, db, [{"k": f"k{n}", "n": n} for n in range(100)])
    moment = wait_for_second()
    before = all_items(db, table)
    put_all(db, table, [{"k": f"k{n}", "later": True} for n in range(50, 150)])
    told = export(api, table, BUCKET, ExportTime=moment)
    assert told["ExportTime"] == moment
    assert exported(api, told) == before


def test_an_export_under_load_is_of_one_moment(db, api):
    table = recovered(api, db, [{"k": f"{side}{n}", "n": 0, "fill": "x" * 300} for n in range(900) for side in "ab"])
    stop = threading.Event()

    def write():
        mine, number = api.client(), 0
        while not stop.is_set():
            number += 1
            mine.transact_write_items(TransactItems=[
                {"Put": {"TableName": table, "Item": item(k=f"{side}{number % 900}", n=number)}} for side in "ab"
            ])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        found = [exported(api, export(api, table, BUCKET)) for _ in range(3)]
    finally:
        stop.set()
        writer.join()
    for items in found:
        assert len(items) == 1800
        assert all(items[f"a{n}", None]["n"] == items[f"b{n}", None]["n"] for n in range(900))


def test_an_empty_table_has_one_empty_file(db, api):
    told = export(api, recovered(api, db), BUCKET)
    assert told["ItemCount"] == 0 and lines_of(api, told) == []
    assert len(list((directory_of(api, told) / "data").iterdir())) == 1


@pytest.fixture
def changed(db, api):
    """A table, and a span of whole seconds in which things happened to it."""
    table = recovered(api, db, [{"k": k, "n": 0} for k in ("same", "changes", "goes", "twice")])
    begin = wait_for_second()
    began_us = time.time_ns() // 1000
    db.put_item(TableName=table, Item=item(k="changes", n=1))
    db.delete_item(TableName=table, Key=item(k="goes"))
    db.put_item(TableName=table, Item=item(k="comes", n=2))
    db.put_item(TableName=table, Item=item(k="flits"))
    db.delete_item(TableName=table, Key=item(k="flits"))
    db.put_item(TableName=table, Item=item(k="twice", n=1))
    db.put_item(TableName=table, Item=item(k="twice", n=2))
    ended_us = time.time_ns() // 1000
    end = wait_for_second()
    for key in ("same", "changes", "comes", "after"):
        db.put_item(TableName=table, Item=item(k=key, n=99))
    return table, begin, end, (began_us, ended_us)


def increments(api, table, begin, end, **more):
    told = export(api, table, BUCKET, S3Prefix=new_name(), ExportType="INCREMENTAL_EXPORT",
                  IncrementalExportSpecification={"ExportFromTime": begin, "ExportToTime": end, **more})
    assert told["ExportStatus"] == "COMPLETED", told
    return told, {plain(line["Keys"])["k"]: line for line in lines_of(api, told)}


def test_an_incremental_export_tells_what_became_of_each_item(changed, api):
    table, begin, end, (began_us, ended_us) = changed
    told, lines = increments(api, table, begin, end)
    images = {
        key: tuple(plain(line[name])["n"] if name in line else None for name in ("OldImage", "NewImage"))
        for key, line in lines.items()
    }
    assert images == {"changes": (0, 1), "goes": (0, None), "comes": (None, 2), "twice": (0, 2)}
    for line in lines.values():
        assert set(line) <= {"Metadata", "Keys", "OldImage", "NewImage"}
        stamp = line["Metadata"]["WriteTimestampMicros"]
        assert set(stamp) == {"N"} and began_us <= int(stamp["N"]) <= ended_us
    assert told["IncrementalExportSpecification"] == {
        "ExportFromTime": begin, "ExportToTime": end, "ExportViewType": "NEW_AND_OLD_IMAGES",
    }


def test_new_images_leave_the_old_ones_out(changed, api):
    table, begin, end, _ = changed
    _, lines = increments(api, table, begin, end, ExportViewType="NEW_IMAGE")
    assert set(lines) == {"changes", "goes", "comes", "twice"}
    assert not any("OldImage" in line for line in lines.values())
    assert "NewImage" not in lines["goes"]


def test_incremental_exports_share_their_data_and_say_so(changed, api):
    table, begin, end, _ = changed
    told, _ = increments(api, table, begin, end)
    directory = directory_of(api, told)
    assert not (directory / "data").exists()
    assert len(list((directory.parent / "data").iterdir())) == 1
    summary = json.loads((directory / "manifest-summary.json").read_text())
    assert summary["version"] == "2023-08-01" and summary["exportType"] == "INCREMENTAL_EXPORT"
    assert summary["outputView"] == "NEW_AND_OLD_IMAGES" and "exportTime" not in summary
    assert summary["exportFromTime"] == time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(begin))
    assert summary["exportToTime"] == time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(end))


def begin_export(api, table, **more):
    return api.call("ExportTableToPointInTime", **{"TableArn": table_arn(table), "S3Bucket": BUCKET, **more})


def test_a_token_begins_one_export(db, api):
    table = recovered(api, db, [{"k": "a"}])
    first = begin_export(api, table, ClientToken="mine-1", S3Prefix="tokens")
    again = begin_export(api, table, ClientToken="mine-1", S3Prefix="tokens")
    arns = {answer.json()["ExportDescription"]["ExportArn"] for answer in (first, again)}
    assert len(arns) == 1
    wait_for_export(api, first)
    assert len(list((api.bucket / "tokens/AWSDynamoDB").iterdir())) == 1
    name, _ = refusal(begin_export(api, table, ClientToken="mine-1", S3Prefix="elsewhere"))
    assert name == "ExportConflictException"


def test_exports_are_listed_by_table_in_pages_the_newest_first(db, api):
    table, other = recovered(api, db), recovered(api, db)
    arns = [export(api, one, BUCKET)["ExportArn"] for one in (table, other, table, table)]
    page = api.call("ListExports", TableArn=table_arn(table), MaxResults=2).json()
    assert [one["ExportArn"] for one in page["ExportSummaries"]] == [arns[3], arns[2]]
    assert page["ExportSummaries"][0] == {
        "ExportArn": arns[3], "ExportStatus": "COMPLETED", "ExportType": "FULL_EXPORT",
    }
    rest = api.call("ListExports", TableArn=table_arn(table), NextToken=page["NextToken"]).json()
    assert [one["ExportArn"] for one in rest["ExportSummaries"]] == [arns[0]] and "NextToken" not in rest
    missing = api.call("DescribeExport", ExportArn=arns[0] + "0")
    assert refusal(missing)[0] == "ExportNotFoundException"


def test_exports_that_make_no_sense_are_refused(db, api):
    table, without = recovered(api, db), create(db)
    name, message = refusal(begin_export(api, without))
    assert name == "PointInTimeRecoveryUnavailableException"
    assert message == f"Point in time recovery is not enabled for table '{without}'"
    assert refusal(begin_export(api, "no-table"))[0] == "TableNotFoundException"
    assert refusal(begin_export(api, table, ExportFormat="ION"))[1] == \
        "ExportFormat ION is not supported here: use DYNAMODB_JSON"
    for moment in (1_500_000_000, time.time() + 60, 0, -1, 0.5, 1e300):
        assert refusal(begin_export(api, table, ExportTime=moment))[0] == "InvalidExportTimeException", moment
    incremental = {"ExportType": "INCREMENTAL_EXPORT"}
    assert refusal(begin_export(api, table, **incremental))[0] == "ValidationException"
    backwards = {"ExportFromTime": time.time(), "ExportToTime": time.time() - 1}
    assert refusal(begin_export(api, table, **incremental, IncrementalExportSpecification=backwards))[0] == \
        "InvalidExportTimeException"
    assert list(path.name for path in api.bucket.glob("no-such*")) == []


@pytest.mark.parametrize("prefix", ["..", "../elsewhere", "a/../../b", "/abs", "a//b", "a/.", "x" * 300])
def test_no_prefix_leads_out_of_the_bucket(db, api, prefix):
    table = recovered(api, db)
    assert refusal(begin_export(api, table, S3Prefix=prefix))[0] == "ValidationException"
    if prefix != "x" * 300:
        assert refusal(api.call(
            "ImportTable", S3BucketSource={"S3Bucket": BUCKET, "S3KeyPrefix": prefix}, InputFormat="CSV",
            TableCreationParameters={"TableName": "never", "BillingMode": "PAY_PER_REQUEST",
                                     "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
                                     "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}]},
        ))[0] == "ValidationException"


@pytest.mark.parametrize("bucket", ["..", "a/b", ".hidden", "a..b"])
def test_no_bucket_is_out_of_their_directory(db, api, bucket):
    table = recovered(api, db)
    assert refusal(begin_export(api, table, S3Bucket=bucket))[0] == "ValidationException"


def test_symbolic_links_in_a_bucket_are_not_followed(db, api, workdir):
    outside = workdir / "outside"
    outside.mkdir()
    (outside / "items.json").write_text('{"Item":{"k":{"S":"secret"}}}\n')
    os.symlink(outside, api.bucket / "link")
    told = export(api, recovered(api, db), BUCKET, S3Prefix="link")
    assert told["ExportStatus"] == "FAILED" and os.listdir(outside) == ["items.json"]
    told = import_table(api, new_name(), BUCKET, "link/")
    assert told["ImportStatus"] == "FAILED" and told["FailureCode"] == "S3NoSuchKey"


def test_without_buckets_the_refusal_says_what_to_do(own_api):
    db = own_api.client()
    table = create(db)
    enable(own_api, table)
    message = "There are no buckets here: start the server with --buckets=DIR, whose subdirectories stand for them"
    assert refusal(begin_export(own_api, table)) == ("ValidationException", message)
    with invalid(message):
        db.import_table(
            S3BucketSource={"S3Bucket": BUCKET}, InputFormat="CSV",
            TableCreationParameters={"TableName": "new", "BillingMode": "PAY_PER_REQUEST",
                                     "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
                                     "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}]},
        )


@pytest.mark.parametrize("buckets, words", [
    ("none", "Opening the directory of buckets {}/none: No such file or directory"),
    ("file", "Opening the directory of buckets {}/file: Not a directory"),
    ("data/buckets", "lie in one another"),
    (".", "lie in one another"),
])
def test_buckets_are_looked_at_when_the_server_starts(workdir, buckets, words):
    (workdir / "file").write_text("")
    (workdir / "data/buckets").mkdir(parents=True)
    result = cli.run("serve", "data", "--http=127.0.0.1:0", f"--buckets={buckets}", cwd=workdir)
    assert (result.returncode, words.format(workdir) in result.stderr) == (1, True), result
    assert "\n" not in result.stderr.rstrip("\n")


def test_a_missing_bucket_fails_the_export_and_the_import(db, api):
    told = export(api, recovered(api, db), "no-bucket")
    assert (told["ExportStatus"], told["FailureCode"]) == ("FAILED", "S3NoSuchBucket")
    assert told["FailureMessage"] == "The specified bucket does not exist"
    told = import_table(api, "never", "no-bucket", "")
    assert (told["ImportStatus"], told["FailureCode"]) == ("FAILED", "S3NoSuchBucket")
    assert "never" not in tables(db)


# Imports.


def put_object(api, key, text):
    path = api.bucket / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def typed_lines(items):
    return "".join(json.dumps({"Item": item(one)}) + "\n" for one in items)


def errors_of(api, told):
    """The messages in the log of an import, by key and index."""
    path = api.buckets / "aws-dynamodb/imports" / f"{told['ImportArn'].split('/')[-1]}.json"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert all(line["importArn"] == told["ImportArn"] for line in lines)
    pointers = [(line["itemS3Pointer"], line["errorMessages"]) for line in lines]
    assert all(pointer["bucket"] == BUCKET and len(messages) == 1 for pointer, messages in pointers)
    return {(pointer["key"], pointer["itemIndex"]): messages[0] for pointer, messages in pointers}


def test_an_export_is_imported_item_by_item(db, api):
    table = recovered(api, db, rich(500))
    told = export(api, table, BUCKET, S3Prefix="round")
    target = new_name()
    told = import_table(api, target, BUCKET, os.path.dirname(told["ExportManifest"]) + "/data/",
                        InputCompressionType="GZIP")
    assert told["ImportStatus"] == "COMPLETED" and "FailureCode" not in told
    assert (told["ProcessedItemCount"], told["ImportedItemCount"], told["ErrorCount"]) == (500, 500, 0)
    assert told["TableArn"] == table_arn(target)
    assert all_items(db, target) == all_items(db, table)


def test_objects_are_those_whose_keys_begin_with_the_prefix(db, api):
    put_object(api, "p/a-1.json", typed_lines([{"k": "a1"}]))
    put_object(api, "p/a-2/deep/x.json", typed_lines([{"k": "a2"}]))
    put_object(api, "p/b.json", typed_lines([{"k": "b"}]))
    target = new_name()
    assert import_table(api, target, BUCKET, "p/a-")["ImportedItemCount"] == 2
    assert set(all_items(db, target)) == {("a1", None), ("a2", None)}


@pytest.mark.parametrize("compression", ["NONE", "GZIP", "ZSTD"])
def test_objects_may_be_compressed(db, api, compression):
    text = typed_lines([{"k": f"k{n}", "fill": "x" * 100} for n in range(4000)]).encode()
    packed = {"NONE": lambda: text, "GZIP": lambda: gzip.compress(text[:1000]) + gzip.compress(text[1000:]),
              "ZSTD": lambda: subprocess.run(["zstd", "-c"], input=text, capture_output=True, check=True).stdout}
    put_object(api, f"packed/{compression}", packed[compression]())
    told = import_table(api, new_name(), BUCKET, f"packed/{compression}", InputCompressionType=compression)
    assert (told["ImportedItemCount"], told["ProcessedSizeBytes"]) == (4000, len(text))


@pytest.mark.parametrize("compression", ["GZIP", "ZSTD"])
def test_a_damaged_object_is_an_error_and_the_others_go_in(db, api, compression):
    text = typed_lines([{"k": f"k{n}", "n": n} for n in range(4000)]).encode()
    packed = gzip.compress(text) if compression == "GZIP" else \
        subprocess.run(["zstd", "-c"], input=text, capture_output=True, check=True).stdout
    folder = f"damaged-{compression}"
    put_object(api, f"{folder}/cut", packed[: len(packed) // 2])
    put_object(api, f"{folder}/good", packed)
    put_object(api, f"{folder}/none", b"this is not compressed")
    target = new_name()
    told = import_table(api, target, BUCKET, folder + "/", InputCompressionType=compression)
    assert told["ImportStatus"] == "COMPLETED" and told["ErrorCount"] == 2
    assert len(all_items(db, target)) == 4000
    messages = {key: message for (key, _), message in errors_of(api, told).items()}
    assert "cut off" in messages[f"{folder}/cut"] and "damaged" in messages[f"{folder}/none"]


def test_items_that_do_not_fit_are_counted_and_logged(db, api):
    lines = [
        '{"Item":{"k":{"S":"good"},"g":{"S":"x"}}}', "{not json", '{"k":{"S":"bare"}}', '{"Item":{"other":{"S":"x"}}}',
        '{"Item":{"k":{"N":"1"}}}', '{"Item":{"k":{"S":"bad index"},"g":{"N":"1"}}}', "",
        '{"Item":{"k":{"S":"good"},"second":{"BOOL":true}}}', json.dumps({"Item": item(k="big", v="x" * 410_000)}),
    ]
    put_object(api, "bad/items.json", "\n".join(lines))
    target = new_name()
    told = import_table(api, target, BUCKET, "bad/", more_attributes=[("g", "S")],
                        table={"GlobalSecondaryIndexes": [index("gix", "g:S")[0]]})
    assert told["ImportStatus"] == "COMPLETED"
    assert (told["ProcessedItemCount"], told["ImportedItemCount"], told["ErrorCount"]) == (8, 2, 6)
    assert all_items(db, target) == {("good", None): {"k": "good", "second": True}}
    messages = {at: message for (_, at), message in errors_of(api, told).items()}
    assert set(messages) == {1, 2, 3, 4, 5, 7}
    assert messages[3] == "One or more parameter values were invalid: Missing the key k in the item"
    assert messages[5].startswith("One or more parameter values were invalid: Type mismatch for Index Key g")
    assert messages[7] == "Item size has exceeded the maximum allowed size"
    assert told["CloudWatchLogGroupArn"].endswith(":log-group:/aws-dynamodb/imports:*")


def test_too_many_errors_fail_the_import_and_leave_no_table(db, api):
    put_object(api, "worse/items.json", typed_lines([{"k": "good"}]) + "{}\n" * 10_001)
    told = import_table(api, "never", BUCKET, "worse/")
    assert (told["ImportStatus"], told["FailureCode"]) == ("FAILED", "ItemValidationError")
    assert told["ErrorCount"] == 10_001
    assert "never" not in tables(db)


def test_csv_has_typed_keys_and_strings(db, api):
    put_object(api, "csv/one.csv", 'k,s,n,text\na,1,5,"with ""quotes"", and a comma"\nb,2.50,,\n')
    put_object(api, "csv/two.csv", "text,k,s\nother order,c,-3\n")
    target = new_name()
    told = import_table(api, target, BUCKET, "csv/", "CSV", "k:S s:N", more_attributes=[("n", "N")],
                        table={"GlobalSecondaryIndexes": [index("nix", "n:N")[0]]})
    assert told["ImportStatus"] == "COMPLETED" and told["ErrorCount"] == 0
    assert all_items(db, target) == {
        ("a", 1): {"k": "a", "s": 1, "n": 5, "text": 'with "quotes", and a comma'},
        ("b", 2.5): {"k": "b", "s": 2.5},
        ("c", -3): {"k": "c", "s": -3, "text": "other order"},
    }


def test_csv_may_have_another_delimiter_and_a_header_from_outside(db, api):
    put_object(api, "semicolons/x.csv", "a;1\nb;2\nc;3;4\n")
    target = new_name()
    told = import_table(api, target, BUCKET, "semicolons/", "CSV",
                        InputFormatOptions={"Csv": {"Delimiter": ";", "HeaderList": ["k", "v"]}})
    assert (told["ImportedItemCount"], told["ErrorCount"]) == (2, 1)
    assert all_items(db, target) == by_key([{"k": "a", "v": "1"}, {"k": "b", "v": "2"}])
    assert list(errors_of(api, told).values()) == ["3 cells, the header has 2 columns"]
    assert told["InputFormatOptions"] == {"Csv": {"Delimiter": ";", "HeaderList": ["k", "v"]}}


def test_imports_that_make_no_sense_are_refused(db, api):
    existing = create(db)
    parameters = {"TableName": existing, "BillingMode": "PAY_PER_REQUEST",
                  "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
                  "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}]}

    def attempt(format="CSV", **more):
        return refusal(api.call("ImportTable", S3BucketSource={"S3Bucket": BUCKET}, InputFormat=format,
                                TableCreationParameters={**parameters, **more}))

    assert attempt() == ("ResourceInUseException", f"Table already exists: {existing}")
    assert attempt("ION", TableName="never") == \
        ("ValidationException", "InputFormat ION is not supported here: use DYNAMODB_JSON or CSV")
    assert attempt(TableName="never", AttributeDefinitions=[])[0] == "ValidationException"
    assert attempt(TableName="no")[0] == "ValidationException"
    told = import_table(api, "never", BUCKET, "nothing-begins-so")
    assert (told["ImportStatus"], told["FailureCode"]) == ("FAILED", "S3NoSuchKey")
    assert "never" not in tables(db)


def test_a_token_begins_one_import(db, api):
    put_object(api, "token/x.json", typed_lines([{"k": "a"}]))
    target = new_name()
    first = import_table(api, target, BUCKET, "token/", ClientToken="import-1")
    again = import_table(api, target, BUCKET, "token/", ClientToken="import-1")
    assert first == again
    answer = api.call("ListImports", TableArn=table_arn(target)).json()
    assert [one["ImportArn"] for one in answer["ImportSummaryList"]] == [first["ImportArn"]]
    other = api.call(
        "ImportTable", S3BucketSource={"S3Bucket": BUCKET, "S3KeyPrefix": "other"}, InputFormat="CSV",
        ClientToken="import-1", TableCreationParameters={
            "TableName": "never", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}]},
    )
    assert refusal(other)[0] == "ImportConflictException"


def test_imports_are_listed_in_pages(db, api):
    put_object(api, "list/x.json", typed_lines([{"k": "a"}]))
    arns = [import_table(api, new_name(), BUCKET, "list/")["ImportArn"] for _ in range(3)]
    page = api.call("ListImports", PageSize=2).json()
    assert [one["ImportArn"] for one in page["ImportSummaryList"]] == [arns[2], arns[1]]
    assert len(page["NextToken"]) >= 112
    rest = api.call("ListImports", PageSize=1, NextToken=page["NextToken"]).json()
    assert rest["ImportSummaryList"][0]["ImportArn"] == arns[0]
    assert refusal(api.call("ListImports", NextToken="x" * 112))[0] == "ValidationException"
    assert refusal(api.call("DescribeImport", ImportArn=arns[0] + "0"))[0] == "ImportNotFoundException"


# Interruptions.


def test_kill_9_fails_an_export_and_leaves_nothing_of_it(own):
    db = own.client()
    table = recovered(own, db, [{"k": f"k{n}", "fill": "x" * 500} for n in range(10_000)])
    arn = begin_export(own, table).json()["ExportDescription"]["ExportArn"]
    wait_until(lambda: list(own.bucket.glob("AWSDynamoDB/*/data/*")), 20, "data of the export")
    assert export_described(own, arn)["ExportStatus"] == "IN_PROGRESS"
    own.kill9()
    own.start()
    told = export_described(own, arn)
    assert told["ExportStatus"] == "FAILED" and told["FailureMessage"] == "the server was stopped"
    assert list((own.bucket / "AWSDynamoDB").iterdir()) == []
    assert len(exported(own, export(own, table, BUCKET))) == 10_000


def test_an_export_killed_before_its_first_file_is_no_trouble(own):
    """What it makes first is not there: as if the kill had come sooner."""
    db = own.client()
    table = recovered(own, db, [{"k": f"k{n}", "fill": "x" * 500} for n in range(10_000)])
    arn = begin_export(own, table).json()["ExportDescription"]["ExportArn"]
    own.kill9()
    shutil.rmtree(own.bucket / "AWSDynamoDB", ignore_errors=True)
    own.start()
    told = export_described(own, arn)
    assert told["ExportStatus"] == "FAILED" and told["FailureMessage"] == "the server was stopped"
    assert list(own.bucket.iterdir()) == []
    assert "in the bucket" not in own.log_tail()


def test_kill_9_fails_an_import_and_leaves_no_table(own):
    put_object(own, "x.json", typed_lines([{"k": f"k{n}", "fill": "x" * 500} for n in range(20_000)]))
    answer = own.call(
        "ImportTable", S3BucketSource={"S3Bucket": BUCKET}, InputFormat="DYNAMODB_JSON",
        TableCreationParameters={"TableName": "new", "BillingMode": "PAY_PER_REQUEST",
                                 "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
                                 "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}]},
    )
    arn = answer.json()["ImportTableDescription"]["ImportArn"]
    assert import_described(own, arn)["ImportStatus"] == "IN_PROGRESS"
    own.kill9()
    own.start()
    told = import_described(own, arn)
    assert told["ImportStatus"] == "FAILED" and told["FailureMessage"] == "the server was stopped"
    db = own.client()
    assert tables(db) == []
    assert import_table(own, "new", BUCKET, "x")["ImportedItemCount"] == 20_000


@pytest.fixture
def disk(workdir):
    with small_disk(workdir / "disk", "2m") as path:
        yield path


def test_a_full_disk_fails_the_export_and_leaves_nothing_of_it(workdir, disk):
    with with_buckets(workdir, disk) as server:
        db = server.client()
        items = [{"k": f"k{n}", "fill": os.urandom(500).hex()} for n in range(6000)]
        table = recovered(server, db, items)
        told = export(server, table, BUCKET)
        assert told["ExportStatus"] == "FAILED" and "No space left on device" in told["FailureMessage"]
        assert list((server.bucket / "AWSDynamoDB").iterdir()) == []
        assert len(all_items(db, table)) == 6000
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        assert exported(server, export(server, table, BUCKET)) == by_key(items)


def test_a_deleted_table_keeps_its_exports_and_imports(db, api):
    table = recovered(api, db, [{"k": "a"}])
    told = export(api, table, BUCKET)
    db.delete_table(TableName=table)
    wait_for_no_table(db, table)
    assert export_described(api, told["ExportArn"]) == told
