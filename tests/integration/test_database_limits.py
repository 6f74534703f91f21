"""What a database cannot keep is wrong with the values, and no outage that somebody waits for."""

import secrets
from contextlib import closing

import pytest
from sqlalchemy.exc import OperationalError

from store.database import open_database
from store.tables import record_tags


def test_values_that_are_too_much_are_no_outage(postgresql_tables_url: str) -> None:
    # More than a row of an index holds, and nothing that could be compressed.
    tag = secrets.token_hex(8000)
    with (
        closing(open_database(postgresql_tables_url)) as database,
        pytest.raises(OperationalError, match="index row requires") as raised,
        database.transaction() as transaction,
    ):
        transaction.insert(record_tags, [{"record": "r", "tag": tag, "project": "p"}])
    # The error is kept where an event failed; what was to be written may be a secret.
    assert tag[:20] not in str(raised.value)
