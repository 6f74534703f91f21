"""Effects: what came of an event beside other events; the rows, and the objects they speak of.

A table whose rows come of events joins in with one line of `EFFECTS`.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, RowMapping, select

from store.database import Database
from store.tables import files, mails, packages, probes, record_history


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that is there because of an event."""

    kind: str
    """`file`, `probe` ..."""
    id: str
    text: str
    """What it is, in words."""
    at: datetime


@dataclass(frozen=True, slots=True)
class _Source:
    key: "Column[Any]"
    """Which event it came of; indexed."""
    read: Callable[[RowMapping], Effect]


def _file(row: RowMapping) -> Effect:
    text = f"version {row['version']} of {row['name']}, {row['size']} bytes as {row['object_key']}"
    return Effect("file", row["id"], text, row["archived_at"])


def _probe(row: RowMapping) -> Effect:
    return Effect("probe", row["event_key"], f"answer to {row['probe']!r}", row["answered_at"])


def _record(row: RowMapping) -> Effect:
    text = f"{row['happened']} {row['label']} of {row['project']}, revision {row['revision']}"
    return Effect("record", row["record"], text, row["at"])


def _package(row: RowMapping) -> Effect:
    # Its name is not told: who has that, has the zip.
    rows = "" if row["rows"] is None else f", {row['rows']} rows"
    gone = " (removed)" if row["removed_at"] else ""
    text = f"package of {row['resource_id']}, {row['size']} bytes{rows}{gone}"
    return Effect("package", row["id"], text, row["built_at"])


def _mail(row: RowMapping) -> Effect:
    outcome = {None: "not sent yet", True: "sent", False: "not sent"}[row["sent"]]
    text = f"{row['purpose']} mail about {row['about']}, {outcome}"
    return Effect("mail", row["id"], text, row["written_at"])


EFFECTS: Sequence[_Source] = (
    # A version has the key of the request that archived it.
    _Source(files.c.id, _file),
    _Source(probes.c.event_key, _probe),
    _Source(record_history.c.event_key, _record),
    # A package has the key of the request that it was built for.
    _Source(packages.c.id, _package),
    _Source(mails.c.request, _mail),
)


def effects(database: Database, keys: Collection[str]) -> Mapping[str, Sequence[Effect]]:
    """Return what came of each of the events, by their keys."""
    found: dict[str, list[Effect]] = defaultdict(list)
    for source in EFFECTS:
        for row in database.query(select(source.key.table).where(source.key.in_(keys))):
            found[row[source.key.name]].append(source.read(row))
    return found
