"""Rows of dataset packages: requests, builds under way, and what can be downloaded."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta

from pydantic_core import from_json, to_json
from sqlalchemy import ColumnElement, RowMapping, and_, delete, select, update

from store.columns import Row
from store.database import Database, Transaction
from store.leases import is_held
from store.package_ports import Busy, Claim, Mine, Package, PackageRequest, Ready
from store.tables import package_builds, package_requests, packages

_TIME_TO_FETCH = timedelta(hours=1)
"""A link that ends sooner is of no use to whoever is mailed it now."""


class SqlPackages:
    """Packages within one transaction, and what has to be seen by others before it commits."""

    def __init__(
        self, transaction: Transaction, database: Database, new_secret: Callable[[], str]
    ) -> None:
        self._transaction = transaction
        self._database = database
        self._new_secret = new_secret

    def request(self, key: str) -> PackageRequest | None:
        """Return the request."""
        found = self._database.query(
            select(package_requests).where(
                package_requests.c.event_key == key, package_requests.c.ended_at.is_(None)
            )
        )
        return request_of(found[0]) if found else None

    def claim(self, digest: str, key: str, now: datetime, younger_than: datetime) -> Claim:
        """Take the build, unless somebody has it or there is a package."""
        with self._database.transaction() as transaction:
            fresh = {"digest": digest, "event_key": key, "began_at": now}
            is_new = transaction.insert_new(package_builds, fresh) == 1
            mine = package_builds.c.digest == digest
            held = (
                transaction.execute(select(package_builds).where(mine).with_for_update())
                .mappings()
                .one()
            )
            # Whoever builds has the row; so now nobody can add a package unseen.
            ready = _ready(transaction, digest, now, younger_than)
            if ready is not None:
                if held["event_key"] == key:
                    transaction.execute(delete(package_builds).where(mine))
                return Ready(ready)
            if is_new or held["event_key"] == key:
                return Mine()
            if transaction.execute(select(is_held(held["event_key"], now))).scalar():
                return Busy()
            transaction.execute(update(package_builds).where(mine).values(fresh))
            return Mine()

    def new_name(self) -> str:
        """Return a name with 256 random bits."""
        return f"{self._new_secret()}.zip"

    def add(self, package: Package) -> None:
        """Add a package."""
        self._transaction.insert(packages, [asdict(package)])
        self._transaction.execute(
            delete(package_builds).where(
                package_builds.c.digest == package.digest, package_builds.c.event_key == package.id
            )
        )

    def serve(self, request: PackageRequest, package: Package) -> None:
        """Note which package a request has got."""
        self._transaction.execute(
            update(package_requests)
            .where(package_requests.c.event_key == request.event_key)
            .values(package=package.id)
        )

    def end(self, request_key: str, now: datetime) -> None:
        """End a request."""
        self._transaction.execute(
            update(package_requests)
            .where(package_requests.c.event_key == request_key)
            .values(ended_at=now, parameters=None, api_key=None, email=None)
        )

    def give_up(self, digest: str, key: str) -> None:
        """Forget the build of a request."""
        self._transaction.execute(
            delete(package_builds).where(
                package_builds.c.digest == digest, package_builds.c.event_key == key
            )
        )


def can_be_given(digest: str, now: datetime, younger_than: datetime) -> ColumnElement[bool]:
    """Return the condition that a package can be given to somebody else who asks for the same."""
    return and_(
        packages.c.digest == digest,
        packages.c.built_at > younger_than,
        packages.c.expires_at > now + _TIME_TO_FETCH,
        packages.c.removed_at.is_(None),
    )


def _ready(
    transaction: Transaction, digest: str, now: datetime, younger_than: datetime
) -> Package | None:
    """Return the newest package of equal requests that can be given to another."""
    found = (
        transaction.execute(
            select(packages)
            .where(can_be_given(digest, now, younger_than))
            .order_by(packages.c.built_at.desc())
            .limit(1)
        )
        .mappings()
        .first()
    )
    return None if found is None else package_of(found)


def request_row(request: PackageRequest) -> Row:
    """Return the row of `package_requests` for a request that has just been accepted."""
    row = asdict(request)
    return {**row, "parameters": to_json(request.parameters).decode()}


def request_of(row: RowMapping) -> PackageRequest:
    """Return what a row of `package_requests` says that has not ended."""
    columns = {name: row[name] for name in PackageRequest.__slots__ if name != "parameters"}
    return PackageRequest(**columns, parameters=from_json(row["parameters"]))


def package_of(row: RowMapping) -> Package:
    """Return what a row of `packages` says."""
    return Package(**{name: row[name] for name in Package.__slots__})
