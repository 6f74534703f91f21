"""What goes into a zip of frames, under which names, and where its bytes are."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from store.errors import ObjectNotFoundError
from store.fits.reading import UnreadableFitsError
from store.fits.unpacking import NoCatalogueError
from store.frames.content import FrameContent, Open
from store.frames.making import How, Workshop
from store.frames.values import Frame, Version
from store.zips.stored import Member

_COMPRESSED = ".fits.fz"
_WITH_CATALOGUE = {"reduction_level": 91, "configuration_type": "EXPOSE"}
_AT_ONCE = 8
"""Sizes that are asked for at once."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that is to go in."""

    frame: Frame
    version: Version
    how: How | Literal["stored"]
    name: str
    """Of the file, without folder."""


def wanted(
    frames: Sequence[Frame], *, uncompress: bool = False, catalogues: bool = False
) -> list[Wanted]:
    """Return what goes in of frames, in their order: of each the newest version.

    Without version, nothing. The rules are those of the OCS Science Archive 2.7: `uncompress` is
    for tile-compressed FITS, and goes before `catalogues`, which is for reduced exposures.
    """
    found, names = [], set()
    for frame in frames:
        version = frame.newest
        if version is None:
            continue
        how: How | Literal["stored"] = "stored"
        name = f"{frame.basename}{version.extension}"
        if uncompress and version.extension == _COMPRESSED:
            how, name = "funpack", f"{frame.basename}.fits"
        elif catalogues and _has_catalogue(frame):
            how, name = "catalogue", f"{frame.basename}-catalog.fits"
        if name in names:
            # What is made of one frame may be called as another one is.
            name = f"{frame.id}-{name}"
        names.add(name)
        found.append(Wanted(frame, version, how, name))
    return found


def _has_catalogue(frame: Frame) -> bool:
    return all(getattr(frame, name) == value for name, value in _WITH_CATALOGUE.items())


@dataclass(slots=True)
class Gathered:
    """Files of a zip, as far as they are there."""

    found: list[Wanted] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    openers: list[Open] = field(default_factory=list)
    """One for each member."""
    missing: list[Wanted] = field(default_factory=list)
    """Their bytes are not there, or not such as can be unpacked."""


def gather(
    content: FrameContent, wants: Sequence[Wanted], folder: str, workshop: Workshop | None
) -> Gathered:
    """Find out what there is, and make what has to be made; takes its time.

    Args:
        content: Knows where bytes are.
        wants: What is to go in.
        folder: In which they are, within the zip.
        workshop: Makes files; None: nothing has to be made.

    What is known to be sound is not looked at again: it is missed when its turn comes. Raises
    UnavailableError, and OSError when the disk is full. Frames without catalogue are left out.

    """
    gathered = Gathered()
    with ThreadPoolExecutor(_AT_ONCE, "gathering") as threads:
        stored = {
            one.frame.id: threads.submit(_stored, content, one, folder)
            for one in wants
            if one.how == "stored"
        }
        for one in wants:
            try:
                if one.how == "stored":
                    member, opener = stored[one.frame.id].result()
                elif workshop is not None:
                    member, opener = _made(workshop, one, one.how, folder)
            except (ObjectNotFoundError, UnreadableFitsError):
                gathered.missing.append(one)
            except NoCatalogueError:
                continue
            else:
                gathered.found.append(one)
                gathered.members.append(member)
                gathered.openers.append(opener)
    return gathered


def _stored(content: FrameContent, one: Wanted, folder: str) -> tuple[Member, Open]:
    version = one.version
    if version.fixity in {"missing", "damaged"}:
        raise ObjectNotFoundError(one.name)
    there = content.of_version(version)
    crc = version.crc32 if version.fixity == "sound" or version.object_key else None
    return Member(f"{folder}/{one.name}", there.size, version.created_at, crc), there.open


def _made(workshop: Workshop, one: Wanted, how: How, folder: str) -> tuple[Member, Open]:
    made = workshop.make(one.version, how)
    member = Member(f"{folder}/{one.name}", made.size, one.version.created_at, made.crc32)
    return member, partial(workshop.open, made)
