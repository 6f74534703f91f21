"""Tables of components (services and platforms) as others see them. Part of `store.tables`.

A component is the demonstration service, the demonstration platform, or a capability.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, Text

from store.table_types import Serial, UtcDateTime, metadata

counters = Table(
    "counters",
    metadata,
    Column("component", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
    Column("last_reset", UtcDateTime, nullable=False, comment="when it last returned to zero"),
    Column("base", BigInteger, nullable=False, comment="what it was set to when it was last set"),
    Column(
        "since",
        BigInteger,
        nullable=False,
        comment="ledger position at that time; uses beyond it have been added to the base",
    ),
)

component_descriptions = Table(
    "component_descriptions",
    metadata,
    Column("id", Serial, primary_key=True, comment="the highest of a component is served"),
    Column("component", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("synopsis", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("institution", Text, nullable=False),
    Column("release_time", UtcDateTime, nullable=False),
    Column("support_email", Text, nullable=False),
    Column("category", Text, comment="null: platforms have none"),
    Column("research_subject", Text, nullable=False),
    Column("tags", Text, nullable=False, comment="JSON array of strings"),
    Column("described_at", UtcDateTime, nullable=False),
    Column("described_by", Text, nullable=False, comment="user:NAME or anonymous"),
    Index("ix_component_descriptions_component", "component", "id"),
    sqlite_autoincrement=True,
)

component_settings = Table(
    "component_settings",
    metadata,
    Column("component", Text, primary_key=True),
    Column("name", Text, primary_key=True, comment="schemas.components.SETTINGS"),
    Column("value", Text, nullable=False),
)

polls = Table(
    "polls",
    metadata,
    Column("name", Text, primary_key=True, comment="of the component that polls"),
    Column("running", Boolean, nullable=False),
    Column("generation", BigInteger, nullable=False, comment="one more with each start"),
    Column("round", BigInteger, nullable=False, comment="the poll that comes next, from 1"),
    Column("url", Text, nullable=False, comment="what is polled; as it was at the start"),
    Column("claimed_by", Text, comment="key of the event that makes the next poll; null: none yet"),
    Column("changed_at", UtcDateTime, nullable=False, comment="when it was started or stopped"),
    Column("next_at", UtcDateTime, comment="when the next poll is due; null: none is"),
    Column("polled_at", UtcDateTime, comment="when the last poll ended; null: never"),
    Column("outcome", Text, comment="what came of the last poll, in words; null: never polled"),
    Column("succeeded", BigInteger, nullable=False, comment="polls that were answered with 2xx"),
    Column("failed", BigInteger, nullable=False, comment="polls that were not"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("who", Text, nullable=False, comment="user:NAME, anonymous, cli or muniment"),
    Column("what", Text, nullable=False, comment="component:NAME, user:NAME or token:ID"),
    Column("field", Text, nullable=False, comment="what of it was changed"),
    Column("old", Text, comment="JSON, as it was; null: there was none"),
    Column("new", Text, comment="JSON, as it is; null: there is none any more"),
    Index("ix_audit_what", "what", "id"),
    sqlite_autoincrement=True,
)
