"""What is counted, by all doors: CloudWatch's operations, .metrics, GET /metrics and
`dynamount metrics`, each with figures computed by hand."""

import base64
import contextlib
import datetime
import gzip
import json
import re
import time
import urllib.error
import urllib.request
import xml.etree.ElementTree as xml

import pytest
from botocore.exceptions import ClientError

import cli
from api import create, index, item, values
from conftest import served
from mounting import read_text, save, wait_until
from watching import cloudwatch, now, sample, samples, statistics, total

READS, WRITES = "ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"
LATENCY = "SuccessfulRequestLatency"
CONDITION = "ConditionalCheckFailedRequests"
EXPIRED = "TimeToLiveDeletedItemCount"


@pytest.fixture
def watch(own_api, workdir):
    return cloudwatch(own_api, workdir)


def load(server):
    """A known load; the name of its table, of 3 items of 1 KB and 1 of 2.5 KB, by g."""
    db = server.client()
    table = create(db, global_indexes=[index("by-g", "g:S", "KEYS_ONLY")])
    for i in range(3):
        db.put_item(TableName=table, Item=item(k=f"k{i}", g="x", text="t" * 900))
    db.put_item(TableName=table, Item=item(k="large", g="y", text="t" * 2500))
    for i in range(4):
        db.get_item(TableName=table, Key=item(k=f"k{i % 3}"), ConsistentRead=i % 2 == 0)
    for _ in range(2):
        with pytest.raises(ClientError):
            db.put_item(
                TableName=table, Item=item(k="k0"), ConditionExpression="attribute_not_exists(k)"
            )
    with pytest.raises(ClientError):
        db.get_item(TableName=table, Key=item(wrong="k0"))
    db.query(
        TableName=table, IndexName="by-g", KeyConditionExpression="g = :g",
        ExpressionAttributeValues=values(g="x"),
    )  # fmt: skip
    return table


# By hand: three writes of 1 and one of 3 units; two that a condition refused, of the
# item there is, 1 each. Each of the four puts an entry into the index, of 1.
LOADED = {
    (WRITES, "SampleCount", ()): 6,
    (WRITES, "Sum", ()): 8,
    (WRITES, "Maximum", ()): 3,
    (WRITES, "Sum", ("GlobalSecondaryIndexName", "by-g")): 4,
    # Two consistent reads of 1 unit, two of a half; the query is the index's.
    (READS, "Sum", ()): 3,
    (READS, "Average", ()): 0.75,
    (READS, "Sum", ("GlobalSecondaryIndexName", "by-g")): 0.5,
    (CONDITION, "Sum", ()): 2,
    (LATENCY, "SampleCount", ("Operation", "PutItem")): 4,
    (LATENCY, "SampleCount", ("Operation", "GetItem")): 4,
    (LATENCY, "SampleCount", ("Operation", "Query")): 1,
    ("ReturnedItemCount", "Sum", ("Operation", "Query")): 3,
}


def figures(watch, table):
    def figure(metric, statistic, more):
        dimensions = {"TableName": table, **dict([more] if more else [])}
        return total(watch, metric, statistic, **dimensions)

    return {key: figure(*key) for key in LOADED}


# CloudWatch's operations


def test_a_known_load_has_the_figures_computed_by_hand(own_api, watch):
    table = load(own_api)
    assert figures(watch, table) == LOADED
    assert total(watch, "UserErrors") == 1


def test_latencies_are_milliseconds_with_percentiles_in_order(own_api, watch):
    table = load(own_api)
    answer = watch.get_metric_statistics(
        Namespace="AWS/DynamoDB", MetricName=LATENCY, Period=7200,
        Dimensions=[
            {"Name": "TableName", "Value": table}, {"Name": "Operation", "Value": "PutItem"},
        ],
        StartTime=now() - datetime.timedelta(hours=1), EndTime=now(),
        ExtendedStatistics=["p0", "p50", "p99.99", "p100"],
    )  # fmt: skip
    (point,) = answer["Datapoints"]
    assert (answer["Label"], point["Unit"]) == (LATENCY, "Milliseconds")
    told = point["ExtendedStatistics"]
    assert 0 < told["p0"] <= told["p50"] <= told["p99.99"] <= told["p100"] < 60000


