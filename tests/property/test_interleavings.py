"""Two processes at the same things, in every order that can be thought of: each thing once.

Two workers share one queue. They stop where they take, call the handler, settle, acknowledge or
put back, and go on one step at a time, in an order that Hypothesis chooses and shrinks.
"""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Condition, current_thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.contract import Consumer
from consumers.ingest_file import CONSUMER as INGEST_FILE
from schemas.base import Event
from schemas.files import FileArchived, FileIngestRequested
from schemas.probes import ProbeRequested
from store import tables
from store.ports import Work
from tests.equipment.emptying import make_empty
from tests.equipment.probing import QUICKLY, Script, check_once, prober
from tests.equipment.sources import Intercepted
from tests.equipment.world import World, open_world

_BLOCKED_SECONDS = 0.03
"""After which a worker that has not come to its next step is taken to wait for the other, for a
lock of the database, say. Nothing is wrong when it does not: the order is another one then."""

EXAMPLES = 30

orders = st.lists(st.booleans(), max_size=24)
"""Which of the two workers goes on, step by step; when it is over, both go on freely."""


class Conductor:
    """Lets two workers, known by their threads, go on one step at a time."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._seats: dict[str, int] = {}
        self._waiting: set[int] = set()
        self._free = False

    def step(self, _what: str = "") -> None:
        """Wait, in a worker's thread, until it may go on."""
        with self._changed:
            seat = self._seats.setdefault(str(current_thread().ident), len(self._seats))
            self._waiting.add(seat)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._free or seat not in self._waiting)
            self._waiting.discard(seat)

    def conduct(self, order: Sequence[bool]) -> None:
        """Let them go on in this order, as far as it can be kept, and then freely."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._waiting) > 1, 10 * _BLOCKED_SECONDS)
            for choice in order:
                chosen = {int(choice)} & self._waiting or set(self._waiting)
                if not chosen:
                    self._changed.wait_for(lambda: self._waiting, _BLOCKED_SECONDS)
                    continue
                seat = min(chosen)
                self._waiting.discard(seat)
                self._changed.notify_all()
                self._changed.wait_for(partial(self._waiting.__contains__, seat), _BLOCKED_SECONDS)
            self._free = True
            self._changed.notify_all()


@dataclass(frozen=True)
class Stepwise:
    """A handler with a step before and a step after its effects."""

    conductor: Conductor
    consumer: Consumer[Any]

    def __call__(self, event: Event, work: Work) -> Sequence[Event]:
        """Handle."""
        self.conductor.step()
        follow_ons = self.consumer.handle(event, work)
        self.conductor.step()
        return follow_ons


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of database; the URL of one with tables, for PostgreSQL."""
    if request.param == "sqlite":
        return "sqlite"
    return str(request.getfixturevalue("shared_postgresql_url"))


@contextmanager
def fresh_world(kind: str, consumer: Consumer[Any]) -> Iterator[World]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'muniment.db'}" if kind == "sqlite" else kind
        if kind != "sqlite":
            make_empty(url)
        with open_world([consumer], database_url=url, folder=folder) as world:
            yield world


def work_off_in_order(world: World, consumer: Consumer[Any], order: Sequence[bool]) -> None:
    """Let two workers, each with one delivery at a time, bring everything to its end."""
    conductor = Conductor()
    slowly = dataclasses.replace(
        consumer,
        handle=Stepwise(conductor, consumer),
        batch=1,
        threads=1,
        prefetch=1,
        retry=QUICKLY,
    )
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(
                world.working(
                    slowly,
                    around=lambda source: Intercepted(
                        source, before=_unless_taking(conductor), after=conductor.step
                    ),
                )
            )
        # However the conducting ends, nobody is left waiting.
        stack.callback(conductor.conduct, [])
        conductor.conduct(order)
        world.wait_until_at_rest()


def _unless_taking(conductor: Conductor) -> Any:  # noqa: ANN401 - a callback
    return lambda call: None if call == "take" else conductor.step(call)


@settings(max_examples=EXAMPLES)
@given(order=orders, copies=st.integers(1, 2), failures=st.integers(0, 2))
def test_deliveries_of_one_event(
    kind: str, order: Sequence[bool], copies: int, failures: int
) -> None:
    def fail(_event: ProbeRequested, run: int) -> None:
        if run <= failures:
            raise RuntimeError("not yet")

    consumer = prober(Script(fail))
    with fresh_world(kind, consumer) as world:
        sent = world.accept(ProbeRequested(probe="x"), ProbeRequested(probe="y"))
        for envelope in sent:
            for _ in range(copies):
                world.deliver(envelope, consumer.name)
        work_off_in_order(world, consumer, order)
        check_once(world, sent)
        assert world.count(tables.parked) == 0


@settings(max_examples=EXAMPLES)
@given(order=orders, contents=st.lists(st.sampled_from([b"a", b"b"]), min_size=2, max_size=3))
def test_requests_on_one_name(kind: str, order: Sequence[bool], contents: Sequence[bytes]) -> None:
    with fresh_world(kind, INGEST_FILE) as world:
        sent = world.accept(
            *(
                FileIngestRequested(name="n", source=f"upload:{world.receive(content).id}")
                for content in contents
            )
        )
        work_off_in_order(world, INGEST_FILE, order)
        versions = sorted(world.rows(tables.files), key=lambda row: row["version"])
        assert [row["version"] for row in versions] == list(range(1, len(versions) + 1))
        digests = [row["sha256"] for row in versions]
        assert all(one != other for one, other in pairwise(digests))
        keys = sorted(one.key for one in sent)
        assert sorted(row["event_key"] for row in world.rows(tables.inbox)) == keys
        follow_ons = [row for row in world.rows(tables.events) if row["cause"]]
        assert Counter(row["cause"] for row in follow_ons) == Counter(keys)
        archived = [row["cause"] for row in follow_ons if row["type"] == FileArchived.TYPE]
        assert sorted(archived) == sorted(row["archived_by"] for row in versions)
        assert world.count(tables.parked) == world.count(tables.uploads) == 0
        stored = {info.key for info in world.objects.list("")}
        assert stored == {row["object_key"] for row in versions}
