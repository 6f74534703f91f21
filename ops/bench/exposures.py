"""Exposures of a telescope, as ocs-ingester 3.2 posts them: 4 KB of header cards, and an area."""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic_core import to_json

EXTENSION = ".fits.fz"
PAGE = 100
"""Frames of a list."""

Work = Literal["create", "list", "md5"]
"""What is done: a POST of a frame, a GET of a page, a GET of a version by its digest."""

_FIRST = datetime(2026, 1, 1, tzinfo=UTC)
_DAY = "2026-01-01"
_CARDS = 128
"""Of an instrument's own, beside those below: with them, headers have some 4 KB."""
_HALF_SIDE = 0.22
"""Degrees."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """One exposure; no two are of the same content, or of the same part of the sky."""

    night: str
    number: int
    """In its night, from 0."""
    content: str = ""
    """MD5 of its file; empty: there is no such file, and it has a digest of its own."""

    @property
    def basename(self) -> str:
        """Its name."""
        return f"tst1m0a-kb27-{self.night}-{self.number:06}-e00"

    @property
    def md5(self) -> str:
        """Digest of its only version, which is also that one's key in a folder."""
        made = hashlib.md5(self.basename.encode(), usedforsecurity=False)
        return self.content or made.hexdigest()

    def body(self) -> bytes:
        """Return what is posted."""
        return to_json(self.said())

    def said(self) -> dict[str, Any]:
        """Return the same before it is JSON."""
        moment = (_FIRST + timedelta(seconds=self.number)).isoformat()[:19]
        public = (_FIRST + timedelta(days=365)).isoformat()[:19]
        fields = {
            "observation_date": moment,
            "observation_day": _DAY,
            "public_date": public,
            "proposal_id": f"PROP-{self.number % 20:04}",
            "instrument_id": "kb27",
            "target_name": f"NGC {self.number % 7840}",
            "site_id": "tst",
            "telescope_id": "1m0a",
            "exposure_time": 60.0,
            "primary_optical_element": "rp",
            "configuration_type": "EXPOSE",
            "observation_id": self.number // 10,
            "request_id": self.number // 20,
            "reduction_level": 0,
        }
        chance = random.Random(self.basename)  # noqa: S311 - specimens, not secrets
        return {
            **fields,
            "basename": self.basename,
            "headers": {**_header(fields), **_cards(chance)},
            "area": _area(chance),
            "related_frame_filenames": [],
            "version_set": [{"key": self.md5, "md5": self.md5, "extension": EXTENSION}],
        }


def exposures(night: str, count: int) -> Sequence[Exposure]:
    """Return the exposures of a night."""
    return [Exposure(night, number) for number in range(count)]


def _header(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "SIMPLE": True,
        "BITPIX": 16,
        "NAXIS": 2,
        "NAXIS1": 4096,
        "NAXIS2": 4096,
        "DATE-OBS": fields["observation_date"],
        "DAY-OBS": fields["observation_day"].replace("-", ""),
        "L1PUBDAT": fields["public_date"],
        "PROPID": fields["proposal_id"],
        "INSTRUME": fields["instrument_id"],
        "OBJECT": fields["target_name"],
        "SITEID": fields["site_id"],
        "TELID": fields["telescope_id"],
        "EXPTIME": fields["exposure_time"],
        "FILTER": fields["primary_optical_element"],
        "OBSTYPE": fields["configuration_type"],
        "BLKUID": fields["observation_id"],
        "REQNUM": fields["request_id"],
        "RLEVEL": fields["reduction_level"],
        "USERID": "ann",
        "TRACKNUM": None,
        "CTYPE1": "RA---TAN",
        "CTYPE2": "DEC--TAN",
    }


def _cards(chance: random.Random) -> dict[str, Any]:
    """Return cards of numbers, of truths and of words, as instruments write them."""
    found: dict[str, Any] = {}
    for number in range(_CARDS):
        kind = number % 4
        if kind == 0:
            found[f"TEMP{number:04}"] = round(chance.uniform(-120, 30), 6)
        elif kind == 1:
            found[f"ENC{number:05}"] = chance.randrange(10**9)
        elif kind == 2:  # noqa: PLR2004 - the third of four kinds
            found[f"STAT{number:04}"] = "in position, no fault seen since power-up"
        else:
            found[f"LOCK{number:04}"] = chance.random() < 0.5  # noqa: PLR2004 - heads or tails
    return found


def _area(chance: random.Random) -> dict[str, Any]:
    ra, dec = chance.uniform(1, 359), chance.uniform(-80, 80)
    corners = ((1, -1), (1, 1), (-1, 1), (-1, -1), (1, -1))
    ring = [
        [round(ra + east * _HALF_SIDE, 8), round(dec + north * _HALF_SIDE, 8)]
        for east, north in corners
    ]
    return {"type": "Polygon", "coordinates": [ring]}
