"""The page of one frame, its chart of the sky, and whatever else opens in a browser."""

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import update

from store import tables
from tests.equipment.archive import POLYGON, Archive, frame_body, in_days
from tests.equipment.archive_bytes import Ingester, ingesting_into_folder, path_of
from tests.equipment.installations import Answer
from tests.equipment.reading_pages import ReadPage

HTML = "text/html"
NASTY = "\"'><script>window.hacked=1</script>&{{7*7}}"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def ingester(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ingester]:
    with ingesting_into_folder(request, tmp_path_factory.mktemp("pages")) as ingester:
        yield ingester


@pytest.fixture(scope="module")
def archive(ingester: Ingester) -> Archive:
    return ingester.archive


@pytest.fixture(scope="module")
def frame(ingester: Ingester) -> dict[str, Any]:
    """A frame that is nasty wherever it may say something, with a picture and a relation."""
    ingester.ingest(b"bias", basename="bias-of-it")
    found = ingester.ingest(
        b"pixels",
        basename="nasty<b>&'\"",
        target_name=NASTY,
        proposal_id=NASTY,
        instrument_id="<b>\"'",
        primary_optical_element=NASTY,
        related_frame_filenames=["bias-of-it"],
        headers={NASTY: NASTY, "NESTED": {"a": [NASTY]}, "NULL": None, "T": True},
    )
    small = {**frame_body(basename="tiny-small"), "frame_basename": found["basename"]}
    key = ingester.put(path_of(small, ".jpg"), b"JPEG")
    version = {"key": key, "md5": key, "extension": ".jpg"}
    answer = ingester.archive.send(
        "POST", "/thumbnails/", {**small, "size": "small", "version_set": [version]}
    )
    assert answer.status == 201, answer
    return found


def browse(archive: Archive, path: str, user: str | None = None) -> Answer:
    return archive.call("GET", path, user=user, accept=HTML)


def page(archive: Archive, path: str, user: str | None = None) -> ReadPage:
    answer = browse(archive, path, user)
    assert answer.status == 200, answer
    assert answer.headers["content-type"].startswith("text/html")
    return ReadPage(answer.body)


def test_a_frame_is_shown_whole(
    ingester: Ingester, archive: Archive, frame: dict[str, Any]
) -> None:
    seen = page(archive, f"/frames/{frame['id']}/")
    for text in (frame["basename"], NASTY, frame["version_set"][0]["md5"], "NESTED", "bias-of-it"):
        assert text in seen.text
    assert seen.all("script") == []
    (download,) = (one for one in seen.all("a") if one.get("class") == "button main")
    assert ingester.fetch(str(download["href"])).data == b"pixels"
    (plate,) = (one for one in seen.all("img") if "thumbnail-content" in str(one["src"]))
    assert plate["alt"]
    assert ingester.fetch(f"{archive.running.url}{plate['src']}").data == b"JPEG"
    assert not list(seen.links("/events?"))


def test_what_is_missing_is_not_offered(archive: Archive) -> None:
    frame = archive.post()
    lost = update(tables.frame_versions).where(tables.frame_versions.c.frame == frame["id"])
    archive.running.store.database.run(lost.values(fixity="missing"))
    seen = page(archive, f"/frames/{frame['id']}/")
    assert "Its file is missing" in seen.text
    assert not [one for one in seen.all("a") if one.get("class") == "button main"]


def test_its_links_find_the_same_again(archive: Archive, frame: dict[str, Any]) -> None:
    seen = page(archive, f"/frames/{frame['id']}/")
    searches = [one.removeprefix("/archive") for one in seen.links("/archive/frames/?")]
    assert len(searches) == 11
    for one in searches:
        found = archive.call("GET", one, accept="application/json").json["results"]
        assert frame["id"] in [each["id"] for each in found], one


def test_administrators_are_led_to_what_happened(archive: Archive, frame: dict[str, Any]) -> None:
    seen = page(archive, f"/frames/{frame['id']}/", "root")
    assert "/events?subject=nasty%3Cb%3E%26%27%22" in list(seen.links("/events?"))


def test_what_is_not_for_ones_eyes_is_not_there(ingester: Ingester, archive: Archive) -> None:
    private = ingester.ingest(b"secret", public_date=in_days(9))
    for path in ("", "sky.svg", "related/", "headers/"):
        answer = browse(archive, f"/frames/{private['id']}/{path}")
        assert answer.status == 404, path
        assert b"sign" in answer.body
        assert private["basename"].encode() not in answer.body
        assert browse(archive, f"/frames/{private['id']}/{path}", "ada").status == 200


