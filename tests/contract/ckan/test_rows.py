"""The rows of a real CKAN, read page by page."""

from collections.abc import Mapping, Sequence

import pytest
from pydantic import JsonValue

from consumers.packaging.datastore import Datastore, Page, Query
from consumers.packaging.tables import CSV, encode, header
from store.errors import SourceRefusedError
from store.outgoing import Outgoing
from tests.contract.ckan.conftest import CAP, Shelves
from tests.contract.ckan.shelves import ROWS
from tests.contract.ckan.truth import parsed, table
from tests.services.ckan import Ckan


@pytest.fixture(params=["objects", "csv"])
def form(request: pytest.FixtureRequest) -> str:
    """What CKAN is to answer with."""
    return str(request.param)


def datastore(  # noqa: PLR0913 - what a query may say
    ckan: Ckan,
    resource: str,
    fields: Mapping[str, JsonValue] | None = None,
    *,
    limit: int | None = None,
    offset: int = 0,
    key: str | None = None,
) -> Datastore:
    """Return a reader of a resource."""
    query = Query(
        api_url=f"{ckan.url}/api/action/datastore_search",
        resource_id=resource,
        fields=fields or {},
        limit=limit,
        offset=offset,
        key=key,
    )
    return Datastore(Outgoing([f"127.0.0.1:{ckan.port}"]), query)


def csv_of(pages: Sequence[Page], columns: Sequence[str]) -> bytes:
    """Return the file that the pages become."""
    return header(columns, CSV) + b"".join(_lines(page, columns) for page in pages)


def _lines(page: Page, columns: Sequence[str]) -> bytes:
    if page.csv is not None:
        return page.csv
    assert page.records is not None
    return encode(([row.get(name) for name in columns] for row in page.records), CSV)


def read(store: Datastore, *, as_csv: bool = False) -> tuple[Sequence[Page], bytes]:
    """Return all pages, and the file that they become."""
    with store:
        pages = list(store.pages(as_csv=as_csv))
        return pages, csv_of(pages, store.columns)


def test_values_of_every_type_arrive_as_ckan_holds_them(ckan: Ckan, shelves: Shelves) -> None:
    pages, file = read(datastore(ckan, shelves.mixed))

    assert [page.count for page in pages] == [5000] * 4
    assert parsed(file) == table(ckan, shelves.mixed, limit=ROWS)


def test_csv_of_ckans_own_becomes_the_bytes_that_its_objects_become(
    ckan: Ckan, shelves: Shelves
) -> None:
    objects, file = read(datastore(ckan, shelves.plain))
    copied, as_copied = read(datastore(ckan, shelves.plain), as_csv=True)

    assert as_copied == file
    assert parsed(file) == table(ckan, shelves.plain, limit=ROWS)
    assert all(page.records for page in objects)
    assert all(page.csv for page in copied)


@pytest.mark.parametrize("column", ["label", "count", "remark, long"])
def test_csv_of_one_column_becomes_the_same_bytes_too(
    ckan: Ckan, shelves: Shelves, column: str
) -> None:
    fields: Mapping[str, JsonValue] = {"fields": [column]}
    _, file = read(datastore(ckan, shelves.plain, fields))
    copied, as_copied = read(datastore(ckan, shelves.plain, fields), as_csv=True)

    assert as_copied == file
    assert all(page.csv for page in copied)
    assert len(parsed(file)) == 1 + ROWS


def test_types_that_read_differently_in_csv_are_asked_for_as_objects(
    ckan: Ckan, shelves: Shelves
) -> None:
    pages, file = read(datastore(ckan, shelves.mixed, limit=6000), as_csv=True)

    assert [page.csv for page in pages] == [None, None]
    assert parsed(file) == table(ckan, shelves.mixed, limit=6000)


def test_no_row_is_skipped_when_ckan_gives_fewer_than_were_asked_for(
    ckan: Ckan, capped: Ckan, shelves: Shelves, form: str
) -> None:
    pages, file = read(datastore(capped, shelves.plain), as_csv=form == "csv")

    assert {page.count for page in pages[:-1]} == {CAP}
    assert parsed(file) == table(ckan, shelves.plain, limit=ROWS)


