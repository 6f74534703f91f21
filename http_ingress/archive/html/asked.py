"""What somebody asks of the search page: the query as they typed it, and as the API reads it.

The form has two fields that the API has not: RA and DEC, which become `covers=POINT(RA DEC)`. What
is empty is left out, so that a link to what was found says no more than was asked.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from multidict import MultiDict, MultiDictProxy, MultiMapping
from pydantic import JsonValue

from http_ingress.archive.answers import Refused
from http_ingress.archive.html.positions import PositionError, plain, read_dec, read_ra
from http_ingress.archive.parameter_values import last, query_flag
from http_ingress.archive.parameters import PARAMETERS, Types, read_search
from store.frames.search import Search

FORM = (
    *("target_name", "basename", "proposal_id", "start", "end", "dayobs", "ra", "dec"),
    *("site_id", "telescope_id", "instrument_id", "primary_optical_element"),
    *("configuration_type", "reduction_level", "exposure_time", "exclude_calibrations", "public"),
)
"""Fields of the form."""

_DEGREES = r"([-+]?[0-9]{1,3}(?:\.[0-9]{0,15})?)"
_POINT = re.compile(rf"POINT ?\( ?{_DEGREES} {_DEGREES} ?\)", re.IGNORECASE)
"""A point that the form can show; others stay as they were written."""
_KEPT = ("ordering", "limit", "pagination_style", "view")
"""What says how frames are shown, and stays when others are asked for."""

Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked, for the form to be shown again."""

    typed: Mapping[str, str]
    """By field of the form."""
    query: MultiMapping[str]
    """As the API reads it."""
    others: Sequence[tuple[str, str]]
    """Filters in force that the form has no field for."""
    errors: Mapping[str, Sequence[str]]
    """By field of the form; empty: all could be read."""
    search: Search | None
    """None: something could not be read."""

    @property
    def narrow(self) -> bool:
        """Whether it leaves out frames."""
        return any(self.typed.values()) or bool(self.others)

    @property
    def kept(self) -> Pairs:
        """What the form brings along unseen."""
        shown = [(name, self.query[name]) for name in _KEPT if name in self.query]
        return [*self.others, *shown]

    def without(self, *names: str) -> Pairs:
        """Return the query without some parameters."""
        return [pair for pair in self.query.items() if pair[0] not in names]


def read_asked(given: MultiMapping[str], types: Types) -> Asked:
    """Return what is asked for. What cannot be read is said, and not raised."""
    # Of several equal ones the last counts, and if that is empty, none does.
    silent = {name for name in FORM if name in given and not given.getall(name)[-1].strip()}
    query = MultiDict(
        (name, value)
        for name, value in given.items()
        if value.strip() and name not in {"ra", "dec", "format", *silent}
    )
    typed = {name: values[-1] for name in FORM if (values := given.getall(name, []))}
    errors: dict[str, Sequence[str]] = {}
    _read_point(typed, query, errors)
    search = None
    try:
        search = read_search(MultiDictProxy(query), types)
    except Refused as refused:
        errors |= _errors_of(refused.said, point="ra" if typed.get("ra") else "covers")
    others = [
        (name, value)
        for name, value in query.items()
        if name in PARAMETERS and not _in_form(name, value, typed)
    ]
    if query_flag(query, "exclude_calibrations") is None:
        typed.pop("exclude_calibrations", None)
    return Asked(
        typed={name: typed.get(name, "").strip() for name in FORM},
        query=query,
        others=others,
        errors=errors,
        search=None if errors else search,
    )


def _read_point(
    typed: dict[str, str], query: MultiDict[str], errors: dict[str, Sequence[str]]
) -> None:
    """Have the query ask for the point that was typed, or the form show the point asked for."""
    texts = {name: typed.get(name, "").strip() for name in ("ra", "dec")}
    if not any(texts.values()):
        found = _POINT.fullmatch(last(query, "covers"))
        if found:
            typed["ra"], typed["dec"] = found.groups()
        return
    position = {}
    for name, read in (("ra", read_ra), ("dec", read_dec)):
        if not texts[name]:
            errors[name] = ["A point has both, RA and DEC."]
            continue
        try:
            position[name] = read(texts[name])
        except PositionError as error:
            errors[name] = [str(error)]
    if not errors:
        query["covers"] = f"POINT({plain(position['ra'])} {plain(position['dec'])})"


def _in_form(name: str, value: str, typed: Mapping[str, str]) -> bool:
    if name == "covers":
        return _POINT.fullmatch(value) is not None and bool(typed.get("ra"))
    return name in FORM


def _errors_of(said: JsonValue, point: str) -> dict[str, Sequence[str]]:
    if isinstance(said, dict):
        return {name: _texts(value) for name, value in said.items()}
    texts = _texts(said)
    which = "intersects" if texts[0].startswith("Error with intersects") else point
    return {which: texts}


def _texts(said: JsonValue) -> list[str]:
    return [str(one) for one in said] if isinstance(said, list) and said else [str(said)]
