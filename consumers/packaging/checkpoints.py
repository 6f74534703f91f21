"""How far a build is: written down after a page, once enough work would be lost otherwise.

Each run has a folder of its own, and the folder that the last checkpoint names is where the next
run goes on from. Any other is of no use to anybody, and is removed as soon as that is certain.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from time import monotonic
from types import TracebackType
from typing import Protocol, Self

from pydantic import JsonValue

from consumers.packaging.construction import Construction, read_marks
from consumers.packaging.members import LostMemberError
from consumers.packaging.sheets import SheetLimitError
from store.errors import SourceNotFoundError, SourceRefusedError
from store.package_ports import HasPackaging
from store.ports import HasEvent, HasLease

_log = logging.getLogger(__name__)


FOR_GOOD = (SourceRefusedError, SourceNotFoundError, SheetLimitError)
"""Errors after which there is nothing to go on with."""


class Needs(HasEvent, HasLease, HasPackaging, Protocol):
    """What checkpoints may touch."""


class NoRoomError(Exception):
    """There is no more room on the disk than what is to be left to others: wait."""


@dataclass(frozen=True, slots=True)
class Reached:
    """What a checkpoint says beside where the members stand."""

    cursor: JsonValue
    """What to give the datastore to go on."""
    rows: int
    columns: Sequence[str]
    whole: bool = False
    """There is nothing more to fetch: what the source says by now does not matter."""


class Checkpoints:
    """Those of one run, from its beginning to its end."""

    def __init__(self, work: Needs, construction: Construction) -> None:
        self._work = work
        self._construction = construction
        self._saved = monotonic()
        self._folder = construction.folder.name
        self._former: str | None = None
        self._may_be_named = False

    def resume(self) -> Reached | None:
        """Bring the members to where the last checkpoint left them; None: begin at the beginning.

        Call it before anything is begun. Raises NoRoomError, since what is gone on with is copied.
        """
        if not self._work.scratch.has_room():
            raise NoRoomError
        match self._work.resumed:
            case {
                "folder": str(folder),
                "cursor": cursor,
                "rows": int(rows),
                "columns": list(columns),
                "whole": bool(whole),
                "members": marks,
            }:
                self._former = folder
                try:
                    self._construction.adopt(self._work.scratch.folder(folder), read_marks(marks))
                except (LostMemberError, ValueError) as error:
                    _log.warning("a package is begun anew: %s", error)
                else:
                    return Reached(cursor, rows, [str(name) for name in columns], whole)
        return None

    def reach(self, reached: Reached) -> None:
        """Save, if it is time; raise NoRoomError when the disk is full."""
        full = not self._work.scratch.has_room()
        if full or monotonic() - self._saved >= self._work.packaging.checkpoint_seconds:
            self.save(reached)
        if full:
            raise NoRoomError

    def save(self, reached: Reached) -> None:
        """Save what has been reached."""
        members = self._construction.save()
        # Whoever is told to stop by what follows has been saved all the same.
        self._may_be_named = True
        self._work.checkpoint(
            {
                "folder": self._folder,
                "cursor": reached.cursor,
                "rows": reached.rows,
                "columns": list(reached.columns),
                "whole": reached.whole,
                "members": members,
            }
        )
        self._saved = monotonic()
        if self._former is not None:
            self._work.scratch.remove(self._former)
            self._former = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None or issubclass(kind, FOR_GOOD):
            # Not before the commit: until then, the next run would go on from there.
            for folder in filter(None, (self._folder, self._former)):
                self._work.on_commit(partial(self._work.scratch.remove, folder))
        elif not self._may_be_named:
            self._work.scratch.remove(self._folder)
