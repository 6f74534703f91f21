"""What is asked of frames: filters, order and page, as values. `store.frames.views` answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from store.sky.geometry import Geometry

Order = tuple[str, bool]
"""A column of `ORDERABLE`, and whether it descends."""

ORDERABLE = (
    "id",
    "basename",
    "observation_date",
    "primary_optical_element",
    "configuration_type",
    "proposal_id",
    "instrument_id",
    "target_name",
    "reduction_level",
    "exposure_time",
)

DEFAULT_ORDER: tuple[Order, ...] = (("observation_date", True),)


@dataclass(frozen=True, slots=True)
class Equal:
    """A column is exactly this."""

    column: str
    value: str | int | datetime


@dataclass(frozen=True, slots=True)
class AtLeast:
    """A column is this or more."""

    column: str
    value: float | datetime


@dataclass(frozen=True, slots=True)
class AtMost:
    """A column is this or less."""

    column: str
    value: float | datetime


@dataclass(frozen=True, slots=True)
class Contains:
    """A text has this in it, whatever the case."""

    column: Literal["basename", "target_name"]
    text: str


@dataclass(frozen=True, slots=True)
class Among:
    """A column is one of these, or, `excluded`, none of these."""

    column: str
    values: tuple[str, ...]
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class NotPublic:
    """`public=false`: what is not public yet; members: all of their proposals."""


@dataclass(frozen=True, slots=True)
class Sky:
    """The frame's area covers, or intersects, a geometry."""

    how: Literal["covers", "intersects"]
    geometry: Geometry


Filter = Equal | AtLeast | AtMost | Contains | Among | NotPublic | Sky


@dataclass(frozen=True, slots=True)
class Search:
    """All filters have to hold."""

    filters: tuple[Filter, ...] = ()
    order: tuple[Order, ...] = DEFAULT_ORDER
    """Ties are broken by descending id."""
