"""How long an installation takes for a load, and what that costs."""

from collections.abc import Mapping
from time import monotonic, sleep
from typing import NamedTuple

from sqlalchemy import Table, func, select

from ops.bench.installation import Installation
from ops.bench.laps import Tell
from ops.bench.loading import Posted
from ops.bench.meters import read, spent
from ops.bench.posting import ACCEPTED
from ops.bench.processes import Child, MeasurementError
from store.database import Database
from store.tables import deliveries, outbox

_START_SECONDS = 60.0
_PATIENCE_SECONDS = 300.0
_LOOK_SECONDS = 0.02


class Timed(NamedTuple):
    """What a load took, until everything was done."""

    seconds: float
    cpu: Mapping[str, float | None]
    """CPU seconds, by process."""


def time_load(
    installation: Installation, load: Child, results: Table, expected: int, tell: Tell
) -> Timed:
    """Let a load loose; stop the clock when its rows are there and nothing has still to leave.

    Raises MeasurementError when that does not happen, or not every request is accepted.
    """
    database = installation.database
    rows = _count(database, results) + expected
    load.hear(_START_SECONDS)
    before = read(installation.meters)
    load.tell()
    posted = follow(load, tell, ACCEPTED)
    # Nobody looks into the database before everything has been sent: looking costs, too.
    deadline = monotonic() + _PATIENCE_SECONDS
    while _count(database, results) != rows or _has_any(database, outbox, deliveries):
        if monotonic() > deadline:
            missing = rows - _count(database, results)
            raise MeasurementError(f"{missing} of {expected} results have not come in time")
        sleep(_LOOK_SECONDS)
    seconds = monotonic() - posted.started
    return Timed(seconds, spent(before, read(installation.meters)))


def follow(load: Child, tell: Tell, wanted: str) -> Posted:
    """Return how the load went. Raises MeasurementError when an answer is not as wanted."""
    while not isinstance(said := load.hear(_PATIENCE_SECONDS), Posted):
        tell(said)
    refused = {status: times for status, times in said.answers.items() if status != wanted}
    if refused:
        raise MeasurementError(f"not every request was answered {wanted}; answers: {refused}")
    return said


def _count(database: Database, table: Table) -> int:
    return int(database.query(select(func.count().label("rows")).select_from(table))[0]["rows"])


def _has_any(database: Database, *tables: Table) -> bool:
    return any(database.query(select(1).select_from(table).limit(1)) for table in tables)
