"""Section 11: the worked requests of `tryme` really work, and answer what is shown."""

import json
from collections.abc import Iterator
from html import unescape
from urllib.parse import urlencode

import pytest

from http_ingress.reference.examples import EXAMPLES
from schemas.capabilities import CAPABILITIES
from store.user_names import ANONYMOUS
from tests.equipment.archive import add_people, frame_body
from tests.equipment.installations import Caller
from tests.equipment.reference import FORM, JSON, Reference, referring

SECRET = "known to the repository alone"


@pytest.fixture(scope="module")
def busy(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Reference]:
    """An archive that has something to show."""
    folder = tmp_path_factory.mktemp("busy")
    consumers = ("ingest-frame", "store-record")
    with referring(request, folder, consumers=consumers, packager_secret=SECRET) as running:
        yield running


def test_every_capability_has_one() -> None:
    assert EXAMPLES.keys() == CAPABILITIES.keys()


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_page_shows_the_request_and_its_answer(busy: Reference, name: str) -> None:
    text = unescape(busy.get(f"service/{name}/tryme").body.decode())
    example = EXAMPLES[name]
    assert example.command(busy.url) in text
    assert f"'{busy.url}{example.path}'" in example.command(busy.url)
    assert example.answer in text
    assert f'href="{CAPABILITIES[name].entry}"' in text
    assert example.path.startswith(CAPABILITIES[name].entry)


def test_a_package_is_asked_for(busy: Reference) -> None:
    example = EXAMPLES["packager"]
    assert example.fields["secret"] == "SECRET"
    form = urlencode({**example.fields, "secret": SECRET}).encode()
    caller = Caller(busy.url, token="")
    answer = caller.call("POST", example.path, form, authorization=None, content_type=FORM)
    assert answer.status == 200
    assert answer.json.keys() == json.loads(example.answer).keys()


def test_frames_are_listed(busy: Reference) -> None:
    token = add_people(busy.running)["root"]
    caller, example = Caller(busy.url, token=""), EXAMPLES["archive"]
    posted = caller.call(
        "POST",
        "/archive/frames/",
        json.dumps(frame_body()).encode(),
        authorization=f"Token {token}",
        content_type=JSON,
    )
    assert posted.status == 201
    answer = caller.call("GET", example.path, authorization=None, accept=JSON)
    shown = json.loads(example.answer)
    assert answer.json.keys() == shown.keys()
    assert answer.json["results"][0].keys() >= shown["results"][0].keys() - {"…"}


def test_projects_are_listed(busy: Reference) -> None:
    known, caller = Caller.of(busy.running), Caller(busy.url, token="")
    assert known.call("PUT", "/records/p/", b"{}", content_type=JSON).status in {200, 201}
    form = urlencode({"user": ANONYMOUS}).encode()
    granted = known.call("POST", "/records/p/permissions/", form, content_type=FORM)
    assert granted.status < 400, granted
    example = EXAMPLES["records"]
    answer = caller.call("GET", example.path, authorization=None, accept=JSON)
    assert [one.keys() for one in answer.json] == [json.loads(example.answer)[0].keys()]
