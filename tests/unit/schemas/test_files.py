"""Events of files: what a request may say."""

import pytest
from pydantic import ValidationError

from schemas.files import FileIngestRequested, FileRejected

LEAST = {"name": "a.fits", "source": "upload:1"}


def test_a_request_needs_a_name_and_a_source() -> None:
    request = FileIngestRequested.model_validate(LEAST)
    assert (request.size, request.sha256, request.md5, request.media_type) == (None,) * 4
    assert request.metadata == {}
    assert request.subject == "a.fits"


def test_names_and_digests_are_brought_into_one_form() -> None:
    request = FileIngestRequested.model_validate(
        {**LEAST, "name": "e\u0301", "sha256": "AB" * 32, "md5": "CD" * 16}
    )
    assert (request.name, request.sha256, request.md5) == ("é", "ab" * 32, "cd" * 16)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "../a"),
        ("source", ""),
        ("source", "upload:\x00"),
        ("source", "/inbox/a\nb"),
        ("source", "x" * 2049),
        ("size", -1),
        ("sha256", "ab"),
        ("md5", "ab" * 32),
        ("media_type", "fits"),
        ("metadata", []),
        ("metadata", {"exposure": float("inf")}),
        ("metadata", None),
    ],
)
def test_what_does_not_fit_is_refused(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        FileIngestRequested.model_validate({**LEAST, field: value})
    assert [error["loc"][0] for error in caught.value.errors()] == [field]


def test_a_refusal_is_a_failed_outcome() -> None:
    assert FileRejected.OUTCOME == "failed"
    assert FileIngestRequested.OUTCOME == "succeeded"
