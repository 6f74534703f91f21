"""Things that are done to a few frames, and what the combinations should be afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from store import tables
from store.columns import Row
from store.database import Database
from store.frames.combinations import DIMENSIONS
from store.frames.repository import SqlFrames
from tests.equipment.frame_posts import post
from tests.equipment.world import new_id

NOW = datetime(2026, 11, 21, tzinfo=UTC)
NAMES = [f"frame-{n}" for n in range(5)]
FIELDS: dict[str, Sequence[Any]] = {
    "site_id": ["tst", "xyz"],
    "proposal_id": ["", "PROP-1"],
    "observation_date": [
        None,
        datetime(2024, 2, 28, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2024, 2, 29, tzinfo=UTC),
        datetime(2024, 3, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
    ],
    "public_date": [None, *(datetime(2025, 1, day, tzinfo=UTC) for day in (1, 2, 3))],
}


@dataclass(frozen=True)
class Step:
    """One thing that is done to one frame."""

    what: str
    name: str
    fields: dict[str, Any]


def carry_out(frames: SqlFrames, step: Step) -> None:
    """Do what a step says."""
    if step.what in {"post", "describe"}:
        contents = [new_id().encode()] if step.what == "post" else []
        one = post(step.name, *contents, area=None, **step.fields)
        assert not frames.taken(one)
        frames.store(one, NOW, new_id)
        return
    frame = frames.named(step.name)
    if frame is not None and step.what == "change":
        frames.change(frame.id, step.fields, NOW)
    elif frame is not None:
        frames.remove(frame.id)


def found(database: Database) -> list[Row]:
    """Return what is kept."""
    kept = tables.frame_combinations
    rows = database.query(kept.select())
    return sorted((dict(row) for row in rows), key=lambda row: str([*row.values()][:8]))


def counted(database: Database) -> list[Row]:
    """Return what should be, from the rows of frames."""
    groups: dict[tuple[str, ...], list[datetime | None]] = {}
    for row in database.query(tables.frames.select()):
        if row["newest"] is None or row["observation_date"] is None:
            continue
        day = row["observation_date"].date().isoformat()
        values = tuple(row[name] for name in DIMENSIONS)
        for grain, start in (("all", ""), ("month", day[:8] + "01"), ("day", day)):
            groups.setdefault((grain, start, *values), []).append(row["public_date"])
    names = ("grain", "start", *DIMENSIONS)
    rows = [
        {
            **dict(zip(names, key, strict=True)),
            "frames": len(dates),
            "first_public": min((one for one in dates if one is not None), default=None),
            "last_public": None if None in dates else max(one for one in dates if one is not None),
        }
        for key, dates in groups.items()
    ]
    return sorted(rows, key=lambda row: str([*row.values()][:8]))
