"""Laps of records: through SQLAlchemy alone, and through Muniment's `/records`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from pydantic_core import from_json
from sqlalchemy import select

from ops.bench import floor_records
from ops.bench.floor_laps import floor_lap
from ops.bench.floor_records import Floor
from ops.bench.installation import Installation
from ops.bench.laps import Lap, Tell, conserved
from ops.bench.meters import read, spent
from ops.bench.places import Place
from ops.bench.processes import child
from ops.bench.record_load import Login, Plan, ask, send
from ops.bench.runs import Run, Work
from ops.bench.timing import follow
from store.tables import record_history, records

_START_SECONDS = 60.0
_ANSWERS: Mapping[Work, str] = {"create": "201", "update": "200", "get": "200", "list": "200"}
"""How what is done is answered."""


class FloorCourse:
    """The same through SQLAlchemy alone, in so many threads."""

    name = "raw floor"

    def __init__(self, place: Place, work: Work, threads: int) -> None:
        self._place = place
        self._work = work
        self._threads = threads

    def run(self, things: Sequence[Run], tell: Tell) -> Lap:
        """See Course."""
        url = self._place.settings.database
        if self._work != "list":
            # In the same table, where a project has each label once.
            things = [replace(run, project=f"floor of {run.project}") for run in things]
        floor = Floor(self._work, url, things, self._threads)
        return floor_lap(
            self._place, floor_records.work, floor, len(things), tell, start_seconds=_START_SECONDS
        )


class RecordCourse:
    """The same through HTTP, over so many connections."""

    name = "records"

    def __init__(
        self, installation: Installation, login: Login, work: Work, connections: int
    ) -> None:
        self._installation = installation
        self._login = login
        self._work = work
        self._connections = connections

    def run(self, things: Sequence[Run], tell: Tell) -> Lap:
        """See Course; all of the runs have to be of one project."""
        here = self._installation
        if self._work == "create":
            ask(here, self._login, "PUT", things[0].project_target)
        plan = Plan(self._work, here.host, here.port, self._login, things, self._connections)
        with child("load", send, plan) as load:
            load.hear(_START_SECONDS)
            before = read(here.meters)
            load.tell()
            posted = follow(load, tell, _ANSWERS[self._work])
            cpu = spent(before, read(here.meters))
        whole = self._conserved(things)
        return Lap(len(things), posted.ended - posted.started, cpu, *whole, posted.times)

    def _conserved(self, things: Sequence[Run]) -> tuple[int, int]:
        if self._work == "create":
            return conserved([run.label for run in things], self._happened(things, "created", 1))
        if self._work == "update":
            return conserved([run.label for run in things], self._happened(things, "updated", 2))
        if self._work == "list":
            return self._listed(things[0])
        return 0, 0

    def _happened(self, things: Sequence[Run], happened: str, revision: int) -> Counter[str]:
        """Return how often that happened to each of the records that have this revision now."""
        rows = self._installation.database.query(
            select(record_history.c.label)
            .join(records, records.c.id == record_history.c.record)
            .where(
                record_history.c.project == things[0].project,
                record_history.c.happened == happened,
                records.c.revision == revision,
            )
        )
        return Counter(row["label"] for row in rows)

    def _listed(self, run: Run) -> tuple[int, int]:
        """Compare the project's document with the table."""
        document = from_json(ask(self._installation, self._login, "GET", run.project_target))
        rows = self._installation.database.query(
            select(records.c.label).where(records.c.project == run.project)
        )
        targets = [replace(run, label=row["label"]).target for row in rows]
        return conserved(targets, Counter(urlsplit(url).path for url in document["records"]))
