"""Schedules that are due become accepted events."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic_core import from_json

from producers.stamping import Stamp
from schemas.base import Event
from schemas.catalogue import EVENTS, POSTABLE
from store import schedules
from store.database import Database
from store.ledger import Entry, Ledger
from store.schedules import Schedule, turn

_AT_ONCE = 500
_MOST_TURNS = 50
"""Missed times of one schedule that one transaction makes up for."""
_MOST_ROUNDS = 20
"""Transactions of one call: what is left is due next time, and others get their turn."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Firing:
    """Fires what is due. Any number of processes may; each due time is fired by one."""

    database: Database
    ledger: Ledger
    stamp: Stamp
    clock: Callable[[], datetime]
    random: Callable[[], float]
    """Returns a number in [0, 1)."""

    def fire(self) -> int:
        """Accept the events of schedules that are due; returns how many.

        Raises UnavailableError.
        """
        now = self.clock()
        fired = 0
        for _ in range(_MOST_ROUNDS):
            if not schedules.is_any_due(self.database, now):
                break
            due, accepted = self._fire_some(now)
            fired += accepted
            if due == 0:
                break  # another process has them
        return fired

    def _fire_some(self, now: datetime) -> tuple[int, int]:
        entries = []
        ended = []
        with self.database.transaction() as transaction:
            due = schedules.take_due(transaction, now, _AT_ONCE)
            for schedule in due:
                event = _event(schedule)
                if event is None:
                    name = schedule.name
                    schedules.pause(transaction, name, paused=True, by="muniment", at=now)
                    continue
                times, next_due = _turns(schedule, now)
                fired = [self._entry(schedule, event, now) for _ in range(times)]
                entries += fired
                if next_due is None:
                    ended.append(schedule.name)
                    continue
                last = (now, fired[-1].envelope.key) if fired else None
                schedules.advance(transaction, schedule, next_due, chance=self.random, fired=last)
            if ended:
                schedules.remove(transaction, ended)
            self.ledger.append(transaction, entries)
        return len(due), len(entries)

    def _entry(self, schedule: Schedule, event: Event, now: datetime) -> Entry:
        return Entry(self.stamp.put_on(event), "accepted", f"schedule:{schedule.name}", now)


def _turns(schedule: Schedule, now: datetime) -> tuple[int, datetime | None]:
    """Return how often to fire now, and when it is due again; None: never."""
    times = 0
    for _ in range(_MOST_TURNS):
        step = turn(schedule, now)
        times += step.fires
        if step.next_due is None or step.next_due > now:
            break
        schedule = replace(schedule, due_at=step.next_due)
    return times, step.next_due


def _event(schedule: Schedule) -> Event | None:
    """Return what is to be accepted, or None when this release accepts nothing like it."""
    if schedule.type not in POSTABLE:
        _log.error("schedule %s is paused: %s cannot be scheduled", schedule.name, schedule.type)
        return None
    try:
        return EVENTS[schedule.type].model_validate(from_json(schedule.data))
    except ValueError as error:
        _log.error("schedule %s is paused: %s: %s", schedule.name, schedule.type, error)
        return None
