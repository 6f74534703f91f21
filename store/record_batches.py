"""What requests need to know of records before they are carried out, asked once for many of them.

Statements are built once: to build one takes as long as to run it.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import (
    BindParameter,
    Select,
    Text,
    bindparam,
    cast,
    delete,
    exists,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY

from schemas.record_document import read_kept
from store.database import Transaction
from store.record_ports import Draft, Record
from store.record_rows import record_of, texts_of
from store.tables import permissions, projects, record_drafts, record_history, records, users

Place = tuple[str, str]
"""A project and a label."""


class There(NamedTuple):
    """What is under a label."""

    record: Record | None
    deleted: int
    """Ledger position of the last deletion, where there is no record; 0: there was none."""


_PROJECT: BindParameter[str] = bindparam("project")
_USER: BindParameter[str] = bindparam("user")
_PLACES: BindParameter[list[Place]] = bindparam("places", expanding=True)
_TAKE = (
    delete(record_drafts)
    .where(record_drafts.c.event_key.in_(bindparam("keys", expanding=True)))
    .returning(record_drafts)
)
_PERMITTED = select(
    or_(
        exists().where(permissions.c.project == _PROJECT, permissions.c.user_name == _USER),
        exists().where(users.c.name == _USER, users.c.superuser),
    )
).where(exists().where(projects.c.id == _PROJECT))
_THERE = select(records).where(tuple_(records.c.project, records.c.label).in_(_PLACES))
_DELETED = (
    select(
        record_history.c.project,
        record_history.c.label,
        func.max(record_history.c.sequence).label("position"),
    )
    .where(
        tuple_(record_history.c.project, record_history.c.label).in_(_PLACES),
        record_history.c.happened == "deleted",
    )
    .group_by(record_history.c.project, record_history.c.label)
)


def _lock() -> Select[tuple[None, None]]:
    texts = (cast(bindparam(name), ARRAY(Text)) for name in ("projects", "names"))
    asked = func.unnest(*texts).table_valued("project", "name").render_derived()
    return select(
        # Shared: whoever wants many of the project's records waits for us, and we for them.
        func.pg_advisory_xact_lock_shared(func.hashtextextended(asked.c.project, 0)),
        func.pg_advisory_xact_lock(func.hashtextextended(asked.c.name, 0)),
    )


_LOCK = _lock()
_LOCK_ALL = select(func.pg_advisory_xact_lock(func.hashtextextended(_PROJECT, 0)))


def take(transaction: Transaction, keys: Collection[str]) -> Mapping[str, Draft]:
    """Return what came with requests, by their keys, and forget it."""
    rows = transaction.execute(_TAKE, {"keys": list(keys)}).mappings()
    return {
        row["event_key"]: Draft(
            row["event_key"],
            row["fingerprint"],
            read_kept(row["document"]),
            texts_of(row),
            row["accepted_at"],
        )
        for row in rows
    }


def permitted(transaction: Transaction, project: str, user: str) -> bool | None:
    """Whether the user may change what is in the project; None: there is no such project."""
    found = transaction.execute(_PERMITTED, {"project": project, "user": user})
    answer = found.scalar_one_or_none()
    return None if answer is None else bool(answer)


def hold(transaction: Transaction, places: Iterable[Place]) -> Mapping[Place, There]:
    """Return what is at some places; on PostgreSQL advisory locks keep it until commit."""
    # Everybody locks in the same order, or two would wait for each other.
    asked = sorted(set(places))
    if transaction.is_postgresql:
        names = {
            "projects": [project for project, _ in asked],
            # A project's id has no slash.
            "names": [f"{project}/{label}" for project, label in asked],
        }
        transaction.execute(_LOCK, names)
    rows = transaction.execute(_THERE, {"places": asked}).mappings()
    found = {(row["project"], row["label"]): There(record_of(row), 0) for row in rows}
    free = [place for place in asked if place not in found]
    if free:
        gone = transaction.execute(_DELETED, {"places": free}).mappings()
        last = {(row["project"], row["label"]): row["position"] for row in gone}
        found |= {place: There(None, last.get(place, 0)) for place in free}
    return found


def lock_project(transaction: Transaction, project: str) -> None:
    """Keep all that is in a project until commit, where others could change it meanwhile."""
    if transaction.is_postgresql:
        transaction.execute(_LOCK_ALL, {"project": project})
