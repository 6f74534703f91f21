"""A running science archive in this process, its users, and how tests speak to it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from ops.wiring import System, system
from tests.equipment.installations import Answer, Caller, settings_of

MEMBERSHIPS: Mapping[str, Sequence[str]] = {"ada": ["PROP-1"], "bob": []}
"""Of local users, beside `root`, a superuser, and `stan`, who is staff."""
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
POLYGON = {
    "type": "Polygon",
    "coordinates": [
        [[150.05, 1.95], [150.05, 2.05], [149.95, 2.05], [149.95, 1.95], [150.05, 1.95]]
    ],
}
CONSUMERS = ("ingest-frame",)
"""What has to be at work for a POST to be answered."""

_numbers = count(1)


def version(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    """Return a version that nobody has sent yet."""
    number = next(_numbers)
    return {"key": f"key-{number}", "md5": f"{number:032x}", "extension": ".fits.fz", **changes}


def frame_body(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    """Return what ocs-ingester 3.2 sends of a new frame, with some of it changed."""
    return {
        "reduction_level": 0,
        "observation_day": "20240304",
        "observation_date": "2024-03-05T04:05:06.789",
        "proposal_id": "PROP-1",
        "instrument_id": "kb27",
        "target_name": "M 31",
        "site_id": "tst",
        "telescope_id": "1m0a",
        "exposure_time": 12.5,
        "primary_optical_element": "rp",
        "public_date": "2025-03-05T04:05:06.789000",
        "configuration_type": "EXPOSE",
        "observation_id": 4711,
        "request_id": 991,
        "related_frame_filenames": [],
        "frame_basename": None,
        "size": "",
        "headers": {"SIMPLE": True, "NAXIS": 2, "TRACKNUM": None, "OBJECT": "M 31"},
        "area": POLYGON,
        "version_set": [version()],
        "basename": f"tst1m0a-kb27-20240304-{next(_numbers):04}-e00",
        **changes,
    }


def in_days(days: float) -> str:
    """Return a time so many days from now, as clients write it."""
    return (datetime.now() + timedelta(days=days)).isoformat()  # noqa: DTZ005 - as clients do


@dataclass(frozen=True)
class Archive:
    """What is at `/archive`; paths are below that, and sent as they are."""

    running: System
    tokens: Mapping[str, str] = field(default_factory=dict)
    """By user."""

    def call(
        self,
        method: str,
        path: str,
        content: bytes | None = None,
        user: str | None = None,
        **headers: str | None,
    ) -> Answer:
        """Send one request; user None: anonymous."""
        known = None if user is None else f"Token {self.tokens[user]}"
        sent = {"authorization": known, **headers}
        return Caller(self.running.url, token="").call(method, f"/archive{path}", content, **sent)

    def get(self, path: str, user: str | None = None, /, **query: object) -> Answer:
        """GET an address; lists in the query are repeated."""
        return self.call(
            "GET", path + (f"?{urlencode(query, doseq=True)}" if query else ""), user=user
        )

    def send(
        self,
        method: str,
        path: str,
        said: Any,  # noqa: ANN401 - any JSON value
        user: str | None = "root",
    ) -> Answer:
        """Send JSON."""
        return self.call(method, path, json.dumps(said).encode(), user, content_type=JSON)

    def post(self, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
        """Have a frame; return what was answered."""
        answer = self.send("POST", "/frames/", frame_body(**changes))
        assert answer.status == 201, answer
        said = answer.json
        assert isinstance(said, dict)
        return said

    def found(self, user: str | None = None, /, **query: object) -> list[str]:
        """Return the basenames that a search finds, in order."""
        answer = self.get("/frames/", user, **query)
        assert answer.status == 200, answer
        assert answer.json["count"] == len(answer.json["results"])
        return [one["basename"] for one in answer.json["results"]]


@contextmanager
def archiving(
    request: pytest.FixtureRequest,
    folder: Path,
    *,
    world: str = "embedded",
    consumers: Sequence[str] = CONSUMERS,
    **settings: object,
) -> Iterator[Archive]:
    """Run an archive with its users, where only these consumers work."""
    chosen = settings_of(world, request, folder, **{"answer_seconds": 50, **settings})
    with system(chosen, ingress=True, consumers=consumers) as running:
        yield Archive(running, add_people(running))


def add_people(running: System) -> Mapping[str, str]:
    """Add the users, and return their tokens."""
    accounts, users = running.store.accounts, running.store.archive_users
    for name in ("root", "stan", *MEMBERSHIPS):
        accounts.add_user(name, None)
    users.set_rank("root", staff=True, superuser=True)
    users.set_rank("stan", staff=True, superuser=None)
    for name, proposals in MEMBERSHIPS.items():
        users.set_proposals(name, proposals)
    return {name: users.token(name) for name in ("root", "stan", *MEMBERSHIPS)}
