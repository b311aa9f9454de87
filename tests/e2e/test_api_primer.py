"""The programs of a DynamoDB primer, unmodified but for the endpoint.

The tests of each interface are steps of one program and share its table.
"""

import uuid
from decimal import Decimal

import pytest
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

from api import refused


@pytest.fixture(scope="module")
def dynamodb(api):
    return api.resource()


@pytest.fixture(scope="module")
def client(api):
    return api.client()


def schema(name):
    return {
        "TableName": name,
        "KeySchema": [
            {"AttributeName": "ProductID", "KeyType": "HASH"},
            {"AttributeName": "Year", "KeyType": "RANGE"},
        ],
        "AttributeDefinitions": [
            {"AttributeName": "ProductID", "AttributeType": "S"},
            {"AttributeName": "Year", "AttributeType": "N"},
        ],
        "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    }


def product(number, year, **more):
    return {"ProductID": f"P{number}", "Year": year, "Category": "Books", **more}


@pytest.fixture
def products(dynamodb):
    """The resource's table, with three products."""
    name = f"Products-{uuid.uuid4()}"
    table = dynamodb.create_table(**schema(name))
    table.wait_until_exists()
    for one in (
        product(1, 2020, Title="Dune", Price=Decimal("9.99")),
        product(1, 2021, Title="Dune", Price=Decimal("12.50")),
        product(2, 2021, Title="Emma", Price=Decimal("7"), Category="Classics"),
    ):
        table.put_item(Item=one)
    return table


@pytest.fixture
def wired(client):
    """The client's table, with three products."""
    name = f"Products-{uuid.uuid4()}"
    client.create_table(**schema(name))
    client.get_waiter("table_exists").wait(TableName=name)
    for number, year in ((1, 2020), (1, 2021), (2, 2021)):
        client.put_item(
            TableName=name,
            Item={
                "ProductID": {"S": f"P{number}"},
                "Year": {"N": str(year)},
                "Category": {"S": "Books" if number == 1 else "Classics"},
            },
        )
    return name


# The resource interface


def test_a_created_table_is_there_when_the_waiter_returns(products):
    products.reload()
    assert products.table_status == "ACTIVE"
    assert products.key_schema == schema("")["KeySchema"]
    assert products.provisioned_throughput["ReadCapacityUnits"] == 5


def test_a_put_item_is_read_back(products):
    answer = products.get_item(Key={"ProductID": "P1", "Year": 2020})
    assert answer["Item"] == product(1, 2020, Title="Dune", Price=Decimal("9.99"))


def test_an_item_that_is_not_there_is_no_error(products):
    assert "Item" not in products.get_item(Key={"ProductID": "P9", "Year": 2020})


def test_a_query_finds_a_partition_in_order(products):
    answer = products.query(KeyConditionExpression=Key("ProductID").eq("P1"))
    assert [one["Year"] for one in answer["Items"]] == [2020, 2021]


def test_a_query_narrows_by_the_sort_key(products):
    condition = Key("ProductID").eq("P1") & Key("Year").gt(2020)
    assert products.query(KeyConditionExpression=condition)["Count"] == 1


def test_a_scan_filters(products):
    answer = products.scan(FilterExpression=Attr("Price").lt(Decimal("9")))
    assert [one["Title"] for one in answer["Items"]] == ["Emma"]
    assert answer["ScannedCount"] == 3


def test_an_update_changes_what_it_names(products):
    answer = products.update_item(
        Key={"ProductID": "P1", "Year": 2020},
        UpdateExpression="SET Price = Price + :more, #t = :title",
        ExpressionAttributeNames={"#t": "Title"},
        ExpressionAttributeValues={":more": Decimal("0.01"), ":title": "Dune I"},
        ReturnValues="UPDATED_NEW",
    )
    assert answer["Attributes"] == {"Price": Decimal("10"), "Title": "Dune I"}


def test_a_delete_removes_one_item(products):
    products.delete_item(Key={"ProductID": "P1", "Year": 2020})
    assert products.scan()["Count"] == 2
    assert "Item" not in products.get_item(Key={"ProductID": "P1", "Year": 2020})


def test_a_batch_writer_writes_and_deletes(products):
    with products.batch_writer() as batch:
        for year in range(1900, 1960):
            batch.put_item(Item=product(3, year))
        batch.delete_item(Key={"ProductID": "P2", "Year": 2021})
    condition = Key("ProductID").eq("P3")
    assert products.query(KeyConditionExpression=condition)["Count"] == 60
    assert "Item" not in products.get_item(Key={"ProductID": "P2", "Year": 2021})


def test_a_batch_get_finds_what_is_there(dynamodb, products):
    keys = [{"ProductID": "P1", "Year": year} for year in (2020, 2021, 2022)]
    answer = dynamodb.batch_get_item(RequestItems={products.name: {"Keys": keys}})
    found = {one["Year"] for one in answer["Responses"][products.name]}
    assert found == {2020, 2021}
    assert answer["UnprocessedKeys"] == {}


def test_a_condition_that_fails_leaves_the_item(products):
    with pytest.raises(ClientError) as caught:
        products.put_item(Item=product(1, 2020), ConditionExpression=Attr("ProductID").not_exists())
    assert caught.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert "Title" in products.get_item(Key={"ProductID": "P1", "Year": 2020})["Item"]


def test_an_index_created_on_the_live_table_answers_queries(products):
    products.update(
        AttributeDefinitions=[{"AttributeName": "Category", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "CategoryIndex",
                    "KeySchema": [{"AttributeName": "Category", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                    "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
                }
            }
        ],
    )
    while True:
        products.reload()
        (index,) = products.global_secondary_indexes
        if index["IndexStatus"] == "ACTIVE":
            break
    answer = products.query(
        IndexName="CategoryIndex", KeyConditionExpression=Key("Category").eq("Books")
    )
    assert sorted(one["Year"] for one in answer["Items"]) == [2020, 2021]


def test_a_deleted_table_is_gone_when_the_waiter_returns(dynamodb, products):
    products.delete()
    products.wait_until_not_exists()
    assert products.name not in [table.name for table in dynamodb.tables.all()]


# The client interface


def test_the_client_describes_its_table(client, wired):
    table = client.describe_table(TableName=wired)["Table"]
    assert table["TableStatus"] == "ACTIVE"
    assert table["TableArn"] == f"arn:aws:dynamodb:us-east-1:123456789012:table/{wired}"
    assert table["ItemCount"] == 3


def test_the_client_lists_its_table(client, wired):
    pages = client.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 1})
    assert wired in [name for page in pages for name in page["TableNames"]]


