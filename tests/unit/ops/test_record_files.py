"""Files of records, in the two forms that there are."""

import json
from io import StringIO

import pytest

from ops.record_files import batches, records
from store.errors import SetupError

SOME = [{"label": "a", "n": 1}, {"label": "b]", "text": "caf\u00e9, [1, 2"}]


def read(text: str) -> list[object]:
    return [json.loads(line) for line in records(StringIO(text))]


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(map(json.dumps, SOME)),
        "\n\n".join(map(json.dumps, SOME)) + "\n\n",
        json.dumps(SOME),
        "\n \n" + json.dumps(SOME, indent=4) + "\n",
    ],
)
def test_both_forms_give_one_line_each(text: str) -> None:
    assert read(text) == SOME


@pytest.mark.parametrize("text", ["", "\n\n", "[]", "[ ]"])
def test_there_may_be_none(text: str) -> None:
    assert read(text) == []


def test_a_record_may_be_longer_than_what_is_read_at_once() -> None:
    long = [{"diff": "x" * 3_000_000}, {"diff": "y" * 10}]
    assert read(json.dumps(long)) == long


@pytest.mark.parametrize("text", ["[", '[{"label": "a"}', '[{"label": "a"}, {"la'])
def test_an_array_that_breaks_off_is_no_array(text: str) -> None:
    with pytest.raises(SetupError, match="not whole JSON"):
        read(text)


def test_batches_end_by_number_or_by_size() -> None:
    lines = [b"12345", b"123", b"1", b"1", b"1"]
    assert list(batches(iter(lines), 2, 5)) == [[b"12345"], [b"123", b"1"], [b"1", b"1"]]
    assert list(batches(iter(()), 2, 5)) == []
