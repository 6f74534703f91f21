"""Versions and thumbnails by cursor: no count, each met once, there and back, whoever comes."""

from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.equipment.archive import Archive, frame_body, version

STYLE = {"pagination_style": "cursor", "limit": 2}


def post_thumbnails(archive: Archive, count: int) -> str:
    """Post a frame with so many pictures; return its basename."""
    frame = str(archive.post()["basename"])
    for number in range(count):
        body = frame_body(
            basename=f"{frame}-{number}",
            frame_basename=frame,
            size="small",
            version_set=[version(extension=".jpg")],
            area=None,
        )
        assert archive.send("POST", "/thumbnails/", body).status == 201
    return frame


def follow(archive: Archive, link: str) -> dict[str, Any]:
    path, _, query = link.partition("?")
    base = f"{archive.running.url}/archive"
    assert path.startswith(base)
    answer = archive.get(path.removeprefix(base), "root", **dict(parse_qsl(query)))
    assert answer.status == 200
    said = answer.json
    assert isinstance(said, dict)
    return said


def ids(said: dict[str, Any]) -> list[int]:
    return [one["id"] for one in said["results"]]


def check_there_and_back(archive: Archive, said: dict[str, Any], wanted: list[int]) -> None:
    assert tuple(said) == ("next", "previous", "results")
    assert said["previous"] is None
    pages = [ids(said)]
    while said["next"]:
        said = follow(archive, said["next"])
        pages.append(ids(said))
    assert [number for one in pages for number in one] == wanted
    assert {len(one) for one in pages[:-1]} == {2}
    back = [ids(said)]
    while said["previous"]:
        said = follow(archive, said["previous"])
        back.append(ids(said))
    assert back == pages[::-1]


def test_versions(archive: Archive) -> None:
    for _ in range(5):
        archive.post()
    wanted = ids(archive.get("/versions/", "root", limit=1000).json)
    check_there_and_back(archive, archive.get("/versions/", "root", **STYLE).json, wanted)


def test_what_comes_meanwhile_moves_no_page(archive: Archive) -> None:
    one, other = (archive.post()["version_set"][0]["id"] for _ in range(2))
    said = archive.get("/versions/", "root", **{**STYLE, "limit": 1}).json
    newest = archive.post()["version_set"][0]["id"]
    assert ids(said) == [other]
    following = follow(archive, said["next"])
    assert ids(following) == [one]
    first = follow(archive, following["previous"])
    assert ids(first) == [other]
    assert ids(follow(archive, first["previous"])) == [newest]


@pytest.mark.parametrize("md5", ["0" * 31 + "e", "a\0b"])
def test_a_version_that_nobody_has(archive: Archive, md5: str) -> None:
    answer = archive.get("/versions/", "root", md5=md5, **STYLE)
    assert (answer.status, answer.json) == (200, {"next": None, "previous": None, "results": []})


def test_the_version_of_a_digest(archive: Archive) -> None:
    one = archive.post()["version_set"][0]
    archive.post()
    answer = archive.get("/versions/", "root", md5=one["md5"], **STYLE)
    assert answer.json == {"next": None, "previous": None, "results": [one]}
    assert answer.headers["cache-control"] == "no-store"


def test_thumbnails(archive: Archive) -> None:
    frame = post_thumbnails(archive, 5)
    post_thumbnails(archive, 1)
    asked = {"frame_basename": frame, "size": "small"}
    wanted = ids(archive.get("/thumbnails/", "root", **asked).json)
    assert wanted == sorted(wanted, reverse=True)
    assert len(wanted) == 5
    said = archive.get("/thumbnails/", "root", **asked, **STYLE).json
    check_there_and_back(archive, said, wanted)


def test_thumbnails_of_a_private_frame_are_on_nobodys_page(archive: Archive) -> None:
    frame = post_thumbnails(archive, 2)
    public_later = "2099-01-01T00:00:00"
    number = archive.get("/frames/", None, basename_exact=frame).json["results"][0]["id"]
    changed = archive.send("PATCH", f"/frames/{number}/", {"public_date": public_later})
    assert changed.status == 200
    said = archive.get("/thumbnails/", None, frame_basename=frame, **STYLE).json
    assert said == {"next": None, "previous": None, "results": []}


@pytest.mark.parametrize("path", ["/versions/", "/thumbnails/"])
@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "bnVsbA==",  # null
        "bltd",  # n[]
        "bls5MjIzMzcyMDM2ODU0Nzc1ODA4XQ==",  # n[2**63]
        "blsxLDJd",  # n[1,2]
        "blsiMSJd",  # n["1"]
        "blt0cnVlXQ==",  # n[true]
    ],
)
def test_a_cursor_that_is_none(archive: Archive, path: str, cursor: str) -> None:
    answer = archive.get(path, "root", cursor=cursor, **STYLE)
    assert (answer.status, answer.json) == (404, {"detail": "Invalid cursor"})


@pytest.mark.parametrize("path", ["/versions/", "/thumbnails/"])
def test_a_place_where_nothing_is(archive: Archive, path: str) -> None:
    before_all = "blswXQ=="  # n[0]
    answer = archive.get(path, "root", cursor=before_all, **STYLE)
    assert answer.json == {"next": None, "previous": None, "results": []}
