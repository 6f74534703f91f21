"""What a server says went wrong, in words."""

from pydantic_core import from_json

LONGEST = 64 * 1024
"""Bytes of an error's answer that are worth reading."""
_MOST_CHARACTERS = 500
_KEYS = ("message", "error", "detail", "title")
_NO_WORDS = {"__type", "success", "help", "status", "type", "statement", "params"}


def complaint(answer: bytes) -> str:
    """Return the words in the JSON of an error's answer, on one line; empty when there are none.

    Known are RFC 9457's `detail`, and CKAN's `error`: a text, an object with `message`, or one
    that lists under each field what is wrong with it.
    """
    try:
        said = from_json(answer)
    except ValueError:
        return ""
    return words(said) if isinstance(said, dict) else ""


def words(said: object) -> str:
    """Return the words in `said`, a JSON value, on one line of at most 500 characters."""
    line = " ".join(_words(said).split())
    return line if len(line) <= _MOST_CHARACTERS else f"{line[: _MOST_CHARACTERS - 1]}…"


def _words(said: object) -> str:
    if isinstance(said, str):
        return said
    if isinstance(said, list):
        return ", ".join(filter(None, map(_words, said[:10])))
    if not isinstance(said, dict):
        return ""
    for key in _KEYS:
        if found := _words(said.get(key)):
            return found
    each = ((key, _words(value)) for key, value in said.items() if key not in _NO_WORDS)
    return "; ".join(f"{key}: {text}" for key, text in each if text)
