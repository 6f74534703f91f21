"""Many requests in one transaction: each sees those before it, and the database is asked once."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import get_ident

import pytest
from sqlalchemy import Connection, event, select
from sqlalchemy.engine import Engine

from consumers.store_record import CONSUMER, prepare, store_record
from schemas.base import Event
from schemas.catalogue import decode
from schemas.envelope import Envelope
from schemas.records import RecordPutRequested
from store import tables
from tests.equipment.logbook import LABEL, Logbook, kinds
from tests.equipment.making import MakeWorld
from tests.equipment.records import first_put


@pytest.fixture
def logbook(make_world: MakeWorld) -> Logbook:
    """A project of Ann's."""
    logbook = Logbook(make_world(CONSUMER))
    logbook.open()
    return logbook


def carry_out(logbook: Logbook, sent: Sequence[Envelope]) -> list[list[str]]:
    """Carry requests out in one transaction; return the kinds of what follows from each."""
    database, now = logbook.world.database, logbook.world.clock()
    rows = database.query(select(tables.events.c.key, tables.events.c.position))
    positions = {row["key"]: row["position"] for row in rows}
    batch = {one.key: decode(one) for one in sent}
    with database.transaction() as transaction:
        works = {
            key: logbook.world.make_work(transaction, key, positions[key], now) for key in batch
        }
        prepare(requests(batch), works[sent[0].key])
        return [kinds(list(store_record(one, works[key]))) for key, one in requests(batch).items()]


def requests(batch: dict[str, Event]) -> dict[str, RecordPutRequested]:
    """Return those that ask for a record to be stored: all."""
    return {key: one for key, one in batch.items() if isinstance(one, RecordPutRequested)}


@contextmanager
def counting(logbook: Logbook) -> Iterator[list[str]]:
    """Collect this thread's statements within the block: the relay looks round beside it."""
    seen: list[str] = []
    thread = get_ident()

    def note(connection: Connection, _: object, statement: str, *__: object) -> None:
        same = connection.engine.url == logbook.world.database.engine.url
        if same and get_ident() == thread:
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_each_sees_what_those_before_it_have_done(logbook: Logbook) -> None:
    sent = logbook.request_all(
        [
            first_put(tags=["_initialized_", "old"]),
            {"label": LABEL, "tags": ["_running_", "warm"], "reason": "second"},
            {"label": LABEL, "tags": ["_finished_", "warm"], "outcome": "good"},
            {"label": LABEL, "main_file": "too late.py"},
        ]
    )
    assert carry_out(logbook, sent) == [["created"], ["updated"], ["updated", "closed"], []]
    row = logbook.row()
    assert (row["revision"], row["open"]) == (3, False)
    document = json.loads(row["document"])
    assert (document["reason"], document["outcome"]) == ("second", "good")
    assert document["main_file"] == first_put()["main_file"]
    assert {one["tag"] for one in logbook.world.rows(tables.record_tags)} == {"_finished_", "warm"}
    assert [entry["happened"] for entry in logbook.history()] == ["created", "updated", "updated"]
    assert logbook.world.count(tables.record_drafts) == 0


def test_records_that_are_there_are_replaced_and_others_left_alone(logbook: Logbook) -> None:
    labels = [f"run-{number}" for number in range(4)]
    carry_out(logbook, logbook.request_all(first_put(label=label) for label in labels))
    before = [dict(logbook.row(label)) for label in labels]
    sent = logbook.request_all({"label": label, "reason": "new"} for label in labels[:2])
    assert carry_out(logbook, sent) == [["updated"], ["updated"]]
    after = [dict(logbook.row(label)) for label in labels]
    assert after[2:] == before[2:]
    for was, now in zip(before[:2], after[:2], strict=True):
        changed = {name for name in was if was[name] != now[name]}
        assert changed <= {"document", "said", "revision", "sequence", "changed_at"}
        assert (now["revision"], now["born"]) == (2, was["born"])
    assert logbook.world.count(tables.record_tags) == len(labels)


@pytest.mark.parametrize("again", [False, True])
def test_many_cost_as_many_statements_as_few(logbook: Logbook, *, again: bool) -> None:
    seen = []
    for number, size in enumerate((2, 40)):
        labels = [f"batch-{number}-{one}" for one in range(size)]
        sent = logbook.request_all(first_put(label=label) for label in labels)
        if again:
            carry_out(logbook, sent)
            sent = logbook.request_all({"label": label, "reason": "new"} for label in labels)
        with counting(logbook) as statements:
            carry_out(logbook, sent)
        seen.append(statements)
    few, many = seen
    assert len(many) == len(few)
