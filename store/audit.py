"""The audit: who changed what, when, and how it was before. Lines are only ever added."""

from dataclasses import dataclass
from datetime import datetime

from pydantic_core import to_json
from sqlalchemy import insert, select

from store.database import Database, Transaction
from store.tables import audit

MUNIMENT = "muniment"
"""Who it was when nobody was."""


@dataclass(frozen=True, slots=True)
class Line:
    """One change."""

    id: int
    at: datetime
    who: str
    """`user:NAME`, `anonymous`, `cli` or `muniment`."""
    what: str
    """`component:NAME`, `user:NAME` or `token:ID`."""
    field: str
    """What of it was changed."""
    old: str | None
    """JSON, as it was; None: there was none."""
    new: str | None
    """JSON, as it is; None: there is none any more."""


def write(  # noqa: PLR0913 - a line has so many columns
    transaction: Transaction,
    *,
    at: datetime,
    who: str,
    what: str,
    field: str,
    old: object = None,
    new: object = None,
) -> None:
    """Write a line with the change it tells of; None: there was none, or is none any more.

    No secrets, which are not to be kept: of a password, say that it is another one.
    """
    row = {"at": at, "who": who, "what": what, "field": field, "old": _json(old), "new": _json(new)}
    transaction.execute(insert(audit), row)


def page(
    database: Database,
    *,
    before: int | None = None,
    most: int = 100,
    what: str | None = None,
    field: str | None = None,
) -> list[Line]:
    """Return lines, newest first: those older than the line `before`, of one thing or of all.

    With `field`, only those that tell of this field.
    """
    statement = select(audit).order_by(audit.c.id.desc()).limit(most)
    if before is not None:
        statement = statement.where(audit.c.id < before)
    if what is not None:
        statement = statement.where(audit.c.what == what)
    if field is not None:
        statement = statement.where(audit.c.field == field)
    return [Line(**row) for row in database.query(statement)]


def _json(value: object) -> str | None:
    return None if value is None else to_json(value).decode()
