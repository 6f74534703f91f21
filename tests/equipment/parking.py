"""A world with parked events, and an ingress over it to decide about them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from consumers.contract import Consumer, Reject
from schemas.envelope import Envelope
from schemas.probes import ProbeRequested
from store import tables
from tests.equipment.ingress import Ingress, serving
from tests.equipment.installations import Answer
from tests.equipment.making import MakeWorld
from tests.equipment.probing import NAME, Script, prober
from tests.equipment.world import World

JSON = "application/json"


@dataclass
class Telescope:
    """What a handler depends on; broken until it is mended."""

    broken: bool = True
    runs: int = 0

    def look(self, event: ProbeRequested, _run: int) -> None:
        """Refuse anything about the moon, and fail while broken."""
        self.runs += 1
        if event.probe.startswith("moon"):
            raise Reject(f"no such source: {event.probe!r}")
        if self.broken:
            raise TimeoutError("the telescope does not answer")


@dataclass
class Scene:
    """A world in which a few events have been parked."""

    world: World
    ingress: Ingress
    telescope: Telescope
    consumer: Consumer[ProbeRequested]
    sent: list[Envelope] = field(default_factory=list)

    def park(self, *names: str) -> list[str]:
        """Have probes of these names parked; returns the ids of the items."""
        before = self.world.count(tables.parked)
        self.sent += self.world.accept(*(ProbeRequested(probe=name) for name in names))
        with self.world.working(self.consumer):
            self.world.wait_for(tables.parked, before + len(names))
        by_key = {row["event_key"]: row["id"] for row in self.world.rows(tables.parked)}
        return [by_key[one.key] for one in self.sent[-len(names) :]]

    def work_off(self, handled: int) -> None:
        """Let the consumer work until so many events have been handled in all."""
        with self.world.working(self.consumer):
            self.world.wait_for(tables.inbox, handled)
            self.world.wait_until_at_rest()

    def post(self, path: str, body: object = None) -> Answer:
        """Decide, as somebody who may."""
        said = None if body is None else json.dumps(body).encode()
        return self.ingress.operator.call(
            "POST", path, said, content_type=None if body is None else JSON
        )

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON is what it is
        """Return what is answered."""
        answer = self.ingress.caller.call("GET", path)
        assert answer.status == 200, answer.body
        return answer.json

    def listed(self, query: str = "") -> list[str]:
        """Return the ids that are listed."""
        return [one["id"] for one in self.get(f"/parked{query}")["items"]]


@contextmanager
def scene_of(make: MakeWorld, **options: Any) -> Iterator[Scene]:  # noqa: ANN401 - Consumer's
    telescope = Telescope()
    consumer = prober(Script(telescope.look), **options)
    world = make(consumer)
    with serving(world, consumer=NAME) as ingress:
        yield Scene(world, ingress, telescope, consumer)


@pytest.fixture
def everywhere(make_world: MakeWorld) -> Iterator[Scene]:
    """A scene in each world: where delivery matters."""
    with scene_of(make_world) as scene:
        yield scene


@pytest.fixture
def scene(make_embedded_world: MakeWorld) -> Iterator[Scene]:
    with scene_of(make_embedded_world) as scene:
        yield scene
