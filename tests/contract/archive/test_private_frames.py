"""A private frame is looked for at every address there is, by who may not see it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest

from store import tables
from tests.contract.archive.hostile import trouble_with
from tests.equipment.archive import FORM, in_days
from tests.equipment.archive_bytes import Ingester, ingesting_into_folder, md5_of
from tests.equipment.installations import Answer, Caller
from tests.services.waiting import until

MARK = "veiled"
"""In everything that is told of the private frame, whatever the case."""
ENDLESS = {"/events/stream"}

FORGED = "?expires=99999999999&signature=00"


@dataclass(frozen=True)
class Private:
    """A private frame, and all by which it could be asked for."""

    ingester: Ingester
    frame: dict[str, Any]
    public: dict[str, Any]
    """A frame that is related to it."""
    keys: tuple[str, ...]
    """Ids of all kinds."""

    def shows(self, answer: Answer) -> bool:
        """Whether an answer tells of it."""
        said = answer.body.lower()
        told = [MARK, self.frame["version_set"][0]["md5"]]
        return any(one.encode() in said for one in told)


@pytest.fixture(scope="module")
def private(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Private]:
    """A private frame with bytes, a picture, a later refusal, a change and a public neighbour."""
    consumers = ("ingest-frame", "examine-frame", "announce-archived", "discard-frame")
    folder = tmp_path_factory.mktemp("private")
    with ingesting_into_folder(
        request, folder, consumers=consumers, archive_anonymous_per_day=0
    ) as ingester:
        archive = ingester.archive
        public = ingester.ingest(b"seen by all", basename="neighbour", related_frame_filenames=[])
        known = {
            "basename": "veiled-frame",
            "proposal_id": "VEILED-PROPOSAL",
            "target_name": "veiled target",
            "instrument_id": "veiled-1",
            "primary_optical_element": "veiled glass",
            "public_date": in_days(9),
            "headers": {"OBJECT": "veiled card", "USERID": "veiled-submitter"},
        }
        frame = ingester.ingest(
            b"veiled bytes", ".pdf", **known, related_frame_filenames=["neighbour"]
        )
        picture = {**known, "basename": "veiled-small", "frame_basename": "veiled-frame"}
        picture |= {"size": "small", "related_frame_filenames": []}
        picture = {**archive_body(frame), **picture}
        assert archive.send("POST", "/thumbnails/", picture).status == 201
        place = f"/frames/{frame['id']}/"
        assert archive.send("PATCH", place, {"target_name": "veiled again"}).status == 200
        database = archive.running.store.database
        until(lambda: len(database.query(tables.files.select())) == 2, seconds=60, what="the files")
        keys = [
            *(row["key"] for row in database.query(tables.events.select()) if MARK in row["data"]),
            *(row["id"] for row in database.query(tables.files.select())),
            *(str(number) for number in (frame["id"], frame["version_set"][0]["id"], 1)),
        ]
        yield Private(ingester, frame, public, tuple(dict.fromkeys(keys)))


def archive_body(frame: dict[str, Any]) -> dict[str, Any]:
    """Return what a picture of a frame is sent with."""
    names = ("observation_day", "observation_date", "site_id", "telescope_id")
    version = {"key": "veiled-key", "md5": md5_of(b"picture"), "extension": ".jpg"}
    given = {name: frame[name] for name in names}
    return {**given, "configuration_type": "EXPOSE", "area": None, "version_set": [version]}


@pytest.fixture(params=["anonymous", "other member", "staff", "disabled"])
def reader(request: pytest.FixtureRequest, private: Private) -> str | None:
    """The `Authorization` of somebody who may not see it; None: there is none."""
    archive = private.ingester.archive
    if request.param == "disabled":
        running = archive.running
        if not any(one.name == "mallory" for one in running.store.accounts.users()):
            running.store.accounts.add_user("mallory", None)
            running.store.archive_users.set_proposals("mallory", ["VEILED-PROPOSAL"])
        token = running.store.archive_users.token("mallory")
        running.store.accounts.disable("mallory")
        return f"Token {token}"
    user = {"anonymous": None, "other member": "ada", "staff": "stan"}[request.param]
    return None if user is None else f"Token {archive.tokens[user]}"


def test_no_place_of_the_archive_shows_it(private: Private, reader: str | None) -> None:
    number, version = private.frame["id"], private.frame["version_set"][0]
    staff = reader == f"Token {private.ingester.archive.tokens['stan']}"
    shown = []
    for path, accept in product(
        (
            *("/", "/frames/", "/frames/?public=false", "/frames/?include_thumbnails=true"),
            *(
                "/frames/?pagination_style=cursor",
                "/frames/?basename=frame&proposal_id=",
                "/basket/",
            ),
            *("/frames/?covers=POINT(150 2)".replace(" ", "%20"), "/thumbnails/", "/profile/"),
            *("/frames/?ordering=proposal_id", f"/basket/?frame_ids={number}", "/openapi/"),
            *(f"/frames/{number}/{more}" for more in ("", "headers/", "related/", "sky.svg")),
            *(f"/frames/{private.public['id']}/{more}" for more in ("", "headers/", "related/")),
            *(f"/frame-funpack/{number}/funpack/", f"/frame-catalog/{number}/catalog/"),
            *("/frames/aggregate/", "/frames/aggregate/?start=2024-01-01&end=2024-06-01"),
            "/frames/aggregate/?start=2024-01-01&end=2024-06-01&public=true",
            *(f"/thumbnails/{one}/" for one in range(1, 4)),
            *(() if staff else ("/versions/", f"/versions/{version['id']}/")),
            *(() if staff else (f"/versions/?md5={version['md5']}",)),
            *(f"/content/{version['id']}/x{more}" for more in ("", FORGED)),
            *(f"/thumbnail-content/{one}/x{FORGED}" for one in range(1, 3)),
        ),
        ("application/json", "text/html"),
    ):
        answer = private.ingester.archive.call("GET", path, accept=accept, authorization=reader)
        assert trouble_with(answer) is None, path
        if "md5=" in path:
            # A page says again what was asked for.
            assert answer.status in {401, 403}
            continue
        if private.shows(answer):
            shown.append((path, accept, answer.body[:200]))
    assert shown == []


def test_no_request_of_the_archive_shows_it(private: Private, reader: str | None) -> None:
    archive, number = private.ingester.archive, private.frame["id"]
    place = f"/frames/{number}/"
    shown = []
    for method, path, content, kind in (
        ("POST", "/frames/zip/", {"frame_ids": [number]}, "json"),
        ("POST", "/frames/zip/", {"frame_ids": [number, private.public["id"]]}, "json"),
        ("POST", "/frames/zip/", {"frame_ids": [number], "catalog_only": True}, "json"),
        ("POST", "/frames/zip/", {"frame_ids": [number], "uncompress": True}, "json"),
        ("POST", "/frames/zip/", f"frame_ids={number}", "form"),
        ("POST", "/basket/", f"frame_ids={number}&do=add", "form"),
        ("PATCH", place, {"public_date": "2020-01-01"}, "json"),
        ("DELETE", place, None, "json"),
        ("OPTIONS", place, None, "json"),
        ("HEAD", place, None, "json"),
    ):
        sent = content if isinstance(content, str) else json.dumps(content)
        media = FORM if kind == "form" else "application/json"
        answer = archive.call(method, path, sent.encode(), content_type=media, authorization=reader)
        assert trouble_with(answer) is None, path
        if private.shows(answer):
            shown.append((method, path, answer.body[:200]))
    assert shown == []
    assert archive.get(place, "root").json["target_name"] == "veiled again"


def test_no_other_place_shows_it(private: Private) -> None:
    running = private.ingester.archive.running
    if not any(one.name == "reader" for one in running.store.accounts.users()):
        running.store.accounts.add_user("reader", None)
    _, token = running.store.accounts.create_token("reader", "tests")
    described = Caller(running.url, "").call("GET", "/openapi.json", authorization=None).json
    paths = [path for path, methods in described["paths"].items() if "get" in methods]
    filters = ("", "?type=%23", "?limit=100", "?prefix=tst/")
    shown = []
    for path in paths:
        if path in ENDLESS or path.endswith("stream"):
            continue
        addresses = [path + more for more in filters]
        if "{" in path:
            head, _, rest = path.partition("{")
            tail = rest.partition("}")[2]
            addresses = [f"{head}{key}{tail}" for key in private.keys if "{" not in tail]
        for address, (known, accept) in product(
            addresses, ((None, "text/html"), (f"Bearer {token}", "application/json"))
        ):
            answer = Caller(running.url, "").call(
                "GET", address, accept=accept, authorization=known
            )
            assert answer.status < 500, address
            if private.shows(answer):
                shown.append((address, known is None, accept, answer.body[:300]))
    assert len(paths) > 10
    assert shown == []


def test_what_is_shown_to_a_superuser_has_the_mark(private: Private) -> None:
    """Or the others would prove nothing."""
    archive = private.ingester.archive
    for path in ("/frames/", f"/frames/{private.frame['id']}/headers/", "/thumbnails/"):
        assert private.shows(archive.get(path, "root")), path
    zipped = archive.send("POST", "/frames/zip/", {"frame_ids": [private.frame["id"]]})
    assert b"veiled bytes" in zipped.body
