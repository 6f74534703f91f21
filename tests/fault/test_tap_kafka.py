"""The copy in Kafka is whole, and has nothing twice, wherever its process dies or stands still."""

import signal
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from consumers.tap_kafka import NAME
from producers.kafka_records import record_of
from store import tables, taps
from store.errors import KafkaUnavailableError
from store.views import span
from tests.command_line import CommandLine
from tests.equipment.dying_tap import INSTANTS
from tests.equipment.kafka_topics import check_whole, delete_topic, read_topic, whole_ledger
from tests.equipment.killing import run_until_killed
from tests.equipment.making import MakeWorld
from tests.equipment.tapping import (
    PATIENCE_SECONDS,
    copy_all,
    fill,
    new_topic_name,
    tapping,
    topic_of,
    wait_until_copied,
)
from tests.equipment.world import World, open_world
from tests.services.kafka import Kafka
from tests.services.private_postgresql import PrivatePostgreSQL
from tests.services.waiting import until

PAST_THE_LEASE = timedelta(seconds=31)

SQLITE = pytest.mark.parametrize("make_world", ["sqlite"], indirect=True)


@pytest.fixture
def name() -> str:
    """The name of a topic that there is not yet."""
    return new_topic_name()


def die(make_world: MakeWorld, kafka: Kafka, name: str, instant: str) -> None:
    """Copy in another process until the instant comes."""
    run_until_killed(
        "tests.equipment.dying_tap",
        instant,
        make_world.database_url,
        str(make_world.folder),
        kafka.url,
        name,
    )


@SQLITE
@pytest.mark.parametrize("instant", INSTANTS)
def test_killed_at_an_instant(make_world: MakeWorld, kafka: Kafka, name: str, instant: str) -> None:
    world = make_world()
    fill(world, 700, size=2000)
    die(make_world, kafka, name, instant)
    world.clock.advance(PAST_THE_LEASE)
    fill(world, 10)
    copy_all(world, kafka, name)
    assert len(check_whole(kafka, name, world.database)) == 710


@SQLITE
def test_killed_again_and_again(make_world: MakeWorld, kafka: Kafka, name: str) -> None:
    world = make_world()
    for instant in (
        "in the middle of the first batch",
        "at the last record of the first batch",
        "after the first batch, before its position is kept",
    ):
        fill(world, 520, size=2000)
        die(make_world, kafka, name, instant)
        # Processes have the clock of the machine, this one is ahead: no lease of theirs runs.
        with world.database.transaction() as transaction:
            transaction.execute(tables.taps.update().values(owner=None, until=None))
    copy_all(world, kafka, name)
    check_whole(kafka, name, world.database)


@SQLITE
def test_what_was_half_sent_is_seen_by_nobody_who_asks_for_what_is_committed(
    make_world: MakeWorld, kafka: Kafka, name: str
) -> None:
    world = make_world()
    fill(world, 500, size=2000)
    die(make_world, kafka, name, "at the last record of the first batch")
    assert read_topic(kafka, name) == []
    assert read_topic(kafka, name, committed=False) != []
    world.clock.advance(PAST_THE_LEASE)
    copy_all(world, kafka, name)
    # Whoever does not ask sees some twice, and can tell by their position.
    seen = read_topic(kafka, name, committed=False)
    assert len(seen) > 500
    assert {one.position for one in seen} == set(range(1, 501))


@SQLITE
def test_an_owner_that_stood_still_can_send_nothing_more(
    make_world: MakeWorld, kafka: Kafka, name: str
) -> None:
    world = make_world()
    fill(world, 10)
    sleeper = topic_of(kafka.url, name)
    sleeper.open()
    copy_all(world, kafka, name)
    records = [record_of(one) for one in whole_ledger(world.database)]
    with pytest.raises(KafkaUnavailableError, match="newer producer"):
        sleeper.send(records)  # it believes that none of them is there
    sleeper.close()
    check_whole(kafka, name, world.database)


