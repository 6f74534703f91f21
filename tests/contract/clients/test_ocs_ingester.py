"""The real ocs-ingester 3.2 archives what observatories have, into a folder and into S3."""

import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits
from PIL import Image

from tests import foreign_amqp as foreign
from tests.contract.clients.ocs_client import (
    OcsClient,
    OcsError,
    archive_for_ocs,
    fetched_md5,
    ocs_client,
)
from tests.equipment.archive_bytes import md5_of
from tests.equipment.fits_files import (
    REQUIRED,
    SKY,
    USUAL,
    catalogue,
    header,
    packed,
    plain,
    reduced,
    tar,
)

EXISTS = "Version with this md5 already exists"
_numbers = count(1)


@pytest.fixture(scope="module", params=["embedded", "deployed"])
def ocs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OcsClient]:
    """An observatory that may store frames."""
    folder = tmp_path_factory.mktemp(request.param)
    with (
        archive_for_ocs(request.param, request, folder) as (archive, environment),
        ocs_client(archive, environment, folder) as client,
    ):
        yield client


def cards(**changes: Any) -> fits.Header:  # noqa: ANN401 - whatever a card may have
    """Return the header of a frame that nobody else has: `_` in names stands for `-`."""
    named = {name.replace("_", "-"): value for name, value in changes.items()}
    return header({**USUAL, **SKY, "TRACKNUM": next(_numbers), **named})


def name(kind: str = "e00") -> str:
    """Return a basename that no other frame has."""
    return f"tst1m0a-kb27-20240304-{next(_numbers):04}-{kind}"


def fits_fz(folder: Path, basename: str | None = None, **changes: Any) -> Path:  # noqa: ANN401 - cards
    return packed(folder / f"{basename or name()}.fits.fz", cards(**changes))


def plain_fits(folder: Path) -> Path:
    return plain(folder / f"{name()}.fits", cards())


def reduced_frame(folder: Path) -> Path:
    return reduced(folder / f"{name('e91')}.fits.fz", cards(RLEVEL=91))


def catalogue_file(folder: Path) -> Path:
    table = catalogue()
    table.header.update(header({**REQUIRED, "RLEVEL": 91, "TRACKNUM": next(_numbers)}))
    path = folder / f"{name('e91')}_cat.fits.fz"
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(path)
    return path


def spectrograph_package(folder: Path) -> Path:
    member = packed(folder / f"member-{next(_numbers)}.fits.fz", cards(OBSTYPE="SPECTRUM"))
    members = {"README": b"how to use it", "one/spectrum.fits.fz": member.read_bytes()}
    return tar(folder / f"{name()}.tar.gz", members)


def summary(folder: Path) -> Path:
    path = folder / f"{name()}.pdf"
    path.write_bytes(f"%PDF-1.4 {path.name}".encode())
    return path


@pytest.mark.parametrize(
    ("make", "metadata", "kind"),
    [
        (plain_fits, None, "EXPOSE"),
        (fits_fz, None, "EXPOSE"),
        (reduced_frame, None, "EXPOSE"),
        (catalogue_file, None, "CATALOG"),
        (spectrograph_package, None, "SPECTRUM"),
        (summary, {**USUAL, "OBSTYPE": "SPECTRUM"}, "SPECTRUM"),
    ],
)
def test_each_kind_of_file_is_archived(
    ocs: OcsClient,
    tmp_path: Path,
    make: Callable[[Path], Path],
    metadata: dict[str, Any] | None,
    kind: str,
) -> None:
    path = make(tmp_path)
    assert not ocs.exists(path)
    record = ocs.ingest(path, file_metadata=metadata)
    assert ocs.exists(path)
    assert record["filename"] == path.name
    assert fetched_md5(record["url"]) == md5_of(path.read_bytes())
    frame = ocs.frame(record["frameid"])
    assert (frame["basename"], frame["OBSTYPE"]) == (record["basename"], kind)
    assert frame["observation_day"] == "2024-03-04"
    assert frame.get("area") == record["area"]
    [sent], [stored] = record["version_set"], frame["version_set"]
    assert sent.items() <= stored.items()
    headers = ocs.archive.get(f"/frames/{record['frameid']}/headers/").json
    assert headers == {"data": record["headers"]}
    assert ocs.archive.found(basename_exact=record["basename"]) == [record["basename"]]


