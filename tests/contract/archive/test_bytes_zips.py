"""Zips of frames: asked for in each form, read by `zipfile`, never incomplete without a word."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from tests.equipment.archive import FORM, JSON, in_days
from tests.equipment.archive_bytes import Ingester, ingesting_into_folder
from tests.equipment.installations import Answer

ZIP = "/frames/zip/"


@pytest.fixture(scope="module")
def ingester(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ingester]:
    with ingesting_into_folder(request, tmp_path_factory.mktemp("zips")) as ingester:
        yield ingester


@pytest.fixture(scope="module")
def ids(ingester: Ingester) -> list[int]:
    """Public frames, the newest observation last."""
    return [
        ingester.ingest(f"stars {day}".encode() * 1000, observation_date=f"2024-03-0{day}")["id"]
        for day in (1, 2, 3)
    ]


def ask(ingester: Ingester, said: object, user: str | None = None, **headers: str) -> Answer:
    body = json.dumps(said).encode()
    return ingester.archive.call("POST", ZIP, body, user, content_type=JSON, **headers)


def opened(answer: Answer) -> zipfile.ZipFile:
    assert answer.status == 200, answer
    assert answer.headers["content-length"] == str(len(answer.body))
    found = zipfile.ZipFile(io.BytesIO(answer.body))
    assert found.testzip() is None
    return found


def test_a_zip_has_what_was_asked_for(ingester: Ingester, ids: list[int]) -> None:
    before = datetime.now(UTC)
    answer = ask(ingester, {"frame_ids": [*ids, ids[0]]})
    [folder] = re.findall(r"attachment; filename=(.*)\.zip", answer.headers["content-disposition"])
    days = (before, datetime.now(UTC))
    assert folder in {f"ocs_archive_data-{day:%Y%m%d}-3" for day in days}
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["set-cookie"] == "fileDownload=true; path=/"
    assert "x-frame-options" not in answer.headers
    found = opened(answer)
    assert [name.partition("/")[0] for name in found.namelist()] == [folder] * 3
    # The newest observation comes first.
    assert [found.read(name)[:7] for name in found.namelist()] == [
        b"stars 3",
        b"stars 2",
        b"stars 1",
    ]
    assert {one.compress_type for one in found.infolist()} == {zipfile.ZIP_STORED}


@pytest.mark.parametrize(
    "form",
    [
        lambda ids: urlencode([("frame_ids", one) for one in ids]),
        lambda ids: urlencode([(f"frame_ids[{n}]", one) for n, one in enumerate(ids)]),
        lambda ids: urlencode([("frame_ids", one) for one in ids] + [("uncompress", "false")]),
    ],
)
def test_a_form_may_ask(ingester: Ingester, ids: list[int], form: object) -> None:
    assert callable(form)
    body = form(ids).encode()
    answer = ingester.archive.call("POST", ZIP, body, content_type=FORM)
    assert len(opened(answer).namelist()) == 3


def test_a_range(ingester: Ingester, ids: list[int]) -> None:
    whole = ask(ingester, {"frame_ids": ids})
    assert whole.headers["accept-ranges"] == "bytes"
    tag, size = whole.headers["etag"], len(whole.body)
    first = ask(ingester, {"frame_ids": ids}, range="bytes=0-9999")
    rest = ask(ingester, {"frame_ids": ids}, range="bytes=10000-", if_range=tag)
    assert (first.status, rest.status) == (206, 206)
    assert rest.headers["content-range"] == f"bytes 10000-{size - 1}/{size}"
    assert first.body + rest.body == whole.body
    other = ask(ingester, {"frame_ids": ids[:2]}, range="bytes=10000-", if_range=tag)
    assert other.status == 200
    beyond = ask(ingester, {"frame_ids": ids}, range=f"bytes={size}-")
    assert (beyond.status, beyond.headers["content-range"]) == (416, f"bytes */{size}")


def test_the_newest_version_alone_goes_in(ingester: Ingester) -> None:
    basename = "tst1m0a-kb27-20240304-zipped-e00"
    ingester.ingest(b"first", basename=basename)
    frame = ingester.ingest(b"second", basename=basename)
    found = opened(ask(ingester, {"frame_ids": [frame["id"]]}))
    assert [found.read(name) for name in found.namelist()] == [b"second"]


def test_who_may_not_see_a_frame_does_not_get_it(ingester: Ingester, ids: list[int]) -> None:
    private = ingester.ingest(b"secret", public_date=in_days(100))["id"]
    for user in (None, "bob", "stan"):
        found = opened(ask(ingester, {"frame_ids": [private, ids[0]]}, user))
        assert len(found.namelist()) == 1
        assert found.read(found.namelist()[0]) != b"secret"
        alone = ask(ingester, {"frame_ids": [private]}, user)
        assert (alone.status, alone.body) == (404, b"")
    for user in ("ada", "root"):
        assert opened(ask(ingester, {"frame_ids": [private]}, user)).namelist()


def test_a_form_may_bring_the_token(ingester: Ingester, caplog: pytest.LogCaptureFixture) -> None:
    private = ingester.ingest(b"also secret", public_date=in_days(100))["id"]
    token = ingester.archive.tokens["ada"]
    body = urlencode({"frame_ids": private, "auth_token": token}).encode()
    answer = ingester.archive.call("POST", ZIP, body, content_type=FORM)
    assert opened(answer).namelist()
    wrong = ask(ingester, {"frame_ids": [private], "auth_token": f"{token}0"})
    assert (wrong.status, wrong.json) == (404, {"detail": "No Token matches the given query."})
    assert token not in caplog.text


@pytest.mark.parametrize(
    ("said", "errors"),
    [
        ({}, {"frame_ids": ["This field is required."]}),
        ({"frame_ids": None}, {"frame_ids": ["This field may not be null."]}),
        (
            {"frame_ids": [0, "x"]},
            {
                "frame_ids": {
                    "0": ["Ensure this value is greater than or equal to 1."],
                    "1": ["A valid integer is required."],
                }
            },
        ),
        ({"frame_ids": "1"}, {"frame_ids": ['Expected a list of items but got type "str".']}),
        ({"frame_ids": {"a": 1}}, {"frame_ids": ['Expected a list of items but got type "dict".']}),
        ({"frame_ids": [1], "uncompress": "maybe"}, {"uncompress": ["Must be a valid boolean."]}),
        ({"frame_ids": [1], "auth_token": ["x"]}, {"auth_token": ["Not a valid string."]}),
        (
            {"frame_ids": list(range(1, 12)), "uncompress": True},
            {
                "non_field_errors": [
                    (
                        "A maximum of 10 frames can be downloaded with the uncompress flag. "
                        "Please try again with fewer frame_ids."
                    )
                ]
            },
        ),
        ([1, 2], {"non_field_errors": ["Invalid data. Expected a dictionary, but got list."]}),
    ],
)
def test_what_cannot_be_asked(ingester: Ingester, said: object, errors: object) -> None:
    answer = ask(ingester, said)
    assert (answer.status, answer.json) == (400, errors)


def test_a_form_with_empty_brackets_names_no_frames(ingester: Ingester, ids: list[int]) -> None:
    body = f"frame_ids[]={ids[0]}".encode()
    answer = ingester.archive.call("POST", ZIP, body, content_type=FORM)
    assert answer.json == {"frame_ids": ["This field is required."]}


@pytest.mark.parametrize("ids", [[], [2**31], [2**62], [999_999]])
def test_nothing_that_may_be_seen_is_nothing(ingester: Ingester, ids: list[int]) -> None:
    answer = ask(ingester, {"frame_ids": ids})
    assert (answer.status, answer.body) == (404, b"")


def test_a_zip_is_not_got(ingester: Ingester) -> None:
    assert ingester.archive.get(ZIP).status == 405


def test_files_that_are_not_there_are_told_before_the_first_byte(
    ingester: Ingester, ids: list[int]
) -> None:
    gone = ingester.archive.post()
    answer = ask(ingester, {"frame_ids": [*ids, gone["id"]]})
    assert answer.status == 409
    assert answer.json["missing"] == [{"id": gone["id"], "filename": gone["filename"]}]
    alone = ask(ingester, {"frame_ids": [gone["id"]]})
    assert (alone.status, alone.json["detail"]) == (404, "None of these files can be read.")


def test_an_empty_file_goes_in(ingester: Ingester) -> None:
    frame = ingester.ingest(b"")
    found = opened(ask(ingester, {"frame_ids": [frame["id"]]}))
    assert [one.file_size for one in found.infolist()] == [0]
