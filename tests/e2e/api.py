"""DynamoDB's API as a program sees it: tables, items and refusals, told briefly."""

import contextlib
import itertools
import os

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

VALIDATION = "ValidationException"

serial = itertools.count()


def item(attributes=None, /, **more):
    """An item or a key in DynamoDB's JSON."""
    serialize = TypeSerializer().serialize
    return {name: serialize(value) for name, value in {**(attributes or {}), **more}.items()}


def values(**more):
    """ExpressionAttributeValues."""
    return {f":{name}": value for name, value in item(more).items()}


def plain(members):
    """An item as Python's values."""
    return {name: TypeDeserializer().deserialize(value) for name, value in members.items()}


def plain_all(answer):
    return [plain(members) for members in answer["Items"]]


def new_name(stem="t"):
    return f"{stem}-{os.getpid()}-{next(serial)}"


def key_schema(text):
    """Of "k:S" or "k:S s:N": KeySchema, and the attributes by name."""
    attributes = dict(part.split(":") for part in text.split())
    kinds = zip(attributes, ("HASH", "RANGE"))
    return [{"AttributeName": name, "KeyType": kind} for name, kind in kinds], attributes


def index(name, schema, projection="ALL", *included):
    """A secondary index, and the attributes of its key by name."""
    keys, attributes = key_schema(schema)
    shape = {"ProjectionType": projection}
    if included:
        shape["NonKeyAttributes"] = list(included)
    return {"IndexName": name, "KeySchema": keys, "Projection": shape}, attributes


def definitions(attributes):
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in attributes.items()]


def design(schema="k:S", global_indexes=(), local_indexes=(), **more):
    """CreateTable's members."""
    keys, attributes = key_schema(schema)
    members = {"TableName": new_name(), "KeySchema": keys}
    for member, indexes in (
        ("GlobalSecondaryIndexes", global_indexes),
        ("LocalSecondaryIndexes", local_indexes),
    ):
        for _, more_attributes in indexes:
            attributes |= more_attributes
        if indexes:
            members[member] = [shape for shape, _ in indexes]
    members["AttributeDefinitions"] = definitions(attributes)
    return members | {"BillingMode": "PAY_PER_REQUEST"} | more


def create(db, *schema, **more):
    """A new table; its name."""
    members = design(*schema, **more)
    db.create_table(**members)
    return members["TableName"]


def put_all(db, table, items):
    """Through BatchWriteItem, which must take all."""
    items = [item(one) for one in items]
    for start in range(0, len(items), 25):
        batch = [{"PutRequest": {"Item": one}} for one in items[start : start + 25]]
        assert db.batch_write_item(RequestItems={table: batch})["UnprocessedItems"] == {}


def read_pages(read, **request):
    """Every page of a Query or Scan."""
    pages = [read(**request)]
    while "LastEvaluatedKey" in pages[-1]:
        pages.append(read(**request, ExclusiveStartKey=pages[-1]["LastEvaluatedKey"]))
        assert len(pages) < 10000, "the pages go round in a circle"
    return pages


def items_of(pages):
    return [one for page in pages for one in plain_all(page)]


@contextlib.contextmanager
def refused(code, *messages):
    """The block's request is refused so; with several messages, by one of them."""
    try:
        yield
    except ClientError as error:
        told = error.response["Error"]
        expected = [(code, message) for message in messages]
        assert (told["Code"], told["Message"]) in expected, f"{told} instead of {expected}"
    else:
        raise AssertionError(f"not refused with {code}")


def invalid(*messages):
    return refused(VALIDATION, *messages)
