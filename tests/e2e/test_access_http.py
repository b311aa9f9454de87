"""Policies of the HTTP door's users, and of tables: who may have what.

After the examples of the guide's "Using IAM policy conditions for fine-grained
access control": everybody has items of his own, some see only some attributes.
"""

import contextlib
import json
import subprocess
import urllib.error
import urllib.request

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.session
import pytest
from botocore.exceptions import ClientError

from api import item, plain, values
from conftest import served
from mounting import DYNAMOUNT, environment

ACCOUNT = "123456789012"
SCORES = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/Scores"
ALL = [SCORES, f"{SCORES}/*"]
DENIED = "AccessDeniedException"


def statement(effect, *actions, resource=ALL, **conditions):
    shape = {"Effect": effect, "Action": [f"dynamodb:{action}" for action in actions], "Resource": resource}
    if conditions:
        shape["Condition"] = {name.replace("__", ":"): keys for name, keys in conditions.items()}
    return shape


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


OWN = {"dynamodb:LeadingKeys": ["${aws:username}"]}
SHOWN = {"dynamodb:Attributes": ["user", "game", "wins"]}
USERS = {
    "root": {},
    "nobody": {"Policies": []},
    "ann": {"Policies": [policy(statement("Allow", "*", ForAllValues__StringEquals=OWN))]},
    "viewer": {
        "Policies": [
            policy(
                statement(
                    "Allow", "*",
                    ForAllValues__StringEquals=SHOWN,
                    StringEqualsIfExists={
                        "dynamodb:Select": "SPECIFIC_ATTRIBUTES",
                        "dynamodb:ReturnValues": ["NONE", "UPDATED_OLD", "UPDATED_NEW"],
                    },
                )
            )
        ]
    },
    "keeper": {"Policies": [policy(statement("Allow", "*"), statement("Deny", "DeleteItem", "*Table"))]},
    "banker": {
        "Policies": [
            policy(
                statement(
                    "Allow", "*",
                    ForAnyValue__StringEquals={"dynamodb:EnclosingOperation": "TransactWriteItems"},
                )
            )
        ]
    },
    "asker": {
        "Policies": [
            policy(
                statement("Allow", "PartiQLSelect", "PartiQLInsert"),
                statement("Deny", "PartiQLSelect", Bool={"dynamodb:FullTableScan": True}),
            )
        ]
    },
    "secretive": {
        "Policies": [
            policy(
                statement("Allow", "*"),
                statement("Deny", "*", ForAnyValue__StringEquals={"dynamodb:Attributes": "secret"}),
            )
        ]
    },
    "byindex": {"Policies": [policy(statement("Allow", "Query", resource=f"{SCORES}/index/ByGame"))]},
    "both": {"Operations": ["GetItem", "Scan"], "Policies": [policy(statement("Allow", "GetItem", "PutItem"))]},
}  # fmt: skip


def write_credentials(path, users):
    members = [
        {"AccessKeyId": name.upper(), "SecretAccessKey": f"{name}/secret", "UserName": name, **more}
        for name, more in users.items()
    ]
    path.write_text(json.dumps({"Credentials": members}))
    path.chmod(0o600)
    return path


@pytest.fixture
def start_server(workdir):
    with contextlib.ExitStack() as started:
        yield lambda *options: started.enter_context(served(workdir, *options)).start()


