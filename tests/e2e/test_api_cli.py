"""The AWS CLI's `dynamodb` commands: steps of one session, in the order of the file."""

import json
import shutil
import subprocess

import pytest

from api import item
from mounting import COMMAND_SECONDS, environment

AWS = shutil.which("aws", path="/usr/bin:/bin")
TABLE = "Music"
KEY = {"Artist": {"S": "No One"}, "Song": {"S": "Call Me"}}

pytestmark = [
    pytest.mark.skipif(not AWS, reason="there is no AWS CLI (Debian's awscli)"),
    pytest.mark.limit(300),
]


@pytest.fixture(scope="module")
def aws(api):
    """Runs one command; what it prints, as a value."""
    variables = environment(api.directory) | {
        "AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "SECRET", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true", "AWS_PAGER": "", "AWS_MAX_ATTEMPTS": "1",
    }

    def run(command, *arguments, expect=0, **options):
        for name, value in options.items():
            arguments += ("--" + name.replace("_", "-"), value if isinstance(value, str) else json.dumps(value))
        result = subprocess.run(
            [AWS, "dynamodb", command, "--endpoint-url", api.url, "--output", "json", *arguments],
            capture_output=True, text=True, timeout=COMMAND_SECONDS, env=variables,
            stdin=subprocess.DEVNULL, cwd=api.directory,
        )
        assert result.returncode == expect, result.stderr
        if expect:
            return result.stderr
        return json.loads(result.stdout) if result.stdout.strip() else None

    return run


@pytest.fixture(scope="module")
def table(aws):
    """The table of the session, as create-table tells of it."""
    return aws(
        "create-table",
        "--attribute-definitions", "AttributeName=Artist,AttributeType=S", "AttributeName=Song,AttributeType=S",
        "--key-schema", "AttributeName=Artist,KeyType=HASH", "AttributeName=Song,KeyType=RANGE",
        "--billing-mode", "PAY_PER_REQUEST", table_name=TABLE,
    )["TableDescription"]


@pytest.fixture
def with_item(db, table):
    """Put by boto3, as each command of the CLI takes long; put-item has a test of its own."""
    db.put_item(TableName=TABLE, Item=KEY | item(Year=1980))


def test_create_table_answers_a_description(table):
    assert (table["TableName"], table["TableStatus"]) == (TABLE, "CREATING")


def test_wait_table_exists_returns(aws, table):
    assert aws("wait", "table-exists", table_name=TABLE) is None


def test_describe_and_list_tables_know_it(aws, table):
    assert aws("describe-table", table_name=TABLE)["Table"]["TableStatus"] == "ACTIVE"
    assert TABLE in aws("list-tables")["TableNames"]


def test_put_and_get_item_agree(aws, table):
    aws("put-item", table_name=TABLE, item=KEY | item(Year=1980))
    assert aws("get-item", "--consistent-read", table_name=TABLE, key=KEY)["Item"] == KEY | item(Year=1980)


def test_get_item_of_a_missing_item_prints_nothing(aws, table):
    assert aws("get-item", table_name=TABLE, key=item(Artist="x", Song="y")) is None


def test_query_and_scan_find_the_item(aws, with_item):
    found = aws(
        "query", table_name=TABLE, key_condition_expression="Artist = :a",
        expression_attribute_values={":a": KEY["Artist"]},
    )
    assert found["Items"] == [KEY | item(Year=1980)]
    assert aws("scan", table_name=TABLE, max_items="1", page_size="1")["Items"] == found["Items"]


def test_update_item_gives_the_new_values(aws, with_item):
    answer = aws(
        "update-item", table_name=TABLE, key=KEY, update_expression="ADD Plays :one",
        expression_attribute_values={":one": {"N": "1"}}, return_values="UPDATED_NEW",
    )
    assert answer == {"Attributes": item(Plays=1)}


def test_batch_write_and_batch_get_item_agree(aws, table):
    songs = [item(Artist="Batch", Song=f"Song {n}") for n in range(3)]
    answer = aws("batch-write-item", request_items={TABLE: [{"PutRequest": {"Item": one}} for one in songs]})
    assert answer["UnprocessedItems"] == {}
    found = aws("batch-get-item", request_items={TABLE: {"Keys": songs}})["Responses"][TABLE]
    assert sorted(one["Song"]["S"] for one in found) == ["Song 0", "Song 1", "Song 2"]


def test_transact_write_and_get_items_agree(aws, table):
    song = item(Artist="Transact", Song="One")
    aws("transact-write-items", transact_items=[{"Put": {"TableName": TABLE, "Item": song}}])
    answer = aws("transact-get-items", transact_items=[{"Get": {"TableName": TABLE, "Key": song}}])
    assert answer["Responses"] == [{"Item": song}]


def test_execute_statement_selects(aws, with_item):
    statement = f"SELECT \"Song\" FROM \"{TABLE}\" WHERE \"Artist\" = 'No One'"
    assert aws("execute-statement", statement=statement)["Items"] == [{"Song": KEY["Song"]}]


def test_a_failed_condition_is_told_and_ends_with_254(aws, with_item):
    told = aws(
        "put-item", table_name=TABLE, item=KEY, condition_expression="attribute_not_exists(Artist)", expect=254
    )
    assert "An error occurred (ConditionalCheckFailedException)" in told
    assert "The conditional request failed" in told


def test_update_table_and_time_to_live_are_taken(aws, table):
    aws("update-time-to-live", "--time-to-live-specification", "Enabled=true,AttributeName=ttl", table_name=TABLE)
    told = aws("describe-time-to-live", table_name=TABLE)["TimeToLiveDescription"]
    assert told == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}
    answer = aws(
        "update-table", "--stream-specification", "StreamEnabled=true,StreamViewType=NEW_IMAGE", table_name=TABLE
    )
    assert answer["TableDescription"]["StreamSpecification"]["StreamViewType"] == "NEW_IMAGE"


def test_delete_item_and_delete_table_take_it_away(aws, with_item):
    answer = aws("delete-item", table_name=TABLE, key=KEY, return_values="ALL_OLD")
    assert answer["Attributes"]["Year"] == {"N": "1980"}
    aws("delete-table", table_name=TABLE)
    aws("wait", "table-not-exists", table_name=TABLE)
    assert "ResourceNotFoundException" in aws("describe-table", table_name=TABLE, expect=254)
