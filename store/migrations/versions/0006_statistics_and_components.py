"""statistics and components."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "who", sa.Text(), nullable=False, comment="user:NAME, anonymous, cli or muniment"
        ),
        sa.Column(
            "what", sa.Text(), nullable=False, comment="component:NAME, user:NAME or token:ID"
        ),
        sa.Column("field", sa.Text(), nullable=False, comment="what of it was changed"),
        sa.Column("old", sa.Text(), nullable=True, comment="JSON, as it was; null: there was none"),
        sa.Column(
            "new", sa.Text(), nullable=True, comment="JSON, as it is; null: there is none any more"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index("ix_audit_what", ["what", "id"], unique=False)

    op.create_table(
        "component_descriptions",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="the highest of a component is served",
        ),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("synopsis", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("release_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("support_email", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True, comment="null: platforms have none"),
        sa.Column("research_subject", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False, comment="JSON array of strings"),
        sa.Column("described_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("described_by", sa.Text(), nullable=False, comment="user:NAME or anonymous"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_component_descriptions")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("component_descriptions", schema=None) as batch_op:
        batch_op.create_index(
            "ix_component_descriptions_component", ["component", "id"], unique=False
        )

    op.create_table(
        "component_settings",
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="schemas.components.SETTINGS"),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("component", "name", name=op.f("pk_component_settings")),
    )
    op.create_table(
        "counters",
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column(
            "last_reset",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when it last returned to zero",
        ),
        sa.Column(
            "base",
            sa.BigInteger(),
            nullable=False,
            comment="what it was set to when it was last set",
        ),
        sa.Column(
            "since",
            sa.BigInteger(),
            nullable=False,
            comment="ledger position at that time; uses beyond it have been added to the base",
        ),
        sa.PrimaryKeyConstraint("component", name=op.f("pk_counters")),
    )
    op.create_table(
        "ended_sessions",
        sa.Column("digest", sa.Text(), nullable=False, comment="SHA-256 of the cookie, hex"),
        sa.Column(
            "until", sa.DateTime(timezone=True), nullable=False, comment="when it ends by itself"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_ended_sessions")),
    )
    op.create_table(
        "polls",
        sa.Column("name", sa.Text(), nullable=False, comment="of the component that polls"),
        sa.Column("running", sa.Boolean(), nullable=False),
        sa.Column(
            "generation", sa.BigInteger(), nullable=False, comment="one more with each start"
        ),
        sa.Column(
            "round", sa.BigInteger(), nullable=False, comment="the poll that comes next, from 1"
        ),
        sa.Column(
            "url", sa.Text(), nullable=False, comment="what is polled; as it was at the start"
        ),
        sa.Column(
            "claimed_by",
            sa.Text(),
            nullable=True,
            comment="key of the event that makes the next poll; null: none yet",
        ),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when it was started or stopped",
        ),
        sa.Column(
            "next_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the next poll is due; null: none is",
        ),
        sa.Column(
            "polled_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the last poll ended; null: never",
        ),
        sa.Column(
            "outcome",
            sa.Text(),
            nullable=True,
            comment="what came of the last poll, in words; null: never polled",
        ),
        sa.Column(
            "succeeded",
            sa.BigInteger(),
            nullable=False,
            comment="polls that were answered with 2xx",
        ),
        sa.Column("failed", sa.BigInteger(), nullable=False, comment="polls that were not"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_polls")),
    )
    op.create_table(
        "queue_samples",
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False, comment="its beginning"),
        sa.Column("queue", sa.Text(), nullable=False, comment="name of the consumer"),
        sa.Column("sampled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "ready",
            sa.Integer(),
            nullable=True,
            comment="deliveries that could be handled; null: nobody could tell",
        ),
        sa.Column(
            "held",
            sa.Integer(),
            nullable=True,
            comment="deliveries in hand; null: the broker does not tell",
        ),
        sa.Column(
            "delayed",
            sa.Integer(),
            nullable=True,
            comment="deliveries that wait for their time; null: as ready",
        ),
        sa.Column(
            "looked_to",
            sa.BigInteger(),
            nullable=False,
            comment="ledger position: no event up to it waits for the consumer",
        ),
        sa.Column(
            "oldest_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the oldest came that waits for it; null: none",
        ),
        sa.PrimaryKeyConstraint("minute", "queue", name=op.f("pk_queue_samples")),
    )
    with op.batch_alter_table("queue_samples", schema=None) as batch_op:
        batch_op.create_index("ix_queue_samples_queue_minute", ["queue", "minute"], unique=False)

    op.create_table(
        "statistics_durations",
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False, comment="its beginning"),
        sa.Column("type", sa.Text(), nullable=False, comment="events.type"),
        sa.Column(
            "bucket",
            sa.Integer(),
            nullable=False,
            comment="see store.statistics.durations: which stretch of seconds",
        ),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hour", "type", "bucket", name=op.f("pk_statistics_durations")),
    )
    op.create_table(
        "statistics_hours",
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False, comment="its beginning"),
        sa.Column("type", sa.Text(), nullable=False, comment="events.type"),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False, comment="that they say were archived"),
        sa.Column(
            "timed", sa.BigInteger(), nullable=False, comment="events whose cause is in the ledger"
        ),
        sa.Column(
            "microseconds",
            sa.BigInteger(),
            nullable=False,
            comment="from their causes to these, all together",
        ),
        sa.Column(
            "uses",
            sa.BigInteger(),
            nullable=False,
            comment="events that are a use of a capability",
        ),
        sa.PrimaryKeyConstraint("hour", "type", name=op.f("pk_statistics_hours")),
    )
    op.create_table(
        "statistics_resources",
        sa.Column("day", sa.DateTime(timezone=True), nullable=False, comment="its beginning"),
        sa.Column("capability", sa.Text(), nullable=False, comment="schemas.capabilities"),
        sa.Column("resource", sa.Text(), nullable=False, comment="what was used"),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False, comment="that they say were archived"),
        sa.PrimaryKeyConstraint(
            "day", "capability", "resource", name=op.f("pk_statistics_resources")
        ),
    )
    op.create_table(
        "statistics_state",
        sa.Column("name", sa.Text(), nullable=False, comment="of who counts"),
        sa.Column(
            "rebuilt_to",
            sa.BigInteger(),
            nullable=False,
            comment="ledger position: up to it all has been counted at once, one by one beyond it",
        ),
        sa.Column(
            "rebuilt_at", sa.DateTime(timezone=True), nullable=True, comment="when; null: never"
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_statistics_state")),
    )
    op.create_table(
        "statistics_totals",
        sa.Column("type", sa.Text(), nullable=False, comment="events.type"),
        sa.Column("events", sa.BigInteger(), nullable=False, comment="of all hours"),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("timed", sa.BigInteger(), nullable=False),
        sa.Column("microseconds", sa.BigInteger(), nullable=False),
        sa.Column("uses", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("type", name=op.f("pk_statistics_totals")),
    )
    op.create_table(
        "taps",
        sa.Column(
            "name", sa.Text(), nullable=False, comment="where it copies the ledger to: kafka"
        ),
        sa.Column(
            "position",
            sa.BigInteger(),
            nullable=False,
            comment="ledger position: all up to it is there",
        ),
        sa.Column(
            "token", sa.BigInteger(), nullable=False, comment="fencing: one more with each owner"
        ),
        sa.Column(
            "owner", sa.Text(), nullable=True, comment="the process that copies; null: none does"
        ),
        sa.Column(
            "until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the owner is taken for dead; null: no owner",
        ),
        sa.Column(
            "moved_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the position last moved; null: never",
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_taps")),
    )
    # Whoever counts shares a lock on its row, so it has to be there.
    op.execute("INSERT INTO statistics_state (name, rebuilt_to) VALUES ('update-stats', 0)")
