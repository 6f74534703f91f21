"""What was counted in a world, against what happened there."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from consumers.update_stats import CONSUMER
from schemas.base import Event
from schemas.envelope import Envelope
from schemas.files import FileArchived, FileIngestRequested
from store import tables
from store.database import Database
from store.ledger import Entry, EntryKind
from store.statistics.rebuilding import Rebuilt, rebuild
from store.statistics.verifying import Verdict, verify
from tests.equipment.world import World

FIGURES = (
    tables.statistics_hours,
    tables.statistics_totals,
    tables.statistics_durations,
    tables.statistics_resources,
    tables.counters,
)


def untold(done: int, total: int | None) -> None:
    """Hear how far it is."""
    assert total is None or done <= total


def verified(database: Database) -> Verdict:
    """Check that every figure is what the ledger says of the events that are counted."""
    verdict = verify(database, untold)
    assert verdict.differences == []
    return verdict


def rebuilt(world: World) -> Rebuilt:
    """Rebuild every figure, and check them."""
    found = rebuild(world.database, world.clock, untold)
    assert verified(world.database).events == found.events
    return found


def check_all_counted(world: World) -> None:
    """Check that the figures are right, and hold every event of the ledger."""
    verdict = verified(world.database)
    assert (verdict.events, verdict.waiting) == (world.count(tables.events), 0)
    by_type = (
        select(tables.events.c.type, func.count().label("events"))
        .group_by(tables.events.c.type)
        .order_by(tables.events.c.type)
    )
    ledger = {row["type"]: row["events"] for row in world.database.query(by_type)}
    assert ledger == totals(world)


def totals(world: World) -> dict[str, int]:
    """Return how many events of each type were counted."""
    return {row["type"]: row["events"] for row in world.rows(tables.statistics_totals)}


def figures(world: World) -> dict[str, list[dict[str, Any]]]:
    """Return every row that holds figures."""
    return {table.name: world.rows(table) for table in FIGURES}


def count_up(world: World, events: int | None = None) -> None:
    """Run the consumer until it has had so many events in all; None: the whole ledger."""
    with world.working(CONSUMER):
        had = world.count(tables.events) if events is None else events
        world.wait_for(tables.inbox, had, consumer=CONSUMER.name)


def happened(
    world: World,
    what: Event,
    at: datetime,
    *,
    cause: Envelope | None = None,
    kind: EntryKind = "accepted",
) -> Envelope:
    """Write an event down as of some time, and let it leave."""
    envelope = world.stamp.put_on(what, cause=cause)
    with world.database.transaction() as transaction:
        world.bus.ledger.append(transaction, [Entry(envelope, kind, "somebody", at)])
    return envelope


def ingest(name: str = "a.fits") -> FileIngestRequested:
    """Return a use of the archive."""
    return FileIngestRequested(name=name, source="upload:1")


def archived(size: int, instrument: str, at: datetime) -> FileArchived:
    """Return what came of one."""
    return FileArchived(
        file_id="f",
        name="a.fits",
        version=1,
        object_key="content/f",
        size=size,
        sha256="0" * 64,
        md5="0" * 32,
        media_type="image/fits",
        archived_at=at,
        url="https://archive.example.org/files/f/content",
        instrument=instrument,
    )
