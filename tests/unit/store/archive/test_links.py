"""Links say what they are for, until when, and cannot be made by others."""

from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.archive.links import Kind, link, state_of

SECRET, KIND, NUMBER, NAME, EXPIRES = "ours", "content", 7, "x e\u0301%2F?.fits.fz", 2_000


def state(  # noqa: PLR0913 - what a link is made of
    *,
    secret: str = SECRET,
    kind: Kind = "content",
    number: int = NUMBER,
    name: str = NAME,
    expires: str | None = None,
    now: float = 1_000,
) -> str:
    query = parse_qs(urlsplit(link(SECRET, "content", NUMBER, NAME, EXPIRES)).query)
    return state_of(
        secret,
        kind,
        number,
        name,
        expires=query["expires"][0] if expires is None else expires,
        signature=query["signature"][0],
        now=now,
    )


def test_a_link_works_until_it_expires() -> None:
    assert state() == "good"
    assert state(now=EXPIRES - 0.001) == "good"
    assert state(now=EXPIRES) == "expired"


def test_its_path_names_what_it_is_for() -> None:
    path = urlsplit(link(SECRET, "content", NUMBER, NAME, EXPIRES)).path
    assert path.split("/")[:4] == ["", "archive", "content", "7"]
    assert unquote(path.split("/", 4)[4]) == NAME


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "another"},
        {"kind": "thumbnail-content"},
        {"number": 8},
        {"name": "x.exe"},
        {"expires": "2001"},
        {"expires": "02000x"},
        {"expires": ""},
        {"expires": "-1"},
        {"expires": "٢٠٠٠"},
        {"expires": "9" * 100},
    ],
)
def test_what_was_changed_is_forged(wrong: dict[str, str]) -> None:
    assert state(**wrong) == "forged"  # type: ignore[arg-type]  # each with the type it has
    # It is not told whether it would have expired.
    assert state(**wrong, now=9_999) == "forged"  # type: ignore[arg-type]  # as above


@settings(max_examples=50)
@given(signature=st.text(), expires=st.text())
def test_nothing_that_is_sent_is_an_accident(signature: str, expires: str) -> None:
    assert (
        state_of(SECRET, "content", 1, "x", expires=expires, signature=signature, now=0) == "forged"
    )
