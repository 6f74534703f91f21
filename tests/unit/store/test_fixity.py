"""Fixity: size and digests, taken in one pass and compared."""

import hashlib

import pytest

from store.errors import DigestMismatchError
from store.fixity import Fixity, Measure

NOTHING = Fixity(
    0,
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "d41d8cd98f00b204e9800998ecf8427e",
)
ABC = Fixity(
    3,
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "900150983cd24fb0d6963f7d28e17f72",
)


def measured(*chunks: bytes) -> Fixity:
    measure = Measure()
    for chunk in chunks:
        measure.update(chunk)
    return measure.fixity()


def test_known_bytes_have_known_digests() -> None:
    assert measured() == NOTHING
    assert measured(b"abc") == ABC


def test_how_the_bytes_come_does_not_matter() -> None:
    assert measured(b"", b"a", b"", b"bc") == ABC
    large = bytes(range(256)) * 8192
    assert measured(large[:1000], large[1000:]).sha256 == hashlib.sha256(large).hexdigest()


def test_measuring_may_go_on_after_a_look() -> None:
    measure = Measure()
    assert measure.fixity() == NOTHING
    measure.update(b"abc")
    assert measure.fixity() == ABC


def test_what_was_announced_is_compared_where_it_was() -> None:
    ABC.check()
    ABC.check(size=3)
    ABC.check(size=ABC.size, sha256=ABC.sha256, md5=ABC.md5)


@pytest.mark.parametrize(
    ("announced", "field"),
    [
        ({"size": 4}, "size"),
        ({"size": 0}, "size"),
        ({"sha256": NOTHING.sha256}, "sha256"),
        ({"md5": NOTHING.md5, "size": 3}, "md5"),
        ({"md5": NOTHING.md5, "sha256": NOTHING.sha256, "size": 4}, "size"),
    ],
)
def test_the_first_difference_is_named(announced: dict[str, object], field: str) -> None:
    with pytest.raises(DigestMismatchError) as caught:
        ABC.check(**announced)  # type: ignore[arg-type]  # of each field's own type above
    assert caught.value.field == field
    assert caught.value.expected == announced[field]
    assert (
        str(caught.value) == f"{field} is {getattr(ABC, field)}, announced was {announced[field]}"
    )
