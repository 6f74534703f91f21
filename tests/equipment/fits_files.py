"""FITS files as observatories make them, small and the same each time."""

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

Cards = Mapping[str, Any]

REQUIRED: Cards = {
    "PROPID": "PROP-1",
    "DATE-OBS": "2024-03-05T04:05:06.789",
    "DAY-OBS": "20240304",
    "INSTRUME": "kb27",
    "SITEID": "tst",
    "TELID": "1m0a",
    "OBSTYPE": "EXPOSE",
    "BLKUID": 4711,
}
USUAL: Cards = {
    **REQUIRED,
    "REQNUM": 991,
    "OBJECT": "M 31",
    "EXPTIME": 12.5,
    "FILTER": "rp",
    "RLEVEL": 0,
    "USERID": "ada",
}
SKY: Cards = {
    "CTYPE1": "RA---TAN",
    "CTYPE2": "DEC--TAN",
    "CUNIT1": "deg",
    "CUNIT2": "deg",
    "CRVAL1": 150.0,
    "CRVAL2": 2.0,
    "CRPIX1": 10.5,
    "CRPIX2": 5.5,
    "CD1_1": -0.001,
    "CD1_2": 0.0,
    "CD2_1": 0.0,
    "CD2_2": 0.001,
}
RAW = "tst1m0a-kb27-20240304-0001-e00"
REDUCED = "tst1m0a-kb27-20240304-0001-e91"


def header(cards: Cards) -> fits.Header:
    """Return a header of these cards: a value, or a value and a comment, each."""
    made = fits.Header()
    for key, value in cards.items():
        made.append((key, *value) if isinstance(value, tuple) else (key, value), end=True)
    return made


def numbers(kind: str = "int16", shape: tuple[int, ...] = (10, 20)) -> np.ndarray:
    """Return an image that is different in each pixel, more or less."""
    return np.random.default_rng(1).integers(0, 1000, shape).astype(kind)


def plain(path: Path, made: fits.Header, *lines: str) -> Path:
    """Write a FITS file with one image; `lines` are cards as they are, however broken."""
    pixels = numbers()
    whole = fits.PrimaryHDU(pixels).header
    whole.update(made)
    text = whole.tostring(endcard=False, padding=False)
    cards = (text + "".join(line.ljust(80) for line in lines) + "END".ljust(80)).encode("latin-1")
    body = pixels.astype(">i2").tobytes()
    path.write_bytes(cards + b" " * (-len(cards) % 2880) + body + bytes(-len(body) % 2880))
    return path


def packed(path: Path, made: fits.Header, data: np.ndarray | None = None) -> Path:
    """Write an empty primary HDU and a compressed image."""
    image = fits.CompImageHDU(numbers() if data is None else data, header=made)
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(path)
    return path


def catalogue() -> fits.BinTableHDU:
    """Return the table of a reduced frame."""
    columns = [
        fits.Column("x", "E", array=np.arange(3.0)),
        fits.Column("y", "D", array=np.arange(3.0) * 2),
    ]
    return fits.BinTableHDU.from_columns(columns, name="CAT")


def reduced(path: Path, made: fits.Header) -> Path:
    """Write a reduced frame: image, catalogue and mask."""
    image = fits.CompImageHDU(numbers("float32"), made, name="SCI", dither_seed=7)
    mask = fits.CompImageHDU((numbers() > 900).astype("uint8"), name="BPM")
    fits.HDUList([fits.PrimaryHDU(), image, catalogue(), mask]).writeto(path)
    return path


def tar(path: Path, members: Mapping[str, bytes]) -> Path:
    """Write a compressed tar."""
    with tarfile.open(path, "w:gz") as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path
