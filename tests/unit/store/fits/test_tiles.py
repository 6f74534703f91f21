"""Compressed images whose tiles would take more than they should."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from store.fits.pictures import draw
from store.fits.reading import UnreadableFitsError
from store.fits.unpacking import funpack
from tests.equipment.fits_files import USUAL, header, numbers


def write(path: Path, code: str, kind: str = "int16") -> Path:
    """Write an image of two tiles."""
    image = fits.CompImageHDU(
        numbers(kind, (20, 20)), header(USUAL), compression_type=code, tile_shape=(10, 20)
    )
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(path)
    return path


def with_tile(path: Path, tile: bytes) -> Path:
    """Put other bytes where the first tile is said to be: behind all that was there."""
    with fits.open(path, disable_image_compression=True) as hdus:
        table, size = hdus.fileinfo(1)["datLoc"], hdus[1].header["PCOUNT"]
        heap = table + hdus[1].header["NAXIS1"] * hdus[1].header["NAXIS2"]
    data = path.read_bytes()
    place = np.array([len(tile), len(data) - heap], ">i4").tobytes()
    data = data[:table] + place + data[table + len(place) :] + tile
    card = "PCOUNT  = {:20}".format
    path.write_bytes(data.replace(card(size).encode(), card(len(data) - heap).encode()))
    return path


@pytest.mark.parametrize("code", ["RICE_1", "GZIP_1", "GZIP_2", "NOCOMPRESS"])
@pytest.mark.parametrize("kind", ["int16", "int32", "float32", "float64"])
def test_usual_codes(tmp_path: Path, code: str, kind: str) -> None:
    source = write(tmp_path / "a.fits.fz", code, kind)
    funpack(source, tmp_path / "a.fits")
    with fits.open(source) as before, fits.open(tmp_path / "a.fits") as after:
        assert np.array_equal(before[1].data, after[1].data)
    assert draw(source, tmp_path / "a.jpg", size=10)


@pytest.mark.parametrize("code", ["HCOMPRESS_1", "PLIO_1"])
def test_codes_that_are_not_trusted(tmp_path: Path, code: str) -> None:
    source = write(tmp_path / "a.fits.fz", code)
    funpack(source, tmp_path / "a.fits")
    assert (tmp_path / "a.fits").read_bytes() == source.read_bytes()
    assert not draw(source, tmp_path / "a.jpg", size=10)


@pytest.mark.parametrize("name", [b"'COMPRESSED_DATA'", b"'compressed_data'"])
def test_a_bomb(tmp_path: Path, name: bytes) -> None:
    source = with_tile(write(tmp_path / "a.fits.fz", "GZIP_1"), gzip.compress(bytes(10**7)))
    source.write_bytes(source.read_bytes().replace(b"'COMPRESSED_DATA'", name))
    with pytest.raises(UnreadableFitsError, match="more than 4480 bytes"):
        funpack(source, tmp_path / "a.fits")
    assert not draw(source, tmp_path / "a.jpg", size=10)


def test_a_tile_is_not_much_larger_than_its_pixels(tmp_path: Path) -> None:
    source = with_tile(write(tmp_path / "a.fits.fz", "RICE_1"), bytes(5000))
    with pytest.raises(UnreadableFitsError, match="more than 4480 bytes"):
        funpack(source, tmp_path / "a.fits")


def test_a_row_that_is_too_wide(tmp_path: Path) -> None:
    image = fits.CompImageHDU(np.zeros((1, 16), "uint8"), tile_shape=(1, 16))
    image.writeto(tmp_path / "a.fits.fz")
    data, card = (tmp_path / "a.fits.fz").read_bytes(), "ZNAXIS1 = {:20}".format
    (tmp_path / "a.fits.fz").write_bytes(data.replace(card(16).encode(), card(2**30).encode()))
    with pytest.raises(UnreadableFitsError, match="a row of it"):
        funpack(tmp_path / "a.fits.fz", tmp_path / "a.fits")


def test_a_tile_that_breaks_off(tmp_path: Path) -> None:
    source = with_tile(write(tmp_path / "a.fits.fz", "GZIP_1"), gzip.compress(bytes(400)))
    source.write_bytes(source.read_bytes()[:-10])
    with pytest.raises(UnreadableFitsError, match="within a tile"):
        funpack(source, tmp_path / "a.fits")


def test_a_sound_tile_may_be_anywhere(tmp_path: Path) -> None:
    tile = gzip.compress(np.arange(200, dtype=">i2").tobytes())
    source = with_tile(write(tmp_path / "a.fits.fz", "GZIP_1"), tile)
    assert draw(source, tmp_path / "a.jpg", size=10)
