"""What happened to records: requests that come late, twice or at once, and deletions."""

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from consumers.contract import Consumer
from consumers.delete_records import CONSUMER as DELETE_RECORDS
from consumers.store_record import CONSUMER as STORE_RECORD
from schemas.envelope import Envelope
from schemas.record_document import write
from schemas.record_names import LONGEST_TAG
from schemas.records import RecordCreated, RecordDeleted, RecordRefused
from store import tables
from store.record_ports import LongText
from store.record_views import record
from store.records import SqlRecords
from tests.equipment.logbook import LABEL, Logbook, kinds
from tests.equipment.making import MakeWorld
from tests.equipment.records import first_put
from tests.equipment.world import PATIENCE_SECONDS, World, open_world
from tests.services.waiting import until

BOTH = (STORE_RECORD, DELETE_RECORDS)
MANY = 1200


@pytest.fixture
def logbook(make_embedded_world: MakeWorld) -> Logbook:
    """A project of Ann's."""
    logbook = Logbook(make_embedded_world(*BOTH))
    logbook.open()
    return logbook


def handle_late(logbook: Logbook, later: int) -> None:
    """Say that the one record was last changed by a request that much later in the ledger."""
    with logbook.world.database.transaction() as transaction:
        sequence = tables.records.c.sequence
        transaction.execute(tables.records.update().values(sequence=sequence + later))


def happened(logbook: Logbook, label: str = LABEL) -> list[tuple[str, int]]:
    return [(entry["happened"], entry["revision"]) for entry in logbook.history(label)]


# --- late, and twice ------------------------------------------------------------------------------


def test_what_comes_late_is_remembered_and_changes_nothing(logbook: Logbook) -> None:
    logbook.put()
    handle_late(logbook, 100)
    before = logbook.row()
    late = logbook.request(LABEL, {"reason": "late", "diff": "+ late"}, user="ann")
    (refusal,) = logbook.settle(late)
    assert isinstance(refusal, RecordRefused)
    assert refusal.code == "superseded"
    assert logbook.row() == before
    entry = logbook.history()[-1]
    assert (entry["happened"], entry["revision"], entry["event_key"]) == ("superseded", 1, late.key)
    assert json.loads(entry["before"]) == {"label": LABEL, "reason": "late", "diff": "+ late"}


def test_what_was_sent_before_a_deletion_does_not_bring_the_record_back(logbook: Logbook) -> None:
    logbook.put()
    late = logbook.request(LABEL, first_put(reason="late"))
    assert kinds(logbook.delete(LABEL)) == ["deleted"]
    assert kinds(logbook.settle(late)) == ["superseded"]
    assert logbook.world.count(tables.records) == 0
    assert kinds(logbook.put()) == ["created"]


def test_a_deletion_that_comes_late_spares_what_was_sent_after_it(logbook: Logbook) -> None:
    logbook.put(tags=["x"])
    by_label, by_tag = logbook.ask_deletion(LABEL), logbook.ask_deletion(tag="x")
    logbook.put(tags=["x"], reason="later")
    logbook.world.work_off(DELETE_RECORDS)
    assert kinds(logbook.followed(by_label)) == ["superseded"]
    assert logbook.followed(by_tag) == []
    assert kinds(logbook.delete(tag="x")) == ["deleted"]


def test_what_is_delivered_twice_is_done_once(make_world: MakeWorld) -> None:
    world = make_world(*BOTH)
    logbook = Logbook(world)
    logbook.open()
    put = logbook.request(LABEL, first_put(tags=["x"]))
    world.work_off(STORE_RECORD)
    deletion = logbook.ask_deletion(tag="x")
    world.work_off(DELETE_RECORDS)
    before = (world.count(tables.events), logbook.history())
    repeat(world, put, STORE_RECORD)
    repeat(world, deletion, DELETE_RECORDS)
    assert (world.count(tables.events), logbook.history()) == before
    assert world.count(tables.records) == 0


def repeat(world: World, sent: Envelope, consumer: Consumer[Any]) -> None:
    """Have a delivery come once more, and be recognised."""
    before = world.tally.endings["repeated"]
    world.deliver(sent, consumer.name)
    with world.working(consumer):
        # Not until all is at rest: what is on its way to the consumer is in no queue any more.
        until(
            lambda: world.tally.endings["repeated"] == before + 1,
            seconds=PATIENCE_SECONDS,
            what="the copy",
        )


