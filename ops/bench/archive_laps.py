"""Laps of frames: by plain SQL, and through Muniment's `/archive`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pydantic_core import from_json
from sqlalchemy import bindparam, select

from ops.bench import floor_archive
from ops.bench.archive_load import LIST, Door, Plan, ask, by_md5, send
from ops.bench.exposures import PAGE, Exposure, Work
from ops.bench.floor_archive import Floor
from ops.bench.floor_laps import floor_lap
from ops.bench.installation import Installation
from ops.bench.laps import Lap, Tell, conserved
from ops.bench.loading import Posted
from ops.bench.meters import read, spent
from ops.bench.notice_listeners import Heard, Listener
from ops.bench.places import Place
from ops.bench.processes import MeasurementError, child
from ops.bench.timing import follow
from store.tables import frame_versions, frames

_START_SECONDS = 120.0
_ANSWERS: Mapping[Work, str] = {"create": "201", "list": "200", "md5": "200"}
"""How what is done is answered."""

_STORED = select(frame_versions.c.md5).where(
    frame_versions.c.md5.in_(bindparam("md5s", expanding=True))
)
_NEWEST = (
    select(frames.c.basename)
    .where(frames.c.newest.is_not(None), frames.c.observation_date.is_not(None))
    .order_by(frames.c.observation_date.desc(), frames.c.id.desc())
    .limit(PAGE)
)


class FloorCourse:
    """The same by plain SQL, in so many threads."""

    name = "raw floor"

    def __init__(self, place: Place, work: Work, threads: int) -> None:
        self._place = place
        self._work = work
        self._threads = threads

    def run(self, things: Sequence[Exposure], tell: Tell) -> Lap:
        """See Course."""
        url = self._place.settings.database
        if self._work == "create":
            # Into the same tables, where each name and each digest is there once.
            things = [replace(one, night=f"floor-{one.night}") for one in things]
        floor = Floor(self._work, url, things, self._threads)
        return floor_lap(
            self._place, floor_archive.work, floor, len(things), tell, start_seconds=_START_SECONDS
        )


class ArchiveCourse:
    """The same through HTTP, over so many connections."""

    name = "archive"

    def __init__(
        self,
        installation: Installation,
        door: Door,
        work: Work,
        connections: int,
        listener: Listener | None,
    ) -> None:
        self._installation = installation
        self._door = door
        self._work = work
        self._connections = connections
        self._listener = listener
        self.announced: Lap | None = None
        """How the last lap's notices came; None: nobody listens, or there were to be none."""

    def run(self, things: Sequence[Exposure], tell: Tell) -> Lap:
        """See Course."""
        plan = Plan(self._work, self._door, things, self._connections)
        with child("load", send, plan) as load:
            load.hear(_START_SECONDS)
            before = read(self._installation.meters)
            load.tell()
            posted = follow(load, tell, _ANSWERS[self._work])
            cpu = spent(before, read(self._installation.meters))
        if self._work == "create" and self._listener is not None:
            self.announced = _announced(things, posted, self._listener.heard(len(things)))
        whole = self._conserved(things)
        return Lap(len(things), posted.ended - posted.started, cpu, *whole, posted.times)

    def _conserved(self, things: Sequence[Exposure]) -> tuple[int, int]:
        if self._work == "create":
            md5s = [one.md5 for one in things]
            rows = self._installation.database.query(_STORED, {"md5s": md5s})
            return conserved(md5s, Counter(row["md5"] for row in rows))
        if self._work == "list":
            names = [row["basename"] for row in self._installation.database.query(_NEWEST)]
            page = from_json(ask(self._door, "GET", LIST))
            return conserved(names, Counter(one["basename"] for one in page["results"]))
        md5 = things[-1].md5
        found = from_json(ask(self._door, "GET", by_md5(things[-1])))
        return conserved([md5], Counter(one["md5"] for one in found["results"]))


def _announced(things: Sequence[Exposure], posted: Posted, heard: Heard) -> Lap:
    """Return how notices came, from the first POST on."""
    seen = Counter(heard.times)
    if not seen:
        raise MeasurementError("no frame was announced in time")
    whole = conserved([one.md5 for one in things], seen)
    return Lap(len(things), heard.ended - posted.started, {}, *whole)
