"""The frames that `bench load-frames` asks about are as an archive has them."""

from typing import Any

import pytest
from sqlalchemy import func, select

from ops.bench.frame_copying import copy
from ops.bench.frame_questions import ANYBODY, SUPERUSER, questions
from ops.bench.frame_specimens import NOW, TABLES, Frames
from ops.bench.load_frames import ask_all
from store.database import Database
from store.frames import views as frame_views
from store.frames.search import Contains, Search
from store.tables import frame_combinations, metadata
from store.upgrading import differences
from tests.equipment.frames import combinations

COUNT = 300


@pytest.fixture
def loaded(database: Database) -> Database:
    """A database with frames."""
    told: list[int] = []
    copy(database, Frames(COUNT), told.append)
    assert sum(told) == COUNT
    return database


def rows(database: Database, table: str) -> list[dict[str, Any]]:
    return [dict(row) for row in database.query(select(metadata.tables[table]))]


def test_combinations_are_those_of_the_frames(loaded: Database) -> None:
    found = sorted(map(str, rows(loaded, "frame_combinations")))
    assert found == sorted(str(dict(row)) for row in combinations(rows(loaded, "frames")))
    assert differences(loaded) == []


def test_every_question_is_answered(loaded: Database) -> None:
    for table in TABLES:
        counted = select(func.count().label("found")).select_from(metadata.tables[table])
        assert loaded.query(counted)[0]["found"] > 0, table
    answers = ask_all(loaded, COUNT, 1, lambda _name, _frames: None)
    assert [one.name for one in answers] == [one.name for one in questions(COUNT)]
    found = {one.name: one.found for one in answers}
    assert found["all, superuser, page 1"] == COUNT
    assert found["md5"] == 1
    listed = next(one for one in answers if one.name == "observation_id, page 1")
    assert listed.statements <= 8  # with as many BEGINs on SQLite
    assert listed.plan.indexes


def test_names_are_indexed_after_the_load(loaded: Database) -> None:
    (newest,) = frame_views.find(loaded, Search(), SUPERUSER, limit=1).frames
    part = newest.basename[5:].upper()
    page = frame_views.find(loaded, Search((Contains("basename", part),)), SUPERUSER, limit=9)
    assert page.frames == [newest]


def test_nobody_is_shown_what_is_not_public(loaded: Database) -> None:
    public = rows(loaded, "frames")
    wanted = [row for row in public if row["public_date"] and row["public_date"] < NOW]
    assert frame_views.find(loaded, Search(), ANYBODY, limit=1).count == len(wanted) < COUNT
    assert loaded.query(select(frame_combinations.c.frames).limit(1))
