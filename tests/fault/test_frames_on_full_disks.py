"""FITS files that are made on request, where there is no room for them."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from tests.equipment.archive import JSON
from tests.equipment.archive_bytes import ingesting_into_folder
from tests.equipment.disks import fill
from tests.equipment.installations import Answer


def packed() -> bytes:
    pixels = np.zeros((1000, 1000), "int16")
    written = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(pixels)]).writeto(written)
    return written.getvalue()


def test_no_room_is_told_and_nothing_is_left(
    request: pytest.FixtureRequest, tmp_path: Path, disk: Path
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "scratch").symlink_to(disk)
    with ingesting_into_folder(request, tmp_path, consumers=("ingest-frame",)) as ingester:
        number = ingester.ingest(packed())["id"]

        def ask() -> list[Answer]:
            said = json.dumps({"frame_ids": [number], "uncompress": True}).encode()
            return [
                ingester.archive.call("POST", "/frames/zip/", said, content_type=JSON),
                ingester.archive.get(f"/frame-funpack/{number}/funpack/"),
            ]

        filler = fill(disk)
        for answer in ask():
            assert (answer.status, "retry-after" in answer.headers) == (503, True)
            assert str(disk) not in answer.body.decode()
        filler.unlink()
        assert [answer.status for answer in ask()] == [200, 200]
        assert list((disk / "making").iterdir()) == []
