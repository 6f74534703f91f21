"""Every table, for SQLite and PostgreSQL alike. Times are UTC; sizes are bytes.

A change here needs a migration: `make migration NAME=…` drafts it, a test compares the two.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from store.component_tables import (
    audit,
    component_descriptions,
    component_settings,
    counters,
    polls,
)
from store.frame_tables import (
    archive_users,
    archive_visits,
    frame_cells,
    frame_combinations,
    frame_drafts,
    frame_headers,
    frame_links,
    frame_notices,
    frame_versions,
    frames,
    thumbnails,
)
from store.package_tables import (
    mails,
    package_builds,
    package_requests,
    packager_errors,
    packager_requests,
    packager_totals,
    packages,
)
from store.record_tables import (
    permissions,
    projects,
    record_drafts,
    record_history,
    record_objects,
    record_tags,
    records,
)
from store.statistics_tables import (
    queue_samples,
    statistics_durations,
    statistics_hours,
    statistics_resources,
    statistics_state,
    statistics_totals,
    taps,
)
from store.table_types import Serial, UtcDateTime, metadata

__all__ = [
    "archive_users",
    "archive_visits",
    "audit",
    "component_descriptions",
    "component_settings",
    "counters",
    "deliveries",
    "events",
    "failures",
    "files",
    "frame_cells",
    "frame_combinations",
    "frame_drafts",
    "frame_headers",
    "frame_links",
    "frame_notices",
    "frame_versions",
    "frames",
    "idempotency",
    "inbox",
    "leases",
    "mails",
    "metadata",
    "outbox",
    "package_builds",
    "package_requests",
    "packager_errors",
    "packager_requests",
    "packager_totals",
    "packages",
    "parked",
    "permissions",
    "polls",
    "probes",
    "projects",
    "queue_samples",
    "record_drafts",
    "record_history",
    "record_objects",
    "record_tags",
    "records",
    "schedules",
    "statistics_durations",
    "statistics_hours",
    "statistics_resources",
    "statistics_state",
    "statistics_totals",
    "taps",
    "thumbnails",
    "tokens",
    "uploads",
    "users",
    "workers",
]

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
    # A queue is to get an event once more, not several times: copies of a try meet here.
    Index(
        "uq_outbox_scheduled",
        "event_key",
        "routing_key",
        unique=True,
        sqlite_where=text("exchange = ''"),
        postgresql_where=text("exchange = ''"),
    ),
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
    Column("kind", Text, nullable=False, server_default="transient", comment="store.inbox.Kind"),
    Column("error", Text, nullable=False, comment="its type and message"),
    Column("failed_at", UtcDateTime, nullable=False),
    Column("retry_at", UtcDateTime, comment="when it is tried again; null: parked"),
    # A try fails once: a copy of it finds that it has.
    Index("uq_failures_try", "event_key", "consumer", "attempt", unique=True),
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
    Column("kind", Text, nullable=False, server_default="transient", comment="store.inbox.Kind"),
    Column(
        "fingerprint",
        Text,
        nullable=False,
        server_default="",
        comment="the same for failures that look alike",
    ),
    Column("ending", Text, comment="replayed, edited or discarded; null: it still waits"),
    Column("ended_at", UtcDateTime, comment="when somebody decided so"),
    Column("ended_by", Text, comment="who: user:NAME"),
    Column("note", Text, comment="why, in the words of who decided"),
    Column("replaced_by", Text, comment="events.key of the edited event that runs instead"),
    Index("ix_parked_event_key", "event_key"),
    Index(
        "ix_parked_waiting",
        "fingerprint",
        sqlite_where=text("ending IS NULL"),
        postgresql_where=text("ending IS NULL"),
    ),
)

leases = Table(
    "leases",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("event_key", Text, primary_key=True, comment="events.key"),
    Column("attempt", Integer, nullable=False, comment="the consumer's try this is, from 1"),
    Column("token", Integer, nullable=False, comment="fencing: one more with each owner"),
    Column("owner", Text, comment="the process that works on it; null: it waits to be delivered"),
    Column("until", UtcDateTime, comment="when the owner is taken for dead; null: no owner"),
    Column(
        "crashes",
        Integer,
        nullable=False,
        comment="owners in a row that died of it without a checkpoint",
    ),
    Column("began_at", UtcDateTime, nullable=False, comment="when it was first worked on"),
    Column("checkpoint", Text, comment="JSON: what the next owner goes on from, or null"),
    Column("done", BigInteger, comment="units finished, or null"),
    Column("total", BigInteger, comment="units there are, or null when that is not known"),
    Column("unit", Text, comment="what is counted: bytes, rows ..."),
    Index("ix_leases_until", "until"),
)

schedules = Table(
    "schedules",
    metadata,
    Column("name", Text, primary_key=True),
    Column("type", Text, nullable=False, comment="of the event to be accepted"),
    Column("data", Text, nullable=False, comment="JSON: the event's data"),
    Column("due_at", UtcDateTime, nullable=False, comment="the next time it is due"),
    Column("next_at", UtcDateTime, nullable=False, comment="due_at and the jitter drawn for it"),
    Column("every_seconds", Float, comment="seconds between firings; null: it fires once"),
    Column("jitter_seconds", Float, nullable=False, comment="at most this much later, by chance"),
    Column("catch_up", Text, nullable=False, comment="of missed firings: one, all or none"),
    Column("paused", Boolean, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("changed_by", Text, nullable=False, comment="who: user:NAME or muniment"),
    Column("fired_at", UtcDateTime, comment="when it last did; null: never"),
    Column("fired_key", Text, comment="events.key of what it last let in"),
    Index("ix_schedules_next_at", "next_at"),
)

workers = Table(
    "workers",
    metadata,
    Column("process", Text, primary_key=True, comment="HOST.PID"),
    Column("consumer", Text, primary_key=True),
    Column("waits_for", Text, comment="the dependency that is down; null: it works"),
    Column("since", UtcDateTime, nullable=False, comment="since when it does or waits"),
    Column("seen_at", UtcDateTime, nullable=False, comment="its last sign of life"),
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
    Column("frame", Integer, index=True, comment="frames.id, whose bytes they are; null: none's"),
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
    Column("operator", Boolean, nullable=False, server_default=false()),
    Column("disabled", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

ended_sessions = Table(
    "ended_sessions",
    metadata,
    Column("digest", Text, primary_key=True, comment="SHA-256 of the cookie, hex"),
    Column("until", UtcDateTime, nullable=False, comment="when it ends by itself"),
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
