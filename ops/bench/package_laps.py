"""Laps of packages: a plain script, and Muniment from the order until the package is there."""

import hashlib
import os
import shutil
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from time import monotonic, sleep
from zipfile import ZipFile

from sqlalchemy import select

from ops.bench import floor_package
from ops.bench.dataset import NUMBERS, TEXTS
from ops.bench.floor_package import Ended, Errand
from ops.bench.installation import Installation
from ops.bench.laps import Lap, Tell
from ops.bench.meters import cpu_seconds, read, spent
from ops.bench.processes import MeasurementError, child
from ops.bench.repository import ACTION, FILE
from ops.packager_client import ask
from store.tables import package_requests, packages

_START_SECONDS = 30.0
_PATIENCE_SECONDS = 1800.0
_LOOK_SECONDS = 0.02
_PIECE = 1 << 20
_RESOURCES = {"pages of objects": NUMBERS, "pages of CSV": TEXTS}
TABLES = tuple(_RESOURCES)
"""The courses of tables, by how the rows come."""


@dataclass(frozen=True, slots=True)
class Content:
    """What is in a zip."""

    sha256: str
    """Of the one member, hex."""
    size: int
    """Of the member, in bytes."""
    packed: int
    """Of the zip, in bytes."""


class ScriptCourse:
    """Has each thing packaged by a script: so many rows, or, with 0, the file."""

    name = "plain script"

    def __init__(self, url: str, page_size: int, folder: Path) -> None:
        self._url = url
        self._page_size = page_size
        self.zip = folder / "script.zip"
        self.content = Content("", 0, 0)
        """Of its last zip."""

    def run(self, things: Sequence[int], tell: Tell) -> Lap:
        """See Course."""
        (rows,) = things
        errand = Errand(self._url, rows, self._page_size, self.zip)
        with child("script", floor_package.package, errand) as script:
            script.hear(_START_SECONDS)
            settle()
            meters = {"script": partial(cpu_seconds, script.pid)}
            before = read(meters)
            script.tell()
            ended: Ended = script.hear(_PATIENCE_SECONDS)
            cpu = spent(before, read(meters))
        tell(1)
        self.content = content_of(self.zip)
        return Lap(rows or self.content.size, ended.ended - ended.started, cpu, 0, 0)


class PackageCourse:
    """Orders a package, and waits for it; it has to hold what the script's holds."""

    def __init__(
        self, name: str, installation: Installation, secret: str, url: str, script: ScriptCourse
    ) -> None:
        self.name = name
        self._here = installation
        self._secret = secret
        self._url = url
        self._script = script
        self._packager = f"http://{installation.host}:{installation.port}/packager"
        self.content = Content("", 0, 0)
        """Of its last zip."""

    def run(self, things: Sequence[int], tell: Tell) -> Lap:
        """See Course; the script must have had the same before."""
        (rows,) = things
        settle()
        before = read(self._here.meters)
        started = monotonic()
        key = self._order(rows)
        name = self._await(key)
        seconds = monotonic() - started
        cpu = spent(before, read(self._here.meters))
        tell(1)
        self.content = self._have(name)
        wanted = self._script.content
        if (self.content.sha256, self.content.size) != (wanted.sha256, wanted.size):
            raise MeasurementError("what was packaged is not what the script packaged")
        ask(self._packager, "clear_caches", {"secret": self._secret})
        return Lap(rows or self.content.size, seconds, cpu, 0, 0)

    def _order(self, rows: int) -> str:
        """Return the key of the event that asks for the package."""
        fields = {"secret": self._secret, "email": "bench@example.org"}
        if rows:
            task = "package_datastore"
            fields |= {"api_url": self._url + ACTION, "resource_id": _RESOURCES[self.name]}
            # As CKAN's extension does, which has counted them.
            fields |= {"limit": str(rows)}
        else:
            task = "package_url"
            fields |= {"resource_url": self._url + FILE, "resource_id": "file"}
        return str(ask(self._packager, task, fields)["operation"])

    def _await(self, key: str) -> str:
        """Return the name of the package that a request was given."""
        deadline = monotonic() + _PATIENCE_SECONDS
        columns = package_requests.c
        statement = (
            select(columns.ended_at, packages.c.name)
            .outerjoin_from(package_requests, packages, packages.c.id == columns.package)
            .where(columns.event_key == key)
        )
        while monotonic() < deadline:
            (row,) = self._here.database.query(statement)
            if row["name"] is not None:
                return str(row["name"])
            if row["ended_at"] is not None:
                raise MeasurementError("the package cannot be built; its reason stands above")
            sleep(_LOOK_SECONDS)
        raise MeasurementError(f"the package has not come in {_PATIENCE_SECONDS:g} s")

    def _have(self, name: str) -> Content:
        """Download a zip; return what is in it."""
        path = self._script.zip.with_name("package.zip")
        host, port = self._here.host, self._here.port
        with closing(HTTPConnection(host, port, timeout=_START_SECONDS)) as connection:
            connection.request("GET", f"/packager/resources/{name}")
            answer = connection.getresponse()
            if answer.status != 200:  # noqa: PLR2004
                raise MeasurementError(f"the package is answered {answer.status}")
            with path.open("wb") as file:
                shutil.copyfileobj(answer, file, _PIECE)
        content = content_of(path)
        path.unlink()
        return content


def settle() -> None:
    """Have on the disk what was written: or one course would pay for what another left."""
    os.sync()


def content_of(path: Path) -> Content:
    """Return what is in a zip of one member, which is whole."""
    digest = hashlib.sha256()
    with ZipFile(path) as archive:
        (entry,) = archive.infolist()
        with archive.open(entry) as member:
            while piece := member.read(_PIECE):
                digest.update(piece)
    return Content(digest.hexdigest(), entry.file_size, path.stat().st_size)
