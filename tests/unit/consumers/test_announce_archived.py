"""What `announce-archived` tells subscribers, and when: rows of SQLite, and a list for a broker."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from consumers.announce_archived import CONSUMER
from consumers.ingest_frame import CONSUMER as INGEST
from schemas.frames import FrameArchived
from store import tables
from store.errors import NoticesUnavailableError
from store.notice_ports import Notice
from tests.equipment.frame_posts import NAME, Observatory, post
from tests.equipment.world import PATIENCE_SECONDS, World, open_world
from tests.services.waiting import until


@dataclass
class Broker:
    """Takes notices while it is there."""

    away: bool = False
    windows: list[list[Notice]] = field(default_factory=list)

    def publish(self, notices: Sequence[Notice]) -> None:
        """Take them, or not."""
        self.check()
        self.windows.append([*notices])

    def check(self) -> None:
        """Say whether it is there."""
        if self.away:
            raise NoticesUnavailableError("gone fishing")

    @property
    def told(self) -> list[Notice]:
        """All it has taken."""
        return [one for window in self.windows for one in window]


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def world(tmp_path: Path, broker: Broker) -> Iterator[World]:
    url = f"sqlite:///{tmp_path / 'muniment.db'}"
    with open_world([INGEST, CONSUMER], database_url=url, folder=tmp_path) as world:
        world.notices = broker
        yield world


def archived(world: World, *names: str) -> list[FrameArchived]:
    """Have frames, and return the facts."""
    posts = [post(name, name.encode()) for name in names]
    facts = Observatory(world).carry_out(*posts)
    return [fact for fact in facts if isinstance(fact, FrameArchived)]


def announce(world: World, *facts: FrameArchived, dies: bool = False) -> None:
    """Do what the runtime does with a batch; or what it does when its process dies."""
    with world.database.transaction() as transaction:
        for number, fact in enumerate(facts):
            work = world.make_work(transaction, f"key-{number}", number, world.clock())
            assert CONSUMER.handle(fact, work) == []
        transaction.flush()
        if dies:
            raise ZeroDivisionError


def test_the_body_is_the_header_and_what_the_archive_knows(world: World, broker: Broker) -> None:
    (fact,) = archived(world, NAME)
    announce(world, fact)
    (notice,) = broker.told
    (version,) = fact.versions
    assert notice.id == version.uid
    body = json.loads(notice.body)
    assert body["DATE-OBS"] == "2024-03-05T04:05:06.789"
    assert body["TRACKNUM"] is None
    assert body["area"].startswith('{ "type": "Polygon", "coordinates": [ [ [ 150.05, 1.95 ], [ ')
    assert body["version_set"] == [
        {"key": version.key, "md5": version.md5, "extension": version.extension}
    ]
    assert (body["filename"], body["frameid"]) == (f"{NAME}.fits.fz", fact.frame_id)
    assert body["basename"] == NAME
    assert world.rows(tables.frame_notices) == []


def test_a_batch_is_one_window_in_order(world: World, broker: Broker) -> None:
    facts = archived(world, *(f"frame-{number}" for number in range(20)))
    announce(world, *facts)
    assert [[one.id for one in window] for window in broker.windows] == [
        [fact.versions[0].uid for fact in facts]
    ]


def test_what_was_announced_is_not_announced_again(world: World, broker: Broker) -> None:
    facts = archived(world, "a", "b")
    for _ in range(2):
        announce(world, *facts)
    assert len(broker.told) == 2


def test_a_death_before_the_commit_tells_the_same_again(world: World, broker: Broker) -> None:
    (fact,) = archived(world, NAME)
    with pytest.raises(ZeroDivisionError):
        announce(world, fact, dies=True)
    announce(world, fact)
    first, second = broker.told
    assert first == second


def test_without_the_broker_nothing_is_forgotten(world: World, broker: Broker) -> None:
    (fact,) = archived(world, NAME)
    broker.away = True
    with pytest.raises(NoticesUnavailableError):
        announce(world, fact)
    assert len(world.rows(tables.frame_notices)) == 1
    broker.away = False
    announce(world, fact)
    assert len(broker.told) == 1


def test_the_consumer_waits_for_the_broker_and_parks_nothing(world: World, broker: Broker) -> None:
    broker.away = True
    Observatory(world).settle(*(post(f"frame-{number}", b"%d" % number) for number in range(3)))
    with world.working(CONSUMER, probes={"notices": broker.check}):
        until(lambda: world.tally.pauses, seconds=PATIENCE_SECONDS, what="the pause")
        assert world.tally.pauses == ["notices"]
        broker.away = False
        world.wait_for(tables.inbox, 3, consumer=CONSUMER.name)
    assert len(broker.told) == 3
    assert world.rows(tables.parked) == world.rows(tables.failures) == []
