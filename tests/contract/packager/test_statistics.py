"""Statistics: totals, and lists of what was served and what failed."""

from collections.abc import Iterator

import pytest
from sqlalchemy import delete

from store.tables import packager_errors, packager_requests, packager_totals
from tests.equipment.packaging import Packager, packaging

TOTALS = {
    "*": {"requests": 7, "emails": 3, "errors": 1},
    "r-1": {"requests": 5, "emails": 3, "errors": 1},
    "r-2": {"requests": 2, "emails": 1, "errors": 0},
}
SERVED = [
    # timestamp, resource, address, limit as it was sent
    (1790000000, "r-1", "ada@example.org", "500"),
    (1790000000, "r-2", "ada@example.org", None),
    (1790000001, "r-1", "Bo@Example.org", "0"),
    (1789999999, "r-1", "ada@example.org", None),
]
NEWEST_FIRST = (2, 1, 0, 3)
FAILED = [
    (1790000000, "r-1", "ada@example.org", "CKAN answered 503"),
    (1790000005, "r-2", "bo@example.org", "no such resource"),
]


@pytest.fixture(scope="module")
def filled(packager: Packager) -> Packager:
    """A packager with a past."""
    with packager.running.store.database.transaction() as transaction:
        for table in (packager_totals, packager_requests, packager_errors):
            transaction.execute(delete(table))
        transaction.insert(
            packager_totals, [{"resource_id": name, **row} for name, row in TOTALS.items()]
        )
        for one in SERVED:
            names = ("timestamp", "resource_id", "email", "count")
            row = dict(zip(names, one, strict=True))
            domain = one[2].partition("@")[2].lower()
            transaction.insert(packager_requests, [{**row, "domain": domain}])
            transaction.flush()
        for failed in FAILED:
            names = ("timestamp", "resource_id", "email", "message")
            transaction.insert(packager_errors, [dict(zip(names, failed, strict=True))])
            transaction.flush()
    return packager


def listed(packager: Packager, name: str, **fields: str) -> list[dict[str, object]]:
    """Return a list of statistics."""
    answer = packager.post(f"/statistics/{name}", fields)
    assert answer.status == 200, answer
    assert answer.json.keys() == {"success", name}
    assert answer.json["success"] is True
    found: list[dict[str, object]] = answer.json[name]
    return found


def served(*numbers: int) -> list[dict[str, object]]:
    """Return the rows of these numbers as they are listed."""
    names = ("timestamp", "resource_id", "email", "count")
    return [
        {**dict(zip(names, SERVED[number], strict=True)), "domain": "example.org"}
        for number in numbers
    ]


def test_a_new_installation_has_empty_statistics(embedded: Packager) -> None:
    nothing = {"*": {"requests": 0, "emails": 0, "errors": 0}}
    assert embedded.post("/statistics").json == {"status": True, "success": True, "totals": nothing}
    assert listed(embedded, "requests") == listed(embedded, "errors") == []


@pytest.mark.parametrize(
    ("resource", "names"),
    [(None, TOTALS), ("", TOTALS), ("r-1", ["r-1"]), ("*", ["*"]), ("r-9", []), ("\0", [])],
)
def test_totals_are_those_of_all_or_of_one(
    filled: Packager, resource: str | None, names: list[str]
) -> None:
    fields = {} if resource is None else {"resource_id": resource}
    expected = {name: TOTALS[name] for name in names}
    answer = filled.post("/statistics", fields)
    assert answer.json == {"status": True, "success": True, "totals": expected}


def test_requests_are_listed_newest_first_and_stably(filled: Packager) -> None:
    assert listed(filled, "requests") == served(*NEWEST_FIRST)
    pages = [listed(filled, "requests", offset=str(n), limit="1") for n in range(5)]
    assert [row for page in pages for row in page] == served(*NEWEST_FIRST)


def test_errors_are_listed_newest_first(filled: Packager) -> None:
    names = ("timestamp", "resource_id", "email", "message")
    expected = [dict(zip(names, row, strict=True)) for row in reversed(FAILED)]
    assert listed(filled, "errors") == expected
    assert listed(filled, "errors", resource_id="r-1") == expected[1:]
    assert listed(filled, "errors", email="bo@example.org") == expected[:1]


@pytest.mark.parametrize(
    ("fields", "numbers"),
    [
        ({"resource_id": "r-1"}, (2, 0, 3)),
        ({"resource_id": "R-1"}, ()),
        ({"email": "ada@example.org"}, (1, 0, 3)),
        ({"email": "Ada@example.org"}, ()),
        ({"email": "ada@example.org", "resource_id": "r-2"}, (1,)),
        ({"email": "", "resource_id": "", "offset": "", "limit": ""}, NEWEST_FIRST),
        ({"limit": "0"}, ()),
        ({"limit": "2"}, (2, 1)),
        ({"offset": "3"}, (3,)),
        ({"offset": "1000000000000000"}, ()),
        ({"email": "\0"}, ()),
    ],
)
def test_filters_combine(
    filled: Packager, fields: dict[str, str], numbers: tuple[int, ...]
) -> None:
    assert listed(filled, "requests", **fields) == served(*numbers)


@pytest.mark.parametrize("name", ["offset", "limit"])
@pytest.mark.parametrize("value", ["x", "-1", "1.5", "9" * 5000])
def test_numbers_that_are_none_are_refused(embedded: Packager, name: str, value: str) -> None:
    answer = embedded.post("/statistics/requests", {name: value})
    assert (answer.status, answer.json["error"]) == (400, "BadRequestError")
    assert answer.json["message"].startswith(f"Parameter {name} must be an integer")


def test_numbers_may_come_as_json(filled: Packager) -> None:
    answer = filled.post_json("/statistics/requests", limit=1, offset=1, resource_id=None)
    assert answer.json["requests"] == served(1)


@pytest.mark.parametrize("name", ["colours", "Requests", "totals", "%C3%BC"])
def test_what_is_no_list_is_said_so(embedded: Packager, name: str) -> None:
    answer = embedded.post(f"/statistics/{name}")
    said = "ü" if name.startswith("%") else name
    assert (answer.status, answer.json) == (
        400,
        {
            "status": "failed",
            "error": "BadRequestError",
            "message": f"Unknown statistics request {said}",
        },
    )


@pytest.fixture(scope="module")
def anonymous(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Packager]:
    """A packager that keeps hashes of addresses."""
    folder = tmp_path_factory.mktemp("anonymous")
    with packaging("embedded", request, folder, packager_anonymize="bcrypt") as running:
        yield running


def test_an_address_is_looked_for_by_its_hash(anonymous: Packager) -> None:
    # As ckanpackager stores someone@nhm.ac.uk.
    stored = "$2b$12$MDAwMDAwMDAwbmhtLmFjLeMuQygiPTx1CPpzpQNBz9nbSSxBCAuBi"
    row = {
        "timestamp": 1790000000,
        "resource_id": "r-1",
        "email": stored,
        "domain": "nhm.ac.uk",
        "count": None,
    }
    with anonymous.running.store.database.transaction() as transaction:
        transaction.insert(packager_requests, [row])
    assert listed(anonymous, "requests", email="SOMEONE@nhm.ac.uk") == [row]
    assert listed(anonymous, "requests", email="else@nhm.ac.uk") == []
