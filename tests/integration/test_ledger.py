"""The ledger: positions in order of commit, for any number of writers; and what rows keep."""

from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Event as Flag
from threading import Thread

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, StatementError

from producers.stamping import Stamp
from schemas.envelope import Envelope
from schemas.probes import ProbeRequested
from store.database import Database, Transaction, open_database
from store.ledger import Departure, Entry, Ledger, envelope_of, known
from store.tables import events
from tests.equipment.world import PATIENCE_SECONDS, new_id
from tests.services.waiting import until

NOW = datetime(2024, 2, 29, 12, 0, 0, 123456, tzinfo=UTC)
STAMP = Stamp("/tests", lambda: NOW, new_id)
WRITERS = 8
COMMITS = 25


@dataclass
class Departures:
    """An outlet that keeps what leaves."""

    left: list[Departure] = field(default_factory=list)

    def dispatch(
        self, transaction: Transaction, departures: Sequence[Departure], now: datetime
    ) -> None:
        """Keep them, once they are committed."""
        assert now == NOW
        transaction.on_commit(lambda: self.left.extend(departures))

    def schedule(
        self, transaction: Transaction, queue: str, envelope: Envelope, not_before: datetime
    ) -> None:
        """Keep it like the others, as leaving for the one queue."""
        self.dispatch(transaction, [Departure(envelope, "", queue)], not_before)


def entry(kind: str = "accepted", envelope: Envelope | None = None) -> Entry:
    stamped = envelope or STAMP.put_on(ProbeRequested(probe="x"))
    return Entry(stamped, kind, "user:test", NOW)  # type: ignore[arg-type]  # one of its literals


def append(database: Database, *entries: Entry) -> None:
    with database.transaction() as transaction:
        Ledger(Departures()).append(transaction, entries)


def keys(database: Database) -> list[str]:
    return [row["key"] for row in database.query(select(events.c.key).order_by(events.c.position))]


def run_all(*calls: Callable[[], None]) -> None:
    threads = [Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# --- order ----------------------------------------------------------------------------------------


def test_a_reader_of_what_is_new_misses_and_repeats_nothing(
    database_url: str, database: Database
) -> None:
    written = [0] * WRITERS
    writing = Flag()
    read: list[tuple[int, str]] = []

    def write(writer: int) -> None:
        # As if in another process: a connection pool, and on SQLite a lock, of its own.
        with closing(open_database(database_url)) as own:
            for number in range(COMMITS):
                several = [entry() for _ in range(1 + (writer + number) % 5)]
                append(own, *several)
                written[writer] += len(several)

    def read_on() -> None:
        last_look = False
        while not last_look:
            last_look = not writing.is_set()
            last = read[-1][0] if read else 0
            newer = select(events.c.position, events.c.key).where(events.c.position > last)
            for row in database.query(newer.order_by(events.c.position).limit(7)):
                last_look = False
                read.append((row["position"], row["key"]))

    writing.set()
    reader = Thread(target=read_on)
    reader.start()
    run_all(*[lambda writer=writer: write(writer) for writer in range(WRITERS)])
    writing.clear()
    reader.join()
    assert len(read) == sum(written) == len(set(read))
    assert [key for _, key in read] == keys(database)


def test_an_append_waits_for_the_one_before_it(database_url: str, database: Database) -> None:
    first, second = entry(), entry()
    begun = Flag()

    def write_second() -> None:
        with closing(open_database(database_url)) as own, own.transaction() as transaction:
            begun.set()
            Ledger(Departures()).append(transaction, [second])

    other = Thread(target=write_second)
    with database.transaction() as transaction:
        Ledger(Departures()).append(transaction, [first])
        transaction.flush()
        other.start()
        assert begun.wait(PATIENCE_SECONDS)
        if transaction.is_postgresql:
            until(lambda: someone_waits(database), seconds=PATIENCE_SECONDS, what="the second")
        assert other.is_alive()
        assert keys(database) == []
    other.join()
    assert keys(database) == [first.envelope.key, second.envelope.key]


def someone_waits(database: Database) -> bool:
    waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    return bool(database.query(text(waiting)))


def test_positions_are_never_reused(database: Database) -> None:
    append(database, entry(), entry())
    with suppress(ZeroDivisionError), database.transaction() as transaction:
        Ledger(Departures()).append(transaction, [entry()])
        transaction.flush()
        raise ZeroDivisionError
    with database.transaction() as transaction:
        transaction.execute(events.delete().where(events.c.position == 2))
    append(database, entry())
    first, second = sorted(row["position"] for row in database.query(select(events.c.position)))
    assert first == 1
    assert second > 2


def test_entries_of_one_append_keep_their_order(database: Database) -> None:
    several = [entry() for _ in range(500)]
    append(database, *several)
    assert keys(database) == [one.envelope.key for one in several]


def test_locking_first_keeps_others_out_before_anything_is_read(
    database_url: str, database: Database
) -> None:
    begun = Flag()

    def append_elsewhere() -> None:
        begun.set()
        with closing(open_database(database_url)) as own:
            append(own, entry())

    other = Thread(target=append_elsewhere)
    with database.transaction() as transaction:
        Ledger(Departures()).lock(transaction)
        if not transaction.is_postgresql:
            known(transaction, ["x"])  # SQLite locks with the first statement
        other.start()
        assert begun.wait(PATIENCE_SECONDS)
        if transaction.is_postgresql:
            until(lambda: someone_waits(database), seconds=PATIENCE_SECONDS, what="the other")
        assert transaction.execute(select(events)).all() == []
    other.join()
    assert len(keys(database)) == 1


# --- rows -----------------------------------------------------------------------------------------

FULL = Envelope(
    id="not a uuid, é",
    source="/elsewhere",
    type="muniment.probe.requested.v1",
    time=datetime(1, 1, 1, tzinfo=UTC),
    subject="a\xa0b",
    datacontenttype="application/json; charset=utf-8",
    dataschema="https://example.org/schema",
    correlationid="root",
    causationid="cause",
    traceparent="00-a-b-01",
    replyto="ingress@here",
    partitionkey="p",
    extensions=(("tenant", "é 🔭"), ("a", "")),
    data='{ "probe":"x\\u0000", "n": 1.10, "é": null }'.encode(),
)


@pytest.mark.parametrize(
    "envelope",
    [
        FULL,
        replace(FULL, time=datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), subject=None),
        Envelope(id="1", source="/s", type="t", correlationid="1"),
    ],
)
def test_an_event_is_read_as_it_was_written(database: Database, envelope: Envelope) -> None:
    append(database, entry(envelope=envelope))
    with database.transaction() as transaction:
        assert known(transaction, [envelope.key, "another"]) == {envelope.key: envelope}
    (row,) = database.query(select(events))
    assert envelope_of(row, 3) == envelope.at_attempt(3)
    assert row["recorded_at"] == NOW


