"""Schedules, as responses show them, and what requests about them say."""

from datetime import datetime, timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, Field, JsonValue, StrictBool, model_validator
from pydantic_core import from_json

from http_ingress.asking import Asked
from http_ingress.durations import read_duration, write_duration
from http_ingress.representations.base import Body
from http_ingress.representations.decisions import Moment, Text
from schemas.types import JsonObject
from store.schedules import CatchUp, Schedule

SHORTEST = timedelta(seconds=10)
"""Between two firings. Due times are looked for every second: below this, late would be missed."""
LONGEST = timedelta(days=3660)


def _duration(text: str) -> str:
    if read_duration(text) > LONGEST:
        raise ValueError(f"must be at most {LONGEST.days} days")
    return text


Duration = Annotated[str, AfterValidator(_duration)]
"""`90s`, `1h30m`, `2d`."""


class ScheduleAsked(Asked):
    """What is to be accepted, and when: `every`, `at`, or both."""

    type: Text
    """Of a request, as POST /events takes it; with or without `muniment.`."""
    data: JsonObject = Field(default_factory=dict)
    every: Duration | None = None
    """Between two firings: `90s`, `1h30m`, `2d`, and at least ten seconds. Not said: it fires once.
    """
    at: Moment | None = None
    """When it fires (first): ISO 8601 with a zone. Not said: when `every` has passed from now."""
    jitter: Duration = "0s"
    """A firing is put off by a random time below this: at most half of `every`."""
    catch_up: CatchUp = "one"
    """What becomes of due times that nobody was there for: `one` firing for all of them together,
    one for each (`all`), or `none`."""
    paused: StrictBool | None = None
    """Whether it does not fire for now. Not said: as before."""

    @property
    def interval(self) -> timedelta | None:
        """The time between two firings; None: it fires once."""
        return None if self.every is None else read_duration(self.every)

    @property
    def spread(self) -> timedelta:
        """How much later a firing may be, by chance."""
        return read_duration(self.jitter)

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.interval is None:
            if self.at is None:
                raise ValueError("say every, at, or both")
        elif self.interval < SHORTEST:
            raise ValueError(f"every must be at least {SHORTEST.seconds}s")
        elif self.spread > self.interval / 2:
            raise ValueError("jitter must be at most half of every")
        return self


class ScheduleBody(Body):
    """An event that is to be accepted, and when."""

    name: str
    type: str
    data: JsonValue
    every: str | None
    """Between two firings, e.g. `1h30m`; null: it fires once."""
    every_seconds: float | None
    due_at: datetime
    """The next due time."""
    next_at: datetime
    """When it fires next: `due_at`, and what chance has put it off by."""
    jitter: str
    catch_up: CatchUp
    paused: bool
    changed_at: datetime
    changed_by: str
    """`user:NAME`; or `muniment`, which pauses what it cannot accept any more."""
    fired_at: datetime | None
    last: str | None
    """The event that it let in last."""
    href: str

    @classmethod
    def of(cls, schedule: Schedule) -> "ScheduleBody":
        """Return the representation of a schedule."""
        every = schedule.every_seconds
        return cls(
            name=schedule.name,
            type=schedule.type,
            data=from_json(schedule.data),
            every=None if every is None else write_duration(every),
            every_seconds=every,
            due_at=schedule.due_at,
            next_at=schedule.next_at,
            jitter=write_duration(schedule.jitter_seconds),
            catch_up=schedule.catch_up,
            paused=schedule.paused,
            changed_at=schedule.changed_at,
            changed_by=schedule.changed_by,
            fired_at=schedule.fired_at,
            last=schedule.fired_key and f"/events/{schedule.fired_key}",
            href=f"/schedules/{schedule.name}",
        )


class SchedulesBody(Body):
    """A page of schedules, by name."""

    schedules: list[ScheduleBody]
    next: str | None
    """Where the next page is; null: this was the last."""
