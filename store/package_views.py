"""Reading views of packages: those that can be had, who asked for them, and requests under way."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, func, select

from schemas.datasets import PackageKind
from store.database import Database
from store.operations import Operation, operations
from store.package_ports import Package
from store.packages import package_of
from store.tables import package_requests, packages

MOST_ASKERS = 100
"""Who asked for one package, as far as that is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A package that was built, and who asked for it."""

    package: Package
    pinned: bool
    """An operator keeps it beyond its time."""
    removed_at: datetime | None
    asked: int
    """Requests that were given it."""
    askers: Sequence[str]
    """Their addresses, masked, each once, in the order in which they asked; the first 100."""

    def can_be_had(self, now: datetime) -> bool:
        """Whether it can be downloaded."""
        return self.removed_at is None and (self.pinned or self.package.expires_at > now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A request for a package that has not ended."""

    key: str
    kind: PackageKind
    resource_id: str
    format: str | None
    host: str
    asked_by: str
    """The address, masked."""
    accepted_at: datetime
    package: str | None
    """Id of the package that it has got, and whose mail is on its way."""
    operation: Operation | None


def downloadable(database: Database, name: str, now: datetime) -> Package | None:
    """Return the package whose zip has this name; None: there is none, or not any more."""
    columns = packages.c
    kept = columns.pinned | (columns.expires_at > now)
    rows = database.query(
        select(packages).where(columns.name == name, columns.removed_at.is_(None), kept)
    )
    return package_of(rows[0]) if rows else None


def built(database: Database, package_id: str) -> Built | None:
    """Return one package."""
    rows = database.query(select(packages).where(packages.c.id == package_id))
    return _built(database, rows)[0] if rows else None


def built_after(database: Database, after: str | None, most: int) -> list[Built]:
    """Return up to `most` packages that come after an id; the newest request comes first."""
    statement = select(packages).order_by(packages.c.id.desc()).limit(most)
    if after is not None:
        statement = statement.where(packages.c.id < after)
    return _built(database, database.query(statement))


def waiting(database: Database, most: int) -> list[Waiting]:
    """Return up to `most` requests that have not ended, those first that have waited longest."""
    columns = package_requests.c
    rows = database.query(
        select(package_requests)
        .where(columns.ended_at.is_(None))
        .order_by(columns.accepted_at, columns.event_key)
        .limit(most)
    )
    found = operations(database, [row["event_key"] for row in rows])
    return [
        Waiting(
            key=row["event_key"],
            kind=row["kind"],
            resource_id=row["resource_id"],
            format=row["format"],
            host=row["host"],
            asked_by=row["asked_by"],
            accepted_at=row["accepted_at"],
            package=row["package"],
            operation=found.get(row["event_key"]),
        )
        for row in rows
    ]


def _built(database: Database, rows: Sequence[RowMapping]) -> list[Built]:
    asked = _asked(database, [row["id"] for row in rows])
    return [
        Built(
            package=package_of(row),
            pinned=row["pinned"],
            removed_at=row["removed_at"],
            asked=asked[row["id"]][0] if row["id"] in asked else 0,
            askers=asked[row["id"]][1] if row["id"] in asked else (),
        )
        for row in rows
    ]


def _asked(database: Database, ids: Collection[str]) -> Mapping[str, tuple[int, list[str]]]:
    """Return how many asked for each of the packages, and who did."""
    columns = package_requests.c
    ranked = (
        select(
            columns.package,
            columns.asked_by,
            func.count().over(partition_by=columns.package).label("asked"),
            func.row_number()
            .over(partition_by=columns.package, order_by=(columns.accepted_at, columns.event_key))
            .label("place"),
        )
        .where(columns.package.in_(ids))
        .subquery()
    )
    rows = database.query(
        select(ranked)
        .where(ranked.c.place <= MOST_ASKERS)
        .order_by(ranked.c.package, ranked.c.place)
    )
    found: dict[str, tuple[int, list[str]]] = {}
    for row in rows:
        _, askers = found.setdefault(row["package"], (row["asked"], []))
        if row["asked_by"] not in askers:
            askers.append(row["asked_by"])
    return found
