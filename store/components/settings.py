"""What operators have set of components; whatever has no row is as it is by default."""

from collections.abc import Mapping

from sqlalchemy import Select, bindparam, select
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.dialects.sqlite import Insert as SQLiteInsert
from sqlalchemy.sql import Executable

from schemas.component_settings import SETTINGS
from store.database import Database, Transaction
from store.tables import component_settings

_OF: Select[tuple[str, str]] = select(component_settings.c.name, component_settings.c.value).where(
    component_settings.c.component == bindparam("component")
)


def read(database: Database, component: str) -> Mapping[str, str]:
    """Return every setting of a component, by name."""
    found = {row["name"]: row["value"] for row in database.query(_OF, {"component": component})}
    return _with_defaults(component, found)


def read_now(transaction: Transaction, component: str) -> Mapping[str, str]:
    """Return what `read` does, as a transaction sees it."""
    rows = transaction.execute(_OF, {"component": component}).mappings()
    return _with_defaults(component, {row["name"]: row["value"] for row in rows})


def put(transaction: Transaction, component: str, name: str, value: str) -> None:
    """Set one."""
    row = {"component": component, "name": name, "value": value}
    transaction.merge(component_settings, [row], _replace)


def _replace(statement: Insert | SQLiteInsert) -> Executable:
    return statement.on_conflict_do_update(
        index_elements=["component", "name"], set_={"value": statement.excluded.value}
    )


def _with_defaults(component: str, found: Mapping[str, str]) -> Mapping[str, str]:
    # What another release could set is none of this one's.
    return {name: found.get(name, one.default) for name, one in SETTINGS[component].items()}
