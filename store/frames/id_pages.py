"""Rows by their ids, newest first, next to one of them: for pages that keep their place."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import RowMapping, Select

from store.database import Database
from store.frames.paging import Key, Place, Stretch
from store.frames.search import Order

T = TypeVar("T")

BY_ID: tuple[Order, ...] = (("id", True),)
"""The order of such lists."""


def next_to(
    database: Database,
    chosen: Select[Any],
    read: Callable[[RowMapping], T],
    place: Place,
    limit: int,
) -> Stretch[T]:
    """Return at most `limit` of the chosen rows that come next to a place, without a count.

    `chosen` has a column `id`, and is neither sorted nor limited; `read` says what a row is.
    """
    number = chosen.selected_columns["id"]
    if place.key is not None:
        (key,) = place.key
        chosen = chosen.where(number > key if place.backwards else number < key)
    order = number.asc() if place.backwards else number.desc()
    rows = database.query(chosen.order_by(order).limit(limit + 1))
    shown = rows[:limit]
    if place.backwards:
        shown.reverse()
    keys: list[Key] = [(row["id"],) for row in shown]
    return Stretch([read(row) for row in shown], keys, len(rows) > limit)
