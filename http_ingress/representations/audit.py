"""The audit, as responses show it."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import JsonValue
from pydantic_core import from_json

from http_ingress.representations.base import Body
from store.audit import Line


class AuditLineBody(Body):
    """One change that somebody made."""

    id: int
    at: datetime
    who: str
    """`user:NAME`, `anonymous`, `cli` for commands on the server, or `muniment`."""
    what: str
    """`component:NAME`, `user:NAME` or `token:ID`."""
    field: str
    """What of it was changed."""
    old: JsonValue
    """As it was; null: there was none, or it is a secret."""
    new: JsonValue
    """As it is; null: there is none any more. Of a secret: `changed`."""

    @staticmethod
    def of(line: Line) -> "AuditLineBody":
        """Return a line."""
        return AuditLineBody(
            id=line.id,
            at=line.at,
            who=line.who,
            what=line.what,
            field=line.field,
            old=_value(line.old),
            new=_value(line.new),
        )


class AuditPageBody(Body):
    """Changes, the latest first."""

    lines: Sequence[AuditLineBody]
    next: str | None
    """Where those before them are; null: there are none."""


def _value(kept: str | None) -> JsonValue:
    value: JsonValue = None if kept is None else from_json(kept)
    return value
