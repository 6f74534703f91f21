"""Deliveries that failed: tried again later, or parked for a person. Only copies are dropped."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from traceback import format_exception
from typing import Any

from consumers.contract import Consumer, RetryLater
from consumers.runtime.deciding import Again, Tries, classify, decide, describe, storable
from consumers.runtime.equipment import Equipment
from consumers.runtime.source import Delivery, Malformed, Source
from schemas.envelope import Envelope
from store import inbox
from store.database import Transaction
from store.errors import DeliveryLostError, RepeatedTryError
from store.fingerprints import fingerprint
from store.parked import Parked, earlier_attempts, keep, park, park_try

_log = logging.getLogger(__name__)


class Failing:
    """Brings failed deliveries of one consumer to their end, each in a transaction of its own.

    Its methods take the source that the delivery is to be settled with.
    """

    def __init__(self, consumer: Consumer[Any], equipment: Equipment) -> None:
        self._consumer = consumer
        self._equipment = equipment

    def decide(self, envelope: Envelope, error: Exception) -> Again | None:
        """Decide by the retry policy; None: this was the last try."""
        name, key = self._consumer.name, envelope.key
        earlier = earlier_attempts(self._equipment.database, name, key)
        tries = Tries(envelope.attempt, earlier)
        return decide(error, tries, self._consumer.retry, self._equipment.random())

    def fail(
        self,
        source: Source,
        delivery: Delivery,
        envelope: Envelope,
        error: Exception,
        decision: Again | None,
    ) -> None:
        """Write down what was decided, and acknowledge."""
        if decision is None:
            self.park(source, delivery, envelope, error)
            return
        self._try_again(source, delivery, envelope, error, decision)

    def _try_again(
        self,
        source: Source,
        delivery: Delivery,
        envelope: Envelope,
        error: Exception,
        decision: Again,
    ) -> None:
        postponed = isinstance(error, RetryLater)
        now = self._equipment.clock()
        again_at = now + timedelta(seconds=decision.seconds)
        _log.warning("trying again: %s", describe(error), extra=self._facts(envelope, again_at))
        try:
            with self._equipment.database.transaction() as transaction:
                if not postponed:
                    self._record(transaction, envelope, error, now, again_at)
                source.retry(transaction, delivery, decision.attempt, again_at)
        except DeliveryLostError as lost:
            _log.warning("%s", lost)
        except RepeatedTryError:
            self.forget(source, [delivery])
            return
        source.acknowledge([delivery])
        telemetry = self._equipment.telemetry
        telemetry.ended(self._consumer.name, "postponed" if postponed else "retried", 1)

    def park(
        self, source: Source, delivery: Delivery, envelope: Envelope, error: Exception
    ) -> None:
        """Set the event aside with its reason and traceback, and acknowledge."""
        _log.error("parked: %s", describe(error), extra=self._facts(envelope))
        now = self._equipment.clock()
        traceback = storable("".join(format_exception(error)))
        item = Parked(
            id=self._equipment.new_id(),
            consumer=self._consumer.name,
            event_key=envelope.key,
            message=None,
            reason=describe(error),
            traceback=traceback,
            attempts=envelope.attempt,
            parked_at=now,
            kind=classify(error),
            fingerprint=fingerprint(self._consumer.name, envelope.type, describe(error), traceback),
        )
        try:
            with self._equipment.database.transaction() as transaction:
                self._park_try(transaction, item)
                source.settle(transaction, [delivery])
        except DeliveryLostError as lost:
            _log.warning("%s", lost)
        except RepeatedTryError:
            self.forget(source, [delivery])
            return
        self._ended_parked(source, delivery)

    def park_malformed(self, source: Source, delivery: Delivery, message: Malformed) -> None:
        """Set aside a message that is no CloudEvent, byte for byte."""
        _log.error("parked a message that is no event: %s", message.error)
        reason = storable(f"no CloudEvent: {message.error}")
        item = Parked(
            id=self._equipment.new_id(),
            consumer=self._consumer.name,
            event_key=None,
            message=keep(message.properties, message.body),
            reason=reason,
            traceback=None,
            attempts=1,
            parked_at=self._equipment.clock(),
            kind="permanent",
            fingerprint=fingerprint(self._consumer.name, None, reason, None),
        )
        try:
            with self._equipment.database.transaction() as transaction:
                park(transaction, item)
                source.settle(transaction, [delivery])
        except DeliveryLostError as lost:
            _log.warning("%s", lost)
        self._ended_parked(source, delivery)

    def forget(self, source: Source, deliveries: Sequence[Delivery]) -> None:
        """Drop copies of what has been brought to its end elsewhere; nothing is emitted again."""
        try:
            with self._equipment.database.transaction() as transaction:
                source.settle(transaction, deliveries)
        except DeliveryLostError:
            _log.info("%s: a repeated delivery is elsewhere by now", self._consumer.name)
        source.acknowledge(deliveries)
        self._equipment.telemetry.ended(self._consumer.name, "repeated", len(deliveries))

    def _ended_parked(self, source: Source, delivery: Delivery) -> None:
        source.acknowledge([delivery])
        self._equipment.telemetry.ended(self._consumer.name, "parked", 1)

    def _record(
        self,
        transaction: Transaction,
        envelope: Envelope,
        error: Exception,
        now: datetime,
        again_at: datetime,
    ) -> None:
        failure = inbox.Failure(
            consumer=self._consumer.name,
            event_key=envelope.key,
            attempt=envelope.attempt,
            kind=classify(error),
            error=describe(error),
            failed_at=now,
            retry_at=again_at,
        )
        if not inbox.record_failure(transaction, failure):
            raise RepeatedTryError(f"try {failure.attempt} of {envelope.key} has failed before")
        self._count(transaction, failure.kind)

    def _park_try(self, transaction: Transaction, item: Parked) -> None:
        if not park_try(transaction, item):
            raise RepeatedTryError(f"try {item.attempts} of {item.event_key} has failed before")
        self._count(transaction, item.kind)

    def _count(self, transaction: Transaction, kind: inbox.Kind) -> None:
        name = self._consumer.name
        transaction.on_commit(lambda: self._equipment.telemetry.failed(name, kind))

    def _facts(self, envelope: Envelope, again_at: datetime | None = None) -> dict[str, object]:
        facts: dict[str, object] = {
            "consumer": self._consumer.name,
            "event_id": envelope.id,
            "correlation_id": envelope.correlationid,
            "attempt": envelope.attempt,
        }
        if again_at is not None:
            facts["retry_at"] = again_at.isoformat()
        return facts
