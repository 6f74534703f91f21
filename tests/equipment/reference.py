"""A running reference service in this process, and how its clients speak to it."""

import json
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ops.stores import clock, new_id
from ops.wiring import System, system
from producers.components import Components
from producers.stamping import Stamp
from tests.equipment.installations import Answer, Caller, settings_of

JSON = "application/json"
HTML = "text/html; charset=utf-8"
FORM = "application/x-www-form-urlencoded"
OPERATOR, USER, PASSWORD = "vera", "max", "correct horse battery"
CALLS = ("service/add", "service/reset", "service/setinfo")


@dataclass(frozen=True)
class Reference:
    """What is at `/reference`; paths are below that, and sent as they are."""

    running: System

    @property
    def components(self) -> Components:
        """What operators change by other ways."""
        store, ledger = self.running.store, self.running.bus.ledger
        stamp = Stamp("/tests", clock, new_id)
        return Components(store.database, ledger, stamp, clock, f"{self.url}/reference/service/add")

    @property
    def url(self) -> str:
        """Where the site is."""
        return self.running.url

    def call(
        self, method: str, path: str, body: bytes | None = None, **headers: str | None
    ) -> Answer:
        """Send one request, as nobody in particular; `_` in header names stands for `-`."""
        sent = {"authorization": None, **headers}
        return Caller(self.url, token="").call(method, f"/reference/{path}", body, **sent)

    def get(self, path: str, accept: str | None = JSON, **headers: str | None) -> Answer:
        """GET an address."""
        return self.call("GET", path, None, accept=accept, **headers)

    def put(self, path: str, **headers: str | None) -> Answer:
        """PUT nothing."""
        return self.call("PUT", path, None, **headers)

    def describe(self, component: str, said: object, **headers: str | None) -> Answer:
        """PUT a description, as JSON."""
        return self.call("PUT", f"{component}/setinfo", json.dumps(said).encode(), **headers)

    def press(self, component: str, body: bytes, kind: str = FORM, **headers: str | None) -> Answer:
        """POST a form."""
        return self.call("POST", f"{component}/update", body, content_type=kind, **headers)

    def count(self, component: str = "service") -> int:
        """Return how often a component has been used."""
        said = self.get(f"{component}/stats").json
        return int(said["interactions" if component == "platform" else "invocations"])


def basic(name: str, password: str = PASSWORD) -> str:
    """Return the header of Basic credentials."""
    return "Basic " + b64encode(f"{name}:{password}".encode()).decode()


@contextmanager
def referring(
    request: pytest.FixtureRequest,
    folder: Path,
    *,
    world: str = "embedded",
    consumers: Sequence[str] = (),
    **settings: object,
) -> Iterator[Reference]:
    """Run a reference service with an operator and a user, where these consumers work."""
    chosen = settings_of(world, request, folder, **{"answer_seconds": 50, **settings})
    with system(chosen, ingress=True, consumers=consumers) as running:
        accounts = running.store.accounts
        if not accounts.exists(OPERATOR):
            accounts.add_user(OPERATOR, PASSWORD, operator=True)
            accounts.add_user(USER, PASSWORD)
        yield Reference(running)
