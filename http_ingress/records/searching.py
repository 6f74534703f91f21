"""Which records of a project are asked for: the parameters of its address.

`tags` is what Sumatra's client sends; the others are ours. A parameter that nobody knows says
nothing, as Sumatra Server has it, and one that is empty neither: forms send their empty fields.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from typing import Any
from urllib.parse import urlencode

from multidict import MultiMapping

from http_ingress import problems
from http_ingress.problems import Problem
from schemas.record_moments import read_moment
from schemas.types import has_control_characters
from store.record_views import Selection

MOST_RECORDS = 10_000
"""On one page; without `limit` there are no pages, since Sumatra's client knows none."""
LARGEST_OFFSET = 2**31 - 1

_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NO_SECONDS = re.compile("(.{10}[ T][0-9]{2}:[0-9]{2})(?=$|[Z+-])")
"""A form's field for a day and time sends no seconds when they are zero."""


@dataclass(frozen=True, slots=True)
class Search(Selection):
    """Which records are wanted, and in what portion and shape."""

    limit: int | None = None
    """None: all."""
    offset: int = 0
    expand: bool = False
    """Whether the records themselves are wanted, in the place of their URLs."""


def read_search(query: MultiMapping[str]) -> Search:
    """Return what a query asks for. Raises a Problem that names the parameter."""
    limit = _number(query, "limit", 1, MOST_RECORDS)
    offset = _number(query, "offset", 0, LARGEST_OFFSET)
    return Search(
        tags=_tags(query),
        match_all=_word(query, "match", ("any", "all")) == "all",
        since=_moment(query, "since", time.min),
        until=_moment(query, "until", time.max),
        main_file=_value(query, "main_file"),
        parameter=_value(query, "parameter"),
        text=_value(query, "q"),
        limit=limit,
        offset=offset or 0,
        expand=_word(query, "expand", ("records",)) is not None,
    )


def tags_value(query: MultiMapping[str]) -> str | None:
    """Return `tags` as it was sent; None also when it is empty. Raises a Problem."""
    return ",".join(_values(query, "tags")) or None


def query_of(search: Search, **changes: Any) -> str:  # noqa: ANN401 - a field of Search each
    """Return the query, without `?`, that asks for this, or for this with `changes`.

    The same search has one query, with its parameters sorted; what is as it would be anyway is
    left out, so that the query may be empty.
    """
    wanted = replace(search, **changes)
    pairs = {
        "expand": "records" if wanted.expand else None,
        "limit": wanted.limit,
        "main_file": wanted.main_file,
        "match": "all" if wanted.match_all else None,
        "offset": wanted.offset or None,
        "parameter": wanted.parameter,
        "q": wanted.text,
        "since": written(wanted.since, time.min),
        "tag": [tag for tag in wanted.tags if "," in tag],
        "tags": ",".join(tag for tag in wanted.tags if "," not in tag),
        "until": written(wanted.until, time.max),
    }
    return urlencode({name: value for name, value in pairs.items() if value}, doseq=True, safe=",")


def written(moment: datetime | None, implied: time) -> str | None:
    """Return a moment as a query or a form says it: a day when its time is the implied one."""
    if moment is None:
        return None
    day = moment.time() == implied
    return moment.date().isoformat() if day else moment.replace(tzinfo=None).isoformat() + "Z"


def _values(query: MultiMapping[str], name: str) -> Sequence[str]:
    values = [value for value in query.getall(name, ()) if value]
    if any(has_control_characters(value) for value in values):
        raise _problem(name, "must not contain control characters")
    return values


def _value(query: MultiMapping[str], name: str) -> str | None:
    values = _values(query, name)
    if len(values) > 1:
        raise _problem(name, "is given twice")
    return values[0] if values else None


def _tags(query: MultiMapping[str]) -> tuple[str, ...]:
    together = (tag for value in _values(query, "tags") for tag in value.split(",") if tag)
    return tuple(sorted({*together, *_values(query, "tag")}))


def _word(query: MultiMapping[str], name: str, words: Sequence[str]) -> str | None:
    value = _value(query, name)
    if value is not None and value not in words:
        raise _problem(name, f"must be {' or '.join(words)}")
    return value


def _number(query: MultiMapping[str], name: str, least: int, most: int) -> int | None:
    value = _value(query, name)
    if value is None:
        return None
    number = int(value) if re.fullmatch("[0-9]{1,12}", value) else -1
    if not least <= number <= most:
        raise _problem(name, f"must be a number from {least} to {most}")
    return number


def _moment(query: MultiMapping[str], name: str, implied: time) -> datetime | None:
    """Return a moment in UTC; a day gets the `implied` time."""
    value = _value(query, name)
    if value is None:
        return None
    try:
        if _DAY.fullmatch(value):
            return datetime.combine(datetime.fromisoformat(value), implied, UTC)
        # A `+` that nobody encoded has become a space.
        value = value[:11] + value[11:].replace(" ", "+")
        return read_moment(_NO_SECONDS.sub(r"\1:00", value, count=1))
    except ValueError as error:
        raise _problem(
            name, "must be a day like 2024-05-01 or a time like 2024-05-01T10:00:00Z"
        ) from error


def _problem(name: str, wrong: str) -> Problem:
    return Problem(problems.MALFORMED, f"{name} {wrong}.", field=name)
