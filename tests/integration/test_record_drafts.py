"""What was sent for a record and waits: the same request, sent again, is told where it is."""

from datetime import datetime, timedelta

import pytest

from consumers.store_record import CONSUMER
from schemas.envelope import Envelope
from store import tables
from store.parked import Decision, Ending, Pace, Parked, discard, park
from store.parked import replay as replay_parked
from store.records import overdue, pending
from tests.equipment.logbook import LABEL, Logbook
from tests.equipment.making import MakeWorld
from tests.equipment.records import first_put
from tests.equipment.world import new_id

LATER = timedelta(seconds=30)


@pytest.fixture
def logbook(make_embedded_world: MakeWorld) -> Logbook:
    """A project of Ann's."""
    logbook = Logbook(make_embedded_world(CONSUMER))
    logbook.open()
    return logbook


def fingerprint_of(logbook: Logbook, envelope: Envelope) -> str:
    (row,) = logbook.world.rows(tables.record_drafts, event_key=envelope.key)
    return str(row["fingerprint"])


def later(logbook: Logbook) -> datetime:
    return logbook.world.clock() + LATER


def test_what_waits_is_known_by_what_was_sent_once_it_is_old(logbook: Logbook) -> None:
    database = logbook.world.database
    accepted = logbook.world.clock()
    first, second = (logbook.request(LABEL, first_put()) for _ in range(2))
    fingerprint = fingerprint_of(logbook, first)
    assert pending(database, fingerprint, later(logbook)) == second.key
    assert pending(database, fingerprint, accepted) is None
    assert pending(database, "of something else", later(logbook)) is None
    assert overdue(database, later(logbook))
    assert not overdue(database, accepted)
    logbook.world.work_off(CONSUMER)
    assert pending(database, fingerprint, later(logbook)) is None
    assert not overdue(database, later(logbook))


@pytest.mark.parametrize(
    ("decided", "waits"), [(None, True), ("replayed", True), ("discarded", False)]
)
def test_what_was_given_up_may_be_sent_again(
    logbook: Logbook, decided: Ending | None, *, waits: bool
) -> None:
    world = logbook.world
    sent = logbook.request(LABEL, first_put())
    item = Parked(
        id=new_id(),
        consumer=CONSUMER.name,
        event_key=sent.key,
        message=None,
        kind="permanent",
        reason="r",
        traceback=None,
        attempts=1,
        parked_at=world.clock(),
    )
    decision = Decision("user:test", world.clock())
    with world.database.transaction() as transaction:
        park(transaction, item)
    with world.database.transaction() as transaction:
        if decided == "discarded":
            assert discard(transaction, [item.id], decision)
        elif decided == "replayed":
            outlet = world.bus.ledger.outlet
            assert replay_parked(transaction, outlet, [item.id], decision, Pace(world.clock()))
    expected = sent.key if waits else None
    fingerprint = fingerprint_of(logbook, sent)
    assert pending(world.database, fingerprint, later(logbook)) == expected
    assert overdue(world.database, later(logbook)) is waits
