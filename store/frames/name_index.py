"""The index of trigrams by which frames are found by a part of their basename or target.

SQLite's is a table of its module FTS5, kept by triggers. PostgreSQL's is of its extension pg_trgm,
and a choice of its planner: where an operator does not let us add that extension, the same
searches look at every name.

Neither is one that SQLAlchemy and Alembic know, so they are made beside the tables, and kept out
of what is compared with them. A later revision that copies the table `frames` on SQLite has to
make the triggers anew.
"""

from sqlalchemy import DDL, Table, event

_TABLE = """
CREATE VIRTUAL TABLE IF NOT EXISTS frame_names USING fts5(
    basename_folded, target_folded,
    content='frames', content_rowid='id', tokenize='trigram case_sensitive 1'
)"""
_TAKE_OUT = """
INSERT INTO frame_names (frame_names, rowid, basename_folded, target_folded)
VALUES ('delete', old.id, old.basename_folded, old.target_folded)"""
_PUT_IN = """
INSERT INTO frame_names (rowid, basename_folded, target_folded)
VALUES (new.id, new.basename_folded, new.target_folded)"""
_ON_INSERT = f"""
CREATE TRIGGER frame_names_insert AFTER INSERT ON frames BEGIN {_PUT_IN}; END"""
_ON_DELETE = f"""
CREATE TRIGGER frame_names_delete AFTER DELETE ON frames BEGIN {_TAKE_OUT}; END"""
_ON_UPDATE = f"""
CREATE TRIGGER frame_names_update AFTER UPDATE OF basename_folded, target_folded ON frames
WHEN old.basename_folded <> new.basename_folded OR old.target_folded <> new.target_folded
BEGIN {_TAKE_OUT}; {_PUT_IN}; END"""

SQLITE = (_TABLE, _ON_INSERT, _ON_DELETE, _ON_UPDATE)

POSTGRESQL = """
DO $$ BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX ix_frames_basename_trigrams ON frames USING gin (basename_folded gin_trgm_ops);
    CREATE INDEX ix_frames_target_trigrams ON frames USING gin (target_folded gin_trgm_ops);
EXCEPTION WHEN insufficient_privilege OR feature_not_supported OR undefined_file
    OR undefined_object THEN NULL;
END $$
"""
"""Changes nothing where the extension is not installed, or we may not add it."""

_FORGET = "DROP TABLE IF EXISTS frame_names"


def make_with(frames: Table) -> None:
    """Have the index made and dropped with the table, where that is not done by a revision."""
    for statement in SQLITE:
        event.listen(frames, "after_create", _ddl(statement, "sqlite"))
    event.listen(frames, "before_drop", _ddl(_FORGET, "sqlite"))
    event.listen(frames, "after_create", _ddl(POSTGRESQL, "postgresql"))


def is_compared(name: str | None, kind: str, _parents: object) -> bool:
    """Whether Alembic is to compare something of the database with the tables."""
    return not (
        (kind == "table" and str(name).startswith("frame_names"))
        or (kind == "index" and str(name).endswith("_trigrams"))
    )


def _ddl(statement: str, dialect: str) -> DDL:
    made: DDL = DDL(statement).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]  # SQLAlchemy has no type for it
    return made
