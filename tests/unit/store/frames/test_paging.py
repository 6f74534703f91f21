"""Places in an order, written and read."""

from datetime import UTC, datetime

import pytest

from store.frames.paging import Key, complete, read_key, write_key
from store.frames.search import DEFAULT_ORDER, Order

MOMENT = datetime(2024, 3, 5, 4, 5, 6, 789, tzinfo=UTC)


@pytest.mark.parametrize(
    ("order", "wanted"),
    [
        ((), (("id", True),)),
        (DEFAULT_ORDER, (("observation_date", True), ("id", True))),
        ((("id", False), ("basename", True)), (("id", False),)),
        ((("basename", False), ("target_name", True)), (("basename", False),)),
        (
            (("target_name", False), ("target_name", True)),
            (("target_name", False), ("id", True)),
        ),
    ],
)
def test_every_order_ends_where_no_two_frames_are_equal(
    order: tuple[Order, ...], wanted: tuple[Order, ...]
) -> None:
    assert complete(order) == wanted


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("observation_date", MOMENT),
        ("exposure_time", None),
        ("exposure_time", 0.1),
        ("target_name", 'é "\\'),
        ("reduction_level", -1),
    ],
)
def test_a_place_is_read_as_it_was_written(name: str, value: object) -> None:
    key: Key = (value, 7)  # type: ignore[assignment]  # of any type that a key has
    assert read_key(write_key(key), ((name, False),)) == key


@pytest.mark.parametrize("name", ["observation_date", "reduction_level", "exposure_time"])
@pytest.mark.parametrize(
    "text",
    [
        *("", "7", "{}", "[]", "[7]", "[1,2,3]", "[[],7]", "[{},7]", "[true,7]", '["x",true]'),
        *(
            '["2024-03-05",7]',
            '["0001-01-01T00:00:00+09:00",7]',
            '["2024-03-05T04:05:06",7]',
            '["a\\u0000",7]',
            '["\\ud800",7]',
        ),
        *("[1e400,7]", f"[{10**30},7]", f'["x",{10**30}]', "[NaN,7]", '["x",NaN]', "[" * 100_000),
    ],
)
def test_what_was_not_written_for_this_order_is_no_place(name: str, text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
        read_key(text, ((name, True),))
