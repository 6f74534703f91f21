"""`muniment packager pin`, `anonymize` and `import`, on databases of their own."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from store.database import Database, open_database
from store.package_log import domain_of
from store.package_ports import Package
from store.tables import packager_errors, packager_requests, packager_totals, packages
from tests.command_line import Ran, in_process

ADA = "ada@research.example.org"
ADA_HASHED = "$2b$12$cmVzZWFyY2guZXhhbXBsZOph8RGqb2glsqeKZkzWa3VKz7xMucm3e"
"""What ckanpackager stored of her."""
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)

Run = Callable[..., Ran]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run(*arguments: str, **settings: str) -> Ran:
        return in_process(*arguments, data_dir=str(tmp_path / "var"), **settings)

    return run


@pytest.fixture
def tables(run: Run, tmp_path: Path) -> Iterator[Database]:
    """The tables of an installation."""
    assert run("db", "upgrade").code == 0
    with closing(open_database(f"sqlite:///{tmp_path}/var/muniment.db", application="t")) as found:
        yield found


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """The database of a ckanpackager."""
    path = tmp_path / "stats.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("""
            CREATE TABLE requests (id INTEGER PRIMARY KEY, timestamp INTEGER, resource_id TEXT,
                email TEXT, domain TEXT, count TEXT);
            CREATE TABLE errors (id INTEGER PRIMARY KEY, timestamp INTEGER, resource_id TEXT,
                email TEXT, message TEXT);
            CREATE TABLE totals (id INTEGER PRIMARY KEY, resource_id TEXT, requests INTEGER,
                emails INTEGER, errors INTEGER);
            INSERT INTO totals VALUES (1, '*', 1, 1, 1), (2, 'r-1', 1, 1, 1);
        """)
        connection.execute(
            "INSERT INTO requests VALUES (1, 1600000000, 'r-1', ?, 'research.example.org', '5')",
            (ADA,),
        )
        connection.execute(
            "INSERT INTO errors VALUES (1, 1600000001, 'r-1', ?, 'Traceback')", (ADA,)
        )
        connection.commit()
    return path


def add_request(database: Database, email: str) -> None:
    row = {
        "timestamp": 1700000000,
        "resource_id": "r-1",
        "email": email,
        "domain": domain_of(email),
        "count": None,
    }
    with database.transaction() as transaction:
        transaction.insert(packager_requests, [row])


def addresses(database: Database) -> list[str]:
    rows = database.query(select(packager_requests.c.email).order_by(packager_requests.c.id))
    return [row["email"] for row in rows]


# --- packages -----------------------------------------------------------------------------------


def test_a_package_is_pinned_by_id_name_or_link_and_unpinned(run: Run, tables: Database) -> None:
    package = Package(
        id="key",
        name="random.zip",
        digest="d",
        kind="url",
        resource_id="r-1",
        format=None,
        host="example.org",
        size=1,
        sha256="0" * 64,
        rows=None,
        built_at=NOW,
        expires_at=NOW,
    )
    with tables.transaction() as transaction:
        transaction.insert(packages, [asdict(package)])
    link = "https://example.org/packager/resources/random.zip"
    for named in ("key", "random.zip", link):
        for command, kept in (("pin", True), ("unpin", False)):
            ran = run("packager", command, named)
            assert (ran.code, ran.err) == (0, "")
            assert [row["pinned"] for row in tables.query(select(packages))] == [kept]


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("command", ["pin", "unpin"])
def test_a_package_that_is_not_there_is_one_line(run: Run, command: str) -> None:
    ran = run("packager", command, "nothing.zip")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "muniment: there is no package 'nothing.zip', or it has been removed\n"


def test_without_tables_it_is_said_what_to_do(run: Run) -> None:
    for command in (("pin", "x"), ("anonymize",), ("import", "sqlite:///none.db")):
        ran = run("packager", *command)
        assert ran.code == 2
        assert "`muniment db upgrade`" in ran.err


# --- anonymising --------------------------------------------------------------------------------


def test_a_dry_run_says_what_would_be_changed_and_changes_nothing(
    run: Run, tables: Database
) -> None:
    add_request(tables, ADA)
    for flag in ("--dry-run", "-d"):
        ran = run("packager", "anonymize", flag, packager_anonymize="bcrypt")
        assert (ran.code, ran.err) == (0, "")
        line, total = ran.out.splitlines()
        assert line.startswith("Would have updated packager_requests with ")
        assert total == "Rows that would be anonymised: 1."
        assert ADA not in line
    assert addresses(tables) == [ADA]


def test_addresses_are_replaced_once(run: Run, tables: Database) -> None:
    add_request(tables, ADA)
    ran = run("packager", "anonymize", packager_anonymize="bcrypt")
    assert (ran.code, ran.out, ran.err) == (0, "Rows anonymised: 1.\n", "")
    again = run("packager", "anonymize", packager_anonymize="bcrypt")
    assert (again.code, again.out) == (0, "Rows anonymised: 0.\n")
    assert addresses(tables) == [ADA_HASHED]


def test_who_keeps_new_addresses_as_typed_is_told_so(run: Run, tables: Database) -> None:
    add_request(tables, ADA)
    ran = run("packager", "anonymize")
    assert (ran.code, ran.out) == (0, "Rows anonymised: 1.\n")
    assert ran.err == "New ones are kept as typed: set MUNIMENT_PACKAGER_ANONYMIZE=bcrypt.\n"
    assert addresses(tables) == [ADA_HASHED]


def test_a_database_of_ckanpackager_is_anonymised_where_it_is(run: Run, theirs: Path) -> None:
    ran = run("packager", "anonymize", "--database", f"sqlite:///{theirs}")
    assert (ran.code, ran.out, ran.err) == (0, "Rows anonymised: 2.\n", "")
    with closing(sqlite3.connect(theirs)) as connection:
        found = connection.execute("SELECT email FROM requests UNION ALL SELECT email FROM errors")
        assert found.fetchall() == [(ADA_HASHED,), (ADA_HASHED,)]


# --- importing ----------------------------------------------------------------------------------


def test_statistics_are_imported_as_the_settings_keep_addresses(
    run: Run, tables: Database, theirs: Path
) -> None:
    ran = run("packager", "import", f"sqlite:///{theirs}", packager_anonymize="bcrypt")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "Imported: 1 requests, 1 errors, totals of 1 resources.\n"
    assert addresses(tables) == [ADA_HASHED]
    assert [row["message"] for row in tables.query(select(packager_errors))] == ["Traceback"]
    totals = {row["resource_id"]: row["requests"] for row in tables.query(select(packager_totals))}
    assert totals == {"*": 1, "r-1": 1}
    again = run("packager", "import", f"sqlite:///{theirs}")
    assert again.code == 2
    assert "--into-existing" in again.err
    forced = run("packager", "import", f"sqlite:///{theirs}", "--into-existing", "--json")
    assert forced.json == {"requests": 1, "errors": 1, "resources": 1}
    assert addresses(tables) == [ADA_HASHED, ADA]


@pytest.mark.usefixtures("tables")
def test_what_is_no_database_of_ckanpackager_is_one_line(run: Run, tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path}/none.db", "no url"):
        ran = run("packager", "import", url)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.count("\n") == 1
