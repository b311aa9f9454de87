"""Streams over HTTP: what is recorded, and how shards and iterators are walked."""

import concurrent.futures
import datetime
import random
import re

import pytest
from botocore.exceptions import BotoCoreError

from api import create, index, item, put_all, refused, values

VIEWS = {
    "KEYS_ONLY": set(),
    "NEW_IMAGE": {"NewImage"},
    "OLD_IMAGE": {"OldImage"},
    "NEW_AND_OLD_IMAGES": {"NewImage", "OldImage"},
}


@pytest.fixture(scope="module")
def streams(api):
    return api.client("dynamodbstreams", parameter_validation=False)


def streamed(db, schema="k:S", view="NEW_AND_OLD_IMAGES", **more):
    """A new table with a stream: its name and the stream's ARN."""
    table = create(
        db, schema, StreamSpecification={"StreamEnabled": True, "StreamViewType": view}, **more
    )
    return table, arn_of(db, table)


def arn_of(db, table):
    return db.describe_table(TableName=table)["Table"]["LatestStreamArn"]


def shard_of(streams, arn):
    return streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]


def iterator(streams, arn, kind="TRIM_HORIZON", **more):
    return streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard_of(streams, arn), ShardIteratorType=kind, **more
    )["ShardIterator"]


def records(streams, arn, kind="TRIM_HORIZON", **more):
    return streams.get_records(ShardIterator=iterator(streams, arn, kind, **more))["Records"]


def events(streams, arn):
    return [record["eventName"] for record in records(streams, arn)]


# What is recorded


def test_each_change_is_one_record_in_order(db, streams):
    table, arn = streamed(db)
    db.put_item(TableName=table, Item=item(k="a", v=1))
    db.put_item(TableName=table, Item=item(k="a", v=2))
    db.update_item(
        TableName=table, Key=item(k="a"), UpdateExpression="SET v = :v",
        ExpressionAttributeValues=values(v=3),
    )
    db.delete_item(TableName=table, Key=item(k="a"))
    told = [
        (record["eventName"], record["dynamodb"].get("OldImage", {}).get("v"),
         record["dynamodb"].get("NewImage", {}).get("v"))
        for record in records(streams, arn)
    ]
    one, two, three = ({"N": text} for text in "123")
    assert told == [
        ("INSERT", None, one), ("MODIFY", one, two), ("MODIFY", two, three), ("REMOVE", three, None),
    ]


def test_a_record_has_the_service_s_members(db, streams):
    table, arn = streamed(db)
    db.put_item(TableName=table, Item=item(k="Fred", v=1))
    (record,) = records(streams, arn)
    assert record["eventVersion"] == "1.1"
    assert record["eventSource"] == "aws:dynamodb"
    assert record["awsRegion"] == "us-east-1"
    assert re.fullmatch("[0-9a-f]{32}", record["eventID"])
    assert "userIdentity" not in record
    data = record["dynamodb"]
    assert data["Keys"] == item(k="Fred")
    assert data["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    assert re.fullmatch("[0-9]{21,40}", data["SequenceNumber"])
    age = datetime.datetime.now(datetime.timezone.utc) - data["ApproximateCreationDateTime"]
    assert datetime.timedelta(seconds=-2) < age < datetime.timedelta(seconds=60)


def test_size_counts_the_keys_and_the_images(db, streams):
    table, arn = streamed(db, "Username:S", "KEYS_ONLY")
    db.put_item(TableName=table, Item=item(Username="Fred", v="more"))
    assert records(streams, arn)[0]["dynamodb"]["SizeBytes"] == len("Username") + len("Fred")
    table, arn = streamed(db, "Username:S", "NEW_IMAGE")
    db.put_item(TableName=table, Item=item(Username="Fred", v="more"))
    assert records(streams, arn)[0]["dynamodb"]["SizeBytes"] == 12 + 12 + 5


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_shows_its_images(db, streams, view):
    table, arn = streamed(db, view=view)
    for v in (1, 2):
        db.put_item(TableName=table, Item=item(k="a", v=v))
    data = records(streams, arn)[1]["dynamodb"]
    assert {name for name in ("NewImage", "OldImage") if name in data} == VIEWS[view]
    if "NewImage" in data:
        assert data["NewImage"] == item(k="a", v=2)
    if "OldImage" in data:
        assert data["OldImage"] == item(k="a", v=1)


def test_a_write_that_changes_nothing_is_not_recorded(db, streams):
    table, arn = streamed(db)
    whole = item(k="a", v=1, s={"x", "y"}, m={"p": 1, "q": 2})
    db.put_item(TableName=table, Item=whole)
    db.put_item(TableName=table, Item=dict(reversed(whole.items())))
    db.put_item(TableName=table, Item=whole | {"s": {"SS": ["y", "x"]}, "v": {"N": "1.0"}})
    db.update_item(
        TableName=table, Key=item(k="a"), UpdateExpression="SET v = :v",
        ExpressionAttributeValues=values(v=1),
    )
    db.delete_item(TableName=table, Key=item(k="never"))
    assert events(streams, arn) == ["INSERT"]


def test_a_failed_write_is_not_recorded(db, streams):
    table, arn = streamed(db)
    with pytest.raises(db.exceptions.ConditionalCheckFailedException):
        db.put_item(TableName=table, Item=item(k="a"), ConditionExpression="attribute_exists(k)")
    with pytest.raises(db.exceptions.TransactionCanceledException):
        db.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": table, "Item": item(k="b")}},
                {"ConditionCheck": {"TableName": table, "Key": item(k="c"),
                                    "ConditionExpression": "attribute_exists(k)"}},
            ]
        )
    assert events(streams, arn) == []


