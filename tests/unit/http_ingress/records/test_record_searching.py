"""Which records of a project are asked for."""

from datetime import UTC, datetime, time
from typing import Any
from urllib.parse import parse_qsl

import pytest
from multidict import MultiDict

from http_ingress.problems import Problem
from http_ingress.records.searching import Search, query_of, read_search, tags_value, written

TEN = datetime(2024, 5, 1, 10, tzinfo=UTC)
LAST = datetime(2024, 5, 1, 23, 59, 59, 999_999, tzinfo=UTC)


def query(text: str) -> MultiDict[str]:
    return MultiDict(parse_qsl(text, keep_blank_values=True))


def search(text: str) -> Search:
    return read_search(query(text))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", Search()),
        ("tags=red", Search(tags=("red",))),
        ("tags=red,blue", Search(tags=("blue", "red"))),
        ("tags=red,,red,", Search(tags=("red",))),
        ("tags=two+words,Caf%C3%A9", Search(tags=("Café", "two words"))),
        ("tags=Red,red", Search(tags=("Red", "red"))),
        ("tags=a&tags=b", Search(tags=("a", "b"))),
        ("tags=,", Search()),
        ("tag=a,b", Search(tags=("a,b",))),
        ("tag=a,b&tag=c&tags=d,c", Search(tags=("a,b", "c", "d"))),
        ("tags=a,b&match=all", Search(tags=("a", "b"), match_all=True)),
        ("tags=a,b&match=any", Search(tags=("a", "b"))),
        ("main_file=src/grow.py", Search(main_file="src/grow.py")),
        ("parameter=n+%3D+3", Search(parameter="n = 3")),
        ("q=%25base_line", Search(text="%base_line")),
        ("limit=1", Search(limit=1)),
        ("limit=10000&offset=0", Search(limit=10_000)),
        ("offset=2147483647", Search(offset=2_147_483_647)),
        ("expand=records", Search(expand=True)),
        ("format=json&page=2&a%00=%00", Search()),
        ("Limit=0", Search()),
    ],
)
def test_what_is_asked_for_is_read(text: str, found: Search) -> None:
    assert search(text) == found


NAMES = ["tags", "tag", "match", "since", "until", "main_file", "parameter", "q", "limit",
         "offset", "expand"]  # fmt: skip


def test_empty_fields_of_a_form_say_nothing() -> None:
    assert search("&".join(f"{name}=" for name in NAMES)) == Search()
    assert search("limit=&limit=5&since=&since=") == Search(limit=5)


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-01 10:00:00%2B0000",
        "2024-05-01T10:00:00%2B00:00",
        "2024-05-01T10:00:00Z",
        "2024-05-01 10:00:00",
        "2024-05-01T10:00:00",
        "2024-05-01T10:00:00.999999999Z",
        "2024-05-01T10:00",
        "2024-05-01T12:30:00%2B02:30",
        "2024-05-01T12:30:00%2B0230",
        "2024-05-01 05:00:00-0500",
        # A + that nobody encoded.
        "2024-05-01T10:00:00+00:00",
        "2024-05-01 10:00:00+0000",
        "2024-05-01T12:00+0200",
    ],
)
def test_a_moment_is_read_as_people_and_clients_write_it(text: str) -> None:
    assert search(f"since={text}&until={text}") == Search(since=TEN, until=TEN)


