"""Asking for packages as the HTTP adapter does, and looking at what came."""

import csv
import io
import json
import zipfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from operator import itemgetter
from typing import Any

from consumers.contract import Consumer
from schemas.datasets import DatasetPackageRequested, DatasetSmallPackageRequested
from schemas.envelope import Envelope
from schemas.package_parameters import check_request
from store import tables
from store.keys import package_key
from store.ledger import Entry
from store.package_requests import accepted, keep_request
from tests.equipment.ckan import Ckan
from tests.equipment.world import PATIENCE_SECONDS, World
from tests.services.waiting import until

EMAIL = "ada@example.org"


@dataclass(frozen=True)
class Counter:
    """Where packages are asked for."""

    world: World
    ckan: Ckan

    def order(self, kind: str = "datastore", **parameters: object) -> Envelope:
        """Ask for a package; the default is resource `r-1` as CSV, in the lane of slow ones."""
        sent: dict[str, object] = {"resource_id": "r-1", "email": EMAIL, **parameters}
        sent.setdefault("resource_url" if kind == "url" else "api_url", self.ckan.api_url)
        checked = check_request(kind, sent)  # type: ignore[arg-type]
        fast = checked.lane(50_000, is_ready=False) == "fast"
        requested = (DatasetSmallPackageRequested if fast else DatasetPackageRequested)(
            resource_id=checked.resource_id,
            kind=checked.kind,
            host=checked.host,
            format=checked.format,
        )
        envelope = self.world.stamp.put_on(requested)
        asked = accepted(checked, envelope.key, self.world.clock())
        with self.world.database.transaction() as transaction:
            keep_request(transaction, asked)
            entry = Entry(envelope, "accepted", "packager", self.world.clock())
            self.world.bus.ledger.append(transaction, [entry])
        return envelope

    def work_off(self, *consumers: Consumer[Any]) -> None:
        """Have consumers at work until every request for a package has ended.

        Time passes quickly whenever nobody has anything to do.
        """
        with ExitStack() as stack:
            for consumer in consumers:
                stack.enter_context(self.world.working(consumer))
            until(self._has_ended, seconds=PATIENCE_SECONDS, what="the packages")

    def _has_ended(self) -> bool:
        asked = {row["event_key"] for row in self.world.rows(tables.package_requests)}
        ended = (
            *self.world.rows(tables.inbox),
            *(row for row in self.world.rows(tables.parked) if row["ending"] is None),
        )
        if asked <= {row["event_key"] for row in ended}:
            return True
        now = self.world.clock()
        waiting = [
            *self.world.rows(tables.deliveries),
            *(row for row in self.world.rows(tables.outbox) if row["event_key"] in asked),
        ]
        at_work = any(row["owner"] for row in self.world.rows(tables.leases))
        if waiting and not at_work and all(row["not_before"] > now for row in waiting):
            self.world.clock.advance(timedelta(seconds=10))
        return False

    def said(self, type_: str) -> list[dict[str, Any]]:
        """Return the data of the events of a type, in their order."""
        rows = self.world.rows(tables.events, type=type_)
        return [json.loads(row["data"]) for row in sorted(rows, key=itemgetter("position"))]

    def scratch(self) -> list[str]:
        """Return the folders of what is under construction."""
        folder = self.world.inbox.parent / "scratch"
        return sorted(one.name for one in folder.iterdir()) if folder.is_dir() else []

    def packages(self) -> list[dict[str, Any]]:
        """Return what has been built, oldest first."""
        return sorted(self.world.rows(tables.packages), key=lambda row: str(row["built_at"]))

    def zip(self, package: Mapping[str, Any] | None = None) -> bytes:
        """Return the bytes of a package, or of the only one there is."""
        if package is None:
            (package,) = self.packages()
        with self.world.objects.open(package_key(package["name"])) as file:
            return file.read()

    def members(self, package: Mapping[str, Any] | None = None) -> dict[str, bytes]:
        """Return what is in a package, by name."""
        with zipfile.ZipFile(io.BytesIO(self.zip(package))) as opened:
            assert opened.testzip() is None
            return {name: opened.read(name) for name in opened.namelist()}

    def table(self, package: Mapping[str, Any] | None = None) -> list[list[str]]:
        """Return the rows of `resource.csv`, field names included."""
        text = self.members(package)["resource.csv"].decode()
        return list(csv.reader(io.StringIO(text, newline=""), strict=True))
