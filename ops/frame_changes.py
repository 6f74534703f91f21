"""Changing frames from the command line: the facts leave by the processes that are running."""

from consumers.registry import CONSUMERS
from ops.buses import bound_queues
from ops.settings import EMBEDDED
from ops.stores import Store, clock, new_id
from producers.frames import FrameChanges
from producers.stamping import Stamp
from store.deliveries import Deliveries
from store.ledger import Ledger
from store.outbox import Outbox


def frame_changes(store: Store) -> FrameChanges:
    """Return what changes frames in a store; nothing is published by this process itself."""
    settings = store.settings
    ledger = Ledger(
        Deliveries(bound_queues(CONSUMERS), lambda _queues: None)
        if settings.bus_url == EMBEDDED
        else Outbox(new_id, lambda _rows: None)
    )
    stamp = Stamp(f"/{settings.instance}", clock, new_id)
    return FrameChanges(store.database, ledger, stamp, clock, new_id)
