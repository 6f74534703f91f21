"""FITS made when somebody asks: unpacked files and catalogues, alone and in zips."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from astropy.io import fits

from tests.equipment.archive import JSON, in_days
from tests.equipment.archive_bytes import Ingester, ingesting_into_bucket, ingesting_into_folder
from tests.equipment.installations import Answer

PIXELS = np.random.default_rng(0).integers(0, 1000, (60, 50)).astype("int16")


def packed(seed: int, *, catalogue: bool = False) -> bytes:
    """Return a tile-compressed file, different for each seed."""
    header = fits.Header({"OBJECT": f"M {seed}"})
    hdus = fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(PIXELS, header, name="SCI")])
    if catalogue:
        flux = fits.Column("FLUX", "E", array=np.arange(7.0))
        hdus.append(fits.BinTableHDU.from_columns([flux], name="CAT"))
    written = io.BytesIO()
    hdus.writeto(written)
    return written.getvalue()


@pytest.fixture(scope="module", params=["folder", "bucket"])
def ingester(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ingester]:
    ingesting = ingesting_into_folder if request.param == "folder" else ingesting_into_bucket
    with ingesting(
        request, tmp_path_factory.mktemp("made"), archive_draw_thumbnails=False
    ) as ingester:
        yield ingester


@pytest.fixture(scope="module")
def reduced(ingester: Ingester) -> dict[str, object]:
    """A private, reduced exposure with a catalogue."""
    return ingester.ingest(packed(1, catalogue=True), reduction_level=91, public_date=in_days(100))


def zipped(ingester: Ingester, said: object, user: str | None = "ada") -> Answer:
    body = json.dumps(said).encode()
    return ingester.archive.call("POST", "/frames/zip/", body, user, content_type=JSON)


def only_member(answer: Answer) -> tuple[str, bytes]:
    assert answer.status == 200, answer
    assert len(answer.body) == int(answer.headers["content-length"])
    found = zipfile.ZipFile(io.BytesIO(answer.body))
    (name,) = found.namelist()
    return name.rpartition("/")[2], found.read(name)


def is_unpacked(data: bytes) -> bool:
    with fits.open(io.BytesIO(data)) as hdus:
        image = next(one for one in hdus if one.data is not None)
        return type(image) in {fits.ImageHDU, fits.PrimaryHDU} and bool(
            (image.data == PIXELS).all()
        )


def is_catalogue(data: bytes) -> bool:
    with fits.open(io.BytesIO(data)) as hdus:
        return len(hdus) == 2 and hdus[0].header["OBJECT"] == "M 1" and len(hdus["CAT"].data) == 7


def test_funpack(ingester: Ingester, reduced: dict[str, object]) -> None:
    path = f"/frame-funpack/{reduced['id']}/funpack/"
    answer = ingester.archive.get(path, "ada")
    assert answer.status == 200, answer
    assert answer.headers["content-type"] == "application/octet-stream"
    assert is_unpacked(answer.body)
    part = ingester.archive.call("GET", path, user="ada", range="bytes=10-19")
    assert (part.status, part.body) == (206, answer.body[10:20])


def test_catalogue(ingester: Ingester, reduced: dict[str, object]) -> None:
    answer = ingester.archive.get(f"/frame-catalog/{reduced['id']}/catalog/", "ada")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/octet-stream")
    assert f"{reduced['basename']}-catalog.fits" in answer.headers["content-disposition"]
    assert is_catalogue(answer.body)


@pytest.mark.parametrize("place", ["frame-funpack/{}/funpack/", "frame-catalog/{}/catalog/"])
def test_who_may_not_see_the_frame_is_told_that_there_is_none(
    ingester: Ingester, reduced: dict[str, object], place: str
) -> None:
    path = f"/{place.format(reduced['id'])}"
    for user in (None, "bob", "stan"):
        for query in ("", "?expires=99999999999&signature=00"):
            answer = ingester.archive.call("GET", path + query, user=user)
            assert (answer.status, answer.json) == (
                404,
                {"detail": "No Frame matches the given query."},
            )
    assert ingester.archive.get(f"/{place.format(999_999)}", "root").status == 404
    assert ingester.archive.get(f"/{place.format('x')}", "root").status == 404


def test_what_cannot_be_made_says_so(ingester: Ingester) -> None:
    plain = ingester.ingest(packed(2))["id"]
    broken = ingester.ingest(b"SIMPLE  = not at all", reduction_level=91)["id"]
    missing = ingester.archive.post()["id"]
    for path, status in (
        (f"/frame-catalog/{plain}/catalog/", 404),
        (f"/frame-funpack/{broken}/funpack/", 409),
        (f"/frame-catalog/{broken}/catalog/", 409),
        (f"/frame-funpack/{missing}/funpack/", 404),
    ):
        answer = ingester.archive.get(path)
        assert (answer.status, set(answer.json)) == (status, {"detail"}), path
    said = {"frame_ids": [plain, broken], "uncompress": True}
    answer = zipped(ingester, said)
    assert answer.status == 409
    assert [one["id"] for one in answer.json["missing"]] == [broken]


def test_a_zip_of_unpacked_files(ingester: Ingester, reduced: dict[str, object]) -> None:
    said = {"frame_ids": [reduced["id"]], "uncompress": True, "catalog_only": True}
    name, data = only_member(zipped(ingester, said))
    assert name == f"{reduced['basename']}.fits"
    assert is_unpacked(data)


def test_a_zip_of_catalogues(ingester: Ingester, reduced: dict[str, object]) -> None:
    raw = ingester.ingest(packed(3))
    without = ingester.ingest(packed(4), reduction_level=91)
    said = {"frame_ids": [reduced["id"], without["id"]], "catalog_only": True}
    name, data = only_member(zipped(ingester, said))
    assert name == f"{reduced['basename']}-catalog.fits"
    assert is_catalogue(data)
    name, _ = only_member(zipped(ingester, {"frame_ids": [raw["id"]], "catalog_only": True}))
    assert name == raw["filename"]
    alone = zipped(ingester, {"frame_ids": [without["id"]], "catalog_only": True})
    assert (alone.status, set(alone.json)) == (404, {"detail"})


def test_nothing_that_was_made_is_left(ingester: Ingester, reduced: dict[str, object]) -> None:
    zipped(ingester, {"frame_ids": [reduced["id"]], "uncompress": True})
    made = ingester.archive.running.settings.scratch / "making"
    assert list(made.iterdir()) == []


def test_the_manifest_for_nginx(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    with ingesting_into_bucket(request, tmp_path, archive_zip_manifest=True) as ingester:
        stored = ingester.ingest(packed(5), observation_date="2024-03-01")
        private = ingester.ingest(packed(6), ".fits", public_date=in_days(3))
        ids = [stored["id"], private["id"]]
        answer = zipped(ingester, {"frame_ids": ids, "uncompress": True})
        assert answer.headers["x-archive-files"] == "zip"
        assert answer.headers["content-type"].startswith("text/plain")
        folder = answer.headers["content-disposition"].partition("=")[2].removesuffix(".zip")
        lines = [line.split(" ", 3) for line in answer.body.decode().splitlines()]
        assert [line[0] for line in lines] == ["-", "-"]
        assert [line[3] for line in lines] == [
            f"{folder}/{private['filename']}",
            f"{folder}/{stored['basename']}.fits",
        ]
        # nginx fetches what is in the store from there, and the rest from us, without a token.
        where = urlsplit(lines[0][2])
        assert where.path.startswith("/zip-files/")
        assert where.path.endswith(f"/tst/kb27/20240304/raw/{private['filename']}")
        assert "X-Amz-Signature" in where.query
        made = ingester.archive.call("GET", lines[1][2].removeprefix("/archive"))
        assert (made.status, len(made.body)) == (200, int(lines[1][1]))
        assert is_unpacked(made.body)
