"""Frames that are sent: what is answered when they are stored, and when they are not."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.equipment.archive import FORM, JSON, POLYGON, Archive, frame_body, version

POSTED = (
    *("id", "basename", "area", "related_frames", "version_set", "filename", "url"),
    *("reduction_level", "observation_day", "observation_date", "proposal_id", "instrument_id"),
    *("target_name", "site_id", "telescope_id", "exposure_time", "primary_optical_element"),
    *("public_date", "configuration_type", "observation_id", "request_id"),
)


def test_a_frame_is_answered_when_it_is_stored(archive: Archive) -> None:
    body = frame_body()
    answer = archive.send("POST", "/frames/", body)
    said = answer.json
    assert (answer.status, answer.headers["content-type"]) == (201, JSON)
    assert tuple(said) == POSTED
    [sent], [stored] = body["version_set"], said["version_set"]
    assert tuple(stored) == ("id", "created", "key", "md5", "extension", "url")
    assert sent.items() <= stored.items()
    assert (said["url"], stored["url"]) == ("", "")
    assert said["filename"] == f"{body['basename']}.fits.fz"
    assert said["area"] == POLYGON
    assert said["observation_day"] == "2024-03-04"
    assert said["observation_date"] == "2024-03-05T04:05:06.789000Z"
    same = ("basename", "proposal_id", "exposure_time", "observation_id", "reduction_level")
    assert {name: said[name] for name in same} == {name: body[name] for name in same}
    found = archive.get("/versions/", "root", md5=sent["md5"]).json
    assert (found["count"], found["results"]) == (1, [stored])
    assert archive.get(f"/frames/{said['id']}/").json["id"] == said["id"]
    assert archive.get(f"/frames/{said['id']}/headers/").json == {"data": body["headers"]}


def test_a_second_version_is_the_newer_one(archive: Archive) -> None:
    body = frame_body()
    first = archive.post(**body)
    again = archive.post(**{**body, "version_set": [version()], "headers": {"NEW": 1}})
    assert again["id"] == first["id"]
    assert [one["id"] for one in again["version_set"]][1:] == [first["version_set"][0]["id"]]
    assert archive.get(f"/frames/{first['id']}/headers/").json == {"data": {"NEW": 1}}


def test_what_is_absent_stays_and_what_is_null_goes(archive: Archive) -> None:
    body = frame_body()
    archive.post(**body)
    least = {
        name: body[name]
        for name in ("basename", "area", "headers", "observation_day", "configuration_type")
    }
    sent = {**least, "version_set": [], "related_frame_filenames": [], "exposure_time": None}
    said = archive.send("POST", "/frames/", sent).json
    assert (said["target_name"], said["exposure_time"]) == ("M 31", None)
    assert len(said["version_set"]) == 1


def test_a_frame_without_version_or_area(archive: Archive) -> None:
    said = archive.post(version_set=[], area=None)
    assert (said["url"], said["filename"], said["area"]) == (None, None, None)
    assert "area" not in archive.get(f"/frames/{said['id']}/").json


def test_a_frame_that_nobody_is_shown_is_answered_all_the_same(archive: Archive) -> None:
    said = archive.post(observation_date=None)
    assert said["observation_date"] is None
    assert archive.get(f"/frames/{said['id']}/", "root").status == 404


def test_related_frames_are_linked_both_ways(archive: Archive) -> None:
    first = archive.post()
    second = archive.post(related_frame_filenames=[first["basename"], "not-there-yet"])
    assert first["id"] in second["related_frames"]
    assert len(second["related_frames"]) == 2
    assert archive.get(f"/frames/{first['id']}/").json["related_frames"] == [second["id"]]
    [placeholder] = {*second["related_frames"]} - {first["id"]}
    assert archive.get(f"/frames/{placeholder}/", "root").status == 404
    filled = archive.post(basename="not-there-yet")
    assert filled["id"] == placeholder
    [one] = [
        one
        for one in archive.get(f"/frames/{second['id']}/related/").json
        if one["id"] == first["id"]
    ]
    assert tuple(one) == POSTED


def test_what_is_there_already_is_refused(archive: Archive) -> None:
    body = frame_body()
    archive.post(**body)
    taken = {
        "key": ["version with this key already exists."],
        "md5": ["version with this md5 already exists."],
    }
    answer = archive.send("POST", "/frames/", body)
    assert (answer.status, answer.json) == (400, {"version_set": [taken]})
    mixed = [version(), {**body["version_set"][0], "key": "another key"}]
    answer = archive.send("POST", "/frames/", frame_body(version_set=mixed))
    assert (answer.status, answer.json) == (400, {"version_set": [{}, {"md5": taken["md5"]}]})


REQUIRED = ["This field is required."]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[]", {"non_field_errors": ["Invalid data. Expected a dictionary, but got list."]}),
        (b"null", {"non_field_errors": ["No data provided"]}),
        (b'"text"', {"non_field_errors": ["Invalid data. Expected a dictionary, but got str."]}),
    ],
)
def test_a_body_that_is_no_object(archive: Archive, content: bytes, said: object) -> None:
    answer = archive.call("POST", "/frames/", content, "root", content_type=JSON)
    assert (answer.status, answer.json) == (400, said)


@pytest.mark.parametrize("headers", [{"content_type": JSON}, {"content_type": FORM}, {}])
@pytest.mark.parametrize("content", [b"", None])
def test_an_empty_body_lacks_what_is_required(
    archive: Archive, headers: dict[str, str], content: bytes | None
) -> None:
    answer = archive.call("POST", "/frames/", content, "root", **headers)
    assert answer.status == 400
    assert answer.json["basename"] == REQUIRED


@pytest.mark.parametrize(
    "content",
    [
        *(b"{", b'{"a":1,}', b"{'a':1}", b'{"a":NaN}', b'{"a":-Infinity}', b'"\xff"', b'"\\ud800"'),
        *(b"[" * 100_000, b"9" * 10_000, b'{"a":1}x', b"\xef\xbb\xbf{}", b'{"a":"\x01"}'),
    ],
)
def test_broken_json(archive: Archive, content: bytes) -> None:
    answer = archive.call("POST", "/frames/", content, "root", content_type=JSON)
    assert answer.status == 400
    assert answer.json.keys() == {"detail"}
    assert answer.json["detail"].startswith("JSON parse error - ")


def test_infinity_in_disguise_is_refused(archive: Archive) -> None:
    body = json.dumps(frame_body(headers={"A": "huge"})).replace('"huge"', "1e999").encode()
    answer = archive.call("POST", "/frames/", body, "root", content_type=JSON)
    assert (answer.status, answer.json) == (400, {"headers": ["Value must be valid JSON."]})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"version_set": None}, {"version_set": ["This field may not be null."]}),
        (
            {"version_set": "k"},
            {"version_set": {"non_field_errors": ['Expected a list of items but got type "str".']}},
        ),
        ({"configuration_type": "ARC"}, {"configuration_type": ['"ARC" is not a valid choice.']}),
        (
            {"related_frame_filenames": [""]},
            {"related_frame_filenames": {"0": ["This field may not be blank."]}},
        ),
        (
            {"area": {"type": "Point", "coordinates": [1, 2]}},
            {"area": ['Invalid polygon: its "type" must be "Polygon".']},
        ),
        (
            {"basename": "x" * 1001},
            {"basename": ["Ensure this field has no more than 1000 characters."]},
        ),
        (
            {"basename": "../../etc/passwd"},
            {"basename": ['A basename has no slash and no ".." in it.']},
        ),
        (
            {"version_set": [version(key="x" * 1025)]},
            {"version_set": [{"key": ["Ensure this field has no more than 1024 characters."]}]},
        ),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_stored(
    archive: Archive, changes: dict[str, Any], said: object
) -> None:
    body = frame_body(**changes)
    answer = archive.send("POST", "/frames/", body)
    assert (answer.status, answer.json) == (400, said)
    assert archive.found("root", basename_exact=body["basename"][:1000]) == []


def test_keys_of_1024_characters_are_kept(archive: Archive) -> None:
    for length in (32, 36, 1024):
        said = archive.post(version_set=[version(key="k" * length)])
        assert said["version_set"][0]["key"] == "k" * length


def test_headers_of_three_megabytes_are_taken(archive: Archive) -> None:
    headers = {f"KEY{number}": "v" * 100 for number in range(28_000)}
    said = archive.post(headers=headers)
    assert archive.get(f"/frames/{said['id']}/headers/").json == {"data": headers}


def test_more_than_the_limit_is_told_in_json(archive: Archive) -> None:
    answer = archive.call("POST", "/frames/", b" " * (17 * 1024**2), "root", content_type=JSON)
    assert answer.status == 413
    assert answer.json == {"detail": f"At most {16 * 1024**2} bytes are taken here."}
    assert archive.get("/health/").status == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "image/fits", "x"])
def test_a_body_of_another_kind(archive: Archive, kind: str) -> None:
    answer = archive.call("POST", "/frames/", b"{}", "root", content_type=kind)
    assert answer.status == 415
    assert answer.json == {"detail": f'Unsupported media type "{kind}" in request.'}


def test_json_says_its_charset(archive: Archive) -> None:
    content = json.dumps(frame_body()).encode()
    kind = "application/json; charset=utf-8"
    assert archive.call("POST", "/frames/", content, "root", content_type=kind).status == 201


def form_pairs() -> list[tuple[str, str]]:
    body = frame_body(related_frame_filenames=["x", "y"], public_date="", exposure_time="3.5")
    [one] = body.pop("version_set")
    related = body.pop("related_frame_filenames")
    for name in ("headers", "area"):
        body[name] = json.dumps(body[name])
    pairs = [(name, str(value)) for name, value in body.items() if value is not None]
    pairs += [("related_frame_filenames", name) for name in related]
    return [*pairs, *((f"version_set[0]{name}", value) for name, value in one.items())]


def test_a_form_says_the_same(archive: Archive) -> None:
    content = urlencode(form_pairs()).encode()
    answer = archive.call("POST", "/frames/", content, "root", content_type=FORM)
    assert answer.status == 201, answer
    assert len(answer.json["related_frames"]) == 2
    assert (answer.json["public_date"], answer.json["exposure_time"]) == (None, 3.5)
    assert len(answer.json["version_set"]) == 1


def test_a_multipart_form_says_the_same(archive: Archive) -> None:
    parts = [
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in form_pairs()
    ]
    content = "".join([*parts, "--edge--\r\n"]).encode()
    kind = "multipart/form-data; boundary=edge"
    answer = archive.call("POST", "/frames/", content, "root", content_type=kind)
    assert answer.status == 201, answer
    assert len(answer.json["related_frames"]) == 2
    broken = archive.call("POST", "/frames/", content[:-20], "root", content_type=kind)
    assert broken.status == 400
    assert broken.json == {"detail": "The form cannot be read: it ends before its last boundary."}