def test_the_series_there_are_are_listed_until_there_are_no_more(own_api, watch):
    table = load(own_api)
    pages = watch.get_paginator("list_metrics").paginate(
        Dimensions=[{"Name": "TableName", "Value": table}]
    )
    listed = {
        (metric["MetricName"], tuple(sorted(d["Name"] for d in metric["Dimensions"])))
        for page in pages
        for metric in page["Metrics"]
    }
    assert {
        (READS, ("TableName",)),
        (READS, ("GlobalSecondaryIndexName", "TableName")),
        (LATENCY, ("Operation", "TableName")),
        (CONDITION, ("TableName",)),
    } <= listed


@pytest.mark.parametrize(
    "exception, message, members",
    [
        (
            "InvalidParameterCombinationException", "exceeds the limit of 1,440",
            {"since": datetime.timedelta(days=2), "period": 60},
        ),
        ("InvalidParameterValueException", "must be a multiple of 60", {"period": 90}),
        (
            "InvalidParameterValueException", "must be less than",
            {"since": -datetime.timedelta(days=1)},
        ),
    ],
)  # fmt: skip
def test_a_refusal_has_cloudwatchs_own_exception(watch, exception, message, members):
    since = now() - members.pop("since", datetime.timedelta(hours=1))
    with pytest.raises(ClientError) as caught:
        statistics(watch, READS, since=since, **members)
    error = caught.value.response["Error"]
    assert error["Code"] == exception
    assert message in error["Message"]


def test_a_table_that_is_gone_keeps_its_figures(own_api, watch):
    table = load(own_api)
    own_api.client().delete_table(TableName=table)
    assert total(watch, WRITES, TableName=table) == 8


def test_expired_items_are_counted(workdir):
    with served(workdir, "--ttl-interval=1") as server:
        server.start()
        db, watch = server.client(), cloudwatch(server, workdir)
        table = create(db)
        db.update_time_to_live(
            TableName=table, TimeToLiveSpecification={"AttributeName": "e", "Enabled": True}
        )
        for i in range(3):
            db.put_item(TableName=table, Item=item(k=str(i), e=int(time.time()) - 100))
        wait_until(lambda: total(watch, EXPIRED, TableName=table) == 3, 20, "3 expired")


