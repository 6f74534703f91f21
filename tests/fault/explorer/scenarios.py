"""What is asked of an installation that dies: add a line to `scenarios` to have one more explored.

A scenario is a request that names something never named before, and a statement that counts, by
that name, how often its effect is there. That its event ended once, with one follow-on, is checked
of every scenario alike.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Select, func, select

from schemas.files import FileIngestRequested
from schemas.probes import ProbeRequested
from store.tables import files, probes
from tests.web import Answer, Request

WAIT = {"prefer": "wait=20"}


@dataclass(frozen=True)
class Ask:
    """One request, which may be repeated as it is."""

    method: str
    path: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Scenario:
    """One way of an event."""

    title: str
    ask: Callable[[str], Ask]
    """Takes a UUID, which becomes the name of what is asked for."""
    effects: Select[tuple[str, int]]
    """Returns each name, and how often its effect is there."""


def event(key: str, type_: str, **data: object) -> Ask:
    """Post an event of that id."""
    headers = {
        "ce-specversion": "1.0",
        "ce-id": key,
        "ce-source": "/explorer",
        "ce-type": type_,
        "content-type": "application/json",
    }
    return Ask("POST", "/events", json.dumps(data).encode(), {**headers, **WAIT})


def upload(name: str) -> Ask:
    """Upload a file of that name, whose content is the name."""
    return Ask("PUT", f"/files/{name}", name.encode(), {"idempotency-key": name, **WAIT})


PROBES = select(probes.c.probe.label("name"), func.count().label("times")).group_by(probes.c.probe)
FILES = select(files.c.name, func.count().label("times")).group_by(files.c.name)


def scenarios(source: str) -> list[Scenario]:
    """Return all there are; `source` is the URL of a `FailingOnce`."""
    return [
        Scenario("probe", lambda name: event(name, ProbeRequested.TYPE, probe=name), PROBES),
        Scenario("upload", upload, FILES),
        Scenario(
            "retry",
            lambda name: event(
                name, FileIngestRequested.TYPE, name=name, source=f"{source}/{name}"
            ),
            FILES,
        ),
    ]


@dataclass
class FailingOnce:
    """A web server that fails the first time it is asked for anything, and then serves it."""

    asked: set[str] = field(default_factory=set)

    def __call__(self, request: Request) -> Answer:
        """Answer with the path's last part."""
        if request.path in self.asked:
            return Answer(body=request.path.rpartition("/")[2].encode())
        self.asked.add(request.path)
        return Answer(503)
