"""Frames as ocs-ingester posts them, and what comes of them: all but HTTP."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from consumers.contract import Consumer
from consumers.ingest_frame import CONSUMER, prepare
from producers.frames import FrameChanges
from schemas.base import Event
from schemas.catalogue import decode
from schemas.envelope import Envelope
from schemas.frame_post import Post, PostedVersion
from schemas.frames import FramePostRequested
from store import tables
from store.frames.drafts import keep_draft
from store.ledger import Entry, envelope_of
from tests.equipment.world import World, new_id

NAME = "tst1m0a-kb27-20240304-0001-e00"
OBSERVED = datetime(2024, 3, 5, 4, 5, 6, 789000, tzinfo=UTC)
PUBLIC = datetime(2025, 3, 5, 4, 5, 6, 789000, tzinfo=UTC)
AREA = (
    '{"type":"Polygon","coordinates":'
    "[[[150.05,1.95],[150.05,2.05],[149.95,2.05],[149.95,1.95],[150.05,1.95]]]}"
)


def md5_of(data: bytes) -> str:
    """Return a digest in hex."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def version(
    content: bytes = b"pixels",
    extension: str = ".fits.fz",
    *,
    key: str | None = None,
    object_key: str | None = None,
) -> PostedVersion:
    """Return a version of these bytes, in a store that calls them by their digest."""
    digest = md5_of(content)
    return PostedVersion(key or digest, digest, extension, object_key)


def post(
    basename: str = NAME,
    *contents: bytes,
    **changes: Any,  # noqa: ANN401 - values of fields
) -> Post:
    """Return what ocs-ingester sends for a frame with these contents, with changes to fields."""
    fields: dict[str, Any] = {
        "reduction_level": 0,
        "observation_day": "2024-03-04",
        "observation_date": OBSERVED,
        "proposal_id": "PROP-1",
        "instrument_id": "kb27",
        "target_name": "M 31",
        "site_id": "tst",
        "telescope_id": "1m0a",
        "exposure_time": 12.5,
        "primary_optical_element": "rp",
        "public_date": PUBLIC,
        "configuration_type": "EXPOSE",
        "observation_id": 4711,
        "request_id": 991,
    }
    given = {
        "headers": {"DATE-OBS": "2024-03-05T04:05:06.789", "USERID": "ada", "TRACKNUM": None},
        "area": AREA,
        "versions": tuple(version(one) for one in contents),
        **{name: changes.pop(name) for name in [*changes] if name not in fields},
    }
    return Post(basename=basename, fields={**fields, **changes}, **given)


@dataclass
class Observatory:
    """What tests do with the frames of one archive."""

    world: World
    user: str = "ada"

    def request(self, *posts: Post) -> list[Envelope]:
        """Have posts accepted in one transaction, as the HTTP ingress does; nothing waits."""
        now, envelopes = self.world.clock(), []
        with self.world.database.transaction() as transaction:
            for one in posts:
                draft = new_id()
                event = FramePostRequested(
                    basename=one.basename,
                    user=self.user,
                    draft=draft,
                    md5s=tuple(each.md5 for each in one.versions),
                    size=1,
                )
                envelopes.append(self.world.stamp.put_on(event))
                keep_draft(transaction, draft, one, fingerprint="", now=now)
            entries = [Entry(one, "accepted", f"user:{self.user}", now) for one in envelopes]
            self.world.bus.ledger.append(transaction, entries)
        return envelopes

    def carry_out(self, *posts: Post) -> list[Event]:
        """Do what the runtime does with a batch, and no more; return what would follow."""
        world, now = self.world, self.world.clock()
        batch = {one.key: self.event(one) for one in self.request(*posts)}
        with world.database.transaction() as transaction:
            works = {key: world.make_work(transaction, key, 0, now) for key in batch}
            prepare(batch, next(iter(works.values())))
            return [event for key in batch for event in CONSUMER.handle(batch[key], works[key])]

    def settle(self, *posts: Post) -> list[Event]:
        """Have posts stored; return what follows from them."""
        envelopes = self.request(*posts)
        self._work(CONSUMER, envelopes)
        return [event for one in envelopes for event in self.followed(one)]

    def _work(self, consumer: Consumer[Any], envelopes: Iterable[Envelope]) -> None:
        with self.world.working(consumer):
            for one in envelopes:
                self.world.wait_for(tables.inbox, 1, event_key=one.key)

    @property
    def changes(self) -> FrameChanges:
        """What is done at once."""
        world = self.world
        return FrameChanges(world.database, world.bus.ledger, world.stamp, world.clock, new_id)

    def event(self, envelope: Envelope) -> FramePostRequested:
        """Return the request that an envelope holds."""
        event = decode(envelope)
        assert isinstance(event, FramePostRequested)
        return event

    # --- looking ----------------------------------------------------------------------------------

    def followed(self, envelope: Envelope) -> list[Event]:
        """Return the events that followed from a request, in order."""
        rows = self.world.rows(tables.events, cause=envelope.key)
        rows.sort(key=lambda row: row["position"])
        return [decode(envelope_of(row)) for row in rows]  # type: ignore[arg-type]  # reads like one

    def row(self, basename: str = NAME) -> dict[str, Any]:
        """Return the row of a frame."""
        (row,) = self.world.rows(tables.frames, basename=basename)
        return row

    def versions(self, basename: str = NAME) -> list[dict[str, Any]]:
        """Return the rows of a frame's versions, the oldest first."""
        return self.world.rows(tables.frame_versions, frame=self.row(basename)["id"])


def without(one: Post, *fields: str) -> Post:
    """Return a post that says nothing of some fields."""
    return replace(one, fields={k: v for k, v in one.fields.items() if k not in fields})
