"""Thumbnails: sent, found, changed, deleted, and seen by who may see their frame."""

from itertools import count
from typing import Any

import pytest

from tests.equipment.archive import Archive, frame_body, version

_numbers = count(1)


def thumbnail(frame: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    sent = {
        "basename": f"{frame}-{next(_numbers)}",
        "frame_basename": frame,
        "size": "small",
        "version_set": [version(extension=".jpg")],
        "headers": {"of": "the thumbnail"},
        "area": None,
    }
    return frame_body(**{**sent, **changes})


def post(archive: Archive, frame: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    answer = archive.send("POST", "/thumbnails/", thumbnail(frame, **changes))
    assert answer.status == 201, answer
    said = answer.json
    assert isinstance(said, dict)
    return said


def test_a_thumbnail_is_told_with_its_frame(archive: Archive) -> None:
    frame = archive.post()
    body = thumbnail(frame["basename"])
    said = archive.send("POST", "/thumbnails/", body).json
    assert tuple(said) == ("frame", "size", "basename", "url", "key", "extension")
    assert said == {
        "frame": frame,
        "size": "small",
        "basename": body["basename"],
        "url": "",
        "key": body["version_set"][0]["key"],
        "extension": ".jpg",
    }
    assert archive.get("/versions/", "root", md5=body["version_set"][0]["md5"]).json["count"] == 0
    [found] = archive.get("/thumbnails/", None, frame_basename=frame["basename"]).json["results"]
    assert found == {
        "id": found["id"],
        "frame": frame["id"],
        **{name: said[name] for name in ("size", "basename", "extension", "key", "url")},
    }
    assert tuple(found) == ("id", "frame", "size", "basename", "extension", "key", "url")
    assert archive.get(f"/thumbnails/{found['id']}/").json == found
    shown = archive.get(f"/frames/{frame['id']}/", None, include_thumbnails="true").json
    assert shown["thumbnails"] == [found]
    assert archive.get(f"/frames/{frame['id']}/headers/").json["data"] != {"of": "the thumbnail"}


def test_the_same_basename_takes_the_place_of_the_earlier(archive: Archive) -> None:
    frame = archive.post()["basename"]
    first = post(archive, frame)
    post(archive, frame, basename=first["basename"], size="large")
    [found] = archive.get("/thumbnails/", None, frame_basename=frame).json["results"]
    assert found["size"] == "large"


def test_an_unknown_frame_is_made_of_what_was_sent(archive: Archive) -> None:
    said = post(archive, "made-by-its-thumbnail")
    frame = said["frame"]
    assert (frame["basename"], frame["version_set"]) == ("made-by-its-thumbnail", [])
    assert archive.get(f"/frames/{frame['id']}/headers/").json == {"data": {"of": "the thumbnail"}}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"size": "huge"}, {"size": ['"huge" is not a valid choice.']}),
        ({"configuration_type": "ARC"}, {"configuration_type": ['"ARC" is not a valid choice.']}),
        ({"frame_basename": None}, {"frame_basename": ["This field may not be null."]}),
        (
            {"version_set": []},
            {"version_set": {"non_field_errors": ["This list may not be empty."]}},
        ),
    ],
)
def test_what_is_wrong_is_told(archive: Archive, changes: dict[str, Any], said: object) -> None:
    answer = archive.send("POST", "/thumbnails/", thumbnail("f", **changes))
    assert (answer.status, answer.json) == (400, said)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"proposal_id": "PROP-1"}, True),
        ({"proposal_id": "PROP-9"}, False),
        ({"observation_id": "4712", "request_id": "992"}, True),
        ({"observation_id": "1"}, False),
        ({"request_id": "1.5"}, False),
        ({"size": "small"}, True),
        ({"size": "large"}, False),
    ],
)
def test_what_a_filter_finds(
    archive: Archive,
    query: dict[str, object],
    found: bool,  # noqa: FBT001 - a case
) -> None:
    frame = archive.post(observation_id=4712, request_id=992)["basename"]
    post(archive, frame)
    said = archive.get("/thumbnails/", None, frame_basename=frame, **query).json
    assert (said["count"], len(said["results"])) == (int(found), int(found))
    assert said["count_estimated"] is False


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (
            {"size": "huge"},
            {"size": ["Select a valid choice. huge is not one of the available choices."]},
        ),
        ({"observation_id": "x"}, {"observation_id": ["Enter a number."]}),
    ],
)
def test_a_filter_that_is_wrong(archive: Archive, query: dict[str, object], said: object) -> None:
    answer = archive.get("/thumbnails/", None, **query)
    assert (answer.status, answer.json) == (400, said)


def test_who_may_not_see_the_frame_sees_no_thumbnail(archive: Archive) -> None:
    frame = archive.post(public_date=None)["basename"]
    post(archive, frame)
    listed = archive.get("/thumbnails/", "ada", frame_basename=frame).json["results"]
    path = f"/thumbnails/{listed[0]['id']}/"
    for user, status in ((None, 404), ("bob", 404), ("ada", 200), ("root", 200)):
        assert archive.get(path, user).status == status
        said = archive.get("/thumbnails/", user, frame_basename=frame).json
        assert said["count"] == (1 if status == 200 else 0)
    assert archive.get(path).json == {"detail": "No Thumbnail matches the given query."}


def test_a_thumbnail_of_a_frame_that_nobody_is_shown_is_left_alone(archive: Archive) -> None:
    frame = archive.post()
    post(archive, frame["basename"])
    asked = {"frame_basename": frame["basename"]}
    listed = archive.get("/thumbnails/", None, **asked).json["results"]
    path = f"/thumbnails/{listed[0]['id']}/"
    archive.send("PATCH", f"/frames/{frame['id']}/", {"observation_date": None})
    assert archive.send("PATCH", path, {"size": "large"}).status == 404
    assert archive.send("DELETE", path, {}).status == 404
    archive.post(basename=frame["basename"])
    assert archive.get("/thumbnails/", None, **asked).json["results"] == listed


def test_a_thumbnail_changes_its_size_and_goes(archive: Archive) -> None:
    frame = archive.post()["basename"]
    post(archive, frame)
    [found] = archive.get("/thumbnails/", None, frame_basename=frame).json["results"]
    path = f"/thumbnails/{found['id']}/"
    patched = archive.send("PATCH", path, {"size": "medium"})
    assert (patched.status, patched.json["size"]) == (200, "medium")
    assert archive.get(path).json == {**found, "size": "medium"}
    assert archive.send("PATCH", path, {}).json["size"] == "medium"
    wrong = archive.send("PATCH", path, {"size": "huge"})
    assert (wrong.status, wrong.json) == (400, {"size": ['"huge" is not a valid choice.']})
    assert archive.call("DELETE", path, user="root").status == 204
    for method in ("DELETE", "PATCH"):
        answer = archive.send(method, path, {"size": "small"})
        assert (answer.status, answer.json) == (
            404,
            {"detail": "No Thumbnail matches the given query."},
        )
