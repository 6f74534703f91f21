"""Read models of records: one, many in pages, and what happened to them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, bindparam, func, or_, select

from schemas.record_document import Document, read_kept
from schemas.record_search import search_term
from store.database import Database
from store.projects import Project
from store.record_ports import Happening, LongTexts
from store.record_rows import folded, plain, texts_of
from store.tables import permissions, projects, record_history, record_tags, records


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as it is kept: JSON text that need not be read to be served."""

    project: str
    label: str
    timestamp: datetime
    """When the run began, UTC, to the second."""
    born: int
    """Ledger position of the request that created it."""
    revision: int
    document: str
    """JSON object: all but the long texts and the project."""
    texts: LongTexts
    """Both, or none where they were not asked for."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which records of a project are asked for; what is empty selects nothing."""

    tags: tuple[str, ...] = ()
    """Whole tags, sorted, each once; any of them is enough, unless `match_all`."""
    match_all: bool = False
    since: datetime | None = None
    """Runs that began in this second or later."""
    until: datetime | None = None
    """Runs that began in this second or earlier."""
    main_file: str | None = None
    parameter: str | None = None
    """`NAME` or `NAME=VALUE`."""
    text: str | None = None
    """Within label, reason or outcome; case does not matter."""


EVERYTHING = Selection()


@dataclass(frozen=True, slots=True)
class Listed:
    """A project in a list."""

    project: Project
    last_updated: datetime | None
    """The time of its newest run; None: it has no records."""


@dataclass(frozen=True, slots=True)
class Past:
    """One entry of a record's history."""

    revision: int
    happened: Happening
    at: datetime
    by: str
    event_key: str
    before: Document
    """What the changed fields said before; or, superseded, what they were to say."""


_SHORT = (
    records.c.project,
    records.c.label,
    records.c.timestamp,
    records.c.born,
    records.c.revision,
    records.c.document,
)
_LONG = (
    records.c.diff,
    records.c.diff_sha256,
    records.c.stdout_stderr,
    records.c.stdout_stderr_sha256,
)
_NEWEST = (records.c.timestamp.desc(), records.c.born.desc())
_ONE = select(*_SHORT, *_LONG).where(
    records.c.project == bindparam("project"), records.c.label == bindparam("label")
)


def record(database: Database, project: str, label: str) -> Stored | None:
    """Return one record."""
    rows = database.query(_ONE, {"project": project, "label": label})
    return _stored(rows[0]) if rows else None


def last(database: Database, project: str) -> Stored | None:
    """Return the newest record, by the time of the run."""
    statement = select(*_SHORT, *_LONG).where(records.c.project == project)
    rows = database.query(statement.order_by(*_NEWEST).limit(1))
    return _stored(rows[0]) if rows else None


def labels(
    database: Database,
    project: str,
    selection: Selection = EVERYTHING,
    *,
    limit: int | None = None,
    offset: int = 0,
) -> list[str]:
    """Return the labels of records, newest run first."""
    rows = database.query(_chosen(select(records.c.label), project, selection, limit, offset))
    return [row["label"] for row in rows]


def page(  # noqa: PLR0913 - what a page is
    database: Database,
    project: str,
    selection: Selection = EVERYTHING,
    *,
    limit: int,
    offset: int = 0,
    after: Stored | None = None,
    whole: bool = True,
) -> list[Stored]:
    """Return some records, newest run first, or those behind `after` in that order.

    `whole`: with their long texts.
    """
    statement = select(*_SHORT, *_LONG) if whole else select(*_SHORT)
    if after is not None:
        at, born = records.c.timestamp, records.c.born
        behind = or_(at < after.timestamp, (at == after.timestamp) & (born < after.born))
        statement = statement.where(behind)
    rows = database.query(_chosen(statement, project, selection, limit, offset))
    return [_stored(row) for row in rows]


def count(database: Database, project: str, selection: Selection = EVERYTHING) -> int:
    """Count records."""
    statement = select(func.count().label("found")).select_from(records)
    rows = database.query(statement.where(*_conditions(project, selection)))
    return int(rows[0]["found"])


def tags(database: Database, project: str) -> Mapping[str, int]:
    """Return the tags of a project's records, with how many have each."""
    rows = database.query(
        select(record_tags.c.tag, func.count().label("found"))
        .where(record_tags.c.project == project)
        .group_by(record_tags.c.tag)
    )
    # Sorted here: each database has an order of its own.
    return dict(sorted((row["tag"], row["found"]) for row in rows))


def projects_of(database: Database, users: Collection[str] | None) -> list[Listed]:
    """Return the projects in which any of the users has a permission (None: all), newest first."""
    newest = func.max(records.c.timestamp).label("last_updated")
    statement = (
        select(projects, newest)
        .outerjoin(records, records.c.project == projects.c.id)
        .group_by(projects.c.id)
        .order_by(newest.desc().nulls_last(), projects.c.id)
    )
    if users is not None:
        mine = select(permissions.c.project).where(permissions.c.user_name.in_(users))
        statement = statement.where(projects.c.id.in_(mine))
    return [
        Listed(
            Project(
                row["id"], row["name"], row["description"], row["created_by"], row["created_at"]
            ),
            row["last_updated"],
        )
        for row in database.query(statement)
    ]


def history(database: Database, project: str, label: str, most: int) -> list[Past]:
    """Return what happened under a label, the latest first; earlier records of it included."""
    rows = database.query(
        select(record_history)
        .where(record_history.c.project == project, record_history.c.label == label)
        .order_by(record_history.c.id.desc())
        .limit(most)
    )
    return [
        Past(
            row["revision"],
            row["happened"],
            row["at"],
            row["by"],
            row["event_key"],
            read_kept(row["before"]),
        )
        for row in rows
    ]


def _stored(row: RowMapping) -> Stored:
    return Stored(
        row["project"],
        row["label"],
        row["timestamp"],
        row["born"],
        row["revision"],
        row["document"],
        texts_of(row) if "diff" in row else {},
    )


def _chosen(
    statement: Select[Any], project: str, selection: Selection, limit: int | None, offset: int
) -> Select[Any]:
    chosen = statement.where(*_conditions(project, selection)).order_by(*_NEWEST)
    return chosen.limit(limit).offset(offset or None)


def _conditions(project: str, selection: Selection) -> Sequence[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [records.c.project == project]
    if selection.tags:
        tags_wanted = {plain(tag) for tag in selection.tags}
        tagged = (
            select(record_tags.c.record)
            .where(record_tags.c.project == project, record_tags.c.tag.in_(tags_wanted))
            .group_by(record_tags.c.record)
        )
        if selection.match_all:
            tagged = tagged.having(func.count() == len(tags_wanted))
        found.append(records.c.id.in_(tagged))
    if selection.since is not None:
        found.append(records.c.timestamp >= selection.since)
    if selection.until is not None:
        found.append(records.c.timestamp <= selection.until)
    if selection.main_file is not None:
        path = records.c.main_file
        wanted = plain(selection.main_file)
        found.append(or_(path == wanted, path.endswith("/" + wanted, autoescape=True)))
    if selection.parameter is not None:
        term = search_term(selection.parameter)
        found.append(records.c.parameters.contains(term, autoescape=True))
    if selection.text is not None:
        found.append(records.c.said.contains(folded(selection.text), autoescape=True))
    return found
