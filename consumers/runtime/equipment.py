"""What wiring gives to every consumer's runtime."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from consumers.runtime.telemetry import Telemetry
from producers.doorbell import Doorbell
from producers.stamping import Stamp
from store.database import Database, Transaction
from store.ledger import Ledger
from store.ports import Work

MakeWork = Callable[[Transaction, str, int, datetime], Work]
"""Takes the transaction, the event's key and ledger position, and the time."""


@dataclass(frozen=True, slots=True)
class Equipment:
    """The ports and the sources of time, identifiers and chance that the runtime works with."""

    database: Database
    ledger: Ledger
    stamp: Stamp
    make_work: MakeWork
    doorbell: Doorbell
    telemetry: Telemetry
    clock: Callable[[], datetime]
    random: Callable[[], float]
    """Returns a number in [0, 1)."""
    new_id: Callable[[], str]
