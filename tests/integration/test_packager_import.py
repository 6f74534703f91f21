"""The statistics of a ckanpackager move in: once, whole, and with what they have told."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from store.anonymity import anonymiser
from store.database import Database, open_database
from store.errors import SetupError
from store.package_log import ALL
from store.packager_import import Imported, import_statistics
from store.packager_original import PAGE
from store.tables import packager_errors, packager_requests
from tests.equipment.ckanpackager_database import Request, make_original, rows_of
from tests.equipment.package_log import recounted, totals

HASH = "$2b$12$MDAwMDAwMDAwbmhtLmFjLeMuQygiPTx1CPpzpQNBz9nbSSxBCAuBi"
REQUESTS: list[Request] = [
    (1500000000, "r-1", "ada@example.org", "example.org", "500"),
    (1500000001, "r-1", HASH, "nhm.ac.uk", None),
    (1500000002, "r-2", "ada@example.org", None, 7),
]
ERRORS = [(1500000003, "r-3", "ada@example.org", "ada@example.org\0 was refused")]
TOTALS = [(ALL, 3, 2, 1), ("r-1", 2, 2, 0), ("r-2", 1, 1, 0), ("r-3", 0, 0, 1)]
TOLD = {ALL: (3, 2, 1), "r-1": (2, 2, 0), "r-2": (1, 1, 0), "r-3": (0, 0, 1)}
KEYED = anonymiser("keyed", b"pepper")


@pytest.fixture
def original(tmp_path: Path) -> str:
    return make_original(tmp_path / "stats.db", REQUESTS, ERRORS, TOTALS)


def requests_of(database: Database) -> list[tuple[object, ...]]:
    rows = database.query(select(packager_requests).order_by(packager_requests.c.id))
    return [tuple(row.values())[1:] for row in rows]


def test_every_row_and_total_is_taken_over(database: Database, original: str) -> None:
    steps: list[tuple[int, int]] = []
    imported = import_statistics(
        database, original, str, progress=lambda done, total: steps.append((done, total))
    )
    assert imported == Imported(requests=3, errors=1, resources=3)
    assert requests_of(database) == [
        (1500000000, "r-1", "ada@example.org", "example.org", "500"),
        (1500000001, "r-1", HASH, "nhm.ac.uk", None),
        (1500000002, "r-2", "ada@example.org", "example.org", "7"),
    ]
    [error] = database.query(select(packager_errors))
    assert error["message"] == "ada@example.org was refused"
    assert totals(database) == recounted(database) == TOLD
    assert steps[-1] == (8, 8)


def test_addresses_are_hashed_on_the_way_and_hashes_kept(
    database: Database, original: str, tmp_path: Path
) -> None:
    import_statistics(database, original, KEYED)
    hashed = KEYED("ada@example.org")
    assert [row[2] for row in requests_of(database)] == [hashed, HASH, hashed]
    [error] = database.query(select(packager_errors))
    assert (error["email"], error["message"]) == (hashed, "(address) was refused")
    assert totals(database) == TOLD
    # The original is as it was.
    assert [row[3] for row in rows_of(tmp_path / "stats.db", "requests")] == [
        "ada@example.org",
        HASH,
        "ada@example.org",
    ]


def test_what_was_imported_is_not_imported_again_unless_told(
    database: Database, original: str
) -> None:
    import_statistics(database, original, str)
    with pytest.raises(SetupError, match="--into-existing"):
        import_statistics(database, original, str)
    assert totals(database) == TOLD
    import_statistics(database, original, str, into_existing=True)
    # The same addresses again are no new ones.
    expected = {ALL: (6, 2, 2), "r-1": (4, 2, 0), "r-2": (2, 1, 0), "r-3": (0, 0, 2)}
    assert totals(database) == recounted(database) == expected


def test_totals_are_merged_with_what_was_counted_here(database: Database, tmp_path: Path) -> None:
    here = make_original(
        tmp_path / "here.db",
        [(1, "r-1", "ada@x", "x", None), (1, "r-1", "eva@x", "x", None)],
        totals=[(ALL, 2, 2, 0), ("r-1", 2, 2, 0)],
    )
    there = make_original(
        tmp_path / "there.db",
        [
            (2, "r-1", "eva@x", "x", None),
            (2, "r-2", "ada@x", "x", None),
            (2, "r-1", "kim@x", "x", 1),
        ],
        totals=[(ALL, 3, 3, 0), ("r-1", 2, 2, 0), ("r-2", 1, 1, 0)],
    )
    import_statistics(database, here, str)
    import_statistics(database, there, str, into_existing=True)
    expected = {ALL: (5, 3, 0), "r-1": (4, 3, 0), "r-2": (1, 1, 0)}
    assert totals(database) == recounted(database) == expected


def test_totals_that_told_more_than_the_rows_stay_and_lost_counts_come_back(
    database: Database, tmp_path: Path
) -> None:
    """The original lost counts when two of its workers wrote at once; it may have two rows."""
    source = make_original(
        tmp_path / "stats.db",
        [(1, "r-1", "ada@x", "x", None), (1, "r-2", "eva@x", "x", None)],
        totals=[(ALL, 1, 1, 0), ("r-1", 4, 3, 1), ("r-1", 2, 0, 0)],
    )
    import_statistics(database, source, str)
    assert totals(database) == {ALL: (2, 2, 0), "r-1": (6, 3, 1), "r-2": (1, 1, 0)}


def test_it_is_all_or_nothing(database: Database, original: str) -> None:
    """Interrupted when the first rows are written already."""

    def interrupt(done: int, _total: int) -> None:
        if done > 4:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        import_statistics(database, original, str, progress=interrupt)
    assert (requests_of(database), totals(database)) == ([], {})
    import_statistics(database, original, str)
    assert totals(database) == TOLD


def test_more_than_one_page_comes_whole_and_in_order(database: Database, tmp_path: Path) -> None:
    count = 2 * PAGE
    rows: list[Request] = [(number, "r", f"{number}@x", "x", None) for number in range(count)]
    imported = import_statistics(database, make_original(tmp_path / "stats.db", rows), str)
    assert imported.requests == count
    assert [row[0] for row in requests_of(database)] == list(range(count))
    # There were no totals: they are counted.
    assert totals(database) == {ALL: (count, count, 0), "r": (count, count, 0)}


def test_an_old_database_without_domains_and_totals_is_read(
    database: Database, tmp_path: Path
) -> None:
    source = make_original(
        tmp_path / "old.db",
        tables="""
            CREATE TABLE requests (id INTEGER PRIMARY KEY, timestamp, resource_id, email);
            CREATE TABLE errors (id INTEGER PRIMARY KEY, timestamp, resource_id, email, message);
            INSERT INTO requests VALUES (1, 5, 'r', 'Ada@X'), (2, NULL, 'r', NULL);
        """,
    )
    import_statistics(database, source, str)
    assert requests_of(database) == [(5, "r", "Ada@X", "x", None), (0, "r", "", "", None)]
    assert totals(database) == recounted(database)


def no_file(folder: Path) -> str:
    return f"sqlite:///{folder / 'nowhere.db'}"


def no_database(folder: Path) -> str:
    (folder / "text.db").write_text("no database at all, however one looks at it")
    return f"sqlite:///{folder / 'text.db'}"


def no_tables(folder: Path) -> str:
    return make_original(folder / "other.db", tables="CREATE TABLE totals (id INTEGER);")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (no_file, "there is no file .*nowhere.db"),
        (no_database, "not a database"),
        (no_tables, "no table 'errors'"),
        (lambda _: "stats.db", "SQLAlchemy URL"),
        (lambda _: "nonsense://host/x", "SQLAlchemy URL"),
        (lambda _: "mssql+pymssql://u:secret@host/x", "no driver for mssql"),
    ],
)
def test_what_is_no_ckanpackager_says_so(
    tmp_path: Path, make: Callable[[Path], str], reason: str
) -> None:
    with (
        closing(open_database("sqlite://")) as database,
        pytest.raises(SetupError, match=reason) as refused,
    ):
        import_statistics(database, make(tmp_path), str)
    assert "secret" not in str(refused.value)
    assert not (tmp_path / "nowhere.db").exists()
