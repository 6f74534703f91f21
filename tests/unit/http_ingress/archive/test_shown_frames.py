"""Frames as JSON, with the URLs of their bytes."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from http_ingress.archive.answers import Refused, refusal_of
from http_ingress.archive.linking import Links
from http_ingress.archive.representations import posted, shown
from store.archive.links import state_of
from store.errors import DatabaseUnavailableError
from store.file_stores.none import NoFileStore
from store.frames.values import Frame, Thumbnail, Version

NOW = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)
VERSION = Version(
    id=8,
    uid="u",
    frame=41,
    key="k",
    md5="0" * 32,
    extension=".fits.fz",
    created_at=NOW,
    path=None,
    object_key="objects/1",
    size=1,
    sha256="1" * 64,
    crc32=0,
    fixity="sound",
    looked_at=NOW,
)
FRAME = Frame(
    id=41,
    basename='a "frame" &é',
    observation_date=None,
    observation_day=None,
    public_date=None,
    proposal_id="",
    instrument_id="",
    target_name="",
    site_id="",
    telescope_id="",
    primary_optical_element="",
    configuration_type="",
    reduction_level=0,
    exposure_time=None,
    observation_id=None,
    request_id=None,
    area=None,
    versions=(VERSION,),
)
LINKS = Links(NoFileStore(), "secret", "https://x.example", 3600, NOW)


def test_what_is_not_known_is_null_and_the_area_is_not_there() -> None:
    said = json.loads(shown(FRAME, LINKS))
    assert (said["observation_date"], said["DATE_OBS"], said["EXPTIME"]) == (None, None, None)
    assert "area" not in said
    assert json.loads(posted(FRAME, LINKS))["area"] is None


def test_a_frame_without_version_has_no_url() -> None:
    for form in (shown, posted):
        said = json.loads(form(replace(FRAME, versions=()), LINKS))
        assert (said["url"], said["filename"], said["version_set"]) == (None, None, [])


def test_our_copy_has_a_link_of_ours() -> None:
    url = urlsplit(json.loads(shown(FRAME, LINKS))["url"])
    assert f"{url.scheme}://{url.netloc}" == "https://x.example"
    assert url.path == "/archive/content/8/a%20%22frame%22%20%26%C3%A9.fits.fz"
    query = parse_qs(url.query)
    name, expires = f"{FRAME.basename}.fits.fz", query["expires"][0]
    assert int(expires) == int(NOW.replace(hour=13, minute=0).timestamp()) + 3600
    state = state_of(
        "secret",
        "content",
        8,
        name,
        expires=expires,
        signature=query["signature"][0],
        now=NOW.timestamp(),
    )
    assert state == "good"


@pytest.mark.parametrize("minute", [30, 59])
def test_links_of_one_hour_are_the_same(minute: int) -> None:
    later = Links(NoFileStore(), "secret", "https://x.example", 3600, NOW.replace(minute=minute))
    assert later.version(VERSION, "n") == LINKS.version(VERSION, "n")


def test_what_has_no_bytes_has_an_empty_url() -> None:
    nowhere = replace(VERSION, object_key=None, path="a/b")
    assert LINKS.version(nowhere, "n") == ""
    assert LINKS.version(replace(nowhere, path=None), "n") == ""
    picture = Thumbnail(
        id=1,
        basename="b",
        frame=41,
        size="small",
        extension=".jpg",
        key="k",
        path=None,
        object_key=None,
        drawn=False,
    )
    assert LINKS.thumbnail(picture) == ""
    drawn = LINKS.thumbnail(replace(picture, object_key="o", drawn=True))
    assert drawn.startswith("https://x.example/archive/thumbnail-content/1/b.jpg?expires=")


def test_a_database_that_is_down_is_told_with_when_to_come_again() -> None:
    refused = refusal_of(DatabaseUnavailableError("the database does not answer"))
    assert isinstance(refused, Refused)
    response = refused.response()
    assert (response.status, response.headers["Retry-After"]) == (503, "2")
    assert refusal_of(RuntimeError("unforeseen")) is None
