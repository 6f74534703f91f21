"""Server-sent events, whatever pieces they come in."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.server_sent import Message, read_messages

STREAM = (
    "retry: 2000\nid: 4\n\n: a comment\n\nid: 5\nevent: gap\ndata: {}\n\n"
    "id: 7\nevent: t.v1\ndata: ä\ndata:second\nunknown: x\n\ndata: torn"
)
MESSAGES = [
    Message("4", "message", ""),
    Message("5", "gap", "{}"),
    Message("7", "t.v1", "ä\nsecond"),
]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_line_end_of_the_standard_is_read(ending: str) -> None:
    assert list(read_messages([STREAM.replace("\n", ending).encode()])) == MESSAGES


@given(st.lists(st.integers(0, 200), max_size=12), st.sampled_from(["\n", "\r\n"]))
def test_it_does_not_matter_where_the_stream_is_torn(cuts: list[int], ending: str) -> None:
    data = STREAM.replace("\n", ending).encode()
    places = [0, *sorted(cuts), len(data)]
    pieces = [data[start:end] for start, end in pairwise(places)]
    assert list(read_messages(pieces)) == MESSAGES


def test_an_id_stays_until_there_is_another() -> None:
    stream = [b"id: 1\ndata: a\n\ndata: b\n\nid: x\0y\ndata: c\n\n"]
    assert [one.id for one in read_messages(stream)] == ["1", "1", "1"]


def test_comments_and_empty_blocks_are_no_messages() -> None:
    assert list(read_messages([b": alive\n\n\n\nevent: t\n\n"])) == []
