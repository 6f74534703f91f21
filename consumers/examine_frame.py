"""Consumer `examine-frame`: the bytes of a version are looked at, where clients say they put them.

They are read through once. What is sound becomes a file like any other; what is missing, or is not
what was announced, is looked for some more times, and then told. Where nobody sends a thumbnail,
one is drawn.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import BinaryIO, Protocol

from consumers.contract import Consumer, RetryPolicy
from consumers.drawing import DRAWABLE, LARGEST, Picture, draw_pictures
from schemas.base import Event
from schemas.file_names import safe_name
from schemas.files import LONGEST_INSTRUMENT, FileArchived
from schemas.frames import FrameArchived, FrameFixityFailed, FrameVersion, ThumbnailStored
from schemas.media_types import guess_media_type
from store.file_stores.ports import HasFileStore
from store.frames.examining import Examiner, Finding
from store.frames.holding_ports import HasHoldings, Holding
from store.frames.ports import HasFrames
from store.frames.values import Frame, Version
from store.keys import frame_key
from store.package_ports import HasScratch
from store.ports import (
    FileVersion,
    HasEvent,
    HasFiles,
    HasLease,
    HasLinks,
    HasObjects,
)


class Needs(
    HasEvent,
    HasFileStore,
    HasFiles,
    HasFrames,
    HasHoldings,
    HasLease,
    HasLinks,
    HasObjects,
    HasScratch,
    Protocol,
):
    """What this consumer may touch."""


class NotSoundError(Exception):
    """Bytes are missing, or are others; `findings` are those on all versions of the event."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = findings
        super().__init__("; ".join(f"{one.uid}: {one.reason}" for one in findings if one.reason))


def examine_frame(event: FrameArchived, work: Needs) -> Sequence[Event]:
    """Look at the bytes of the event's versions, and note what was found.

    Safe to repeat: bytes are the same every time, and rows are in the transaction that remembers
    the event; looked at again, a version has its file already. Raises NotSoundError.
    """
    findings: list[Finding] = []
    pictures: list[Picture] = []
    for one in event.versions:
        holding = work.holdings.find(one.uid)
        if holding is not None:
            found, drawn = _look(holding, work)
            findings += [] if found is None else [found]
            pictures += drawn
    if any(one.fixity != "sound" for one in findings):
        raise NotSoundError(findings)
    return _note(event, findings, pictures, work)


def give_up(event: FrameArchived, work: Needs, error: Exception) -> Sequence[Event]:
    """Tell what is wrong with bytes that are not sound after all."""
    return _note(event, error.findings, [], work) if isinstance(error, NotSoundError) else []


def _look(holding: Holding, work: Needs) -> tuple[Finding | None, Sequence[Picture]]:
    version = holding.version
    examiner = Examiner(
        work.objects,
        work.file_store,
        work.new_id,
        lambda done: work.progress(done, version.size, "bytes"),
    )
    if not _is_to_be_drawn(holding, work):
        return examiner.look(version), []
    with ExitStack() as stack:
        name = work.new_id()
        stack.callback(work.scratch.remove, name)
        folder = work.scratch.folder(name)
        with (folder / "source").open("wb") as into:
            finding = examiner.look(version, _Most(into))
        if finding is None or finding.fixity != "sound" or (finding.size or 0) > LARGEST:
            return finding, []
        return finding, draw_pictures(folder, work.drawn_sizes, work.objects)


def _is_to_be_drawn(holding: Holding, work: Needs) -> bool:
    return (
        bool(work.drawn_sizes)
        and holding.is_newest
        and not holding.has_picture
        and holding.version.extension in DRAWABLE
        and work.scratch.has_room()
    )


class _Most:
    """Takes so much that a picture can be drawn of it, and lets the rest go."""

    def __init__(self, into: BinaryIO) -> None:
        self._into = into
        self._left = LARGEST

    def write(self, data: bytes, /) -> int:
        if self._left:
            self._into.write(data[: self._left])
            self._left -= min(len(data), self._left)
        return len(data)


