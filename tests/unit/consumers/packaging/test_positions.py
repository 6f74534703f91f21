"""Where a resource is asked to go on, for each kind of back end."""

from itertools import count, cycle, islice

import pytest
from pydantic import JsonValue

from consumers.packaging.positions import END, Course, first_position, next_position


@pytest.mark.parametrize(
    ("backend", "first"),
    [
        (None, {"offset": 0}),
        ("mysterious", {"offset": 0}),
        ("solr", {"cursor": "*"}),
        ("versioned-datastore", {}),
    ],
)
def test_the_first_page(backend: str | None, first: object) -> None:
    assert first_position(backend, 0) == first
    assert first_position(backend, 7) == {"offset": 7}


def test_an_offset_grows_by_what_came() -> None:
    assert next_position({"offset": 3}, {"next_cursor": "x", "after": 1}, 700) == {"offset": 703}


def test_a_cursor_is_that_of_the_page_before() -> None:
    assert next_position({"cursor": "*"}, {"next_cursor": "x", "after": 1}, 5) == {"cursor": "x"}
    assert next_position({"cursor": "x"}, {"next_cursor": None}, 5) == END
    assert next_position({"cursor": "x"}, {}, 5) == END


@pytest.mark.parametrize("after", ["x", 0, False, [1, None], {"a": [1.5]}])
def test_after_is_any_value_passed_back_as_it_is(after: JsonValue) -> None:
    result: dict[str, JsonValue] = {"next_cursor": "x", "after": after}
    assert next_position({}, result, 5) == {"after": after}
    assert next_position({"after": "before"}, result, 5) == {"after": after}


def test_no_after_is_the_end() -> None:
    assert next_position({}, {"after": None}, 5) == END
    assert next_position({"after": 1}, {}, 5) == END


@pytest.mark.parametrize(("lead", "length"), [(0, 1), (0, 3), (5, 1), (7, 4), (100, 30)])
def test_a_circle_is_noticed(lead: int, length: int) -> None:
    course = Course({"cursor": "*"})
    circle = cycle(range(lead, lead + length))
    walk = (*range(lead), *islice(circle, 10 * (lead + length)))
    assert any(course.circles({"cursor": str(each)}) for each in walk)


def test_a_straight_way_is_no_circle() -> None:
    course = Course({"offset": 0})
    assert not any(course.circles({"offset": each}) for each in islice(count(1), 10_000))
