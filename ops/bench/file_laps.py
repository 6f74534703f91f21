"""Laps of files: a raw copy, and Muniment's ingest."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from pydantic_core import from_json
from sqlalchemy import select

from ops.bench import floor_copy, uploading
from ops.bench.installation import Installation
from ops.bench.laps import Lap, Tell, conserved
from ops.bench.meters import cpu_seconds, read, spent
from ops.bench.processes import MeasurementError, child
from ops.bench.specimens import Specimen
from ops.bench.timing import time_load
from schemas.files import FileArchived
from store.tables import events, files

_START_SECONDS = 30.0
_COPY_SECONDS = 1800.0


class CopyCourse:
    """Copies into a folder, one file after another; remembers their digests."""

    name = "raw copy"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.digests: dict[str, str] = {}
        """SHA-256 by name."""

    def run(self, things: Sequence[Specimen], tell: Tell) -> Lap:
        """See Course."""
        with child("copy", floor_copy.copy, things, self._folder) as copy:
            copy.hear(_START_SECONDS)
            meters = {"copy": partial(cpu_seconds, copy.pid)}
            before = read(meters)
            copy.tell()
            copied: floor_copy.Copied = copy.hear(_COPY_SECONDS)
            cpu = spent(before, read(meters))
        tell(len(things))
        self.digests.update(copied.sha256)
        return Lap(len(things), copied.ended - copied.started, cpu, 0, 0)


class UploadCourse:
    """Uploads over so many connections, and checks every result against the copy's digest."""

    name = "ingest"

    def __init__(self, installation: Installation, connections: int, copy: CopyCourse) -> None:
        self._installation = installation
        self._connections = connections
        self._copy = copy
        self._position = 0

    def run(self, things: Sequence[Specimen], tell: Tell) -> Lap:
        """See Course; the copy must have had the same files before."""
        here = self._installation
        connections = min(self._connections, len(things))
        plan = uploading.Plan(here.host, here.port, here.token, things, connections)
        with child("load", uploading.upload, plan) as load:
            timed = time_load(here, load, files, len(things), tell)
        expected = {f"{one.name} {self._copy.digests[one.name]}" for one in things}
        archived = self._archived()
        if not archived.keys() <= expected:
            raise MeasurementError("what was archived is not what was uploaded")
        return Lap(len(things), *timed, *conserved(expected, archived))

    def _archived(self) -> Counter[str]:
        """Return the name and digest of what has been archived since the last call."""
        rows = self._installation.database.query(
            select(events.c.position, events.c.data)
            .where(events.c.type == FileArchived.TYPE, events.c.position > self._position)
            .order_by(events.c.position)
        )
        if rows:
            self._position = rows[-1]["position"]
        facts = (from_json(row["data"]) for row in rows)
        return Counter(f"{fact['name']} {fact['sha256']}" for fact in facts)
