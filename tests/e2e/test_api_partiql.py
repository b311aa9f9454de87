"""PartiQL over HTTP: statements, batches and transactions of them."""

import pytest

from api import create, index, item, plain, plain_all, put_all, refused, values

DUPLICATE = ("DuplicateItemException", "Duplicate primary key exists in table")
FAILED = ("ConditionalCheckFailedException", "The conditional request failed")


@pytest.fixture(scope="module")
def movies(db):
    """Only read: ten items of two partitions."""
    table = create(db, "year:N title:S", [index("by-genre", "genre:S title:S")])
    put_all(
        db, table,
        [
            {"year": 2010 + n % 2, "title": f"t{n}", "genre": "drama" if n < 5 else "comedy",
             "rating": n, "info": {"actors": [f"actor {n}", "extra"]}, "tags": {"a", f"tag{n}"}}
            for n in range(10)
        ],
    )
    db.put_item(TableName=table, Item=item(year=1900, title="It's", note=None))
    return table


@pytest.fixture
def table(db):
    table = create(db)
    db.put_item(TableName=table, Item=item(k="a", n=1, m={"x": 1}, l=[1, 2], s={"p", "q"}))
    return table


def parameters(*operands):
    return list(item({str(n): one for n, one in enumerate(operands)}).values())


def run(db, statement, *operands, **more):
    """The items of a statement's answer."""
    if operands:
        more["Parameters"] = parameters(*operands)
    return plain_all(db.execute_statement(Statement=statement, **more))


def stored(db, table, key="a"):
    found = db.get_item(TableName=table, Key=item(k=key), ConsistentRead=True).get("Item")
    return plain(found) if found else None


# SELECT


@pytest.mark.parametrize(
    "where, operands, expected",
    [
        ("year = 2010 AND title = 't4'", [], {4}),
        ("year = ? AND title > ?", [2010, "t3"], {4, 6, 8}),
        ("year = 2010 AND title BETWEEN 't2' AND 't6'", [], {2, 4, 6}),
        ("year = 2011 AND begins_with(title, 't5')", [], {5}),
        ("year IN [2010, 2011] AND rating >= 7", [], {7, 8, 9}),
        ("rating IN (1, ?)", [2], {1, 2}),
        ("rating < 2 OR rating > 8", [], {0, 1, 9}),
        ("NOT rating < 8 AND rating > 0", [], {8, 9}),
        ("info.actors[0] = 'actor 3'", [], {3}),
        ("contains(tags, 'tag6')", [], {6}),
        ("size(title) = 2 AND rating = 0", [], {0}),
        ("attribute_type(rating, 'N') AND rating <= 1", [], {0, 1}),
        ("genre IS NOT MISSING AND rating = 5", [], {5}),
        ("rating <> 3 AND year = 2011 AND genre = 'drama'", [], {1}),
    ],
)
def test_a_select_finds_what_its_where_says(db, movies, where, operands, expected):
    found = run(db, f'SELECT * FROM "{movies}" WHERE {where}', *operands)
    assert {int(one["rating"]) for one in found} == expected


def test_a_quote_in_a_text_is_written_twice(db, movies):
    found = run(db, f"SELECT note FROM \"{movies}\" WHERE year = 1900 AND title = 'It''s'")
    assert found == [{"note": None}]


def test_missing_and_null_differ(db, movies):
    found = run(db, f'SELECT title FROM "{movies}" WHERE note IS NULL')
    assert found == [{"title": "It's"}]
    assert len(run(db, f'SELECT title FROM "{movies}" WHERE note IS MISSING')) == 10


def test_a_select_gives_the_attributes_it_names(db, movies):
    found = run(db, f"SELECT title, info.actors[1] FROM \"{movies}\" WHERE year = 2010 AND title = 't0'")
    assert [sorted(one.values()) for one in found] == [["extra", "t0"]]


@pytest.mark.parametrize("order, reverse", [("", False), ("ORDER BY title ASC", False), ("ORDER BY title DESC", True)])
def test_a_partition_is_selected_in_order(db, movies, order, reverse):
    found = run(db, f'SELECT title FROM "{movies}" WHERE year = 2010 {order}')
    assert [one["title"] for one in found] == sorted([f"t{n}" for n in range(0, 10, 2)], reverse=reverse)


def test_an_index_is_selected_from(db, movies):
    found = run(db, f"SELECT * FROM \"{movies}\".\"by-genre\" WHERE genre = 'comedy' AND title > 't7'")
    assert [one["title"] for one in found] == ["t8", "t9"]


