"""Tables over HTTP: their design, their states, what describes and protects them."""

import concurrent.futures
import re
import threading
import time

import pytest

from api import create, definitions, design, index, invalid, item, key_schema, new_name, refused

INVALID = "One or more parameter values were invalid: "
ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/"


def description(db, name):
    return db.describe_table(TableName=name)["Table"]


def missing(name):
    return refused(
        "ResourceNotFoundException", f"Requested resource not found: Table: {name} not found"
    )


# Creating


def test_a_new_table_is_told_as_creating_and_then_as_active(db):
    members = design()
    told = db.create_table(**members)["TableDescription"]
    assert told["TableStatus"] == "CREATING"
    assert description(db, members["TableName"])["TableStatus"] == "ACTIVE"


def test_a_table_takes_writes_as_soon_as_it_is_created(db):
    members = design()
    db.create_table(**members)
    db.put_item(TableName=members["TableName"], Item=item(k="a"))
    assert db.scan(TableName=members["TableName"])["Count"] == 1


def test_a_table_paid_by_request_reports_no_throughput(db):
    table = description(db, create(db))
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["ProvisionedThroughput"] == {
        "NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0
    }


def test_a_provisioned_table_reports_its_throughput_and_no_billing_mode(db):
    throughput = {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4}
    name = create(db, BillingMode="PROVISIONED", ProvisionedThroughput=throughput)
    table = description(db, name)
    assert table["ProvisionedThroughput"] == throughput | {"NumberOfDecreasesToday": 0}
    assert "BillingModeSummary" not in table


def test_a_description_names_the_table_by_arn_and_id(db):
    name = create(db)
    table = description(db, name)
    assert table["TableArn"] == ARN + name
    assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", table["TableId"])
    assert table["TableId"] == description(db, name)["TableId"]


def test_indexes_are_described_as_they_were_designed(db):
    name = create(
        db, "k:S s:N",
        [index("all", "g:S h:B"), index("some", "h:B", "INCLUDE", "x", "y")],
        [index("keys", "k:S g:S", "KEYS_ONLY")],
    )
    table = description(db, name)
    shapes = {one["IndexName"]: one for one in table["GlobalSecondaryIndexes"]}
    assert shapes["all"]["KeySchema"] == key_schema("g:S h:B")[0]
    assert shapes["all"]["IndexStatus"] == "ACTIVE"
    assert shapes["some"]["Projection"]["ProjectionType"] == "INCLUDE"
    assert sorted(shapes["some"]["Projection"]["NonKeyAttributes"]) == ["x", "y"]
    assert shapes["some"]["IndexArn"] == f"{ARN}{name}/index/some"
    (local,) = table["LocalSecondaryIndexes"]
    assert local["Projection"] == {"ProjectionType": "KEYS_ONLY"}
    assert "IndexStatus" not in local


def test_a_second_table_of_the_name_is_refused(db):
    members = design()
    db.create_table(**members)
    with refused("ResourceInUseException", f"Table already exists: {members['TableName']}"):
        db.create_table(**members)


def test_item_count_and_size_are_exact(db):
    name = create(db)
    db.put_item(TableName=name, Item=item(k="a", text="12345"))
    table = description(db, name)
    assert (table["ItemCount"], table["TableSizeBytes"]) == (1, 2 + 9)


