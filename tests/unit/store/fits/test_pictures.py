"""Pictures of frames: what is bright in a frame is bright in its picture, in the same place."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from PIL import Image

from store.fits.pictures import draw
from store.fits.reading import UnreadableFitsError, opened
from store.fits.tiles import check_tiles
from tests.equipment.fits_files import USUAL, catalogue, header, packed


def sky(shape: tuple[int, ...] = (120, 160)) -> np.ndarray:
    """Return noise with one star, above and left of the middle as FITS counts."""
    image = np.random.default_rng(2).normal(100, 3, shape).astype("float32")
    height, width = shape[-2:]
    image[..., height * 3 // 4 : height * 3 // 4 + 8, width // 4 : width // 4 + 8] = 5000
    return image


def write(path: Path, image: np.ndarray | None) -> Path:
    fits.PrimaryHDU(image).writeto(path, overwrite=True)
    return path


def drawn(source: Path, size: int = 80) -> np.ndarray:
    """Return the picture's pixels, first row on top."""
    target = source.with_suffix(".jpg")
    assert draw(source, target, size=size)
    with Image.open(target) as picture:
        assert picture.format == "JPEG"
        return np.asarray(picture.convert("L")).astype(int)


@pytest.mark.parametrize("kind", ["uint8", "int16", "uint16", "int32", "float32", "float64"])
@pytest.mark.parametrize("compressed", [False, True])
def test_a_star_is_where_it_is(tmp_path: Path, kind: str, *, compressed: bool) -> None:
    image = np.clip(sky(), 0, 255).astype(kind)
    path = tmp_path / "a.fits"
    pixels = drawn(packed(path, header(USUAL), image) if compressed else write(path, image))
    assert pixels.shape == (60, 80)
    assert pixels[30 - 17 : 30 - 15, 21:23].min() > 200  # row 90 of 120 from the bottom
    assert 40 < np.median(pixels) < 200


@pytest.mark.parametrize("shape", [(3, 120, 160), (1, 2, 120, 160)])
def test_of_a_cube_it_is_the_first_plane(tmp_path: Path, shape: tuple[int, ...]) -> None:
    image = np.zeros(shape, "float32")
    image[(0,) * (len(shape) - 2)] = sky()
    assert np.array_equal(
        drawn(write(tmp_path / "cube.fits", image)), drawn(write(tmp_path / "a.fits", sky()))
    )


def test_what_has_no_value_is_black_and_does_no_harm(tmp_path: Path) -> None:
    image = sky()
    image[:60] = np.nan
    image[60:62, :2] = [[np.inf, -np.inf], [np.nan, 1e38]]
    pixels = drawn(write(tmp_path / "a.fits", image))
    assert pixels[32:].max() < 20
    assert pixels[:28].max() > 200


@pytest.mark.parametrize(("shape", "size"), [((1, 1), 200), ((3, 50), 200), ((50, 3), 200)])
def test_small_images_are_not_enlarged(tmp_path: Path, shape: tuple[int, int], size: int) -> None:
    assert drawn(write(tmp_path / "a.fits", np.ones(shape)), size).shape == shape


@pytest.mark.parametrize("shape", [(1001, 7), (7, 1001), (999, 1000)])
def test_no_side_is_longer_than_the_size(tmp_path: Path, shape: tuple[int, int]) -> None:
    pixels = drawn(write(tmp_path / "a.fits", np.ones(shape)), 100)
    assert max(pixels.shape) <= 100
    assert min(pixels.shape) >= 1


@pytest.mark.parametrize("tile", [(1, 160), (7, 9), (120, 160)])
def test_tiles_do_not_show(tmp_path: Path, tile: tuple[int, int]) -> None:
    image = sky().astype("int32")
    hdu = fits.CompImageHDU(image, tile_shape=tile)
    hdu.writeto(tmp_path / "a.fits.fz")
    assert np.array_equal(drawn(tmp_path / "a.fits.fz"), drawn(write(tmp_path / "p.fits", image)))


def test_no_picture_of_what_is_no_image(tmp_path: Path) -> None:
    target = tmp_path / "a.jpg"
    table = tmp_path / "table.fits"
    fits.HDUList([fits.PrimaryHDU(), catalogue()]).writeto(table)
    text = tmp_path / "text.fits"
    text.write_text("SIMPLE, but no FITS")
    empty = tmp_path / "empty.fits"
    empty.write_bytes(b"")
    cut = write(tmp_path / "cut.fits", sky())
    cut.write_bytes(cut.read_bytes()[:9000])
    nothing = write(tmp_path / "nan.fits", np.full((5, 5), np.nan))
    line = write(tmp_path / "line.fits", np.ones(5))
    for source in (table, text, empty, cut, nothing, line):
        assert not draw(source, target, size=100), source
        assert not target.exists()


@pytest.mark.parametrize("axes", [(2**17, 2), (2**15, 2**14)])
def test_an_image_too_large_to_draw_is_not_begun(tmp_path: Path, axes: tuple[int, int]) -> None:
    source = tmp_path / "a.fits"
    cards = {"SIMPLE": True, "BITPIX": 8, "NAXIS": 2, "NAXIS1": axes[0], "NAXIS2": axes[1]}
    with source.open("wb") as file:
        file.write(header(cards).tostring().encode())
        file.truncate(2880 + axes[0] * axes[1])
    assert not draw(source, tmp_path / "a.jpg", size=100)


def test_a_tile_too_large_to_hold_is_not_begun(tmp_path: Path) -> None:
    source = tmp_path / "a.fits.fz"
    fits.CompImageHDU(np.zeros((16, 16), "int16"), tile_shape=(16, 16)).writeto(source)
    # Two tiles that are said to have 2^27 pixels, of an image that could be drawn.
    data, old = source.read_bytes(), "= {:20}".format
    for key, length in (
        ("ZNAXIS1", 2**14),
        ("ZNAXIS2", 2**14),
        ("ZTILE1", 2**14),
        ("ZTILE2", 2**13),
    ):
        before = key.ljust(8) + old(16)
        assert before.encode() in data
        data = data.replace(before.encode(), (key.ljust(8) + old(length)).encode())
    source.write_bytes(data)
    with opened(source) as hdus, pytest.raises(UnreadableFitsError, match="tile"):
        check_tiles(hdus[1])
    assert not draw(source, tmp_path / "a.jpg", size=100)


def test_several_are_drawn_at_once(tmp_path: Path) -> None:
    sources = [write(tmp_path / f"{number}.fits", sky()) for number in range(12)]
    with ThreadPoolExecutor(4) as threads:
        pixels = list(threads.map(drawn, sources))
    assert all(np.array_equal(one, pixels[0]) for one in pixels)
