# ruff: noqa: D102 - a test's name is its sentence
"""What every bus promises, whatever carries it, written once.

A back end inherits `BusContract` and gives the fixture `bus`.
"""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from uuid import uuid4

import pytest

from consumers.runtime.source import Delivery, Source
from schemas.probes import ProbeAnswered, ProbeRequested
from store.ledger import Entry
from tests.contract.bus_under_test import (
    OTHER_READER,
    OWNER,
    PATIENCE_SECONDS,
    READER,
    BusUnderTest,
    envelope,
    event_of,
    keys,
    nothing_else_comes,
    take,
    take_after_sending,
)
from tests.services.waiting import until


class BusContract:
    """The promises; inherit them, and bring the fixture `bus`."""

    # --- delivering -------------------------------------------------------------------------------

    def test_an_event_arrives_as_it_was_sent(self, bus: BusUnderTest) -> None:
        sent = replace(
            envelope(ProbeRequested(probe="é", payload={"deep": [1, None]})),
            time=datetime(2024, 2, 29, 12, 0, 0, 123456, tzinfo=UTC),
            correlationid=str(uuid4()),
            causationid=str(uuid4()),
            traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            replyto="ingress@here.1",
            partitionkey="p",
            dataschema="https://example.org/schema",
            extensions=(("tenant", "sky"),),
        )
        bus.send(sent)
        with closing(bus.open(OWNER)) as source:
            (delivery,) = take(source, 1)
            assert event_of(delivery) == sent
            assert not delivery.seen

    def test_events_come_in_the_order_of_acceptance(self, bus: BusUnderTest) -> None:
        sent = bus.request(30)
        with closing(bus.open(OWNER)) as source:
            taken: list[Delivery] = []
            while len(taken) < 30:
                bite = take(source, 1)
                bus.finish(source, bite)
                taken += bite
        assert keys(taken) == [one.key for one in sent]

    def test_take_returns_what_is_there_at_once(self, bus: BusUnderTest) -> None:
        with closing(bus.open(OWNER)) as source:

            def bite() -> int:
                bus.request(5)
                taken = source.take(5, PATIENCE_SECONDS)
                bus.finish(source, taken)
                assert len(taken) <= 5
                return len(taken)

            # They may come in one by one, but what is not taken is there for the next bite.
            until(lambda: bite() == 5, seconds=PATIENCE_SECONDS, what="a whole bite")

    def test_take_returns_nothing_when_nothing_comes(self, bus: BusUnderTest) -> None:
        with closing(bus.open(OWNER)) as source:
            bus.finish(source, take_after_sending(bus, source))
            before = monotonic()
            assert source.take(1, 0.3) == []
            assert monotonic() - before >= 0.3

    def test_take_wakes_when_something_comes(self, bus: BusUnderTest) -> None:
        with closing(bus.open(OWNER)) as source:
            bus.finish(source, take_after_sending(bus, source))
            (sent,) = bus.request()
            assert keys(source.take(1, PATIENCE_SECONDS)) == [sent.key]

    def test_events_of_a_transaction_that_is_undone_never_come(self, bus: BusUnderTest) -> None:
        def send_and_fail() -> None:
            with bus.database.transaction() as transaction:
                entry = Entry(
                    envelope(ProbeRequested(probe="x")), "accepted", "user:x", bus.clock()
                )
                bus.bus.ledger.append(transaction, [entry])
                transaction.flush()
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            send_and_fail()
        with closing(bus.open(OWNER)) as source:
            assert nothing_else_comes(bus, source)

    def test_what_was_observed_on_the_bus_is_not_sent_again(self, bus: BusUnderTest) -> None:
        with bus.database.transaction() as transaction:
            entry = Entry(envelope(ProbeRequested(probe="x")), "observed", "amqp", bus.clock())
            bus.bus.ledger.append(transaction, [entry])
        with closing(bus.open(OWNER)) as source:
            assert nothing_else_comes(bus, source)

    # --- routing ----------------------------------------------------------------------------------

    def test_a_request_reaches_its_owner_alone(self, bus: BusUnderTest) -> None:
        (request,) = bus.request()
        fact = envelope(ProbeAnswered(probe="0", position=1))
        bus.send(fact)
        with closing(bus.open(OWNER)) as owner, closing(bus.open(READER)) as reader:
            assert keys(take(owner, 1)) == [request.key]
            assert keys(take(reader, 1)) == [fact.key]

    def test_a_fact_reaches_everybody_who_is_bound(self, bus: BusUnderTest) -> None:
        fact = envelope(ProbeAnswered(probe="0", position=1))
        bus.send(fact)
        with closing(bus.open(READER)) as reader, closing(bus.open(OTHER_READER)) as other:
            assert keys(take(reader, 1)) == keys(take(other, 1)) == [fact.key]

    def test_two_sources_share_a_queue(self, bus: BusUnderTest) -> None:
        sent = bus.request(40)
        with closing(bus.open(OWNER)) as one, closing(bus.open(OWNER)) as other:
            # While nothing is finished, neither holds more than a window, 20: both get some.
            first = [(source, take(source, 1)) for source in (one, other)]
            taken: list[Delivery] = []
            for source, bite in first:
                bus.finish(source, bite)
                taken += bite
            while len(taken) < 40:
                for source in (one, other):
                    bite = source.take(3, 0.2)
                    bus.finish(source, bite)
                    taken += bite
        assert sorted(keys(taken)) == sorted(event.key for event in sent)

    # --- finishing --------------------------------------------------------------------------------

    def test_what_is_settled_and_acknowledged_is_gone(self, bus: BusUnderTest) -> None:
        bus.request(3)
        with closing(bus.open(OWNER)) as source:
            bus.finish(source, take(source, 3))
            bus.bury(source)
        with closing(bus.open(OWNER)) as source:
            assert nothing_else_comes(bus, source)

    def test_what_is_released_comes_again(self, bus: BusUnderTest) -> None:
        (sent,) = bus.request()
        with closing(bus.open(OWNER)) as source:
            source.release(take(source, 1))
            again = take(source, 1)
            assert keys(again) == [sent.key]
            bus.finish(source, again)
            assert nothing_else_comes(bus, source)

    def test_releasing_what_is_acknowledged_does_nothing(self, bus: BusUnderTest) -> None:
        bus.request()
        with closing(bus.open(OWNER)) as source:
            taken = take(source, 1)
            bus.finish(source, taken)
            source.release(taken)
            assert nothing_else_comes(bus, source)

    def test_what_a_dead_process_held_comes_again(self, bus: BusUnderTest) -> None:
        sent = bus.request(3)
        with closing(bus.open(OWNER)) as dead:
            held = take(dead, 3)
            bus.finish(dead, held[1:2])
            bus.bury(dead)
        with closing(bus.open(OWNER)) as source:
            again = take(source, 2)
            assert keys(again) == [sent[0].key, sent[2].key]
            assert all(delivery.seen for delivery in again)

    def test_a_slow_delivery_holds_up_no_other(self, bus: BusUnderTest) -> None:
        sent = bus.request(4)
        with closing(bus.open(OWNER)) as source:
            slow, *quick = take(source, 4)
            bus.finish(source, quick)
            bus.bury(source)
        with closing(bus.open(OWNER)) as source:
            assert keys(take(source, 1)) == [sent[0].key] == keys([slow])
            assert nothing_else_comes(bus, source)

    def test_work_that_is_undone_is_delivered_again(self, bus: BusUnderTest) -> None:
        (sent,) = bus.request()

        def settle_and_fail(source: Source) -> None:
            with bus.database.transaction() as transaction:
                source.settle(transaction, take(source, 1))
                raise ZeroDivisionError

        with closing(bus.open(OWNER)) as source:
            with pytest.raises(ZeroDivisionError):
                settle_and_fail(source)
            bus.bury(source)
        with closing(bus.open(OWNER)) as source:
            assert keys(take(source, 1)) == [sent.key]

    # --- later ------------------------------------------------------------------------------------

    def test_a_retry_comes_later_and_not_before(self, bus: BusUnderTest) -> None:
        (sent,) = bus.request()
        with closing(bus.open(OWNER)) as source:
            (first,) = take(source, 1)
            assert event_of(first).attempt == 1
            with bus.database.transaction() as transaction:
                source.retry(transaction, first, 2, bus.clock() + timedelta(hours=1))
            source.acknowledge([first])
            # Longer than any bus takes to look for what has become due.
            assert source.take(1, 2.5) == []
            bus.clock.advance(timedelta(hours=1))
            (second,) = take(source, 1)
            assert event_of(second) == sent.at_attempt(2)
            bus.finish(source, [second])
            assert nothing_else_comes(bus, source)

    def test_a_retry_reaches_its_own_queue_alone(self, bus: BusUnderTest) -> None:
        fact, later = (envelope(ProbeAnswered(probe=name, position=1)) for name in ("now", "later"))
        bus.send(fact)
        with closing(bus.open(READER)) as reader, closing(bus.open(OTHER_READER)) as other:
            (first,) = take(reader, 1)
            with bus.database.transaction() as transaction:
                reader.retry(transaction, first, 2, bus.clock())
            reader.acknowledge([first])
            assert keys(take(reader, 1)) == [fact.key]
            bus.send(later)
            assert keys(take(other, 2)) == [fact.key, later.key]

    def test_a_retry_that_is_undone_never_comes(self, bus: BusUnderTest) -> None:
        (sent,) = bus.request()

        def retry_and_fail(source: Source, delivery: Delivery) -> None:
            with bus.database.transaction() as transaction:
                source.retry(transaction, delivery, 2, bus.clock())
                raise ZeroDivisionError

        with closing(bus.open(OWNER)) as source:
            (delivery,) = take(source, 1)
            with pytest.raises(ZeroDivisionError):
                retry_and_fail(source, delivery)
            source.release([delivery])
            (again,) = take(source, 1)
            assert event_of(again) == sent
            bus.finish(source, [again])
            assert nothing_else_comes(bus, source)

    # --- draining ---------------------------------------------------------------------------------

    def test_a_drained_source_hands_back_what_nobody_took(self, bus: BusUnderTest) -> None:
        sent = bus.request(10)
        with closing(bus.open(OWNER)) as draining, closing(bus.open(OWNER)) as other:
            (held,) = take(draining, 1)
            draining.drain()
            assert draining.take(5, PATIENCE_SECONDS) == []
            rest = take(other, 9)
            assert sorted(keys([held, *rest])) == sorted(one.key for one in sent)
            bus.finish(draining, [held])
            bus.finish(other, rest)
            assert nothing_else_comes(bus, other)
