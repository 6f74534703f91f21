"""What is fetched ahead is the zip, or breaks off; it takes little memory and leaves nothing."""

import io
import threading
import tracemalloc
from collections.abc import Iterator
from hashlib import shake_256
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.errors import ObjectNotFoundError
from store.zips.ahead import AHEAD, CHUNK, MemberUnreadableError, ReadAhead
from store.zips.handover import TakerGoneError
from store.zips.stored import Member, StoredZip
from tests.equipment.zips import MODIFIED, Shelf, planned, put_together

CONTENTS = {
    "d/small": b"first",
    "d/large": shake_256(b"1").digest(3 * CHUNK + 17),
    "d/empty": b"",
    "d/even": shake_256(b"2").digest(2 * CHUNK),
    **{f"d/{number}": bytes([number]) * number for number in range(100)},
}
DATA = list(CONTENTS.values())
LARGE, EMPTY, EVEN, LAST = 1, 2, 3, len(DATA) - 1
NAMES = list(CONTENTS)


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    shelf = Shelf(DATA)
    yield shelf
    assert shelf.all_closed
    assert not [one.name for one in threading.enumerate() if one.name.startswith("zip")]


@pytest.mark.parametrize("known", [True, False])
def test_it_is_the_zip(shelf: Shelf, *, known: bool) -> None:
    plan = planned(CONTENTS, known=known)
    with ReadAhead(plan, shelf.open) as ahead:
        chunks = list(ahead)
    assert b"".join(chunks) == put_together(planned(CONTENTS, known=known), DATA)
    assert len(b"".join(chunks)) == plan.length
    assert all(CHUNK <= len(chunk) < 2 * CHUNK for chunk in chunks[:-1])
    with ZipFile(io.BytesIO(b"".join(chunks))) as file:
        assert file.testzip() is None


@settings(max_examples=25)
@given(st.data())
def test_a_part_is_that_of_the_whole(data: st.DataObject) -> None:
    plan = planned(CONTENTS)
    start = data.draw(st.integers(0, plan.length))
    stop = data.draw(st.integers(start, plan.length))
    with ReadAhead(plan, Shelf(DATA).open, start, stop) as ahead:
        assert b"".join(ahead) == put_together(plan, DATA)[start:stop]


def broken_off(shelf: Shelf, *, known: bool = True) -> tuple[bytes, MemberUnreadableError]:
    """Return what came before the error, and the error."""
    came = io.BytesIO()
    plan = planned(CONTENTS, known=known)
    with ReadAhead(plan, shelf.open) as ahead, pytest.raises(MemberUnreadableError) as raised:
        came.writelines(ahead)
    return came.getvalue(), raised.value


def test_a_first_member_that_is_not_there_shows_at_the_start(shelf: Shelf) -> None:
    shelf.faults[0] = ObjectNotFoundError("frames/1")
    with ReadAhead(planned(CONTENTS), shelf.open) as ahead:
        for _ in range(2):
            with pytest.raises(MemberUnreadableError) as raised:
                ahead.start()
    assert raised.value.name == "d/small"
    assert isinstance(raised.value.__cause__, ObjectNotFoundError)


@pytest.mark.parametrize("member", [LARGE, EMPTY, EVEN, LAST])
def test_a_later_member_that_is_not_there_breaks_the_zip_off(shelf: Shelf, member: int) -> None:
    shelf.faults[member] = FileNotFoundError(2, "No such file")
    came, error = broken_off(shelf)
    assert error.name == NAMES[member]
    plan = planned(CONTENTS)
    assert put_together(plan, DATA).startswith(came)
    assert len(came) < plan.length - sum(map(len, DATA[member:]))


def changed(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("member", [0, LARGE, EVEN, LAST])
def test_a_member_that_is_too_short_breaks_the_zip_off(
    shelf: Shelf, member: int, *, known: bool
) -> None:
    shelf.contents[member] = DATA[member][:-1]
    came, error = broken_off(shelf, known=known)
    assert (error.name, error.reason) == (NAMES[member], "1 of its bytes are missing")
    assert put_together(planned(CONTENTS, known=known), DATA).startswith(came)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("member", [0, LARGE, EMPTY, EVEN, LAST])
def test_a_member_that_has_grown_breaks_the_zip_off(
    shelf: Shelf, member: int, *, known: bool
) -> None:
    shelf.contents[member] = DATA[member] + b"more"
    came, error = broken_off(shelf, known=known)
    assert (error.name, error.reason) == (NAMES[member], "it has grown")
    assert put_together(planned(CONTENTS, known=known), DATA).startswith(came)


@pytest.mark.parametrize("member", [0, LARGE, EVEN, LAST])
def test_a_damaged_member_breaks_the_zip_off_before_its_end(shelf: Shelf, member: int) -> None:
    shelf.contents[member] = changed(DATA[member])
    came, error = broken_off(shelf)
    assert error.name == NAMES[member]
    assert "its CRC-32 is" in error.reason
    assert put_together(planned(CONTENTS), DATA).startswith(came)


def test_part_of_a_member_cannot_be_checked(shelf: Shelf) -> None:
    shelf.contents[0] = changed(DATA[0])
    plan = planned(CONTENTS)
    (first,) = plan.contents(0, 48)
    assert first.length < len(DATA[0])
    with ReadAhead(plan, shelf.open, 0, 48) as ahead:
        assert len(b"".join(ahead)) == 48


def test_a_mistake_of_ours_is_not_waited_for(shelf: Shelf) -> None:
    shelf.faults[LARGE] = ZeroDivisionError()
    with ReadAhead(planned(CONTENTS), shelf.open) as ahead, pytest.raises(ZeroDivisionError):
        list(ahead)


def test_nothing_is_left_of_what_nobody_wants_any_more(shelf: Shelf) -> None:
    ReadAhead(planned(CONTENTS), shelf.open).close()
    assert not shelf.streams
    for wanted in range(3):
        with ReadAhead(planned(CONTENTS), shelf.open) as ahead:
            ahead.start()
            for _ in range(wanted):
                next(ahead)
        ahead.close()
        with pytest.raises(TakerGoneError):
            next(ahead)


class Zeros(io.BytesIO):
    """So many zeros, which are made when they are read."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self._left = length

    def read(self, size: int | None = -1, /) -> bytes:
        """See `BytesIO`."""
        length = min(self._left, size or 0)
        self._left -= length
        return bytes(length)


def test_memory_does_not_grow_with_content() -> None:
    size = 50_000_000
    plan = StoredZip([Member(f"{number}", size, MODIFIED, None) for number in range(4)])
    tracemalloc.start()
    try:
        with ReadAhead(plan, lambda *content: Zeros(content[2])) as ahead:
            ahead.start()
            assert sum(map(len, ahead)) == plan.length > 200_000_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < AHEAD + 8 * CHUNK
