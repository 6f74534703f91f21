"""Rows that are merged with those that are there, and what is done last of all."""

from sqlalchemy import Executable
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.dialects.sqlite import Insert as SQLiteInsert

from store.database import Database
from store.tables import frame_headers


def _append(new: Insert | SQLiteInsert) -> Executable:
    return new.on_conflict_do_update(
        index_elements=[frame_headers.c.frame],
        set_={"document": frame_headers.c.document + new.excluded.document},
    )


def documents(database: Database) -> dict[int, str]:
    """Return what is kept, by number."""
    return {row["frame"]: row["document"] for row in database.query(frame_headers.select())}


def test_what_is_there_is_done_with_as_was_said(database: Database) -> None:
    """And what is gathered comes before."""
    with database.transaction() as transaction:
        transaction.insert(frame_headers, [{"frame": 1, "document": 'a"\\{'}])
        transaction.merge(frame_headers, [], _append)
        transaction.merge(
            frame_headers,
            [{"frame": 1, "document": "b"}, {"frame": 2, "document": "c,é"}],
            _append,
        )
        transaction.merge(frame_headers, [{"frame": 2, "document": "d"}], _append)
    assert documents(database) == {1: 'a"\\{b', 2: "c,éd"}


def test_before_the_commit_all_else_has_been_written(database: Database) -> None:
    """What is gathered then is written, too."""
    with database.transaction() as transaction:

        def last() -> None:
            (found,) = transaction.execute(frame_headers.select()).mappings()
            transaction.insert(frame_headers, [{"frame": 2, "document": found["document"]}])

        transaction.before_commit(last)
        transaction.insert(frame_headers, [{"frame": 1, "document": "a"}])
    assert documents(database) == {1: "a", 2: "a"}
