"""The floor of the record store: plain SQLAlchemy in threads, one transaction for each record.

Writes the very rows of `records` into that table, and nothing else; reads one by its primary key;
lists the labels of a project. Everything that can be made beforehand is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection

from sqlalchemy import Executable, bindparam, insert, select, update

from ops.bench.floor_jobs import Job, open_for, work_off
from ops.bench.runs import Run, Work
from schemas.record_document import LONG, Document, check, complete, write
from store.columns import Row
from store.database import Database
from store.record_ports import LongText, Record
from store.record_rows import row_of
from store.tables import records

_WHICH = records.c.id == bindparam("which")
_CREATE = insert(records)
_UPDATE = update(records).where(_WHICH)
_GET = select(records).where(_WHICH)
_LIST = (
    select(records.c.label)
    .where(records.c.project == bindparam("project"))
    .order_by(records.c.timestamp.desc(), records.c.born.desc())
)


@dataclass(frozen=True, slots=True)
class Floor:
    """What is to be done."""

    work: Work
    database_url: str
    runs: Sequence[Run]
    threads: int


def work(pipe: Connection, floor: Floor) -> None:
    """Say that everything is built, wait, do it all, say a Posted."""
    database = open_for(floor.database_url, floor.threads)
    jobs = [_doing(floor.work, run) for run in floor.runs]
    work_off(pipe, database, jobs, floor.threads)


def row(run: Run, document: Document, revision: int = 1) -> Row:
    """Return the row of `records` that a document comes to."""
    kept = complete(check(document))
    texts = {field: LongText(write(kept.pop(field)), None) for field in LONG}
    return row_of(
        Record(
            id=run.id,
            project=run.project,
            label=run.label,
            timestamp=run.timestamp,
            born=run.number,
            sequence=run.number,
            revision=revision,
            open=revision == 1,
            document=kept,
            texts=texts,
            changed_at=run.timestamp,
            changed_by="bench",
        )
    )


def fill(database: Database, runs: Sequence[Run]) -> None:
    """Have the records of a project, all at once."""
    with database.transaction() as transaction:
        transaction.insert(records, [row(run, run.ended()) for run in runs])


def _doing(work: Work, run: Run) -> Job:
    if work == "create":
        return partial(_write, _CREATE, row(run, run.begun()))
    if work == "update":
        return partial(_write, _UPDATE, {**row(run, run.ended(), 2), "which": run.id})
    if work == "get":
        return lambda database: database.query(_GET, {"which": run.id})
    return lambda database: [
        one["label"] for one in database.query(_LIST, {"project": run.project})
    ]


def _write(statement: Executable, given: Row, database: Database) -> None:
    with database.transaction() as transaction:
        transaction.execute(statement, given)
