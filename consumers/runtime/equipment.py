"""What wiring gives to every consumer's runtime."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from consumers.runtime.solitude import Solitude
from consumers.runtime.telemetry import Telemetry
from producers.doorbell import Doorbell
from producers.stamping import Stamp
from store.database import Database, Transaction
from store.ledger import Ledger
from store.ports import HasLease, Work

MakeWork = Callable[[Transaction, str, int, datetime, HasLease | None], Work]
"""Takes the transaction, the event's key and ledger position, the time, and for long work its
lease."""


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
    process: str
    """What this process is called where people look: HOST.PID."""
    lease: timedelta
    """How long a process that says nothing is believed to live."""
    solitude: Solitude = field(default_factory=Solitude)
    """Shared by all consumers of the process."""
