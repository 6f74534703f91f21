"""Statistics of the packager: exact, however many count at once, in either database."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from threading import Barrier

from sqlalchemy import select

from store.anonymity import anonymiser
from store.database import Database
from store.package_log import ALL, SqlPackageLog
from store.package_ports import PackageRequest
from store.tables import packager_errors, packager_requests, packager_totals
from tests.equipment.package_log import recounted, totals

NOW = datetime(2026, 3, 1, 12, 0, 0, 999_999, tzinfo=UTC)
KEYED = anonymiser("keyed", b"pepper")


def request(email: str, resource: str = "r-1", count: str | None = None) -> PackageRequest:
    return PackageRequest(
        event_key="key",
        kind="datastore",
        resource_id=resource,
        format="csv",
        host="ckan.example.org",
        digest="0" * 64,
        parameters={},
        api_key=None,
        email=email,
        asked_by="a…@example.org",
        count=count,
        accepted_at=NOW,
    )


def deliver(
    database: Database, *asked: PackageRequest, anonymise: Callable[[str], str] = str
) -> None:
    """Count them in one transaction."""
    with database.transaction() as transaction:
        log = SqlPackageLog(transaction, anonymise)
        for one in asked:
            log.delivered(one, log.written(one.email), NOW)


def fail(
    database: Database,
    asked: PackageRequest,
    message: str = "no",
    anonymise: Callable[[str], str] = str,
) -> None:
    with database.transaction() as transaction:
        log = SqlPackageLog(transaction, anonymise)
        log.failed(asked, log.written(asked.email), message, NOW)


def test_a_served_request_is_a_row_with_what_was_sent(database: Database) -> None:
    deliver(database, request("Ada@Example.ORG", count="0500"))
    deliver(database, request("nobody", "r-2"))
    rows = database.query(select(packager_requests).order_by(packager_requests.c.id))
    found = [dict(row) for row in rows]
    for row in found:
        del row["id"]
    same = {"timestamp": 1772366400}
    assert found == [
        {
            **same,
            "resource_id": "r-1",
            "email": "Ada@Example.ORG",
            "domain": "example.org",
            "count": "0500",
        },
        {**same, "resource_id": "r-2", "email": "nobody", "domain": "nobody", "count": None},
    ]


def test_emails_count_addresses_and_not_requests(database: Database) -> None:
    deliver(database, request("ada@x"), request("ada@x"), request("ADA@x"))
    deliver(database, request("ada@x", "r-2"))
    assert totals(database) == {ALL: (4, 2, 0), "r-1": (3, 2, 0), "r-2": (1, 1, 0)}


def test_a_resource_that_only_failed_has_no_addresses(database: Database) -> None:
    fail(database, request("ada@x"))
    assert totals(database) == {ALL: (0, 0, 1), "r-1": (0, 0, 1)}
    # Who was told of a failure only is new when served.
    deliver(database, request("ada@x"))
    assert totals(database) == {ALL: (1, 1, 1), "r-1": (1, 1, 1)}


def test_a_resource_called_like_the_grand_total_is_counted_once(database: Database) -> None:
    deliver(database, request("ada@x", ALL))
    fail(database, request("ada@x", ALL))
    assert totals(database) == {ALL: (1, 1, 1)}


def test_an_address_that_is_hashed_is_nowhere(database: Database) -> None:
    deliver(database, request("Ada@Example.ORG"), anonymise=KEYED)
    fail(
        database,
        request("Ada@Example.ORG"),
        "550 <ada@example.org>: no\0 \udc80",
        anonymise=KEYED,
    )
    [served] = database.query(select(packager_requests))
    [failed] = database.query(select(packager_errors))
    assert served["email"] == failed["email"] == KEYED("ada@example.org")
    assert served["domain"] == "example.org"
    assert failed["message"] == "550 <(address)>: no ?"


def test_nothing_is_lost_or_doubled_when_many_count_at_once(database: Database) -> None:
    """New addresses and resources, the same in all threads, in different orders."""
    threads, start = 8, Barrier(8)

    def count(number: int) -> None:
        start.wait()
        resources = [f"r-{(number + step) % 4}" for step in range(4)]
        for resource in resources:
            deliver(
                database,
                request("everybody@x", resource),
                request(f"{number}@x", resources[-1]),
            )
            fail(database, request(f"{number}@x", resource))

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(count, range(threads)))
    found = totals(database)
    assert found == recounted(database)
    assert found[ALL] == (threads * 8, threads + 1, threads * 4)
    assert sorted(found) == [ALL, "r-0", "r-1", "r-2", "r-3"]
    assert len(database.query(select(packager_totals))) == 5


def test_what_is_undone_is_not_counted(database: Database) -> None:
    with suppress(ZeroDivisionError), database.transaction() as transaction:
        SqlPackageLog(transaction, str).delivered(request("ada@x"), "ada@x", NOW)
        1 / 0  # noqa: B018 - something goes wrong
    assert totals(database) == {}
    deliver(database, request("ada@x"))
    assert totals(database) == {ALL: (1, 1, 0), "r-1": (1, 1, 0)}
