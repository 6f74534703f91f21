"""Rows of packages, requests, builds and mails, for what does not care how they came about."""

from datetime import datetime

from schemas.envelope import Envelope
from schemas.mail import MailRequested
from store.database import Database
from store.keys import package_key
from store.ledger import Entry
from store.mails import SqlMails
from store.package_ports import Mail, Package, PackageRequest
from store.packages import SqlPackages, request_row
from store.ports import ObjectStore
from store.tables import package_builds, package_requests
from tests.equipment.world import World, new_id


def keep_package(
    database: Database, objects: ObjectStore, name: str, *, built_at: datetime, expires_at: datetime
) -> None:
    """Have a package of that id and a zip `NAME.zip`."""
    package = Package(
        id=name,
        name=f"{name}.zip",
        digest=f"digest of {name}",
        kind="datastore",
        resource_id="r-1",
        format="csv",
        host="ckan.example.org",
        size=3,
        sha256="0" * 64,
        rows=5,
        built_at=built_at,
        expires_at=expires_at,
    )
    with objects.create(package_key(package.name)) as sink:
        sink.write(b"zip")
    with database.transaction() as transaction:
        SqlPackages(transaction, database, new_id).add(package)


def keep_request(world: World, key: str, *, ended_at: datetime | None = None) -> None:
    """Have a request of an event."""
    request = PackageRequest(
        event_key=key,
        kind="datastore",
        resource_id="r-1",
        format="csv",
        host="ckan.example.org",
        digest=f"digest of {key}",
        parameters={"api_url": "https://ckan.example.org/api"},
        api_key="key of ada",
        email="ada@example.org",
        asked_by="a…@example.org",
        count=None,
        accepted_at=world.clock(),
    )
    with world.database.transaction() as transaction:
        transaction.insert(package_requests, [request_row(request)])
        if ended_at is not None:
            SqlPackages(transaction, world.database, new_id).end(key, ended_at)


def start_build(world: World, key: str) -> None:
    """Have a build that was begun for a request."""
    row = {"digest": f"digest of {key}", "event_key": key, "began_at": world.clock()}
    with world.database.transaction() as transaction:
        transaction.insert(package_builds, [row])


def keep_mail(world: World, request: Envelope) -> Envelope:
    """Have a mail that answers a request, and the event that asks to send it."""
    mail = Mail(
        id=new_id(),
        request=request.key,
        purpose="package",
        about="r-1",
        sender="archive@example.org",
        recipient="ada@example.org",
        subject="It is there",
        text="text",
        html="<p>text</p>",
        written_at=world.clock(),
    )
    asked = MailRequested(mail=mail.id, purpose=mail.purpose, about=mail.about)
    envelope = world.stamp.put_on(asked, cause=request)
    with world.database.transaction() as transaction:
        SqlMails(transaction, world.database).add(mail)
        entry = Entry(envelope, "emitted", "consumer:zip-dataset.slow", world.clock())
        world.bus.ledger.append(transaction, [entry])
    return envelope
