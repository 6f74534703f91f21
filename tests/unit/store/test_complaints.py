"""Servers say in their own ways what went wrong."""

import pytest

from store.complaints import complaint


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            b'{"success": false, "error": {"message": "Access denied", "__type": "X"}}',
            "Access denied",
        ),
        (b'{"error": {"__type": "Validation Error", "q": ["bad query"]}}', "q: bad query"),
        (b'{"error": {"filters": ["no a", "no b"], "q": ["x"]}}', "filters: no a, no b; q: x"),
        (b'{"error": "gone\\n away"}', "gone away"),
        (b'{"title": "Conflict", "detail": "It is locked"}', "It is locked"),
        (b'{"title": "Conflict", "status": 409}', "Conflict"),
        (b'{"error": {}}', ""),
        (b"{}", ""),
        (b'["error"]', ""),
        (b"<h1>Bad Gateway</h1>", ""),
        (b'{"error": "cut o', ""),
        (b"\xff", ""),
        (b"", ""),
    ],
)
def test_the_words(answer: bytes, words: str) -> None:
    assert complaint(answer) == words


def test_long_complaints_are_cut() -> None:
    told = complaint(b'{"error": "' + b"x" * 10_000 + b'"}')
    assert len(told) == 500
    assert told.endswith("x…")
