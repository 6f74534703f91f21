"""The CSV of a real PostgreSQL says what its JSON says, for the types that are asked for as CSV.

The statements are those of CKAN 2.12 for `records_format` `csv` and `objects`
(ckanext/datastore/backend/postgres.py).
"""

import io
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

import psycopg2
import pytest
from pydantic_core import from_json

from consumers.packaging.copied_rows import copied_rows, reads_alike
from consumers.packaging.tables import CSV, encode
from tests.equipment.ckan_rows import copied
from tests.services.postgresql import PostgreSQL

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

TEXTS: list[str | None] = [
    None,
    "",
    "plain",
    "a,b",
    'say "a"',
    "a\nb",
    "a\rb",
    "a\r\nb",
    " é ",
    r"\.",
    r"\N",
    "'",
    "\t",
]
VALUES: dict[str, list[str | None]] = {
    "text": TEXTS,
    "varchar": TEXTS,
    "int2": [None, "-32768"],
    "int4": [None, "2147483647"],
    "int8": [None, "-9223372036854775808", "9007199254740993"],
    "uuid": [None, "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"],
    "timestamp": [None, "1897-06-12 01:02:03.456", "infinity", "0044-03-15 00:00:00 BC"],
}
_TIMESTAMP = """to_char(v, 'YYYY-MM-DD"T"HH24:MI:SS')"""


@pytest.fixture(scope="module")
def cursor(postgresql: PostgreSQL) -> Iterator["Cursor"]:
    dsn = postgresql.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute("SET client_encoding TO 'UTF8'")
        yield cursor


def _copy(cursor: "Cursor", select: str) -> str:
    text = io.StringIO()
    cursor.copy_expert(f"COPY ({select}) TO STDOUT csv", text)
    return text.getvalue()


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("numbered", [True, False])
def test_csv_says_what_objects_say(cursor: "Cursor", kind: str, *, numbered: bool) -> None:
    assert reads_alike([("v", kind)])
    rows = list(enumerate(VALUES[kind]))
    values = b", ".join(cursor.mogrify(f"(%s, CAST(%s AS {kind}))", row) for row in rows).decode()
    told = _TIMESTAMP if kind == "timestamp" else "v"
    columns = f"n, {told} AS v" if numbered else f"{told} AS v"
    select = f"SELECT {columns} FROM (VALUES {values}) AS given(n, v) ORDER BY n"  # noqa: S608
    cursor.execute(f"SELECT array_to_json(array_agg(page))::text FROM ({select}) AS page")  # noqa: S608
    (answer,) = cursor.fetchone() or ()
    names = ("n", "v") if numbered else ("v",)
    objects = [[record[name] for name in names] for record in from_json(answer)]
    text = _copy(cursor, select)
    assert copied_rows(text, len(names), 10**9) == (encode(objects, CSV), len(rows))
    assert text == "".join(map(copied, objects)), "the test server writes CSV of another kind"
