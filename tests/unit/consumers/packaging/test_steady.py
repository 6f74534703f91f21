"""Pages of rows that tie in their order neither double rows nor lose them."""

from collections.abc import Mapping, Sequence

import pytest
from pydantic import JsonValue

from consumers.packaging.datastore import Datastore, Query
from consumers.packaging.steady import steady_sort
from store.outgoing import Outgoing
from tests.equipment.ckan import running_ckan
from tests.equipment.ckan_rows import counted

COLUMNS = ("_id", "name")


@pytest.mark.parametrize(
    ("fields", "columns", "sort"),
    [
        ({}, COLUMNS, None),
        ({"sort": "name"}, COLUMNS, "name, _id"),
        ({"sort": "name desc, place"}, COLUMNS, "name desc, place, _id"),
        ({"sort": "_id"}, COLUMNS, None),
        ({"sort": "name,_id desc"}, COLUMNS, None),
        ({"sort": "my_id"}, COLUMNS, "my_id, _id"),
        ({"sort": "name"}, ("name",), None),
        ({"sort": "name", "fields": "name"}, ("name",), "name, _id"),
        ({"q": "oak"}, COLUMNS, "_id"),
        ({"q": "oak", "sort": "name"}, COLUMNS, "name, _id"),
        ({"q": "oak"}, ("name",), None),
    ],
)
def test_each_row_has_one_place(
    fields: Mapping[str, JsonValue], columns: Sequence[str], sort: str | None
) -> None:
    assert steady_sort(fields, columns) == sort


def sorts(rows: int, page_size: int, **resource: object) -> list[object]:
    """Return the `sort` of each question, the probe's first, when asked for an order."""
    with running_ckan({"r": counted(rows, **resource)}) as ckan:
        query = Query(
            api_url=ckan.api_url, resource_id="r", fields={"sort": "v"}, page_size=page_size
        )
        with Datastore(Outgoing(["127.0.0.1"]), query) as datastore:
            assert sum(page.count for page in datastore.pages()) == rows
        return [body.get("sort") for body in ckan.bodies]


def test_an_order_is_passed_on_as_it_is_where_one_page_is_enough() -> None:
    assert set(sorts(7, 10)) == {"v"}


def test_more_pages_have_a_steady_order_from_the_first() -> None:
    probe, *pages = sorts(25, 10)
    assert probe == "v"
    assert set(pages) == {"v, _id"}


def test_a_server_that_gives_fewer_rows_at_once_is_asked_anew() -> None:
    probe, first, *pages = sorts(25, 100, cap=10)
    assert (probe, first) == ("v", "v")
    assert set(pages) == {"v, _id"}


def test_another_back_end_is_left_alone() -> None:
    assert set(sorts(25, 10, backend="solr")) == {"v"}