@pytest.fixture
def server(start_server, workdir):
    server = start_server("--credentials", write_credentials(workdir / "credentials.json", USERS))
    root = as_user(server, "root")
    root.create_table(
        TableName="Scores",
        KeySchema=[
            {"AttributeName": "user", "KeyType": "HASH"}, {"AttributeName": "game", "KeyType": "RANGE"}
        ],
        AttributeDefinitions=[
            {"AttributeName": "user", "AttributeType": "S"}, {"AttributeName": "game", "AttributeType": "S"}
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "ByGame",
                "KeySchema": [{"AttributeName": "game", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        BillingMode="PAY_PER_REQUEST",
    )  # fmt: skip
    for user in ("ann", "bob"):
        root.put_item(TableName="Scores", Item=item(user=user, game="go", wins=3, secret="x"))
    return server


def as_user(server, name, service="dynamodb"):
    return server.client(service, key=name.upper(), secret=f"{name}/secret")


class User:
    """Short ways to ask."""

    def __init__(self, client):
        self.client = client

    def __getattr__(self, name):
        def ask(**members):
            return getattr(self.client, name)(TableName="Scores", **members)

        return ask

    def denied(self, call, *, whole=False, **members):
        if not whole:
            members["TableName"] = "Scores"
        with pytest.raises(ClientError) as caught:
            getattr(self.client, call)(**members)
        error = caught.value.response["Error"]
        assert error["Code"] == DENIED, error
        return error["Message"]


@pytest.fixture
def user(server):
    return lambda name: User(as_user(server, name))


def key(user, game="go"):
    return item(user=user, game=game)


def by_user(name):
    return {
        "KeyConditionExpression": "#u = :u",
        "ExpressionAttributeNames": {"#u": "user"},
        "ExpressionAttributeValues": values(u=name),
    }


def by_game(name):
    return {"KeyConditionExpression": "game = :g", "ExpressionAttributeValues": values(g=name)}


def signed(server, name, operation, members):
    """A request past the SDK, which may not know the operation: (status, answer)."""
    target, service = "DynamoDB_20120810", "dynamodb"
    if operation in STREAMS:
        target = "DynamoDBStreams_20120810"
    elif operation in METRICS:
        target, service = "GraniteServiceVersion20100801", "monitoring"
    request = botocore.awsrequest.AWSRequest(
        "POST", server.url, data=json.dumps(members).encode(),
        headers={"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"{target}.{operation}"},
    )  # fmt: skip
    who = botocore.credentials.Credentials(name.upper(), f"{name}/secret")
    botocore.auth.SigV4Auth(who, service, "us-east-1").add_auth(request)
    prepared = request.prepare()
    try:
        with urllib.request.urlopen(
            urllib.request.Request(prepared.url, prepared.body, dict(prepared.headers)), timeout=20
        ) as answer:
            return answer.status, json.loads(answer.read() or "{}")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


# Every operation


def model_of(service):
    return botocore.session.get_session().get_service_model(service)


STREAMS = set(model_of("dynamodbstreams").operation_names)
METRICS = set(model_of("cloudwatch").operation_names) - set(model_of("dynamodb").operation_names)
MODELS = [model_of(service) for service in ("dynamodb", "dynamodbstreams", "cloudwatch")]
NAMED = {
    "TableName": "Scores",
    "IndexName": "ByGame",
    "Statement": """SELECT * FROM "Scores" WHERE "user" = 'ann' AND game = 'go'""",
    "ShardIterator": f"{SCORES}/stream/2026-01-01T00:00:00.000|1|AAAA",
    "ShardId": "shardId-00000000000000000000-00000000",
    "StreamArn": f"{SCORES}/stream/2026-01-01T00:00:00.000",
    "BackupArn": f"{SCORES}/backup/01489602797149-73d8d5bc",
    "ExportArn": f"{SCORES}/export/01489602797149-73d8d5bc",
    "ImportArn": f"{SCORES}/import/01489602797149-73d8d5bc",
    "S3BucketArn": "bucket",
}
ALTERNATIVES = {"TransactWriteItem": "Put", "WriteRequest": "PutRequest", "AttributeValue": "S"}


def sample(shape, name=""):
    """The least that a member must be."""
    if shape.type_name == "structure":
        required = shape.required_members or [ALTERNATIVES.get(shape.name)]
        return {member: sample(shape.members[member], member) for member in required if member}
    if shape.type_name == "list":
        return [sample(shape.member, name)]
    if shape.type_name == "map":
        if name in ("Key", "Item"):
            return key("ann")
        return {"Scores": sample(shape.value, name)} if name == "RequestItems" else {}
    if shape.type_name == "string":
        if name.endswith("Arn") and name not in NAMED:
            return SCORES
        return NAMED.get(name) or (shape.enum[0] if getattr(shape, "enum", None) else "Scores")
    return {"boolean": True, "timestamp": 1700000000}.get(shape.type_name, 1)


NEWER = {  # than some SDKs
    "DeleteResourcePolicy": {"ResourceArn": SCORES},
    "GetResourcePolicy": {"ResourceArn": SCORES},
    "PutResourcePolicy": {"ResourceArn": SCORES, "Policy": '{"Statement": []}'},
}


def sample_of(operation):
    for model in MODELS:
        if operation in model.operation_names:
            shape = model.operation_model(operation).input_shape
            members = sample(shape) if shape else {}
            if operation == "BatchGetItem":
                members["RequestItems"]["Scores"] = {"Keys": [key("ann")]}
            return members
    return NEWER[operation]


def list_operations(directory):
    command = [DYNAMOUNT, "call", "--list"]
    listed = subprocess.run(command, capture_output=True, text=True, env=environment(directory), check=True)
    return [line.split()[0] for line in listed.stdout.splitlines()]


def test_who_has_no_policy_that_allows_is_denied_every_operation(server, workdir):
    told = {}
    for operation in list_operations(workdir):
        status, answer = signed(server, "nobody", operation, sample_of(operation))
        if operation == "BatchExecuteStatement":
            assert [reply["Error"]["Code"] for reply in answer["Responses"]] == ["AccessDenied"]
        elif DENIED not in answer.get("__type", ""):
            told[operation] = status, answer
    assert told == {}
    assert plain(as_user(server, "root").get_item(TableName="Scores", Key=key("ann"))["Item"])["wins"] == 3


def test_a_user_without_policies_and_lists_may_do_anything(user):
    root = user("root")
    assert root.scan()["Count"] == 2
    assert root.client.list_tables()["TableNames"] == ["Scores"]
    root.delete_table()


def test_the_message_names_user_action_and_resource(user):
    message = user("nobody").denied("put_item", Item=key("ann"))
    assert message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/nobody is not authorized to perform: dynamodb:PutItem on "
        f"resource: {SCORES} because no identity-based policy allows the dynamodb:PutItem action"
    )
    message = user("keeper").denied("delete_item", Key=key("ann"))
    assert message.endswith(
        f"dynamodb:DeleteItem on resource: {SCORES} with an explicit deny in an identity-based policy"
    )
    assert f"{SCORES}/index/ByGame" in user("nobody").denied("query", IndexName="ByGame", **by_game("go"))
    assert f"resource: {SCORES[:-6]}*" in user("nobody").denied("list_tables", whole=True)


def test_what_is_wrong_is_told_to_who_may_ask_alone(server):
    for operation in ("PutItem", "UpdateItem", "BatchWriteItem", "TransactWriteItems", "ExecuteStatement"):
        members = {"TableName": "Scores"} if operation in ("PutItem", "UpdateItem") else {}
        _, answer = signed(server, "ann", operation, members)
        assert answer["__type"].endswith("#ValidationException"), operation
        if members:
            _, answer = signed(server, "nobody", operation, members)
            assert answer["__type"].endswith(f"#{DENIED}"), operation


# Denials


def test_a_denial_wins(user):
    keeper = user("keeper")
    keeper.put_item(Item=key("new"))
    keeper.denied("delete_item", Key=key("new"))
    keeper.denied("delete_table")
    keeper.denied("update_table", BillingMode="PAY_PER_REQUEST")
    delete = {"Delete": {"TableName": "Scores", "Key": key("new")}}
    put = {"Put": {"TableName": "Scores", "Item": key("newer")}}
    keeper.denied("transact_write_items", whole=True, TransactItems=[put, delete])
    assert "Item" in keeper.get_item(Key=key("new"))
    assert "Item" not in keeper.get_item(Key=key("newer"))


def test_lists_and_policies_must_both_allow(user):
    both = user("both")
    both.get_item(Key=key("ann"))
    assert "dynamodb:PutItem" in both.denied("put_item", Item=key("ann"))
    assert "dynamodb:Scan" in both.denied("scan")


def test_an_index_is_a_resource_of_its_own(user):
    assert user("byindex").query(IndexName="ByGame", **by_game("go"))["Count"] == 2
    user("byindex").denied("query", **by_user("ann"))


# Leading keys


def test_everybody_reads_and_writes_items_of_his_own(user):
    ann = user("ann")
    assert "Item" in ann.get_item(Key=key("ann"))
    ann.put_item(Item=key("ann", "chess"))
    more = dict(UpdateExpression="SET wins = wins + :one", ExpressionAttributeValues=values(one=1))
    ann.update_item(Key=key("ann"), **more)
    ann.delete_item(Key=key("ann", "chess"))
    ann.denied("get_item", Key=key("bob"))
    ann.denied("put_item", Item=key("bob"))
    ann.denied("update_item", Key=key("bob"))
    ann.denied("delete_item", Key=key("bob"))


@pytest.mark.parametrize("how", ["expression", "older"])
def test_a_query_is_of_ones_own_partition(user, how):
    def conditions(name):
        if how == "older":
            equal = {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": name}]}
            return {"KeyConditions": {"user": equal}}
        return by_user(name)

    assert user("ann").query(**conditions("ann"))["Count"] == 1
    user("ann").denied("query", **conditions("bob"))


def test_a_scan_is_of_everybody_s(user):
    user("ann").denied("scan")
    own = by_user("ann")
    own["FilterExpression"] = own.pop("KeyConditionExpression")
    user("ann").denied("scan", **own)


def test_the_leading_key_of_an_index_is_its_own(user):
    user("ann").denied("query", IndexName="ByGame", **by_game("go"))
    assert user("ann").query(IndexName="ByGame", **by_game("ann"))["Count"] == 0


def test_every_key_of_a_batch_counts(user):
    ann = user("ann")

    def get(*names):
        return {"Scores": {"Keys": [key(name) for name in names]}}

    def put(*names):
        return {"Scores": [{"PutRequest": {"Item": key(name, "poker")}} for name in names]}

    assert len(ann.client.batch_get_item(RequestItems=get("ann"))["Responses"]["Scores"]) == 1
    ann.denied("batch_get_item", whole=True, RequestItems=get("ann", "bob"))
    ann.client.batch_write_item(RequestItems=put("ann"))
    ann.denied("batch_write_item", whole=True, RequestItems=put("ann", "bob"))
    delete = {"Scores": [{"DeleteRequest": {"Key": key("bob")}}]}
    ann.denied("batch_write_item", whole=True, RequestItems=delete)
    assert user("root").scan()["Count"] == 3


@pytest.mark.parametrize("verb", ["Put", "Update", "Delete", "ConditionCheck"])
def test_every_part_of_a_transaction_counts(user, verb):
    ann = user("ann")

    def part(name):
        members = {"TableName": "Scores", "Item" if verb == "Put" else "Key": key(name)}
        if verb == "Update":
            members.update(UpdateExpression="SET a = :a", ExpressionAttributeValues=values(a=1))
        if verb == "ConditionCheck":
            members.update(ConditionExpression="attribute_exists(game)")
        return {verb: members}

    ann.client.transact_write_items(TransactItems=[part("ann")])
    message = ann.denied("transact_write_items", whole=True, TransactItems=[part("ann"), part("bob")])
    assert f"dynamodb:{verb}Item on resource: {SCORES}" in message
    get = [{"Get": {"TableName": "Scores", "Key": key(name)}} for name in ("ann", "bob")]
    assert len(ann.client.transact_get_items(TransactItems=get[:1])["Responses"]) == 1
    assert "dynamodb:GetItem" in ann.denied("transact_get_items", whole=True, TransactItems=get)


STATEMENTS = [
    ("PartiQLSelect", """SELECT * FROM "Scores" WHERE "user" = '{}'"""),
    ("PartiQLSelect", """SELECT wins FROM "Scores" WHERE "user" = '{}' AND game = 'go'"""),
    ("PartiQLUpdate", """UPDATE "Scores" SET wins = 9 WHERE "user" = '{}' AND game = 'go'"""),
    ("PartiQLDelete", """DELETE FROM "Scores" WHERE "user" = '{}' AND game = 'go'"""),
    ("PartiQLInsert", """INSERT INTO "Scores" VALUE {{'user': '{}', 'game': 'bridge'}}"""),
]


@pytest.mark.parametrize("action, text", STATEMENTS)
def test_a_statement_is_of_ones_own_partition(user, action, text):
    ann = user("ann")
    ann.client.execute_statement(Statement=text.format("ann"))
    assert f"dynamodb:{action} on" in ann.denied("execute_statement", whole=True, Statement=text.format("bob"))
    items = user("root").scan()["Items"]
    assert plain(next(one for one in items if one["user"]["S"] == "bob"))["wins"] == 3


def test_a_statement_without_the_key_is_of_everybody_s(user):
    for text in ("", " WHERE game = 'go'", """ WHERE "user" IN ['ann', 'bob']""", """ WHERE "user" > 'a'"""):
        user("ann").denied("execute_statement", whole=True, Statement='SELECT * FROM "Scores"' + text)
    both = """SELECT * FROM "Scores" WHERE "user" = 'ann' OR "user" = 'bob'"""
    user("ann").denied("execute_statement", whole=True, Statement=both)
    given = """SELECT * FROM "Scores" WHERE "user" = ?"""
    user("ann").denied("execute_statement", whole=True, Statement=given, Parameters=[{"S": "bob"}])
    assert user("ann").client.execute_statement(Statement=given, Parameters=[{"S": "ann"}])["Items"]


def test_statements_of_a_batch_are_denied_one_by_one(user):
    text = """UPDATE "Scores" SET wins = 7 WHERE "user" = '{}' AND game = 'go'"""
    batch = [{"Statement": text.format(name)} for name in ("bob", "ann")]
    bob, ann = user("ann").client.batch_execute_statement(Statements=batch)["Responses"]
    assert bob["Error"]["Code"] == "AccessDenied" and "dynamodb:PartiQLUpdate" in bob["Error"]["Message"]
    assert "Error" not in ann
    wins = {one["user"]["S"]: one["wins"]["N"] for one in user("root").scan()["Items"]}
    assert wins == {"ann": "7", "bob": "3"}


def test_statements_of_a_transaction_are_denied_together(user):
    text = """UPDATE "Scores" SET wins = 7 WHERE "user" = '{}' AND game = 'go'"""
    both = [{"Statement": text.format(name)} for name in ("ann", "bob")]
    user("ann").denied("execute_transaction", whole=True, TransactStatements=both)
    assert {one["wins"]["N"] for one in user("root").scan()["Items"]} == {"3"}


# Attributes


def test_some_see_only_some_attributes(user):
    viewer = user("viewer")
    shown = dict(ProjectionExpression="wins, #u", ExpressionAttributeNames={"#u": "user"})
    assert plain(viewer.get_item(Key=key("ann"), **shown)["Item"]) == {"user": "ann", "wins": 3}
    viewer.denied("get_item", Key=key("ann"))
    viewer.denied("get_item", Key=key("ann"), ProjectionExpression="wins, secret")
    viewer.denied("get_item", Key=key("ann"), ProjectionExpression="wins, secret.a[0]")
    viewer.denied("get_item", Key=key("ann"), AttributesToGet=["secret"])
    assert viewer.scan(AttributesToGet=["wins"])["Count"] == 2
    assert viewer.scan(**shown)["Count"] == 2
    viewer.denied("scan")
    viewer.denied("scan", Select="COUNT")
    hidden = dict(FilterExpression="secret = :s", ExpressionAttributeValues=values(s="x"))
    viewer.denied("scan", **shown, **hidden)
    viewer.denied("scan", AttributesToGet=["wins"], ScanFilter={"secret": {"ComparisonOperator": "NOT_NULL"}})
    keys = {"Scores": {"Keys": [key("ann")]}}
    viewer.denied("batch_get_item", whole=True, RequestItems=keys)
    keys["Scores"]["AttributesToGet"] = ["wins"]
    assert viewer.client.batch_get_item(RequestItems=keys)["Responses"]["Scores"] == [item(wins=3)]


def test_some_write_only_some_attributes(user):
    viewer = user("viewer")
    viewer.put_item(Item=item(user="eve", game="go", wins=1))
    viewer.denied("put_item", Item=item(user="eve", game="go", secret="y"))
    change = dict(Key=key("eve"), ExpressionAttributeValues=values(v=5))
    viewer.update_item(UpdateExpression="SET wins = :v", **change)
    viewer.denied("update_item", UpdateExpression="SET secret = :v", **change)
    viewer.denied("update_item", UpdateExpression="SET wins = if_not_exists(secret, :v)", **change)
    viewer.denied("update_item", UpdateExpression="SET wins = :v REMOVE secret", **change)
    viewer.denied("update_item", UpdateExpression="SET wins = :v", ConditionExpression="secret < :v", **change)
    updated = viewer.update_item(UpdateExpression="SET wins = :v", ReturnValues="UPDATED_NEW", **change)
    assert plain(updated["Attributes"]) == {"wins": 5}
    viewer.denied("update_item", UpdateExpression="SET wins = :v", ReturnValues="ALL_NEW", **change)
    viewer.denied("delete_item", Key=key("eve"), ReturnValues="ALL_OLD")
    viewer.denied("update_item", Key=key("eve"), AttributeUpdates={"secret": {"Value": {"S": "y"}}})
    viewer.denied("put_item", Item=key("eve"), Expected={"secret": {"Exists": False}})
    put = {"PutRequest": {"Item": item(user="eve", game="go", secret="y")}}
    viewer.denied("batch_write_item", whole=True, RequestItems={"Scores": [put]})
    viewer.delete_item(Key=key("eve"))


@pytest.mark.parametrize(
    "text, allowed",
    [
        ("SELECT wins FROM {} WHERE {}", True),
        ("SELECT * FROM {} WHERE {}", False),
        ("SELECT secret FROM {} WHERE {}", False),
        ("SELECT wins FROM {} WHERE {} AND secret = 'x'", False),
        ("UPDATE {} SET wins = 1 WHERE {}", True),
        ("UPDATE {} SET wins = secret WHERE {}", False),
        ("UPDATE {} REMOVE secret WHERE {}", False),
        ("UPDATE {} SET wins = 1 WHERE {} RETURNING ALL NEW *", False),
        ("DELETE FROM {} WHERE {} AND secret = 'x'", False),
        ("DELETE FROM {} WHERE {}", True),
    ],
)
def test_statements_have_attributes_too(user, text, allowed):
    text = text.format('"Scores"', "\"user\" = 'ann' AND game = 'go'")
    if allowed:
        user("viewer").client.execute_statement(Statement=text)
    else:
        user("viewer").denied("execute_statement", whole=True, Statement=text)


def test_a_denied_attribute_is_not_in_a_whole_item(user):
    secretive = user("secretive")
    secretive.get_item(Key=key("ann"), ProjectionExpression="wins")
    message = secretive.denied("get_item", Key=key("ann"))
    assert message.endswith("with an explicit deny in an identity-based policy")
    secretive.put_item(Item=key("ann", "chess"))
    secretive.denied("put_item", Item=item(user="ann", game="chess", secret="z"))


# Transactions, statements


def test_some_write_in_transactions_alone(user):
    banker = user("banker")
    put = {"TableName": "Scores", "Item": key("ann", "chess")}
    banker.denied("put_item", Item=key("ann", "chess"))
    banker.client.transact_write_items(TransactItems=[{"Put": put}])
    get = {"TableName": "Scores", "Key": key("ann")}
    banker.denied("transact_get_items", whole=True, TransactItems=[{"Get": get}])


def test_a_statement_that_reads_the_whole_table_can_be_denied(user):
    asker = user("asker")
    own = """SELECT * FROM "Scores" WHERE "user" = 'ann'"""
    assert asker.client.execute_statement(Statement=own)["Items"]
    message = asker.denied("execute_statement", whole=True, Statement='SELECT * FROM "Scores"')
    assert message.endswith("with an explicit deny in an identity-based policy")
    delete = """DELETE FROM "Scores" WHERE "user" = 'ann' AND game = 'go'"""
    asker.denied("execute_statement", whole=True, Statement=delete)
    asker.denied("get_item", Key=key("ann"))


# Tables' own policies


def put_policy(server, effect, principal, *actions, **more):
    one = statement(effect, *actions, **more)
    one["Principal"] = principal
    text = json.dumps(policy(one))
    status, answer = signed(server, "root", "PutResourcePolicy", {"ResourceArn": SCORES, "Policy": text})
    assert status == 200, answer


def arn(name):
    return f"arn:aws:iam::{ACCOUNT}:user/{name}"


def test_a_table_s_policy_allows_users(server, user):
    put_policy(server, "Allow", {"AWS": arn("nobody")}, "GetItem", "Query")
    assert "Item" in user("nobody").get_item(Key=key("ann"))
    user("nobody").denied("put_item", Item=key("ann"))
    user("byindex").denied("get_item", Key=key("ann"))
    status, _ = signed(server, "root", "DeleteResourcePolicy", {"ResourceArn": SCORES})
    assert status == 200
    user("nobody").denied("get_item", Key=key("ann"))


def test_a_table_s_policy_denies_users_that_may_do_anything(server, user):
    put_policy(server, "Deny", "*", "PutItem", "DeleteItem")
    message = user("root").denied("put_item", Item=key("ann"))
    assert message.endswith("with an explicit deny in a resource-based policy")
    put = {"Put": {"TableName": "Scores", "Item": key("ann")}}
    user("root").denied("transact_write_items", whole=True, TransactItems=[put])
    assert "Item" in user("root").get_item(Key=key("ann"))


def test_a_table_s_policy_has_conditions_too(server, user):
    own = {"dynamodb:LeadingKeys": ["${aws:username}"]}
    put_policy(server, "Allow", {"AWS": arn("nobody")}, "GetItem", "PutItem", ForAllValues__StringEquals=own)
    user("nobody").put_item(Item=key("nobody"))
    user("nobody").denied("put_item", Item=key("ann"))


def test_a_table_s_policy_outlives_a_restart(server, user):
    put_policy(server, "Deny", {"AWS": [arn("root")]}, "Scan")
    server.stop()
    server.start()
    User(as_user(server, "root")).denied("scan")


def test_a_policy_that_locks_its_writer_out_needs_to_be_confirmed(server, user):
    def put(name, *statements, **more):
        members = {"ResourceArn": SCORES, "Policy": json.dumps(policy(*statements)), **more}
        status, answer = signed(server, name, "PutResourcePolicy", members)
        assert status == 200 or "ConfirmRemoveSelfResourceAccess" in answer["message"], answer
        return status

    nobody = {"AWS": arn("nobody")}
    assert put("root", {**statement("Deny", "*"), "Principal": nobody}) == 200
    assert put("root", {**statement("Allow", "*"), "Principal": nobody}) == 200
    # By that policy alone may this user change it.
    assert put("nobody") == 400
    assert put("nobody", {**statement("Allow", "GetItem", "PutResourcePolicy"), "Principal": nobody}) == 200
    assert put("root", {**statement("Deny", "*"), "Principal": "*"}) == 400
    user("nobody").get_item(Key=key("ann"))
    confirmed = {"ConfirmRemoveSelfResourceAccess": True}
    assert put("root", {**statement("Deny", "*"), "Principal": "*"}, **confirmed) == 200
    user("root").denied("get_item", Key=key("ann"))


def test_a_bad_policy_of_a_table_is_refused(server):
    everybody = {**statement("Allow", "GetItem"), "Principal": "*"}
    for text in (
        "{",
        "{}",
        '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}',
        json.dumps(policy({**everybody, "Resource": [SCORES, SCORES + "2"]})),
        json.dumps(policy({**everybody, "Resource": SCORES[:-1]})),
        json.dumps(policy({**everybody, "Resource": SCORES.replace(ACCOUNT, "000000000000")})),
        json.dumps(policy({**everybody, "Principal": {"AWS": "ann"}})),
        json.dumps(policy({**everybody, "Principal": {"AWS": arn("*")}})),
        json.dumps(policy(everybody)) + " " * 20480,
    ):
        status, answer = signed(server, "root", "PutResourcePolicy", {"ResourceArn": SCORES, "Policy": text})
        assert status == 400 and answer["__type"].endswith("#ValidationException")
    assert "PolicyNotFound" in signed(server, "root", "GetResourcePolicy", {"ResourceArn": SCORES})[1]["__type"]


def test_a_policy_may_come_with_the_table_if_that_is_allowed(start_server, workdir):
    other = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/Other"
    maker = {"Policies": [policy(statement("Allow", "CreateTable", resource=other))]}
    server = start_server("--credentials", write_credentials(workdir / "makers.json", {"maker": maker}))
    table = {
        "TableName": "Other",
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    status, answer = signed(server, "maker", "CreateTable", {**table, "ResourcePolicy": '{"Statement": []}'})
    assert status == 400 and "dynamodb:PutResourcePolicy" in answer["Message"]
    status, answer = signed(server, "maker", "CreateTable", {**table, "Tags": [{"Key": "a", "Value": "b"}]})
    assert status == 400 and "dynamodb:TagResource" in answer["Message"]
    assert signed(server, "maker", "CreateTable", table)[0] == 200


# The file


@pytest.mark.parametrize(
    "one, said",
    [
        (statement("Allow", "GetItme"), "Action has 'dynamodb:GetItme', which is no action"),
        ({"Action": "*", "Resource": "*"}, "Effect is missing"),
        ({**statement("Allow", "*"), "Conditions": {}}, "'Conditions' is not known here"),
        (
            statement("Allow", "*", StringEquals={"dynamodb:LeadingKey": "x"}),
            "Condition has 'dynamodb:LeadingKey', which is no key known here",
        ),
        (
            statement("Allow", "*", StringEqual={"aws:username": "x"}),
            "Condition has 'StringEqual', which is no operator",
        ),
    ],
)
def test_a_bad_policy_of_a_user_is_refused_at_the_start(workdir, one, said):
    path = write_credentials(workdir / "bad.json", {"ok": {}, "bad": {"Policies": [policy(one)]}})
    command = [DYNAMOUNT, "serve", workdir / "data", "--http", "127.0.0.1:0", "--credentials", path]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=20, env=environment(workdir))
    assert ended.returncode != 0
    assert f"Credentials[1]: Policies[0]: Statement[0]: {said}" in ended.stderr


def test_the_owner_s_commands_may_do_anything(server, workdir):
    """They come by a socket of his, past the door that asks for credentials."""
    command = [DYNAMOUNT, "call", server.path, "DescribeTable", '{"TableName": "Scores"}']
    told = subprocess.run(
        command, capture_output=True, text=True, timeout=20, env=environment(workdir), check=True
    )
    assert json.loads(told.stdout)["Table"]["TableName"] == "Scores"
