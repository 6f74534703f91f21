"""Compressed frames become plain ones as funpack makes them, and catalogues come out of them."""

import tracemalloc
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from store.fits.reading import UnreadableFitsError
from store.fits.unpacking import NoCatalogueError, catalogue, funpack
from tests.equipment.fits_files import USUAL, header, numbers, packed, plain, reduced


def extension(path: Path) -> Path:
    """An integer image that always was an extension, its zero point among its first cards."""
    made = header({"BZERO": (32768, "offset"), "BSCALE": (1, "scale"), **USUAL})
    return packed(path, made, numbers("uint16"))


def primary(path: Path) -> Path:
    """What was a primary image before it was compressed."""
    image = fits.CompImageHDU(numbers(), header(USUAL))
    for key in ("XTENSION", "PCOUNT", "GCOUNT"):
        del image.header[key]
    image.header.insert(0, ("SIMPLE", True))
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(path)
    return path


def frame(path: Path) -> Path:
    """Floating-point image, table, mask."""
    return reduced(path, header(USUAL))


def cube(path: Path) -> Path:
    """Three planes in tiles that do not fit."""
    image = fits.CompImageHDU(numbers("int32", (3, 11, 13)), header(USUAL), tile_shape=(2, 4, 5))
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(path)
    return path


def spectrum(path: Path) -> Path:
    """One row."""
    return packed(path, header(USUAL), numbers(shape=(300,)))


def table(path: Path) -> Path:
    """Nothing that is compressed."""
    return plain(path, header(USUAL))


@pytest.mark.parametrize(
    ("make", "digest"),
    [
        (extension, "7b4fdc3d53120b17ec64147743a70c58a106213aae9d0267046600da09d6bcf6"),
        (primary, "e62084a275a931b2bcf66326d1e108752146452fb553aba6f7a77fe088611ab9"),
        (frame, "4ec7bece857def4317f80c4d88b9211e22084257224fe7c9ca49441724f20c50"),
        (cube, "a2a1da2ed56c2cc5648a18baab70f799790e280f76c07a4c10a1dddb76d25b60"),
        (spectrum, "374006a02d7d99169626112c17e351ab663bc7687ab6a68ea4491cdc94c22ebf"),
        (table, "4132f815dfe5df8434ef058d324b35dd5c6fd991fa34b72dc1c6bcb6b77b63e6"),
    ],
)
def test_bytes_are_those_of_funpack(
    tmp_path: Path, make: Callable[[Path], Path], digest: str
) -> None:
    """Digests are of what `funpack -C -S -` of cfitsio 4.2 wrote for the same files."""
    funpack(make(tmp_path / "a.fits.fz"), tmp_path / "a.fits")
    assert sha256((tmp_path / "a.fits").read_bytes()).hexdigest() == digest


def test_pixels_and_headers_are_those_of_before(tmp_path: Path) -> None:
    funpack(frame(tmp_path / "a.fits.fz"), tmp_path / "a.fits")
    with fits.open(tmp_path / "a.fits.fz") as before, fits.open(tmp_path / "a.fits") as after:
        after.verify("exception")
        assert [hdu.name for hdu in after] == [hdu.name for hdu in before]
        for one, other in zip(before, after, strict=True):
            assert one.header == other.header
            assert np.array_equal(one.data, other.data)


def test_memory_does_not_depend_on_the_size(tmp_path: Path) -> None:
    image = np.zeros((6000, 6000), "int16")
    fits.CompImageHDU(image, tile_shape=(100, 6000)).writeto(tmp_path / "a.fits.fz")
    funpack(extension(tmp_path / "warm.fits.fz"), tmp_path / "warm.fits")
    tracemalloc.start()
    try:
        funpack(tmp_path / "a.fits.fz", tmp_path / "a.fits")
        assert tracemalloc.get_traced_memory()[1] < image.nbytes / 3
    finally:
        tracemalloc.stop()
    assert (tmp_path / "a.fits").stat().st_size > image.nbytes


def test_more_than_allowed_is_not_written(tmp_path: Path) -> None:
    source, target = extension(tmp_path / "a.fits.fz"), tmp_path / "a.fits"
    with pytest.raises(UnreadableFitsError, match="more than 399 bytes"):
        funpack(source, target, largest=399)
    funpack(source, target, largest=400)


@pytest.mark.parametrize("damage", ["cut in the image", "cut in the table", "header", "no FITS"])
def test_a_damaged_file_is_refused(tmp_path: Path, damage: str) -> None:
    source, target = frame(tmp_path / "a.fits.fz"), tmp_path / "a.fits"
    data = source.read_bytes()
    with fits.open(source) as hdus:
        image, stars = (hdus.fileinfo(number)["datLoc"] for number in (1, 2))
    source.write_bytes(
        {
            "cut in the image": data[: image + 100],
            "cut in the table": data[: stars + 10],
            "header": data.replace(b"XTENSION= 'BINTABLE'", b"XTENSION= 'BINTABL "),
            "no FITS": b"PK" + data,
        }[damage]
    )
    with pytest.raises(UnreadableFitsError):
        funpack(source, target)
    assert not target.exists()


def test_a_full_disk_is_not_the_files_fault(tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        funpack(frame(tmp_path / "a.fits.fz"), full)
    assert not full.is_symlink()


def test_a_catalogue_has_the_header_of_the_image(tmp_path: Path) -> None:
    catalogue(frame(tmp_path / "a.fits.fz"), tmp_path / "c.fits")
    with fits.open(tmp_path / "c.fits", checksum=True) as hdus:
        hdus.verify("exception")
        assert [hdu.name for hdu in hdus] == ["SCI", "CAT"]
        assert hdus[0].header["OBJECT"] == "M 31"
        assert hdus[0].data is None
        assert list(hdus[1].data["y"]) == [0, 2, 4]


def test_no_catalogue(tmp_path: Path) -> None:
    with pytest.raises(NoCatalogueError):
        catalogue(extension(tmp_path / "a.fits.fz"), tmp_path / "c.fits")
    assert not (tmp_path / "c.fits").exists()
    (tmp_path / "b.fits").write_bytes(b"SIMPLE")
    with pytest.raises(UnreadableFitsError):
        catalogue(tmp_path / "b.fits", tmp_path / "c.fits")
