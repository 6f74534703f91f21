"""Brings the tables of a database to the newest revision."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from store.database import Database
from store.errors import SetupError
from store.frames.name_index import is_compared
from store.tables import metadata

_MIGRATIONS = Path(__file__).parent / "migrations"
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(5570193397)")


def upgrade(database: Database, revision: str | None = None) -> str:
    """Bring the tables up to a revision (None: the newest), all or nothing; return its name.

    Safe to repeat, and to run from several processes at once.
    """
    wanted = revision or newest()
    with _config(database) as config:
        command.upgrade(config, wanted)
    return wanted


def draft(database: Database, name: str) -> None:
    """Write the next revision, with what the tables have and the database has not."""
    number = len(list(ScriptDirectory(str(_MIGRATIONS)).walk_revisions())) + 1
    with _config(database) as config:
        command.revision(config, message=name, rev_id=f"{number:04d}", autogenerate=True)


def newest() -> str:
    """Return the name of the newest revision."""
    head = ScriptDirectory(str(_MIGRATIONS)).get_current_head()
    if head is None:
        raise SetupError("store/migrations has no revision")
    return head


def current(database: Database) -> str | None:
    """Return the revision that the database is at; None: it is empty."""
    with database.transaction() as transaction:
        return MigrationContext.configure(transaction.connection).get_current_revision()


def require_newest(database: Database) -> None:
    """Return when the tables are those this code expects; raise SetupError if not."""
    found, wanted = current(database), newest()
    if found is None:
        raise SetupError(
            "the database has no tables: name the installation's own (MUNIMENT_DATA_DIR, "
            "MUNIMENT_DATABASE_URL), or make them with `muniment db upgrade`"
        )
    if found > wanted:
        raise SetupError(
            f"the database is at revision {found}, which is newer than this release ({wanted}): "
            "run the newer release, or restore a backup"
        )
    if found != wanted:
        raise SetupError(
            f"the database is at revision {found}, not {wanted}: run `muniment db upgrade`"
        )


def differences(database: Database) -> list[object]:
    """Return what tables and database disagree about, in Alembic's words."""
    with database.transaction() as transaction:
        options = {"include_name": is_compared}
        context = MigrationContext.configure(transaction.connection, opts=options)
        return list(compare_metadata(context, metadata))


@contextmanager
def _config(database: Database) -> Iterator[Config]:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with database.transaction() as transaction:
        connection: Connection = transaction.connection
        if transaction.is_postgresql:
            transaction.execute(_ONE_AT_A_TIME)
        config.attributes["connection"] = connection
        yield config
