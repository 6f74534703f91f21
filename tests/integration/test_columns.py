"""Rows inserted column-wise come back as they were, whatever is in them."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from store.database import Database, open_database
from store.tables import deliveries, metadata

TEXTS = st.one_of(
    st.sampled_from(["", "NULL", "null", "{}", '"', "\\", "\\\\", "a,b", " ", "\n", "'", "é", "🜚"]),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20),
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))])
TIMES = st.builds(
    lambda passed, zone: (EPOCH + passed).astimezone(zone),
    st.timedeltas(timedelta(0), timedelta(days=365 * 8000)),
    ZONES,
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "queue": TEXTS,
            "event_key": TEXTS,
            "attempt": st.integers(-(2**31), 2**31 - 1),
            "taken": st.just(0),
            "not_before": TIMES,
            "lease_owner": st.none() | TEXTS,
            "lease_until": st.none() | TIMES,
        }
    ),
    min_size=1,
    max_size=12,
)


@pytest.fixture
def database(postgresql_tables_url: str) -> Iterator[Database]:
    with closing(open_database(postgresql_tables_url)) as database:
        metadata.create_all(database.engine)
        yield database


@given(rows=ROWS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_rows_come_back_as_they_were(database: Database, rows: list[dict[str, object]]) -> None:
    with database.transaction() as transaction:
        transaction.execute(delete(deliveries))
        transaction.insert(deliveries, rows)
    columns = [deliveries.c[name] for name in rows[0]]
    found = database.query(select(*columns).order_by(deliveries.c.id))
    assert [dict(row) for row in found] == rows
