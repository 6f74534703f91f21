"""The tables of projects and records, for SQLite and PostgreSQL alike."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from store.table_types import Serial, UtcDateTime, metadata

projects = Table(
    "projects",
    metadata,
    Column("id", Text, primary_key=True, comment="what stands in URLs"),
    Column("name", Text, nullable=False, comment="for people; empty: none was given"),
    Column("description", Text, nullable=False),
    Column("created_by", Text, nullable=False, comment="users.name"),
    Column("created_at", UtcDateTime, nullable=False),
)

permissions = Table(
    "permissions",
    metadata,
    Column("project", Text, primary_key=True, comment="projects.id"),
    Column("user_name", Text, primary_key=True, comment="users.name, or anonymous: public"),
    Column("granted_by", Text, nullable=False, comment="users.name"),
    Column("granted_at", UtcDateTime, nullable=False),
    Index("ix_permissions_user_name", "user_name"),
)

records = Table(
    "records",
    metadata,
    Column("id", Text, primary_key=True, comment="events.key of the request that created it"),
    Column("project", Text, nullable=False, comment="projects.id"),
    Column("label", Text, nullable=False),
    Column("timestamp", UtcDateTime, nullable=False, comment="when the run began, to the second"),
    Column("born", BigInteger, nullable=False, comment="ledger position of what created it"),
    Column("sequence", BigInteger, nullable=False, comment="that of the last request applied"),
    Column("revision", Integer, nullable=False, comment="counts accepted changes, from 1"),
    Column("open", Boolean, nullable=False, comment="the run has not ended: all may change"),
    Column("document", Text, nullable=False, comment="JSON: all but the two long texts"),
    Column("diff", Text, comment="JSON string; null: it is an object"),
    Column("diff_sha256", Text, comment="of the object with the JSON string; null: it is here"),
    Column("stdout_stderr", Text, comment="JSON string; null: it is an object"),
    Column("stdout_stderr_sha256", Text, comment="of the object; null: it is here"),
    Column("main_file", Text, nullable=False, comment="the script; for searching"),
    Column("said", Text, nullable=False, comment="label, reason and outcome; for searching"),
    Column("parameters", Text, nullable=False, comment="a line NAME=VALUE each; for searching"),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("changed_by", Text, nullable=False, comment="users.name"),
    UniqueConstraint("project", "label"),
    Index("ix_records_project_timestamp_born", "project", "timestamp", "born"),
)

record_tags = Table(
    "record_tags",
    metadata,
    Column("record", Text, primary_key=True, comment="records.id"),
    Column("tag", Text, primary_key=True),
    Column("project", Text, nullable=False, comment="projects.id"),
    Index("ix_record_tags_project_tag", "project", "tag"),
)

record_history = Table(
    "record_history",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("project", Text, nullable=False, comment="projects.id"),
    Column("label", Text, nullable=False),
    Column("record", Text, nullable=False, comment="records.id"),
    Column("revision", Integer, nullable=False, comment="the record's, after this"),
    Column("sequence", BigInteger, nullable=False, comment="ledger position of the request"),
    Column("event_key", Text, nullable=False, comment="events.key of the request"),
    Column("happened", Text, nullable=False, comment="created, updated, deleted or superseded"),
    Column("at", UtcDateTime, nullable=False),
    Column("by", Text, nullable=False, comment="users.name"),
    Column("fields", Text, nullable=False, comment="JSON: names of what changed"),
    Column(
        "before",
        Text,
        nullable=False,
        comment="JSON: what these said before (superseded: were to say)",
    ),
    Index("ix_record_history_project_label", "project", "label"),
    Index("ix_record_history_event_key", "event_key"),
    sqlite_autoincrement=True,
)

record_objects = Table(
    "record_objects",
    metadata,
    Column(
        "sha256",
        Text,
        primary_key=True,
        comment="of a long text that a record has, had or asked for",
    ),
)

record_drafts = Table(
    "record_drafts",
    metadata,
    Column("event_key", Text, primary_key=True, comment="events.key of the request"),
    Column("fingerprint", Text, nullable=False, comment="SHA-256 of who asked for what"),
    Column("document", Text, nullable=False, comment="JSON: what was sent but the long texts"),
    Column("diff", Text, comment="JSON string; null: not sent, or an object"),
    Column("diff_sha256", Text, comment="of the object; null: not sent, or here"),
    Column("stdout_stderr", Text, comment="JSON string; null: not sent, or an object"),
    Column("stdout_stderr_sha256", Text, comment="of the object; null: not sent, or here"),
    Column("accepted_at", UtcDateTime, nullable=False),
    Index("ix_record_drafts_fingerprint", "fingerprint"),
)
