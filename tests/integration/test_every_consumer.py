# ruff: noqa: D102 - a test's name is its sentence
"""Every consumer in the registry may be run again at any time: the second run changes nothing.

The event is the golden one of its type. A consumer that needs more than its event to be there adds
a preparation below.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from consumers.contract import Consumer
from consumers.registry import CONSUMERS
from schemas.catalogue import decode
from schemas.envelope import Envelope, from_structured
from schemas.files import FileIngestRequested
from schemas.record_document import LONG, write
from schemas.records import RecordDeletionRequested, RecordPutRequested
from store import tables
from store.record_ports import Draft, LongText
from store.records import keep_draft
from tests.equipment.logbook import Logbook
from tests.equipment.making import MakeWorld
from tests.equipment.records import first_put
from tests.equipment.world import World

PROJECT = "Récif 100%"
"""That of the golden events."""
GOLDEN = Path(__file__).parents[1] / "contract" / "events"
BOOKKEEPING = {tables.events, tables.outbox, tables.deliveries, tables.inbox}


def prepare_ingest(world: World, _key: str) -> None:
    world.receive(b"test", upload_id="01936c5e-2e3a-7a10-8000-0000000000aa")


def prepare_put(world: World, key: str) -> None:
    logbook = Logbook(world, project=PROJECT)
    logbook.open()
    document = first_put(label="20240229-235959/a?b#é 1%")
    texts = {name: LongText(write(document.pop(name)), None) for name in LONG}
    with world.database.transaction() as transaction:
        keep_draft(transaction, Draft(key, "", document, texts, world.clock()))


def prepare_deletion(world: World, _key: str) -> None:
    logbook = Logbook(world, project=PROJECT)
    logbook.open()
    logbook.put(tags=["à refaire, 100%"])


Prepare = Callable[[World, str], None]
"""Takes the world, and the key of the event that is about to be accepted."""
PREPARATIONS: Mapping[str, Prepare] = {
    FileIngestRequested.TYPE: prepare_ingest,
    RecordPutRequested.TYPE: prepare_put,
    RecordDeletionRequested.TYPE: prepare_deletion,
}


def effects(world: World, consumer: Consumer[Any]) -> dict[str, Any]:
    """All that a consumer has done: rows without their times, objects, and what it said."""
    rows = {
        table.name: [
            {name: value for name, value in row.items() if not isinstance(value, datetime)}
            for row in world.rows(table)
        ]
        for table in tables.metadata.sorted_tables
        if table not in BOOKKEEPING
    }
    said = [
        (row["type"], row["subject"], row["cause"], row["actor"])
        for row in world.rows(tables.events, actor=f"consumer:{consumer.name}")
    ]
    handled = [
        (row["consumer"], row["event_key"], row["outcome"])
        for row in world.rows(tables.inbox, consumer=consumer.name)
    ]
    return {**rows, "said": said, "handled": handled, "objects": [*world.objects.list("")]}


def accepted(world: World, consumer: Consumer[Any]) -> Envelope:
    name = consumer.listens_to.TYPE
    envelope = from_structured((GOLDEN / f"{name}.json").read_bytes())
    if name in PREPARATIONS:
        PREPARATIONS[name](world, envelope.key)
    (sent,) = world.accept(envelope)
    return sent


def run_and_undo(world: World, consumer: Consumer[Any], envelope: Envelope) -> None:
    """Run the handler as a process does that dies before its commit."""

    def run() -> None:
        (row,) = world.rows(tables.events, key=envelope.key)
        with world.database.transaction() as transaction:
            work = world.make_work(transaction, envelope.key, row["position"], world.clock())
            consumer.handle(decode(envelope), work)
            transaction.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run()


@pytest.mark.parametrize("consumer", CONSUMERS, ids=lambda one: one.name)
class TestEveryConsumer:
    """Whatever it does."""

    def test_a_second_delivery_changes_nothing(
        self, make_embedded_world: MakeWorld, consumer: Consumer[Any]
    ) -> None:
        world = make_embedded_world(*CONSUMERS)
        sent = accepted(world, consumer)
        world.work_off(consumer)
        once = effects(world, consumer)
        assert once["handled"] == [(consumer.name, sent.key, "succeeded")]
        assert once["said"]
        world.deliver(sent, consumer.name)
        world.work_off(consumer)
        assert effects(world, consumer) == once
        assert world.tally.endings["repeated"] == 1

    def test_a_run_that_is_undone_and_repeated_has_the_effects_of_one(
        self, make_embedded_world: MakeWorld, consumer: Consumer[Any]
    ) -> None:
        world = make_embedded_world(*CONSUMERS)
        sent = accepted(world, consumer)
        for _ in range(2):
            run_and_undo(world, consumer, sent)
        world.work_off(consumer)
        done = effects(world, consumer)
        assert done["handled"] == [(consumer.name, sent.key, "succeeded")]
        assert [said[2:] for said in done["said"]] == [(sent.key, f"consumer:{consumer.name}")]
        assert not done["failures"]
        assert not done["parked"]
