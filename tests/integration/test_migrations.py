"""Migrations lead to the tables of the code, from nothing, whoever starts them."""

import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import inspect, make_url, text
from sqlalchemy.engine.interfaces import ReflectedIndex

from store.database import Database, open_database
from store.errors import DatabaseUnavailableError, SetupError
from store.frames.search import Contains, Search
from store.frames.values import Sight
from store.frames.views import find
from store.tables import metadata
from store.upgrading import current, differences, newest, require_newest, upgrade
from tests.equipment.frames import NOW, Maker, keep
from tests.services.postgresql import PostgreSQL

SIGHT = Sight(NOW, superuser=True)
ROOT = Path(__file__).parents[2]
UPGRADE = """
import sys
from store.database import open_database
from store.upgrading import upgrade
print(upgrade(open_database(sys.argv[1])))
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'muniment.db'}"
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture
def empty(empty_url: str) -> Iterator[Database]:
    """A database without tables."""
    with closing(open_database(empty_url)) as database:
        yield database


def test_an_empty_database_becomes_what_the_code_expects(empty: Database) -> None:
    assert current(empty) is None
    assert upgrade(empty) == current(empty) == newest()
    assert differences(empty) == []
    require_newest(empty)


def test_columns_and_indexes_are_those_of_the_tables(empty_url: str, empty: Database) -> None:
    upgrade(empty)
    migrated = shape(empty)
    with empty.transaction() as transaction:
        metadata.drop_all(transaction.connection)
    with empty.transaction() as transaction:
        metadata.create_all(transaction.connection)
    assert migrated == shape(empty), empty_url


def shape(database: Database) -> dict[str, object]:
    """What the database says of its tables: more than Alembic compares."""
    inspector = inspect(database.engine)
    return {
        name: (
            sorted(
                (column["name"], str(column["type"]), column["nullable"], column.get("comment"))
                for column in inspector.get_columns(name)
            ),
            inspector.get_pk_constraint(name),
            sorted(_readable(index) for index in inspector.get_indexes(name)),
            sorted(str(unique) for unique in inspector.get_unique_constraints(name)),
        )
        for name in metadata.tables
    }


def _readable(index: ReflectedIndex) -> str:
    options = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return str({**index, "dialect_options": options})


def test_upgrading_again_changes_nothing(empty: Database) -> None:
    upgrade(empty)
    with empty.transaction() as transaction:
        transaction.execute(text("INSERT INTO probes VALUES ('k', 'p', '2024-02-29 12:00:00')"))
    assert upgrade(empty) == newest()
    assert len(empty.query(text("SELECT * FROM probes"))) == 1


def test_several_processes_may_upgrade_at_once(empty_url: str, empty: Database) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", UPGRADE, empty_url],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    ended = [process.communicate(timeout=60) for process in processes]
    assert [
        (out.strip(), process.returncode)
        for (out, _), process in zip(ended, processes, strict=True)
    ] == [(newest(), 0)] * 4, "\n".join(error for _, error in ended)
    assert differences(empty) == []


def test_what_is_not_the_newest_says_what_to_do(empty: Database) -> None:
    with pytest.raises(SetupError, match=r"no tables: .*MUNIMENT_DATA_DIR.* `muniment db upgrade`"):
        require_newest(empty)


def test_a_database_of_a_newer_release_is_left_alone(empty: Database) -> None:
    upgrade(empty)
    with empty.transaction() as transaction:
        transaction.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SetupError, match="newer than this release"):
        require_newest(empty)


def test_a_difference_is_found(empty: Database) -> None:
    upgrade(empty)
    with empty.transaction() as transaction:
        transaction.execute(text("DROP INDEX ix_outbox_not_before"))
    assert "ix_outbox_not_before" in str(differences(empty))


def test_an_upgrade_that_fails_leaves_nothing(empty: Database) -> None:
    with empty.transaction() as transaction:
        # Stands in the way of one of the later tables.
        transaction.execute(text("CREATE TABLE uploads (id INTEGER)"))
    with pytest.raises(Exception, match="uploads"):
        upgrade(empty)
    assert inspect(empty.engine).get_table_names() == ["uploads"]


def test_names_are_found_where_no_extension_may_be_added(
    postgresql: PostgreSQL, caplog: pytest.LogCaptureFixture
) -> None:
    user = f"muniment_{secrets.token_hex(6)}"
    with postgresql.fresh_database() as url, closing(open_database(url)) as owned:
        with owned.transaction() as transaction:
            transaction.execute(text(f"CREATE ROLE {user} LOGIN PASSWORD '{user}'"))
            transaction.execute(text(f"GRANT CREATE ON SCHEMA public TO {user}"))
        try:
            limited = make_url(url).set(username=user, password=user)
            with closing(open_database(limited.render_as_string(hide_password=False))) as database:
                upgrade(database)
                assert differences(database) == []
                check_names_are_found(database)
            assert "CREATE EXTENSION pg_trgm" in caplog.text
        finally:
            with owned.transaction() as transaction:
                transaction.execute(text(f"DROP OWNED BY {user}"))
                transaction.execute(text(f"DROP ROLE {user}"))


def test_names_are_found_after_an_upgrade(empty: Database) -> None:
    upgrade(empty)
    check_names_are_found(empty)


def check_names_are_found(database: Database) -> None:
    made = Maker().frame(target_name="NGC 7000")
    keep(database, made)
    page = find(database, Search((Contains("target_name", "ngc 70"),)), SIGHT, limit=1)
    assert [one.id for one in page.frames] == [made.id]


def test_a_database_that_cannot_be_reached_is_unavailable(free_port: int) -> None:
    url = f"postgresql+psycopg2://postgres@127.0.0.1:{free_port}/nothing"
    with closing(open_database(url)) as nowhere, pytest.raises(DatabaseUnavailableError):
        upgrade(nowhere)
