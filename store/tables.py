"""Every table, for SQLite and PostgreSQL alike. Times are UTC; sizes are bytes.

A change here needs a migration: `make migration NAME=…` drafts it, a test compares the two.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Serial = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit number that the database counts up; SQLite does so for `INTEGER` only."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time; SQLite keeps no zone, so it is taken off and put back on."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone has no place in the database")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return UTC."""
        del dialect
        return None if value is None else value.replace(tzinfo=UTC)


events = Table(
    "events",
    metadata,
    Column("position", Serial, primary_key=True, comment="order of commit, never reused"),
    Column("key", Text, nullable=False, unique=True, comment="see schemas.envelope.Envelope.key"),
    Column("id", Text, nullable=False, comment="CloudEvents id"),
    Column("source", Text, nullable=False, comment="CloudEvents source"),
    Column("type", Text, nullable=False, comment="CloudEvents type"),
    Column("subject", Text, comment="CloudEvents subject"),
    Column("time", UtcDateTime, comment="CloudEvents time: when it happened, by its source"),
    Column("recorded_at", UtcDateTime, nullable=False, comment="when it was written here"),
    Column("entry", Text, nullable=False, comment="accepted (HTTP), observed (AMQP) or emitted"),
    Column("actor", Text, nullable=False, comment="user:NAME, consumer:NAME or amqp"),
    Column("correlation", Text, nullable=False, index=True, comment="key of the tree's root"),
    Column("cause", Text, index=True, comment="key of the event that led to this one"),
    Column("envelope", Text, comment="JSON: what else the envelope says, or null"),
    Column("data", Text, nullable=False, comment="JSON: the event's data as it came"),
    Index("ix_events_subject", "subject"),
    sqlite_autoincrement=True,
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Text, primary_key=True, comment="UUIDv7"),
    Column("event_key", Text, nullable=False, comment="events.key"),
    Column("exchange", Text, nullable=False, comment="empty: the default exchange"),
    Column("routing_key", Text, nullable=False, comment="or the queue, by the default exchange"),
    Column("attempt", Integer, nullable=False, comment="the consumer's try this will be, from 1"),
    Column("tries", Integer, nullable=False, comment="how often publishing it has failed"),
    Column("not_before", UtcDateTime, nullable=False, comment="the sweep leaves it until then"),
    Index("ix_outbox_not_before", "not_before"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("queue", Text, nullable=False, comment="name of the consumer"),
    Column("event_key", Text, nullable=False, comment="events.key"),
    Column("attempt", Integer, nullable=False, comment="the consumer's try this is, from 1"),
    Column("taken", Integer, nullable=False, comment="how often it was handed to a process"),
    Column("not_before", UtcDateTime, nullable=False, comment="not delivered until then"),
    Column("lease_owner", Text, comment="the process that holds it, or null"),
    Column("lease_until", UtcDateTime, comment="when the holder is taken for dead, or null"),
    Index("ix_deliveries_queue_id", "queue", "id"),
    sqlite_autoincrement=True,
)

inbox = Table(
    "inbox",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("event_key", Text, primary_key=True, comment="events.key"),
    Column("outcome", Text, nullable=False, comment="succeeded or failed"),
    Column("outcome_key", Text, comment="events.key of the last follow-on, if any"),
    Column("attempt", Integer, nullable=False, comment="the try that ended it, from 1"),
    Column("started_at", UtcDateTime, nullable=False),
    Column("handled_at", UtcDateTime, nullable=False),
    Index("ix_inbox_event_key", "event_key"),
)

failures = Table(
    "failures",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("consumer", Text, nullable=False),
    Column("event_key", Text, nullable=False, comment="events.key"),
    Column("attempt", Integer, nullable=False, comment="the try that failed, from 1"),
    Column("error", Text, nullable=False, comment="its type and message"),
    Column("failed_at", UtcDateTime, nullable=False),
    Column("retry_at", UtcDateTime, comment="when it is tried again; null: parked"),
    Index("ix_failures_event_key", "event_key"),
)

parked = Table(
    "parked",
    metadata,
    Column("id", Text, primary_key=True, comment="UUIDv7"),
    Column("consumer", Text, nullable=False),
    Column("event_key", Text, comment="events.key; null for what is no event"),
    Column("message", Text, comment="JSON: properties and base64 body of what is no event"),
    Column("reason", Text, nullable=False),
    Column("traceback", Text),
    Column("attempts", Integer, nullable=False),
    Column("parked_at", UtcDateTime, nullable=False),
    Index("ix_parked_event_key", "event_key"),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("principal", Text, primary_key=True, comment="who chose the key"),
    Column("key", Text, primary_key=True, comment="Idempotency-Key of the request"),
    Column("fingerprint", Text, nullable=False, comment="SHA-256 of what was asked"),
    Column("operations", Text, nullable=False, comment="JSON: keys of the accepted events"),
    Column("accepted_at", UtcDateTime, nullable=False),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", Text, primary_key=True, comment="UUIDv7"),
    Column("object_key", Text, nullable=False, comment="where the bytes are staged"),
    Column("size", BigInteger, nullable=False, comment="bytes"),
    Column("sha256", Text, nullable=False, comment="hex, of what really arrived"),
    Column("md5", Text, nullable=False, comment="hex, of what really arrived"),
    Column("media_type", Text, comment="as the sender called it"),
    Column("received_at", UtcDateTime, nullable=False),
)

files = Table(
    "files",
    metadata,
    Column("id", Text, primary_key=True, comment="UUIDv7 of this version"),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False, comment="from 1, without gaps, per name"),
    Column("size", BigInteger, nullable=False, comment="bytes"),
    Column("sha256", Text, nullable=False, index=True, comment="hex"),
    Column("md5", Text, nullable=False, index=True, comment="hex"),
    Column("media_type", Text, nullable=False),
    Column("metadata", Text, nullable=False, comment="JSON object"),
    Column("object_key", Text, nullable=False),
    Column("archived_at", UtcDateTime, nullable=False),
    Column("archived_by", Text, nullable=False, comment="events.key of the request"),
    UniqueConstraint("name", "version"),
)

probes = Table(
    "probes",
    metadata,
    Column("event_key", Text, primary_key=True, comment="events.key of the request"),
    Column("probe", Text, nullable=False),
    Column("answered_at", UtcDateTime, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("name", Text, primary_key=True),
    Column("password_hash", Text, comment="argon2id; null: no password, tokens only"),
    Column("superuser", Boolean, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Text, primary_key=True, comment="UUIDv7; not a secret"),
    Column("user_name", Text, nullable=False, index=True, comment="users.name"),
    Column("digest", Text, nullable=False, unique=True, comment="SHA-256 of the token, hex"),
    Column("label", Text, nullable=False, comment="what it is for"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
)
