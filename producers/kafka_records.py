"""Events as Kafka records: the CloudEvents Kafka protocol binding 1.0.2, binary content mode.

Attributes travel as headers named `ce_<name>`, the value is the bare data. Two extension attributes
are ours. `ledgerposition` is what makes a copy exact, because it grows within each partition: the
last record of a partition tells all that is there already. `ledgerentry` is how the event came into
the ledger: accepted (HTTP), observed (AMQP), or emitted by a consumer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

from producers.kafka_servers import load
from schemas.envelope import attributes
from store.views import Recorded

POSITION = "ce_ledgerposition"
ID = "ce_id"
_MOST_DIGITS = 18

Headers = Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Record:
    """One event on its way to a topic."""

    position: int
    """Of the event in the ledger."""
    event_key: str
    key: bytes | None
    """The event's subject; None: it has none."""
    value: bytes
    headers: Headers
    milliseconds: int
    """When the ledger got it, since 1970."""

    def partition(self, partitions: int) -> int:
        """Return which of so many partitions it belongs to.

        With a key that which every client of Kafka would choose; without one any, but always the
        same, because the event may be sent again.
        """
        if self.key is None:
            return crc32(self.event_key.encode()) % partitions
        hashed: int = load("aiokafka.partitioner").murmur2(self.key)
        return (hashed & 0x7FFFFFFF) % partitions


def record_of(recorded: Recorded) -> Record:
    """Return the record of an event in the ledger."""
    envelope = recorded.envelope
    # Last, so that what a sender gives these names does not pass for ours.
    ours = {"ledgerposition": str(recorded.position), "ledgerentry": recorded.entry}
    named = {**attributes(envelope), **ours}
    headers = [(f"ce_{name}", value.encode()) for name, value in named.items()]
    headers.append(("content-type", envelope.datacontenttype.encode()))
    return Record(
        position=recorded.position,
        event_key=envelope.key,
        key=envelope.subject.encode() if envelope.subject else None,
        value=envelope.data,
        headers=headers,
        milliseconds=int(recorded.recorded_at.timestamp() * 1000),
    )


@dataclass(frozen=True, slots=True)
class Last:
    """The last record of a partition; `NOTHING`: it has never had one."""

    position: int
    id: str
    """Of the event, as its sender gave it."""


NOTHING = Last(0, "")

Ends = Mapping[int, Last | None]
"""The last record of each partition; None: it had some, all of which have been removed since."""


def last_of(headers: Headers) -> Last | None:
    """Return what the headers of a record say; None: we did not write it."""
    found = dict(headers)
    position = found.get(POSITION, b"")
    # Whoever may write to the topic may write anything.
    if not (position.isdigit() and len(position) <= _MOST_DIGITS):
        return None
    return Last(int(position), found.get(ID, b"").decode(errors="replace"))
