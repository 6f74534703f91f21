"""One batch of deliveries: decode, deduplicate, handle, commit, acknowledge.

Everything a batch does to the database is one transaction: effects, inbox rows, follow-ons. When
one of the batch fails, the whole is undone and each runs alone. The acknowledgement comes after
the commit, so a process killed anywhere leaves either nothing, or a delivery that the inbox knows.

Long work, and what was in hand when a process died more than once, is done under a lease: the row
takes the delivery's place, and says whose fault it is when the process dies again.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from consumers.contract import Consumer, Reject
from consumers.runtime.equipment import Equipment
from consumers.runtime.failing import Failing
from consumers.runtime.holding import Hold, Keeper
from consumers.runtime.source import Delivery, Malformed, Source
from schemas.base import Event
from schemas.catalogue import InvalidDataError, UnknownTypeError, decode
from schemas.envelope import Envelope
from store import inbox
from store.database import Transaction
from store.errors import DeliveryLostError, UnavailableError
from store.ledger import Entry, known
from store.ports import Work

_Handle = Callable[[Any, Any], Sequence[Event]]

SUSPECT = 2
"""A delivery that processes had so often without finishing it is run alone, and under a lease."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Job:
    delivery: Delivery
    envelope: Envelope
    event: Event | Envelope
    position: int
    suspect: bool
    """It may be what processes died of."""


class _NothingToSayError(Exception):
    """A consumer that gives up has no answer for whoever asked: a person decides."""


