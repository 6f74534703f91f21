"""Consumer `describe-frame`: a FITS file that was ingested becomes a frame, by its header.

What ocs-ingester would read and post, this reads and posts, so that whoever uses `muniment ingest`
gets the same frame. Other files are none of its business.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from pydantic import JsonValue

from consumers.contract import Consumer, RetryLater
from schemas.base import Event
from schemas.files import FileArchived
from schemas.frame_post import Post
from schemas.frame_posting import PostError, read_post
from schemas.frames import FramePostRequested, FrameRejected
from store.fits.mapping import EXTENSIONS, Description, describe, split_name
from store.frames.describing import HasDescribing
from store.frames.ports import HasFrames
from store.package_ports import HasScratch
from store.ports import HasEvent, HasFiles, HasObjects
from store.sky.area import read_area

_NO_ROOM_SECONDS = 60.0


class Needs(HasDescribing, HasEvent, HasFiles, HasFrames, HasObjects, HasScratch, Protocol):
    """What this consumer may touch."""


def describe_frame(event: FileArchived, work: Needs) -> Sequence[Event]:
    """Ask for the frame that an archived file is of, if it is of one; say what is wrong with it.

    Safe to repeat: what is asked for is in the transaction that remembers the event, and the bytes
    are a version already if it was asked for before.
    """
    if event.frame is not None or not work.describing.wanted:
        return []
    if split_name(event.name)[1] not in EXTENSIONS:
        return []
    description = _describe(event, work)
    if description is None:
        return []
    user = work.files.asker(event.file_id)
    try:
        post = _post(event, description, work)
    except PostError as error:
        said = {"basename": description.basename, "user": user, "errors": error.errors}
        return [FrameRejected.model_validate(said)]
    draft = work.new_id()
    # Nobody waits for the answer, and nobody can send the same again: there is no fingerprint.
    work.frames.draft(draft, post, "", work.now)
    return [
        FramePostRequested(
            basename=post.basename,
            user=user,
            draft=draft,
            md5s=(event.md5,),
            size=len(post.write().encode()),
        )
    ]


def _describe(event: FileArchived, work: Needs) -> Description | None:
    """Read the file, outside of the transaction."""
    if not work.scratch.has_room():
        raise RetryLater(_NO_ROOM_SECONDS, "there is no room to read FITS files")
    folder = work.new_id()
    try:
        path = work.scratch.folder(folder) / "file"
        with work.objects.open(event.object_key) as source, path.open("wb") as target:
            shutil.copyfileobj(source, target)
        return describe(path, event.name, work.describing.mapping, event.metadata)
    finally:
        work.scratch.remove(folder)


def _post(event: FileArchived, description: Description, work: Needs) -> Post:
    """Return what is posted. Raises PostError."""
    named: Mapping[str, JsonValue] = {
        # As where a folder is the file store: the digest is the key, too.
        "key": event.md5,
        "md5": event.md5,
        "extension": description.extension,
    }
    body: dict[str, JsonValue] = {**description.fields, "version_set": [dict(named)]}
    post = read_post(body, work.describing.rules(), read_area)
    ours = tuple(replace(one, object_key=event.object_key) for one in post.versions)
    return replace(post, versions=ours, file_id=event.file_id)


CONSUMER = Consumer(
    "describe-frame",
    FileArchived,
    describe_frame,
    publishes=(FramePostRequested, FrameRejected),
    batch=10,
    threads=2,
)
