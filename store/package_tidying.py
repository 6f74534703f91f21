"""What is left of packages in the end: the expired, and what nobody knows any more.

A row says first that its zip is gone; then it goes. Who dies in between leaves a zip that no link
leads to, which `sweep_zips` finds. All of it is safe to repeat, and to do in several processes.
"""

from collections.abc import Collection
from datetime import datetime
from itertools import islice

from sqlalchemy import (
    Column,
    ColumnElement,
    and_,
    delete,
    exists,
    not_,
    or_,
    select,
    update,
)

from schemas.mail import MailRequested
from store.database import Database
from store.keys import PACKAGES, package_key
from store.leases import is_held
from store.ports import ObjectStore
from store.tables import (
    events,
    mails,
    package_builds,
    package_requests,
    packages,
    parked,
)

_AT_ONCE = 200


def remove_expired(database: Database, objects: ObjectStore, now: datetime) -> int:
    """Remove the zips whose time is over, but for the pinned; return how many."""
    over = and_(packages.c.expires_at < now, not_(packages.c.pinned))
    return _remove(database, objects, over, now)


def remove_all(database: Database, objects: ObjectStore, now: datetime) -> int:
    """Remove every zip that was built before now, pinned or not; return how many."""
    return _remove(database, objects, packages.c.built_at <= now, now)


def pin(database: Database, package: str, *, pinned: bool) -> bool:
    """Keep a package beyond its time, or no longer; False: there is none that could be kept.

    `package` is its id, its name, or the link that was mailed.
    """
    name = package.rpartition("/")[2]
    with database.transaction() as transaction:
        found = transaction.execute(
            update(packages)
            .where(
                or_(packages.c.id == package, packages.c.name == name),
                packages.c.removed_at.is_(None),
            )
            .values(pinned=pinned)
        )
        return found.rowcount > 0


def sweep_zips(database: Database, objects: ObjectStore, older_than: datetime) -> int:
    """Remove zips that were begun before a time and no package has; return how many.

    A zip is there before its package is committed, and S3 calls it as old as its beginning.
    """
    removed = 0
    stored = (one for one in objects.list(PACKAGES) if one.modified < older_than)
    while batch := [one.key for one in islice(stored, _AT_ONCE)]:
        for key in set(batch) - living_zips(database, batch):
            objects.delete(key)
            removed += 1
    return removed


def living_zips(database: Database, keys: Collection[str]) -> set[str]:
    """Return those keys of zips that can be downloaded."""
    names = [key.removeprefix(PACKAGES) for key in keys]
    found = select(packages.c.name).where(
        packages.c.name.in_(names), packages.c.removed_at.is_(None)
    )
    return {package_key(row["name"]) for row in database.query(found)}


def drop_builds(database: Database, now: datetime) -> int:
    """Forget the builds that nobody is at and nobody comes back to; return how many.

    That is: their request has ended or is gone, or is set aside for a person. If it is replayed,
    it begins anew.
    """
    key = package_builds.c.event_key
    with database.transaction() as transaction:
        found = transaction.execute(
            delete(package_builds).where(
                not_(is_held(key, now)),
                or_(not_(_is_open(key)), _is_set_aside(key)),
            )
        )
        return found.rowcount


def end_discarded(database: Database, now: datetime) -> int:
    """End requests and mails that an operator has discarded, and forget whose they were.

    A request is discarded with its own event, or with that of the mail that answers it. Returns
    how many requests.
    """
    key = package_requests.c.event_key
    waits = exists().where(parked.c.event_key == key, parked.c.ending.is_(None))
    # The edited event has another key, and nothing was sent with that.
    discarded = exists().where(
        parked.c.event_key == key, parked.c.ending.in_(("discarded", "edited"))
    )
    mail = exists().where(mails.c.request == key, mails.c.ended_at.is_not(None))
    with database.transaction() as transaction:
        transaction.execute(
            update(mails)
            .where(mails.c.ended_at.is_(None), _mail_is_discarded())
            .values(ended_at=now, sent=False, recipient=None, subject=None, text=None, html=None)
        )
        found = transaction.execute(
            update(package_requests)
            .where(
                package_requests.c.ended_at.is_(None),
                or_(and_(discarded, not_(waits)), mail),
                not_(is_held(key, now)),
            )
            .values(ended_at=now, parameters=None, api_key=None, email=None)
        )
        return found.rowcount


def _remove(
    database: Database, objects: ObjectStore, which: ColumnElement[bool], now: datetime
) -> int:
    which = and_(packages.c.removed_at.is_(None), which)
    some, removed = select(packages.c.id).where(which).limit(_AT_ONCE), 0
    while ids := [row["id"] for row in database.query(some)]:
        with database.transaction() as transaction:
            # Asked again: meanwhile somebody may have pinned one, or removed it.
            mark = update(packages).where(packages.c.id.in_(ids), which).values(removed_at=now)
            names = transaction.execute(mark.returning(packages.c.name)).scalars().all()
        for name in names:
            objects.delete(package_key(name))
        removed += len(names)
    return removed


def _mail_is_discarded() -> ColumnElement[bool]:
    asked = and_(events.c.cause == mails.c.request, events.c.type == MailRequested.TYPE)
    return exists(
        select(parked.c.id)
        .join(events, events.c.key == parked.c.event_key)
        .where(asked, parked.c.ending == "discarded")
        .correlate(mails)
    )


def _is_open(key: Column[str]) -> ColumnElement[bool]:
    return exists().where(
        package_requests.c.event_key == key, package_requests.c.ended_at.is_(None)
    )


def _is_set_aside(key: Column[str]) -> ColumnElement[bool]:
    """Whether a person decides, or has decided that it is not done."""
    return exists().where(
        parked.c.event_key == key,
        or_(parked.c.ending.is_(None), parked.c.ending != "replayed"),
    )
