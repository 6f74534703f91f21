"""Frames as an observatory has them: seven sites, ten years, calibrations, proposals, a sky.

Rows are made in batches, as tuples in the order of their table's columns, with times as the text
that SQLite keeps and PostgreSQL reads. The same count makes the same frames.
"""

import hashlib
import itertools
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from store.frames.combinations import ALL, DAY, DIMENSIONS, MONTH
from store.sky.cells import cells_of

NOW = datetime(2026, 11, 21, tzinfo=UTC)
"""When everything here has happened."""
POINTINGS = 2000
BATCH = 10_000
PROPOSALS = 400
USERS = 200

_YEARS = 10
_SITES = {"coj": 5, "cpt": 6, "elp": 4, "lsc": 8, "ogg": 3, "tfn": 4, "tlv": 1}
_TELESCOPES = {"0m4a": 4, "1m0a": 6, "2m0a": 2}
_TYPES = {
    "EXPOSE": 60,
    "BIAS": 12,
    "DARK": 8,
    "SKYFLAT": 9,
    "SPECTRUM": 5,
    "GUIDE": 5,
    "TRAILED": 1,
}
_CALIBRATIONS = {"BIAS", "DARK", "SKYFLAT"}
_FILTERS = {"rp": 30, "gp": 20, "ip": 18, "V": 12, "B": 10, "zs": 6, "air": 3, "H-Alpha": 1}
_LEVELS = {0: 50, 91: 46, 11: 4}
_EXPOSURES = {0.0: 10, 1.5: 10, 30.0: 25, 60.0: 30, 120.0: 15, 300.0: 9, 1800.0: 1}

_HEADERS = (
    '{"SIMPLE": true, "BITPIX": 16, "SITEID": "%s", "TELID": "%s", "INSTRUME": "%s", '
    '"OBSTYPE": "%s", "FILTER": "%s", "RLEVEL": %d, "PROPID": "%s", "OBJECT": "%s"}'
)

TABLES = (
    "frames",
    "frame_versions",
    "frame_headers",
    "frame_links",
    "frame_cells",
    "thumbnails",
    "frame_combinations",
)
"""Those that are filled."""

_PICTURED = 10
"""Of so many frames, one has a thumbnail."""

Rows = Mapping[str, list[tuple[Any, ...]]]
"""By table."""


@dataclass(slots=True)
class _Together:
    frames: int
    first: str
    last: str | None