def test_a_long_answer_comes_in_pages(db, movies):
    statement = f'SELECT * FROM "{movies}"'
    found, more, pages = [], {}, 0
    while True:
        answer = db.execute_statement(Statement=statement, Limit=3, **more)
        found += plain_all(answer)
        pages += 1
        assert len(answer["Items"]) <= 3
        if "NextToken" not in answer:
            break
        more = {"NextToken": answer["NextToken"]}
    assert len({(one["year"], one["title"]) for one in found}) == len(found) == 11
    assert pages >= 4


def test_not_is_true_of_what_is_missing(db, movies):
    assert {"title": "It's"} in run(db, f'SELECT title FROM "{movies}" WHERE NOT rating < 8')


def test_a_token_belongs_to_its_statement(db, movies):
    token = db.execute_statement(Statement=f'SELECT * FROM "{movies}"', Limit=1)["NextToken"]
    with refused("ValidationException", "NextToken does not match request"):
        db.execute_statement(Statement=f'SELECT title FROM "{movies}"', NextToken=token)


# INSERT, UPDATE, DELETE


def test_an_insert_stores_every_type(db, table):
    run(
        db,
        f"INSERT INTO \"{table}\" VALUE {{'k': 'new', 'n': -1.5e2, 't': true, 'z': null, "
        "'l': [1, 'x'], 'm': {'y': {'z': []}}, 's': <<'a', 'b'>>, 'ns': <<1, 2>>, 'p': ?}",
        {"deep": [1]},
    )
    assert stored(db, table, "new") == {
        "k": "new", "n": -150, "t": True, "z": None, "l": [1, "x"], "m": {"y": {"z": []}},
        "s": {"a", "b"}, "ns": {1, 2}, "p": {"deep": [1]},
    }


def test_an_insert_never_replaces(db, table):
    with refused(*DUPLICATE):
        run(db, f"INSERT INTO \"{table}\" VALUE {{'k': 'a'}}")
    assert stored(db, table)["n"] == 1


@pytest.mark.parametrize(
    "change, changed",
    [
        ("SET n = n + 5", {"n": 6}),
        ("SET n = 2 SET fresh = 'x'", {"n": 2, "fresh": "x"}),
        ("SET m.x = 9", {"m": {"x": 9}}),
        ("SET l[1] = 'two'", {"l": [1, "two"]}),
        ("SET l = list_append(l, [3])", {"l": [1, 2, 3]}),
        ("SET s = set_add(s, <<'r'>>)", {"s": {"p", "q", "r"}}),
        ("SET s = set_delete(s, <<'q'>>)", {"s": {"p"}}),
        ("REMOVE l[0]", {"l": [2]}),
        ("REMOVE m.x", {"m": {}}),
    ],
)
def test_an_update_changes_the_item(db, table, change, changed):
    before = stored(db, table)
    run(db, f"UPDATE \"{table}\" {change} WHERE k = 'a'")
    assert stored(db, table) == before | changed


def test_an_update_gives_what_it_is_asked_to_return(db, table):
    update = f"UPDATE \"{table}\" SET n = n + 1 WHERE k = 'a' RETURNING "
    assert run(db, update + "MODIFIED NEW *") == [{"n": 2}]
    assert run(db, update + "MODIFIED OLD *") == [{"n": 2}]
    assert run(db, update + "ALL NEW *")[0]["n"] == 4
    assert run(db, update + "ALL OLD *")[0]["n"] == 4


def test_an_update_creates_nothing(db, table):
    with refused(*FAILED):
        run(db, f"UPDATE \"{table}\" SET n = 1 WHERE k = 'none'")
    assert stored(db, table, "none") is None


def test_more_in_a_where_is_a_condition(db, table):
    with refused(*FAILED):
        run(db, f"UPDATE \"{table}\" SET n = 9 WHERE k = 'a' AND n = 7")
    with refused(*FAILED):
        run(db, f"DELETE FROM \"{table}\" WHERE k = 'a' AND n = 7")
    assert stored(db, table)["n"] == 1
    run(db, f"DELETE FROM \"{table}\" WHERE k = 'a' AND n = 1")
    assert stored(db, table) is None


def test_a_delete_gives_the_old_item(db, table):
    found = run(db, f"DELETE FROM \"{table}\" WHERE k = 'a' RETURNING ALL OLD *")
    assert found[0]["n"] == 1
    assert run(db, f"DELETE FROM \"{table}\" WHERE k = 'a' RETURNING ALL OLD *") == []


def test_a_write_without_the_whole_key_is_refused(db, table):
    with pytest.raises(db.exceptions.ClientError) as caught:
        run(db, f'UPDATE "{table}" SET n = 2 WHERE n = 1')
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert stored(db, table)["n"] == 1


# Mistakes


