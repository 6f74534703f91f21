"""What each metric says, and what to do when it rises.

`METRICS` is the reference; the documentation is generated from it. Times are seconds.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Literal


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one metric says."""

    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    text: str
    when_it_rises: str
    """What an operator does about it."""


class Metric(Enum):
    """Every metric of ours, by the name under which it is scraped."""

    DELIVERIES = "muniment_deliveries_total"
    FAILURES = "muniment_failures_total"
    BATCH_SECONDS = "muniment_batch_seconds"
    PAUSED = "muniment_consumer_paused"
    HTTP_SECONDS = "muniment_http_request_seconds"
    POSITION = "muniment_ledger_position"
    UNPUBLISHED = "muniment_outbox_events"
    OVERDUE = "muniment_outbox_overdue_seconds"
    PARKED = "muniment_parked_events"
    QUEUE = "muniment_queue_deliveries"
    TAP = "muniment_tap_position"
    UNREADABLE = "muniment_backlog_unreadable"
    EVENTS = "muniment_events_total"
    USES = "muniment_capability_uses_total"
    USELESS = "muniment_capability_failures_total"
    ARCHIVED = "muniment_archived_bytes_total"


METRICS = {
    Metric.DELIVERIES: Meaning(
        "counter",
        ("consumer", "ending"),
        "Deliveries that have ended, by what became of them.",
        "Much `retried` or `parked`: `muniment why` an event of that consumer shows the error. "
        "`failed` are refusals, an answer and not a fault.",
    ),
    Metric.FAILURES: Meaning(
        "counter",
        ("consumer", "kind"),
        "Tries that have failed: `transient` ones are tried again, `permanent` ones are parked at "
        "once, `poison` has taken a process down.",
        "`muniment parked list --group` shows what they have in common.",
    ),
    Metric.BATCH_SECONDS: Meaning(
        "histogram",
        ("consumer",),
        "Time from taking a batch of deliveries to its commit.",
        "Look for a slow disk, object store or database; start more processes of the consumer.",
    ),
    Metric.PAUSED: Meaning(
        "gauge",
        ("consumer", "dependency"),
        "1 while a consumer waits for a dependency that is down.",
        "Bring the dependency back; the consumer goes on by itself.",
    ),
    Metric.HTTP_SECONDS: Meaning(
        "histogram",
        ("method", "route", "status"),
        "Time of HTTP requests, and with `_count` their number, by route and status.",
        "Many 503: look at /readyz. Slow POST: the database's disk. Many 401: a client's token.",
    ),
    Metric.POSITION: Meaning(
        "gauge",
        (),
        "Position of the newest event in the ledger; its rate is that of the whole bus.",
        "It rises with the work. When it stands still, nothing is accepted or emitted.",
    ),
    Metric.UNPUBLISHED: Meaning(
        "gauge",
        (),
        "Events in the outbox, waiting to be published or for their next try; 0 when embedded.",
        "See `muniment_outbox_overdue_seconds`.",
    ),
    Metric.OVERDUE: Meaning(
        "gauge",
        (),
        "How long the oldest event that should have been published has been waiting.",
        "The broker or every relay is down: `muniment doctor` says which. Nothing is lost.",
    ),
    Metric.PARKED: Meaning(
        "gauge",
        ("consumer",),
        "Events set aside because they could not be handled.",
        "Each waits for a person: `muniment why` shows the reason.",
    ),
    Metric.QUEUE: Meaning(
        "gauge",
        ("queue", "state"),
        "Deliveries per queue of the embedded bus: ready, held by a consumer, or delayed. "
        "RabbitMQ has metrics of its own for its queues.",
        "`ready` that keeps rising: start more processes of that consumer, or see if it is paused.",
    ),
    Metric.TAP: Meaning(
        "gauge",
        ("tap",),
        "Ledger position up to which a copy of the ledger is whole, `kafka:TOPIC`.",
        "It follows `muniment_ledger_position`. When it stays behind, `muniment doctor` says why: "
        "Kafka is down, or no process runs `tap-kafka`.",
    ),
    Metric.UNREADABLE: Meaning(
        "gauge",
        (),
        "1 when the database could not be asked for ledger, outbox, queues and parked events.",
        "The database is down: `muniment doctor`. What it would have told is missing meanwhile.",
    ),
    Metric.EVENTS: Meaning(
        "counter",
        ("type",),
        "Events of all times by type, as `update-stats` has counted them and /statistics shows "
        "them; `other` are all types that are not in the catalogue. Every process tells the same.",
        "It rises with the work. When it stands still and `muniment_ledger_position` does not: "
        "does `update-stats` run?",
    ),
    Metric.USES: Meaning(
        "counter",
        ("capability",),
        "Uses of each capability, of all times, as /statistics shows them.",
        "It rises with the demand.",
    ),
    Metric.USELESS: Meaning(
        "counter",
        ("capability",),
        "Uses of each capability that came to nothing, of all times, as /statistics shows them.",
        "Refusals, an answer and no fault: /statistics shows when, /events what and why.",
    ),
    Metric.ARCHIVED: Meaning(
        "counter",
        (),
        "Bytes of files that were archived, of all times, as /statistics shows them.",
        "It rises with the work: mind the space of the object store.",
    ),
}
