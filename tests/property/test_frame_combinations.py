"""Combinations, kept while frames come, change and go, are what a count of all frames finds."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import tables
from store.database import Database, open_database
from store.frames.combinations import recount
from store.frames.repository import SqlFrames
from tests.equipment.emptying import make_empty
from tests.equipment.frame_steps import FIELDS, NAMES, Step, carry_out, counted, found

STEPS = st.builds(
    Step,
    st.sampled_from(["post", "post", "post", "describe", "change", "delete"]),
    st.sampled_from(NAMES),
    st.fixed_dictionaries({}, optional={k: st.sampled_from(v) for k, v in FIELDS.items()}),
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """A database of either kind, with all tables."""
    url = f"sqlite:///{Path(tmp_path_factory.mktemp('combinations')) / 'muniment.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("shared_postgresql_url")
        make_empty(url)
    with closing(open_database(url)) as database:
        tables.metadata.create_all(database.engine)
        yield database


@settings(max_examples=50)
@given(batches=st.lists(st.lists(STEPS, min_size=1, max_size=4), min_size=1, max_size=6))
def test_they_are_what_a_count_would_find(database: Database, batches: list[list[Step]]) -> None:
    """Whatever shares a transaction with what."""
    with database.transaction() as transaction:
        for table in (tables.frames, tables.frame_combinations, tables.frame_versions):
            transaction.execute(table.delete())
    for batch in batches:
        with database.transaction() as transaction:
            frames = SqlFrames(transaction, database)
            for step in batch:
                carry_out(frames, step)
        assert found(database) == counted(database)
    with database.transaction() as transaction:
        recount(transaction)
    assert found(database) == counted(database)
