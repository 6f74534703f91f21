"""A running record store with four users, and how tests speak to it: plain HTTP, Basic."""

import json
from base64 import b64encode
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest

from consumers.registry import CONSUMERS
from ops.wiring import System, system
from tests.equipment.installations import Answer, Caller, settings_of
from tests.equipment.records import first_put

PASSWORDS = {name: f"password of {name}" for name in ("ann", "bo", "cy", "root")}
"""By user. Nobody has a permission anywhere yet; `root` is a superuser, who needs none."""
FORM = "application/x-www-form-urlencoded"

_numbers = count(1)


def body(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    """Return the document of a first PUT as Sumatra's client sends it, with some fields changed."""
    return first_put(**changes)


def finished(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    """Return the document of a run that has ended, which makes a closed record."""
    return first_put(**{"tags": ["_finished_"], "duration": 0.42, **changes})


def basic(user: str, password: str) -> str:
    """Return the value of an `Authorization` header."""
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


@dataclass(frozen=True)
class Recording:
    """What is at `/records` of a running system; paths are below that, and sent as they are."""

    running: System

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return self.running.url

    def call(
        self,
        method: str,
        path: str,
        content: bytes | None = None,
        *,
        user: str | None = "ann",
        **headers: str | None,
    ) -> Answer:
        """Send one request; user None sends no credentials."""
        sent = {"authorization": basic(user, PASSWORDS[user]) if user else None, **headers}
        return Caller(self.url, token="").call(method, f"/records{path}", content, **sent)

    def get(self, path: str, user: str | None = "ann", **headers: str | None) -> Answer:
        """Send a GET."""
        return self.call("GET", path, None, user=user, **headers)

    def put(
        self, path: str, document: object, user: str | None = "ann", **headers: str | None
    ) -> Answer:
        """PUT a JSON value."""
        return self.call("PUT", path, json.dumps(document).encode(), user=user, **headers)

    def project(self, *members: str, public: bool = False) -> str:
        """Create a project of Ann's, to which others may be given access; return its id."""
        name = f"reef-{next(_numbers)}"
        made = self.put(f"/{name}/", {})
        assert made.status == 201, made
        for member in (*members, *(("anonymous",) if public else ())):
            self.grant(name, member)
        return name

    def grant(self, project: str, member: str, user: str = "ann") -> None:
        """Give somebody access to a project."""
        path = f"/{quote(project, safe='')}/permissions/"
        answer = self.call(
            "POST", path, f"user={quote(member)}".encode(), user=user, content_type=FORM
        )
        assert answer.status == 302, answer

    def record(self, project: str, label: str, **changes: Any) -> str:  # noqa: ANN401 - any JSON
        """Create a closed record, with some fields changed; return its path."""
        path = f"/{quote(project, safe='')}/{quote(label, safe='')}/"
        answer = self.put(path, finished(label=label, **changes))
        assert answer.status == 201, answer
        return path

    def labels(self, project: str, query: str = "", user: str | None = "ann") -> list[str]:
        """Return the labels of a project's records as its document lists them."""
        answer = self.get(f"/{quote(project, safe='')}/{query}", user)
        assert answer.status == 200, answer
        return [unquote(urlsplit(url).path.split("/")[3]) for url in answer.json["records"]]


@contextmanager
def recording(
    world: str,
    request: pytest.FixtureRequest,
    folder: Path,
    *,
    without: Collection[str] = (),
    **settings: object,
) -> Iterator[Recording]:
    """Run a system, `embedded` or `deployed`, with the users, for as long as the block.

    All consumers work in it but those it is to be `without`.
    """
    chosen = settings_of(world, request, folder, **settings)
    names = [one.name for one in CONSUMERS if one.name not in without]
    with system(chosen, ingress=True, consumers=names) as running:
        for user, password in PASSWORDS.items():
            running.store.accounts.add_user(user, password, superuser=user == "root")
        yield Recording(running)