def test_a_day_is_meant_as_a_whole() -> None:
    found = search("since=2024-05-01&until=2024-05-01")
    assert found == Search(since=datetime(2024, 5, 1, tzinfo=UTC), until=LAST)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, f"a{bad}") for name in NAMES for bad in ("\0", "\n", "\x7f", "\x9b", "\ud800")),
        *(("limit", value) for value in ("0", "10001", "-1", "1.5", "many", "\u0661", "9" * 5000)),
        *(("offset", value) for value in ("-1", "2147483648", "x", " 1")),
        *(("match", value) for value in ("some", "ALL", "any,all")),
        *(("expand", value) for value in ("1", "record")),
        *(
            (name, value)
            for name in ("since", "until")
            for value in (
                "yesterday",
                "2024",
                "2024-05",
                "20240501",
                "2024-W18-3",
                "2024-13-01",
                "2024-02-30",
                "2024-05-01T25:00:00",
                "2024-05-01T10",
                "2024-05-01x10:00:00",
                "2024-05-01T10:00:00+99:00",
                "0001-01-01T00:00:00+10:00",
                "9999-12-31T23:00:00-10:00",
                "2024-05-01\u00a010:00:00",
                "\u0662024-05-01",
            )
        ),
        ("since", "1714557600"),
    ],
)
def test_a_bad_value_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(Problem) as caught:
        read_search(MultiDict({name: value}))
    assert caught.value.kind.status == 400
    assert caught.value.members["field"] == name
    assert caught.value.detail.startswith(f"{name} must ")


@pytest.mark.parametrize("name", [name for name in NAMES if name not in {"tag", "tags"}])
def test_a_parameter_that_is_given_twice_is_refused(name: str) -> None:
    with pytest.raises(Problem) as caught:
        read_search(MultiDict([(name, "1"), (name, "1")]))
    assert caught.value.members["field"] == name
    assert "twice" in caught.value.detail


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("tags=", None),
        ("tag=a", None),
        ("tags=red", "red"),
        ("tags=red,+blue,,", "red, blue,,"),
        ("tags=&tags=a&tags=b", "a,b"),
    ],
)
def test_the_tags_of_a_project_are_given_back_as_they_were_sent(
    text: str, value: str | None
) -> None:
    assert tags_value(query(text)) == value


def test_tags_that_are_no_text_are_not_given_back() -> None:
    with pytest.raises(Problem, match="tags"):
        tags_value(query("tags=%00"))


# --- and back -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (Search(), ""),
        (Search(tags=("red", "two words")), "tags=red,two+words"),
        (Search(tags=("a,b", "c", "d,e")), "tag=a,b&tag=d,e&tags=c"),
        (Search(since=TEN, until=TEN), "since=2024-05-01T10%3A00%3A00Z&until=2024-05-01T10%3A00%3A00Z"),  # noqa: E501 - one query
        (Search(since=datetime(2024, 5, 1, tzinfo=UTC), until=LAST), "since=2024-05-01&until=2024-05-01"),  # noqa: E501 - as above
        (Search(since=LAST.replace(microsecond=0)), "since=2024-05-01T23%3A59%3A59Z"),
        (Search(until=datetime(2024, 5, 1, tzinfo=UTC)), "until=2024-05-01T00%3A00%3A00Z"),
        (Search(text="a&b=c#d", main_file="ö.py"), "main_file=%C3%B6.py&q=a%26b%3Dc%23d"),
        (
            Search(("a",), match_all=True, parameter="n", limit=50, offset=100, expand=True),
            "expand=records&limit=50&match=all&offset=100&parameter=n&tags=a",
        ),
    ],
)  # fmt: skip
def test_a_search_has_one_query_that_is_read_back(found: Search, text: str) -> None:
    assert query_of(found) == text
    assert search(text) == found


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"offset": 100}, "limit=50&offset=100&tags=a"),
        ({"offset": 0, "limit": None}, "tags=a"),
        ({"tags": ("b",)}, "limit=50&offset=50&tags=b"),
        ({"tags": ()}, "limit=50&offset=50"),
    ],
)
def test_a_link_asks_for_the_same_with_changes(changes: dict[str, Any], text: str) -> None:
    assert query_of(Search(tags=("a",), limit=50, offset=50), **changes) == text


def test_a_moment_is_written_for_a_form() -> None:
    assert written(None, time.min) is None
    assert written(LAST, time.max) == "2024-05-01"
    assert written(TEN, time.min) == "2024-05-01T10:00:00Z"
