"""The tables of dataset packages, mails and their statistics, for SQLite and PostgreSQL alike."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text, false

from store.table_types import Serial, UtcDateTime, metadata

package_requests = Table(
    "package_requests",
    metadata,
    Column("event_key", Text, primary_key=True, comment="events.key of the request"),
    Column("kind", Text, nullable=False, comment="datastore, url or dwc_archive"),
    Column("resource_id", Text, nullable=False),
    Column("format", Text, comment="csv, tsv or xlsx; null: the file as it is"),
    Column("host", Text, nullable=False, comment="of the repository, with an odd port"),
    Column("digest", Text, nullable=False, comment="SHA-256 of what makes the package"),
    Column("parameters", Text, comment="JSON: what was sent but secrets; null: it has ended"),
    Column("api_key", Text, comment="of the repository; null: none, or it has ended"),
    Column("email", Text, comment="whom to mail; null: it has ended"),
    Column("asked_by", Text, nullable=False, comment="the address, masked"),
    Column("count", Text, comment="the limit as it was sent"),
    Column("accepted_at", UtcDateTime, nullable=False),
    Column("package", Text, comment="packages.id; null: not packaged (yet)"),
    Column("ended_at", UtcDateTime, comment="mailed, or failed"),
    Index("ix_package_requests_ended_at", "ended_at"),
    Index("ix_package_requests_package", "package"),
)

package_builds = Table(
    "package_builds",
    metadata,
    Column("digest", Text, primary_key=True, comment="package_requests.digest"),
    Column("event_key", Text, nullable=False, comment="events.key of the request it is for"),
    Column("began_at", UtcDateTime, nullable=False),
)

packages = Table(
    "packages",
    metadata,
    Column("id", Text, primary_key=True, comment="events.key of the request it was built for"),
    Column(
        "name", Text, nullable=False, unique=True, comment="of the zip; whoever knows it has it"
    ),
    Column("digest", Text, nullable=False, comment="package_requests.digest"),
    Column("kind", Text, nullable=False, comment="datastore, url or dwc_archive"),
    Column("resource_id", Text, nullable=False),
    Column("format", Text, comment="csv, tsv or xlsx; null: the file as it is"),
    Column("host", Text, nullable=False),
    Column("size", BigInteger, nullable=False, comment="bytes of the zip"),
    Column("sha256", Text, nullable=False, comment="of the zip, hex"),
    Column("rows", BigInteger, comment="null: a file"),
    Column("built_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column(
        "pinned",
        Boolean,
        nullable=False,
        server_default=false(),
        comment="an operator keeps it beyond its time",
    ),
    Column("removed_at", UtcDateTime, comment="null: it can be downloaded"),
    Index("ix_packages_digest", "digest", "built_at"),
    Index("ix_packages_built_at", "built_at"),
    Index("ix_packages_removed_at_expires_at", "removed_at", "expires_at"),
)

mails = Table(
    "mails",
    metadata,
    Column("id", Text, primary_key=True),
    Column("request", Text, nullable=False, comment="events.key of the request it answers"),
    Column("purpose", Text, nullable=False, comment="package or apology"),
    Column("about", Text, nullable=False, comment="what it is about: a resource's id"),
    Column("sender", Text, nullable=False),
    Column("recipient", Text, comment="null: it has ended"),
    Column("subject", Text, comment="null: it has ended"),
    Column("text", Text, comment="null: it has ended"),
    Column("html", Text, comment="null: it has ended"),
    Column("written_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("sent", Boolean, comment="null: it has not ended"),
    Index("ix_mails_request", "request"),
    Index("ix_mails_ended_at", "ended_at"),
)

packager_requests = Table(
    "packager_requests",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("timestamp", BigInteger, nullable=False, comment="when it was mailed, Unix seconds"),
    Column("resource_id", Text, nullable=False),
    Column("email", Text, nullable=False, comment="as typed, or a hash"),
    Column("domain", Text, nullable=False),
    Column("count", Text, comment="the limit as it was sent"),
    Index("ix_packager_requests_email_resource_id", "email", "resource_id"),
    Index("ix_packager_requests_timestamp", "timestamp", "id"),
    Index("ix_packager_requests_resource_id", "resource_id", "timestamp"),
    sqlite_autoincrement=True,
)

packager_errors = Table(
    "packager_errors",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("timestamp", BigInteger, nullable=False, comment="when it failed, Unix seconds"),
    Column("resource_id", Text, nullable=False),
    Column("email", Text, nullable=False, comment="as typed, or a hash"),
    Column("message", Text, nullable=False),
    Index("ix_packager_errors_timestamp", "timestamp", "id"),
    Index("ix_packager_errors_resource_id", "resource_id", "timestamp"),
    sqlite_autoincrement=True,
)

packager_totals = Table(
    "packager_totals",
    metadata,
    Column("resource_id", Text, primary_key=True, comment="*: all of them together"),
    Column("requests", Integer, nullable=False),
    Column("emails", Integer, nullable=False, comment="addresses that a request was mailed to"),
    Column("errors", Integer, nullable=False),
)
