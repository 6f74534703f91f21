"""What became of records, counted where it is written down, and consumers that come and go."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import func, select

from ops.wiring import system
from schemas.records import RecordCreated, RecordPutRequested
from store.database import Database
from store.tables import events, parked, record_drafts, record_history, records
from tests.equipment.installations import Answer
from tests.equipment.recording import Recording
from tests.services.waiting import until

PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Account:
    """How often what belongs to one record is there."""

    requested: int
    """Requests in the ledger that sent it."""
    records: int
    history: tuple[str, ...]
    """What happened, in order."""
    announced: int
    """Facts in the ledger that tell of its creation."""


def account(database: Database, project: str, label: str) -> Account:
    """Count what is there of one record."""
    past = (
        select(record_history.c.happened)
        .where(record_history.c.project == project, record_history.c.label == label)
        .order_by(record_history.c.id)
    )
    return Account(
        events_of(database, RecordPutRequested.TYPE, f"{project}/{label}"),
        len(
            database.query(
                select(records.c.id).where(records.c.project == project, records.c.label == label)
            )
        ),
        tuple(row["happened"] for row in database.query(past)),
        events_of(database, RecordCreated.TYPE, f"{project}/{label}"),
    )


def events_of(database: Database, type_: str, subject: str) -> int:
    """Count events in the ledger."""
    found = select(events.c.key).where(events.c.type == type_, events.c.subject == subject)
    return len(database.query(found))


def drafts(database: Database) -> int:
    """Count what waits to be applied."""
    return int(database.query(select(func.count().label("n")).select_from(record_drafts))[0]["n"])


def check_once(database: Database, project: str, *labels: str) -> None:
    """See that each record was created, and announced, once, and nothing is left over."""
    for label in labels:
        found = account(database, project, label)
        assert (found.records, found.history, found.announced) == (1, ("created",), 1), label
    assert drafts(database) == 0
    assert database.query(select(parked.c.id)) == []


@contextmanager
def elsewhere(here: Recording, *consumers: str) -> Iterator[None]:
    """Let consumers work in another process of the same installation, as far as they can tell."""
    settings = here.running.settings.model_copy(update={"instance": "elsewhere"})
    with system(settings, consumers=consumers):
        yield


def insist(
    here: Recording, method: str, path: str, content: bytes | None = None, user: str = "ann"
) -> Answer:
    """Send the same request until its answer is no 503."""

    def ask() -> Answer | None:
        answer = here.call(method, path, content, user=user)
        return None if answer.status == 503 else answer

    return until(ask, seconds=PATIENCE_SECONDS, what=f"an answer to {method} {path}")


def check_refused(answer: Answer) -> None:
    """See that it was told to come again."""
    assert answer.status == 503, answer
    assert int(answer.headers["retry-after"]) > 0
