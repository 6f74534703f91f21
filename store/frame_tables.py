"""The tables of the science archive, for SQLite and PostgreSQL alike.

A frame is a name; its versions are its bytes; its headers describe the newest. Where a column has
the name of a FITS header's meaning, that is the one which `schemas.frames` gives it.
"""

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, Table, Text, text

from store.frames.name_index import make_with
from store.table_types import Serial, UtcDateTime, metadata

Plain = Text().with_variant(Text(collation="C"), "postgresql")
"""A text that sorts by its characters' numbers, in every database alike."""

LISTED = text("newest IS NOT NULL AND observation_date IS NOT NULL")
"""Of a frame that lists show: it has a version, and is more than a name."""

UNLISTED = text("newest IS NULL OR observation_date IS NULL")


def _listed(*columns: str) -> Index:
    """Return an index of listed frames, which alone can count and find what anybody may see."""
    name = f"ix_frames_listed_{columns[0]}"
    return Index(name, *columns, postgresql_where=LISTED, sqlite_where=LISTED)


frames = Table(
    "frames",
    metadata,
    Column("id", Serial, primary_key=True, comment="below 2^31: what stands in URLs"),
    Column(
        "basename", Plain, nullable=False, unique=True, comment="file name before its first dot"
    ),
    Column("basename_folded", Text, nullable=False, comment="case-folded; for searching"),
    Column("observation_date", UtcDateTime, comment="null: nothing but a name is known (yet)"),
    Column("observation_day", Text, comment="YYYY-MM-DD, of the observatory's night"),
    Column("public_date", UtcDateTime, comment="when all may see it; null: never"),
    Column("proposal_id", Plain, nullable=False),
    Column("instrument_id", Plain, nullable=False),
    Column("target_name", Plain, nullable=False),
    Column("target_folded", Text, nullable=False, comment="case-folded; for searching"),
    Column("site_id", Plain, nullable=False),
    Column("telescope_id", Plain, nullable=False),
    Column("primary_optical_element", Plain, nullable=False, comment="the filter"),
    Column("configuration_type", Plain, nullable=False, comment="EXPOSE, BIAS ...; empty: unknown"),
    Column("reduction_level", Integer, nullable=False, comment="0: raw"),
    Column("exposure_time", Float, comment="seconds"),
    Column("observation_id", BigInteger),
    Column("request_id", BigInteger),
    Column("submitter", Text, nullable=False, comment="header USERID; empty: none"),
    Column("area", Text, comment="GeoJSON Polygon as it was sent, degrees; null: unknown"),
    Column("newest", Integer, comment="frame_versions.id; null: there is none"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("modified_at", UtcDateTime, nullable=False),
    _listed("observation_date", "id", "public_date"),
    _listed("target_name", "observation_date", "id", "public_date"),
    _listed("proposal_id", "observation_date", "id", "public_date"),
    _listed("instrument_id", "observation_date", "id", "public_date"),
    _listed("site_id", "observation_date", "id", "public_date"),
    _listed("telescope_id", "observation_date", "id", "public_date"),
    _listed("primary_optical_element", "observation_date", "id", "public_date"),
    _listed("configuration_type", "observation_date", "id", "public_date"),
    _listed("reduction_level", "observation_date", "id", "public_date"),
    _listed("exposure_time", "id", "public_date"),
    _listed("public_date"),
    Index("ix_frames_observation_day", "observation_day"),
    Index("ix_frames_observation_id", "observation_id"),
    Index("ix_frames_request_id", "request_id"),
    Index("ix_frames_submitter", "submitter"),
    Index("ix_frames_unlisted", "id", postgresql_where=UNLISTED, sqlite_where=UNLISTED),
    sqlite_autoincrement=True,
)
make_with(frames)

frame_headers = Table(
    "frame_headers",
    metadata,
    Column("frame", Integer, primary_key=True, autoincrement=False, comment="frames.id"),
    Column("document", Text, nullable=False, comment="JSON: the header cards of the last POST"),
)

frame_versions = Table(
    "frame_versions",
    metadata,
    Column("id", Serial, primary_key=True, comment="below 2^31, in order of storing, per frame"),
    Column("uid", Text, nullable=False, unique=True, comment="UUIDv7: names it in events"),
    Column("frame", Integer, nullable=False, comment="frames.id"),
    Column("key", Text, nullable=False, unique=True, comment="the file store's: its version id"),
    Column("md5", Text, nullable=False, unique=True, comment="lowercase hex, of the bytes"),
    Column("extension", Text, nullable=False, comment="with its dots: .fits.fz"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("path", Plain, comment="below the file store; null: not there, or no safe one"),
    Column("object_key", Text, comment="of our own copy; null: the file store keeps the bytes"),
    Column("size", BigInteger, comment="bytes; null: not looked at yet"),
    Column("sha256", Text, comment="lowercase hex; null: not looked at yet"),
    Column("crc32", BigInteger, comment="as zip has it; null: not looked at yet"),
    Column("fixity", Text, comment="sound, missing or damaged; null: not looked at yet"),
    Column("looked_at", UtcDateTime, comment="when its bytes were last read through"),
    Index("ix_frame_versions_frame", "frame", "id"),
    Index("ix_frame_versions_path", "path"),
    Index("ix_frame_versions_object_key", "object_key"),
    Index("ix_frame_versions_sha256", "sha256"),
    sqlite_autoincrement=True,
)

frame_links = Table(
    "frame_links",
    metadata,
    Column("frame", Integer, primary_key=True, autoincrement=False, comment="frames.id"),
    Column("related", Integer, primary_key=True, autoincrement=False, comment="frames.id"),
)
"""Each link stands there twice, once each way."""

frame_cells = Table(
    "frame_cells",
    metadata,
    Column("cell", BigInteger, primary_key=True, autoincrement=False, comment="store.sky.cells"),
    Column("frame", Integer, primary_key=True, autoincrement=False, comment="frames.id"),
    Index("ix_frame_cells_frame", "frame"),
    sqlite_with_rowid=False,
)
"""The HEALPix cells that cover a frame's area."""

frame_combinations = Table(
    "frame_combinations",
    metadata,
    Column("grain", Text, primary_key=True, comment="all, month or day"),
    Column("start", Text, primary_key=True, comment="first UTC day, YYYY-MM-DD; all: empty"),
    Column("site_id", Text, primary_key=True),
    Column("telescope_id", Text, primary_key=True),
    Column("primary_optical_element", Text, primary_key=True),
    Column("instrument_id", Text, primary_key=True),
    Column("configuration_type", Text, primary_key=True),
    Column("proposal_id", Text, primary_key=True),
    Column("frames", BigInteger, nullable=False, comment="observed in that time; above 0"),
    Column("first_public", UtcDateTime, comment="earliest public_date; null: none has one"),
    Column("last_public", UtcDateTime, comment="latest public_date; null: one is never public"),
    sqlite_with_rowid=False,
)
"""What occurs together, so that aggregates need not look at frames."""

thumbnails = Table(
    "thumbnails",
    metadata,
    Column("id", Serial, primary_key=True, comment="what stands in URLs"),
    Column("basename", Text, nullable=False, unique=True),
    Column("frame", Integer, nullable=False, comment="frames.id"),
    Column("size", Text, nullable=False, comment="small, medium, large ..."),
    Column("extension", Text, nullable=False, comment="with its dot: .jpg"),
    Column("key", Text, nullable=False, comment="the file store's"),
    Column("path", Plain, comment="below the file store; null: the fields make no safe one"),
    Column("object_key", Text, comment="of our own copy; null: the file store keeps the bytes"),
    Column("drawn", Boolean, nullable=False, comment="by us, since nobody had sent one"),
    Column("modified_at", UtcDateTime, nullable=False),
    Index("ix_thumbnails_frame", "frame"),
    Index("ix_thumbnails_path", "path"),
    Index("ix_thumbnails_object_key", "object_key"),
    sqlite_autoincrement=True,
)

frame_drafts = Table(
    "frame_drafts",
    metadata,
    Column("id", Text, primary_key=True, comment="what the request event calls it"),
    Column("event_key", Text, comment="events.key of that event; null: nobody will send it again"),
    Column("fingerprint", Text, nullable=False, comment="SHA-256 of who sent what"),
    Column("document", Text, nullable=False, comment="JSON: what was posted, checked"),
    Column("accepted_at", UtcDateTime, nullable=False),
    Index("ix_frame_drafts_fingerprint", "fingerprint"),
)

frame_notices = Table(
    "frame_notices",
    metadata,
    Column("id", Text, primary_key=True, comment="frame_versions.uid, and AMQP's message_id"),
    Column("body", Text, nullable=False, comment="JSON: what is to be announced"),
)
"""Rows wait for `announce-archived`."""

archive_users = Table(
    "archive_users",
    metadata,
    Column("user_name", Text, primary_key=True, comment="users.name"),
    Column("generation", Integer, nullable=False, comment="of the archive token, from 1"),
    Column("token_digest", Text, nullable=False, unique=True, comment="SHA-256 of that token"),
    Column("staff", Boolean, nullable=False, comment="may see versions; is not throttled"),
    Column("superuser", Boolean, nullable=False, comment="of the archive alone"),
    Column("from_portal", Boolean, nullable=False, comment="the observation portal keeps it"),
    Column("portal_token", Text, comment="the user's at the portal; asks for proposals"),
    Column("portal_digest", Text, unique=True, comment="SHA-256 of that token"),
    Column("password_hash", Text, comment="argon2id: what the portal let in last, for its outages"),
    Column("email", Text, nullable=False),
    Column("first_name", Text, nullable=False),
    Column("last_name", Text, nullable=False),
    Column("proposals", Text, comment="JSON: ids of proposals; null: not asked yet"),
    Column("proposals_at", UtcDateTime, comment="when the portal was asked"),
)

archive_visits = Table(
    "archive_visits",
    metadata,
    Column("visitor", Text, primary_key=True, comment="user:NAME, or address:IP"),
    Column("minute", BigInteger, primary_key=True, comment="since 1970"),
    Column("requests", Integer, nullable=False),
    Index("ix_archive_visits_minute", "minute"),
)
