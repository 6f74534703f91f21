"""Chores are done again and again, whatever one of them raises."""

import logging
from collections.abc import Callable
from threading import Event as Flag

import pytest

from ops.timekeeper import Chore, Timekeeper
from store.errors import DatabaseUnavailableError

PATIENCE_SECONDS = 60.0


def counting(times: int, done: Flag, act: Callable[[], None] = lambda: None) -> Callable[[], None]:
    """Return a chore that sets the flag when it has been done so often."""
    runs = iter(range(1, 1_000_000))

    def do() -> None:
        if next(runs) >= times:
            done.set()
        act()

    return do


def run(*chores: Chore, until: Flag) -> None:
    timekeeper = Timekeeper(chores)
    timekeeper.start()
    try:
        assert until.wait(PATIENCE_SECONDS)
    finally:
        timekeeper.stop()


def test_chores_are_done_each_in_its_own_time() -> None:
    often, rarely = Flag(), Flag()
    rare = counting(2, rarely)
    run(Chore("often", 0.001, counting(20, often)), Chore("rare", 3600, rare), until=often)
    assert not rarely.is_set()


def fail() -> None:
    raise ValueError("broken")


def be_away() -> None:
    raise DatabaseUnavailableError("database: away")


def test_one_that_fails_keeps_no_other_from_being_done(caplog: pytest.LogCaptureFixture) -> None:
    enough = Flag()
    run(Chore("broken", 0.001, fail), Chore("whole", 0.001, counting(5, enough)), until=enough)
    assert "broken failed" in caplog.text


def test_an_outage_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    enough = Flag()
    caplog.set_level(logging.WARNING)
    run(Chore("sweeping", 0.001, counting(5, enough, be_away)), until=enough)
    assert caplog.text.count("sweeping waits: database: away") == 1


def test_it_stops_though_nothing_is_due_for_long() -> None:
    done = Flag()
    run(Chore("once a day", 86_400, counting(1, done)), until=done)