def test_batches_and_transactions_are_recorded(db, streams):
    table, arn = streamed(db)
    put_all(db, table, [{"k": "a"}, {"k": "b"}])
    db.transact_write_items(
        TransactItems=[
            {"Delete": {"TableName": table, "Key": item(k="a")}},
            {"Put": {"TableName": table, "Item": item(k="c")}},
        ]
    )
    assert sorted(events(streams, arn)) == ["INSERT", "INSERT", "INSERT", "REMOVE"]


def test_an_index_adds_no_records(db, streams):
    table, arn = streamed(db, global_indexes=[index("i-g", "g:S")])
    db.put_item(TableName=table, Item=item(k="a", g="x"))
    db.put_item(TableName=table, Item=item(k="a", g="y"))
    assert events(streams, arn) == ["INSERT", "MODIFY"]


def test_sequence_numbers_rise(db, streams):
    table, arn = streamed(db)
    put_all(db, table, [{"k": str(n)} for n in range(50)])
    found = [int(record["dynamodb"]["SequenceNumber"]) for record in records(streams, arn)]
    assert len(found) == 50
    assert found == sorted(set(found))


# Walking


def test_an_open_shard_always_has_a_next_iterator(db, streams):
    table, arn = streamed(db)
    answer = streams.get_records(ShardIterator=iterator(streams, arn))
    assert answer["Records"] == []
    db.put_item(TableName=table, Item=item(k="a"))
    answer = streams.get_records(ShardIterator=answer["NextShardIterator"])
    assert [record["eventName"] for record in answer["Records"]] == ["INSERT"]
    answer = streams.get_records(ShardIterator=answer["NextShardIterator"])
    assert answer["Records"] == []


def test_latest_begins_with_what_comes(db, streams):
    table, arn = streamed(db)
    db.put_item(TableName=table, Item=item(k="before"))
    latest = iterator(streams, arn, "LATEST")
    db.put_item(TableName=table, Item=item(k="after"))
    (record,) = streams.get_records(ShardIterator=latest)["Records"]
    assert record["dynamodb"]["Keys"] == item(k="after")


@pytest.mark.parametrize("kind, first", [("AT_SEQUENCE_NUMBER", 3), ("AFTER_SEQUENCE_NUMBER", 4)])
def test_reading_begins_at_or_after_a_sequence_number(db, streams, kind, first):
    table, arn = streamed(db)
    for n in range(6):
        db.put_item(TableName=table, Item=item(k=str(n)))
    number = records(streams, arn)[3]["dynamodb"]["SequenceNumber"]
    found = records(streams, arn, kind, SequenceNumber=number)
    assert [record["dynamodb"]["Keys"]["k"]["S"] for record in found] == [
        str(n) for n in range(first, 6)
    ]


