"""Events of records and projects: what they are about, who may see them, what they may not say."""

from typing import get_args

import pytest
from pydantic import ValidationError

from schemas.base import Event
from schemas.catalogue import EVENTS
from schemas.projects import (
    PermissionGranted,
    PermissionRevoked,
    ProjectCreated,
    ProjectUpdated,
)
from schemas.records import (
    RecordClosed,
    RecordCreated,
    RecordDeleted,
    RecordDeletionRequested,
    RecordPutRequested,
    RecordRefused,
    RecordUpdated,
    Refusal,
)
from schemas.routing import is_request

WHO = {"project": "Récif", "user": "ann"}
RECORD = {**WHO, "label": "a/b c"}
SHA256 = "0" * 64


@pytest.mark.parametrize(
    ("event", "subject"),
    [
        (RecordPutRequested(**RECORD, fields=(), size=0, sha256=SHA256), "Récif/a/b c"),
        (RecordCreated(**RECORD, revision=1), "Récif/a/b c"),
        (RecordUpdated(**RECORD, revision=2, fields=("tags",)), "Récif/a/b c"),
        (RecordClosed(**RECORD, revision=2, status=None), "Récif/a/b c"),
        (RecordDeleted(**RECORD, revision=3), "Récif/a/b c"),
        (RecordRefused(**RECORD, code="gone", reason="r"), "Récif/a/b c"),
        (RecordRefused(**WHO, code="forbidden", reason="r"), "Récif"),
        (RecordDeletionRequested(**RECORD), "Récif/a/b c"),
        (RecordDeletionRequested(**WHO, tag="x"), "Récif"),
        (ProjectCreated(**WHO), "Récif"),
        (ProjectUpdated(**WHO, fields=("name",)), "Récif"),
        (PermissionGranted(**WHO, member="bo"), "Récif"),
        (PermissionRevoked(**WHO, member="bo"), "Récif"),
    ],
)
def test_an_event_is_about_a_record_or_a_project(event: Event, subject: str) -> None:
    assert event.subject == subject
    assert event.PROJECT == "project"


def of_the_record_store() -> list[type[Event]]:
    kinds = ("muniment.record.", "muniment.project.", "muniment.permission.")
    return [event for name, event in EVENTS.items() if name.startswith(kinds)]


@pytest.mark.parametrize("event", of_the_record_store(), ids=lambda event: event.TYPE)
def test_only_readers_of_the_project_see_it_and_nobody_posts_a_request(event: type[Event]) -> None:
    assert event.PROJECT == "project"
    assert event.POSTABLE is not is_request(event.TYPE)


@pytest.mark.parametrize("event", of_the_record_store(), ids=lambda event: event.TYPE)
def test_it_names_fields_and_never_holds_what_they_say(event: type[Event]) -> None:
    assert set(event.model_fields) <= {
        *("project", "label", "user", "member", "tag", "revision", "fields", "status"),
        *("code", "reason", "size", "sha256"),
    }


def test_there_are_eleven_of_them() -> None:
    assert len(of_the_record_store()) == 11


def test_a_refusal_fails_the_operation_and_has_a_code_of_the_known() -> None:
    assert RecordRefused.OUTCOME == "failed"
    for code in get_args(Refusal):
        assert RecordRefused(**WHO, code=code, reason="r").fields == ()
    with pytest.raises(ValidationError, match="code"):
        RecordRefused.model_validate({**WHO, "code": "no", "reason": "r"})


@pytest.mark.parametrize(
    ("field", "value"), [("size", -1), ("sha256", "ab"), ("label", None), ("fields", "diff")]
)
def test_a_request_with_a_bad_field_is_refused(field: str, value: object) -> None:
    good = {**RECORD, "fields": ["diff"], "size": 1, "sha256": SHA256}
    with pytest.raises(ValidationError, match=field):
        RecordPutRequested.model_validate({**good, field: value})


def test_revisions_count_from_one() -> None:
    with pytest.raises(ValidationError, match="revision"):
        RecordCreated(**RECORD, revision=0)