class Frames:
    """So many frames, with all that belongs to them."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._random = random.Random(count)  # noqa: S311 - specimens, not secrets
        self._step = timedelta(days=365 * _YEARS) / count
        self._areas = [_square(self._random) for _ in range(POINTINGS)]
        self._cells = [cells_of(area) for area in self._areas]
        self._versions = itertools.count(1)
        self._together: dict[tuple[str, ...], _Together] = {}

    def batches(self) -> Iterator[Rows]:
        """Yield the rows of frames, the oldest first; then those of their combinations."""
        for start in range(1, self.count + 1, BATCH):
            yield self._batch(range(start, min(start + BATCH, self.count + 1)))
        yield {
            "frame_combinations": [
                (*key, one.frames, one.first or None, one.last)
                for key, one in self._together.items()
            ]
        }

    def _batch(self, numbers: Sequence[int]) -> Rows:
        count = len(numbers)
        choose = self._random.choices
        kinds = zip(
            numbers,
            _weighed(choose, _SITES, count),
            _weighed(choose, _TELESCOPES, count),
            _weighed(choose, _TYPES, count),
            _weighed(choose, _FILTERS, count),
            _weighed(choose, _LEVELS, count),
            _weighed(choose, _EXPOSURES, count),
            choose(range(POINTINGS), k=count),
            strict=True,
        )
        found: dict[str, list[tuple[Any, ...]]] = {name: [] for name in TABLES[:-1]}
        for kind in kinds:
            self._add(found, *kind)
        return found

    def _add(  # noqa: PLR0913, PLR0917 - what was chosen
        self,
        found: dict[str, list[tuple[Any, ...]]],
        number: int,
        site: str,
        telescope: str,
        type_: str,
        colour: str,
        level: int,
        exposure: float,
        pointing: int,
    ) -> None:
        calibration = type_ in _CALIBRATIONS
        observed = NOW - self._step * (self.count - number) - timedelta(hours=1)
        day = (observed - timedelta(hours=12)).date()
        public = observed if calibration else observed + timedelta(days=365)
        never = type_ == "GUIDE" and number % 5 == 0
        # Proposals come and go: some twenty are under way at any time.
        under_way = PROPOSALS * number // self.count
        proposal = "calibrate" if calibration else f"PROP-{under_way + pointing % 20:04d}"
        target = "" if calibration else f"NGC {7000 + pointing}"
        instrument = f"kb{_NUMBERS[site, telescope]:02d}"
        basename = f"{site}{telescope}-{instrument}-{day:%Y%m%d}-{number:07d}-e{level:02d}"
        area = None if calibration else self._areas[pointing]
        version = next(self._versions)
        at, public_at = _text(observed), None if never else _text(public)
        row = {
            "id": number,
            "basename": basename,
            "basename_folded": basename.casefold(),
            "observation_date": at,
            "observation_day": str(day),
            "public_date": public_at,
            "proposal_id": proposal,
            "instrument_id": instrument,
            "target_name": target,
            "target_folded": target.casefold(),
            "site_id": site,
            "telescope_id": telescope,
            "primary_optical_element": colour,
            "configuration_type": type_,
            "reduction_level": level,
            "exposure_time": exposure,
            "observation_id": number // 10,
            "request_id": number // 20,
            "submitter": f"user-{pointing % USERS}",
            "area": area,
            "newest": version,
            "created_at": at,
            "modified_at": at,
        }
        found["frames"].append(tuple(row.values()))
        found["frame_versions"].append(_version(version, number, at))
        headers = _HEADERS % (site, telescope, instrument, type_, colour, level, proposal, target)
        found["frame_headers"].append((number, headers))
        if level and number > 1:
            found["frame_links"] += [(number, number - 1), (number - 1, number)]
        if area is not None:
            found["frame_cells"] += [(cell, number) for cell in self._cells[pointing]]
        if number % _PICTURED == 0:
            picture = (f"{basename}-small", number, "small", ".jpg", f"{number}", None, None, False)
            found["thumbnails"].append((number, *picture, at))
        self._count(row, at[:10], public_at)

    def _count(self, row: Mapping[str, Any], day: str, public: str | None) -> None:
        values = [row[name] for name in DIMENSIONS]
        for key in ((ALL, "", *values), (MONTH, f"{day[:7]}-01", *values), (DAY, day, *values)):
            one = self._together.get(key)
            if one is None:
                self._together[key] = _Together(1, public or "", public)
                continue
            one.frames += 1
            if public is None or one.last is None:
                one.last = None
            else:
                one.last = max(one.last, public)
            if public is not None:
                one.first = min(one.first or public, public)


def _version(number: int, frame: int, at: str) -> tuple[Any, ...]:
    md5 = hashlib.md5(str(frame).encode(), usedforsecurity=False).hexdigest()
    unknown = (None,) * 7
    return (number, f"uid-{number:012d}", frame, f"key-{md5}", md5, ".fits.fz", at, *unknown)


def md5_of(frame: int) -> str:
    """Return the digest of a frame's version."""
    return str(_version(0, frame, "")[4])


def _square(chance: random.Random) -> str:
    ra, dec, side = chance.uniform(0, 360), chance.uniform(-80, 80), 0.22
    corners = ((1, -1), (1, 1), (-1, 1), (-1, -1), (1, -1))
    ring = [[round(ra + east * side, 6), round(dec + north * side, 6)] for east, north in corners]
    return json.dumps({"type": "Polygon", "coordinates": [ring]}, separators=(",", ":"))


def _weighed(choose: Any, weights: Mapping[Any, int], count: int) -> list[Any]:  # noqa: ANN401 - of any kind
    return list(choose(list(weights), list(weights.values()), k=count))


def _text(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(" ", "microseconds")


_NUMBERS = {pair: number for number, pair in enumerate(itertools.product(_SITES, _TELESCOPES), 1)}