class Processor:
    """Handles batches for one consumer. Safe to use from several threads."""

    def __init__(
        self, consumer: Consumer[Any], source: Source, equipment: Equipment, keeper: Keeper
    ) -> None:
        self._consumer = consumer
        self._source = source
        self._equipment = equipment
        self._keeper = keeper
        self._failing = Failing(consumer, equipment)

    def process(self, deliveries: Sequence[Delivery]) -> None:
        """Bring every delivery to its end.

        Raises UnavailableError when something we depend on is down; what has not ended by then
        is for the caller to release, and releasing what has ended is harmless.
        """
        jobs, handled_before = self._sort(deliveries)
        if handled_before:
            self._failing.forget(self._source, handled_before)
        at_once = [job for job in jobs if not (job.suspect or self._consumer.long)]
        if at_once:
            with self._equipment.solitude.together():
                self._attempt(self._source, at_once)
        for job in jobs:
            if self._consumer.long:
                self._lease(job)
            elif job.suspect:
                with self._equipment.solitude.alone():
                    self._lease(job)

    def _attempt(self, source: Source, jobs: Sequence[_Job]) -> None:
        try:
            self._run(source, jobs)
        except UnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - a handler may raise anything
            if len(jobs) == 1:
                self._fail(source, jobs[0], error)
            else:
                for job in jobs:
                    self._attempt(source, [job])

    def _lease(self, job: _Job) -> None:
        """Let a lease take the delivery's place, and do the work under it."""
        try:
            with self._equipment.database.transaction() as transaction:
                hold = self._keeper.acquire(transaction, self._consumer.name, job.envelope)
                self._source.settle(transaction, [job.delivery])
        except DeliveryLostError as error:
            _log.warning("%s", error)
            self._source.release([job.delivery])
            return
        self._source.acknowledge([job.delivery])
        if hold is None:
            # Somebody is at work on it, or about to be: this is a copy of that delivery.
            self._equipment.telemetry.ended(self._consumer.name, "repeated", 1)
            return
        try:
            self._attempt(hold, [job])
        except UnavailableError:
            hold.release([job.delivery])
            raise

    # --- before ---------------------------------------------------------------------------------

    def _sort(self, deliveries: Sequence[Delivery]) -> tuple[list[_Job], list[Delivery]]:
        """Return what is to be handled and what has been before; park what cannot be read."""
        read = [(one, one.event) for one in deliveries if isinstance(one.event, Envelope)]
        for one in deliveries:
            if isinstance(one.event, Malformed):
                self._failing.park_malformed(self._source, one, one.event)
        keys = {envelope.key for _, envelope in read}
        standings = self._standings(keys)
        if len(standings) < len(keys):
            adopted = self._observe(
                [envelope for _, envelope in read if envelope.key not in standings]
            )
            read = [(one, adopted.get(envelope.key, envelope)) for one, envelope in read]
            standings = self._standings(keys)
        jobs: dict[str, _Job] = {}
        handled_before = []
        for delivery, envelope in read:
            standing = standings[envelope.key]
            # A try that has failed is followed by another, or by a person: this is a copy of it.
            repeated = standing.handled or standing.failed >= envelope.attempt
            if repeated or envelope.key in jobs:
                handled_before.append(delivery)
                continue
            event = self._decode(delivery, envelope)
            if event is not None:
                suspect = delivery.seen >= SUSPECT or standing.leased
                jobs[envelope.key] = _Job(
                    delivery, envelope, event, standing.position, suspect=suspect
                )
        return list(jobs.values()), handled_before

    def _standings(self, keys: set[str]) -> dict[str, inbox.Standing]:
        if not keys:
            return {}
        return inbox.standings(self._equipment.database, self._consumer.name, keys)

    def _observe(self, envelopes: Sequence[Envelope]) -> Mapping[str, Envelope]:
        """Write events that came by AMQP from outside into the ledger, before anything else.

        Returns them as they were written, by key.
        """
        fresh = {envelope.key: self._equipment.stamp.adopt(envelope) for envelope in envelopes}
        with self._equipment.database.transaction() as transaction:
            self._equipment.ledger.lock(transaction)
            for key in known(transaction, fresh):
                del fresh[key]
            entries = [Entry(one, "observed", "amqp", self._now()) for one in fresh.values()]
            self._equipment.ledger.append(transaction, entries)
        return fresh

    def _decode(self, delivery: Delivery, envelope: Envelope) -> Event | Envelope | None:
        if self._consumer.type is None:
            return envelope
        if envelope.type != self._consumer.type:
            stray = Reject(f"{self._consumer.name} does not listen to {envelope.type}")
            self._failing.park(self._source, delivery, envelope, stray)
            return None
        try:
            return decode(envelope)
        except (UnknownTypeError, InvalidDataError) as error:
            self._failing.park(self._source, delivery, envelope, error)
            return None

    # --- the one transaction --------------------------------------------------------------------

    def _run(self, source: Source, jobs: Sequence[_Job], handle: _Handle | None = None) -> None:
        started = self._now()
        finished = []
        with self._equipment.database.transaction() as transaction:
            entries: list[Entry] = []
            self._prepare(jobs, transaction, started)
            for job in jobs:
                work = self._work(source, job, transaction, started)
                follow_ons = self._stamped(job, (handle or self._consumer.handle)(job.event, work))
                entries += [
                    Entry(one, "emitted", f"consumer:{self._consumer.name}", started)
                    for one, _ in follow_ons
                ]
                outcome = follow_ons[-1][1].OUTCOME if follow_ons else "succeeded"
                outcome_key = follow_ons[-1][0].key if follow_ons else None
                finished.append(
                    inbox.Handled(
                        consumer=self._consumer.name,
                        event_key=job.envelope.key,
                        outcome=outcome,
                        outcome_key=outcome_key,
                        attempt=job.envelope.attempt,
                        started_at=started,
                        handled_at=self._now(),
                    )
                )
            source.settle(transaction, [job.delivery for job in jobs])
            inbox.record(transaction, finished)
            self._equipment.ledger.append(transaction, entries)
        source.acknowledge([job.delivery for job in jobs])
        self._tell(jobs, finished, started)

    def _prepare(self, jobs: Sequence[_Job], transaction: Transaction, now: datetime) -> None:
        if self._consumer.prepare is not None:
            first = jobs[0]
            work = self._equipment.make_work(
                transaction, first.envelope.key, first.position, now, None
            )
            self._consumer.prepare({job.envelope.key: job.event for job in jobs}, work)

    def _work(self, source: Source, job: _Job, transaction: Transaction, now: datetime) -> Work:
        lease = source if isinstance(source, Hold) and self._consumer.long else None
        return self._equipment.make_work(transaction, job.envelope.key, job.position, now, lease)

    def _stamped(self, job: _Job, events: Sequence[Event]) -> list[tuple[Envelope, Event]]:
        follow_ons = []
        for event in events:
            if not isinstance(event, self._consumer.publishes):
                raise TypeError(
                    f"{self._consumer.name} does not declare that it publishes {event.TYPE}"
                )
            follow_ons.append((self._equipment.stamp.put_on(event, cause=job.envelope), event))
        return follow_ons

    # --- after ----------------------------------------------------------------------------------

    def _tell(
        self, jobs: Sequence[_Job], finished: Sequence[inbox.Handled], started: datetime
    ) -> None:
        telemetry, name = self._equipment.telemetry, self._consumer.name
        telemetry.took(name, (self._now() - started).total_seconds(), len(jobs))
        failed = sum(one.outcome == "failed" for one in finished)
        telemetry.ended(name, "succeeded", len(jobs) - failed)
        if failed:
            telemetry.ended(name, "failed", failed)
        self._ring(job.envelope for job in jobs)

    def _ring(self, envelopes: Iterable[Envelope]) -> None:
        """Wake who waits for what becomes of the events."""
        if self._consumer.type is None:
            return  # nobody waits for who merely watches
        waited_for = [one for one in envelopes if one.replyto is not None]
        for address, ended in groupby(waited_for, key=lambda one: one.replyto or ""):
            self._equipment.doorbell.ring(address, [one.key for one in ended])

    def _fail(self, source: Source, job: _Job, error: Exception) -> None:
        standing = self._standings({job.envelope.key}).get(job.envelope.key)
        if standing is not None and standing.handled:
            # Another process was quicker: what failed here is our second copy of its rows.
            self._failing.forget(source, [job.delivery])
        elif isinstance(error, DeliveryLostError):
            _log.warning("%s", error)
            source.release([job.delivery])
        else:
            decision = self._failing.decide(job.envelope, error)
            if decision is None and self._gives_up(source, job, error):
                return
            self._failing.fail(source, job.delivery, job.envelope, error, decision)
            self._ring([job.envelope])

    def _gives_up(self, source: Source, job: _Job, error: Exception) -> bool:
        """Let the consumer say what follows from its last failure; False: it has nothing to say."""
        give_up = self._consumer.give_up
        if give_up is None or isinstance(error, Reject):
            return False

        def last_words(event: Event | Envelope, work: Work) -> Sequence[Event]:
            follow_ons = give_up(event, work, error)
            if not follow_ons:
                raise _NothingToSayError
            return follow_ons

        try:
            self._run(source, [job], last_words)
        except _NothingToSayError:
            return False
        except DeliveryLostError as lost:
            _log.warning("%s", lost)
            source.release([job.delivery])
        except UnavailableError:
            raise
        except Exception:  # noqa: BLE001 - parked with what it failed of in the first place
            _log.exception("%s could not give up", self._consumer.name)
            return False
        else:
            _log.error("given up: %s", error)
        return True

    def _now(self) -> datetime:
        return self._equipment.clock()
