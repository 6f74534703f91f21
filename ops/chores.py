"""The chores of a process: what every one does, and what those with workers or an ingress do."""

import random
from collections.abc import Iterator
from datetime import timedelta

from consumers.registry import CONSUMERS
from consumers.runtime.sweeping import Sweeper
from consumers.runtime.telemetry import Telemetry
from ops.buses import Bus
from ops.caretaker import Caretaker, ScratchCaretaker
from ops.sampler import SAMPLE_SECONDS, Sampler
from ops.signs_of_life import SignsOfLife
from ops.stores import Store, clock, new_id
from ops.timekeeper import Chore
from producers.firing import Firing
from producers.poll_chain import PollChain
from producers.poll_watch import PollWatch
from producers.stamping import Stamp

_SWEEP_SECONDS = 1.0
_SIGN_SECONDS = 5.0
_WATCH_SECONDS = 10.0
_TIDY_SECONDS = 600.0
_TYPES_SECONDS = 60.0


def chores_of_all(store: Store, bus: Bus, telemetry: Telemetry, stamp: Stamp) -> Iterator[Chore]:
    """Yield what every process does."""
    sweeper = Sweeper(store.database, bus.ledger.outlet, telemetry, clock, new_id)
    yield Chore("bringing back what dead processes held", _SWEEP_SECONDS, sweeper.sweep)
    firing = Firing(store.database, bus.ledger, stamp, clock, random.random)
    yield Chore("firing schedules", _SWEEP_SECONDS, firing.fire)
    polls = PollWatch(store.database, PollChain(bus.ledger, stamp), clock)
    yield Chore("watching the polling", _WATCH_SECONDS, polls.revive)
    if store.settings.archive_configdb_url:
        refresh = store.configuration_types.refresh
        yield Chore("asking for configuration types", _TYPES_SECONDS, refresh)


def chores_of_workers(store: Store, signs: SignsOfLife) -> Iterator[Chore]:
    """Yield what a process does that has workers."""
    yield Chore("signs of life", _SIGN_SECONDS, signs.show)
    scratch = ScratchCaretaker(store.scratch, clock)
    yield Chore("tidying up scratch folders", _TIDY_SECONDS, scratch.tidy)


def chores_of_ingress(store: Store, bus: Bus) -> Iterator[Chore]:
    """Yield what a process does that has an ingress: there is one, wherever anything is done."""
    staging = timedelta(hours=store.settings.staging_hours)
    caretaker = Caretaker(store.database, store.objects, staging, clock)
    yield Chore("tidying up", _TIDY_SECONDS, caretaker.tidy)
    sampler = Sampler(store.database, bus.queues, CONSUMERS, clock)
    yield Chore("sampling queues", SAMPLE_SECONDS, sampler.sample)
