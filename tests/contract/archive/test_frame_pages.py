"""Pages of frames: by offset with a true count, and by cursor."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.equipment.archive import Archive, archiving

COUNT = 7


@pytest.fixture(scope="module")
def roll(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Archive]:
    """An archive with seven frames, all of one instant."""
    with archiving(
        request,
        tmp_path_factory.mktemp("roll"),
        archive_default_limit=3,
        archive_max_limit=5,
    ) as running:
        for number in range(COUNT):
            running.post(basename=f"f{number}", site_id="abc"[number % 2])
        yield running


def page(roll: Archive, **query: object) -> dict[str, Any]:
    answer = roll.get("/frames/", None, **query)
    assert answer.status == 200, answer
    said = answer.json
    assert isinstance(said, dict)
    return said


def names(said: dict[str, Any]) -> list[str]:
    return [one["basename"] for one in said["results"]]


def asked(link: str | None) -> dict[str, list[str]] | None:
    return None if link is None else parse_qs(urlsplit(link).query)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({}, ["f6", "f5", "f4"]),
        ({"limit": 2}, ["f6", "f5"]),
        ({"limit": 10_000}, ["f6", "f5", "f4", "f3", "f2"]),
        ({"limit": "9" * 5000}, ["f6", "f5", "f4", "f3", "f2"]),
        ({"limit": 0}, ["f6", "f5", "f4"]),
        ({"limit": -1}, ["f6", "f5", "f4"]),
        ({"limit": "x"}, ["f6", "f5", "f4"]),
        ({"limit": "1.5"}, ["f6", "f5", "f4"]),
        ({"offset": -5, "limit": 1}, ["f6"]),
        ({"offset": "x", "limit": 1}, ["f6"]),
        ({"offset": 6}, ["f0"]),
        ({"offset": 7}, []),
        ({"offset": "9" * 30}, []),
        ({"offset": 1, "limit": 2, "site_id": "a"}, ["f4", "f2"]),
        ({"limit": [1, 2], "offset": [6, 1]}, ["f5", "f4"]),
        ({"pagination_style": ["cursor", ""], "limit": 1}, ["f6"]),
    ],
)
def test_a_page_by_offset(roll: Archive, query: dict[str, object], wanted: list[str]) -> None:
    said = page(roll, **query)
    assert names(said) == wanted
    assert tuple(said) == ("count", "next", "previous", "results", "count_estimated")
    assert said["count_estimated"] is False
    assert said["count"] == (4 if "site_id" in query else COUNT)


def test_links_keep_what_was_asked(roll: Archive) -> None:
    said = page(
        roll, limit=2, offset=2, ordering="id", include_configuration_type=["EXPOSE", "BIAS"]
    )
    kept = {
        "limit": ["2"],
        "ordering": ["id"],
        "include_configuration_type": ["EXPOSE", "BIAS"],
    }
    assert said["next"].startswith(f"{roll.running.url}/archive/frames/?")
    assert asked(said["next"]) == {**kept, "offset": ["4"]}
    assert asked(said["previous"]) == kept


@pytest.mark.parametrize(
    ("offset", "following", "preceding"),
    [(0, "3", None), (1, "4", ""), (3, "6", ""), (4, None, "1"), (5, None, "2"), (50, None, "47")],
)
def test_where_links_lead(
    roll: Archive, offset: int, following: str | None, preceding: str | None
) -> None:
    said = page(roll, offset=offset)
    after, before = asked(said["next"]), asked(said["previous"])
    assert (after and after["offset"][0]) == following
    assert (before and before.get("offset", [""])[0]) == preceding


def test_turning_by_offset_meets_every_frame_once(roll: Archive) -> None:
    met, offset = [], 0
    while found := names(page(roll, limit=2, offset=offset)):
        met += found
        offset += 2
    assert met == [f"f{number}" for number in reversed(range(COUNT))]


@pytest.mark.parametrize("ordering", ["", "id", "-site_id", "exposure_time", "site_id,-basename"])
def test_turning_by_cursor_meets_every_frame_once_there_and_back(
    roll: Archive, ordering: str
) -> None:
    said = page(roll, pagination_style="cursor", limit=2, ordering=ordering)
    assert tuple(said) == ("next", "previous", "results")
    assert said["previous"] is None
    pages = [names(said)]
    while said["next"]:
        said = follow(roll, said["next"])
        pages.append(names(said))
    assert sorted(name for one in pages for name in one) == [f"f{n}" for n in range(COUNT)]
    back = [names(said)]
    while said["previous"]:
        said = follow(roll, said["previous"])
        back.append(names(said))
    assert back == pages[::-1]


def follow(roll: Archive, link: str) -> dict[str, Any]:
    base = f"{roll.running.url}/archive"
    assert link.startswith(base)
    answer = roll.call("GET", link.removeprefix(base))
    assert answer.status == 200
    said = answer.json
    assert isinstance(said, dict)
    return said


@pytest.mark.parametrize(
    "cursor",
    ["x", "é", "bnVsbA==", "bltd", "blsxXQ==", "x" * 5000, "bls=", "cFtudWxsLG51bGxd", "%00"],
)
def test_a_cursor_that_is_none(roll: Archive, cursor: str) -> None:
    answer = roll.get("/frames/", None, pagination_style="cursor", cursor=cursor)
    assert (answer.status, answer.json) == (404, {"detail": "Invalid cursor"})


def test_an_empty_cursor_is_the_beginning(roll: Archive) -> None:
    said = page(roll, pagination_style="cursor", cursor="", limit=1)
    assert names(said) == ["f6"]


def test_an_empty_list_has_one_page(roll: Archive) -> None:
    said = page(roll, site_id="nil")
    assert said == {
        "count": 0,
        "next": None,
        "previous": None,
        "results": [],
        "count_estimated": False,
    }
    said = page(roll, site_id="nil", pagination_style="cursor")
    assert said == {"next": None, "previous": None, "results": []}
