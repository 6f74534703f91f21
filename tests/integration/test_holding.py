"""While the outbox is held back nothing leaves it, and what was leaving has left."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from uuid import uuid4

from schemas.envelope import Envelope
from schemas.probes import ProbeRequested
from store.database import Database
from store.holding import nothing_leaves
from store.ledger import Entry, Ledger
from store.outbox import REMOVE, Due, Outbox, take_due

NOW = datetime(2030, 1, 1, tzinfo=UTC)
PATIENCE_SECONDS = 30


def offered(_: Sequence[Due]) -> None:
    """Nobody publishes from memory."""


def test_what_leaves_is_waited_for_and_what_has_not_left_waits(database: Database) -> None:
    outbox = Outbox(lambda: str(uuid4()), offered)
    keys = [str(uuid4()) for _ in range(2)]
    envelopes = [Envelope(id=one, source="/t", type=ProbeRequested.TYPE) for one in keys]
    with database.transaction() as transaction:
        entries = [Entry(one, "accepted", "user:t", NOW, "queue") for one in envelopes]
        Ledger(outbox).append(transaction, entries)
    taken, held, told = Event(), Event(), list[str]()

    def relay() -> None:
        with database.transaction() as transaction:
            (due,) = take_due(transaction, NOW + timedelta(seconds=1), 1)
            taken.set()
            held.wait(0.5)  # in vain, since it has to wait for us
            transaction.execute(REMOVE, {"ids": [due.id]})
            told.append("left")

    first = Thread(target=relay)
    first.start()
    assert taken.wait(PATIENCE_SECONDS)
    with nothing_leaves(database):
        held.set()
        told.append("held")
        second = Thread(target=relay)
        second.start()
        second.join(0.5)
        told.append("held still")
    for thread in (first, second):
        thread.join(PATIENCE_SECONDS)
    assert told == ["left", "held", "held still", "left"]
