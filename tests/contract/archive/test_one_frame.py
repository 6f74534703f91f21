"""One frame: what is shown of it, to whom, how it is changed, and how it goes."""

from typing import Any

import pytest

from tests.equipment.archive import POLYGON, Archive, in_days, version

SHOWN = (
    *("id", "basename", "observation_date", "observation_day", "proposal_id", "instrument_id"),
    *("target_name", "reduction_level", "site_id", "telescope_id", "exposure_time"),
    *("primary_optical_element", "public_date", "configuration_type", "observation_id"),
    *("request_id", "version_set", "url", "filename", "DATE_OBS", "DAY_OBS", "PROPID"),
    *("INSTRUME", "OBJECT", "RLEVEL", "SITEID", "TELID", "EXPTIME", "FILTER", "L1PUBDAT"),
    *("OBSTYPE", "BLKUID", "REQNUM", "area", "related_frames"),
)
COPIES = {
    "DATE_OBS": "observation_date",
    "DAY_OBS": "observation_day",
    "PROPID": "proposal_id",
    "INSTRUME": "instrument_id",
    "OBJECT": "target_name",
    "RLEVEL": "reduction_level",
    "SITEID": "site_id",
    "TELID": "telescope_id",
    "EXPTIME": "exposure_time",
    "FILTER": "primary_optical_element",
    "L1PUBDAT": "public_date",
    "OBSTYPE": "configuration_type",
    "BLKUID": "observation_id",
    "REQNUM": "request_id",
}


def shown(archive: Archive, number: int, **query: object) -> dict[str, Any]:
    answer = archive.get(f"/frames/{number}/", None, **query)
    assert answer.status == 200
    said = answer.json
    assert isinstance(said, dict)
    return said


def test_what_is_shown(archive: Archive) -> None:
    frame = archive.post(observation_date="2024-03-05T04:05:06")
    said = shown(archive, frame["id"])
    assert tuple(said) == SHOWN
    assert {new: said[new] for new in COPIES} == {new: said[old] for new, old in COPIES.items()}
    assert tuple(said["version_set"][0]) == ("id", "key", "md5", "extension", "url", "created")
    assert said["observation_date"] == "2024-03-05T04:05:06Z"
    assert said["public_date"] == "2025-03-05T04:05:06.789000Z"
    assert said["area"] == POLYGON
    assert {name: said[name] for name in frame if name != "version_set"} == {
        name: value for name, value in frame.items() if name != "version_set"
    }
    [listed] = archive.get("/frames/", None, basename_exact=frame["basename"]).json["results"]
    assert listed == said


@pytest.mark.parametrize(
    ("query", "related", "thumbnails"),
    [
        ({"include_related_frames": "false"}, False, False),
        ({"include_related_frames": "False"}, False, False),
        ({"include_related_frames": "0"}, True, False),
        ({"include_thumbnails": "true"}, True, True),
        ({"include_thumbnails": "false"}, True, False),
        ({"include_thumbnails": ["false", "true"]}, True, True),
    ],
)
def test_what_is_shown_when_asked(
    archive: Archive,
    query: dict[str, object],
    related: bool,  # noqa: FBT001 - a case
    thumbnails: bool,  # noqa: FBT001 - a case
) -> None:
    frame = archive.post()
    listed = archive.get("/frames/", None, basename_exact=frame["basename"], **query).json
    for said in (shown(archive, frame["id"], **query), listed["results"][0]):
        assert ("related_frames" in said, "thumbnails" in said) == (related, thumbnails)


def test_the_newest_version_comes_first(archive: Archive) -> None:
    name = archive.post()["basename"]
    frame = archive.post(basename=name, version_set=[version(extension=".fits")])
    said = shown(archive, frame["id"])
    assert [one["extension"] for one in said["version_set"]] == [".fits", ".fits.fz"]
    assert said["filename"] == f"{name}.fits"


@pytest.mark.parametrize("below", ["", "headers/", "related/"])
@pytest.mark.parametrize(
    ("proposal", "days", "seen"),
    [
        ("PROP-1", -1, {None, "bob", "ada", "root"}),
        ("PROP-1", 1, {"ada", "root"}),
        ("PROP-1", None, {"ada", "root"}),
        ("PROP-2", 1, {"root"}),
    ],
)
def test_who_is_shown_it(
    archive: Archive, below: str, proposal: str, days: int | None, seen: set[str | None]
) -> None:
    public = None if days is None else in_days(days)
    frame = archive.post(proposal_id=proposal, public_date=public)
    for user in (None, "bob", "ada", "root"):
        answer = archive.get(f"/frames/{frame['id']}/{below}", user)
        assert answer.status == (200 if user in seen else 404)
        if user not in seen:
            assert answer.json == {"detail": "No Frame matches the given query."}


