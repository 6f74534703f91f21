"""Every URL that a client is given answers a plain GET with the bytes of that version."""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from store.archive.links import link
from tests.equipment.archive import Archive, frame_body, in_days
from tests.equipment.archive_bytes import Ingester, ingesting_into_folder, md5_of, path_of

DATA = bytes(range(256)) * 40


@pytest.fixture(scope="module")
def ingester(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ingester]:
    with ingesting_into_folder(request, tmp_path_factory.mktemp("links")) as ingester:
        yield ingester


@pytest.fixture(scope="module")
def private(ingester: Ingester) -> str:
    """The URL of a private frame's bytes."""
    return str(ingester.ingest(DATA, public_date=in_days(100))["url"])


def test_the_bytes_come_to_be_saved_under_the_frames_name(ingester: Ingester) -> None:
    data = b"stars" * 1000
    frame = ingester.ingest(data, public_date=in_days(100))
    answer = ingester.fetch(frame["url"])
    assert (answer.status, answer.data) == (200, data)
    assert answer.headers["ETag"] == f'"{md5_of(data)}"'
    assert answer.headers["Content-Type"] == "application/fits"
    assert f'attachment; filename="{frame["filename"]}"' in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"].startswith("private")


def test_each_version_keeps_its_bytes_and_its_url(ingester: Ingester) -> None:
    basename = "tst1m0a-kb27-20240304-versions-e00"
    first = ingester.ingest(b"first", basename=basename)
    second = ingester.ingest(b"second", basename=basename)
    urls = {one["md5"]: one["url"] for one in second["version_set"]}
    assert len(set(urls.values())) == 2
    for md5, url in urls.items():
        assert md5_of(ingester.fetch(url).data) == md5
    assert ingester.fetch(first["url"]).data == b"first"


def test_head_says_the_same(ingester: Ingester, private: str) -> None:
    answer = ingester.fetch(private, "HEAD")
    assert (answer.status, answer.data) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(DATA))


def test_a_range(ingester: Ingester, private: str) -> None:
    answer = ingester.fetch(private, Range="bytes=100-199")
    assert (answer.status, answer.data) == (206, DATA[100:200])
    assert answer.headers["Content-Range"] == f"bytes 100-199/{len(DATA)}"
    assert ingester.fetch(private, Range="bytes=-7").data == DATA[-7:]
    beyond = ingester.fetch(private, Range=f"bytes={len(DATA)}-")
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{len(DATA)}")
    assert set(beyond.json()) == {"detail"}


def test_who_has_it_already_is_told_so(ingester: Ingester, private: str) -> None:
    tag = ingester.fetch(private, "HEAD").headers["ETag"]
    assert ingester.fetch(private, If_None_Match=tag).status == 304
    other = ingester.fetch(private, Range="bytes=0-9", If_Range='"another"')
    assert (other.status, other.data) == (200, DATA)


def test_a_link_that_was_tampered_with_is_refused(ingester: Ingester, private: str) -> None:
    expires = parse_qs(urlsplit(private).query)["expires"][0]
    number = urlsplit(private).path.split("/")[3]
    forged = [
        private.replace(f"expires={expires}", f"expires={int(expires) + 1}"),
        private.replace(f"/content/{number}/", f"/content/{int(number) + 1}/"),
        private.replace("/content/", "/thumbnail-content/"),
        private.replace(".fits.fz", ".exe"),
        private.partition("?")[0],
        private.partition("&")[0],
        private[:-1],
        f"{private[:-1]}{'0' if private[-1] != '0' else '1'}",
        private.replace(f"expires={expires}", "expires=%00"),
        private.replace(f"expires={expires}", f"expires={'9' * 5000}"),
        private.replace("signature=", "signature=%F0%9F%92%A9"),
    ]
    for url in forged:
        answer = ingester.fetch(url)
        assert answer.status == 403, url
        assert set(answer.json()) == {"detail"}


def test_an_old_link_has_expired(ingester: Ingester, private: str) -> None:
    name, number = urlsplit(private).path.split("/")[4], int(urlsplit(private).path.split("/")[3])
    secret = ingester.archive.running.store.archive_secret
    yesterday = int(datetime.now().timestamp()) - 86_400  # noqa: DTZ005 - seconds since 1970
    old = link(secret, "content", number, name, yesterday)
    answer = ingester.archive.call("GET", old.removeprefix("/archive"))
    assert (answer.status, set(answer.json)) == (410, {"detail"})


def test_nobody_else_is_given_the_link(ingester: Ingester) -> None:
    frame = ingester.ingest(b"secret", public_date=in_days(100))
    for user in (None, "bob", "stan"):
        assert ingester.archive.get(f"/frames/{frame['id']}/", user).status == 404
        listed = ingester.archive.get("/frames/", user, limit=1000).json["results"]
        assert frame["id"] not in [one["id"] for one in listed]
    assert ingester.archive.get(f"/frames/{frame['id']}/", "ada").json["url"]


def test_bytes_that_never_came_are_not_there(ingester: Ingester, archive: Archive) -> None:
    # Posted, and nothing put where it belongs: the frame is there, its bytes are not.
    frame = ingester.archive.post()
    answer = ingester.fetch(frame["url"])
    assert (answer.status, set(answer.json())) == (404, {"detail"})
    # Where nothing is kept, there is no URL.
    assert archive.post()["url"] == ""


def test_others_bytes_in_the_place_of_a_version_are_not_given_out(ingester: Ingester) -> None:
    frame = ingester.archive.post()
    ingester.put(f"tst/kb27/20240304/raw/{frame['filename']}", b"not those that were announced")
    assert ingester.fetch(frame["url"]).status == 404


def test_a_broken_token_does_not_matter(ingester: Ingester, private: str) -> None:
    assert ingester.fetch(private, Authorization="Token of somebody else").status == 200


def test_other_methods_are_refused(ingester: Ingester, private: str) -> None:
    assert ingester.fetch(private, "POST").status == 405


def test_a_picture_has_a_url_too(ingester: Ingester) -> None:
    frame = ingester.ingest(b"pictured stars", public_date=in_days(100))
    body = frame_body(basename=f"{frame['basename']}-small", frame_basename=frame["basename"])
    picture = {"key": "x", "md5": md5_of(b"picture"), "extension": ".jpg"}
    ingester.put(path_of(body, ".jpg"), b"picture")
    said = {**body, "size": "small", "version_set": [picture]}
    posted = ingester.archive.send("POST", "/thumbnails/", said)
    assert posted.status == 201, posted
    answer = ingester.fetch(posted.json["url"])
    assert (answer.status, answer.data) == (200, b"picture")
    assert answer.headers["Content-Type"] == "image/jpeg"
    tag = answer.headers["ETag"]
    assert ingester.fetch(posted.json["url"], If_None_Match=tag).status == 304
    ingester.put(path_of(body, ".jpg"), b"another picture")
    assert ingester.fetch(posted.json["url"], If_None_Match=tag).data == b"another picture"
    for user in (None, "bob", "stan"):
        found = ingester.archive.get("/thumbnails/", user, frame_basename=frame["basename"])
        assert found.json["results"] == []
