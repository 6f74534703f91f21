"""Deliveries that failed: tried again later, or parked for a person. Nothing is dropped."""

import base64
import logging
from datetime import datetime, timedelta
from traceback import format_exception
from typing import Any

from pydantic_core import to_json

from consumers.contract import Consumer, RetryLater
from consumers.runtime.deciding import decide, describe, storable
from consumers.runtime.equipment import Equipment
from consumers.runtime.source import Delivery, Malformed, Source
from consumers.runtime.telemetry import Ending
from schemas.envelope import Envelope
from store import inbox
from store.errors import DeliveryLostError

_log = logging.getLogger(__name__)


class Failing:
    """Brings failed deliveries of one consumer to their end, each in a transaction of its own."""

    def __init__(self, consumer: Consumer[Any], source: Source, equipment: Equipment) -> None:
        self._consumer = consumer
        self._source = source
        self._equipment = equipment

    def fail(self, delivery: Delivery, envelope: Envelope, error: Exception) -> None:
        """Decide by the retry policy, write that down, and acknowledge."""
        jitter = self._equipment.random()
        decision = decide(error, envelope.attempt, self._consumer.retry, jitter)
        if decision is None:
            self.park(delivery, envelope, error)
            return
        now = self._equipment.clock()
        again_at = now + timedelta(seconds=decision.seconds)
        _log.warning("trying again: %s", describe(error), extra=self._facts(envelope, again_at))
        try:
            with self._equipment.database.transaction() as transaction:
                if not isinstance(error, RetryLater):
                    inbox.record_failure(transaction, self._failure(envelope, error, now, again_at))
                self._source.retry(transaction, delivery, decision.attempt, again_at)
        except DeliveryLostError as lost:
            _log.warning("%s", lost)
        self._source.acknowledge([delivery])
        ending: Ending = "postponed" if isinstance(error, RetryLater) else "retried"
        self._equipment.telemetry.ended(self._consumer.name, ending, 1)

    def park(self, delivery: Delivery, envelope: Envelope, error: Exception) -> None:
        """Set the event aside with its reason and traceback, and acknowledge."""
        _log.error("parked: %s", describe(error), extra=self._facts(envelope))
        now = self._equipment.clock()
        item = inbox.Parked(
            id=self._equipment.new_id(),
            consumer=self._consumer.name,
            event_key=envelope.key,
            message=None,
            reason=describe(error),
            traceback=storable("".join(format_exception(error))),
            attempts=envelope.attempt,
            parked_at=now,
        )
        self._park(delivery, item, self._failure(envelope, error, now, None))

    def park_malformed(self, delivery: Delivery, message: Malformed) -> None:
        """Set aside a message that is no CloudEvent, byte for byte."""
        _log.error("parked a message that is no event: %s", message.error)
        kept = {
            "properties": {name: repr(value) for name, value in message.properties.items()},
            "body_base64": base64.b64encode(message.body).decode(),
        }
        item = inbox.Parked(
            id=self._equipment.new_id(),
            consumer=self._consumer.name,
            event_key=None,
            message=to_json(kept).decode(),
            reason=storable(f"no CloudEvent: {message.error}"),
            traceback=None,
            attempts=1,
            parked_at=self._equipment.clock(),
        )
        self._park(delivery, item, None)

    def _park(self, delivery: Delivery, item: inbox.Parked, failure: inbox.Failure | None) -> None:
        try:
            with self._equipment.database.transaction() as transaction:
                inbox.park(transaction, item)
                if failure is not None:
                    inbox.record_failure(transaction, failure)
                self._source.settle(transaction, [delivery])
        except DeliveryLostError as lost:
            _log.warning("%s", lost)
        self._source.acknowledge([delivery])
        self._equipment.telemetry.ended(self._consumer.name, "parked", 1)

    def _failure(
        self, envelope: Envelope, error: Exception, now: datetime, again_at: datetime | None
    ) -> inbox.Failure:
        return inbox.Failure(
            consumer=self._consumer.name,
            event_key=envelope.key,
            attempt=envelope.attempt,
            error=describe(error),
            failed_at=now,
            retry_at=again_at,
        )

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
