"""A CKAN is asked for all the rows, in the way of its back end, and for no more than are wanted."""

from collections.abc import Sequence
from typing import Any

import pytest

from consumers.packaging.datastore import Datastore, Page, Query
from tests.equipment.ckan import Ckan, Trouble
from tests.equipment.ckan_rows import Resource, counted, texts
from tests.equipment.ckan_walks import WEB


def asking(ckan: Ckan, resource: Resource, **query: Any) -> Datastore:  # noqa: ANN401
    ckan.resources["r"] = resource
    return Datastore(WEB, Query(api_url=ckan.api_url, resource_id="r", **query))


def pages(datastore: Datastore, cursor: Any = None, done: int = 0) -> list[Page]:  # noqa: ANN401
    return list(datastore.pages(cursor, done))


def ids(pages: Sequence[Page]) -> list[object]:
    return [record["_id"] for page in pages for record in page.records or ()]


def up_to(last: int) -> list[int]:
    return list(range(1, last + 1))


def test_a_probe_tells_the_columns_in_order(ckan: Ckan) -> None:
    with asking(ckan, counted(3)) as datastore:
        assert [datastore.columns, datastore.columns] == [["_id", "name"]] * 2
    assert ckan.bodies == [{"resource_id": "r", "offset": 0, "limit": 0}]


def test_offsets_grow_until_a_page_is_empty(ckan: Ckan) -> None:
    found = pages(asking(ckan, counted(250), page_size=100))
    assert [page.count for page in found] == [100, 100, 50]
    assert ids(found) == up_to(250)
    steps = [(body["offset"], body["limit"]) for body in ckan.bodies]
    assert steps == [(0, 0), (0, 100), (100, 100), (200, 100), (250, 100)]


def test_an_unknown_back_end_is_asked_by_offset(ckan: Ckan) -> None:
    assert ids(pages(asking(ckan, counted(5, backend="mongo"), page_size=3))) == up_to(5)


def test_a_server_that_gives_fewer_rows_than_asked_for_skips_none(ckan: Ckan) -> None:
    found = pages(asking(ckan, counted(2100, cap=700), page_size=5000))
    assert ids(found) == up_to(2100)
    assert [body["offset"] for body in ckan.bodies] == [0, 0, 700, 1400, 2100]


def test_solr_is_asked_by_cursor(ckan: Ckan) -> None:
    found = pages(asking(ckan, counted(5, backend="solr"), page_size=2))
    assert ids(found) == up_to(5)
    assert [body.get("cursor") for body in ckan.bodies[1:]] == ["*", "2", "4", "5"]
    assert not any("offset" in body or "after" in body for body in ckan.bodies[1:])


def test_versioned_datastore_is_asked_by_after(ckan: Ckan) -> None:
    found = pages(asking(ckan, counted(5, backend="versioned-datastore"), page_size=2))
    assert ids(found) == up_to(5)
    afters = [body.get("after", "none") for body in ckan.bodies[1:]]
    assert afters == ["none", [2, "é"], [4, "é"], [5, "é"]]
    assert not any("offset" in body or "cursor" in body for body in ckan.bodies[1:])


@pytest.mark.parametrize("backend", [None, "solr", "versioned-datastore"])
def test_an_offset_is_asked_for_by_offset_whatever_the_back_end(
    ckan: Ckan, backend: str | None
) -> None:
    found = pages(asking(ckan, counted(20, backend=backend), limit=7, offset=3))
    assert ids(found) == [4, 5, 6, 7, 8, 9, 10]
    assert ckan.bodies[1:] == [{"resource_id": "r", "limit": 7, "offset": 3}]


@pytest.mark.parametrize("backend", [None, "solr", "versioned-datastore"])
def test_the_last_page_is_no_larger_than_what_is_wanted(ckan: Ckan, backend: str | None) -> None:
    found = pages(asking(ckan, counted(20, backend=backend), limit=7, page_size=5))
    assert ids(found) == up_to(7)
    assert [body["limit"] for body in ckan.bodies] == [0, 5, 2]


def test_a_limit_of_0_is_none(ckan: Ckan) -> None:
    assert ids(pages(asking(ckan, counted(7), limit=0))) == up_to(7)


def test_rows_that_nobody_wanted_are_dropped(ckan: Ckan) -> None:
    def more(said: dict[str, Any]) -> None:
        said["result"]["records"] = [{"_id": each} for each in up_to(9)]

    ckan.troubles[1] = Trouble(change=more)
    found = pages(asking(ckan, counted(3), limit=2))
    assert (ids(found), found[0].count) == ([1, 2], 2)


