"""The console dynamodb-admin, as it comes from npm, used in a browser: its whole menu.

What is done in the console is looked up through boto3, and the other way round.
"""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from api import create, definitions, index, item, key_schema, new_name, plain, plain_all, put_all
from browsing import Pages, chromium, console, fetch_console
from conftest import FAILED, module_directory
from node_packages import INSTALL_SECONDS

pytestmark = pytest.mark.limit(INSTALL_SECONDS + 60)

BOOKS = [
    {"author": "Lem", "year": 1961, "title": "Solaris", "pages": 204},
    {"author": "Lem", "year": 1965, "title": "The Cyberiad", "pages": 295},
    {"author": "Lem", "year": 1968, "title": "His Master's Voice", "pages": 199},
    {"author": "Capek", "year": 1920, "title": "R.U.R.", "pages": 104},
    {"author": "Capek", "year": 1936, "title": "War with the Newts", "pages": 348},
]


@pytest.fixture(scope="module")
def driver_and_url(request):
    program = fetch_console()
    api = request.getfixturevalue("api")
    with (
        module_directory(request, Path(request.node.name).stem) as directory,
        console(program, directory, api.url) as url, chromium(directory) as driver,
    ):  # fmt: skip
        yield driver, url


@pytest.fixture
def pages(request, driver_and_url, workdir):
    """The console; what it showed last is kept beside the other logs of a failed test."""
    pages = Pages(*driver_and_url)
    yield pages
    if any(request.node.stash.get(FAILED, [])):
        pages.keep(workdir)


@pytest.fixture
def books(db):
    """A table of them, with an index by title."""
    table = create(db, "author:S year:N", global_indexes=[index("by-title", "title:S pages:N")])
    put_all(db, table, BOOKS)
    return table


def titles(*chosen):
    return sorted(f'"{book["title"]}"' for book in BOOKS if not chosen or book["year"] in chosen)


def scanned(db, table):
    return plain_all(db.scan(TableName=table, ConsistentRead=True))


def key_of(book):
    return item(author=book["author"], year=book["year"])


def exists(db, table):
    return table in db.list_tables()["TableNames"]


# Tables


def test_the_list_shows_each_table_and_how_many_items_it_has(db, pages, books):
    empty = create(db)
    pages.open()
    assert pages.tables() | {books: 5, empty: 0} == pages.tables()


def test_the_list_narrows_as_one_types(db, pages, books):
    other = create(db, TableName=new_name("Other"))
    pages.open()
    pages.type_into("#filter-input", other.upper())
    pages.wait_for_tables(lambda shown: set(shown) == {other}, "one table")


