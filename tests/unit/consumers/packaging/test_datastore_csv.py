"""CKAN writes CSV where that says the same as its JSON, and objects everywhere else."""

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import pytest

from consumers.packaging.datastore import Datastore, Page, Query
from consumers.packaging.tables import CSV, encode
from store.errors import SourceRefusedError
from tests.equipment.ckan import Ckan, Trouble
from tests.equipment.ckan_rows import Resource, counted, texts, wide
from tests.equipment.ckan_walks import WEB

ASKED = {"records_format": "csv", "include_total": False}


def read(
    ckan: Ckan,
    resource: Resource,
    *,
    as_csv: bool = True,
    columns: Sequence[str] | None = None,
    **query: Any,  # noqa: ANN401
) -> tuple[bytes, list[Page]]:
    """Return the table, and the pages that it came in."""
    ckan.resources["r"] = resource
    with Datastore(WEB, Query(api_url=ckan.api_url, resource_id="r", **query)) as datastore:
        found = list(datastore.pages(as_csv=as_csv, columns=columns))
        return b"".join(_table(page, datastore.columns) for page in found), found


def _table(page: Page, columns: Sequence[str]) -> bytes:
    if page.csv is not None:
        return page.csv
    assert page.records is not None
    return encode([[record.get(name) for name in columns] for record in page.records], CSV)


def formats(pages: Sequence[Page]) -> list[str]:
    return ["objects" if page.csv is None else "csv" for page in pages]


TEXTS = ("plain", "", None, "a,b", 'say "a"', "a\nb", "a\rb", "a\r\nb", " é ", r"\.", "'")


@pytest.mark.parametrize("page_size", [1, 3, 100])
def test_csv_says_what_objects_say(ckan: Ckan, page_size: int) -> None:
    table, found = read(ckan, texts(*TEXTS), page_size=page_size)
    assert set(formats(found)) == {"csv"}
    objects, found = read(ckan, texts(*TEXTS), page_size=page_size, as_csv=False)
    assert set(formats(found)) == {"objects"}
    assert table == objects
    assert sum(page.count for page in found) == len(TEXTS)


def test_a_wide_resource_says_the_same_too(ckan: Ckan) -> None:
    table, found = read(ckan, wide(2500), page_size=1000)
    assert formats(found) == ["csv"] * 3
    assert table == read(ckan, wide(2500), page_size=1000, as_csv=False)[0]


def test_pages_are_asked_for_as_csv_and_the_probe_is_not(ckan: Ckan) -> None:
    _, found = read(ckan, counted(3), page_size=2)
    probe, *asked = ckan.bodies
    assert probe == {"resource_id": "r", "offset": 0, "limit": 0}
    assert [{**body, "offset": 0} for body in asked] == [
        {"resource_id": "r", "offset": 0, "limit": 2, **ASKED}
    ] * 3
    assert [body["offset"] for body in asked] == [0, 2, 3]
    assert [(page.total, page.count) for page in found] == [(3, 2), (3, 1)]


def test_no_more_rows_than_are_wanted(ckan: Ckan) -> None:
    def more(said: dict[str, Any]) -> None:
        said["result"]["records"] = "1,a\n2,b\n3,c\n"

    ckan.troubles[1] = Trouble(change=more)
    table, found = read(ckan, counted(9), limit=2)
    assert (table, found[0].count) == (b"1,a\n2,b\n", 2)
    assert read(ckan, counted(9), limit=2, offset=3)[0] == b"4,row 4\n5,row 5\n"


def test_a_server_that_gives_fewer_rows_than_asked_for_skips_none(ckan: Ckan) -> None:
    table, _ = read(ckan, counted(21, cap=7))
    assert table == b"".join(b"%d,row %d\n" % (each, each) for each in range(1, 22))


def never(ckan: Ckan, resource: Resource, **more: Any) -> None:  # noqa: ANN401
    _, found = read(ckan, resource, **more)
    assert set(formats(found)) == {"objects"}
    assert not any("records_format" in body for body in ckan.bodies)


@pytest.mark.parametrize(
    "kind", ["numeric", "float8", "bool", "json", "_text", "nested", "date", ""]
)
def test_types_whose_csv_differs_come_as_objects(ckan: Ckan, kind: str) -> None:
    columns = [("_id", "int"), ("v", kind)]
    never(ckan, Resource(columns=columns, row=lambda number: {"_id": number, "v": None}, size=2))


@pytest.mark.parametrize("backend", ["solr", "versioned-datastore", "mongo"])
def test_other_back_ends_give_objects(ckan: Ckan, backend: str) -> None:
    never(ckan, counted(3, backend=backend))
    never(ckan, counted(3, backend=backend), offset=1)


def test_a_try_that_began_with_other_columns_goes_on_with_objects(ckan: Ckan) -> None:
    never(ckan, counted(3), columns=["_id", "title"])
    assert formats(read(ckan, counted(3), columns=["_id", "name"])[1]) == ["csv"]


def test_a_server_that_knows_no_csv_gives_objects(ckan: Ckan) -> None:
    table, found = read(ckan, counted(3, speaks_csv=False), page_size=2)
    assert (table, formats(found)) == (b"1,row 1\n2,row 2\n3,row 3\n", ["objects"] * 2)
    assert ["records_format" in body for body in ckan.bodies] == [False, True, False, False]


def test_a_server_that_refuses_csv_is_asked_for_objects(ckan: Ckan) -> None:
    ckan.troubles[1] = Trouble(status=409, body=b'{"error": {"records_format": ["unknown"]}}')
    table, _ = read(ckan, counted(2))
    assert table == b"1,row 1\n2,row 2\n"


def _other_fields(said: dict[str, Any]) -> None:
    said["result"]["fields"].reverse()


def _other_types(said: dict[str, Any]) -> None:
    said["result"]["fields"][1]["type"] = "bool"


def _other_width(said: dict[str, Any]) -> None:
    said["result"]["records"] = "2,b,c\n"


@pytest.mark.parametrize("change", [_other_fields, _other_types, _other_width])
def test_a_page_that_is_odd_is_asked_for_again_as_objects(
    ckan: Ckan, change: Callable[[dict[str, Any]], None]
) -> None:
    ckan.troubles[2] = Trouble(change=change)
    table, found = read(ckan, counted(3), page_size=1)
    assert table == b"1,row 1\n2,row 2\n3,row 3\n"
    assert formats(found) == ["csv", "objects", "objects"]
    assert [body["offset"] for body in ckan.bodies] == [0, 0, 1, 1, 2, 3]


def test_a_refusal_is_a_refusal_in_either_format(ckan: Ckan) -> None:
    ckan.troubles |= {number: Trouble(status=403) for number in (1, 2)}
    with pytest.raises(SourceRefusedError, match="status 403"):
        read(ckan, counted(3))
    assert len(ckan.asked) == 3


def test_one_column_of_nothing_keeps_its_rows(ckan: Ckan) -> None:
    values = [None, "", "a", r"\."]
    resource = Resource(
        columns=[("v", "text")], row=lambda number: {"v": values[number]}, size=len(values)
    )
    table, found = read(ckan, resource)
    assert (table, formats(found)) == (b'""\n""\na\n\\.\n', ["csv"])
    assert (
        list(map(itemgetter("v"), read(ckan, resource, as_csv=False)[1][0].records or ())) == values
    )
