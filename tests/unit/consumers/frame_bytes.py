"""An archive with a shared folder, where bytes are put, looked at and discarded."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from consumers import discard_frame, examine_frame, ingest_frame
from consumers.contract import Consumer, RetryPolicy
from schemas.base import Event
from store import tables
from store.file_stores.folder import FolderFileStore
from tests.equipment.frame_posts import NAME, Observatory, post
from tests.equipment.world import World
from tests.services.waiting import until

AT_ONCE: Consumer[Any] = replace(examine_frame.CONSUMER, retry=RetryPolicy(attempts=1))
"""Gives up after the first try."""
CONSUMERS = (ingest_frame.CONSUMER, AT_ONCE, discard_frame.CONSUMER)
PATH = f"tst/kb27/20240304/raw/{NAME}.fits.fz"
"""Where the bytes of the usual frame belong."""


@dataclass
class Archive:
    """What tests do with bytes."""

    world: World
    folder: Path
    """Where clients put them."""

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.world.file_store = FolderFileStore(self.folder)
        self.observatory = Observatory(self.world)

    def put(self, content: bytes, path: str = PATH) -> Path:
        """Put bytes where they belong."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        return target

    def ingest(self, content: bytes, path: str = PATH) -> Sequence[Event]:
        """Put bytes where they belong, and have their frame posted."""
        self.put(content, path)
        return self.observatory.settle(post(NAME, content))

    def examine(self) -> None:
        """Have everything looked at that is to be looked at."""
        self._work_off(AT_ONCE)

    def delete(self) -> None:
        """Delete the frame; what holds its bytes stays for now."""
        assert self.observatory.changes.delete(self.observatory.row()["id"], "ada")

    def discard(self) -> None:
        """Have removed what is to be removed."""
        self._work_off(discard_frame.CONSUMER)

    def _work_off(self, consumer: Consumer[Any]) -> None:
        """Run a consumer until its own queue is empty, whatever others have to do."""
        with self.world.working(consumer):
            until(
                lambda: not self.world.count(tables.deliveries, queue=consumer.name),
                seconds=60,
                what=f"{consumer.name} to be done",
            )

    @property
    def version(self) -> dict[str, Any]:
        """The row of the newest version."""
        return self.observatory.versions()[-1]

    @property
    def files(self) -> list[dict[str, Any]]:
        """Rows of files that belong to frames."""
        return [row for row in self.world.rows(tables.files) if row["frame"] is not None]

    def told(self, type_: str) -> int:
        """Count the events of a type."""
        return self.world.count(tables.events, type=type_)