def test_a_request_whose_draft_is_not_there_is_refused(logbook: Logbook) -> None:
    waiting = logbook.request(LABEL, first_put())
    with logbook.world.database.transaction() as transaction:
        transaction.execute(tables.record_drafts.delete())
    assert kinds(logbook.settle(waiting)) == ["unreadable"]


# --- deleting -------------------------------------------------------------------------------------


def test_a_deleted_label_is_free_and_its_history_spans_both_records(logbook: Logbook) -> None:
    logbook.put(reason="first", diff="+ 1")
    logbook.patch(outcome="works")
    assert logbook.delete(LABEL) == [
        RecordDeleted(project="reef", label=LABEL, user="ann", revision=3)
    ]
    deleted = logbook.history()[-1]
    assert json.loads(deleted["before"]) == first_put(reason="first", diff="+ 1", outcome="works")
    assert logbook.world.count(tables.record_tags) == 0
    assert logbook.delete(LABEL) == []
    assert logbook.put(timestamp="2024-06-01 10:00:00+0000") == [
        RecordCreated(project="reef", label=LABEL, user="ann", revision=1)
    ]
    assert happened(logbook) == [("created", 1), ("updated", 2), ("deleted", 3), ("created", 1)]
    assert len({entry["record"] for entry in logbook.history()}) == 2


def test_all_with_exactly_a_tag_are_deleted_together(logbook: Logbook) -> None:
    tags = {f"run-{number}": ["red"] for number in range(MANY)}
    others = {"kept": ["redder", "Red"], "looks alike": ["red\0"]}
    sent = logbook.request_all(
        first_put(label=label, tags=tagged) for label, tagged in {**tags, **others}.items()
    )
    assert kinds(logbook.settle(sent[-1])) == ["created", "closed"]
    logbook.world.wait_for(tables.records, MANY + 2)
    gone = logbook.delete(tag="red")
    assert all(isinstance(event, RecordDeleted) for event in gone)
    assert len({event.subject for event in gone}) == len(gone) == MANY
    handled = logbook.world.rows(tables.inbox, consumer=DELETE_RECORDS.name)
    assert len(handled) == 1
    left = {row["label"] for row in logbook.world.rows(tables.records)}
    assert left == {"kept", "looks alike"}
    assert logbook.world.count(tables.record_tags) == 3
    assert logbook.world.count(tables.record_history, happened="deleted") == MANY
    assert logbook.delete(tag="red") == []


def test_tags_that_look_alike_in_a_column_do_not_hide_each_other(logbook: Logbook) -> None:
    documents = [first_put(label=f"run-{number:03}", tags=["x\0"]) for number in range(510)]
    documents.append(first_put(label="last", tags=["x", "x\0", "\0", "\ud83d"]))
    logbook.request_all(documents)
    logbook.world.work_off(STORE_RECORD)
    assert [event.subject for event in logbook.delete(tag="x")] == ["reef/last"]
    assert len(logbook.delete(tag="x\0")) == 510


@pytest.mark.parametrize("named", [{"label": LABEL}, {"tag": "_initialized_"}])
def test_a_deletion_needs_a_permission_when_it_is_carried_out(
    logbook: Logbook, named: dict[str, str]
) -> None:
    logbook.put()
    deletion = logbook.ask_deletion(**named, user="stranger")
    logbook.world.work_off(DELETE_RECORDS)
    assert kinds(logbook.followed(deletion)) == ["forbidden"]
    assert logbook.world.count(tables.records) == 1


def test_a_deletion_that_names_nothing_deletes_nothing(logbook: Logbook) -> None:
    logbook.put()
    assert kinds(logbook.delete()) == ["unreadable"]
    assert kinds(Logbook(logbook.world, project="gone").delete(tag="x")) == ["forbidden"]
    assert Logbook(logbook.world, project="gone").delete(LABEL) == []
    assert logbook.world.count(tables.records) == 1


# --- long texts -----------------------------------------------------------------------------------


