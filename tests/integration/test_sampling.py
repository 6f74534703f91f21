"""Samples of queues: how deep they are, and when the oldest came that waits; in every world."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from consumers import answer_probe, update_stats
from consumers.contract import Consumer
from ops.sampler import Sampler
from schemas.probes import ProbeAnswered, ProbeRequested
from store import tables
from store.activity import QueueDepth
from store.database import Database
from store.errors import BrokerUnavailableError
from store.statistics.sampling import KEPT, forget_samples, sample
from store.statistics.views import queue_peaks
from tests.equipment.making import MakeWorld
from tests.equipment.world import PATIENCE_SECONDS, World
from tests.services.waiting import until

NOON = datetime(2026, 11, 21, 12, 0, 30, tzinfo=UTC)
PROBES, ALL = "answer-probe", "update-stats"
TYPES = {PROBES: ProbeRequested.TYPE, ALL: None}
MINUTE = timedelta(minutes=1)


def sampled(database: Database, queue: str) -> dict[str, Any]:
    """Return the newest sample of a queue."""
    columns = tables.queue_samples.c
    rows = database.query(
        tables.queue_samples.select()
        .where(columns.queue == queue)
        .order_by(columns.minute.desc())
        .limit(1)
    )
    return dict(rows[0])


def test_what_waits_is_seen_and_what_has_ended_is_not(make_world: MakeWorld) -> None:
    world = make_world(answer_probe.CONSUMER, update_stats.CONSUMER)
    sampler = _sampler(world)
    sampler.sample()
    assert sampled(world.database, PROBES)["oldest_at"] is None

    first, _ = world.accept(ProbeRequested(probe="1"), ProbeRequested(probe="2"))
    came = {row["key"]: row["recorded_at"] for row in world.rows(tables.events)}
    world.clock.advance(timedelta(minutes=90))
    sampler.sample()
    for queue in TYPES:
        assert sampled(world.database, queue)["oldest_at"] == came[first.key]
    now = world.clock()
    peaks = queue_peaks(world.database, now - timedelta(minutes=20), now)
    assert {one.queue: round(one.age / 60) for one in peaks} == {PROBES: 90, ALL: 90}

    with world.working(answer_probe.CONSUMER):
        world.wait_for(tables.inbox, 2)
    world.clock.advance(MINUTE)
    sampler.sample()
    assert sampled(world.database, PROBES)["oldest_at"] is None
    assert sampled(world.database, ALL)["oldest_at"] == came[first.key]
    with world.working(update_stats.CONSUMER):
        world.wait_for(tables.inbox, 6)
    world.clock.advance(MINUTE)
    sampler.sample()
    assert sampled(world.database, ALL)["oldest_at"] is None
    assert sampled(world.database, ALL)["looked_to"] == 4


def test_how_many_wait(make_world: MakeWorld) -> None:
    world = make_world(answer_probe.CONSUMER, update_stats.CONSUMER)
    world.accept(ProbeRequested(probe="1"), ProbeRequested(probe="2"))
    until(
        lambda: all(one.ready == 2 for one in world.bus.queues()),
        seconds=PATIENCE_SECONDS,
        what="two deliveries in each queue",
    )
    _sampler(world).sample()
    for name in TYPES:
        assert sampled(world.database, name)["ready"] == 2


def test_of_several_processes_one_takes_the_sample_of_a_minute(database: Database) -> None:
    assert sample(database, TYPES, [QueueDepth(PROBES, 3, 1, 2)], NOON)
    assert not sample(database, TYPES, [QueueDepth(PROBES, 9, 9, 9)], NOON + timedelta(seconds=9))
    assert sample(database, TYPES, [], NOON + MINUTE)
    (peak, unknown) = queue_peaks(database, NOON - MINUTE, NOON + MINUTE)
    assert (peak.queue, peak.depth, peak.age) == (PROBES, 6, 0)
    assert (unknown.queue, unknown.depth) == (ALL, None)


def test_what_a_person_has_set_aside_does_not_wait_until_it_is_given_back(
    database: Database,
) -> None:
    _write(database, "a", "b")
    _park(database, "a", "1")
    sample(database, TYPES, [], NOON)
    assert sampled(database, PROBES)["looked_to"] == 1
    _end(database, "b", PROBES)
    sample(database, TYPES, [], NOON + MINUTE)
    assert sampled(database, PROBES)["oldest_at"] is None

    again = NOON + MINUTE
    _decide(database, "1", "replayed", again)
    sample(database, TYPES, [], NOON + 2 * MINUTE)
    assert sampled(database, PROBES)["oldest_at"] == again
    _park(database, "a", "2")
    sample(database, TYPES, [], NOON + 3 * MINUTE)
    assert sampled(database, PROBES)["oldest_at"] is None
    _decide(database, "2", "replayed", again)
    _end(database, "a", PROBES)
    sample(database, TYPES, [], NOON + 4 * MINUTE)
    assert sampled(database, PROBES)["oldest_at"] is None


def test_what_stands_in_for_an_edited_event_waits_for_its_consumer_alone(
    database: Database,
) -> None:
    _write(database, "a", "b")
    _park(database, "a", "1")
    _end(database, "a", ALL)
    edited = tables.parked.update().where(tables.parked.c.id == "1")
    database.run(edited.values(ending="edited", ended_at=NOON, replaced_by="b"))
    sample(database, TYPES, [], NOON)
    assert sampled(database, PROBES)["oldest_at"] == NOON
    assert sampled(database, ALL)["oldest_at"] is None


def test_what_was_counted_all_at_once_does_not_wait_to_be_counted(database: Database) -> None:
    _write(database, "a", "b")
    database.run(insert(tables.statistics_state).values(name=ALL, rebuilt_to=1, rebuilt_at=NOON))
    sample(database, TYPES, [], NOON)
    assert sampled(database, ALL)["looked_to"] == 1


def test_what_is_older_than_a_week_is_not_looked_for(database: Database) -> None:
    _write(database, "a", at=NOON - KEPT - MINUTE)
    _write(database, "b", at=NOON - MINUTE)
    sample(database, TYPES, [], NOON)
    assert sampled(database, PROBES)["oldest_at"] == NOON - MINUTE


def test_old_samples_go_but_for_the_last(database: Database) -> None:
    for age in (KEPT + 2 * MINUTE, KEPT + MINUTE):
        sample(database, TYPES, [], NOON - age)
    forget_samples(database, NOON)
    left = database.query(tables.queue_samples.select())
    assert len(left) == len(TYPES)
    sample(database, TYPES, [], NOON)
    forget_samples(database, NOON)
    assert {row["sampled_at"] for row in database.query(tables.queue_samples.select())} == {NOON}


def test_without_the_broker_the_age_is_told_all_the_same(database: Database) -> None:
    _write(database, "a")

    def down() -> list[QueueDepth]:
        raise BrokerUnavailableError("nobody listens")

    consumers: list[Consumer[Any]] = [answer_probe.CONSUMER]
    Sampler(database, down, consumers, lambda: NOON + MINUTE).sample()
    (peak,) = queue_peaks(database, NOON, NOON + 2 * MINUTE)
    assert (peak.depth, peak.age) == (None, 60)


def _sampler(world: World) -> Sampler:
    consumers: list[Consumer[Any]] = [answer_probe.CONSUMER, update_stats.CONSUMER]
    return Sampler(world.database, world.bus.queues, consumers, world.clock)


def _write(database: Database, *keys: str, at: datetime = NOON) -> None:
    rows = [
        {
            "key": key,
            "id": key,
            "source": "/tests",
            "type": ProbeRequested.TYPE,
            "recorded_at": at,
            "entry": "accepted",
            "actor": "user:test",
            "correlation": key,
            "data": "{}",
        }
        for key in keys
    ]
    database.run(insert(tables.events).values(rows))


def _end(database: Database, key: str, consumer: str) -> None:
    row = {
        "consumer": consumer,
        "event_key": key,
        "outcome": ProbeAnswered.OUTCOME,
        "attempt": 1,
        "started_at": NOON,
        "handled_at": NOON,
    }
    database.run(insert(tables.inbox).values(row))


def _park(database: Database, key: str, item: str) -> None:
    row = {
        "id": item,
        "consumer": PROBES,
        "event_key": key,
        "reason": "",
        "attempts": 1,
        "parked_at": NOON,
    }
    database.run(insert(tables.parked).values(row))


def _decide(database: Database, item: str, ending: str, at: datetime) -> None:
    decided = tables.parked.update().where(tables.parked.c.id == item)
    database.run(decided.values(ending=ending, ended_at=at))
