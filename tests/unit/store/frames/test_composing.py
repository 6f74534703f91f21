"""What a post makes of the rows of a frame."""

import pytest
from pydantic import JsonValue

from store.frames.composing import submitter_of


@pytest.mark.parametrize(
    ("said", "submitter"),
    [
        (None, ""),
        ("ada", "ada"),
        ("a\0da", "ada"),
        (7, "7"),
        ("\N{TELESCOPE}" * 500, "\N{TELESCOPE}" * 500),
        ("\N{TELESCOPE}" * 501, ""),
        ({"ada": "x" * 2000}, ""),
    ],
)
def test_who_observed_as_far_as_an_index_has_room(said: JsonValue, submitter: str) -> None:
    assert submitter_of({"USERID": said}) == submitter


def test_headers_need_not_say_who_observed() -> None:
    assert submitter_of({}) == ""
