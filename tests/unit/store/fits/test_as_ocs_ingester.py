"""Files are described, and their places named, to the letter as the real client does it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits
from pydantic import JsonValue

from store.fits.mapping import Description, HeaderMapping, describe
from store.fits.paths import store_path
from tests.equipment.fits_files import (
    RAW,
    REDUCED,
    REQUIRED,
    SKY,
    USUAL,
    Cards,
    catalogue,
    header,
    packed,
    plain,
    reduced,
    tar,
)

SIP: Cards = {
    **SKY,
    "CTYPE1": "RA---TAN-SIP",
    "CTYPE2": "DEC--TAN-SIP",
    "A_ORDER": 2,
    "A_2_0": 1e-4,
    "B_ORDER": 2,
    "B_0_2": 1e-4,
}
ROUND: Cards = {**USUAL, "RADIUS": 90, "RA": "10:00:00.0", "DEC": "-02:30:00"}

PLAIN: Mapping[str, Cards] = {
    RAW: {**USUAL, **SKY},
    "tst1m0a-kb27-20240304-0002-e91": {**USUAL, "RLEVEL": 91, "OBJECT": "x" * 150},
    "day-of-eight": {**USUAL, "DATE-OBS": "2024-03-05", "OBJECT": "UNKNOWN"},
    "zone": {**USUAL, "DATE-OBS": "2024-03-05T04:05:06Z"},
    "nothing": {**USUAL, "REQNUM": "N/A", "TRACKNUM": "Nonesuch", "MOLUID": None, "EXPTIME": 3},
    "no-level": REQUIRED,
    "bias": {**USUAL, "OBSTYPE": "BIAS"},
    "public": {**USUAL, "PROPID": "LCOEngineering-calibrate"},
    "private": {**USUAL, "PROPID": "LCOEngineering"},
    "guide-t00": USUAL,
    "told": {**USUAL, "L1PUBDAT": "2024-01-01T00:00:00"},
    "related": {
        **USUAL,
        "L1IDBIAS": "bias-1.fits.fz",
        "L1IDFLAT": "flat",
        "L1IDCAT": "N/A",
        "ORIGNAME": "/data/raw/one.fits",
        "L1IDDARK": ".hidden.fits",
    },
    "round": ROUND,
    "round-by-number": {**USUAL, "RADIUS": 90.5, "RA": 23.999, "DEC": 89.99},
    "distorted": {**USUAL, **SIP},
    "singular": {**USUAL, **SKY, "CD1_1": 0.0},
    "odd-cards": {**USUAL, "HIERARCH eso det chip": 3, "FLAG": True, "BIG": 10**30, "TINY": 1e-30},
}
PACKED: Mapping[str, Cards] = {
    "tst1m0a-kb27-20240304-0003-e00": {**USUAL, **SKY},
    "tst1m0a-kb27-20240304-0004-b92": {**REQUIRED, "OBSTYPE": "UNKNOWN"},
    "tst1m0a-en06-20240304-0005-e00": {**USUAL, "OBSTYPE": ""},
    "tst1m0a-kb27-20240304-0006-e00": {**USUAL, "OBSTYPE": "", "ENCID": "igla"},
    "tst1m0a-kb27-20240304-0007-a00": {**USUAL, "OBSTYPE": "", "TELID": "igla"},
    "tst1m0a-kb27-20240304-0008-a91": {**USUAL, "OBSTYPE": "UNKNOWN"},
    "trace-tst-20240304-0009-x": {**USUAL, "OBSTYPE": "UNKNOWN"},
    "arc-tst-20240304-0010-f": {**USUAL, "OBSTYPE": "UNKNOWN"},
    "tst-kb27-20240304-bias-bin1x1": {**USUAL, "OBSTYPE": "UNKNOWN"},
    "tst-kb27-20240304-bpm-full": {**USUAL, "OBSTYPE": "UNKNOWN"},
    "tst-kb27-20240304-0011-q00": {**USUAL, "OBSTYPE": "UNKNOWN"},
    "too-short": {**USUAL, "OBSTYPE": "UNKNOWN"},
    "tst_bpm_full": USUAL,
    "by-extension": {**USUAL, "EXTNAME": "BPM"},
    "level-1": REQUIRED,
}
EXTRA: Mapping[str, Cards] = {
    "beside": {**REQUIRED, "OBJECT": "told beside", "frame_basename": "other"},
    "unreadable": {**USUAL, "L1IDBIAS": "b.fits"},
    "unreadable-and-little": {"OBJECT": "M 31"},
}


def write_all(folder: Path) -> list[Path]:
    """Write the files of which both are to speak."""
    made = [plain(folder / f"{name}.fits", header(cards)) for name, cards in PLAIN.items()]
    made += [packed(folder / f"{name}.fits.fz", header(cards)) for name, cards in PACKED.items()]
    made.append(reduced(folder / f"{REDUCED}.fits.fz", header({**REQUIRED, **SKY})))
    table = catalogue()
    table.header.update(REQUIRED)
    made.append(folder / "tst1m0a-kb27-20240304-0012-e91_cat.fits.fz")
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(made[-1])
    members = {"log.txt": b"-", "run/a.fits.fz": made[-2].read_bytes(), "b.fits": b"-"}
    made.append(tar(folder / "run-e00.tar.gz", members))
    made.append(tar(folder / "no-fits.tar.gz", {"log.txt": b"-"}))
    made.append(plain(folder / "beside.fits", header({"OBJECT": "inside", "RLEVEL": 5})))
    made.append(plain(folder / "little.fits", header({"OBJECT": "M 31"})))
    for name in ("unreadable", "unreadable-and-little"):
        made.append(folder / f"{name}.fits")
        made[-1].write_bytes(b"SIMPLY not FITS")
    return made


def extra_of(path: Path) -> Cards:
    return EXTRA.get(path.name.partition(".")[0], {})


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The files."""
    return write_all(tmp_path_factory.mktemp("files"))


