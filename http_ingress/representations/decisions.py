"""What requests about parked items say."""

from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AwareDatetime, Field, StrictBool, model_validator

from http_ingress.asking import Asked, Prose
from schemas.types import JsonObject
from store.parked import Filter

MOST_NAMED = 1000
"""Ids that one request names."""
RATE = 50.0
"""Events per second that are replayed when nothing else is said."""


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is out of range") from error


Moment = Annotated[AwareDatetime, AfterValidator(_utc)]
"""A time with its zone."""
Text = Annotated[str, Field(max_length=4096, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]
State = Literal["waiting", "replayed", "edited", "discarded", "any"]


class FilterAsked(Asked):
    """Which of the waiting items; what is not said does not matter."""

    consumer: Text | None = None
    type: Text | None = None
    """Of the event, with or without `muniment.`."""
    reason: Text | None = None
    """Text within the reason; case does not matter."""
    fingerprint: Text | None = None
    """What failures that look alike have in common."""
    since: Moment | None = None
    """Parked then or later."""
    before: Moment | None = None

    def filter(self, state: State = "waiting") -> Filter:
        """Return it as the store takes it."""
        event_type = self.type
        if event_type is not None:
            event_type = f"muniment.{event_type.removeprefix('muniment.')}"
        return Filter(
            consumer=self.consumer,
            type=event_type,
            reason=self.reason,
            fingerprint=self.fingerprint,
            since=self.since,
            before=self.before,
            state=state,
        )


class ListAsked(FilterAsked):
    """Which items to list."""

    state: State = "waiting"


class _SelectionAsked(Asked):
    ids: Annotated[list[Text], Field(min_length=1, max_length=MOST_NAMED)] | None = None
    filter: FilterAsked | None = None
    """`{}`: everything that waits."""
    dry_run: StrictBool = False
    """Say what would be done, and do nothing."""

    @property
    def chosen(self) -> Filter:
        """Which items."""
        return Filter(ids=self.ids) if self.filter is None else self.filter.filter()

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.ids is None) == (self.filter is None):
            raise ValueError("say either ids or filter")
        return self


class ReplayAsked(_SelectionAsked):
    """Which items to replay, and how fast."""

    rate: Annotated[float, Field(strict=True, ge=0.1, le=1000)] = RATE
    """Events per second."""
    note: Prose | None = None
    """Why."""


class DiscardAsked(_SelectionAsked):
    """Which items to discard, and why."""

    reason: Prose


class ReplayOneAsked(Asked):
    """Why an item is replayed."""

    note: Prose | None = None


class DiscardOneAsked(Asked):
    """Why an item is discarded."""

    reason: Prose


class EditAsked(Asked):
    """The data that is to be handled instead."""

    data: JsonObject
    note: Prose | None = None
    """Why."""
