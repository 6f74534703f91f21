"""Rewrites addresses that statistics hold as typed: ours, or those of a ckanpackager.

A page of rows at a time, each in a transaction of its own; since what is stored tells whether it
is a hash, whoever is stopped midway begins again, and does only what is left. Totals stay.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import RowMapping, Table, case, text, update

from store.anonymity import Anonymise, domain_of, is_hash, without
from store.database import Database, Transaction
from store.packager_original import original, pages
from store.tables import packager_errors, packager_requests

_PAGE = 100
_REMEMBERED = 20_000
"""Addresses whose hashes are not made again."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A row that has been rewritten, or would be."""

    table: str
    row: Mapping[str, object]
    """Its id, and what is new in it."""


def anonymise_rows(
    database: Database, anonymise: Anonymise, *, dry_run: bool = False
) -> Iterator[Rewritten]:
    """Rewrite our statistics; yield each row when it is durable (dry run: when it would be).

    Begin when every process has the setting: what others write as typed is else left behind.
    """
    remembering = lru_cache(_REMEMBERED)(anonymise)
    for table in (packager_requests, packager_errors):
        yield from _rewrite(database, table, remembering, dry_run=dry_run)


def anonymise_original(
    source_url: str, anonymise: Anonymise, *, dry_run: bool = False
) -> Iterator[Rewritten]:
    """Do so in the database of a ckanpackager at a SQLAlchemy URL, as its own tool did.

    Requests get their domain, too, which a hash no longer tells. Raises SetupError when there is
    no such database.
    """
    remembering = lru_cache(_REMEMBERED)(anonymise)
    with original(source_url) as source:
        if not dry_run and "domain" not in source.requests.c:
            source.database.run(text("ALTER TABLE requests ADD COLUMN domain TEXT"))
    with original(source_url) as source:
        for table in (source.requests, source.errors):
            yield from _rewrite(source.database, table, remembering, dry_run=dry_run)


def _rewrite(
    database: Database, table: Table, anonymise: Anonymise, *, dry_run: bool
) -> Iterator[Rewritten]:
    for page in pages(database, table, _PAGE):
        changes = [(row, _change(table, row, anonymise)) for row in page if _is_plain(row)]
        # Hashes take long; so they are made before the transaction begins.
        changes = [(row, new) for row, new in changes if new["email"] != row["email"]]
        if changes and not dry_run:
            with database.transaction() as transaction:
                if database.engine.dialect.name == "sqlite":
                    # Else what was there stays readable in the file.
                    transaction.execute(text("PRAGMA secure_delete = ON"))
                _write(transaction, table, changes)
        for row, new in changes:
            yield Rewritten(table.name, {"id": row["id"], **new})


def _write(
    transaction: Transaction, table: Table, changes: Sequence[tuple[RowMapping, Mapping[str, str]]]
) -> None:
    # One statement for all: what a server is asked row by row takes ten times as long.
    old = table.c.email
    new_values = []
    # The domain first: there are databases that would look at the new address for it.
    for name in ("domain", "email"):
        values = {row["email"]: new[name] for row, new in changes if name in new}
        if values:
            # Whoever has been here meanwhile left a hash; that stays, and so does its domain.
            new_values.append((table.c[name], case(values, value=old, else_=table.c[name])))
    ids = [row["id"] for row, _ in changes]
    statement = update(table).where(table.c.id.in_(ids)).ordered_values(*new_values)
    transaction.execute(statement)
    for row, new in changes:
        if "message" in new:
            here = update(table).where(table.c.id == row["id"])
            transaction.execute(here.values(message=new["message"]))


def _is_plain(row: RowMapping) -> bool:
    return bool(row["email"]) and not is_hash(row["email"])


def _change(table: Table, row: RowMapping, anonymise: Anonymise) -> Mapping[str, str]:
    email = row["email"]
    new = {"email": anonymise(email)}
    if "message" not in table.c:
        new["domain"] = domain_of(email)
    message = row.get("message")
    if message and (told := without(email, message)) != message:
        new["message"] = told
    return new
