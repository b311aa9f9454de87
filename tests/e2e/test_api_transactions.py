"""TransactWriteItems and TransactGetItems over HTTP: all or nothing, once, isolated."""

import concurrent.futures
import random
import uuid

import pytest
from botocore.exceptions import BotoCoreError

from api import create, index, invalid, item, items_of, put_all, read_pages, values

EXISTS = "attribute_exists(k)"
MISSING = "attribute_not_exists(k)"


@pytest.fixture
def table(db):
    return create(db)


def put(table, condition=None, **attributes):
    return action("Put", condition, TableName=table, Item=item(attributes))


def update(table, key, expression, condition=None, **operands):
    return action(
        "Update", condition, TableName=table, Key=item(k=key), UpdateExpression=expression,
        ExpressionAttributeValues=values(**operands),
    )


def delete(table, key, condition=None):
    return action("Delete", condition, TableName=table, Key=item(k=key))


def check(table, key, condition):
    return action("ConditionCheck", condition, TableName=table, Key=item(k=key))


def action(kind, condition, **members):
    return {kind: members | ({"ConditionExpression": condition} if condition else {})}


def get(table, key):
    return {"Get": {"TableName": table, "Key": item(k=key)}}


def write(db, *actions, **more):
    return db.transact_write_items(TransactItems=list(actions), **more)


def keys(db, table):
    return sorted(one["k"] for one in items_of(read_pages(db.scan, TableName=table)))


def cancelled(db, *actions):
    """The codes of the reasons, and the error."""
    with pytest.raises(db.exceptions.TransactionCanceledException) as caught:
        write(db, *actions)
    response = caught.value.response
    return [reason["Code"] for reason in response["CancellationReasons"]], response


# All or nothing


def test_all_actions_of_a_transaction_are_done(db, table):
    put_all(db, table, [{"k": "gone"}, {"k": "changed", "n": 1}, {"k": "checked"}])
    write(
        db, put(table, MISSING, k="new"), delete(table, "gone"),
        update(table, "changed", "SET n = n + :v", v=1), check(table, "checked", EXISTS),
    )
    assert keys(db, table) == ["changed", "checked", "new"]
    changed = db.get_item(TableName=table, Key=item(k="changed"))["Item"]
    assert changed == item(k="changed", n=2)


def test_one_failed_condition_cancels_everything(db, table):
    other = create(db)
    put_all(db, table, [{"k": "there"}])
    codes, _ = cancelled(
        db, put(other, k="a"), put(table, MISSING, k="there"), delete(table, "x", EXISTS),
        put(table, k="b"),
    )
    assert codes == ["None", "ConditionalCheckFailed", "ConditionalCheckFailed", "None"]
    assert (keys(db, table), keys(db, other)) == (["there"], [])


