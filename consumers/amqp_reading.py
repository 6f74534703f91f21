"""Reading what came over AMQP: an event, or what is none, kept whole."""

from consumers.amqp_subscription import Incoming
from consumers.runtime.source import Malformed
from schemas.envelope import Envelope, EnvelopeError, from_amqp

_PROPERTIES = (
    "content_type",
    "content_encoding",
    "headers",
    "delivery_mode",
    "priority",
    "correlation_id",
    "reply_to",
    "expiration",
    "message_id",
    "timestamp",
    "type",
    "user_id",
    "app_id",
    "cluster_id",
)


def read_event(message: Incoming) -> Envelope | Malformed:
    """Return the event that a message is, or all that there is of it."""
    found = {name: getattr(message.properties, name) for name in ("content_type", "headers")}
    try:
        return from_amqp(found, message.body)
    except EnvelopeError as error:
        every = {name: getattr(message.properties, name) for name in _PROPERTIES}
        present = {name: value for name, value in every.items() if value is not None}
        return Malformed(present, message.body, error)
