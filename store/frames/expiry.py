"""Frames whose time is over: which ones an operator wants to be rid of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, RowMapping, func, select

from store.database import Database
from store.tables import frames


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """Which frames; all that is said has to hold. A frame that was never observed stays."""

    observed_before: datetime | None = None
    between: tuple[date, date] | None = None
    """Nights of the observatory; neither of the two is meant."""
    reduction_level: int | None = None
    request_id: int | None = None
    observation_id: int | None = None
    site_id: str | None = None
    """Whatever the case."""
    telescope_id: str | None = None
    """Whatever the case."""
    types: tuple[str, ...] = ()
    """Empty: all."""
    not_types: tuple[str, ...] = ()
    proposals: tuple[str, ...] = ()
    not_proposals: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()
    not_instruments: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse to mean all there is by mistake."""
        if (self.observed_before is None) == (self.between is None):
            raise ValueError("either observed_before or between")


def count_expired(database: Database, expiry: Expiry) -> int:
    """Return how many frames are meant."""
    statement = select(func.count().label("found")).select_from(frames).where(*_conditions(expiry))
    return int(database.query(statement)[0]["found"])


def expired(database: Database, expiry: Expiry, at_once: int) -> Iterator[Sequence[RowMapping]]:
    """Yield `id` and `basename` of those that are meant, so many at a time, by id.

    They may be removed meanwhile.
    """
    wanted = (
        select(frames.c.id, frames.c.basename).where(*_conditions(expiry)).order_by(frames.c.id)
    )
    last = 0
    while rows := database.query(wanted.where(frames.c.id > last).limit(at_once)):
        yield rows
        last = rows[-1]["id"]


def _conditions(expiry: Expiry) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if expiry.observed_before is not None:
        found.append(frames.c.observation_date < expiry.observed_before)
    if expiry.between is not None:
        start, end = (day.isoformat() for day in expiry.between)
        found += [frames.c.observation_day > start, frames.c.observation_day < end]
    for name in ("reduction_level", "request_id", "observation_id"):
        number = getattr(expiry, name)
        if number is not None:
            found.append(frames.c[name] == number)
    for name in ("site_id", "telescope_id"):
        text = getattr(expiry, name)
        if text is not None:
            found.append(func.lower(frames.c[name]) == text.lower())
    for column, wanted, unwanted in (
        (frames.c.configuration_type, expiry.types, expiry.not_types),
        (frames.c.proposal_id, expiry.proposals, expiry.not_proposals),
        (frames.c.instrument_id, expiry.instruments, expiry.not_instruments),
    ):
        if wanted:
            found.append(column.in_(wanted))
        if unwanted:
            found.append(column.not_in(unwanted))
    return found