@pytest.mark.parametrize(
    "change, message",
    [
        (
            {"AttributeDefinitions": definitions({"k": "S", "x": "S"})},
            INVALID + "Number of attributes in KeySchema does not exactly match number of attributes"
            " defined in AttributeDefinitions",
        ),
        (
            {"AttributeDefinitions": definitions({"x": "S"})},
            INVALID + "Some index key attributes are not defined in AttributeDefinitions."
            " Keys: [k], AttributeDefinitions: [x]",
        ),
        (
            {"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}},
            INVALID + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when"
            " BillingMode is PAY_PER_REQUEST",
        ),
        (
            {"BillingMode": "PROVISIONED"},
            INVALID + "ReadCapacityUnits and WriteCapacityUnits must both be specified when"
            " BillingMode is PROVISIONED",
        ),
        ({"GlobalSecondaryIndexes": []}, INVALID + "List of GlobalSecondaryIndexes is empty"),
        ({"LocalSecondaryIndexes": []}, INVALID + "List of LocalSecondaryIndexes is empty"),
    ],
    ids=["unused", "undefined", "needless-throughput", "no-throughput", "no-global", "no-local"],
)
def test_a_design_that_does_not_add_up_is_refused(db, change, message):
    with invalid(message):
        db.create_table(**design() | change)


def test_two_indexes_of_one_name_are_refused(db):
    with invalid(INVALID + "Duplicate index name: same"):
        db.create_table(**design("k:S s:N", [index("same", "g:S")], [index("same", "k:S g:S")]))


def test_a_sixth_local_index_is_refused(db):
    indexes = [index(f"index{n}", f"k:S a{n}:S") for n in range(6)]
    db.create_table(**design("k:S s:S", [], indexes[:5]))
    with invalid(
        INVALID + "Number of LocalSecondaryIndexes exceeds per-table limit of 5"
    ):
        db.create_table(**design("k:S s:S", [], indexes))


def test_a_twenty_first_global_index_is_refused(db):
    indexes = [index(f"index{n}", f"a{n}:S") for n in range(21)]
    db.create_table(**design("k:S", indexes[:20]))
    with invalid(
        INVALID + "GlobalSecondaryIndex count exceeds the per-table limit of 20"
    ):
        db.create_table(**design("k:S", indexes))


# Listing


def test_tables_are_listed_in_pages_by_name(db):
    names = sorted(create(db) for _ in range(5))
    seen, start = [], {}
    while True:
        page = db.list_tables(Limit=2, **start)
        assert len(page["TableNames"]) <= 2
        seen += page["TableNames"]
        if "LastEvaluatedTableName" not in page:
            break
        start = {"ExclusiveStartTableName": page["LastEvaluatedTableName"]}
    assert seen == sorted(seen)
    assert set(names) <= set(seen)


def test_listing_starts_after_a_name_that_need_not_exist(db):
    stem = new_name("listed")
    for letter in "ac":
        db.create_table(**design() | {"TableName": stem + letter})
    page = db.list_tables(ExclusiveStartTableName=stem + "b", Limit=1)
    assert page["TableNames"] == [stem + "c"]


# Updating


def test_an_update_without_a_change_is_refused(db):
    name = create(db)
    with invalid(
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
        "GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required"
    ):
        db.update_table(TableName=name)


def test_the_billing_mode_changes_on_a_live_table(db):
    name = create(db)
    db.update_table(
        TableName=name,
        BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 2, "WriteCapacityUnits": 2},
    )
    assert description(db, name)["ProvisionedThroughput"]["ReadCapacityUnits"] == 2


def test_an_index_is_deleted_from_a_live_table(db):
    name = create(db, "k:S", [index("gone", "g:S"), index("kept", "h:S")])
    db.update_table(
        TableName=name, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "gone"}}]
    )
    shapes = description(db, name)["GlobalSecondaryIndexes"]
    assert [one["IndexName"] for one in shapes if one["IndexStatus"] == "ACTIVE"] == ["kept"]
    with invalid("The table does not have the specified index: gone"):
        db.scan(TableName=name, IndexName="gone")


def test_an_unknown_index_cannot_be_deleted(db):
    name = create(db)
    with pytest.raises(db.exceptions.ResourceNotFoundException):
        db.update_table(
            TableName=name, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "none"}}]
        )


def test_a_missing_table_is_told_by_name(db):
    with missing("nowhere"):
        db.describe_table(TableName="nowhere")
    with missing("nowhere"):
        db.delete_table(TableName="nowhere")


# Deleting


def test_a_deleted_table_is_told_as_deleting_and_then_gone(db):
    name = create(db)
    told = db.delete_table(TableName=name)["TableDescription"]
    assert told["TableStatus"] == "DELETING"
    assert "KeySchema" not in told
    with missing(name):
        db.describe_table(TableName=name)


def test_a_protected_table_is_not_deleted(db, api):
    name = create(db)
    api.call("UpdateTable", TableName=name, DeletionProtectionEnabled=True)
    with invalid(
        "Resource cannot be deleted as it is currently protected against deletion. "
        "Disable deletion protection first."
    ):
        db.delete_table(TableName=name)
    api.call("UpdateTable", TableName=name, DeletionProtectionEnabled=False)
    db.delete_table(TableName=name)


