"""Tables of the statistics: what is counted of the ledger, hour by hour. Part of `store.tables`.

Every hour is that of `events.recorded_at`, so that the same ledger always gives the same figures,
whatever clocks of clients say.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from store.table_types import UtcDateTime, metadata

statistics_state = Table(
    "statistics_state",
    metadata,
    Column("name", Text, primary_key=True, comment="of who counts"),
    Column(
        "rebuilt_to",
        BigInteger,
        nullable=False,
        comment="ledger position: up to it all has been counted at once, one by one beyond it",
    ),
    Column("rebuilt_at", UtcDateTime, comment="when; null: never"),
)

statistics_hours = Table(
    "statistics_hours",
    metadata,
    Column("hour", UtcDateTime, primary_key=True, comment="its beginning"),
    Column("type", Text, primary_key=True, comment="events.type"),
    Column("events", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False, comment="that they say were archived"),
    Column("timed", BigInteger, nullable=False, comment="events whose cause is in the ledger"),
    Column(
        "microseconds",
        BigInteger,
        nullable=False,
        comment="from their causes to these, all together",
    ),
    Column("uses", BigInteger, nullable=False, comment="events that are a use of a capability"),
)

statistics_totals = Table(
    "statistics_totals",
    metadata,
    Column("type", Text, primary_key=True, comment="events.type"),
    Column("events", BigInteger, nullable=False, comment="of all hours"),
    Column("bytes", BigInteger, nullable=False),
    Column("timed", BigInteger, nullable=False),
    Column("microseconds", BigInteger, nullable=False),
    Column("uses", BigInteger, nullable=False),
)

statistics_durations = Table(
    "statistics_durations",
    metadata,
    Column("hour", UtcDateTime, primary_key=True, comment="its beginning"),
    Column("type", Text, primary_key=True, comment="events.type"),
    Column(
        "bucket",
        Integer,
        primary_key=True,
        comment="see store.statistics.durations: which stretch of seconds",
    ),
    Column("events", BigInteger, nullable=False),
)

statistics_resources = Table(
    "statistics_resources",
    metadata,
    Column("day", UtcDateTime, primary_key=True, comment="its beginning"),
    Column("capability", Text, primary_key=True, comment="schemas.capabilities"),
    Column("resource", Text, primary_key=True, comment="what was used"),
    Column("events", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False, comment="that they say were archived"),
)

queue_samples = Table(
    "queue_samples",
    metadata,
    Column("minute", UtcDateTime, primary_key=True, comment="its beginning"),
    Column("queue", Text, primary_key=True, comment="name of the consumer"),
    Column("sampled_at", UtcDateTime, nullable=False),
    Column("ready", Integer, comment="deliveries that could be handled; null: nobody could tell"),
    Column("held", Integer, comment="deliveries in hand; null: the broker does not tell"),
    Column("delayed", Integer, comment="deliveries that wait for their time; null: as ready"),
    Column(
        "looked_to",
        BigInteger,
        nullable=False,
        comment="ledger position: no event up to it waits for the consumer",
    ),
    Column("oldest_at", UtcDateTime, comment="when the oldest came that waits for it; null: none"),
    Index("ix_queue_samples_queue_minute", "queue", "minute"),
)

taps = Table(
    "taps",
    metadata,
    Column("name", Text, primary_key=True, comment="where it copies the ledger to: kafka"),
    Column(
        "position", BigInteger, nullable=False, comment="ledger position: all up to it is there"
    ),
    Column("token", BigInteger, nullable=False, comment="fencing: one more with each owner"),
    Column("owner", Text, comment="the process that copies; null: none does"),
    Column("until", UtcDateTime, comment="when the owner is taken for dead; null: no owner"),
    Column("moved_at", UtcDateTime, comment="when the position last moved; null: never"),
)