def test_a_table_is_made(db, pages):
    table = new_name("made")
    pages.open()
    pages.link("Create table")
    pages.type_into("#TableName", table)
    pages.type_into("#HashAttributeName", "id")
    pages.type_into("#ReadCapacityUnits", "7")
    pages.click("#saveButton")
    pages.wait_for_tables(lambda shown: shown.get(table) == 0, "the new table")

    made = db.describe_table(TableName=table)["Table"]
    assert made["KeySchema"] == key_schema("id:S")[0]
    assert made["AttributeDefinitions"] == definitions({"id": "S"})
    throughput = made["ProvisionedThroughput"]
    assert (throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"]) == (7, 3)


def add_index(pages, number, name, kind, partition, sort):
    def part(text):
        return f"[name=secondary-index-{number}-{text}]"

    pages.click("#new-index")
    pages.type_into(part("IndexName"), name)
    pages.choose(part("IndexType"), kind)
    for role, (attribute, attribute_type) in {"Hash": partition, "Range": sort}.items():
        pages.type_into(part(f"{role}AttributeName"), attribute)
        pages.choose(part(f"{role}AttributeType"), attribute_type)


def test_a_table_with_indexes_of_both_kinds_is_made(db, pages):
    table = new_name("made")
    pages.open("create-table")
    pages.type_into("#TableName", table)
    pages.type_into("#HashAttributeName", "author")
    pages.type_into("#RangeAttributeName", "year")
    pages.choose("[name=RangeAttributeType]", "N")
    add_index(pages, 1, "by-title", "global", ("title", "S"), ("year", "N"))
    add_index(pages, 2, "by-pages", "local", ("author", "S"), ("pages", "N"))
    pages.click("#saveButton")
    pages.wait_for_tables(lambda shown: table in shown, "the new table")

    made = db.describe_table(TableName=table)["Table"]
    (by_title,), (by_pages,) = made["GlobalSecondaryIndexes"], made["LocalSecondaryIndexes"]
    assert (by_title["IndexName"], by_pages["IndexName"]) == ("by-title", "by-pages")
    assert by_title["KeySchema"] == key_schema("title:S year:N")[0]
    assert by_pages["KeySchema"] == key_schema("author:S pages:N")[0]
    assert by_title["ProvisionedThroughput"]["ReadCapacityUnits"] == 3


def test_why_a_table_can_not_be_made_is_told(db, pages, books):
    pages.open("create-table")
    pages.type_into("#TableName", books)
    pages.type_into("#HashAttributeName", "id")
    pages.click("#saveButton")
    assert pages.complaint() == f"Table already exists: {books}"
    assert len(scanned(db, books)) == 5


def test_a_table_is_deleted_once_one_says_yes(db, pages, books):
    pages.open()
    pages.table_button(books, "Delete")
    pages.answer(accept=False)
    assert exists(db, books)
    pages.table_button(books, "Delete")
    assert books in pages.answer()
    pages.wait_for_tables(lambda shown: books not in shown, "one table less")
    assert not exists(db, books)


def test_a_table_of_several_batches_is_purged(db, pages):
    table = create(db, "k:S s:N")
    put_all(db, table, [{"k": f"k{number % 7}", "s": number} for number in range(60)])
    pages.open()
    assert pages.tables()[table] == 60
    pages.table_button(table, "Purge")
    pages.answer()
    pages.wait_for_tables(lambda shown: shown.get(table) == 0, "no items")
    assert scanned(db, table) == []


def test_every_table_is_purged_then_deleted(db, pages, books):
    more = create(db)
    put_all(db, more, [{"k": "1"}])
    pages.open()
    for button, told in (("Purge all tables", "Tables purged"), ("Delete all tables", "Tables deleted")):
        pages.link(button)
        pages.answer()
        assert pages.answer() == told
        if "purge" in told:
            pages.wait_for_tables(lambda shown: shown[books] == shown[more] == 0, "no items")
            assert scanned(db, books) == []
    pages.wait_for_tables(lambda shown: shown == {}, "no tables")
    assert db.list_tables()["TableNames"] == []


def test_the_meta_page_shows_the_tables_description(db, pages, books):
    pages.open(f"tables/{books}")
    with pages.leaving():
        pages.link("Meta")
    described = db.describe_table(TableName=books)["Table"]
    shown = json.loads(pages.text())
    assert shown["TableArn"] == described["TableArn"]
    assert shown["KeySchema"] == described["KeySchema"]
    assert shown["ItemCount"] == 5
    assert [one["IndexName"] for one in shown["GlobalSecondaryIndexes"]] == ["by-title"]


def test_the_meta_page_purges_and_deletes(db, pages, books):
    pages.open(f"tables/{books}/meta")
    with pages.leaving():
        pages.click("#purgeTable")
        pages.answer()
    pages.find(".no-results:not(.d-none)")
    assert scanned(db, books) == []
    with pages.leaving():
        pages.link("Meta")
    with pages.leaving():
        pages.click("#deleteTable")
        pages.answer()
    assert books not in pages.tables()
    assert not exists(db, books)


def test_the_ttl_page_follows_the_table(db, pages, books):
    pages.open(f"tables/{books}/ttl")
    assert [cell.text for cell in pages.find_all("td")] == ["DISABLED", "—"]
    db.update_time_to_live(
        TableName=books, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"}
    )
    pages.driver.refresh()
    assert [cell.text for cell in pages.find_all("td")] == ["ENABLED", "expires"]


# Items


EVERY_TYPE = {
    "author": "Čapek", "year": 1936, "text": "é😀 \"quoted\" \\", "fraction": -1.5, "yes": True,
    "nothing": None, "list": [1, "x", [2, {}]], "map": {"a": {"b": []}},
}


def test_an_item_of_every_type_is_made(db, pages, books):
    pages.open(f"tables/{books}")
    with pages.leaving():
        pages.link("Create item")
    assert json.loads(pages.text()) == {"author": "", "year": 0}
    pages.write(EVERY_TYPE)
    with pages.leaving():
        pages.save()
    assert json.loads(pages.text()) == EVERY_TYPE

    found = plain(db.get_item(TableName=books, Key=key_of(EVERY_TYPE))["Item"])
    assert found == EVERY_TYPE | {"fraction": Decimal("-1.5")}


def test_why_an_item_can_not_be_made_is_told(db, pages, books):
    pages.open(f"tables/{books}/add-item")
    pages.write({"author": "Lem"})
    pages.save()
    assert pages.complaint() == (
        "One or more parameter values were invalid: Missing the key year in the item"
    )
    assert len(scanned(db, books)) == 5


def test_an_item_is_edited(db, pages, books):
    pages.open(f"tables/{books}")
    at = pages.column("title").index('"Solaris"')
    with pages.leaving():
        pages.find_all("#items-container a")[at].click()
    assert json.loads(pages.text()) == BOOKS[0]
    changed = {"author": "Lem", "year": 1961, "title": "Solaris!", "tags": ["sf"]}
    pages.write(changed)
    pages.save()
    pages.find("#saveButton.btn-success")
    assert plain(db.get_item(TableName=books, Key=key_of(changed))["Item"]) == changed
    assert len(scanned(db, books)) == 5


def test_an_item_is_deleted(db, pages, books):
    pages.open(f"tables/{books}/items/Lem,1961")
    with pages.leaving():
        pages.click("button.btn-danger")
    assert sorted(pages.column("title")) == titles(1965, 1968, 1920, 1936)
    assert "Item" not in db.get_item(TableName=books, Key=key_of(BOOKS[0]))


@pytest.mark.parametrize("key", ["a/b", "50% & more?", "it's \"x\" <b>", "žluť 😀", " a  b "])
def test_an_item_is_found_under_any_key(db, pages, key):
    table = create(db)
    put_all(db, table, [{"k": key, "v": 1}])
    pages.open(f"tables/{table}")
    assert pages.column("v") == ["1"]
    with pages.leaving():
        pages.link("View")
    assert json.loads(pages.text()) == {"k": key, "v": 1}


def test_the_get_page_finds_an_item_by_its_key(pages, books):
    pages.open(f"tables/{books}")
    with pages.leaving():
        pages.link("Get")
    pages.type_into("[name=hash]", "Capek")
    pages.type_into("[name=range]", "1920")
    with pages.leaving():
        pages.click("#form button")
    assert json.loads(pages.text()) == BOOKS[3]


def test_the_get_page_says_when_there_is_no_such_item(pages, books):
    pages.open(f"tables/{books}/get")
    pages.type_into("[name=hash]", "Capek")
    pages.type_into("[name=range]", "1921")
    with pages.leaving():
        pages.click("#form button")
    assert pages.find("body").text == "Not found"


def test_what_boto3_changed_is_there_after_a_reload(db, pages, books):
    pages.open(f"tables/{books}")
    assert len(pages.rows()) == 5
    db.delete_item(TableName=books, Key=key_of(BOOKS[0]))
    db.update_item(
        TableName=books, Key=key_of(BOOKS[1]), UpdateExpression="SET title = :t",
        ExpressionAttributeValues=item({":t": "Cyberiada"}),
    )
    pages.driver.refresh()
    assert sorted(pages.column("title")) == sorted(titles(1968, 1920, 1936) + ['"Cyberiada"'])


# Filters and pages


@pytest.mark.parametrize(
    "filters, years",
    [
        ([("author", "=", "Lem", "S")], [1961, 1965, 1968]),
        ([("author", "<>", "Lem", "S")], [1920, 1936]),
        ([("pages", ">=", "204", "N"), ("year", "<=", "1961", "N")], [1961, 1936]),
        ([("pages", ">", "204", "N")], [1965, 1936]),
        ([("pages", "<", "204", "N"), ("author", "=", "Lem", "S")], [1968]),
        ([("title", "begins_with", "The", "S")], [1965]),
        ([("pages", "=", "204", "S")], []),
    ],
)
def test_a_scan_shows_what_passes_its_filters(pages, books, filters, years):
    pages.open(f"tables/{books}")
    for one in filters:
        pages.add_filter(*one)
    pages.search()
    assert sorted(pages.column("title")) == (titles(*years) if years else [])


def test_a_query_takes_the_partition_in_order(pages, books):
    pages.open(f"tables/{books}")
    pages.choose("[name=operationType]", "query")
    pages.fill_filter("author", "Lem")
    pages.search()
    assert pages.column("year") == ["1961", "1965", "1968"]


@pytest.mark.parametrize("operator, years", [
    ("=", [1965]), ("<", [1961]), ("<=", [1961, 1965]), (">", [1968]), (">=", [1965, 1968]),
])
def test_a_query_takes_a_range_of_sort_keys(pages, books, operator, years):
    pages.open(f"tables/{books}")
    pages.choose("[name=operationType]", "query")
    pages.fill_filter("author", "Lem")
    pages.fill_filter("year", "1965", operator, "N")
    pages.search()
    assert pages.column("year") == [str(year) for year in years]


def test_a_query_filters_by_what_is_no_key(pages, books):
    pages.open(f"tables/{books}")
    pages.choose("[name=operationType]", "query")
    pages.fill_filter("author", "Lem")
    pages.add_filter("title", "begins_with", "The")
    pages.search()
    assert pages.column("title") == titles(1965)


def test_a_query_of_an_index(pages, books):
    pages.open(f"tables/{books}")
    pages.choose("[name=operationType]", "query")
    pages.choose("[name=queryableSelection]", "by-title")
    pages.fill_filter("title", "Solaris")
    pages.fill_filter("pages", "200", ">", "N")
    pages.search()
    assert pages.rows() == [
        {"author": '"Lem"', "year": "1961", "title": '"Solaris"', "pages": "204"}
    ]


def test_a_query_of_strings_by_their_beginning(db, pages):
    table = create(db, "k:S s:S")
    put_all(db, table, [{"k": "a", "s": text} for text in ("alpha", "alps", "beta")])
    pages.open(f"tables/{table}")
    pages.choose("[name=operationType]", "query")
    pages.fill_filter("k", "a")
    pages.fill_filter("s", "alp", "begins_with")
    pages.search()
    assert pages.column("s") == ['"alpha"', '"alps"']


def test_why_a_search_is_refused_is_told(pages, books):
    pages.open(f"tables/{books}")
    pages.choose("[name=operationType]", "query")
    pages.fill_filter("author", "5", kind="N")
    pages.search()
    assert pages.complaint() == (
        "One or more parameter values were invalid: "
        "Condition parameter type does not match schema type"
    )


@pytest.fixture
def sixty(db):
    table = create(db, "k:S s:N")
    put_all(db, table, [{"k": f"k{n % 7}", "s": n, "odd": n % 2} for n in range(60)])
    return table


def test_pages_follow_each_other_and_miss_nothing(pages, sixty):
    pages.open(f"tables/{sixty}")
    seen = [pages.column("s")]
    for _ in range(2):
        pages.next_page()
        seen.append(pages.column("s"))
    assert [len(page) for page in seen] == [25, 25, 10]
    assert sorted(int(s) for page in seen for s in page) == list(range(60))
    assert pages.find_all(".page-item-next.disabled")


def test_the_first_page_comes_back(pages, sixty):
    pages.open(f"tables/{sixty}")
    first = pages.column("s")
    pages.next_page()
    pages.rows()
    pages.previous_page()
    assert pages.column("s") == first


def test_a_larger_page_holds_all(pages, sixty):
    pages.open(f"tables/{sixty}")
    pages.rows()
    with pages.leaving():
        pages.choose("[name=pageSize]", "100")
    assert sorted(int(s) for s in pages.column("s")) == list(range(60))


def test_pages_of_a_filtered_scan(pages, sixty):
    pages.open(f"tables/{sixty}")
    pages.add_filter("odd", "=", "1", "N")
    pages.search()
    first = pages.column("s")
    pages.next_page()
    assert sorted(map(int, first + pages.column("s"))) == list(range(1, 60, 2))
