"""Bodies that no ingester sends: each is stored or refused, nothing is an accident, lists go on."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.archive.hostile import fortress, trouble_with
from tests.equipment.archive import JSON, Archive, frame_body, version
from tests.equipment.installations import Answer

FIELDS = [name for name in frame_body() if name not in {"frame_basename", "size"}]
DEEP = "[" * 150 + "]" * 150
HUGE = "9" * 400
"""Too much for a float, and for any column."""

WRITTEN = (
    *("null", "true", "false", "0", "-1", "1.5", "1e400", "-1e400", "1e308", "5e-324", HUGE),
    *(f"-{HUGE}", "9223372036854775808", "2147483648", "-32769", '""', '" "', '"x"', '"\\u0000"'),
    *('"a\\u0000b"', '"\\ud800"', '"\\r\\nSet-Cookie: a=b"', '"\\u202e\\u0007"', '"../../etc"'),
    *('"..%2f"', '"\\\\\\\\host\\\\x"', '"%00"', '"NaN"', '"Infinity"', "[]", "{}", "[null]"),
    *("[[]]", "[{}]", '[""]', '["\\u0000"]', '[{"key":null,"md5":1,"extension":[]}]', "[1,true]"),
    *('{"\\u0000":"\\u0000"}', '{"":null}', '{"type":"Polygon"}', '"2024-02-30"', '"9999-12-31"'),
    *('"0001-01-01T00:00:00+23:59"', '"' + "x" * 100_000 + '"', '"😀𝔘ñ"', '"\'; DROP TABLE x;--"'),
    *('{"type":"Polygon","coordinates":[[[1e308,0],[0,1e308],[1,1],[1e308,0]]]}', DEEP),
    *('{"type":"Polygon","coordinates":[[[0,0],[0,0],[0,0],[0,0]]]}', f'{{"a":{DEEP}}}'),
    *('{"type":"Polygon","coordinates":[]}', '{"type":"Polygon","coordinates":[[]]}'),
)
"""JSON of every kind, as it is written."""


@pytest.fixture(scope="module")
def archive(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Archive]:
    """An archive whose clients are not friends, on the database that refuses more."""
    with fortress(request, tmp_path_factory, "postgresql") as archive:
        yield archive


def post(archive: Archive, written: str, path: str = "/frames/", method: str = "POST") -> Answer:
    return archive.call(method, path, written.encode(), "root", content_type=JSON)


def with_field(body: dict[str, Any], name: str, written: str) -> str:
    """Write a body of which one field is what is written."""
    return json.dumps({**body, name: "?mark?"}).replace('"?mark?"', written)


@pytest.mark.parametrize("name", FIELDS)
def test_any_json_in_any_field_of_a_frame(archive: Archive, name: str) -> None:
    found = []
    for written in WRITTEN:
        answer = post(archive, with_field(frame_body(), name, written))
        if trouble := trouble_with(answer):
            found.append((written[:80], trouble))
        elif answer.status == 400 and "detail" not in answer.json:
            assert answer.json.keys() == {name}, written[:80]
    assert found == []
    assert archive.get("/frames/", "root", limit=1000).status == 200


@pytest.mark.parametrize("name", ["key", "md5", "extension"])
def test_any_json_in_any_field_of_a_version(archive: Archive, name: str) -> None:
    found = []
    for written in WRITTEN:
        body = with_field(frame_body(version_set=[version(**{name: "?v?"})]), "x", "1")
        if trouble := trouble_with(post(archive, body.replace('"?v?"', written))):
            found.append((written[:80], trouble))
    assert found == []
    assert archive.get("/versions/", "root", limit=1000).status == 200


def test_any_json_in_any_field_of_a_thumbnail(archive: Archive) -> None:
    frame = archive.post()
    found = []
    for name in ("frame_basename", "size", "basename", "version_set"):
        for written in WRITTEN:
            body = frame_body(frame_basename=frame["basename"], size="small")
            body["version_set"][0]["extension"] = ".jpg"
            if trouble := trouble_with(
                post(archive, with_field(body, name, written), "/thumbnails/")
            ):
                found.append((name, written[:80], trouble))
    assert found == []
    assert archive.get("/thumbnails/", "root", limit=1000).status == 200


def test_any_json_in_any_change(archive: Archive) -> None:
    place = f"/frames/{archive.post()['id']}/"
    found = []
    for name in ("public_date", "site_id", "observation_id", "headers", "no such field"):
        for written in WRITTEN:
            answer = post(archive, f'{{"{name}":{written}}}', place, "PATCH")
            if trouble := trouble_with(answer):
                found.append((name, written[:80], trouble))
    assert found == []
    assert archive.get(place, "root").status in {200, 404}
    assert archive.get("/frames/", "root", limit=1000).status == 200


def test_any_json_as_a_body(archive: Archive) -> None:
    frame = archive.post()["id"]
    found = []
    for path, method in (
        *(("/frames/", "POST"), ("/thumbnails/", "POST"), ("/frames/zip/", "POST")),
        *((f"/frames/{frame}/", "PATCH"), ("/api-token-auth/", "POST"), ("/basket/", "POST")),
        *(("/authprofile/addupdateuser/", "POST"), ("/revoke_token/", "POST")),
    ):
        for written in WRITTEN:
            user = None if path in {"/api-token-auth/", "/revoke_token/"} else "root"
            answer = archive.call(method, path, written.encode(), user, content_type=JSON)
            if trouble := trouble_with(answer):
                found.append((method, path, written[:80], trouble))
    assert found == []
