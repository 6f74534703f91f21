"""Events from outside, before they are accepted; the whole of it over HTTP is tested elsewhere."""

import json

import pytest

from http_ingress.incoming import is_batch, judge, read_batch, read_one
from http_ingress.problems import Problem
from schemas.catalogue import POSTABLE
from schemas.envelope import BATCH, LARGEST_DATA, Envelope
from schemas.probes import ProbeAnswered, ProbeRequested
from schemas.routing import is_request

HEADERS = {
    "Content-Type": "application/json; charset=utf-8",
    "ce-specversion": "1.0",
    "ce-id": "1",
    "ce-source": "/t",
    "ce-type": ProbeRequested.TYPE,
}


def event(number: int, **changes: object) -> dict[str, object]:
    whole = {"specversion": "1.0", "id": str(number), "source": "/t", "type": ProbeRequested.TYPE}
    return {**whole, "data": {"probe": "p"}, **changes}


def errors_of(problem: Problem) -> list[tuple[int, str]]:
    return [(error["index"], error["field"]) for error in problem.members["errors"]]


def test_the_data_is_kept_byte_for_byte() -> None:
    body = b'{ "probe" : "p",\n "unknown": 1.50 }'
    assert read_one(HEADERS, body).data == body


@pytest.mark.parametrize("content_type", ["application/vnd.x+json", "APPLICATION/JSON", ""])
def test_json_by_any_name_is_taken(content_type: str) -> None:
    headers = {name: value for name, value in HEADERS.items() if name != "Content-Type"}
    if content_type:
        headers["Content-Type"] = content_type
    assert read_one(headers, b'{"probe": "p"}').type == ProbeRequested.TYPE


def test_only_requests_can_be_posted_and_the_answer_lists_them() -> None:
    assert POSTABLE
    assert all(is_request(name) for name in POSTABLE)
    fact = Envelope(id="1", source="/t", type=ProbeAnswered.TYPE, data=b"{}")
    [fault] = judge(fact)
    assert fault.field == "type"
    assert all(name in fault.message for name in POSTABLE)


def test_everything_that_is_wrong_with_the_data_is_named() -> None:
    headers = {**HEADERS, "ce-type": "muniment.file.ingest_requested.v1"}
    with pytest.raises(Problem) as caught:
        read_one(headers, b'{"name": "../x", "size": -1}')
    fields = [error["field"] for error in caught.value.members["errors"]]
    assert fields == ["data.name", "data.source", "data.size"]
    assert caught.value.members["field"] == "data.name"
    assert caught.value.kind.status == 422


@pytest.mark.parametrize("data", [b"", b"null", b"[]", b'"p"', b"7"])
def test_data_that_are_no_object_are_told_so_in_the_reader_s_words(data: bytes) -> None:
    with pytest.raises(Problem, match="data") as caught:
        read_one(HEADERS, data)
    assert "ProbeRequested" not in caught.value.detail
    assert caught.value.members["field"] == "data"


def test_data_may_be_as_large_as_the_bus_carries_and_no_larger() -> None:
    padding = LARGEST_DATA - len('{"probe":"p","payload":""}')
    assert read_one(HEADERS, b'{"probe":"p","payload":"%b"}' % (b"x" * padding))
    with pytest.raises(Problem) as caught:
        read_one(HEADERS, b'{"probe":"p","payload":"%b"}' % (b"x" * (padding + 1)))
    assert caught.value.kind.status == 413


def test_a_batch_names_what_cannot_be_read_beside_what_is_not_valid() -> None:
    batch = [event(0), event(1, id=None), event(2, type="x"), event(3, data={"probe": 1}), 7]
    with pytest.raises(Problem) as caught:
        read_batch(json.dumps(batch).encode(), 10)
    assert caught.value.kind.status == 422
    assert errors_of(caught.value) == [(1, "id"), (2, "type"), (3, "data.probe"), (4, "event")]


def test_a_good_batch_keeps_its_order() -> None:
    batch = json.dumps([event(number) for number in range(5)]).encode()
    assert [one.id for one in read_batch(batch, 5)] == ["0", "1", "2", "3", "4"]
    assert read_batch(b"[]", 5) == []
    with pytest.raises(Problem):
        read_batch(batch, 4)


def test_a_batch_is_known_by_its_media_type() -> None:
    assert is_batch({"Content-Type": f"{BATCH.upper()}; charset=utf-8"})
    assert not is_batch({"Content-Type": "application/cloudevents+json"})
    assert not is_batch({})
