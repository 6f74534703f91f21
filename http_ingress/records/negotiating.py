"""Which form of an answer a client of `/records` gets, by `?format=` or by `Accept`.

Sumatra's client names its media types in full, `application/vnd.sumatra.record-v4+json`; version
3 of them differs in that output files have no time of creation.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["project-list", "project", "record", "permissions"]
Form = Literal["v4", "json", "v3", "html", "ndjson"]

_LISTS = "application/vnd.sumatra.project-list"
_PLAIN: Mapping[Form, str] = {"json": "application/json", "html": "text/html"}
_LINES: Mapping[Form, str] = {"ndjson": "application/x-ndjson"}


def _versions(kind: Kind) -> Mapping[Form, str]:
    vendor = f"application/vnd.sumatra.{kind}"
    return {"v4": f"{vendor}-v4+json", "json": _PLAIN["json"], "v3": f"{vendor}-v3+json"}


_OFFERS: Mapping[Kind, Mapping[Form, str]] = {
    "project-list": {**_versions("project-list"), **_PLAIN},
    "project": {**_versions("project"), **_PLAIN, **_LINES},
    "record": {**_versions("record"), **_PLAIN},
    "permissions": _PLAIN,
}
"""The media types of each kind of answer; what comes first is preferred where a client says `*`."""

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"?')
_RANGE = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+/[!#$%&'*+.^_`|~0-9a-z-]+|\*", re.ASCII)
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The form to answer in."""

    form: Form
    media_type: str

    @property
    def html(self) -> bool:
        """Whether to answer with a page."""
        return self.form == "html"

    @property
    def v3(self) -> bool:
        """Whether the client knows no time of creation of an output file."""
        return self.form == "v3"

    @property
    def ndjson(self) -> bool:
        """Whether to answer with all of a project's records, one a line."""
        return self.form == "ndjson"

    @property
    def content_type(self) -> str:
        """What the header `Content-Type` says."""
        return f"{self.media_type}; charset=utf-8"


@dataclass(frozen=True, slots=True)
class _Range:
    """A readable part of `Accept`."""

    name: str
    quality: float
    position: int


def choose(kind: Kind, accept: str | None, format_: str | None) -> Chosen | None:
    """Return the form to answer in; None: there is none that the client would take (406).

    `accept` is the header, its lines joined with commas if there are several. The highest q wins,
    then what `accept` names first. As RFC 9110 section 12.5.1 has it, the most specific range
    decides about a media type: `application/json;q=0, */*` is anything but `application/json`.
    `format_`, the query's parameter, goes before `accept`, unless it is empty.
    """
    if format_:
        return _by_name(kind, format_)
    offers = _OFFERS[kind]
    if not (accept or "").strip(" \t,"):
        return next(Chosen(form, media_type) for form, media_type in offers.items())
    ranges = list(_ranges(accept or ""))
    liked = [
        (found, Chosen(form, media_type))
        for form, media_type in offers.items()
        if (found := _most_specific(media_type, ranges)) is not None and found.quality > 0
    ]
    if not liked:
        return None
    return min(liked, key=lambda pair: (-pair[0].quality, pair[0].position))[1]


def asks_for_list(accept: str | None) -> bool:
    """Whether `Accept` names a list of projects, as only Sumatra's clients do.

    They send no password until they are asked, and would take the public projects for all.
    """
    return any(
        found.name.startswith(_LISTS) and found.quality > 0 for found in _ranges(accept or "")
    )


def _by_name(kind: Kind, name: str) -> Chosen | None:
    # In a query `+` is a space, and few who type the address know.
    wanted = name.replace(" ", "+")
    for form, media_type in _OFFERS[kind].items():
        if wanted == (form if form not in {"v4", "v3"} else f"{kind}-{form}+json"):
            return Chosen(form, media_type)
    return None


def _ranges(accept: str) -> Iterator[_Range]:
    """Yield what can be read; a comma or semicolon inside of quotes separates nothing."""
    for position, part in enumerate(_QUOTED.sub('""', accept.lower()).split(",")):
        name, *parameters = (text.strip() for text in part.split(";"))
        quality = _quality(parameters)
        if _RANGE.fullmatch(name) and quality is not None:
            # An old HTTP client of Java's says `*` for `*/*`.
            yield _Range("*/*" if name == "*" else name, quality, position)


def _quality(parameters: list[str]) -> float | None:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            value = value.strip()
            return min(1.0, float(value)) if _NUMBER.fullmatch(value) else None
    return 1.0


def _most_specific(media_type: str, ranges: list[_Range]) -> _Range | None:
    """Return what decides about a media type: of ranges alike but for parameters, the kindest."""
    for name in (media_type, media_type.partition("/")[0] + "/*", "*/*"):
        found = [one for one in ranges if one.name == name]
        if found:
            return max(found, key=lambda one: one.quality)
    return None
