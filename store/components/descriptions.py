"""Descriptions of components: every one that was ever given is kept, the newest is served."""

from dataclasses import dataclass
from datetime import datetime

from pydantic_core import from_json, to_json
from sqlalchemy import RowMapping, delete, insert, select

from schemas.component_descriptions import Description
from store.database import Database, Transaction
from store.tables import component_descriptions

_FIELDS = tuple(Description.__slots__)


@dataclass(frozen=True, slots=True)
class Kept:
    """A description that somebody gave."""

    id: int
    component: str
    description: Description
    described_at: datetime
    described_by: str
    """`user:NAME` or `anonymous`."""


def history(database: Database, component: str, most: int = 1000) -> list[Kept]:
    """Return the descriptions of a component, newest first."""
    statement = (
        select(component_descriptions)
        .where(component_descriptions.c.component == component)
        .order_by(component_descriptions.c.id.desc())
        .limit(most)
    )
    return [_kept(row) for row in database.query(statement)]


def newest(database: Database) -> dict[str, Kept]:
    """Return the newest description of each component that has one, by component."""
    return {row["component"]: _kept(row) for row in database.query(_NEWEST)}


def newest_now(transaction: Transaction) -> dict[str, Kept]:
    """Return what `newest` does, as a transaction sees it."""
    return {row["component"]: _kept(row) for row in transaction.execute(_NEWEST).mappings()}


def keep(
    transaction: Transaction, component: str, description: Description, by: str, at: datetime
) -> None:
    """Add a description, which is the newest now."""
    said = {name: getattr(description, name) for name in _FIELDS}
    said["tags"] = to_json(description.tags).decode()
    row = {**said, "component": component, "described_at": at, "described_by": by}
    transaction.execute(insert(component_descriptions), row)


def drop(transaction: Transaction, kept: Kept) -> None:
    """Forget a description."""
    transaction.execute(
        delete(component_descriptions).where(component_descriptions.c.id == kept.id)
    )


_LATER = component_descriptions.alias("later")
_NEWEST = select(component_descriptions).where(
    ~select(_LATER.c.id)
    .where(
        _LATER.c.component == component_descriptions.c.component,
        _LATER.c.id > component_descriptions.c.id,
    )
    .exists()
)


def _kept(row: RowMapping) -> Kept:
    said = {name: row[name] for name in _FIELDS}
    said["tags"] = tuple(from_json(row["tags"]))
    return Kept(
        row["id"], row["component"], Description(**said), row["described_at"], row["described_by"]
    )