def test_the_command_prints_the_url_and_what_is_there_already(
    ocs: OcsClient, tmp_path: Path
) -> None:
    path = fits_fz(tmp_path)
    assert ocs.command("--check-only", path) == (1, "False")
    code, url = ocs.command(path)
    assert (code, fetched_md5(url)) == (0, md5_of(path.read_bytes()))
    assert ocs.command(path) == (0, EXISTS)
    assert ocs.command("--check-only", path) == (0, "True")


def test_the_command_tells_what_is_refused(ocs: OcsClient, tmp_path: Path) -> None:
    code, said = ocs.command(fits_fz(tmp_path), AUTH_TOKEN=ocs.archive.tokens["ada"])
    assert code == 1
    assert said.startswith("Exception uploading file: 403 Client Error: Forbidden for url: ")


def test_a_file_is_archived_step_by_step(ocs: OcsClient, tmp_path: Path) -> None:
    path = fits_fz(tmp_path)
    record = ocs.call("validate_fits_and_create_archive_record", path)
    version = ocs.call("upload_file_to_file_store", path)
    assert version["md5"] == md5_of(path.read_bytes())
    assert not ocs.exists(path)
    ingested = ocs.call("ingest_archive_record", version=version, record=record)
    assert ocs.frame(ingested["frameid"])["version_set"][0]["key"] == version["key"]
    assert ocs.exists(path)


def test_frames_that_belong_together_are_linked(ocs: OcsClient, tmp_path: Path) -> None:
    bias, exposure = name("b00"), fits_fz(tmp_path)
    basename = exposure.name.partition(".")[0]
    first = ocs.ingest(fits_fz(tmp_path, L1IDBIAS=f"{bias}.fits.fz"))["frameid"]
    [placeholder] = ocs.frame(first)["related_frames"]
    assert ocs.archive.get(f"/frames/{placeholder}/", "root").status == 404
    filled = ocs.ingest(fits_fz(tmp_path, bias, OBSTYPE="BIAS"))["frameid"]
    assert filled == placeholder
    assert ocs.frame(filled)["related_frames"] == [first]
    # The client finds out by its name whose catalogue it is.
    image = ocs.ingest(exposure)["frameid"]
    table = ocs.ingest(fits_fz(tmp_path, f"{basename}_cat", OBSTYPE="EXPOSE"))["frameid"]
    assert ocs.frame(table)["related_frames"] == [image]


def test_a_second_version_of_a_frame_leaves_the_first(ocs: OcsClient, tmp_path: Path) -> None:
    path = fits_fz(tmp_path)
    first, first_md5 = ocs.ingest(path), md5_of(path.read_bytes())
    path.unlink()
    fits_fz(tmp_path, first["basename"])
    second, second_md5 = ocs.ingest(path), md5_of(path.read_bytes())
    assert first["frameid"] == second["frameid"]
    versions = ocs.frame(first["frameid"])["version_set"]
    assert [one["md5"] for one in versions] == [second_md5, first_md5]
    assert [fetched_md5(one["url"]) for one in versions] == [second_md5, first_md5]


def test_a_thumbnail_is_kept_with_its_frame(ocs: OcsClient, tmp_path: Path) -> None:
    frame = ocs.ingest(fits_fz(tmp_path))
    path = tmp_path / f"{frame['basename']}-thumbnail.jpg"
    Image.new("L", (8, 8), next(_numbers)).save(path)
    told = {**REQUIRED, "frame_basename": frame["basename"]}
    for _ in range(2):  # The client does not find thumbnails, and sends them again.
        ocs.ingest(path, is_thumbnail=True, thumbnail_size="medium", file_metadata=told)
    asked = {"frame_basename": frame["basename"], "size": "medium"}
    found = ocs.archive.get("/thumbnails/", **asked).json
    assert found["count"] == 1
    assert found["results"][0]["frame"] == frame["frameid"]
    assert fetched_md5(found["results"][0]["url"]) == md5_of(path.read_bytes())


