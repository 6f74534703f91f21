"""Long texts of records are objects: the doctor knows which belong to one, and which are gone."""

import hashlib
import json
from datetime import timedelta
from pathlib import Path

import pytest

from ops.settings import Settings
from ops.wiring import system
from store.keys import content_key
from tests.equipment.doctoring import doctor, stored
from tests.equipment.installations import Caller, settings_of
from tests.equipment.records import first_put

LATER = timedelta(hours=48)
DIFF, OTHER, STDOUT = ("+ é\n" * 20_000, "+ other\n" * 10_000, "said\n" * 20_000)


def key_of(text: str) -> str:
    return content_key(hashlib.sha256(json.dumps(text).encode()).hexdigest())


@pytest.fixture(params=["embedded", "deployed"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """An installation where a run has changed its long diff, and another one was deleted."""
    settings = settings_of(request.param, request, tmp_path)
    names = ["store-record", "delete-records"]
    with system(settings, ingress=True, consumers=names) as running:
        caller = Caller.of(running)

        def put(label: str, **changes: str) -> int:
            document = first_put(label=label, **changes)
            body = json.dumps(document).encode()
            return caller.call("PUT", f"/records/reef/{label}/", body).status

        assert caller.call("PUT", "/records/reef/", b"{}").status == 201
        assert put("run", diff=DIFF) == 201
        assert put("run", diff=OTHER) == 200
        assert put("gone", stdout_stderr=STDOUT, diff=DIFF) == 201
        assert caller.call("DELETE", "/records/reef/gone/").status == 204
    return settings


def test_what_a_record_says_or_said_is_no_orphan(settings: Settings) -> None:
    with stored(settings) as store:
        keys = [one.key for one in store.objects.list("content/")]
    assert keys == sorted(map(key_of, (DIFF, OTHER, STDOUT)))
    for deep in (False, True):
        found = doctor(settings, later=LATER, deep=deep)["archive"]
        assert (found.state, list(found.items)) == ("ok", [])


def test_a_long_text_that_is_gone_is_found_and_its_record_named(settings: Settings) -> None:
    with stored(settings) as store:
        store.objects.delete(key_of(OTHER))
        store.objects.delete(key_of(STDOUT))
    found = doctor(settings, deep=True)["archive"]
    assert found.state == "wrong"
    assert list(found.items) == sorted(map(key_of, (OTHER, STDOUT)))
    assert found.text.startswith("2 objects are gone that rows speak of, of record reef/run ...")


def test_sending_the_record_again_brings_a_long_text_back(settings: Settings) -> None:
    with stored(settings) as store:
        store.objects.delete(key_of(OTHER))
    with system(settings, ingress=True, consumers=["store-record"]) as running:
        body = json.dumps(first_put(label="run", diff=OTHER)).encode()
        assert Caller.of(running).call("PUT", "/records/reef/run/", body).status == 200
    assert doctor(settings, deep=True)["archive"].state == "ok"


def test_an_object_that_nothing_speaks_of_is_an_orphan_among_them(settings: Settings) -> None:
    key = content_key("0" * 64)
    with stored(settings) as store, store.objects.create(key) as sink:
        sink.write(b"its request was never accepted")
    found = doctor(settings, later=LATER, deep=True)["archive"]
    assert (found.state, list(found.items)) == ("warning", [key])
