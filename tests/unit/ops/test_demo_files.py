"""The demo's files are what their names say."""

import csv
import io
import re
import struct
from datetime import UTC, datetime
from random import Random

from ops.demo_files.fits import fits_image
from ops.demo_files.pdf import pdf_page
from ops.demo_files.specimens import specimens_csv

NIGHT = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - stars, not secrets


def image() -> bytes:
    return fits_image(NIGHT, seeded(1))


def header(data: bytes) -> dict[str, str]:
    found = {}
    for start in range(0, len(data), 80):
        card = data[start : start + 80].decode("ascii")
        if card.startswith("END "):
            break
        assert card[8:10] == "= "
        found[card[:8].rstrip()] = card[10:].partition(" / ")[0].strip().strip("'").rstrip()
    return found


def test_a_fits_image_is_whole_blocks_of_header_and_pixels() -> None:
    data = image()
    end = data.index(b"END".ljust(80))
    assert end % 80 == 0
    start = -(-(end + 80) // 2880) * 2880
    assert data[end + 80 : start].strip(b" ") == b""
    cards = header(data)
    size = int(cards["NAXIS1"]) * int(cards["NAXIS2"]) * 2
    assert len(data) == -(-(start + size) // 2880) * 2880
    assert data[start + size :].strip(b"\0") == b""


def test_its_pixels_are_a_sky_with_stars_above_it() -> None:
    data = image()
    start = len(data) - 46 * 2880
    stored = struct.unpack(">65536h", data[start : start + 131072])
    physical = sorted(value + 32768 for value in stored)
    assert 380 < physical[len(physical) // 2] < 460
    assert physical[-1] > 5000
    assert physical[0] >= 0


def test_its_header_says_what_a_pipeline_asks_for() -> None:
    cards = header(image())
    assert cards["SIMPLE"] == "T"
    assert cards["DATE-OBS"] == "2026-01-02T03:04:05.678"
    assert cards["DAY-OBS"] == "20260101"
    assert float(cards["MJD-OBS"]) == 61042.1278435
    wanted = {"INSTRUME", "FILTER", "EXPTIME", "PROPID", "SITEID", "TELID", "OBSTYPE", "RLEVEL"}
    assert wanted | {"CTYPE1", "CRVAL1", "CRPIX1", "CD1_1", "BZERO", "OBJECT"} <= cards.keys()


def test_the_same_seed_makes_the_same_files() -> None:
    assert image() == image()
    assert specimens_csv(seeded(1)) == specimens_csv(seeded(1)) != specimens_csv(seeded(2))


def test_the_table_has_a_header_and_full_rows() -> None:
    rows = list(csv.reader(io.StringIO(specimens_csv(seeded(1)).decode())))
    assert rows[0][0] == "catalogNumber"
    assert {len(row) for row in rows} == {len(rows[0])}
    assert len({row[0] for row in rows}) == len(rows)


def test_the_pdf_finds_its_own_objects() -> None:
    data = pdf_page("A (title)", ["line \\ one"])
    assert data.startswith(b"%PDF-1.4\n")
    assert data.endswith(b"%%EOF\n")
    start = int(data.split(b"startxref\n")[1].split()[0])
    assert data[start : start + 4] == b"xref"
    offsets = [int(entry) for entry in re.findall(rb"^(\d{10}) 00000 n $", data, re.MULTILINE)]
    for number, offset in enumerate(offsets, start=1):
        assert data[offset:].startswith(b"%d 0 obj\n" % number)
    assert rb"(A \(title\)) Tj" in data
    length = int(re.findall(rb"/Length (\d+)", data)[0])
    content = data.split(b"stream\n")[1].removesuffix(b"\nend")
    assert len(content) == length
