"""Addresses that were kept as typed are rewritten: once, and whenever somebody comes back to it."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from store.anonymity import Anonymise, anonymiser
from store.database import Database
from store.package_log import ALL
from store.packager_anonymising import Rewritten, anonymise_original, anonymise_rows
from store.packager_import import import_statistics
from store.tables import packager_requests
from tests.equipment.ckanpackager_database import make_original, rows_of
from tests.equipment.package_log import totals

KEYED = anonymiser("keyed", b"pepper")
ADA = KEYED("ada@example.org")
SOMEONE = "$2b$12$MDAwMDAwMDAwbmhtLmFjLeMuQygiPTx1CPpzpQNBz9nbSSxBCAuBi"


@pytest.fixture
def original(tmp_path: Path) -> str:
    return make_original(
        tmp_path / "stats.db",
        [
            (1, "r-1", "Ada@Example.org", None, "5"),
            (2, "r-1", SOMEONE, "nhm.ac.uk", None),
            (3, "r-2", "nobody", "nobody", None),
        ],
        [(4, "r-1", "ada@example.org", "550 ada@example.org"), (5, "r-1", SOMEONE, "no")],
        [(ALL, 3, 3, 2), ("r-1", 2, 2, 2), ("r-2", 1, 1, 0)],
    )


def listed(rewritten: Iterator[Rewritten]) -> list[tuple[str, dict[str, object]]]:
    return [(one.table, dict(one.row)) for one in rewritten]


EXPECTED = [
    ("requests", {"id": 1, "email": ADA, "domain": "example.org"}),
    ("requests", {"id": 3, "email": KEYED("nobody"), "domain": "nobody"}),
    ("errors", {"id": 1, "email": ADA, "message": "550 (address)"}),
]


def test_an_original_is_rewritten_once(original: str, tmp_path: Path) -> None:
    assert listed(anonymise_original(original, KEYED)) == EXPECTED
    assert listed(anonymise_original(original, KEYED)) == []
    assert rows_of(tmp_path / "stats.db", "requests") == [
        (1, 1, "r-1", ADA, "example.org", "5"),
        (2, 2, "r-1", SOMEONE, "nhm.ac.uk", None),
        (3, 3, "r-2", KEYED("nobody"), "nobody", None),
    ]
    assert rows_of(tmp_path / "stats.db", "errors") == [
        (1, 4, "r-1", ADA, "550 (address)"),
        (2, 5, "r-1", SOMEONE, "no"),
    ]


def test_ours_is_rewritten_once_and_totals_stay(database: Database, original: str) -> None:
    import_statistics(database, original, str)
    before = totals(database)
    ours = [(f"packager_{table}", row) for table, row in EXPECTED]
    assert listed(anonymise_rows(database, KEYED)) == ours
    assert listed(anonymise_rows(database, KEYED)) == []
    assert totals(database) == before


def test_a_dry_run_tells_the_same_and_changes_nothing(original: str, tmp_path: Path) -> None:
    before = (tmp_path / "stats.db").read_bytes()
    told = listed(anonymise_original(original, KEYED, dry_run=True))
    assert told == EXPECTED
    assert (tmp_path / "stats.db").read_bytes() == before
    assert "ada@" not in str(told).lower()


def test_nothing_of_an_address_stays_in_the_file(original: str, tmp_path: Path) -> None:
    assert b"da@" in (tmp_path / "stats.db").read_bytes()
    list(anonymise_original(original, KEYED))
    assert b"da@" not in (tmp_path / "stats.db").read_bytes()


def test_bcrypt_makes_the_hashes_that_an_original_would_look_for(tmp_path: Path) -> None:
    source = make_original(tmp_path / "stats.db", [(1, "r", "someone@nhm.ac.uk", None, None)])
    list(anonymise_original(source, anonymiser("bcrypt")))
    assert rows_of(tmp_path / "stats.db", "requests") == [(1, 1, "r", SOMEONE, "nhm.ac.uk", None)]


def test_who_is_stopped_midway_goes_on_with_what_is_left(database: Database) -> None:
    """And an address is hashed once, however many rows it has."""
    row = {"timestamp": 1, "resource_id": "r", "domain": "x", "count": None}
    with database.transaction() as transaction:
        rows = [{**row, "email": f"{number % 150}@x"} for number in range(300)]
        transaction.execute(insert(packager_requests), rows)
    asked: list[str] = []

    def counting(email: str) -> str:
        asked.append(email)
        return KEYED(email)

    stopped = anonymise_rows(database, counting)
    first = list(islice(stopped, 30))
    stopped.close()  # type: ignore[attr-defined]
    done = [one for one in emails(database) if "@" not in one]
    assert len(first) <= len(done) < 300
    rest = list(anonymise_rows(database, counting))
    assert len(done) + len(rest) == 300
    assert sorted(emails(database)) == sorted(2 * [KEYED(f"{number}@x") for number in range(150)])
    assert len(asked) <= 100 + 150


def emails(database: Database) -> list[str]:
    rows = database.query(select(packager_requests.c.email))
    return [row["email"] for row in rows]


@pytest.mark.parametrize("dry_run", [True, False])
def test_an_old_original_gets_its_domains_while_they_are_known(
    tmp_path: Path, *, dry_run: bool
) -> None:
    tables = """
        CREATE TABLE requests (id INTEGER PRIMARY KEY, timestamp, resource_id, email);
        CREATE TABLE errors (id INTEGER PRIMARY KEY, timestamp, resource_id, email, message);
        INSERT INTO requests VALUES (1, 5, 'r', 'Ada@Example.org');
    """
    source = make_original(tmp_path / "old.db", tables=tables)
    told = listed(anonymise_original(source, KEYED, dry_run=dry_run))
    assert told == [("requests", {"id": 1, "email": ADA, "domain": "example.org"})]
    expected = (1, 5, "r", "Ada@Example.org") if dry_run else (1, 5, "r", ADA, "example.org")
    assert rows_of(tmp_path / "old.db", "requests") == [expected]


def test_as_typed_rewrites_nothing(original: str) -> None:
    anonymise: Anonymise = anonymiser("no")
    assert listed(anonymise_original(original, anonymise)) == []
