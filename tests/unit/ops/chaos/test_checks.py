"""The account finds whatever is missing, and whatever is there twice."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Table, delete, insert, update

from ops.chaos.accepted import Accepted
from ops.chaos.checks import Account, settle
from ops.chaos.quiet import wait_until_quiet
from store import tables
from store.database import Database, open_database
from store.keys import content_key
from store.objects_local import LocalObjectStore
from store.statistics.rebuilding import rebuild

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CONTENT = b"starlight"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@dataclass
class Aftermath:
    """What is left of a run in which all went well: one probe, one file."""

    database: Database
    objects: LocalObjectStore
    accepted: Accepted
    seen: set[str]
    queued: dict[str, int] = field(default_factory=dict)

    def add(self, table: Table, **row: object) -> None:
        """Write one row."""
        with self.database.transaction() as transaction:
            transaction.execute(insert(table).values(row))

    def remove(self, table: Table) -> None:
        """Lose all rows of a table."""
        with self.database.transaction() as transaction:
            transaction.execute(delete(table))

    def event(self, key: str, kind: str, cause: str | None = None) -> None:
        """Write an event: a follow-on, when it has a cause."""
        self.add(
            tables.events,
            key=key,
            id=key,
            source="/test",
            type=kind,
            recorded_at=NOW,
            entry="emitted" if cause else "accepted",
            actor="consumer:test" if cause else "user:operator",
            correlation=cause or key,
            cause=cause,
            data="{}",
        )

    def handled(self, key: str, consumer: str) -> None:
        """Write an inbox row."""
        times = {"started_at": NOW, "handled_at": NOW}
        self.add(
            tables.inbox, consumer=consumer, event_key=key, outcome="succeeded", attempt=1, **times
        )

    def version(self, key: str, name: str, number: int, sha256: str) -> None:
        """Write a version of a file."""
        self.add(
            tables.files,
            id=key,
            name=name,
            version=number,
            size=len(CONTENT),
            sha256=sha256,
            md5="",
            media_type="text/plain",
            metadata="{}",
            object_key=content_key(SHA256),
            archived_at=NOW,
            archived_by=key,
        )

    def count(self) -> None:
        """Have figures of what there is."""
        rebuild(self.database, lambda: NOW, lambda _done, _all: None)

    def settle(self) -> Account:
        """Return the account; its figures are right."""
        self.count()
        return self.settle_as_it_is()

    def settle_as_it_is(self) -> Account:
        """Return the account."""
        return settle(self.database, self.objects, self.accepted, self.seen)


@pytest.fixture
def aftermath(tmp_path: Path) -> Iterator[Aftermath]:
    with closing(open_database(f"sqlite:///{tmp_path / 'test.db'}")) as database:
        tables.metadata.create_all(database.engine)
        objects = LocalObjectStore(tmp_path / "objects")
        with objects.create(content_key(SHA256)) as sink:
            sink.write(CONTENT)
        accepted = Accepted()
        accepted.probe("p")
        accepted.upload("f", "m51", SHA256)
        found = Aftermath(database, objects, accepted, {"p2", "f2"})
        found.event("p", "muniment.probe.requested.v1")
        found.event("f", "muniment.file.ingest_requested.v1")
        found.event("p2", "muniment.probe.answered.v1", "p")
        found.event("f2", "muniment.file.archived.v1", "f")
        found.handled("p", "answer-probe")
        found.handled("f", "ingest-file")
        found.add(tables.probes, event_key="p", probe="chaos", answered_at=NOW)
        found.version("f", "m51", 1, SHA256)
        yield found


def test_a_run_in_which_all_went_well_is_whole(aftermath: Aftermath) -> None:
    account = aftermath.settle()
    assert (account.accepted, account.ended) == (2, 2)
    assert account.lost.lines() == []
    assert account.doubled.lines() == []


def lose_object(aftermath: Aftermath) -> None:
    aftermath.objects.delete(content_key(SHA256))


def spoil_object(aftermath: Aftermath) -> None:
    lose_object(aftermath)
    with aftermath.objects.create(content_key(SHA256)) as sink:
        sink.write(b"starlighT")


def lose_follow_ons(aftermath: Aftermath) -> None:
    with aftermath.database.transaction() as transaction:
        transaction.execute(delete(tables.events).where(tables.events.c.cause == "p"))


def leave_a_gap(aftermath: Aftermath) -> None:
    with aftermath.database.transaction() as transaction:
        transaction.execute(update(tables.files).values(version=2))


def reject(aftermath: Aftermath) -> None:
    with aftermath.database.transaction() as transaction:
        rejected = update(tables.events).where(tables.events.c.key == "f2")
        transaction.execute(rejected.values(type="muniment.file.rejected.v1"))


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        (
            lambda it: it.remove(tables.inbox),
            ["f: was accepted and has not ended", "p: was accepted and has not ended"],
        ),
        (
            lambda it: it.accepted.probes.add("q"),
            ["q: was accepted and has not ended; has no row of its probe; has no follow-on"],
        ),
        (lambda it: it.remove(tables.probes), ["p: has no row of its probe"]),
        (lambda it: it.remove(tables.files), ["f: its file m51 is not in the catalogue"]),
        (lose_follow_ons, ["p: has no follow-on"]),
        (lambda it: it.seen.discard("f2"), ["f: the witness lacks its muniment.file.archived.v1"]),
        (lose_object, ["f: m51 version 1: no object"]),
        (spoil_object, ["f: m51 version 1: its object"]),
        (leave_a_gap, ["m51: its versions have a gap"]),
        (reject, ["f: its file was rejected"]),
    ],
)
def test_what_is_missing_is_lost(
    aftermath: Aftermath, harm: Callable[[Aftermath], object], found: list[str]
) -> None:
    harm(aftermath)
    account = aftermath.settle()
    assert account.lost.number == len(found)
    said = zip(account.lost.lines(), found, strict=True)
    assert [(one, expected) for one, expected in said if not one.startswith(expected)] == []
    assert account.doubled.lines() == []


def park(aftermath: Aftermath) -> None:
    aftermath.add(
        tables.parked,
        id="1",
        consumer="answer-probe",
        event_key="p",
        reason="no reason",
        attempts=8,
        parked_at=NOW,
    )


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        (lambda it: it.handled("p", "another"), "p: has ended 2 times"),
        (
            lambda it: it.event("p3", "muniment.probe.answered.v1", "p"),
            "p: has 2 follow-ons of consumer:test",
        ),
        (lambda it: it.version("g", "m51", 2, SHA256), "m51: 2 versions hold the same bytes"),
        (lambda it: it.version("g", "m51", 2, "0" * 64), "m51: has bytes that nobody sent"),
        (park, "p: parked by answer-probe: no reason"),
    ],
)
def test_what_is_there_twice_is_doubled(
    aftermath: Aftermath, harm: Callable[[Aftermath], object], found: str
) -> None:
    aftermath.seen.add("p3")
    harm(aftermath)
    account = aftermath.settle()
    assert account.doubled.number == 1
    assert account.doubled.lines()[0].startswith(found)


def test_only_the_first_of_many_are_told(aftermath: Aftermath) -> None:
    for number in range(50):
        aftermath.accepted.upload(str(number), "m51", SHA256)
    account = aftermath.settle()
    assert account.lost.number == 50
    assert len(account.lost.lines()) == 20


def test_a_wrong_figure_is_doubled(aftermath: Aftermath) -> None:
    aftermath.count()
    with aftermath.database.transaction() as transaction:
        probed = tables.statistics_totals.c.type == "muniment.probe.requested.v1"
        transaction.execute(update(tables.statistics_totals).where(probed).values(events=2))
    (told,) = aftermath.settle_as_it_is().doubled.lines()
    assert told.startswith("statistics_totals muniment.probe.requested.v1: events is 2")


def test_an_event_that_is_not_counted_is_lost(aftermath: Aftermath) -> None:
    aftermath.count()
    aftermath.event("p3", "muniment.probe.answered.v1", "another")
    aftermath.seen.add("p3")
    assert "statistics: 1 events are not counted" in aftermath.settle_as_it_is().lost.lines()
    keys = aftermath.accepted.keys()
    waiting = wait_until_quiet(aftermath.database, keys, dict, lambda: None, patience=0)
    assert waiting == ["1 in the ledger that nobody has counted"]


def wait(aftermath: Aftermath) -> list[str]:
    aftermath.count()
    keys = aftermath.accepted.keys()
    return wait_until_quiet(
        aftermath.database, keys, lambda: aftermath.queued, lambda: None, patience=0
    )


def test_what_has_ended_is_quiet(aftermath: Aftermath) -> None:
    assert wait(aftermath) == []


def test_what_waits_is_told_with_its_place(aftermath: Aftermath) -> None:
    due = {"attempt": 1, "not_before": NOW}
    aftermath.remove(tables.inbox)
    aftermath.add(tables.deliveries, queue="answer-probe", event_key="p", taken=0, **due)
    aftermath.accepted.probe("q")
    assert wait(aftermath) == [
        "1 in deliveries",
        "f is in the ledger alone",
        "p is in deliveries",
        "q is nowhere",
    ]


def test_a_copy_on_its_way_is_not_quiet(aftermath: Aftermath) -> None:
    destination = {"exchange": "", "routing_key": "answer-probe"}
    due = {"attempt": 1, "tries": 0, "not_before": NOW}
    aftermath.add(tables.outbox, id="1", event_key="p", **destination, **due)
    assert wait(aftermath) == ["1 in outbox"]
    aftermath.remove(tables.outbox)
    aftermath.queued["answer-probe"] = 2
    assert wait(aftermath) == ["2 in the queue answer-probe"]


def test_a_request_that_nobody_was_promised_has_to_end_too(aftermath: Aftermath) -> None:
    aftermath.event("u", "muniment.probe.requested.v1")
    assert wait(aftermath) == ["u is in the ledger alone"]
    assert aftermath.settle().lost.lines()[0].startswith("u: was accepted and has not ended")
