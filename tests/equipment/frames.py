"""Frames that are there without anybody having posted them."""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from store.columns import Row
from store.database import Database, Transaction
from store.frames.combinations import ALL, DAY, DIMENSIONS, MONTH
from store.record_rows import folded
from store.sky.cells import cells_of
from store.tables import (
    frame_cells,
    frame_combinations,
    frame_headers,
    frame_links,
    frame_versions,
    frames,
    thumbnails,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OBSERVED = datetime(2024, 3, 5, 4, 5, 6, 789000, tzinfo=UTC)
PUBLIC = datetime(2025, 3, 5, tzinfo=UTC)
SQUARE = (
    '{"type":"Polygon","coordinates":'
    "[[[150.05,1.95],[150.05,2.05],[149.95,2.05],[149.95,1.95],[150.05,1.95]]]}"
)
"""A tenth of a degree around RA 150, DEC 2."""


@dataclass(frozen=True)
class Made:
    """A frame that is to be there."""

    row: dict[str, Any]
    versions: Sequence[str] = (".fits.fz",)
    """Extensions, the oldest first."""
    headers: str | None = "{}"
    related: Sequence[int] = ()
    pictures: Sequence[str] = ()
    """Sizes."""

    @property
    def id(self) -> int:
        """Its number."""
        return int(self.row["id"])


@dataclass
class Maker:
    """Makes frames that differ in what a test gives them, and otherwise are public exposures."""

    numbers: Iterable[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self._numbers = iter(self.numbers)

    def frame(
        self,
        *,
        versions: Sequence[str] = (".fits.fz",),
        headers: str | None = "{}",
        related: Sequence[Made] = (),
        pictures: Sequence[str] = (),
        **given: Any,  # noqa: ANN401 - columns of `frames`
    ) -> Made:
        """Return a frame; what is `given` are columns."""
        number = next(self._numbers)
        row: dict[str, Any] = {
            "id": number,
            "basename": f"tst1m0a-kb27-20240304-{number:04d}-e00",
            "observation_date": OBSERVED,
            "observation_day": "2024-03-04",
            "public_date": PUBLIC,
            "proposal_id": "PROP-1",
            "instrument_id": "kb27",
            "target_name": "M 31",
            "site_id": "tst",
            "telescope_id": "1m0a",
            "primary_optical_element": "rp",
            "configuration_type": "EXPOSE",
            "reduction_level": 0,
            "exposure_time": 12.5,
            "observation_id": 4711,
            "request_id": 991,
            "submitter": "ada",
            "area": None,
            "newest": 10 * number + len(versions) if versions else None,
            "created_at": NOW,
            "modified_at": NOW,
            **given,
        }
        row["basename_folded"] = folded(row["basename"])
        row["target_folded"] = folded(row["target_name"])
        return Made(row, versions, headers, [one.id for one in related], pictures)

    def having(self, column: str, value: object) -> Made:
        """Return a frame of which one column, by its name, is this."""
        given: dict[str, Any] = {column: value}
        return self.frame(**given)

    def placeholder(self, basename: str) -> Made:
        """Return a frame of which nothing but a name is known."""
        times = ("observation_date", "observation_day", "public_date")
        numbers = ("exposure_time", "observation_id", "request_id")
        unknown: dict[str, Any] = dict.fromkeys((*times, *numbers))
        return self.frame(basename=basename, versions=(), headers=None, target_name="", **unknown)


def keep(database: Database, *made: Made) -> None:
    """Have the frames, with all that belongs to them."""
    with database.transaction() as transaction:
        transaction.insert(frames, [one.row for one in made])
        _keep_beside(transaction, made)
        transaction.insert(frame_combinations, combinations(one.row for one in made))


def _keep_beside(transaction: Transaction, made: Sequence[Made]) -> None:
    transaction.insert(frame_versions, [row for one in made for row in _versions(one)])
    transaction.insert(
        frame_headers,
        [{"frame": one.id, "document": one.headers} for one in made if one.headers is not None],
    )
    links = {
        pair for one in made for other in one.related for pair in ((one.id, other), (other, one.id))
    }
    transaction.insert(
        frame_links, [{"frame": one, "related": other} for one, other in sorted(links)]
    )
    transaction.insert(
        frame_cells,
        [
            {"cell": cell, "frame": one.id}
            for one in made
            if one.row["area"] is not None
            for cell in cells_of(one.row["area"])
        ],
    )
    transaction.insert(thumbnails, [row for one in made for row in _pictures(one)])


def combinations(rows: Iterable[Row]) -> list[Row]:
    """Return the rows of `frame_combinations` for rows of `frames`: slowly, and plainly."""
    together: dict[tuple[str, ...], list[datetime | None]] = defaultdict(list)
    for row in rows:
        if row["observation_date"] is None or row["newest"] is None:
            continue
        day = row["observation_date"].date()
        values = [row[name] for name in DIMENSIONS]
        starts = ((ALL, ""), (MONTH, str(day.replace(day=1))), (DAY, str(day)))
        for grain, start in starts:
            together[grain, start, *values].append(row["public_date"])
    return [
        {
            **dict(zip(("grain", "start", *DIMENSIONS), key, strict=True)),
            "frames": len(dates),
            "first_public": min((one for one in dates if one is not None), default=None),
            "last_public": None if None in dates else max(one for one in dates if one is not None),
        }
        for key, dates in together.items()
    ]


def _versions(made: Made) -> list[Mapping[str, Any]]:
    numbers = [10 * made.id + place for place, _ in enumerate(made.versions, 1)]
    return [
        {
            "id": number,
            "uid": f"uid-{number}",
            "frame": made.id,
            "key": f"key-{number}",
            "md5": f"{number:032x}",
            "extension": extension,
            "created_at": NOW,
            "path": None,
            "object_key": None,
            "size": None,
            "sha256": None,
            "crc32": None,
            "fixity": None,
            "looked_at": None,
        }
        for number, extension in zip(numbers, made.versions, strict=True)
    ]


def _pictures(made: Made) -> list[Mapping[str, Any]]:
    return [
        {
            "basename": f"{made.row['basename']}-{size}",
            "frame": made.id,
            "size": size,
            "extension": ".jpg",
            "key": f"picture-{made.id}-{size}",
            "path": None,
            "object_key": None,
            "drawn": False,
            "modified_at": NOW,
        }
        for size in made.pictures
    ]
