"""Holding everything back that the outbox has, for as long as a block lasts."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text

from store.database import Database

_ALONE = text("LOCK TABLE outbox IN EXCLUSIVE MODE")


@contextmanager
def nothing_leaves(database: Database) -> Iterator[None]:
    """Let no relay take rows of the outbox, in the block, and nobody write any.

    What relays publish at this moment is waited for: the broker has answered for it when the block
    begins. Accepting waits too, so that a block has to be short. What processes publish from
    memory, to exchanges, goes on. Raises DatabaseUnavailableError.
    """
    with database.transaction() as transaction:
        # On SQLite every transaction that writes is alone.
        if transaction.is_postgresql:
            transaction.execute(_ALONE)
        yield