def test_a_table_created_again_is_empty(db):
    members = design()
    db.create_table(**members)
    db.put_item(TableName=members["TableName"], Item=item(k="a"))
    db.delete_table(TableName=members["TableName"])
    db.create_table(**members)
    assert db.scan(TableName=members["TableName"])["Count"] == 0


def test_requests_to_a_table_that_comes_and_goes_are_all_answered(api, db):
    members = design("k:S", [index("i-g", "g:S")])
    table = members["TableName"]
    over = threading.Event()
    requests = [
        ("put_item", {"Item": item(k="a", g="x")}),
        ("get_item", {"Key": item(k="a")}),
        ("scan", {"IndexName": "i-g"}),
        ("delete_item", {"Key": item(k="a"), "ConditionExpression": "attribute_exists(k)"}),
        ("describe_table", {}),
    ]

    def ask(number):
        client, codes = api.client(), set()
        while not over.is_set():
            operation, more = requests[number % len(requests)]
            number += 1
            try:
                getattr(client, operation)(TableName=table, **more)
            except client.exceptions.ClientError as error:
                codes.add(error.response["Error"]["Code"])
        return codes

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        askers = [pool.submit(ask, number) for number in range(4)]
        for _ in range(25):
            db.create_table(**members)
            time.sleep(0.01)
            db.delete_table(TableName=table)
        over.set()
        told = set().union(*(asker.result() for asker in askers))
    assert "ResourceNotFoundException" in told
    assert told <= {"ResourceNotFoundException", "ConditionalCheckFailedException"}


# Tags, policies, limits


def test_tags_are_set_listed_and_removed(db):
    arn = ARN + create(db, Tags=[{"Key": "a", "Value": "1"}])
    db.tag_resource(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}, {"Key": "c", "Value": ""}])
    db.untag_resource(ResourceArn=arn, TagKeys=["a"])
    tags = db.list_tags_of_resource(ResourceArn=arn)["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"b": "2", "c": ""}


def test_tagging_answers_without_a_body(api, db):
    arn = ARN + create(db)
    answer = api.call("TagResource", ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}])
    assert (answer.status, answer.body) == (200, b"")


def test_tags_of_another_account_are_denied(db):
    with pytest.raises(db.exceptions.ClientError) as caught:
        db.list_tags_of_resource(ResourceArn="arn:aws:dynamodb:us-east-1:000000000000:table/nowhere")
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"


def test_a_policy_is_kept_and_deleted(api, db):
    arn = ARN + create(db)
    policy = '{"Version": "2012-10-17", "Statement": []}'
    revision = api.call("PutResourcePolicy", ResourceArn=arn, Policy=policy).json()["RevisionId"]
    kept = api.call("GetResourcePolicy", ResourceArn=arn).json()
    assert kept == {"Policy": policy, "RevisionId": revision}
    assert api.call("DeleteResourcePolicy", ResourceArn=arn).status == 200
    assert api.call("GetResourcePolicy", ResourceArn=arn).error() == "PolicyNotFoundException"


def test_limits_and_endpoints_are_told(api, db):
    assert db.describe_limits()["TableMaxReadCapacityUnits"] > 0
    (endpoint,) = db.describe_endpoints()["Endpoints"]
    assert endpoint["CachePeriodInMinutes"] > 0


def test_one_namespace_serves_every_access_key_and_region(api, db):
    name = create(db)
    other = api.client(key="ANOTHER", secret="OTHER", region="eu-west-1")
    assert other.describe_table(TableName=name)["Table"]["TableStatus"] == "ACTIVE"


def test_tables_tags_and_items_outlive_a_restart(own_api):
    db = own_api.client()
    name = create(db, "k:S", [index("i-g", "g:S")], Tags=[{"Key": "a", "Value": "1"}])
    db.put_item(TableName=name, Item=item(k="a", g="x"))
    before = description(db, name)
    own_api.stop()
    db = own_api.start().client()
    assert description(db, name) == before
    assert db.list_tags_of_resource(ResourceArn=ARN + name)["Tags"] == [{"Key": "a", "Value": "1"}]
    assert db.scan(TableName=name, IndexName="i-g")["Items"] == [item(k="a", g="x")]