@pytest.fixture(scope="module")
def truths(files: list[Path]) -> dict[str, Any]:
    """What ocs-ingester says of each, by its name."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", Path(__file__).with_name("ocs_truth.py")],
        input=json.dumps([[str(path), extra_of(path)] for path in files]),
        env={**os.environ, "OPENTSDB_PYTHON_METRICS_TEST_MODE": "True"},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(zip([path.name for path in files], json.loads(done.stdout), strict=True))


def described(path: Path) -> Description | None:
    return describe(path, path.name, HeaderMapping(), extra_of(path))


def as_json(value: object) -> str:
    """Return text: NaN and infinity raise, 1, 1.0 and true are three values, order counts."""
    return json.dumps(value, allow_nan=False, indent=1)


def test_every_description_is_what_would_be_posted(
    files: list[Path], truths: dict[str, Any]
) -> None:
    for path in files:
        ours, theirs = described(path), truths[path.name]
        if ours is None:
            assert "refused" in theirs, path.name
        else:
            assert as_json(ours.fields) == as_json(theirs.get("record", theirs)), path.name


def test_every_place_is_where_the_bytes_would_be_put(
    files: list[Path], truths: dict[str, Any]
) -> None:
    for path in files:
        ours, theirs = described(path), truths[path.name]
        if ours is not None:
            body: dict[str, JsonValue] = {
                **ours.fields,
                "version_set": [{"extension": ours.extension}],
            }
            assert store_path(body) == theirs["path"]


def test_the_samples_are_worth_comparing(truths: dict[str, Any]) -> None:
    records = [one["record"] for one in truths.values() if "record" in one]
    assert len(truths) - len(records) == 5
    assert sum(record["area"] is not None for record in records) >= 6
    kinds = {record["configuration_type"] for record in records}
    assert kinds >= {"CATALOG", "TRACE", "ARC", "BIAS", "BPM", "TARGET", "DOUBLE", "SPECTRUM"}
    assert sum("/bpm/" in one.get("path", "") for one in truths.values()) == 3