def test_reads_of_a_stream_count_by_its_label(own_api, watch):
    db, streams = own_api.client(), own_api.client("dynamodbstreams")
    table = create(
        db, StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    )
    for i in range(3):
        db.put_item(TableName=table, Item=item(k=str(i)))
    (stream,) = streams.list_streams(TableName=table)["Streams"]
    (shard,) = streams.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]["Shards"]
    iterator = streams.get_shard_iterator(
        StreamArn=stream["StreamArn"], ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = streams.get_records(ShardIterator=iterator)["Records"]
    of = {"TableName": table, "Operation": "GetRecords", "StreamLabel": stream["StreamLabel"]}
    assert total(watch, "ReturnedRecordsCount", **of) == len(records) == 3
    size = sum(record["dynamodb"]["SizeBytes"] for record in records)
    assert total(watch, "ReturnedBytes", **of) == size


# Across restarts


def test_figures_are_there_after_a_restart_and_go_on(own_api, workdir):
    table = load(own_api)
    for expected in (8, 9, 10):
        assert total(cloudwatch(own_api, workdir), WRITES, TableName=table) == expected
        own_api.stop()
        own_api.start()
        own_api.client().delete_item(TableName=table, Key=item(k=f"none{expected}"))


@pytest.mark.limit(150)
def test_after_kill_9_no_more_than_the_minute_under_way_is_lost(own_api, workdir):
    table = load(own_api)
    loaded = now()
    time.sleep(61 - loaded.second - loaded.microsecond / 1e6 + 3)
    own_api.client().put_item(TableName=table, Item=item(k="late"))
    own_api.kill9()
    own_api.start()
    assert total(cloudwatch(own_api, workdir), WRITES, TableName=table) >= 8


# Prometheus


def get(server, path="/metrics", **headers):
    request = urllib.request.Request(server.url + path, headers=headers)
    return urllib.request.urlopen(request, timeout=20)


def scrape(server, **headers):
    with get(server, **headers) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        return answer.read().decode()


def test_prometheus_reads_a_known_load(own_api):
    table = load(own_api)
    text = scrape(own_api)
    assert sample(text, "consumed_write_capacity_units_total", table=table) == 8
    assert sample(text, "consumed_write_capacity_units_total", table=table, index="by-g") == 4
    assert sample(text, "consumed_read_capacity_units_total", table=table) == 3
    assert sample(text, "conditional_check_failed_requests_total", table=table) == 2
    assert sample(text, "user_errors_total") == 1
    of = {"table": table, "operation": "PutItem"}
    assert sample(text, "successful_request_latency_seconds_count", **of) == 4
    buckets = [
        sample(text, "successful_request_latency_seconds_bucket", le=le, **of)
        for le in ("0.0001", "0.01", "1.0", "10.0", "+Inf")
    ]
    assert buckets == sorted(buckets) and buckets[-1] == 4
    assert 0 < sample(text, "successful_request_latency_seconds_sum", **of) < 60


def test_counters_only_grow(own_api):
    table = load(own_api)
    before = samples(scrape(own_api))
    own_api.client().put_item(TableName=table, Item=item(k="k0"))
    after = samples(scrape(own_api))
    assert set(before) <= set(after)
    assert all(after[key] >= value for key, value in before.items())
    assert after != before


def test_a_scrape_is_packed_when_that_is_asked_for(own_api):
    load(own_api)
    with get(own_api, **{"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert samples(gzip.decompress(answer.read()).decode())


@contextlib.contextmanager
def refused(status):
    with pytest.raises(urllib.error.HTTPError) as caught:
        yield
    assert caught.value.code == status
    assert b"secret-table" not in caught.value.read()


def test_with_credentials_only_who_may_list_metrics_learns_of_tables(workdir):
    users = workdir / "users.json"
    entries = [
        {"AccessKeyId": "ROOT", "SecretAccessKey": "swordfish"},
        {"AccessKeyId": "WATCH", "SecretAccessKey": "w:1", "Operations": ["ListMetrics"]},
        {"AccessKeyId": "READ", "SecretAccessKey": "r", "Operations": ["GetItem"]},
    ]
    users.write_text(json.dumps({"Credentials": entries}))
    users.chmod(0o600)

    def basic(user):
        return {"Authorization": "Basic " + base64.b64encode(user.encode()).decode()}

    with served(workdir, f"--credentials={users}") as server:
        server.start()
        db = server.client(key="ROOT", secret="swordfish")
        members = {"TableName": "secret-table", "BillingMode": "PAY_PER_REQUEST"}
        db.create_table(
            **members,
            KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        )
        db.put_item(TableName="secret-table", Item=item(k="k"))
        for headers in ({}, basic("ROOT:wrong"), basic("ROOT"), basic("NONE:swordfish"),
                        {"Authorization": "Basic ?"}):  # fmt: skip
            with refused(401):
                get(server, **headers)
        with refused(403):
            get(server, **basic("READ:r"))
        for user in ("ROOT:swordfish", "WATCH:w:1"):
            text = scrape(server, **basic(user))
            assert sample(text, "consumed_write_capacity_units_total", table="secret-table") == 1
        watch = cloudwatch(server, workdir, "WATCH", "w:1")
        assert watch.list_metrics()["Metrics"]
        with pytest.raises(ClientError) as caught:
            statistics(watch, WRITES)
        assert caught.value.response["Error"]["Code"] == "AccessDeniedException"


def test_the_mount_has_all_tables_at_its_root_and_each_in_its_own(mount):
    movies = mount.table("Movies", "year:N title:S")
    mount.table("Users", "name:S")
    (movies / "2013").mkdir()
    save(movies / "2013" / "Rush.json", '{"rating": 8}\n')
    assert read_text(movies / "2013" / "Rush.json")
    everything = read_text(mount / ".metrics")
    assert sample(everything, "consumed_write_capacity_units_total", table="Movies") == 1
    own = samples(read_text(movies / ".metrics"))
    assert own and all(dict(labels)["table"] == "Movies" for _, labels in own)
    assert samples(read_text(mount / "Users" / ".metrics")) == {}
    assert ".metrics" not in mount.bash("ls -A; ls -A Movies").stdout


def test_what_the_mount_looks_up_by_itself_is_no_call(mount):
    mount.table("Movies", "year:N title:S")
    before = read_text(mount / ".metrics")
    mount.bash("ls -la . Movies; stat Movies .nothing Nowhere; find .", check=False)
    assert read_text(mount / ".metrics") == before


def test_metrics_can_only_be_read(mount):
    result = mount.bash("echo x > .metrics", check=False)
    assert result.returncode != 0 and "not permitted" in result.stderr


# The command


def metrics(server, *arguments, where=None, **how):
    where = where or server.path
    return cli.run("metrics", where, *arguments, cwd=server.directory, **how)


def printed(server, *arguments, **how):
    result = metrics(server, *arguments, **how)
    assert (result.returncode, result.stderr) == (0, ""), result
    return result.stdout


@pytest.fixture
def loaded(own_api):
    own_api.table = load(own_api)
    own_api.where = f"{own_api.path}/{own_api.table}"
    return own_api


def objects(server, *arguments, **how):
    return cli.lines(printed(server, "--json", *arguments, **how))


def test_the_figures_of_a_table_are_a_line_each_period(loaded):
    lines = printed(loaded, where=loaded.where).splitlines()
    headings, units = lines[0].split(), lines[1].split()
    assert headings == ["TIME", CONDITION, READS, WRITES]
    assert units == ["Sum,", "Count"] * 3
    assert len({len(line) for line in lines}) == 1
    rows = [line.split() for line in lines[2:]]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", " ".join(row[:2])) for row in rows)
    sums = [sum(float(row[i]) for row in rows if row[i] != "-") for i in (2, 3, 4)]
    assert sums == [2, 3, 8]


@pytest.mark.parametrize("url", [False, True])
def test_json_has_all_of_it_by_every_way(loaded, url):
    where = f"{loaded.url}/{loaded.table}" if url else loaded.where
    told = {
        (one["MetricName"], one["Statistic"]): sum(p["Value"] for p in one["Datapoints"])
        for one in objects(loaded, "--period=1h", where=where)
    }
    assert told == {(CONDITION, "Sum"): 2, (READS, "Sum"): 3, (WRITES, "Sum"): 8}


def test_an_index_and_an_operation_have_figures_of_their_own(loaded):
    (reads, writes) = objects(loaded, "--index=by-g", "--period=1d", where=loaded.where)
    assert (reads["Datapoints"][-1]["Value"], writes["Datapoints"][-1]["Value"]) == (0.5, 4)
    told = objects(
        loaded, "--operation=Query", "--metric=ReturnedItemCount", "--period=1d", where=loaded.where
    )
    assert [one["Datapoints"][-1]["Value"] for one in told] == [3]


def test_a_metric_by_operation_has_a_column_for_each(loaded):
    lines = printed(
        loaded, f"--metric={LATENCY}", "--statistic=SampleCount", "--period=1d", where=loaded.where
    ).splitlines()
    row = dict(zip(lines[1].split(), lines[-1].split()[2:]))
    assert row == {"GetItem": "4", "PutItem": "4", "Query": "1"}


def test_without_a_table_every_table_is_told(loaded):
    other = create(loaded.client())
    loaded.client().put_item(TableName=other, Item=item(k="k"))
    lines = printed(loaded, "--period=1d").splitlines()
    assert {loaded.table, other} <= set(lines[1].split())
    assert "UserErrors" in lines[0]


def test_the_figures_of_a_data_directory_that_nobody_has_open_are_told(loaded):
    loaded.stop()
    told = objects(loaded, "--period=1d", where=loaded.where)
    assert [one["Datapoints"][-1]["Value"] for one in told] == [2, 3, 8]


def test_a_plot_fits_the_terminal_and_has_its_axes(loaded):
    text = printed(
        loaded, "--plot", f"--metric={WRITES}", where=loaded.where, env={"COLUMNS": "70"}
    )
    lines = text.splitlines()
    assert lines[0].startswith(f"{WRITES}: Sum, Count")
    assert max(len(line) for line in lines[2:]) == 70
    assert sum("█" in line for line in lines) >= 8
    assert re.search(r"^ +8 ┤", text, re.M) and re.search(r"^ +0 ┼", text, re.M)
    assert re.search(r"\d\d:\d\d +\d\d:\d\d", lines[-1])


def test_a_plot_is_ascii_where_that_is_all_there_is(loaded):
    text = printed(loaded, "--plot", where=loaded.where, env={"LC_ALL": "C", "COLUMNS": "70"})
    assert text.isascii() and "#" in text


SVG = "{http://www.w3.org/2000/svg}"


def test_an_svg_has_the_points_and_tells_what_they_are(loaded):
    root = xml.fromstring(printed(loaded, "--svg", where=loaded.where).encode())
    assert root.tag == f"{SVG}svg"
    panels = root.findall(f"{SVG}g")
    titles = [panel.find(f"{SVG}text[@class='title']").text for panel in panels]
    assert titles == [CONDITION, READS, WRITES]
    writes = panels[2]
    points = [circle.find(f"{SVG}title").text.split() for circle in writes.iter(f"{SVG}circle")]
    assert sum(float(value) for _, value, _ in points) == 8
    assert {unit for *_, unit in points} == {"Count"}
    # Its place on the axis, which goes from 0 at the bottom to a round number.
    labels = {
        float(label.text): float(label.get("y"))
        for label in writes.findall(f"{SVG}text[@class='value']")
    }
    top, bottom = labels[max(labels)], labels[0]
    for circle in writes.iter(f"{SVG}circle"):
        value = float(circle.find(f"{SVG}title").text.split()[1])
        y = bottom - (bottom - top) * value / max(labels) - 4  # the label's line is lower
        assert abs(float(circle.get("cy")) - y) < 0.2
    assert writes.findall(f"{SVG}text[@class='time']")


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--since=3x"], "--since cannot be '3x': expected is how long ago"),
        (["--since=1h", "--until=2h"], "--since is not before --until"),
        (["--period=90s"], "--period cannot be '90s': whole minutes are expected"),
        (["--metric=ConsumedReadUnits"], "did you mean ConsumedReadCapacityUnits"),
        (["--metric=Latncy"], "There is no metric 'Latncy'"),
        (["--statistic=Mean"], "There is no statistic 'Mean'"),
        (["--statistic=p200"], "p200"),
    ],
)
def test_a_mistake_is_told(loaded, arguments, message):
    result = metrics(loaded, *arguments, where=loaded.where)
    assert (result.returncode, result.stdout) == (1, "")
    assert message in result.stderr


def test_a_table_that_is_not_there_is_told(loaded):
    result = metrics(loaded, where=f"{loaded.path}/Nowhere")
    assert result.returncode == 1
    assert "Table: Nowhere not found" in result.stderr


def test_a_table_of_which_nothing_was_counted_is_told(own_api):
    table = create(own_api.client())
    result = metrics(own_api, where=f"{own_api.path}/{table}")
    assert (result.returncode, result.stdout) == (0, "")
    assert "nothing was counted" in result.stderr


def test_wrong_calls_end_with_2(loaded):
    for arguments in (["--plot", "--svg"], ["extra"], ["--nothing"]):
        assert metrics(loaded, *arguments).returncode == 2