def test_related_frames_that_may_not_be_seen_are_left_out(archive: Archive) -> None:
    private = archive.post(public_date=None)
    frame = archive.post(related_frame_filenames=[private["basename"]])
    path = f"/frames/{frame['id']}/related/"
    assert archive.get(path).json == []
    assert [one["id"] for one in archive.get(path, "ada").json] == [private["id"]]


def test_a_frame_without_version_is_shown_and_not_listed(archive: Archive) -> None:
    frame = archive.post(version_set=[])
    assert shown(archive, frame["id"])["version_set"] == []
    assert archive.found(None, basename_exact=frame["basename"]) == []


# --- changes --------------------------------------------------------------------------------------


def test_plain_fields_are_changed(archive: Archive) -> None:
    frame = archive.post()
    changes = {"target_name": "M 33", "public_date": None, "observation_day": "20240101"}
    answer = archive.send("PATCH", f"/frames/{frame['id']}/", changes)
    wanted = {**frame, **changes, "observation_day": "2024-01-01"}
    assert (answer.status, answer.json) == (200, wanted)
    assert list(answer.json) == list(frame)
    assert archive.get(f"/frames/{frame['id']}/").status == 404
    assert archive.get(f"/frames/{frame['id']}/", "ada").json["OBJECT"] == "M 33"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"site_id": "toolong"}, ["Ensure this field has no more than 3 characters."]),
        ({"observation_day": None}, ["This field may not be null."]),
        ({"basename": "other"}, ["This field cannot be changed; POST the frame again."]),
    ],
)
def test_what_cannot_be_changed(
    archive: Archive, changes: dict[str, object], said: list[str]
) -> None:
    frame = archive.post()
    answer = archive.send("PATCH", f"/frames/{frame['id']}/", changes)
    assert (answer.status, answer.json) == (400, dict.fromkeys(changes, said))


def test_a_fresh_frame_is_deleted_and_its_content_may_come_again(archive: Archive) -> None:
    frame = archive.post()
    [stored] = frame["version_set"]
    answer = archive.call("DELETE", f"/frames/{frame['id']}/", user="root")
    assert (answer.status, answer.body) == (204, b"")
    assert archive.get(f"/frames/{frame['id']}/", "root").status == 404
    assert archive.get("/versions/", "root", md5=stored["md5"]).json["count"] == 0
    assert archive.call("DELETE", f"/frames/{frame['id']}/", user="root").status == 404
    again = archive.post(
        basename=frame["basename"], version_set=[version(key=stored["key"], md5=stored["md5"])]
    )
    assert again["id"] != frame["id"]


def test_there_is_nothing_to_change_of_what_is_not_there(archive: Archive) -> None:
    answer = archive.send("PATCH", "/frames/99999/", {"target_name": "x"})
    assert (answer.status, answer.json) == (404, {"detail": "No Frame matches the given query."})


def test_nobody_changes_or_deletes_a_placeholder(archive: Archive) -> None:
    [placeholder] = archive.post(related_frame_filenames=["never-seen"])["related_frames"]
    for method in ("GET", "PATCH", "DELETE"):
        answer = archive.send(method, f"/frames/{placeholder}/", {"target_name": "x"})
        assert (answer.status, answer.json["detail"]) == (
            404,
            "No Frame matches the given query.",
        )
    filled = archive.post(basename="never-seen", target_name="")
    assert (filled["id"], filled["target_name"]) == (placeholder, "")


# --- caching --------------------------------------------------------------------------------------


def test_who_has_it_already_is_told_so(archive: Archive) -> None:
    frame = archive.post()
    for path in (f"/frames/{frame['id']}/", f"/frames/{frame['id']}/headers/", "/frames/?limit=1"):
        first = archive.call("GET", path)
        tag = first.headers["etag"]
        assert tag.startswith('W/"')
        assert first.headers["cache-control"] == "private, no-cache"
        for known in (tag, f'"other", {tag}', "*", tag.removeprefix("W/")):
            again = archive.call("GET", path, if_none_match=known)
            assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
        assert archive.call("GET", path, if_none_match='"other"').status == 200
    before = archive.get(f"/frames/{frame['id']}/").headers["etag"]
    archive.send("PATCH", f"/frames/{frame['id']}/", {"target_name": "new"})
    path = f"/frames/{frame['id']}/"
    assert archive.call("GET", path, if_none_match=before).status == 200


def test_head_is_get_without_its_body(archive: Archive) -> None:
    frame = archive.post()
    path = f"/frames/{frame['id']}/"
    head, get = archive.call("HEAD", path), archive.call("GET", path)
    assert (head.status, head.body) == (200, b"")
    for name in ("content-length", "content-type", "etag", "allow"):
        assert head.headers[name] == get.headers[name]
