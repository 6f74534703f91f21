# ruff: noqa: D102 - a test's name is its sentence
"""Every consumer in the registry may be run again at any time: the second run changes nothing.

The event is the golden one of its type. A consumer that needs more than its event to be there adds
a preparation below.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from consumers.contract import Consumer
from consumers.registry import CONSUMERS
from consumers.runtime.holding import Keeper
from schemas.catalogue import decode
from schemas.datasets import (
    DatasetPackageRequested,
    DatasetSmallPackageRequested,
    PackageKind,
)
from schemas.envelope import Envelope, from_structured
from schemas.files import FileArchived, FileIngestRequested
from schemas.frames import FrameArchived, FramePostRequested
from schemas.mail import MailRequested
from schemas.polls import PollRequested
from schemas.probes import ProbeRequested
from schemas.record_document import LONG, write
from schemas.records import RecordDeletionRequested, RecordPutRequested
from store import tables
from store.files import SqlFiles
from store.frames.drafts import keep_draft as keep_post
from store.keys import content_key
from store.package_ports import PackageRequest
from store.packages import request_row
from store.ports import FileVersion, HasLease
from store.record_ports import Draft, LongText
from store.records import keep_draft
from store.smtp import open_mailer
from tests.equipment.ckan import Ckan, WebFile
from tests.equipment.fits_files import USUAL, header, plain
from tests.equipment.frame_posts import post
from tests.equipment.frames import Maker, keep
from tests.equipment.letterbox import write_mail
from tests.equipment.logbook import Logbook
from tests.equipment.making import MakeWorld
from tests.equipment.post_office import PostOffice, serve_mail
from tests.equipment.records import first_put
from tests.equipment.world import PATIENCE_SECONDS, World
from tests.services.waiting import until
from tests.web import Answer, Web, serve

PROJECT = "Récif 100%"
"""That of the golden events."""
GOLDEN = Path(__file__).parents[1] / "contract" / "events"
NOT_KEPT = {"file_id", "url", "instrument"}
"""What `file.archived` says, and its row does not."""
BOOKKEEPING = {tables.events, tables.outbox, tables.deliveries, tables.inbox}


@dataclass(frozen=True)
class Scene:
    """A world, and what is outside of it."""

    world: World
    ckan: Ckan
    office: PostOffice
    service: Web
    """What is polled."""


@pytest.fixture
def scene(make_embedded_world: MakeWorld, ckan: Ckan) -> Iterator[Scene]:
    world = make_embedded_world(*CONSUMERS)
    with serve_mail() as office, serve(lambda _: Answer()) as service:
        world.mailer = open_mailer(f"smtp://127.0.0.1:{office.port}")
        yield Scene(world, ckan, office, service)


def prepare_ingest(scene: Scene, _key: str) -> None:
    scene.world.receive(b"test", upload_id="01936c5e-2e3a-7a10-8000-0000000000aa")


def prepare_put(scene: Scene, key: str) -> None:
    logbook = Logbook(scene.world, project=PROJECT)
    logbook.open()
    document = first_put(label="20240229-235959/a?b#é 1%")
    texts = {name: LongText(write(document.pop(name)), None) for name in LONG}
    with scene.world.database.transaction() as transaction:
        keep_draft(transaction, Draft(key, "", document, texts, scene.world.clock()))


def prepare_deletion(scene: Scene, _key: str) -> None:
    logbook = Logbook(scene.world, project=PROJECT)
    logbook.open()
    logbook.put(tags=["à refaire, 100%"])


def prepare_rows(scene: Scene, key: str) -> None:
    keep_request(scene, key, "dwc_archive", {"api_url": scene.ckan.api_url, "format": "tsv"})


def prepare_file(scene: Scene, key: str) -> None:
    scene.ckan.files["/a"] = WebFile(b"test")
    keep_request(scene, key, "url", {"resource_url": f"{scene.ckan.url}/a"})


def keep_request(scene: Scene, key: str, kind: PackageKind, parameters: dict[str, str]) -> None:
    request = PackageRequest(
        event_key=key,
        kind=kind,
        resource_id="r-1",
        format=parameters.get("format"),
        host="data.example.org:8443",
        digest="0" * 64,
        parameters=parameters,
        api_key=None,
        email="ada@example.org",
        asked_by="a…@example.org",
        count=None,
        accepted_at=scene.world.clock(),
    )
    with scene.world.database.transaction() as transaction:
        transaction.insert(tables.package_requests, [request_row(request)])


def prepare_mail(scene: Scene, _key: str) -> None:
    write_mail(scene.world, "01936c5e-2e3a-7a10-8000-0000000000bb")


def prepare_post(scene: Scene, _key: str) -> None:
    draft = "01936c5e-2e3a-7a10-8000-0000000000dd"
    posted = post("crème brûlée 100%-e00", b"test", related=("bias",))
    with scene.world.database.transaction() as transaction:
        keep_post(transaction, draft, posted, fingerprint="", now=scene.world.clock())


def prepare_archived(scene: Scene, _key: str) -> None:
    told = decode(from_golden(FrameArchived.TYPE))
    assert isinstance(told, FrameArchived)
    (version,) = told.versions
    copy = content_key(hashlib.sha256(b"test").hexdigest())
    with scene.world.objects.create(copy) as sink:
        sink.write(b"test")
    keep(scene.world.database, Maker().frame(basename=told.basename))
    values = {"uid": version.uid, "md5": version.md5, "object_key": copy}
    with scene.world.database.transaction() as transaction:
        transaction.execute(update(tables.frame_versions).values(values))
        transaction.insert(tables.frame_notices, [{"id": version.uid, "body": "{}"}])


def prepare_file_of_a_frame(scene: Scene, _key: str) -> None:
    told = decode(from_golden(FileArchived.TYPE))
    assert isinstance(told, FileArchived)
    (request,) = scene.world.accept(from_golden(FileIngestRequested.TYPE))
    path = plain(scene.world.inbox / "a.fits", header(USUAL))
    with scene.world.objects.create(told.object_key) as sink:
        sink.write(path.read_bytes())
    version = FileVersion(
        id=told.file_id, archived_by=request.key, **told.model_dump(exclude=NOT_KEPT)
    )
    with scene.world.database.transaction() as transaction:
        SqlFiles(transaction, scene.world.database).add(version)


def prepare_poll(scene: Scene, _key: str) -> None:
    told = decode(from_golden(PollRequested.TYPE))
    assert isinstance(told, PollRequested)
    due = {"next_at": scene.world.clock(), "changed_at": scene.world.clock()}
    row = {
        "name": told.component,
        "running": True,
        "url": f"http://127.0.0.1:{scene.service.port}/add",
        "succeeded": 0,
        "failed": 0,
    }
    with scene.world.database.transaction() as transaction:
        numbers = {"generation": told.generation, "round": told.round}
        transaction.insert(tables.polls, [{**row, **numbers, **due}])


def from_golden(name: str) -> Envelope:
    return from_structured((GOLDEN / f"{name}.json").read_bytes())


Prepare = Callable[[Scene, str], None]
"""Takes the scene, and the key of the event that is about to be accepted."""
PREPARATIONS: Mapping[str, Prepare] = {
    FileIngestRequested.TYPE: prepare_ingest,
    RecordPutRequested.TYPE: prepare_put,
    RecordDeletionRequested.TYPE: prepare_deletion,
    DatasetPackageRequested.TYPE: prepare_rows,
    DatasetSmallPackageRequested.TYPE: prepare_file,
    MailRequested.TYPE: prepare_mail,
    FramePostRequested.TYPE: prepare_post,
    FrameArchived.TYPE: prepare_archived,
    FileArchived.TYPE: prepare_file_of_a_frame,
    PollRequested.TYPE: prepare_poll,
}


def effects(scene: Scene, consumer: Consumer[Any]) -> dict[str, Any]:
    """All that a consumer has done: rows without times, objects, mails, and what it said."""
    world = scene.world
    rows = {
        table.name: [
            {name: value for name, value in row.items() if not isinstance(value, datetime)}
            for row in world.rows(table)
        ]
        for table in tables.metadata.sorted_tables
        if table not in BOOKKEEPING
    }
    said = [
        (row["type"], row["subject"], row["cause"], row["actor"])
        for row in world.rows(tables.events, actor=f"consumer:{consumer.name}")
    ]
    handled = [
        (row["consumer"], row["event_key"], row["outcome"])
        for row in world.rows(tables.inbox, consumer=consumer.name)
    ]
    return {
        **rows,
        "said": said,
        "handled": handled,
        "objects": [*world.objects.list("")],
        "mails sent": len(scene.office.posted),
    }


def accepted(scene: Scene, consumer: Consumer[Any]) -> Envelope:
    name = consumer.type or ProbeRequested.TYPE
    envelope = from_golden(name)
    if name in PREPARATIONS:
        PREPARATIONS[name](scene, envelope.key)
    (sent,) = scene.world.accept(envelope)
    return sent


def handle(world: World, consumer: Consumer[Any], sent: Envelope, copies: int = 0) -> None:
    """Have the event handled, and copies of it recognised; what follows from it is left alone."""
    with world.working(consumer):
        world.wait_for(tables.inbox, 1, event_key=sent.key)
        until(
            lambda: world.tally.endings["repeated"] == copies,
            seconds=PATIENCE_SECONDS,
            what="copies to be recognised",
        )


def run_and_undo(world: World, consumer: Consumer[Any], envelope: Envelope) -> None:
    """Run the handler as a process does that dies before its commit."""

    def run(lease: HasLease | None) -> None:
        (row,) = world.rows(tables.events, key=envelope.key)
        with world.database.transaction() as transaction:
            now = world.clock()
            work = world.make_work(transaction, envelope.key, row["position"], now, lease)
            consumer.handle(envelope if consumer.type is None else decode(envelope), work)
            transaction.flush()
            raise ZeroDivisionError

    outlet = world.bus.ledger.outlet
    with closing(Keeper(world.database, outlet, world.clock, "dying.1", world.lease)) as keeper:
        with world.database.transaction() as transaction:
            lease = keeper.acquire(transaction, consumer.name, envelope) if consumer.long else None
        with pytest.raises(ZeroDivisionError):
            run(lease)


@pytest.mark.parametrize("consumer", CONSUMERS, ids=lambda one: one.name)
class TestEveryConsumer:
    """Whatever it does."""

    def test_a_second_delivery_changes_nothing(self, scene: Scene, consumer: Consumer[Any]) -> None:
        sent = accepted(scene, consumer)
        handle(scene.world, consumer, sent)
        once = effects(scene, consumer)
        assert once["handled"] == [(consumer.name, sent.key, "succeeded")]
        assert once["said"] or not consumer.publishes
        scene.world.deliver(sent, consumer.name)
        handle(scene.world, consumer, sent, copies=1)
        assert effects(scene, consumer) == once

    def test_a_run_that_is_undone_and_repeated_has_the_effects_of_one(
        self, scene: Scene, consumer: Consumer[Any]
    ) -> None:
        sent = accepted(scene, consumer)
        for _ in range(2):
            run_and_undo(scene.world, consumer, sent)
        # The lease of each dead run has put the event back.
        handle(scene.world, consumer, sent, copies=2 if consumer.long else 0)
        done = effects(scene, consumer)
        assert done["handled"] == [(consumer.name, sent.key, "succeeded")]
        assert done["said"] or not consumer.publishes
        assert {said[2:] for said in done["said"]} <= {(sent.key, f"consumer:{consumer.name}")}
        assert len({said[0] for said in done["said"]}) == len(done["said"])
        assert done["mails sent"] == (consumer.listens_to is MailRequested)
        if consumer.type is None:
            assert [row["events"] for row in done["statistics_totals"]] == [1]
        assert not done["failures"]
        assert not done["parked"]
