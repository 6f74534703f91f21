"""Takes over the statistics of a ckanpackager: the rows and totals of its database.

Rows are read and written page by page, in one transaction of ours, during which nobody else can
count. What an installation has told stays true: its totals are added as they stand, even where it
has fewer rows than that. Only an address that both sides know is one address.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, RowMapping, Table, distinct, func, select

from store.anonymity import Anonymise, domain_of, is_hash, without
from store.columns import Row
from store.database import Database, Transaction
from store.errors import SetupError
from store.package_log import ALL, add_to_totals, storable
from store.packager_original import Original, original, pages
from store.tables import packager_errors, packager_requests, packager_totals

Progress = Callable[[int, int], None]
"""Takes how much is done of how much: addresses looked at, and rows copied."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What was taken over."""

    requests: int
    errors: int
    resources: int
    """How many of them have totals now."""


@dataclass(slots=True)
class _Figures:
    """Totals of one resource."""

    requests: int = 0
    emails: int = 0
    errors: int = 0

    def raise_to(self, least: "_Figures") -> None:
        self.requests = max(self.requests, least.requests)
        self.emails = max(self.emails, least.emails)
        self.errors = max(self.errors, least.errors)


def import_statistics(
    database: Database,
    source_url: str,
    anonymise: Anonymise,
    *,
    into_existing: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> Imported:
    """Add the statistics of a ckanpackager at a SQLAlchemy URL to ours: all, or nothing.

    Nothing is changed there; it should not be running. Addresses are stored as `anonymise` says,
    hashes as they are. All are hashed before ours is touched: with bcrypt that takes a quarter of
    a second for each, and memory for each. Raises SetupError when there is no such database, or
    when ours has counted something already, unless `into_existing`: then what is imported twice is
    counted twice.
    """
    with original(source_url) as source:
        reading = _Reading(source, anonymise, progress)
        reading.look_at_addresses()
        with database.transaction() as transaction:
            # Takes the row first that everybody who counts needs first.
            add_to_totals(transaction, ALL, requests=0)
            if not into_existing and _has_counted(transaction):
                raise SetupError(
                    "there are statistics already, and what is imported twice is counted twice; "
                    "--into-existing adds to them all the same"
                )
            last = [_last(transaction, one) for one in (packager_requests, packager_errors)]
            for table, rows in (
                (packager_requests, reading.requests()),
                (packager_errors, reading.errors()),
            ):
                for page in rows:
                    transaction.insert(table, page)
                    transaction.flush()
            figures = _told(source)
            for resource, least in _counted(transaction, *last).items():
                figures[resource].raise_to(least)
            for resource, known in _known_before(transaction, last[0]).items():
                figures[resource].emails -= known
            for resource in (ALL, *sorted(figures.keys() - {ALL})):
                add_to_totals(transaction, resource, **asdict(figures[resource]))
        return Imported(*reading.copied, resources=len(figures.keys() - {ALL}))


class _Reading:
    """Reads the rows of an original as rows of ours, and tells how far it is."""

    def __init__(self, source: Original, anonymise: Anonymise, progress: Progress) -> None:
        self.copied = (0, 0)
        """Requests and errors."""
        self._source = source
        self._anonymise = anonymise
        self._progress = progress
        self._stored: dict[str, str] = {}
        self._done = 0
        # Each row is looked at twice.
        self._total = 2 * sum(
            source.database.query(select(func.count().label("rows")).select_from(table))[0]["rows"]
            for table in (source.requests, source.errors)
        )

    def look_at_addresses(self) -> None:
        """Hash what is to be hashed, so that later nobody has to wait for it."""
        for table in (self._source.requests, self._source.errors):
            for page in pages(self._source.database, table):
                for row in page:
                    self._email(row)
                self._took(len(page))

    def requests(self) -> Iterator[list[Row]]:
        """Yield the pages of `packager_requests`."""
        for page in pages(self._source.database, self._source.requests):
            yield [self._request(row) for row in page]
            self.copied = (self.copied[0] + len(page), self.copied[1])
            self._took(len(page))

    def errors(self) -> Iterator[list[Row]]:
        """Yield the pages of `packager_errors`."""
        for page in pages(self._source.database, self._source.errors):
            yield [self._failure(row) for row in page]
            self.copied = (self.copied[0], self.copied[1] + len(page))
            self._took(len(page))

    def _request(self, row: RowMapping) -> Row:
        domain, count = row.get("domain"), row.get("count")
        if domain is None:
            domain = "" if is_hash(_text(row["email"])) else domain_of(_text(row["email"]))
        return {
            **self._entry(row),
            "domain": _text(domain),
            "count": None if count is None else _text(count),
        }

    def _failure(self, row: RowMapping) -> Row:
        entry, email, message = self._entry(row), _text(row["email"]), _text(row["message"])
        return {**entry, "message": message if entry["email"] == email else without(email, message)}

    def _entry(self, row: RowMapping) -> Row:
        return {
            "timestamp": int(row["timestamp"] or 0),
            "resource_id": _text(row["resource_id"]),
            "email": self._email(row),
        }

    def _email(self, row: RowMapping) -> str:
        email = _text(row["email"])
        if is_hash(email):
            return email
        if email not in self._stored:
            self._stored[email] = self._anonymise(email)
        return self._stored[email]

    def _took(self, rows: int) -> None:
        self._done += rows
        self._progress(self._done, max(self._done, self._total))


def _has_counted(transaction: Transaction) -> bool:
    column = packager_totals.c
    totals = select(func.sum(column.requests + column.emails + column.errors))
    return (
        bool(transaction.execute(totals).scalar())
        or _last(transaction, packager_requests) > 0
        or _last(transaction, packager_errors) > 0
    )


def _last(transaction: Transaction, table: Table) -> int:
    return int(transaction.execute(select(func.max(table.c.id))).scalar() or 0)


def _told(source: Original) -> "defaultdict[str, _Figures]":
    """Return the totals of an original; it may have several rows for one resource."""
    figures: defaultdict[str, _Figures] = defaultdict(_Figures)
    if source.totals is None:
        return figures
    for page in pages(source.database, source.totals):
        for row in page:
            told = figures[_text(row["resource_id"])]
            told.requests += int(row["requests"] or 0)
            told.emails += int(row["emails"] or 0)
            told.errors += int(row["errors"] or 0)
    return figures


def _counted(transaction: Transaction, last_request: int, last_error: int) -> dict[str, _Figures]:
    """Return the totals that our rows after those ids make."""
    figures: defaultdict[str, _Figures] = defaultdict(_Figures)
    row, error = packager_requests.c, packager_errors.c
    asked = [func.count(row.id), func.count(distinct(row.email))]
    for resource, *counts in _by_resource(
        transaction, row.resource_id, asked, row.id > last_request
    ):
        figures[resource] = _Figures(*counts)
    failed = [func.count(error.id)]
    for resource, count in _by_resource(
        transaction, error.resource_id, failed, error.id > last_error
    ):
        figures[resource].errors = count
    return figures


def _known_before(transaction: Transaction, last_request: int) -> dict[str, int]:
    """Return how many addresses have rows of ours up to that id, and after it."""
    row = packager_requests.c
    both = (func.min(row.id) <= last_request, func.max(row.id) > last_request)
    anywhere = select(row.email).group_by(row.email).having(*both).subquery()
    there = (
        select(row.resource_id, row.email)
        .where(row.resource_id != ALL)
        .group_by(row.resource_id, row.email)
        .having(*both)
        .subquery()
    )
    counted = select(there.c.resource_id, func.count().label("known")).group_by(there.c.resource_id)
    return {
        ALL: int(transaction.execute(select(func.count()).select_from(anywhere)).scalar_one()),
        **{row.resource_id: row.known for row in transaction.execute(counted)},
    }


def _by_resource(
    transaction: Transaction,
    resource: Column[str],
    counts: Sequence[ColumnElement[int]],
    which: ColumnElement[bool],
) -> Iterator[tuple[Any, ...]]:
    """Yield (resource, counts ...), that of all together included."""
    yield ALL, *transaction.execute(select(*counts).where(which)).one()
    each = select(resource, *counts).where(which, resource != ALL).group_by(resource)
    yield from (tuple(one) for one in transaction.execute(each))


def _text(value: object) -> str:
    return "" if value is None else storable(str(value))