def test_ten_thousand_headers(archive: Archive) -> None:
    headers = {f"KEY{number}": number for number in range(10_000)}
    frame = archive.post(headers=headers)
    seen = page(archive, f"/frames/{frame['id']}/")
    assert len([one for one in seen.all("th") if one.get("scope") == "row"]) == 10_000


@pytest.mark.parametrize("user", [None, "root"])
def test_everything_opens_in_a_browser(
    archive: Archive, frame: dict[str, Any], user: str | None
) -> None:
    number = frame["id"]
    for path in (
        *("/frames/aggregate/", "/profile/", "/thumbnails/", "/openapi/", "/basket/"),
        *(f"/frames/{number}/headers/", f"/frames/{number}/related/"),
        *(["/versions/", "/versions/1/"] if user else []),
    ):
        seen = page(archive, path, user)
        assert seen.all("script") == []
        assert len(seen.all("h1")) == 1
        assert list(seen.links("format=json"))
    assert NASTY in page(archive, f"/frames/{number}/headers/").text


def test_headers_may_be_nested_deep(archive: Archive) -> None:
    nested: Any = "bottom"
    for _ in range(80):
        nested = {"a": [nested]}
    frame = archive.post(headers={"DEEP": nested, "LONG": "x" * 100_000})
    for path in ("", "headers/"):
        assert "bottom" in page(archive, f"/frames/{frame['id']}/{path}").text


@pytest.mark.parametrize(
    ("path", "status", "title"),
    [
        ("/nowhere/", 404, "There is nothing here"),
        ("/frames/999999/", 404, "There is nothing here"),
        ("/versions/", 401, "Please sign in"),
        ("/frames/aggregate/?start=x", 400, "This cannot be read"),
        ("/frames/zip/", 405, "This cannot be done here"),
    ],
)
def test_refusals_are_pages_for_people(
    archive: Archive, path: str, status: int, title: str
) -> None:
    answer = browse(archive, path)
    assert answer.status == status
    assert title in ReadPage(answer.body).text
    assert archive.call("GET", path).headers["content-type"] == "application/json"


# --- the sky --------------------------------------------------------------------------------------


def chart(archive: Archive, number: int) -> ET.Element:
    answer = archive.call("GET", f"/frames/{number}/sky.svg", accept="image/*")
    assert answer.status == 200, answer
    assert answer.headers["content-type"].startswith("image/svg+xml")
    found = ET.fromstring(answer.body)  # noqa: S314 - what we wrote ourselves
    for one in found.iter():
        assert one.tag.removeprefix(SVG) not in {"script", "style", "image", "foreignObject"}
        assert not [name for name in one.attrib if name == "style" or name.startswith("on")]
    return found


def test_the_chart_shows_the_frame_and_its_neighbours(archive: Archive) -> None:
    place = [[[10.1, 60], [10.1, 60.1], [10, 60.1], [10, 60], [10.1, 60]]]
    other = [[[10.15, 60.05], [10.15, 60.2], [10.05, 60.2], [10.05, 60.05], [10.15, 60.05]]]
    area = {**POLYGON, "coordinates": place}
    frame = archive.post(area=area)
    assert len(chart(archive, frame["id"]).findall(f".//{SVG}path")) == 2
    archive.post(area={**POLYGON, "coordinates": other})
    archive.post(area={**POLYGON, "coordinates": other})
    archive.post(area={**POLYGON, "coordinates": other}, public_date=in_days(9))
    assert len(chart(archive, frame["id"]).findall(f".//{SVG}path")) == 3
    (title,) = chart(archive, frame["id"]).findall(f"{SVG}title")
    assert title.text is not None
    assert title.text.startswith("Footprint at RA 00:40:12.0, DEC +60:03:0")


@pytest.mark.parametrize(
    "ring",
    [
        [[0, 0], [0, 1e300], [1, 1], [0, 0]],
        [[0, 0], [0, 0], [0, 0], [0, 0]],
        [[0, -90], [120, 90], [240, 0], [0, -90]],
        None,
    ],
)
def test_an_area_that_cannot_be_drawn(archive: Archive, ring: list[list[float]] | None) -> None:
    area = None if ring is None else {"type": "Polygon", "coordinates": [ring]}
    frame = archive.post(area=area)
    assert archive.get(f"/frames/{frame['id']}/sky.svg").status == 404
    seen = page(archive, f"/frames/{frame['id']}/")
    assert not [one for one in seen.all("img") if "sky.svg" in str(one["src"])]
