"""Reading views of the packager's statistics: what waits, totals, and lists of what happened."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Table, func, select

from store.database import Database
from store.package_log import ALL
from store.tables import package_requests, packager_errors, packager_requests, packager_totals

_COUNTED = ("requests", "emails", "errors")
_NOTHING = dict.fromkeys(_COUNTED, 0)

Totals = Mapping[str, int]
"""How many `requests`, `emails` and `errors` there were."""
Logged = Mapping[str, str | int | None]
"""A row without its id: names of columns, and values."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which entries of a list are asked for; None stands for any."""

    resource_id: str | None
    email: str | None
    """As it is stored."""
    offset: int
    limit: int


def open_requests(database: Database) -> int:
    """Return how many requests have been accepted and have not ended."""
    waiting = select(func.count().label("found")).select_from(package_requests)
    return int(database.query(waiting.where(package_requests.c.ended_at.is_(None)))[0]["found"])


def totals(database: Database, resource_id: str | None = None) -> dict[str, Totals]:
    """Return the totals by resource, or those of one; `*` stands for all of them together."""
    columns = packager_totals.c
    statement = select(packager_totals).order_by(columns.resource_id)
    if resource_id is not None:
        statement = statement.where(columns.resource_id == resource_id)
    found: dict[str, Totals] = {
        row["resource_id"]: {name: row[name] for name in _COUNTED}
        for row in database.query(statement)
    }
    return {ALL: _NOTHING, **found} if resource_id in {None, ALL} else found


def served(database: Database, chosen: Chosen) -> list[Logged]:
    """Return requests that were served, the newest first."""
    return _logged(database, packager_requests, chosen)


def failed(database: Database, chosen: Chosen) -> list[Logged]:
    """Return requests that failed, the newest first."""
    return _logged(database, packager_errors, chosen)


def _logged(database: Database, table: Table, chosen: Chosen) -> list[Logged]:
    shown = [column for column in table.c if column is not table.c.id]
    # What happened in the same second is told apart by the order in which it was written down.
    statement = select(*shown).order_by(table.c.timestamp.desc(), table.c.id.desc())
    for name in ("resource_id", "email"):
        wanted = getattr(chosen, name)
        if wanted is not None:
            statement = statement.where(table.c[name] == wanted)
    rows = database.query(statement.offset(chosen.offset).limit(chosen.limit))
    return [dict(row) for row in rows]
