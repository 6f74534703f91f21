"""The beginnings of long texts: a page shows as much as people read, and says where the rest is."""

from dataclasses import dataclass
from typing import Any

from schemas.record_document import read_kept
from store.record_ports import LongText

MOST_CHARACTERS = 64 * 1024
"""Of one text on a page."""
MOST_ROWS = 1000
"""Of one table on a page of a record."""

_LONGEST_ESCAPE = len(r"\u0000")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A text, or its beginning."""

    text: str | None
    """None: it is kept elsewhere, and was not fetched."""
    whole: bool


NOTHING = Excerpt("", whole=True)


def beginning(text: str, most: int = MOST_CHARACTERS) -> Excerpt:
    """Return the first characters of a text."""
    return Excerpt(text[:most], whole=len(text) <= most)


def excerpt_of(kept: LongText | None, most: int = MOST_CHARACTERS) -> Excerpt:
    """Return the beginning of a record's long text, as far as it is kept with the record."""
    if kept is None or kept == LongText(None, None):
        return NOTHING
    if kept.literal is None:
        return Excerpt(None, whole=False)
    return beginning(read_kept(kept.literal), most)


def excerpt_of_literal(data: bytes, most: int = MOST_CHARACTERS, *, whole: bool) -> Excerpt:
    """Return the beginning of a text, from its JSON string literal.

    Not `whole`: `data` is only the beginning of the literal, cut anywhere.
    """
    if whole:
        return beginning(read_kept(data.decode()), most)
    for cut in range(_LONGEST_ESCAPE):
        try:
            text = read_kept(data[: len(data) - cut].decode() + '"')
        except ValueError:  # in the middle of an escape
            continue
        return Excerpt(text[:most], whole=False)
    return Excerpt("", whole=False)


def shortened(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a JSON value whose texts and lists are cut to what a page can show."""
    if isinstance(value, str):
        return value if len(value) <= MOST_CHARACTERS else value[:MOST_CHARACTERS] + " …"
    if isinstance(value, list):
        return [shortened(one) for one in value[:MOST_ROWS]]
    if isinstance(value, dict):
        return {key: shortened(inner) for key, inner in value.items()}
    return value