def test_records_are_read_in_pages(db, streams):
    table, arn = streamed(db)
    put_all(db, table, [{"k": f"{n:02}"} for n in range(25)])
    at, found = iterator(streams, arn), []
    for _ in range(3):
        page = streams.get_records(ShardIterator=at, Limit=10)
        found.append([record["dynamodb"]["Keys"]["k"]["S"] for record in page["Records"]])
        at = page["NextShardIterator"]
    assert [len(page) for page in found] == [10, 10, 5]
    assert sorted(key for page in found for key in page) == [f"{n:02}" for n in range(25)]


def test_a_page_of_records_holds_about_a_megabyte(db, streams):
    table, arn = streamed(db, view="NEW_IMAGE")
    for n in range(6):
        db.put_item(TableName=table, Item=item(k=str(n), v="x" * 390000))
    page = streams.get_records(ShardIterator=iterator(streams, arn))
    assert 0 < len(page["Records"]) < 6


def test_shards_and_iterators_look_like_the_service_s(db, streams):
    table, arn = streamed(db)
    assert re.fullmatch(
        rf"arn:aws:dynamodb:us-east-1:123456789012:table/{table}/stream/"
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}",
        arn,
    )
    assert re.fullmatch(r"shardId-\d{20}-[0-9a-f]{8}", shard_of(streams, arn))
    assert iterator(streams, arn).startswith(f"{arn}|")


def test_describing_tells_the_stream(db, streams):
    table, arn = streamed(db, "k:S s:N", "OLD_IMAGE")
    told = streams.describe_stream(StreamArn=arn)["StreamDescription"]
    assert (told["StreamStatus"], told["TableName"]) == ("ENABLED", table)
    assert told["StreamViewType"] == "OLD_IMAGE"
    assert [key["AttributeName"] for key in told["KeySchema"]] == ["k", "s"]
    assert told["StreamLabel"] == arn.split("/stream/")[1]
    number_range = told["Shards"][0]["SequenceNumberRange"]
    assert "EndingSequenceNumber" not in number_range
    assert number_range["StartingSequenceNumber"].isdigit()


def test_streams_are_listed_by_table_and_in_pages(db, streams):
    table, arn = streamed(db)
    told = streams.list_streams(TableName=table)["Streams"]
    assert [(one["TableName"], one["StreamArn"]) for one in told] == [(table, arn)]
    streamed(db)
    seen, start = [], {}
    while True:
        page = streams.list_streams(Limit=1, **start)
        seen += [one["StreamArn"] for one in page["Streams"]]
        if "LastEvaluatedStreamArn" not in page:
            break
        start = {"ExclusiveStartStreamArn": page["LastEvaluatedStreamArn"]}
    assert arn in seen
    assert len(seen) == len(set(seen))


def test_a_follower_sees_each_change_of_many_writers_once(api, db, streams):
    table, arn = streamed(db)

    def count(key):
        client = api.client()
        for n in range(1, 41):
            client.put_item(TableName=table, Item=item(k=key, n=n))

    at, seen = iterator(streams, arn), {key: [] for key in "abcd"}
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(count, key) for key in seen]
        while True:
            over = all(writer.done() for writer in writers)
            answer = streams.get_records(ShardIterator=at, Limit=7)
            for record in answer["Records"]:
                image = record["dynamodb"]["NewImage"]
                seen[image["k"]["S"]].append(int(image["n"]["N"]))
            at = answer["NextShardIterator"]
            if over and not answer["Records"]:
                break
        for writer in writers:
            writer.result()
    assert seen == {key: list(range(1, 41)) for key in "abcd"}


# Enabling, disabling, mistakes


def test_a_disabled_stream_stays_readable_to_its_end(db, streams):
    table, arn = streamed(db)
    db.put_item(TableName=table, Item=item(k="recorded"))
    db.update_table(TableName=table, StreamSpecification={"StreamEnabled": False})
    db.put_item(TableName=table, Item=item(k="not recorded"))
    told = streams.describe_stream(StreamArn=arn)["StreamDescription"]
    assert told["StreamStatus"] == "DISABLED"
    assert "EndingSequenceNumber" in told["Shards"][0]["SequenceNumberRange"]
    at, found = iterator(streams, arn), []
    while at:
        answer = streams.get_records(ShardIterator=at)
        found += answer["Records"]
        at = answer.get("NextShardIterator")
    assert [record["dynamodb"]["Keys"] for record in found] == [item(k="recorded")]