def test_the_client_s_paginator_walks_a_scan(client, wired):
    paginator = client.get_paginator("scan")
    pages = list(paginator.paginate(TableName=wired, PaginationConfig={"PageSize": 1}))
    assert [page["Count"] for page in pages if page["Count"]] == [1, 1, 1]


def test_the_client_queries_with_values(client, wired):
    answer = client.query(
        TableName=wired,
        KeyConditionExpression="ProductID = :p AND #y BETWEEN :a AND :b",
        ExpressionAttributeNames={"#y": "Year"},
        ExpressionAttributeValues={":p": {"S": "P1"}, ":a": {"N": "2021"}, ":b": {"N": "2030"}},
    )
    assert [one["Year"] for one in answer["Items"]] == [{"N": "2021"}]


def test_the_client_transacts(client, wired):
    client.transact_write_items(
        TransactItems=[
            {"Delete": {"TableName": wired, "Key": {"ProductID": {"S": "P2"}, "Year": {"N": "2021"}}}},
            {"Put": {"TableName": wired, "Item": {"ProductID": {"S": "P4"}, "Year": {"N": "1"}}}},
        ]
    )
    answer = client.transact_get_items(
        TransactItems=[
            {"Get": {"TableName": wired, "Key": {"ProductID": {"S": number}, "Year": {"N": year}}}}
            for number, year in (("P2", "2021"), ("P4", "1"))
        ]
    )
    assert answer["Responses"] == [{}, {"Item": {"ProductID": {"S": "P4"}, "Year": {"N": "1"}}}]


def test_the_client_enables_streams_and_reads_them(api, client, wired):
    client.update_table(
        TableName=wired,
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    arn = client.describe_table(TableName=wired)["Table"]["LatestStreamArn"]
    client.delete_item(TableName=wired, Key={"ProductID": {"S": "P2"}, "Year": {"N": "2021"}})
    streams = api.client("dynamodbstreams")
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    iterator = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    (record,) = streams.get_records(ShardIterator=iterator)["Records"]
    assert record["eventName"] == "REMOVE"
    assert record["dynamodb"]["OldImage"]["Category"] == {"S": "Classics"}


def test_the_client_deletes_its_table(client, wired):
    client.delete_table(TableName=wired)
    client.get_waiter("table_not_exists").wait(TableName=wired)
    with refused(
        "ResourceNotFoundException", f"Requested resource not found: Table: {wired} not found"
    ):
        client.describe_table(TableName=wired)