def test_a_part_of_the_rows_is_that_part(ckan: Ckan, shelves: Shelves, form: str) -> None:
    _, file = read(datastore(ckan, shelves.plain, limit=5007, offset=12_345), as_csv=form == "csv")

    assert parsed(file) == table(ckan, shelves.plain, limit=5007, offset=12_345)


def test_filters_take_one_value_or_several(ckan: Ckan, shelves: Shelves, form: str) -> None:
    filters: JsonValue = {"label": ["carriage\rreturn", "Zoë Müller 𝄞 😀"], "count": 0}
    _, file = read(datastore(ckan, shelves.plain, {"filters": filters}), as_csv=form == "csv")

    expected = table(ckan, shelves.plain, filters=filters, limit=ROWS)
    assert parsed(file) == expected
    assert {tuple(row[1:4:2]) for row in expected[1:]} == {
        ("carriage\rreturn", "0"),
        ("Zoë Müller 𝄞 😀", "0"),
    }


def test_a_search_brings_the_rank_along(ckan: Ckan, shelves: Shelves, form: str) -> None:
    fields: Mapping[str, JsonValue] = {"q": "Müller", "sort": "_id"}
    _, file = read(datastore(ckan, shelves.plain, fields), as_csv=form == "csv")

    expected = table(ckan, shelves.plain, **fields, limit=ROWS)
    assert expected[0][-1] == "rank"
    assert len(expected) > 1000
    assert parsed(file) == expected


def test_a_sort_that_many_rows_tie_in_doubles_none_and_loses_none(
    ckan: Ckan, shelves: Shelves, form: str
) -> None:
    _, file = read(datastore(ckan, shelves.plain, {"sort": "count desc"}), as_csv=form == "csv")

    names, *rows = parsed(file)
    column = names.index("count")
    assert len({row[0] for row in rows}) == ROWS
    # PostgreSQL sorts NULL as larger than any number.
    values = [int(row[column]) if row[column] else 2**31 for row in rows]
    assert values == sorted(values, reverse=True)


def test_a_walk_goes_on_after_any_page(ckan: Ckan, shelves: Shelves) -> None:
    first, file = read(datastore(ckan, shelves.plain), as_csv=True)

    with datastore(ckan, shelves.plain) as store:
        rest = list(store.pages(first[1].cursor, first[0].count + first[1].count, as_csv=True))
        again = csv_of([*first[:2], *rest], store.columns)

    assert [page.count for page in rest] == [5000, 5000]
    assert again == file


def test_private_rows_come_with_a_key(ckan: Ckan, shelves: Shelves) -> None:
    _, file = read(datastore(ckan, shelves.private, key=ckan.token))

    assert parsed(file) == table(ckan, shelves.private)


@pytest.mark.parametrize("key", [None, "not-a-key"])
def test_private_rows_are_refused_in_ckans_words(
    ckan: Ckan, shelves: Shelves, key: str | None
) -> None:
    with pytest.raises(SourceRefusedError, match="Access denied") as refusal:
        read(datastore(ckan, shelves.private, key=key))

    assert "not-a-key" not in str(refusal.value)


def test_a_missing_resource_is_refused_in_ckans_words(ckan: Ckan) -> None:
    with pytest.raises(SourceRefusedError, match='Resource "nowhere" was not found'):
        read(datastore(ckan, "nowhere"))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"filters": {"colour": "red"}}, "filters: Unknown field: colour"),
        ({"sort": "colour"}, 'sort: invalid value "colour"'),
        ({"fields": "colour"}, 'fields: invalid value "colour"'),
        ({"filters": {"count": "red"}}, "invalid input syntax for type integer"),
    ],
)
def test_what_ckan_finds_wrong_is_told(
    ckan: Ckan, shelves: Shelves, fields: Mapping[str, JsonValue], words: str
) -> None:
    with pytest.raises(SourceRefusedError, match=words):
        read(datastore(ckan, shelves.plain, fields))