def test_enabling_again_makes_another_stream(db, streams):
    table, arn = streamed(db)
    specification = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    with pytest.raises(db.exceptions.ClientError) as caught:
        db.update_table(TableName=table, StreamSpecification=specification)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    db.update_table(TableName=table, StreamSpecification={"StreamEnabled": False})
    db.update_table(TableName=table, StreamSpecification=specification)
    assert arn_of(db, table) != arn
    listed = {one["StreamArn"] for one in streams.list_streams(TableName=table)["Streams"]}
    assert listed == {arn, arn_of(db, table)}


def test_an_unknown_stream_is_told(db, streams):
    arn = streamed(db)[1][:-3] + "999"
    with refused(
        "ResourceNotFoundException", f"Requested resource not found: Stream: {arn} not found"
    ):
        streams.describe_stream(StreamArn=arn)


def test_a_broken_iterator_is_refused(streams):
    with pytest.raises(streams.exceptions.ClientError) as caught:
        streams.get_records(ShardIterator="no iterator")
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_a_view_is_needed_to_enable_a_stream(db):
    with pytest.raises(db.exceptions.ClientError) as caught:
        create(db, StreamSpecification={"StreamEnabled": True})
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def read_all(streams, arn):
    """Every record until now."""
    at, found = iterator(streams, arn), []
    while True:
        answer = streams.get_records(ShardIterator=at)
        if not answer["Records"]:
            return found
        found += answer["Records"]
        at = answer["NextShardIterator"]


def replayed(changes):
    """The items that a stream tells of."""
    items = {}
    for record in changes:
        data = record["dynamodb"]
        key = data["Keys"]["k"]["S"]
        assert data.get("OldImage") == items.get(key)
        if record["eventName"] == "REMOVE":
            del items[key]
        else:
            items[key] = data["NewImage"]
    return items


def test_a_stream_replayed_is_the_table_after_kill_9(own_api):
    table, arn = streamed(own_api.client(), global_indexes=[index("i-n", "n:N")])

    def write(seed):
        client, numbers, done = own_api.client(), random.Random(seed), 0
        try:
            while True:
                key = str(numbers.randrange(40))
                if numbers.random() < 0.3:
                    client.delete_item(TableName=table, Key=item(k=key))
                elif numbers.random() < 0.5:
                    client.put_item(TableName=table, Item=item(k=key, n=numbers.randrange(5)))
                else:
                    client.transact_write_items(
                        TransactItems=[
                            {"Put": {"TableName": table, "Item": item(k=f"{seed} {side}", n=done)}}
                            for side in "lr"
                        ]
                    )
                done += 1
        except BotoCoreError:  # the server is gone
            return done

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(write, seed) for seed in range(4)]
        concurrent.futures.wait(writers, timeout=1)
        own_api.kill9()
        assert sum(writer.result() for writer in writers) > 20
    db = own_api.start().client()
    whole = {one["k"]["S"]: one for one in db.scan(TableName=table)["Items"]}
    assert replayed(read_all(own_api.client("dynamodbstreams"), arn)) == whole
    indexed = {one["k"]["S"]: one for one in db.scan(TableName=table, IndexName="i-n")["Items"]}
    assert indexed == whole


@pytest.mark.parametrize("end", ["stop", "kill9"])
def test_a_stream_outlives_its_server(own_api, end):
    table, arn = streamed(own_api.client())
    put_all(own_api.client(), table, [{"k": str(n)} for n in range(9)])
    before = records(own_api.client("dynamodbstreams"), arn)
    getattr(own_api, end)()
    own_api.start()
    after = records(own_api.client("dynamodbstreams"), arn)
    assert [record["eventID"] for record in after] == [record["eventID"] for record in before]
    own_api.client().put_item(TableName=table, Item=item(k="later"))
    later = records(own_api.client("dynamodbstreams"), arn)
    assert len(later) == 10
    assert int(later[9]["dynamodb"]["SequenceNumber"]) > int(after[8]["dynamodb"]["SequenceNumber"])