@SQLITE
def test_kafka_is_stopped_again_and_again_while_events_come(
    make_world: MakeWorld, kafka: Kafka, name: str
) -> None:
    world = make_world()
    with tapping(world, topic_of(kafka.url, name, seconds=5)):
        for _ in range(2):
            fill(world, 700)
            # At rest: this broker loses what it acknowledges while it stops, as none of Kafka's do.
            wait_until_copied(world, span(world.database).last)
            kafka.stop()
            fill(world, 700)
            kafka.start()
        wait_until_copied(world, span(world.database).last)
    assert len(check_whole(kafka, name, world.database)) == 2800


@SQLITE
def test_a_topic_that_was_lost_is_filled_again(
    make_world: MakeWorld, kafka: Kafka, name: str
) -> None:
    world = make_world()
    fill(world, 600)
    copy_all(world, kafka, name)
    delete_topic(kafka, name)
    fill(world, 1)
    copy_all(world, kafka, name)
    assert len(check_whole(kafka, name, world.database)) == 601


def test_the_database_is_away(
    private_postgresql: PrivatePostgreSQL, kafka: Kafka, name: str, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        url = stack.enter_context(private_postgresql.fresh_database())
        world = stack.enter_context(open_world([], database_url=url, folder=tmp_path))
        fill(world, 100)
        tap = stack.enter_context(tapping(world, topic_of(kafka.url, name)))
        wait_until_copied(world, 100)
        private_postgresql.kill()
        until(
            lambda: tap.waits[0] == "database",
            seconds=PATIENCE_SECONDS,
            what="the tap to wait for its database",
        )
        private_postgresql.start()
        # What is left in the pool leads to the server that was killed.
        world.database.close()
        # It could not leave its row in order, and so has to wait for it itself.
        world.clock.advance(PAST_THE_LEASE)
        fill(world, 100)
        wait_until_copied(world, span(world.database).last)
        assert len(check_whole(kafka, name, world.database)) == 200


@pytest.mark.parametrize(
    "how", [signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP], ids=lambda how: how.name
)
def test_one_of_two_processes_ends_or_stands_still_and_the_other_goes_on(
    how: signal.Signals, kafka: Kafka, name: str, tmp_path: Path
) -> None:
    settings = {
        "MUNIMENT_DATABASE_URL": f"sqlite:///{tmp_path / 'muniment.db'}",
        "MUNIMENT_KAFKA_URL": kafka.url,
        "MUNIMENT_KAFKA_TOPIC": name,
        "MUNIMENT_LEASE_SECONDS": "3",
    }
    lines = []
    for number in (1, 2):
        own = {"MUNIMENT_DATA_DIR": str(tmp_path / str(number)), "MUNIMENT_INSTANCE": str(number)}
        (tmp_path / str(number)).mkdir()
        lines.append(CommandLine(tmp_path / str(number), settings | own))
    ran = lines[0].run("db", "upgrade")
    assert ran.code == 0, ran.err
    with ExitStack() as stack:
        url = settings["MUNIMENT_DATABASE_URL"]
        world = stack.enter_context(open_world([], database_url=url, folder=tmp_path))
        running = [stack.enter_context(line.running("consume", NAME)) for line in lines]
        fill(world, 300)
        owner = wait_for_owner(world, name, 300)
        mine = next(one for one in running if owner.endswith(f".{one.pid}"))
        mine.send_signal(how)
        fill(world, 300)
        assert wait_for_owner(world, name, 600, other_than=owner) != owner
        if how is signal.SIGSTOP:
            # It wakes up, and believes that it still owns the tap.
            mine.send_signal(signal.SIGCONT)
            fill(world, 300)
            wait_for_owner(world, name, 900)
        seen = check_whole(kafka, name, world.database)
        assert len(seen) == span(world.database).last
        if how is signal.SIGTERM:
            assert mine.wait(PATIENCE_SECONDS) == 0


def wait_for_owner(world: World, name: str, position: int, *, other_than: str = "") -> str:
    """Wait until somebody has copied so far; return who."""

    def owner() -> str | None:
        there = taps.read(world.database).get(f"kafka:{name}")
        if there is None or there.position < position or there.owner == other_than:
            return None
        return there.owner

    return until(owner, seconds=PATIENCE_SECONDS, what=f"the copy up to {position}")
