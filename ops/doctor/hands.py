"""What the doctor repairs with."""

from collections.abc import Sequence

from consumers.registry import CONSUMERS
from consumers.runtime.sweeping import Sweeper
from ops.buses import Surroundings
from ops.doctor.finding import Hands
from ops.metrics import Metrics
from ops.settings import Settings
from ops.stores import Store, clock, new_id
from ops.wiring import open_bus
from producers.doorbell import Waiters
from schemas.envelope import Envelope


def hands(settings: Settings, store: Store, *, dry_run: bool) -> Hands:
    """Return hands; what they put back leaves with the next relay, or with the commit."""
    around = Surroundings(
        store.database, CONSUMERS, Waiters(new_id()), settings.instance, clock, new_id
    )
    outlet = open_bus(settings, around).ledger.outlet

    def put_back(consumer: str, events: Sequence[Envelope]) -> None:
        with store.database.transaction() as transaction:
            for event in events:
                outlet.schedule(transaction, consumer, event, clock())

    sweeper = Sweeper(store.database, outlet, Metrics(store.database, clock), clock, new_id)
    return Hands(put_back, sweeper.sweep, dry_run)