def test_every_row_names_its_tree(database: Database) -> None:
    bare = replace(FULL, correlationid=None, causationid=None)
    append(database, entry(envelope=bare))
    (row,) = database.query(select(events))
    assert row["correlation"] == row["key"] == bare.key


def test_a_key_stands_for_one_event(database: Database) -> None:
    append(database, entry(envelope=FULL))
    with pytest.raises(IntegrityError):
        append(database, entry(envelope=replace(FULL, data=b"1")))
    assert len(keys(database)) == 1


def test_a_time_without_zone_has_no_place_in_the_ledger(database: Database) -> None:
    nowhere = entry(envelope=replace(FULL, time=NOW.replace(tzinfo=None)))
    with pytest.raises(StatementError, match="a time without zone has no place in the database"):
        append(database, nowhere)


def test_very_many_keys_can_be_asked_for(database: Database) -> None:
    append(database, entry(envelope=FULL))
    with database.transaction() as transaction:
        many = [str(number) for number in range(20_000)]
        assert list(known(transaction, [*many, FULL.key])) == [FULL.key]


# --- leaving --------------------------------------------------------------------------------------


def test_events_leave_for_where_their_type_is_published(database: Database) -> None:
    outlet = Departures()
    request, fact, seen = (
        entry(),
        entry("emitted", replace(FULL, type="muniment.a.b.v1")),
        entry("observed"),
    )
    with database.transaction() as transaction:
        Ledger(outlet).append(transaction, [request, fact, seen])
    assert [(one.envelope.key, one.exchange, one.routing_key) for one in outlet.left] == [
        (request.envelope.key, "muniment.requests", "probe.requested.v1"),
        (fact.envelope.key, "muniment.facts", "a.b.v1"),
    ]


def test_appending_nothing_locks_nothing(database_url: str, database: Database) -> None:
    with database.transaction() as transaction:
        Ledger(Departures()).append(transaction, [])
        with closing(open_database(database_url)) as own:
            append(own, entry())
    assert len(keys(database)) == 1
