"""Durable acceptance: shared commits, and each request all or nothing by itself."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from queue import Queue
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Table, select

from producers.acceptor import MOST_EVENTS, Acceptance, Acceptor, Answer, Receipt
from producers.stamping import Stamp
from schemas.envelope import Envelope
from schemas.probes import ProbeRequested
from store import tables
from store.database import Database, Transaction, open_database
from store.errors import ConflictError, DatabaseUnavailableError, MunimentError
from store.ledger import Departure, Ledger
from store.ports import Upload
from store.uploads import keep_upload
from tests.equipment.world import PATIENCE_SECONDS, new_id
from tests.services.private_postgresql import PrivatePostgreSQL

NOW = datetime(2024, 2, 29, 12, tzinfo=UTC)
STAMP = Stamp("/tests", lambda: NOW, new_id)


@dataclass
class Desk:
    """An acceptor, what left through its ledger, and how often it committed."""

    database: Database
    commits: int = 0
    left: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Make the acceptor; it is started by `working`."""
        self.acceptor = Acceptor(self.database, Ledger(self), self._clock)
        self._answers: list[Queue[Answer]] = []

    def dispatch(
        self, transaction: Transaction, departures: Sequence[Departure], now: datetime
    ) -> None:
        """Keep the keys of what leaves; as the ledger's outlet."""
        assert now == NOW
        keys = [one.envelope.key for one in departures]
        transaction.on_commit(lambda: self.left.extend(keys))

    def schedule(
        self, transaction: Transaction, queue: str, envelope: Envelope, not_before: datetime
    ) -> None:
        """Nothing that is accepted is for one queue alone."""
        raise NotImplementedError

    def submit(self, acceptance: Acceptance) -> None:
        """Have it accepted; the answer comes with `answers`."""
        answer: Queue[Answer] = Queue()
        self._answers.append(answer)
        self.acceptor.submit(acceptance, answer.put)

    def answers(self) -> list[Answer]:
        """Wait for the answers to everything submitted since, in that order."""
        waiting, self._answers = self._answers, []
        return [answer.get(timeout=PATIENCE_SECONDS) for answer in waiting]

    def accept(self, *acceptances: Acceptance) -> list[Answer]:
        """Have them accepted, in as few commits as may be, by an acceptor of their own."""
        self.acceptor = Acceptor(self.database, Ledger(self), self._clock)
        for acceptance in acceptances:
            self.submit(acceptance)
        with self.working():
            return self.answers()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Run the acceptor within the block."""
        self.acceptor.start()
        try:
            yield
        finally:
            self.acceptor.stop()

    def _clock(self) -> datetime:
        self.commits += 1
        return NOW


@pytest.fixture
def desk(database: Database) -> Desk:
    """A desk on either database."""
    return Desk(database)


def event(probe: str = "x") -> Envelope:
    return STAMP.put_on(ProbeRequested(probe=probe))


def request(*envelopes: Envelope, **options: Any) -> Acceptance:  # noqa: ANN401 - those of Acceptance
    return Acceptance(envelopes or [event()], "user:test", **options)


def keys(database: Database) -> list[str]:
    ordered = select(tables.events.c.key).order_by(tables.events.c.position)
    return [row["key"] for row in database.query(ordered)]


def rows(database: Database, table: Table) -> list[dict[str, Any]]:
    return [dict(row) for row in database.query(select(table))]


def conflict(answer: Answer) -> ConflictError:
    assert isinstance(answer, ConflictError)
    return answer


# --- accepting ------------------------------------------------------------------------------------


def test_what_is_accepted_is_in_the_ledger_and_leaves(desk: Desk) -> None:
    one, two, three = event("1"), event("2"), event("3")
    answers = desk.accept(request(one), request(two, three))
    assert answers == [Receipt([one.key]), Receipt([two.key, three.key])]
    assert keys(desk.database) == desk.left == [one.key, two.key, three.key]
    (first, *_) = rows(desk.database, tables.events)
    assert (first["entry"], first["actor"], first["recorded_at"]) == ("accepted", "user:test", NOW)


def test_requests_that_wait_share_a_commit(desk: Desk) -> None:
    answers = desk.accept(*[request() for _ in range(50)])
    assert len(keys(desk.database)) == len(answers) == 50
    assert desk.commits == 1


def test_a_commit_grows_no_larger_than_it_may(desk: Desk) -> None:
    desk.accept(*[request() for _ in range(2 * MOST_EVENTS + 1)])
    assert desk.commits == 3
    many = [event() for _ in range(3 * MOST_EVENTS)]
    assert desk.accept(request(*many)) == [Receipt([one.key for one in many])]
    assert desk.commits == 4


def test_a_request_of_no_events_is_accepted_and_does_nothing(desk: Desk) -> None:
    assert desk.accept(Acceptance([], "user:test")) == [Receipt([])]
    assert keys(desk.database) == []


def test_many_threads_are_served(desk: Desk) -> None:
    got: Queue[Answer] = Queue()

    def ask() -> None:
        for _ in range(20):
            answer: Queue[Answer] = Queue()
            desk.acceptor.submit(request(), answer.put)
            got.put(answer.get(timeout=PATIENCE_SECONDS))

    threads = [Thread(target=ask) for _ in range(8)]
    with desk.working():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    receipts = [got.get_nowait() for _ in range(160)]
    accepted = [
        one for answer in receipts if isinstance(answer, Receipt) for one in answer.operations
    ]
    assert sorted(accepted) == sorted(keys(desk.database))
    assert desk.commits <= 160


# --- the same again -------------------------------------------------------------------------------


def test_the_same_event_again_is_accepted_once(desk: Desk) -> None:
    one = event()
    later = replace(one, time=None, subject=None, replyto="elsewhere")
    again = Receipt([one.key], repeated=True)
    assert desk.accept(request(one), request(one)) == [Receipt([one.key]), again]
    assert desk.accept(request(later)) == [again]
    assert keys(desk.database) == desk.left == [one.key]


def test_the_same_batch_again_is_accepted_once(desk: Desk) -> None:
    batch = [event() for _ in range(3)]
    (first,) = desk.accept(request(*batch))
    (second,) = desk.accept(request(*reversed(batch)))
    assert first == Receipt([one.key for one in batch])
    assert second == Receipt([one.key for one in reversed(batch)], repeated=True)
    assert len(keys(desk.database)) == 3


@pytest.mark.parametrize(
    "changes",
    [{"data": b'{"probe":"y"}'}, {"type": "muniment.other.requested.v1"}, {"source": "/o"}],
)
def test_the_same_id_for_something_else_is_a_conflict(desk: Desk, changes: dict[str, Any]) -> None:
    one = event()
    other = replace(one, **changes)
    _, within, unhurt = desk.accept(request(one), request(other), request())
    (later,) = desk.accept(request(other))
    for answer in (within, later):
        assert conflict(answer).field == "id"
        assert str(answer) == f"id '{one.id}' already names another event"
    assert isinstance(unhurt, Receipt)
    assert keys(desk.database) == [one.key, *unhurt.operations]


def test_ids_that_are_no_uuids_belong_to_their_source(desk: Desk) -> None:
    here, there = (
        replace(event(), id="1", source="/here"),
        replace(event(), id="1", source="/there"),
    )
    assert desk.accept(request(here), request(there)) == [Receipt([here.key]), Receipt([there.key])]


def test_two_processes_accept_the_same_event_once(database_url: str, desk: Desk) -> None:
    requests = [request() for _ in range(300)]
    with closing(open_database(database_url)) as own:
        other = Desk(own)
        for one in requests:
            desk.submit(one)
            other.submit(one)
        with desk.working(), other.working():
            answers = [*desk.answers(), *other.answers()]
    repeated = [answer.repeated for answer in answers if isinstance(answer, Receipt)]
    assert len(repeated) == 600
    assert sum(repeated) == 300
    assert len(keys(desk.database)) == len(desk.left) + len(other.left) == 300


# --- all or nothing -------------------------------------------------------------------------------


def test_a_batch_with_a_conflict_is_not_accepted_at_all(desk: Desk) -> None:
    known, fresh = event(), event()
    desk.accept(request(known))
    (answer,) = desk.accept(request(fresh, replace(known, data=b"{}")))
    assert conflict(answer).field == "id"
    assert keys(desk.database) == [known.key]
    assert desk.accept(request(fresh)) == [Receipt([fresh.key])]


def test_a_batch_that_is_known_in_part_is_not_accepted(desk: Desk) -> None:
    known = event()
    desk.accept(request(known))
    (answer,) = desk.accept(request(known, event()))
    assert str(conflict(answer)) == "some events of the batch were accepted before, others not"
    assert keys(desk.database) == [known.key]


def test_an_id_stands_for_one_event_of_a_batch(desk: Desk) -> None:
    one = event()
    (answer,) = desk.accept(request(one, one))
    assert conflict(answer).field == "id"
    assert keys(desk.database) == []


def test_a_request_that_cannot_be_stored_hurts_no_other(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    before, after = event(), event()
    broken = replace(event(), data=b"\xff")  # no reader lets this through
    answers = desk.accept(request(before), request(event(), broken), request(after))
    assert answers[::2] == [Receipt([before.key]), Receipt([after.key])]
    assert type(answers[1]) is MunimentError
    assert "see the log" in str(answers[1])
    assert keys(desk.database) == [before.key, after.key]
    assert "UnicodeDecodeError" in caplog.text


# --- idempotency keys -----------------------------------------------------------------------------


def test_the_same_key_for_the_same_request_gives_the_first_answer(desk: Desk) -> None:
    one, within, later = (request(idempotency_key="k", fingerprint="f") for _ in range(3))
    first = Receipt([one.envelopes[0].key])
    again = Receipt(first.operations, repeated=True)
    assert desk.accept(one, within) == [first, again]
    assert desk.accept(later) == [again]
    assert keys(desk.database) == first.operations


def test_the_same_key_for_another_request_is_a_conflict(desk: Desk) -> None:
    one, within, later = (request(idempotency_key="k", fingerprint=f) for f in "abc")
    _, first = desk.accept(one, within)
    (second,) = desk.accept(later)
    for answer in (first, second):
        assert conflict(answer).field == "Idempotency-Key"
        assert "take a fresh one" in str(answer)
    assert len(keys(desk.database)) == 1


def test_keys_belong_to_who_chose_them(desk: Desk) -> None:
    mine = request(idempotency_key="k", fingerprint="a")
    theirs = replace(request(idempotency_key="k", fingerprint="b"), principal="user:other")
    answers = desk.accept(mine, theirs)
    assert not any(answer.repeated for answer in answers if isinstance(answer, Receipt))
    assert len(keys(desk.database)) == 2


def test_a_refused_request_uses_up_no_key(desk: Desk) -> None:
    known, fresh = event(), event()
    desk.accept(request(known))
    forged = replace(known, data=b"{}")
    refused, accepted = desk.accept(
        request(forged, idempotency_key="k", fingerprint="a"),
        request(fresh, idempotency_key="k", fingerprint="b"),
    )
    assert conflict(refused).field == "id"
    assert accepted == Receipt([fresh.key])


# --- uploads --------------------------------------------------------------------------------------


def test_received_bytes_are_remembered_with_their_event_alone(desk: Desk) -> None:
    def upload(number: str) -> Callable[[Transaction], None]:
        received = Upload(number, f"staging/{number}", 3, "s", "m", None, NOW)
        return partial(keep_upload, upload=received)

    one = event()
    desk.accept(
        request(one, keep=upload("1")),
        request(one, keep=upload("repeated")),
        request(replace(one, data=b"{}"), keep=upload("conflict")),
    )
    assert [row["id"] for row in rows(desk.database, tables.uploads)] == ["1"]


# --- trouble, and the end -------------------------------------------------------------------------


def test_an_answer_that_nobody_takes_stops_nobody_else(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    def gone(_answer: Answer) -> None:
        raise RuntimeError("the event loop is closed")

    desk.acceptor.submit(request(), gone)
    desk.submit(request())
    with desk.working():
        desk.answers()
        desk.submit(request())
        desk.answers()
    assert len(keys(desk.database)) == 3
    assert "an answer could not be delivered" in caplog.text


def test_stopping_commits_what_was_submitted(desk: Desk) -> None:
    for _ in range(3 * MOST_EVENTS):
        desk.submit(request())
    with desk.working():
        pass
    assert len(keys(desk.database)) == 3 * MOST_EVENTS
    assert all(isinstance(answer, Receipt) for answer in desk.answers())


def test_a_database_that_is_gone_is_said_so_and_found_again(
    private_postgresql: PrivatePostgreSQL,
) -> None:
    with private_postgresql.fresh_database() as url, closing(open_database(url)) as database:
        tables.metadata.create_all(database.engine)
        desk = Desk(database)
        with desk.working():
            one, two = request(), request()
            desk.submit(one)
            assert isinstance(desk.answers()[0], Receipt)
            private_postgresql.stop()
            desk.submit(two)
            (answer,) = desk.answers()
            assert isinstance(answer, DatabaseUnavailableError)
            assert str(answer).startswith("database: ")
            private_postgresql.start()
            desk.submit(two)
            desk.submit(one)
            assert desk.answers() == [
                Receipt([two.envelopes[0].key]),
                Receipt([one.envelopes[0].key], repeated=True),
            ]
