"""Filters of a search as conditions on `frames`; all but those of sight and sky.

No value makes a database fail: one that no column can hold is one that no frame has.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, false

from store.frame_tables import frames
from store.frames.name_search import holds
from store.frames.search import Among, AtLeast, AtMost, Contains, Equal, Filter
from store.record_rows import plain

_INTEGERS_BELOW = 2**63


def conditions(filters: Iterable[Filter], dialect: str) -> list[ColumnElement[bool]]:
    """Return the conditions; `dialect`: SQLAlchemy's name of the database."""
    found = [_condition(one, dialect) for one in filters]
    return [one for one in found if one is not None]


def _condition(wanted: Filter, dialect: str) -> ColumnElement[bool] | None:
    match wanted:
        case Equal(column, value):
            return frames.c[column] == value if storable(value) else false()
        case AtLeast(column, value):
            return frames.c[column] >= value
        case AtMost(column, value):
            return frames.c[column] <= value
        case Contains(column, text):
            return holds(column, text, dialect) if storable(text) else false()
        case Among(column, values, excluded):
            possible = [value for value in values if storable(value)]
            return frames.c[column].not_in(possible) if excluded else frames.c[column].in_(possible)
        case _:
            return None


def storable(value: str | int | datetime) -> bool:
    """Whether a column can hold this at all."""
    if isinstance(value, str):
        return value == plain(value)
    return not isinstance(value, int) or abs(value) < _INTEGERS_BELOW
