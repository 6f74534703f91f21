"""How pages say what a record says."""

import json

import pytest

from http_ingress.records.html import wording
from http_ingress.records.html.diffs import blocks
from http_ingress.records.html.excerpts import (
    NOTHING,
    Excerpt,
    beginning,
    excerpt_of,
    excerpt_of_literal,
)
from store.record_ports import LongText


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "\N{EN DASH}"),
        (0, "0 s"),
        (0.0004, "under 0.001 s"),
        (0.42, "0.42 s"),
        (59.94, "59.9 s"),
        (60, "1 min 0 s"),
        (192.3, "3 min 12 s"),
        (3599.7, "1 h 0 min"),
        (18_180, "5 h 3 min"),
        (190_000, "2 d 4 h"),
        (-2.5, "-2.5 s"),
        (1e300, "1e+300 s"),
        (10**300, "1e+300 s"),
    ],
)
def test_durations_have_their_two_largest_units(seconds: float | None, words: str) -> None:
    assert wording.duration(seconds) == words


@pytest.mark.parametrize(
    ("kind", "parameters", "words"),
    [
        ("SerialLaunchMode", {}, "serial"),
        ("SerialTqdmLaunchMode", {"n": 2}, "serial"),
        ("DistributedLaunchMode", {"n": 8}, "distributed, n=8"),
        ("SlurmMPILaunchMode", {"n": "16"}, "distributed, n=16"),
        ("DistributedLaunchMode", {}, "distributed"),
        ("Other", {"n": [1]}, "distributed, n=[1]"),
    ],
)
def test_launch_modes_are_told_in_words(
    kind: str, parameters: dict[str, object], words: str
) -> None:
    assert wording.launch_mode({"type": kind, "parameters": parameters}) == words


def test_a_status_of_signs_only_is_itself() -> None:
    found = wording.status(["_._"])
    assert found is not None
    assert found.word == "_._"
    assert wording.status(["plain"]) is None


@pytest.mark.parametrize(
    ("place", "last"),
    [("/home/ann/reef/", "reef"), ("https://x.org/a/b.git", "b.git"), ("C:\\r", "r"), ("/", "/")],
)
def test_of_a_repository_the_last_part_tells_it_apart(place: str, last: str) -> None:
    assert wording.last_part(place) == last


def kinds(diff: str) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for block in blocks(diff.splitlines())]


def test_lines_of_a_diff_are_told_apart_by_counting() -> None:
    first = "--- a\n+++ b\n@@ -1,2 +1,2 @@\n--- a comment\n+++ i\n same\n"
    diff = f"{first}--- c\n+++ d\n@@ -0,0 +1 @@\n+x"
    assert kinds(diff) == [
        ("file", "--- a\n+++ b\n"),
        ("hunk", "@@ -1,2 +1,2 @@\n"),
        ("removed", "--- a comment\n"),
        ("added", "+++ i\n"),
        ("plain", " same\n"),
        ("file", "--- c\n+++ d\n"),
        ("hunk", "@@ -0,0 +1 @@\n"),
        ("added", "+x\n"),
    ]


def test_a_missing_line_end_is_no_line() -> None:
    diff = "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\ntext"
    assert [kind for kind, _ in kinds(diff)] == [
        *("hunk", "removed", "plain", "added", "plain"),
    ]


def test_what_is_no_diff_is_plain() -> None:
    assert kinds("+a\n- b\n@@ x @@") == [("plain", "+a\n- b\n@@ x @@\n")]


def test_a_text_is_shown_from_its_beginning() -> None:
    assert beginning("abc", 3) == Excerpt("abc", whole=True)
    assert beginning("abcd", 3) == Excerpt("abc", whole=False)
    assert excerpt_of(None) == excerpt_of(LongText(None, None)) == NOTHING
    assert excerpt_of(LongText('"a\\nb"', None)) == Excerpt("a\nb", whole=True)
    assert excerpt_of(LongText(None, "f" * 64)) == Excerpt(None, whole=False)


def test_a_literal_may_be_cut_anywhere() -> None:
    text = 'a"\\\n\u00e9\U0001f40c\\'
    literal = json.dumps(text).encode()
    assert excerpt_of_literal(literal, whole=True) == Excerpt(text, whole=True)
    for end in range(1, len(literal)):
        found = excerpt_of_literal(literal[:end], whole=False)
        assert found.text is not None
        assert not found.whole
        known = found.text.encode("utf-16-be", "surrogatepass")
        assert text.encode("utf-16-be").startswith(known)
