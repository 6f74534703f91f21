"""Whatever a dataset holds, its Darwin Core Archive can be read, and nothing of it is lost."""

import json
from collections.abc import Mapping, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.packaging.darwin_core import DarwinCore
from consumers.packaging.darwin_core_options import DarwinCoreOptions
from consumers.packaging.tables import CSV, TSV, Dialect
from tests.equipment.fielded_text import read_table

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
COLUMNS = st.lists(
    TEXTS | st.sampled_from(["sex", "Sex", "Event date", "eventDate", "associatedMedia"]),
    unique=True,
    max_size=8,
)


@st.composite
def _datasets(draw: st.DrawFn) -> tuple[Sequence[str], Sequence[Mapping[str, object]]]:
    columns = draw(COLUMNS)
    record = st.fixed_dictionaries({"_id": st.integers()}, optional=dict.fromkeys(columns, VALUES))
    return ["_id", *columns], draw(st.lists(record, max_size=4))


def _refuse(name: str) -> object:
    raise AssertionError(f"{name} is not JSON")


@settings(max_examples=50)
@given(_datasets(), st.sampled_from([CSV, TSV]))
def test_a_record_is_a_row_of_the_core(
    dataset: tuple[Sequence[str], Sequence[Mapping[str, object]]], dialect: Dialect
) -> None:
    columns, records = dataset
    core = DarwinCore(DarwinCoreOptions(), columns, dialect)
    headers, lines = core.headers(), core.encode(records)
    for name in core.names:
        header, *rows = read_table(headers[name] + lines[name], dialect.separator)
        assert {len(row) for row in rows} <= {len(header)}
    header, *rows = read_table(headers[core.names[0]] + lines[core.names[0]], dialect.separator)
    assert [row[0] for row in rows] == [str(record["_id"]) for record in records]
    placed = {"_id", "sex", "Sex", "Event date", "eventDate", "associatedMedia"}
    if "dynamicProperties" in header:
        place = header.index("dynamicProperties")
        for row, record in zip(rows, records, strict=True):
            found = json.loads(row[place], parse_constant=_refuse)
            told = [name for name in columns if name not in placed and record.get(name) is not None]
            assert len(found) == len(told)
