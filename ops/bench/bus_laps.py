"""Laps through Muniment: HTTP requests in, rows and confirmed follow-ons out."""

from collections.abc import Sequence

from ops.bench.installation import Installation
from ops.bench.laps import Lap, Tell, conserved
from ops.bench.posting import Plan, post
from ops.bench.processes import child
from ops.bench.timing import time_load
from ops.bench.witnesses import Witness
from store.tables import probes


class BusCourse:
    """Posts over so many connections, one event or one batch per request."""

    def __init__(
        self, installation: Installation, witness: Witness, connections: int, batch: int = 1
    ) -> None:
        self.name = f"{connections} connections"
        if batch > 1:
            self.name += f", batches of {batch}"
        self._installation = installation
        self._witness = witness
        self._connections = connections
        self._batch = batch

    def run(self, ids: Sequence[str], tell: Tell) -> Lap:
        """See Course."""
        here = self._installation
        plan = Plan(here.host, here.port, here.token, ids, self._connections, self._batch)
        with child("load", post, plan) as load:
            timed = time_load(here, load, probes, len(ids), tell)
        return Lap(len(ids), *timed, *conserved(ids, self._witness.seen()))
