"""Consumer `ingest-frame`: what was posted for a frame becomes the frame, and its versions.

Where the next version would overwrite the bytes of this one, they are copied first. Bytes that are
not where they should be keep nothing from being stored: whoever looks after fixity will miss them.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from consumers.contract import Consumer, Reject
from schemas.base import Event
from schemas.frames import FrameArchived, FramePostRequested, FrameRejected, FrameUpdated
from store.custody import take_custody
from store.file_stores.ports import HasFileStore
from store.frames.ports import HasFrames
from store.ports import HasEvent, HasObjects


class Needs(HasEvent, HasFileStore, HasFrames, HasObjects, Protocol):
    """What this consumer may touch."""


def ingest_frame(event: FramePostRequested, work: Needs) -> Sequence[Event]:
    """Store the frame and its new versions, or say what of them is there already.

    Safe to repeat: all rows are in the transaction that remembers the event, and a copy has its
    digest for a key.
    """
    _expect([event.draft], work)
    post = work.frames.take(event.draft)
    if post is None:
        raise Reject("what was sent with this request is not there")
    taken = work.frames.taken(post)
    if taken:
        errors = {"version_set": taken}
        return [FrameRejected(basename=post.basename, user=event.user, errors=errors)]
    stored = work.frames.store(post, work.now, work.new_id)
    named = {"frame_id": stored.frame, "basename": post.basename, "user": event.user}
    if stored.versions:
        return [FrameArchived(**named, versions=stored.versions, created=stored.created)]
    return [FrameUpdated(**named, fields=stored.fields)]


def prepare(batch: Mapping[str, FramePostRequested], work: Needs) -> None:
    """Copy what has to be copied, and have what is known of a batch's frames read at once."""
    _expect([event.draft for event in batch.values()], work)


def _expect(drafts: Collection[str], work: Needs) -> None:
    unexpected = [draft for draft in drafts if not work.frames.expects(draft)]
    if unexpected and work.file_store.overwrites:
        _copy(unexpected, work)
    work.frames.expect(unexpected)


def _copy(drafts: Collection[str], work: Needs) -> None:
    # Before the first row is touched: it takes its time, and others want to write.
    for sought in work.frames.sought(drafts):
        copy = take_custody(sought, work.file_store, work.objects, work.new_id())
        if copy is not None:
            work.frames.copied(sought.md5, copy)


CONSUMER = Consumer(
    "ingest-frame",
    FramePostRequested,
    ingest_frame,
    publishes=(FrameArchived, FrameUpdated, FrameRejected),
    batch=50,
    threads=4,
    prepare=prepare,
)