def test_a_long_text_is_an_object_that_is_spoken_of_for_ever(logbook: Logbook) -> None:
    def long(text: str) -> LongText:
        return LongText(None, hashlib.sha256(write(text).encode()).hexdigest())

    first, second, short = long("a" * 70_000), long("b" * 70_000), LongText('"c"', None)
    whole = first_put(tags=["_running_"])
    del whole["diff"], whole["stdout_stderr"]
    for diff in (first, second, short):
        texts = {"diff": diff, "stdout_stderr": first}
        (sent,) = logbook.request_checked([(dict(whole), texts)])
        logbook.settle(sent)
    assert happened(logbook) == [("created", 1), ("updated", 2), ("updated", 3)]
    said = [json.loads(entry["before"]) for entry in logbook.history()]
    assert said == [{}, {"diff": {"sha256": first.sha256}}, {"diff": {"sha256": second.sha256}}]
    stored = record(logbook.world.database, "reef", LABEL)
    assert stored is not None
    assert stored.texts == {"diff": short, "stdout_stderr": first}
    logbook.delete(LABEL)
    spoken_of = {row["sha256"] for row in logbook.world.rows(tables.record_objects)}
    assert spoken_of == {first.sha256, second.sha256}


def test_what_is_as_long_as_a_name_and_a_tag_may_be_is_kept(make_embedded_world: MakeWorld) -> None:
    def long(length: int) -> str:
        return "".join(chr(0x20000 + 7 * number) for number in range(length))

    logbook = Logbook(make_embedded_world(*BOTH), project=long(255))
    logbook.open()
    assert kinds(logbook.put(long(255), tags=[long(LONGEST_TAG)])) == ["created", "closed"]
    assert len(logbook.delete(tag=long(LONGEST_TAG))) == 1


# --- at once --------------------------------------------------------------------------------------


def test_two_processes_create_a_record_once(make_world: MakeWorld, tmp_path: Path) -> None:
    """The labels come in two orders, so that each process waits for the other now and then."""
    world = make_world(STORE_RECORD)
    logbook = Logbook(world)
    logbook.open()
    labels = [f"run-{number}" for number in range(40)]
    sent = logbook.request_all(
        first_put(label=label, tags=["_running_"], reason=str(order))
        for order, ordered in enumerate((labels, labels[::-1], labels))
        for label in ordered
    )
    other = tmp_path / "other"
    other.mkdir()
    with ExitStack() as stack:
        second = stack.enter_context(
            open_world(
                [STORE_RECORD],
                database_url=str(world.database.engine.url.render_as_string(hide_password=False)),
                bus_url=make_world.bus_url,
                folder=other,
                instance="other",
            )
        )
        for one in (world, second):
            stack.enter_context(one.working(STORE_RECORD))
        world.wait_until_at_rest()
    check_once(world, labels, [kinds(logbook.followed(one)) for one in sent])


def check_once(world: World, labels: list[str], seen: list[list[str]]) -> None:
    assert sum(kind == ["created"] for kind in seen) == len(labels)
    assert all(kind in (["created"], ["updated"], ["superseded"]) for kind in seen)
    assert sorted(row["label"] for row in world.rows(tables.records)) == sorted(labels)
    created = world.rows(tables.record_history, happened="created")
    assert sorted(entry["label"] for entry in created) == sorted(labels)
    # Whatever came first: the last request of each label is what its record says.
    said = {json.loads(row["document"])["reason"] for row in world.rows(tables.records)}
    assert said == {"2"}
    assert world.count(tables.failures) == world.count(tables.parked) == 0


Act = Callable[[SqlRecords], int]


def change(records: SqlRecords) -> int:
    """Change the record, if it is there; return the revision it had."""
    held = records.hold("reef", LABEL, "ann").record
    if held is None:
        return 0
    records.change(replace(held, revision=held.revision + 1))
    return held.revision


def delete(records: SqlRecords) -> int:
    """Delete all with a tag; return the revision of the last."""
    revision = 0
    for found in records.hold_tagged("reef", "x", 10**9, 10):
        records.remove(found)
        revision = sum(one.revision for one in found)
    return revision


@pytest.mark.parametrize(
    ("first", "second", "seen"), [(change, delete, 2), (delete, change, 0), (change, change, 2)]
)
def test_who_comes_second_waits_and_sees_what_the_first_has_done(
    logbook: Logbook, first: Act, second: Act, seen: int
) -> None:
    logbook.put(tags=["x"])
    database = logbook.world.database

    def follow() -> int:
        with database.transaction() as transaction:
            return second(SqlRecords(transaction))

    with ThreadPoolExecutor(1) as threads:
        with database.transaction() as transaction:
            assert first(SqlRecords(transaction)) == 1
            transaction.flush()
            following = threads.submit(follow)
            with pytest.raises(TimeoutError):
                following.result(timeout=0.3)
        assert following.result(PATIENCE_SECONDS) == seen
