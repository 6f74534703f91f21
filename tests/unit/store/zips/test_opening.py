"""Members are opened while others are read, when their turn is near, and none is left open."""

import io
from threading import Barrier, Event
from typing import BinaryIO

import pytest

from store.zips.opening import OpenedAhead
from store.zips.stored import Content
from tests.equipment.zips import Shelf

NEAR = 100


def opened(*lengths: int) -> tuple[Shelf, list[Content]]:
    contents = [Content(number, 0, length) for number, length in enumerate(lengths)]
    return Shelf([bytes([number]) * length for number, length in enumerate(lengths)]), contents


def test_streams_come_in_turn() -> None:
    shelf, contents = opened(3, 200, 0, 5, 6, 7, 8, 9)
    with OpenedAhead(iter(contents), shelf.open, NEAR) as ahead:
        for content in contents:
            with ahead.next() as stream:
                ahead.approach(0)
                assert stream.read() == shelf.contents[content.member]
    assert shelf.all_closed


def test_small_ones_are_opened_together() -> None:
    barrier = Barrier(4)

    def open_member(_member: int, _start: int, _length: int) -> BinaryIO:
        barrier.wait(60)
        return io.BytesIO()

    contents = [Content(number, 0, 1) for number in range(8)]
    with OpenedAhead(iter(contents), open_member, NEAR) as ahead:
        for _ in contents:
            ahead.next().close()


def test_what_is_far_away_is_not_opened() -> None:
    contents = [Content(number, 0, length) for number, length in enumerate([500, NEAR + 1, 1])]
    asked = []
    second = Event()

    def open_member(member: int, _start: int, _length: int) -> BinaryIO:
        asked.append(member)
        if member == 1:
            second.set()
        return io.BytesIO()

    with OpenedAhead(iter(contents), open_member, NEAR) as ahead:
        ahead.next().close()
        ahead.approach(NEAR + 1)
        assert not second.wait(0.05)
        ahead.approach(0)
        assert second.wait(60)
    assert asked == [0, 1]


def test_an_error_waits_for_its_turn() -> None:
    shelf, contents = opened(1, 1, 1)
    shelf.faults[1] = FileNotFoundError()
    with OpenedAhead(iter(contents), shelf.open, NEAR) as ahead:
        ahead.next().close()
        with pytest.raises(FileNotFoundError):
            ahead.next()
        assert ahead.next().read() == b"\x02"
        shelf.streams[-1].close()


def test_what_nobody_asks_for_is_closed() -> None:
    shelf, contents = opened(*[1] * 20)
    shelf.faults[2] = FileNotFoundError()
    with OpenedAhead(iter(contents), shelf.open, NEAR) as ahead:
        ahead.next().close()
    assert shelf.streams
    assert shelf.all_closed
