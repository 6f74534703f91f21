"""The truth about polling, and the watch that revives a chain that has broken."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy import delete, update

from consumers.poll_service import CONSUMER
from schemas.components import PLATFORM
from store import audit, tables
from store.database import open_database
from tests.equipment.component_settings import change_setting
from tests.equipment.making import MakeWorld
from tests.equipment.polling import WHO, Platform, platform


@pytest.fixture
def anywhere(make_world: MakeWorld) -> Iterator[Platform]:
    """A platform in each of the worlds."""
    with platform(make_world) as one:
        yield one


@pytest.fixture
def embedded(make_embedded_world: MakeWorld) -> Iterator[Platform]:
    """A platform on each of the databases."""
    with platform(make_embedded_world) as one:
        yield one


def test_running_is_what_happens_and_not_what_was_asked_for(embedded: Platform) -> None:
    one = embedded
    state = one.components.poll()
    assert (state.running, state.wanted, state.trouble) == (False, False, None)
    one.components.start(WHO)
    state = one.components.poll()
    assert (state.running, state.wanted) == (False, True)
    assert "muniment consume poll-service" in (state.trouble or "")
    one.live(waits_for="database")
    assert "database" in (one.components.poll().trouble or "")
    one.live()
    state = one.components.poll()
    assert (state.running, state.trouble) == (True, None)
    one.let_pass(600)
    one.live(since=600)
    state = one.components.poll()
    assert not state.running
    assert "was not made" in (state.trouble or "")
    one.components.stop(WHO)
    state = one.components.poll()
    assert (state.running, state.wanted, state.trouble) == (False, False, None)


def test_a_chain_that_has_broken_begins_anew(anywhere: Platform) -> None:
    one = anywhere
    # The second poll is due after 31 seconds, and missed after another 60 and a minute.
    change_setting(one.components, PLATFORM, "max_sec", "60", WHO)
    with one.world.working(CONSUMER):
        one.components.start(WHO)
        one.wait_for(1)
        one.live()
        # As an operator may, by hand; or the event may be parked, and discarded.
        with one.world.database.transaction() as transaction:
            transaction.execute(delete(tables.schedules))
        assert not one.watch.revive()
        one.let_pass(100)
        one.live(since=100)
        assert not one.watch.revive()
        one.let_pass(60)
        one.live(since=160)
        assert one.watch.revive()
        assert not one.watch.revive()
        assert one.poll.generation == 2
        one.wait_for(1)
        one.go_on()
    assert one.polled == 3
    assert one.pending() == 1
    newest = audit.page(one.world.database)[0]
    assert (newest.who, newest.field, newest.new) == ("muniment", "polling", '"restarted"')


def test_a_paused_schedule_is_no_end(embedded: Platform) -> None:
    one = embedded
    with one.world.working(CONSUMER):
        one.components.start(WHO)
        one.wait_for(1)
        with one.world.database.transaction() as transaction:
            transaction.execute(update(tables.schedules).values(paused=True))
        one.let_pass(200)
        one.live(since=200)
        assert one.fire() == 0
        assert one.watch.revive()
        one.wait_for(1)
        one.go_on()
    assert one.pending() == 1


def test_where_nobody_polls_nothing_is_revived(embedded: Platform) -> None:
    """It goes on with the event that waits, when somebody is there again."""
    one = embedded
    assert not one.watch.revive()
    one.components.start(WHO)
    one.let_pass(3600)
    assert not one.watch.revive()
    one.live(waits_for="database", since=3600)
    assert not one.watch.revive()
    one.live()  # there again, since a moment ago
    assert not one.watch.revive()
    with one.world.working(CONSUMER):
        one.wait_for(1)
    assert (one.poll.generation, one.polled) == (1, 1)


def test_what_was_stopped_is_not_revived(embedded: Platform) -> None:
    one = embedded
    one.components.start(WHO)
    one.components.stop(WHO)
    one.let_pass(3600)
    one.live(since=3600)
    assert not one.watch.revive()


def test_a_clock_that_was_put_back_does_not_end_the_polling(embedded: Platform) -> None:
    one = embedded
    one.let_pass(3600)
    with one.world.working(CONSUMER):
        one.components.start(WHO)
        one.wait_for(1)
        one.let_pass(-3600)
        one.live()
        assert one.fire() == 0
        assert one.watch.revive()
        assert not one.watch.revive()
        one.wait_for(1)
    assert one.polled == 2


def test_many_that_watch_revive_once(embedded: Platform, make_embedded_world: MakeWorld) -> None:
    one = embedded
    one.components.start(WHO)
    one.let_pass(3600)
    one.live(since=3600)
    barrier = Barrier(8)
    with closing(open_database(make_embedded_world.database_url)) as other:
        watches = [one.watch, replace(one.watch, database=other)]

        def revive(number: int) -> bool:
            barrier.wait(30)
            return watches[number % 2].revive()

        with ThreadPoolExecutor(8) as threads:
            revived = list(threads.map(revive, range(8)))
    assert sum(revived) == 1
    assert one.poll.generation == 2