@pytest.mark.parametrize(
    "statement",
    ["SELECT", "nonsense", "SELECT * FROM", "SELECT * FROM t WHERE", "INSERT INTO t VALUE {", "",
     "SELECT * FROM t WHERE (" + "(" * 500, "SELECT * FROM t; SELECT * FROM t", "DROP TABLE t",
     "SELECT COUNT(*) FROM t"],
)
def test_a_statement_that_is_none_is_refused(db, statement):
    with pytest.raises(db.exceptions.ClientError) as caught:
        db.execute_statement(Statement=statement)
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_a_missing_table_is_told(db):
    with refused("ResourceNotFoundException", "Requested resource not found"):
        run(db, "SELECT * FROM nowhere WHERE k = 'a'")


@pytest.mark.parametrize("operands", [[], ["a", "b"]], ids=["too-few", "too-many"])
def test_parameters_must_match_the_question_marks(db, table, operands):
    with pytest.raises(db.exceptions.ClientError) as caught:
        run(db, f'SELECT * FROM "{table}" WHERE k = ?', *operands)
    assert caught.value.response["Error"]["Code"] == "ValidationException"


# Batches and transactions


def statements(*all_of_them):
    return [
        {"Statement": text} | ({"Parameters": parameters(*operands)} if operands else {})
        for text, *operands in all_of_them
    ]


def test_a_batch_answers_each_statement_by_itself(db, table):
    answer = db.batch_execute_statement(
        Statements=statements(
            (f"INSERT INTO \"{table}\" VALUE {{'k': ?}}", "new"),
            (f"INSERT INTO \"{table}\" VALUE {{'k': 'a'}}",),
            (f"UPDATE \"{table}\" SET n = 1 WHERE k = 'none'",),
        )
    )
    codes = [one.get("Error", {}).get("Code") for one in answer["Responses"]]
    assert codes == [None, "DuplicateItem", "ConditionalCheckFailed"]
    assert stored(db, table, "new") == {"k": "new"}


def test_a_batch_reads_in_the_order_asked(db, table):
    put_all(db, table, [{"k": "b", "n": 2}])
    select = f'SELECT n FROM "{table}" WHERE k = ?'
    answer = db.batch_execute_statement(
        Statements=statements((select, "b"), (select, "none"), (select, "a"))
    )
    assert [one.get("Item") for one in answer["Responses"]] == [item(n=2), None, item(n=1)]


def test_a_batch_does_not_mix_reads_and_writes(db, table):
    with pytest.raises(db.exceptions.ClientError) as caught:
        db.batch_execute_statement(
            Statements=statements(
                (f"SELECT * FROM \"{table}\" WHERE k = 'a'",), (f"DELETE FROM \"{table}\" WHERE k = 'b'",)
            )
        )
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_a_transaction_of_statements_does_all_or_nothing(db, table):
    insert = f"INSERT INTO \"{table}\" VALUE {{'k': 'new'}}"
    with pytest.raises(db.exceptions.TransactionCanceledException) as caught:
        db.execute_transaction(
            TransactStatements=statements((insert,), (f"INSERT INTO \"{table}\" VALUE {{'k': 'a'}}",))
        )
    codes = [reason["Code"] for reason in caught.value.response["CancellationReasons"]]
    assert codes == ["None", "DuplicateItem"]
    assert stored(db, table, "new") is None
    db.execute_transaction(
        TransactStatements=statements((insert,), (f"UPDATE \"{table}\" SET n = 5 WHERE k = 'a'",))
    )
    assert stored(db, table)["n"] == 5
    assert stored(db, table, "new") == {"k": "new"}


def test_exists_checks_a_condition_in_a_transaction(db, table):
    exists = f"EXISTS(SELECT * FROM \"{table}\" WHERE k = 'a' AND n = ?)"
    insert = f"INSERT INTO \"{table}\" VALUE {{'k': 'new'}}"
    with pytest.raises(db.exceptions.TransactionCanceledException):
        db.execute_transaction(TransactStatements=statements((exists, 2), (insert,)))
    assert stored(db, table, "new") is None
    db.execute_transaction(TransactStatements=statements((exists, 1), (insert,)))
    assert stored(db, table, "new") == {"k": "new"}


def test_a_transaction_of_statements_with_a_token_happens_once(db, table):
    request = {
        "TransactStatements": statements((f"UPDATE \"{table}\" SET n = n + 1 WHERE k = 'a'",)),
        "ClientRequestToken": f"token-{table}",
    }
    for _ in range(3):
        db.execute_transaction(**request)
    assert stored(db, table)["n"] == 2


def test_statements_and_operations_see_the_same(db, table):
    db.update_item(
        TableName=table, Key=item(k="a"), UpdateExpression="SET n = :n", ExpressionAttributeValues=values(n=7)
    )
    assert run(db, f"SELECT n FROM \"{table}\" WHERE k = 'a'") == [{"n": 7}]
