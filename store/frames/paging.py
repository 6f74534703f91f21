"""The order of frames, and where in it a page begins.

Every order ends in the id, descending, so that no two frames share a place. Where a value is
unknown it counts as the greatest, on every database, as it does for the OCS Science Archive 2.7.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, and_, false, or_, true

from schemas.frame_post import Field
from store.frame_tables import frames
from store.frames.search import Order
from store.frames.values import Frame

Key = tuple[Field, ...]
"""A place in an order: the values of its columns, ending in one that no two frames share."""

T = TypeVar("T")

_UNIQUE = {"id", "basename"}
_TIMES = {"observation_date"}
_NUMBERS: dict[str, type[int] | type[float]] = {
    "id": int,
    "reduction_level": int,
    "exposure_time": float,
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins that is not counted for."""

    key: Key | None = None
    """What is right before it; None: nothing, it is the beginning, or `backwards` the end."""
    backwards: bool = False
    """The page that ends there is wanted, not that which begins there."""


BEGINNING = Place()


@dataclass(frozen=True, slots=True)
class Stretch(Generic[T]):
    """What is next to a place, in order."""

    found: list[T]
    keys: list[Key]
    more: bool
    """Whether others follow in the direction that was asked for."""


def complete(order: Sequence[Order]) -> tuple[Order, ...]:
    """Return the order with what breaks its ties, and without what cannot matter any more."""
    found: dict[str, bool] = {}
    for name, descending in (*order, ("id", True)):
        found.setdefault(name, descending)
        if name in _UNIQUE:
            break
    return tuple(found.items())


def order_by(order: Sequence[Order], *, backwards: bool = False) -> list[ColumnElement[Any]]:
    """Return what ORDER BY has to say; `backwards`: the last comes first."""
    return [_sorted(name, descending != backwards) for name, descending in complete(order)]


def key_of(frame: Frame, order: Sequence[Order]) -> Key:
    """Return the place of a frame."""
    return tuple(getattr(frame, name) for name, _ in complete(order))


def behind(key: Key, order: Sequence[Order], *, backwards: bool = False) -> ColumnElement[bool]:
    """Return the condition that a frame comes after a place; `backwards`: before it."""
    columns = [
        (frames.c[name], descending != backwards, value)
        for (name, descending), value in zip(complete(order), key, strict=True)
    ]
    ways = []
    for length, (column, descending, value) in enumerate(columns):
        same = [_same(*one) for one in columns[:length]]
        ways.append(and_(*same, _beyond(column, descending, value)))
    # Says nothing new, but in a way for which databases use an index.
    first = columns[0]
    return and_(or_(_same(*first), _beyond(*first)), _bound(*first), or_(*ways))


def write_key(key: Key) -> str:
    """Return a place as text."""
    told = [one.isoformat() if isinstance(one, datetime) else one for one in key]
    return json.dumps(told, separators=(",", ":"))


def read_key(text: str, order: Sequence[Order]) -> Key:
    """Return what `write_key` wrote for this order; ValueError if it did not."""
    names = [name for name, _ in complete(order)]
    try:
        values = json.loads(text)
        if not isinstance(values, list) or len(values) != len(names):
            raise ValueError("no place in this order")
        return tuple(_read(name, value) for name, value in zip(names, values, strict=True))
    except (OverflowError, RecursionError) as error:
        raise ValueError("no place") from error


def _read(name: str, value: object) -> Field:
    if value is None and frames.c[name].nullable:
        return None
    if name in _TIMES and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    elif name in _NUMBERS and isinstance(value, int | float) and not isinstance(value, bool):
        number: int | float = _NUMBERS[name](value)
        if abs(number) < 2**63:
            return number
    elif name not in _NUMBERS and isinstance(value, str) and "\0" not in value:
        value.encode()
        return value
    raise ValueError(f"no {name}")


def _sorted(name: str, descending: bool) -> ColumnElement[Any]:  # noqa: FBT001 - as in Order
    column = frames.c[name]
    by = column.desc() if descending else column.asc()
    if not column.nullable or name in _TIMES:  # what is listed has an observation date
        return by
    return by.nulls_first() if descending else by.nulls_last()


def _same(column: ColumnElement[Any], _descending: object, value: Field) -> ColumnElement[bool]:
    return column.is_(None) if value is None else column == value


def _beyond(
    column: ColumnElement[Any],
    descending: bool,  # noqa: FBT001 - as in Order
    value: Field,
) -> ColumnElement[bool]:
    if value is None:
        return column.is_not(None) if descending else false()
    if descending:
        return column < value
    return or_(column > value, column.is_(None)) if _may_be_unknown(column) else column > value


def _bound(
    column: ColumnElement[Any],
    descending: bool,  # noqa: FBT001 - as in Order
    value: Field,
) -> ColumnElement[bool]:
    if value is None:
        return true() if descending else column.is_(None)
    if descending:
        return column <= value
    return true() if _may_be_unknown(column) else column >= value


def _may_be_unknown(column: ColumnElement[Any]) -> bool:
    return column is frames.c.exposure_time