def test_a_server_may_give_more_than_was_asked_for(ckan: Ckan) -> None:
    def more(said: dict[str, Any]) -> None:
        said["result"]["records"] = [{"_id": each} for each in up_to(4)]

    ckan.troubles[1] = Trouble(change=more)
    assert ids(pages(asking(ckan, counted(6), page_size=2))) == up_to(6)


def test_an_empty_resource_has_columns_and_no_page(ckan: Ckan) -> None:
    datastore = asking(ckan, counted(0))
    assert (pages(datastore), datastore.columns) == ([], ["_id", "name"])


def test_what_is_given_goes_along_and_what_is_none_does_not(ckan: Ckan) -> None:
    fields = {"filters": {"a": ["b"]}, "q": "Müller", "sort": None}
    pages(asking(ckan, counted(1), fields=fields, limit=1))
    assert ckan.bodies[1] == {
        "resource_id": "r",
        "limit": 1,
        "offset": 0,
        "filters": {"a": ["b"]},
        "q": "Müller",
    }


def test_the_key_is_sent_as_authorization(ckan: Ckan) -> None:
    ckan.key = "secret-key"
    datastore = asking(ckan, counted(1), key="secret-key", limit=1)
    assert ids(pages(datastore)) == [1]
    pages(asking(ckan, counted(1), key="secret-key", limit=1))
    assert {each.headers["authorization"] for each in ckan.asked} == {"secret-key"}
    assert "secret-key" not in repr(Query(api_url="", resource_id="", key="secret-key"))


@pytest.mark.parametrize("key", [None, ""])
def test_no_key_no_authorization(ckan: Ckan, key: str | None) -> None:
    pages(asking(ckan, counted(1), key=key))
    assert all("authorization" not in each.headers for each in ckan.asked)


def test_one_connection_serves_all_pages(ckan: Ckan) -> None:
    pages(asking(ckan, counted(9), page_size=2))
    assert ckan.connections == 1


# --- going on -----------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", [None, "solr", "versioned-datastore"])
@pytest.mark.parametrize("after", [1, 2, 3])
def test_another_process_goes_on_where_one_stopped(
    ckan: Ckan, backend: str | None, after: int
) -> None:
    query = {"page_size": 4, "limit": 11}
    first = pages(asking(ckan, counted(20, backend=backend), **query))[:after]
    done = sum(page.count for page in first)
    rest = pages(asking(ckan, counted(20, backend=backend), **query), first[-1].cursor, done)
    assert ids(first) + ids(rest) == up_to(11)


@pytest.mark.parametrize("backend", ["solr", "versioned-datastore"])
def test_after_the_end_there_is_nothing_to_go_on_with(ckan: Ckan, backend: str) -> None:
    def end(said: dict[str, Any]) -> None:
        said["result"].pop("next_cursor", None)
        said["result"].pop("after", None)

    ckan.always = Trouble(change=end)
    (page,) = pages(asking(ckan, counted(5, backend=backend)))
    assert page.count == 5
    assert pages(asking(ckan, counted(5, backend=backend)), page.cursor, 5) == []
    assert len(ckan.asked) == 3


# --- what a page tells --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "total"),
    [({}, 20), ({"limit": 7}, 7), ({"limit": 70}, 20), ({"offset": 15}, 5), ({"offset": 30}, None)],
)
def test_how_many_rows_are_expected(ckan: Ckan, query: dict[str, Any], total: int | None) -> None:
    found = pages(asking(ckan, counted(20), **query))
    assert {page.total for page in found} == ({total} if total else set())


def test_a_total_that_is_not_told_or_no_number_is_not_known(ckan: Ckan) -> None:
    def odd(said: dict[str, Any]) -> None:
        said["result"]["total"] = "many"

    assert pages(asking(ckan, counted(1, tells_total=False)))[0].total is None
    ckan.always = Trouble(change=odd)
    assert pages(asking(ckan, counted(1)))[0].total is None


@pytest.mark.parametrize("value", [2**53 + 1, 12345678901234567890, 0.1, 1e22, True, None])
def test_values_come_as_they_are(ckan: Ckan, value: object) -> None:
    (page,) = pages(asking(ckan, texts(value)))
    assert page.records == [{"_id": 1, "v": value}]


def test_fields_may_change_between_pages(ckan: Ckan) -> None:
    def change(said: dict[str, Any]) -> None:
        said["result"]["fields"] = [{"id": "new", "type": "int"}]
        said["result"]["records"] = [{"_id": 2, "new": 1}]

    ckan.troubles[2] = Trouble(change=change)
    datastore = asking(ckan, counted(2), page_size=1)
    assert ids(pages(datastore)) == [1, 2]
    assert datastore.columns == ["_id", "name"]
