"""Sections 3 and 4: what is told, and how it is counted."""

import json
import re

import pytest

from schemas.capabilities import CAPABILITIES
from tests.equipment.reference import FORM, JSON, Reference

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
NINE = (
    *("name", "synopsis", "version", "institution", "releaseTime", "supportEmail", "category"),
    *("researchSubject", "tags"),
)
JUNK = (b"", b"{", b"5", b'{"count":7}', b"\xff\xfe", b"add=Count&count=9", b"x" * 100_000)


def test_what_a_service_is(either: Reference) -> None:
    for path in ("service", *(f"service/{name}" for name in CAPABILITIES)):
        said = either.get(f"{path}/info").json
        assert tuple(said) == NINE
        assert MOMENT.fullmatch(said["releaseTime"])
        assert said["tags"]
        assert all(isinstance(tag, str) for tag in said["tags"])
        assert all(isinstance(value, str) for name, value in said.items() if name != "tags")


def test_what_a_platform_is(either: Reference) -> None:
    assert tuple(either.get("platform/info").json) == tuple(
        one for one in NINE if one != "category"
    )


@pytest.mark.parametrize(
    ("component", "key"), [("service", "invocations"), ("platform", "interactions")]
)
def test_a_counter_begins_at_zero_and_goes_back_to_it(
    either: Reference, component: str, key: str
) -> None:
    first = either.get(f"{component}/stats").json
    assert first.keys() == {"lastReset", key}
    assert MOMENT.fullmatch(first["lastReset"])
    assert type(first[key]) is int
    answer = either.put(f"{component}/reset")
    assert (answer.status, answer.headers["content-type"]) == (200, JSON)
    assert answer.json == {"lastReset": answer.json["lastReset"], key: 0}
    assert answer.json["lastReset"] >= first["lastReset"]
    assert either.get(f"{component}/stats").json == answer.json


def test_each_call_is_counted_and_told_its_number(either: Reference) -> None:
    since = either.put("service/reset").json["lastReset"]
    for number in (1, 2, 3):
        answer = either.put("service/add")
        assert (answer.status, answer.headers["content-type"]) == (200, JSON)
        assert answer.json == {"invocations": number, "usagename": number, "lastReset": since}
        assert either.get("service/stats").json == {"invocations": number, "lastReset": since}


@pytest.mark.parametrize("body", JUNK)
@pytest.mark.parametrize("kind", [JSON, FORM, "text/plain", "multipart/form-data", "junk", None])
def test_what_is_sent_with_a_call_says_nothing(
    reference: Reference, body: bytes, kind: str | None
) -> None:
    reference.put("service/reset")
    answer = reference.call("PUT", "service/add", body, content_type=kind)
    assert (answer.status, answer.json["invocations"]) == (200, 1)
    for call in ("service/reset", "platform/start", "platform/stop", "platform/reset"):
        assert reference.call("PUT", call, body, content_type=kind).status == 200


def test_a_start_and_a_stop_count_even_when_they_change_nothing(either: Reference) -> None:
    either.put("platform/reset")
    for number, call in enumerate(("stop", "start", "start", "stop", "stop"), 1):
        answer = either.put(f"platform/{call}")
        assert answer.body == (b'{"running":true}' if call == "start" else b'{"running":false}')
        assert either.count("platform") == number


def test_reading_counts_nothing(either: Reference) -> None:
    counts = [either.count(one) for one in ("service", "platform")]
    for component in ("service", "platform"):
        for path in ("info", "stats", "app", "tryme", "support", "doc", "add", "start", "update"):
            for method in ("GET", "HEAD", "OPTIONS", "DELETE"):
                either.call(method, f"{component}/{path}")
        either.describe(component, {"name": "refused"})
        either.describe(component, either.get(f"{component}/info").json)
    assert [either.count(one) for one in ("service", "platform")] == counts


def test_a_counter_has_room(either: Reference) -> None:
    either.components.correct("service", 2**62, None, "user:vera")
    assert either.put("service/add").json["invocations"] == 2**62 + 1
    assert either.put("service/reset").json["invocations"] == 0


def test_a_capability_counts_only_events(reference: Reference) -> None:
    for name in CAPABILITIES:
        for call in ("add", "start", "stop", "app", "update", "reset", "setinfo"):
            assert reference.put(f"service/{name}/{call}").status == 404


def test_json_is_utf_8_without_blanks(reference: Reference) -> None:
    body = reference.get("platform/stats").body
    assert body == json.dumps(json.loads(body), separators=(",", ":")).encode()
