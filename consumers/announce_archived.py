"""Consumer `announce-archived`: subscribers of the fanout exchange are told of archived frames."""

from collections.abc import Sequence
from typing import Protocol

from consumers.contract import Consumer
from schemas.base import Event
from schemas.frames import FrameArchived
from store.frames.ports import HasFrames


class Needs(HasFrames, Protocol):
    """What this consumer may touch."""


def announce_archived(event: FrameArchived, work: Needs) -> Sequence[Event]:
    """Have the notice of this POST published, together with those of the whole batch.

    Safe to repeat: what has been announced has no row any more. Only if the process dies between
    the broker's confirmation and the commit is a notice published again, with the same message_id.
    """
    work.frames.announce(event.versions[0].uid)
    return []


CONSUMER = Consumer(
    "announce-archived",
    FrameArchived,
    announce_archived,
    batch=100,
)
