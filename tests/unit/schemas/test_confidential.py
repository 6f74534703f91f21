"""Which events are of a project, and which requests may come from outside."""

import pytest

from schemas.catalogue import CONFIDENTIAL, EVENTS, NOBODYS, POSTABLE, project_of
from schemas.envelope import Envelope
from schemas.probes import ProbeRequested
from schemas.projects import ProjectCreated
from schemas.records import RecordDeletionRequested, RecordPutRequested
from schemas.routing import is_request


def told(data: bytes, name: str = ProjectCreated.TYPE) -> Envelope:
    return Envelope(id="1", source="/t", type=name, data=data)


@pytest.mark.parametrize("name", sorted(CONFIDENTIAL))
def test_the_project_is_a_field_that_every_event_of_the_type_has(name: str) -> None:
    field = EVENTS[name].PROJECT
    assert field is not None
    assert EVENTS[name].model_fields[field].is_required()
    assert project_of(told(f'{{"{field}":"reef"}}'.encode(), name)) == "reef"


def test_other_events_are_of_no_project_whatever_they_say() -> None:
    assert project_of(told(b'{"probe":"x","project":"reef"}', ProbeRequested.TYPE)) is None
    assert project_of(told(b"{", ProbeRequested.TYPE)) is None
    assert project_of(told(b'{"project":"reef"}', "muniment.unheard.of.v1")) is None


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"\xff",
        b"null",
        b"[]",
        b"{}",
        b'{"project":7}',
        b'{"project":null}',
        b'{"project":["reef"]}',
        b'{"project":"re\\u0000ef"}',
        b'{"project":"re\\ud800ef"}',
        b'{"project":""}',
    ],
)
def test_what_does_not_say_its_project_is_of_one_that_nobody_has(data: bytes) -> None:
    assert project_of(told(data)) == NOBODYS


def test_of_two_projects_the_one_counts_that_readers_of_the_event_take() -> None:
    assert project_of(told(b'{"project":"reef","project":"moor"}')) == "moor"


def test_what_an_adapter_has_to_check_is_not_postable() -> None:
    assert ProbeRequested.TYPE in POSTABLE
    assert all(is_request(name) for name in POSTABLE)
    for cls in (RecordPutRequested, RecordDeletionRequested):
        assert is_request(cls.TYPE)
        assert cls.TYPE not in POSTABLE