def _note(
    event: FrameArchived, findings: Sequence[Finding], pictures: Sequence[Picture], work: Needs
) -> Sequence[Event]:
    told: list[Event] = []
    for finding in findings:
        there = work.frames.version(finding.uid)
        if there is None:
            continue  # the frame was deleted meanwhile
        frame, version = there
        if finding.copy is not None:
            work.frames.keep(finding.uid, finding.copy)
        sound = finding.fixity == "sound"
        work.frames.looked(
            finding.uid,
            finding.fixity,
            work.now,
            size=finding.size if sound else None,
            sha256=finding.sha256 if sound else None,
            crc32=finding.crc32 if sound else None,
        )
        if finding.fixity == "sound":
            told += _filed(frame, version, finding, work)
        else:
            told.append(
                FrameFixityFailed(
                    frame_id=frame.id,
                    basename=frame.basename,
                    user=event.user,
                    version=FrameVersion.model_validate(version, from_attributes=True),
                    problem=finding.fixity,
                    reason=finding.reason,
                )
            )
        told += _shown(event, frame, pictures, work)
        pictures = []
    return told


def _filed(frame: Frame, version: Version, finding: Finding, work: Needs) -> Sequence[Event]:
    """Put a version into the catalogue of files, unless it is there."""
    if (
        finding.size is None
        or finding.sha256 is None
        or work.holdings.has_file(frame.id, version.md5)
    ):
        return []
    key = version.object_key if finding.copy is None else finding.copy.object_key
    name = safe_name(version.path or frame.basename + version.extension) or frame_key(version.uid)
    newest = work.files.newest(name)
    filed = FileVersion(
        id=version.uid,
        name=name,
        version=1 if newest is None else newest.version + 1,
        size=finding.size,
        sha256=finding.sha256,
        md5=version.md5,
        media_type=guess_media_type(name),
        metadata={},
        object_key=key or frame_key(version.uid),
        archived_at=work.now,
        archived_by=work.key,
        frame=frame.id,
    )
    work.files.add(filed)
    return [
        FileArchived(
            file_id=filed.id,
            name=filed.name,
            version=filed.version,
            object_key=filed.object_key,
            size=filed.size,
            sha256=filed.sha256,
            md5=filed.md5,
            media_type=filed.media_type,
            archived_at=filed.archived_at,
            url=work.links.content(filed.id),
            instrument=frame.instrument_id[:LONGEST_INSTRUMENT] or None,
            frame=frame.id,
        )
    ]


def _shown(
    event: FrameArchived, frame: Frame, pictures: Sequence[Picture], work: Needs
) -> Sequence[Event]:
    """Give a frame the pictures that were drawn, unless somebody has sent some meanwhile."""
    if not pictures or any(not one.drawn for one in work.frames.thumbnails(frame.id)):
        return []
    told = []
    for picture in pictures:
        # Names of ingesters' pictures end before their first dot: none can be the same.
        thumbnail = work.frames.add_thumbnail(
            frame.id,
            f"{frame.basename}.drawn-{picture.size}",
            size=picture.size,
            extension=".jpg",
            key=picture.sha256,
            path=None,
            object_key=picture.object_key,
            drawn=True,
            now=work.now,
        )
        told.append(
            ThumbnailStored(
                frame_id=frame.id,
                basename=frame.basename,
                user=event.user,
                thumbnail_id=thumbnail.id,
                name=thumbnail.basename,
                size=thumbnail.size,
                extension=thumbnail.extension,
                drawn=True,
            )
        )
    return told


CONSUMER = Consumer(
    "examine-frame",
    FrameArchived,
    examine_frame,
    publishes=(FileArchived, FrameFixityFailed, ThumbnailStored),
    # Bytes that are late come within minutes, over the slowest of shared disks.
    retry=RetryPolicy(attempts=4, base_seconds=5, factor=6, cap_seconds=300),
    give_up=give_up,
    threads=4,
    long=True,
)