@pytest.mark.parametrize(
    ("token", "changes", "said"),
    [
        ("root", {"OBSTYPE": "NOSUCH"}, "400 Client Error: Bad Request for url: "),
        ("root", {"SITEID": "four"}, "400 Client Error: Bad Request for url: "),
        ("ada", {}, "403 Client Error: Forbidden for url: "),
        (None, {}, "401 Client Error: Unauthorized for url: "),
    ],
)
def test_what_the_archive_refuses_is_not_tried_again(
    ocs: OcsClient, tmp_path: Path, token: str | None, changes: dict[str, Any], said: str
) -> None:
    path = fits_fz(tmp_path, **changes)
    known = ocs.archive.tokens[token] if token else "nobody's"
    with pytest.raises(OcsError) as refused:
        ocs.ingest(path, auth_token=known)
    assert refused.value.kind == "DoNotRetryError"
    assert refused.value.args[1].startswith(said)
    assert not ocs.exists(path)


def test_why_a_frame_is_refused_is_in_the_log(
    ocs: OcsClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "http_ingress.archive")
    with pytest.raises(OcsError):
        ocs.ingest(fits_fz(tmp_path, SITEID="four"))
    assert "{'site_id': ['Ensure this field has no more than 3 characters.']}" in caplog.text


def test_headers_that_lack_are_the_clients_own_refusal(ocs: OcsClient, tmp_path: Path) -> None:
    path = packed(tmp_path / f"{name()}.fits.fz", header({"OBJECT": "M 31"}))
    with pytest.raises(OcsError, match="Could not find required keywords in headers!") as refused:
        ocs.ingest(path)
    assert refused.value.kind == "DoNotRetryError"


def test_bytes_that_are_there_are_refused_under_any_name(ocs: OcsClient, tmp_path: Path) -> None:
    path = fits_fz(tmp_path)
    ocs.ingest(path)
    for named in (path.name, f"{name()}.fits.fz"):
        with pytest.raises(OcsError, match=EXISTS) as refused:
            ocs.ingest(path, path=named)
        assert refused.value.kind == "NonFatalDoNotRetryError"


def test_each_version_is_announced_once(ocs: OcsClient, tmp_path: Path, amqp_url: str) -> None:
    with foreign.channel(amqp_url) as channel:
        # As the archive makes it with its first notice, which may be still to come.
        channel.exchange_declare("archived_fits", "fanout", durable=True)
        queue = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(queue, "archived_fits")
        records = [ocs.ingest(fits_fz(tmp_path)), ocs.ingest(plain_fits(tmp_path))]
        ours = {one["frameid"] for one in records}
        met: dict[str | None, dict[str, Any]] = {}
        for _, properties, body in channel.consume(queue, auto_ack=True, inactivity_timeout=60):
            assert body is not None, f"after {met}, nothing"
            assert properties is not None
            assert (properties.content_type, properties.delivery_mode) == ("application/json", 2)
            notice = json.loads(body)
            if notice["frameid"] in ours:  # and not of a frame of an earlier test, told only now
                met[properties.message_id] = notice
            if len(met) == len(records):
                break
    said = {one["frameid"]: one for one in met.values()}
    for record in records:
        notice = said[record["frameid"]]
        told = json.loads(notice.pop("area"))
        [corners] = record["area"]["coordinates"]
        rounded = [[round(degrees, 15) for degrees in corner] for corner in corners]
        assert told == {"type": "Polygon", "coordinates": [rounded]}
        added = {key: record[key] for key in ("basename", "version_set", "filename", "frameid")}
        assert notice == {**record["headers"], **added}
