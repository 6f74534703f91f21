"""What keeps two transactions of PostgreSQL from changing the same frames at once.

Names, keys and digests are held by advisory locks until commit, in the order of their numbers: so
no two transactions wait for each other, as long as each takes all it needs at once. What needs very
many holds everything: the server has room for a few thousand locks, and they are everybody's.

SQLite has one writer.
"""

import hashlib
from collections.abc import Iterable
from typing import Literal

from sqlalchemy import BigInteger, Text, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from store.columns import array_text
from store.database import Transaction

What = tuple[Literal["frame", "key", "md5", "thumbnail"], str]
"""What is held: a frame's or a thumbnail's basename, or what is unique of a version."""

_MOST = 2000
"""Locks that one transaction takes one by one."""


def _number(*names: str) -> int:
    digest = hashlib.blake2b("\0".join(names).encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


_FRAMES = _number("all", "frames")
_COMBINATIONS = _number("all", "frame_combinations")
_NUMBERS = (
    func.unnest(cast(bindparam("numbers", type_=Text), ARRAY(BigInteger)))
    .table_valued("number")
    .render_derived()
)
_HOLD = select(
    func.pg_advisory_xact_lock_shared(_FRAMES), func.pg_advisory_xact_lock(_NUMBERS.c.number)
)
_HOLD_ALL = select(func.pg_advisory_xact_lock(_FRAMES))
_ADD_COMBINATIONS = select(func.pg_advisory_xact_lock_shared(_COMBINATIONS))
_CHANGE_COMBINATIONS = select(func.pg_advisory_xact_lock(_COMBINATIONS))


def hold(transaction: Transaction, asked: Iterable[What]) -> None:
    """Keep others from what is asked for until commit, where they could change it meanwhile."""
    if not transaction.is_postgresql:
        return
    numbers = sorted({_number(*what) for what in asked})
    if len(numbers) > _MOST:
        transaction.execute(_HOLD_ALL)
    elif numbers:
        transaction.execute(_HOLD, {"numbers": array_text(numbers)})


def hold_combinations(transaction: Transaction, *, shared: bool) -> None:
    """Keep others from the combinations until commit; `shared`: only those who take frames away."""
    if transaction.is_postgresql:
        transaction.execute(_ADD_COMBINATIONS if shared else _CHANGE_COMBINATIONS)
