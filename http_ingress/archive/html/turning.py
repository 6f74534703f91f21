"""Addresses around a page of what was found: other pages, other orders, the same in JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from http_ingress.archive.html.asked import Asked, Pairs
from http_ingress.archive.html.surroundings import ROOT
from http_ingress.archive.pagination import Turns, Window
from store.frames.search import Order

SEARCH = f"{ROOT}/frames/"

COLUMNS = (
    ("basename", "Frame"),
    ("observation_date", "Observed"),
    ("target_name", "Target"),
    ("proposal_id", "Proposal"),
    ("", "Site"),
    ("instrument_id", "Instrument"),
    ("primary_optical_element", "Filter"),
    ("configuration_type", "Type"),
    ("reduction_level", "Level"),
    ("exposure_time", "Exposure"),
)
"""What is ordered by, and how the table calls it; empty: nothing is ordered by that."""

_DESCENDS_FIRST = {"observation_date", "exposure_time"}


@dataclass(frozen=True, slots=True)
class Column:
    """A head of the table."""

    name: str
    url: str
    """That orders by it; empty: there is no such order."""
    sorted: str
    """As ARIA says it: `ascending`, `descending`; empty: not by this."""


@dataclass(frozen=True, slots=True)
class Pages:
    """Other pages; empty: there is none in that direction."""

    first: str = ""
    previous: str = ""
    next: str = ""
    last: str = ""


def address(pairs: Pairs) -> str:
    """Return the address of the search page that asks for this."""
    query = urlencode(pairs, errors="replace")
    return f"{SEARCH}?{query}" if query else SEARCH


def columns(asked: Asked, order: Sequence[Order]) -> list[Column]:
    """Return the heads; each orders by its column, or the other way round."""
    by, descends = order[0]
    kept = asked.without("ordering", "offset", "cursor")

    def column(key: str, name: str) -> Column:
        if not key:
            return Column(name, "", "")
        down = (not descends) if key == by else key in _DESCENDS_FIRST
        way = ("descending" if descends else "ascending") if key == by else ""
        return Column(name, address([*kept, ("ordering", f"{'-' if down else ''}{key}")]), way)

    return [column(*one) for one in COLUMNS]


def plain_columns() -> list[Column]:
    """Return the heads of a table that has but one order."""
    return [Column(name, "", "") for _, name in COLUMNS]


def by_offset(asked: Asked, window: Window, count: int) -> Pages:
    """Return the pages around a counted one."""
    limit, here = window.limit, window.offset
    kept = asked.without("offset")

    def at(offset: int) -> str:
        return address([*kept, *([("offset", str(offset))] if offset else [])])

    last = max(0, count - 1) // limit * limit
    before = here > 0
    after = here + limit < count
    return Pages(
        at(0) if before else "",
        at(min(max(0, here - limit), last)) if before else "",
        at(here + limit) if after else "",
        at(last) if after else "",
    )


def by_cursor(asked: Asked, turns: Turns) -> Pages:
    """Return the pages around one that is not counted."""
    kept = asked.without("cursor")
    following, preceding = (
        "" if cursor is None else address([*kept, ("cursor", cursor)])
        for cursor in (turns.following, turns.preceding)
    )
    first = address(kept) if "cursor" in asked.query else ""
    return Pages(first=first, previous=preceding, next=following)


def chips(asked: Asked) -> list[tuple[str, str, str]]:
    """Return the filters that the form has no field for: name, value, and how to drop it."""
    pairs = [pair for pair in asked.query.items() if pair[0] not in {"offset", "cursor"}]
    return [
        (name, value, address([pair for pair in pairs if pair != (name, value)]))
        for name, value in asked.others
    ]


def views(asked: Asked) -> tuple[str, str]:
    """Return where the same frames are a table, and where they are pictures."""
    kept = asked.without("view")
    return address(kept), address([*kept, ("view", "pictures")])


def in_json(asked: Asked) -> str:
    """Return the address of the very same query in JSON."""
    return address([*asked.without("view"), ("format", "json")])