def test_reasons_are_told_in_words_too(db, table):
    _, response = cancelled(db, put(table, k="a"), check(table, "none", EXISTS))
    assert response["Error"]["Message"] == (
        "Transaction cancelled, please refer cancellation reasons for specific reasons "
        "[None, ConditionalCheckFailed]"
    )
    assert response["CancellationReasons"] == [
        {"Code": "None"},
        {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"},
    ]


def test_a_reason_can_show_the_item(api, db, table):
    put_all(db, table, [{"k": "a", "v": 1}])
    failing = put(table, MISSING, k="a")
    failing["Put"]["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    reasons = api.call("TransactWriteItems", TransactItems=[failing]).json()["CancellationReasons"]
    assert reasons[0]["Item"] == item(k="a", v=1)


def test_an_update_that_does_not_fit_is_a_reason(db, table):
    put_all(db, table, [{"k": "a", "v": "text"}])
    codes, _ = cancelled(db, put(table, k="b"), update(table, "a", "SET v = v + :v", v=1))
    assert codes == ["None", "ValidationError"]
    assert keys(db, table) == ["a"]


def test_indexes_see_a_transaction_whole_or_not_at_all(db):
    table = create(db, "k:S", [index("i-g", "g:S")])
    put_all(db, table, [{"k": "a", "g": "x"}])
    cancelled(db, update(table, "a", "SET g = :g", g="y"), check(table, "none", EXISTS))
    found = db.scan(TableName=table, IndexName="i-g")["Items"]
    assert found == [item(k="a", g="x")]


def test_one_item_is_touched_once(db, table):
    with invalid("Transaction request cannot include multiple operations on one item"):
        write(db, put(table, k="a"), check(table, "a", EXISTS))


def test_an_action_is_of_one_kind(db, table):
    with invalid("TransactItems can only contain one of Check, Put, Update or Delete"):
        write(db, put(table, k="a") | delete(table, "b"))


def test_100_actions_are_taken_and_no_more(db, table):
    actions = [put(table, k=f"{n:03}") for n in range(101)]
    write(db, *actions[:100])
    assert len(keys(db, table)) == 100
    with pytest.raises(db.exceptions.ClientError, match="Member must have length less than or equal to 100"):
        write(db, *actions)


def test_a_transaction_has_at_most_4_mb(db, table):
    actions = [put(table, k=str(n), v="x" * 400000) for n in range(11)]
    write(db, *actions[:10])
    with pytest.raises(db.exceptions.ClientError) as caught:
        write(db, *actions)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert len(keys(db, table)) == 10


# Reading


def test_a_reading_transaction_answers_in_the_order_asked(db, table):
    put_all(db, table, [{"k": "a", "v": 1}, {"k": "b", "v": 2}])
    answer = db.transact_get_items(TransactItems=[get(table, key) for key in ("b", "none", "a")])
    assert answer["Responses"] == [{"Item": item(k="b", v=2)}, {}, {"Item": item(k="a", v=1)}]


def test_a_reading_transaction_omits_an_item_of_which_nothing_is_projected(db, table):
    put_all(db, table, [{"k": "a", "v": 1}])
    projected = [get(table, "a")["Get"] | {"ProjectionExpression": name} for name in ("w", "v")]
    with_w = db.transact_get_items(TransactItems=[{"Get": projected[0]}])
    with_v = db.transact_get_items(TransactItems=[{"Get": projected[1]}])
    assert (with_w["Responses"], with_v["Responses"]) == ([{}], [{"Item": item(v=1)}])


def test_a_reading_transaction_of_a_missing_table_is_refused(db, table):
    with pytest.raises(db.exceptions.ResourceNotFoundException):
        db.transact_get_items(TransactItems=[get(table, "a"), get("nowhere", "a")])


# Tokens


def test_a_token_makes_a_transaction_happen_once(db, table):
    put_all(db, table, [{"k": "n", "v": 0}])
    token = str(uuid.uuid4())
    for _ in range(3):
        write(db, update(table, "n", "ADD v :one", one=1), ClientRequestToken=token)
    assert db.get_item(TableName=table, Key=item(k="n"))["Item"]["v"] == {"N": "1"}


def test_a_token_belongs_to_one_request(db, table):
    token = str(uuid.uuid4())
    write(db, put(table, k="a"), ClientRequestToken=token)
    with pytest.raises(db.exceptions.IdempotentParameterMismatchException):
        write(db, put(table, k="b"), ClientRequestToken=token)
    assert keys(db, table) == ["a"]


def test_a_cancelled_transaction_may_be_tried_again_with_its_token(db, table):
    token = str(uuid.uuid4())
    actions = put(table, k="a"), check(table, "gate", EXISTS)
    with pytest.raises(db.exceptions.TransactionCanceledException):
        write(db, *actions, ClientRequestToken=token)
    put_all(db, table, [{"k": "gate"}])
    write(db, *actions, ClientRequestToken=token)
    assert keys(db, table) == ["a", "gate"]


def test_a_token_sent_at_the_same_time_counts_once(api, db, table):
    put_all(db, table, [{"k": "n", "v": 0}])
    token = str(uuid.uuid4())
    clients = [api.client() for _ in range(6)]

    def once(client):
        try:
            write(client, update(table, "n", "ADD v :one", one=1), ClientRequestToken=token)
        except client.exceptions.TransactionInProgressException:
            pass

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        list(pool.map(once, clients))
    assert db.get_item(TableName=table, Key=item(k="n"))["Item"]["v"] == {"N": "1"}


@pytest.mark.parametrize("end", ["stop", "kill9"])
def test_a_token_is_remembered_over_a_restart(own_api, end):
    db = own_api.client()
    table = create(db)
    put_all(db, table, [{"k": "n", "v": 0}])
    request = {"ClientRequestToken": str(uuid.uuid4())}
    write(db, update(table, "n", "ADD v :one", one=1), **request)
    getattr(own_api, end)()
    db = own_api.start().client()
    write(db, update(table, "n", "ADD v :one", one=1), **request)
    assert db.get_item(TableName=table, Key=item(k="n"))["Item"]["v"] == {"N": "1"}


# Isolation: money moves between accounts, and none is made or lost

ACCOUNTS = [f"account {n}" for n in range(6)]
WEALTH = 100 * len(ACCOUNTS)


def open_accounts(db):
    table = create(db)
    put_all(db, table, [{"k": name, "v": 100} for name in ACCOUNTS])
    return table


def move(client, table, random_number):
    """Whether the transfer was done; a conflict is a no like any other."""
    source, target = random_number.sample(ACCOUNTS, 2)
    amount = random_number.randint(1, 60)
    try:
        write(
            client, update(table, source, "SET v = v - :a", "v >= :a", a=amount),
            update(table, target, "SET v = v + :a", a=amount),
        )
    except client.exceptions.TransactionCanceledException as error:
        codes = {reason["Code"] for reason in error.response["CancellationReasons"]}
        assert codes <= {"None", "ConditionalCheckFailed", "TransactionConflict"}
        return False
    return True


def total(client, table):
    answer = client.transact_get_items(TransactItems=[get(table, name) for name in ACCOUNTS])
    return sum(int(one["Item"]["v"]["N"]) for one in answer["Responses"])


def test_a_reading_transaction_never_sees_half_a_transfer(api, db):
    table = open_accounts(db)

    def transfer(seed):
        client, numbers = api.client(), random.Random(seed)
        return sum(move(client, table, numbers) for _ in range(60))

    def watch(_):
        client, seen = api.client(), []
        for _ in range(60):
            try:
                seen.append(total(client, table))
            except client.exceptions.TransactionCanceledException:
                continue
        return seen

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        moved = [pool.submit(transfer, seed) for seed in range(4)]
        watched = [pool.submit(watch, n) for n in range(2)]
        assert sum(one.result() for one in moved) > 50
        sums = {amount for one in watched for amount in one.result()}
    assert sums == {WEALTH}
    assert total(db, table) == WEALTH


def test_no_money_is_lost_when_the_server_is_killed(own_api):
    table = open_accounts(own_api.client())

    def transfer(seed):
        client, numbers, done = own_api.client(), random.Random(seed), 0
        try:
            while True:
                done += move(client, table, numbers)
        except BotoCoreError:  # the server is gone
            return done

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        moved = [pool.submit(transfer, seed) for seed in range(4)]
        concurrent.futures.wait(moved, timeout=1.5)
        own_api.kill9()
        assert sum(one.result() for one in moved) > 10
    db = own_api.start().client()
    assert total(db, table) == WEALTH


def test_concurrent_counters_lose_no_increment(api, db):
    table = create(db)

    def count(_):
        client = api.client()
        for _ in range(50):
            client.update_item(
                TableName=table, Key=item(k="n"), UpdateExpression="ADD v :one",
                ExpressionAttributeValues=values(one=1),
            )

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        list(pool.map(count, range(6)))
    assert db.get_item(TableName=table, Key=item(k="n"))["Item"]["v"] == {"N": "300"}


def test_of_concurrent_conditional_puts_one_wins(api, db):
    table = create(db)

    def claim(n):
        client = api.client()
        try:
            client.put_item(TableName=table, Item=item(k="lock", n=n), ConditionExpression=MISSING)
        except client.exceptions.ConditionalCheckFailedException:
            return None
        return n

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        winners = [n for n in pool.map(claim, range(8)) if n is not None]
    assert len(winners) == 1
    assert db.get_item(TableName=table, Key=item(k="lock"))["Item"] == item(k="lock", n=winners[0])
