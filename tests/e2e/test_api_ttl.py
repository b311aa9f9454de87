"""Time to live over HTTP: which items expire, and what is told of it."""

import time

import pytest

from api import create, index, invalid, item, plain_all, put_all
from mounting import wait_until

EXPIRY_SECONDS = 20
YEAR = 365 * 24 * 60 * 60


def enable(db, table, attribute="expires", enabled=True):
    return db.update_time_to_live(
        TableName=table, TimeToLiveSpecification={"AttributeName": attribute, "Enabled": enabled}
    )["TimeToLiveSpecification"]


def told(db, table):
    return db.describe_time_to_live(TableName=table)["TimeToLiveDescription"]


def keys(db, table, **more):
    return {one["k"] for one in plain_all(db.scan(TableName=table, **more))}


def wait_for(db, table, expected):
    wait_until(lambda: keys(db, table) == expected, EXPIRY_SECONDS, f"only {expected}")


def test_a_table_expires_nothing_unless_it_is_told(db):
    assert told(db, create(db)) == {"TimeToLiveStatus": "DISABLED"}


def test_enabling_answers_what_was_asked_and_is_described(db):
    table = create(db)
    assert enable(db, table) == {"AttributeName": "expires", "Enabled": True}
    assert told(db, table) == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}


def test_disabling_forgets_the_attribute(db):
    table = create(db)
    enable(db, table)
    enable(db, table, enabled=False)
    assert told(db, table) == {"TimeToLiveStatus": "DISABLED"}


@pytest.mark.parametrize("first, second", [(True, True), (None, False)])
def test_asking_for_what_is_so_already_is_refused(db, first, second):
    table = create(db)
    if first is not None:
        enable(db, table, enabled=first)
    state = "enabled" if second else "disabled"
    with invalid(f"TimeToLive is already {state}"):
        enable(db, table, enabled=second)


def test_another_attribute_needs_disabling_first(db):
    table = create(db)
    enable(db, table)
    with pytest.raises(db.exceptions.ClientError) as caught:
        enable(db, table, "other")
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert told(db, table)["AttributeName"] == "expires"


def test_a_missing_table_is_told(db):
    with pytest.raises(db.exceptions.ResourceNotFoundException):
        db.describe_time_to_live(TableName="nowhere")


def test_items_whose_time_has_come_are_deleted_and_no_others(db):
    now = int(time.time())
    table = create(db)
    enable(db, table)
    put_all(
        db, table,
        [
            {"k": "past", "expires": now - 100},
            {"k": "long past", "expires": now - 4 * YEAR},
            {"k": "older than five years", "expires": now - 6 * YEAR},
            {"k": "future", "expires": now + YEAR},
            {"k": "text", "expires": str(now - 100)},
            {"k": "nested", "m": {"expires": now - 100}},
            {"k": "none"},
        ],
    )
    wait_for(db, table, {"older than five years", "future", "text", "nested", "none"})


def test_items_from_before_time_to_live_was_enabled_expire_too(db):
    table = create(db)
    put_all(db, table, [{"k": "a", "expires": int(time.time()) - 9}, {"k": "b"}])
    enable(db, table)
    wait_for(db, table, {"b"})


def test_an_item_that_was_given_more_time_stays(db):
    table = create(db)
    enable(db, table)
    soon = int(time.time()) + 2
    put_all(db, table, [{"k": "kept", "expires": soon}, {"k": "gone", "expires": soon}])
    put_all(db, table, [{"k": "kept", "expires": soon + YEAR}])
    wait_for(db, table, {"kept"})


def test_an_expired_item_leaves_the_indexes(db):
    table = create(db, "k:S", [index("i-g", "g:S")])
    enable(db, table)
    put_all(db, table, [{"k": "a", "g": "x", "expires": int(time.time()) - 9}])
    wait_for(db, table, set())
    assert keys(db, table, IndexName="i-g") == set()


def test_expiry_is_on_the_stream_as_the_service_s_own_doing(api, db):
    table = create(
        db, StreamSpecification={"StreamEnabled": True, "StreamViewType": "OLD_IMAGE"}
    )
    arn = db.describe_table(TableName=table)["Table"]["LatestStreamArn"]
    enable(db, table)
    expired = item(k="a", expires=int(time.time()) - 9)
    db.put_item(TableName=table, Item=expired)
    wait_for(db, table, set())
    streams = api.client("dynamodbstreams")
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    _, removal = streams.get_records(ShardIterator=iterator)["Records"]
    assert removal["eventName"] == "REMOVE"
    assert removal["userIdentity"] == {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}
    assert removal["dynamodb"]["OldImage"] == expired


def test_time_to_live_outlives_a_restart(own_api):
    table = create(own_api.client())
    enable(own_api.client(), table)
    own_api.stop()
    db = own_api.start().client()
    assert told(db, table)["TimeToLiveStatus"] == "ENABLED"
    put_all(db, table, [{"k": "a", "expires": int(time.time()) - 9}])
    wait_for(db, table, set())
