"""A running packager, and how tests speak to it: forms by POST, as CKAN's extension sends them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import Table, select

from ops.wiring import System, system
from store.keys import package_key
from store.package_ports import Package, PackageRequest
from store.packages import request_row
from store.tables import package_requests, packages
from tests.equipment.installations import Answer, Caller, settings_of
from tests.equipment.world import new_id

SECRET = "what only the repository knows"
FORM = "application/x-www-form-urlencoded"
DATASTORE = {
    "api_url": "https://data.example.org/api/action/datastore_search",
    "resource_id": "r-1",
    "email": "ada@example.org",
}
"""The least that `package_datastore` and `package_dwc_archive` take."""
FILE = {
    "resource_url": "https://data.example.org/files/data.csv",
    "resource_id": "r-1",
    "email": "ada@example.org",
}
"""The least that `package_url` takes."""
LEAST = {
    "/package_datastore": DATASTORE,
    "/package_dwc_archive": DATASTORE,
    "/package_url": FILE,
}
"""By address."""

EMPTY_ZIP = b"PK\x05\x06" + bytes(18)
"""The end of the central directory, and nothing before it: APPNOTE.TXT 4.3.16."""

_numbers = count(1)


@dataclass(frozen=True)
class Packager:
    """What is at `/packager` of a running system; paths are below that, and sent as they are."""

    running: System

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return self.running.url

    @property
    def operator(self) -> Caller:
        """One who may administer."""
        return Caller.of(self.running)

    def call(
        self, method: str, path: str, content: bytes | None = None, **headers: str | None
    ) -> Answer:
        """Send one request."""
        sent = {"authorization": None, **headers}
        return Caller(self.url, token="").call(method, f"/packager{path}", content, **sent)

    def post(
        self, path: str, fields: Mapping[str, str] | None = None, secret: str | None = SECRET
    ) -> Answer:
        """POST a form; secret None leaves it out."""
        known = {} if secret is None else {"secret": secret}
        form = urlencode({**known, **(fields or {})}, errors="surrogatepass").encode()
        return self.call("POST", path, form, content_type=FORM)

    def post_json(self, path: str, **members: Any) -> Answer:  # noqa: ANN401 - any JSON value
        """POST a JSON object, with the secret."""
        body = json.dumps({"secret": SECRET, **members}).encode()
        return self.call("POST", path, body, content_type="application/json")

    def ask(self, path: str = "/package_datastore", **changes: str) -> str:
        """Ask for a package, with some fields changed; return the operation's key."""
        answer = self.post(path, {**LEAST[path], **changes})
        assert answer.status == 200, answer
        return str(answer.json["operation"])

    def rows(self, table: Table, **like: object) -> list[dict[str, Any]]:
        """Return the rows of a table that have these values, in order of their keys."""
        statement = select(table).order_by(*table.primary_key.columns)
        for column, value in like.items():
            statement = statement.where(table.c[column] == value)
        return [dict(row) for row in self.running.store.database.query(statement)]

    def request(self, key: str) -> dict[str, Any]:
        """Return the row of a request."""
        [row] = self.rows(package_requests, event_key=key)
        return row

    def put(self, content: bytes = EMPTY_ZIP, /, **changes: Any) -> Package:  # noqa: ANN401 - any value
        """Have a package, as if it had been built, with some of its facts changed.

        `pinned` and `removed_at` may be said, too.
        """
        number, now = next(_numbers), datetime.now(UTC)
        more: dict[str, Any] = {
            name: changes.pop(name) for name in ("pinned", "removed_at") if name in changes
        }
        facts: dict[str, Any] = {
            "id": new_id(),
            "name": f"{token_urlsafe(32)}.zip",
            "digest": sha256(f"{number}".encode()).hexdigest(),
            "kind": "datastore",
            "resource_id": f"r-{number}",
            "format": "csv",
            "host": "data.example.org",
            "size": len(content),
            "sha256": sha256(content).hexdigest(),
            "rows": 3,
            "built_at": now,
            "expires_at": now + timedelta(days=7),
            **changes,
        }
        store = self.running.store
        with store.objects.create(package_key(facts["name"])) as sink:
            sink.write(content)
        with store.database.transaction() as transaction:
            transaction.insert(packages, [{**facts, **more}])
        return Package(**facts)

    def give(self, package: Package, email_masked: str) -> None:
        """Have a request that was given the package, and has ended."""
        asked = PackageRequest(
            event_key=new_id(),
            kind=package.kind,
            resource_id=package.resource_id,
            format=package.format,
            host=package.host,
            digest=package.digest,
            parameters={},
            api_key=None,
            email="",
            asked_by=email_masked,
            count=None,
            accepted_at=package.built_at,
        )
        ended = {"package": package.id, "ended_at": package.built_at, "parameters": None}
        with self.running.store.database.transaction() as transaction:
            transaction.insert(package_requests, [{**request_row(asked), **ended}])


@contextmanager
def packaging(
    world: str,
    request: pytest.FixtureRequest,
    folder: Path,
    *,
    consumers: Sequence[str] = (),
    **settings: object,
) -> Iterator[Packager]:
    """Run a system, `embedded` or `deployed`, where only these consumers work."""
    chosen = settings_of(world, request, folder, packager_secret=SECRET, **settings)
    with system(chosen, ingress=True, consumers=consumers) as running:
        yield Packager(running)
