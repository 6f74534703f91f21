"""What the CKAN of these tests holds: rows of every type, with values that have spoilt exports."""

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from tests.services.ckan import Ckan

ROWS = 20_000
_AT_ONCE = 5000

Row = Mapping[str, object]

PLAIN = {
    "label": "text",
    "remark, long": "text",
    "count": "int",
    "serial": "int8",
    "seen": "timestamp",
}
"""Column → type, where each value reads the same in PostgreSQL's CSV as in JSON."""

MIXED = {
    **PLAIN,
    "mass": "numeric",
    "length": "float8",
    "breadth": "float4",
    "extinct": "bool",
    "day": "date",
    "hour": "time",
    "moment": "timestamptz",
    "media": "json",
    "extra": "jsonb",
    "names": "text[]",
    "depths": "float8[]",
}
"""Column → type, of every type that CKAN's own loaders make, and more."""

_TEXTS = (
    *("plain", "", None, " ", "  blanks around  ", "comma, here", 'a "quote"', '"', '""', ","),
    *(
        "line\nfeed",
        "carriage\rreturn",
        "both\r\nof them",
        "tab\there",
        "\\.",
        "\\N",
        "NULL",
        "=1+1",
    ),
    *(
        "Zoë Müller 𝄞 😀",
        "\u2028\x0b\x07\x1b",
        "\ufeffmark",
        "\u00a0hard",
        'ends in ,"",',
        "null",
        "t",
    ),
)
_VALUES: Mapping[str, Sequence[object]] = {
    "text": _TEXTS,
    "int": (None, 0, -1, 2147483647),
    "int8": (None, 2**53 + 1, -(2**63), 7),
    "timestamp": (
        None,
        "2020-01-02T03:04:05",
        "2020-01-02T03:04:05.123456",
        "10000-01-01T00:00:00",
    ),
    "numeric": (None, "3.00", "12345678901234567890", "0.1", "-2.50", "NaN", "1e30"),
    "float8": (None, 0.1, 3.0, -2.5, 1e22, 1e-7, 51.4967, 1e15, 9007199254740993.0, "NaN", "-0"),
    "float4": (None, 0.1, 1e6, 16777216, 1e-5, "Infinity"),
    "bool": (None, True, False),
    "date": (None, "2020-01-02", "0044-03-15 BC", "infinity"),
    "time": (None, "12:13:14.5"),
    "timestamptz": (None, "2020-01-02T03:04:05.123456+02:00"),
    "json": (None, {"b": [1, None, "é"], "a": {"x": 1.5}}, "text", "7", 7, True, [], {}),
    "jsonb": (None, '{"z": 1, "a": [1.0, 2e3, "é"]}', '"text"', "null", "12345678901234567890"),
    "text[]": (None, [], ["a", 'x "q" , é\n', None, ""]),
    "float8[]": (None, [0.1, 3, None]),
}


def rows(columns: Mapping[str, str]) -> Iterator[Row]:
    """Yield rows without end, the same ones each time."""
    chance = random.Random("shelves")  # noqa: S311 - variety, not secrecy
    while True:
        yield {name: chance.choice(_VALUES[kind]) for name, kind in columns.items()}


def fill(ckan: Ckan, dataset: str, columns: Mapping[str, str], count: int = ROWS) -> str:
    """Make a resource of so many rows in a dataset; return its id."""
    made = ckan.action(
        "datastore_create",
        resource={"package_id": dataset, "name": "specimens"},
        fields=[{"id": name, "type": kind} for name, kind in columns.items()],
        force=True,
    )
    left = islice(rows(columns), count)
    while batch := list(islice(left, _AT_ONCE)):
        ckan.action(
            "datastore_upsert",
            resource_id=made["resource_id"],
            records=batch,
            method="insert",
            force=True,
        )
    return str(made["resource_id"])
