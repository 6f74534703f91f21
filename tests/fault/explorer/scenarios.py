"""What is asked of an installation that dies: add a line to `scenarios` to have one more explored.

A scenario is a request that names something never named before, and a statement that counts, by
that name, how often its effect is there. That its event ended once, with one follow-on, is checked
of every scenario alike.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import Select, func, select

from schemas.files import FileIngestRequested
from schemas.probes import ProbeRequested
from schemas.record_document import LONG, read_moment, write
from store.database import Database
from store.record_ports import Happening, LongText, Record
from store.records import SqlRecords
from store.tables import (
    files,
    frame_notices,
    frames,
    mails,
    packages,
    probes,
    record_history,
)
from tests.equipment.archive import frame_body
from tests.equipment.archive_bytes import path_of
from tests.equipment.ckan import Ckan
from tests.equipment.ckan_rows import counted
from tests.equipment.records import first_put
from tests.web import Answer, Request

WAIT = {"prefer": "wait=20"}


@dataclass(frozen=True)
class Ask:
    """One request, which may be repeated as it is."""

    method: str
    path: str
    body: bytes
    headers: Mapping[str, str]
    done_says: bytes | None = None
    """In a refusal: it has been done before; None: then, too, the answer is a 2xx."""


@dataclass(frozen=True)
class Scenario:
    """One way of an event."""

    title: str
    ask: Callable[[str], Ask]
    """Takes a UUID, which becomes the name of what is asked for."""
    effects: Select[tuple[str, int]]
    """Returns each name, and how often its effect is there."""
    prepare: Callable[[str], None] = lambda _name: None
    """Makes what has to be there before; called while nobody lives."""
    repeatable: bool = False
    """What is asked again is accepted again, and has no further effect."""
    follow_ons: Callable[[int], int] = lambda _accepted: 1
    """How many events follow, when so many requests were accepted."""
    is_over: Callable[[str], bool] = lambda _name: True
    """Whether all has happened that an answered request leads to; asked while somebody lives."""


def event(key: str, type_: str, **data: object) -> Ask:
    """Post an event of that id."""
    headers = {
        "ce-specversion": "1.0",
        "ce-id": key,
        "ce-source": "/explorer",
        "ce-type": type_,
        "content-type": "application/json",
    }
    return Ask("POST", "/events", json.dumps(data).encode(), {**headers, **WAIT})


PROJECT = "/records/explorer/"
"""Has to be made before records are asked for."""


def said_by(name: str) -> str:
    """Return what a run of that name said: too much for a row."""
    return f"{name}\n" * 2000


def put_record(name: str) -> Ask:
    """Send the record of a run of that name."""
    document = first_put(label=name, stdout_stderr=said_by(name))
    return Ask("PUT", f"{PROJECT}{name}/", json.dumps(document).encode(), {})


def delete_tagged(name: str) -> Ask:
    """Delete all records with a tag of that name."""
    return Ask("DELETE", f"{PROJECT}tag/{name}/", b"", {})


def add_tagged(database: Database, name: str) -> None:
    """Add a record with a tag of that name."""
    document = first_put(label=name, tags=[name])
    texts = {field: LongText(write(document.pop(field)), None) for field in LONG}
    record = Record(
        id=name,
        project="explorer",
        label=name,
        timestamp=read_moment(document["timestamp"]),
        born=0,
        sequence=0,
        revision=1,
        open=False,
        document=document,
        texts=texts,
        changed_at=datetime.now(UTC),
        changed_by="operator",
    )
    with database.transaction() as transaction:
        SqlRecords(transaction).add(record)


def happened(what: Happening) -> Select[tuple[str, int]]:
    """Count how often that happened to each record."""
    label = record_history.c.label
    counted = select(label.label("name"), func.count().label("times"))
    return counted.where(record_history.c.happened == what).group_by(label)


def upload(name: str) -> Ask:
    """Upload a file of that name, whose content is the name."""
    return Ask("PUT", f"/files/{name}", name.encode(), {"idempotency-key": name, **WAIT})


def post_frame(name: str) -> Ask:
    """Post a frame of that name, as ocs-ingester does once it has put the bytes somewhere."""
    md5 = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
    body = frame_body(basename=name, version_set=[{"key": md5, "md5": md5, "extension": EXTENSION}])
    headers = {"content-type": "application/json"}
    content = json.dumps(body).encode()
    return Ask("POST", "/archive/frames/", content, headers, b"version with this md5 already")


def put_bytes(folder: Path, name: str) -> None:
    """Put the bytes of a frame where its client does; they are the name."""
    path = folder / path_of(frame_body(basename=name), EXTENSION)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(name.encode())


def is_announced_and_filed(database: Database, name: str) -> bool:
    """Whether the frame of that name waits for no notice any more, and its bytes are a file."""
    filed = database.query(FRAMES.where(frames.c.basename == name))
    return bool(filed) and not database.query(select(frame_notices.c.id))


EXTENSION = ".pdf"
"""Of frames: nobody draws a picture of it."""
PROBES = select(probes.c.probe.label("name"), func.count().label("times")).group_by(probes.c.probe)
FILES = select(files.c.name, func.count().label("times")).group_by(files.c.name)
PACKAGES = select(packages.c.resource_id.label("name"), func.count().label("times")).group_by(
    packages.c.resource_id
)

FRAMES = (
    select(frames.c.basename.label("name"), func.count().label("times"))
    .join(files, files.c.frame == frames.c.id)
    .group_by(frames.c.basename)
)
"""Each has one file, once its bytes have been looked at."""


@dataclass(frozen=True)
class Outside:
    """What is there while processes come and go."""

    source: str
    """The URL of a `FailingOnce`."""
    ckan: Ckan
    """A repository that packages are made of."""
    packager_secret: Callable[[], str]
    """Returns what clients of `/packager` have to know, once there is an installation."""
    shared: Path
    """Where clients of `/archive` put the bytes of frames."""

    def order(self, name: str) -> Ask:
        """Ask for a package of the resource of that name."""
        form = {
            "secret": self.packager_secret(),
            "api_url": self.ckan.api_url,
            "resource_id": name,
            "email": "ada@example.org",
        }
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return Ask("POST", "/packager/package_datastore", urlencode(form).encode(), headers)

    def publish(self, name: str) -> None:
        """Have a resource of that name."""
        self.ckan.resources[name] = counted(3)


def is_mailed(database: Database, name: str) -> bool:
    """Whether no mail about a resource of that name waits, and there is one."""
    found = database.query(select(mails.c.ended_at).where(mails.c.about == name))
    return bool(found) and all(row["ended_at"] is not None for row in found)


def scenarios(outside: Outside, database: Database) -> list[Scenario]:
    """Return all there are."""
    source = outside.source
    return [
        Scenario("probe", lambda name: event(name, ProbeRequested.TYPE, probe=name), PROBES),
        Scenario("upload", upload, FILES),
        Scenario(
            "retry",
            lambda name: event(
                name, FileIngestRequested.TYPE, name=name, source=f"{source}/{name}"
            ),
            FILES,
        ),
        Scenario("record", put_record, happened("created"), repeatable=True),
        Scenario(
            "deletion",
            delete_tagged,
            happened("deleted"),
            prepare=partial(add_tagged, database),
            repeatable=True,
        ),
        Scenario(
            "package",
            outside.order,
            PACKAGES,
            prepare=outside.publish,
            repeatable=True,
            follow_ons=lambda accepted: 2 * accepted,
            is_over=partial(is_mailed, database),
        ),
        Scenario(
            "frame",
            post_frame,
            FRAMES,
            prepare=partial(put_bytes, outside.shared),
            repeatable=True,
            # Who sends it again after an answer was lost is told that it is there.
            follow_ons=lambda accepted: accepted,
            is_over=partial(is_announced_and_filed, database),
        ),
    ]


@dataclass
class FailingOnce:
    """A web server that fails the first time it is asked for anything, and then serves it."""

    asked: set[str] = field(default_factory=set)

    def __call__(self, request: Request) -> Answer:
        """Answer with the path's last part."""
        if request.path in self.asked:
            return Answer(body=request.path.rpartition("/")[2].encode())
        self.asked.add(request.path)
        return Answer(503)
