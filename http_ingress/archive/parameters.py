"""From the query of a list of frames to a `Search`: what each parameter means, and what it may be.

Parameters that nobody knows and those that are empty say nothing; of several equal ones the last
counts. Texts of errors are those of Django's forms, as the OCS Science Archive 2.7 gives them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from multidict import MultiMapping
from pydantic import JsonValue

from http_ingress.archive.answers import Refused
from http_ingress.archive.parameter_values import (
    Read,
    WrongParameter,
    at_least_number,
    day,
    exactly,
    folded,
    last,
    not_a_choice,
    not_public,
    number_of,
    query_flag,
    read_moment,
    text_of,
)
from store.frames.search import (
    DEFAULT_ORDER,
    ORDERABLE,
    Among,
    AtLeast,
    AtMost,
    Contains,
    Equal,
    Filter,
    Order,
    Search,
    Sky,
)
from store.sky.geometry import Geometry, GeometryError, read_geometry


@dataclass(frozen=True, slots=True)
class Types:
    """Configuration types that an operator knows."""

    known: Sequence[str]
    science: Sequence[str]
    """What `exclude_calibrations` leaves."""


def read_search(query: MultiMapping[str], types: Types) -> Search:
    """Return what a query asks for. Raises Refused (400) that says what of it cannot be read."""
    filters: list[Filter] = []
    errors: dict[str, JsonValue] = {}
    for name, read in _READERS.items():
        try:
            value = text_of(query, name)
            found = read(value) if value else None
        except WrongParameter as error:
            errors[name] = [str(error)]
        else:
            filters += [] if found is None else [found]
    for name, excluded in _CHOICES.items():
        try:
            chosen = _chosen(query, name, types.known)
        except WrongParameter as error:
            errors[name] = [str(error)]
        else:
            filters += [Among("configuration_type", chosen, excluded)] if chosen else []
    if errors:
        raise Refused(400, errors)
    if query_flag(query, "exclude_calibrations"):
        filters.append(Among("configuration_type", tuple(types.science)))
    return Search((*filters, *_sky(query)), _order(query))


_BOTH: Mapping[str, Read] = {
    "proposal_id": exactly("proposal_id"),
    "configuration_type": exactly("configuration_type"),
    "instrument_id": exactly("instrument_id"),
    "reduction_level": number_of("reduction_level"),
    "site_id": exactly("site_id"),
    "telescope_id": exactly("telescope_id"),
    "primary_optical_element": exactly("primary_optical_element"),
    "observation_id": number_of("observation_id"),
    "request_id": number_of("request_id"),
    "exposure_time": at_least_number("exposure_time"),
}
OLD_NAMES: Mapping[str, str] = {
    "PROPID": "proposal_id",
    "OBSTYPE": "configuration_type",
    "INSTRUME": "instrument_id",
    "RLEVEL": "reduction_level",
    "SITEID": "site_id",
    "TELID": "telescope_id",
    "FILTER": "primary_optical_element",
    "BLKUID": "observation_id",
    "REQNUM": "request_id",
    "EXPTIME": "exposure_time",
}
"""What old clients call some of them: the names of headers."""

_READERS: Mapping[str, Read] = {
    "start": lambda text: AtLeast("observation_date", read_moment(text)),
    "end": lambda text: AtMost("observation_date", read_moment(text)),
    "DATE_OBS": lambda text: Equal("observation_date", read_moment(text)),
    "DAY_OBS": day,
    "dayobs": day,
    "basename": lambda text: Contains("basename", text),
    "basename_exact": exactly("basename"),
    "OBJECT": lambda text: Contains("target_name", text),
    "target_name": lambda text: Contains("target_name", folded(text)),
    "target_name_exact": lambda text: Equal("target_name", folded(text)),
    "empty_target_name": lambda _: Equal("target_name", ""),
    "L1PUBDAT": lambda text: Equal("public_date", read_moment(text)),
    "public": not_public,
    "submitter": lambda text: Equal("submitter", folded(text)),
    **_BOTH,
    **{old: _BOTH[name] for old, name in OLD_NAMES.items()},
}
"""What each parameter asks for that is given once."""

_CHOICES: Mapping[str, bool] = {
    "exclude_OBSTYPE": True,
    "exclude_configuration_type": True,
    "include_configuration_type": False,
}
"""Parameters that may be repeated, and whether they leave out what they name."""

PARAMETERS = (*_READERS, *_CHOICES, "exclude_calibrations", "covers", "intersects")
"""All filters there are."""


def _chosen(query: MultiMapping[str], name: str, known: Sequence[str]) -> tuple[str, ...]:
    chosen = tuple(value for value in query.getall(name, ()) if value)
    for value in chosen:
        if value not in known:
            raise WrongParameter(not_a_choice(value))
    return tuple(dict.fromkeys(chosen))


def _sky(query: MultiMapping[str]) -> Iterator[Sky]:
    """Yield what is asked of the sky. Raises Refused, with a list: that is how it always was."""
    if text := last(query, "covers"):
        yield Sky("covers", _geometry("covers", text))
    if text := last(query, "intersects"):
        yield Sky("intersects", _geometry("intersects", text))


def _geometry(how: str, text: str) -> Geometry:
    try:
        return read_geometry(text)
    except GeometryError as error:
        raise Refused(400, [f"Error with {how} query: {error.reason}"]) from error


def _order(query: MultiMapping[str]) -> tuple[Order, ...]:
    order: dict[str, bool] = {}
    for item in last(query, "ordering").split(","):
        name = item.strip()
        column = name.removeprefix("-")
        if column in ORDERABLE:
            order.setdefault(column, name != column)
    return tuple(order.items()) or DEFAULT_ORDER
