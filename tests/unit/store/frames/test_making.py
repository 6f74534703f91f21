"""Files that are made are there until the workshop is closed, and then nothing is left of them."""

import io
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from store.errors import ObjectNotFoundError
from store.file_stores.folder import FolderFileStore
from store.fits.reading import UnreadableFitsError
from store.frames.content import FrameContent
from store.frames.making import Workshop
from store.frames.values import Version
from store.objects_local import LocalObjectStore
from tests.equipment.frame_posts import md5_of
from tests.equipment.frame_versions import version


def packed(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 1000, (60, 50)).astype("int16")
    written = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(pixels)]).writeto(written)
    return written.getvalue()


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    (tmp_path / "files").mkdir()
    objects = LocalObjectStore(tmp_path / "objects")
    content = FrameContent(objects, FolderFileStore(tmp_path / "files"))
    return Workshop(content, tmp_path / "making")


def put(tmp_path: Path, name: str, data: bytes) -> Version:
    (tmp_path / "files" / name).write_bytes(data)
    return replace(version(1, ".fits.fz"), path=name, md5=md5_of(data))


def test_what_was_made_is_read_in_parts_by_many(workshop: Workshop, tmp_path: Path) -> None:
    with workshop:
        made = [
            workshop.make(put(tmp_path, f"{n}.fits.fz", packed(n)), "funpack") for n in range(3)
        ]
        wholes = [workshop.open(one, 0, None).read() for one in made]
        assert len(set(wholes)) == 3
        assert [zlib.crc32(one) for one in wholes] == [one.crc32 for one in made]
        assert [len(one) for one in wholes] == [one.size for one in made]
        with ThreadPoolExecutor(4) as threads:
            parts = threads.map(lambda start: workshop.open(made[1], start, 100).read(), range(200))
            assert list(parts) == [wholes[1][start : start + 100] for start in range(200)]
        assert workshop.open(made[0], made[0].size - 3, 10).read() == wholes[0][-3:]
    assert list((tmp_path / "making").iterdir()) == []


def test_what_cannot_be_made_leaves_nothing(workshop: Workshop, tmp_path: Path) -> None:
    with workshop:
        with pytest.raises(UnreadableFitsError):
            workshop.make(put(tmp_path, "x", b"no FITS"), "funpack")
        with pytest.raises(ObjectNotFoundError):
            workshop.make(version(2, ".fits.fz"), "catalogue")
        assert list((tmp_path / "making").iterdir()) == []
