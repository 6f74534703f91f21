"""The FITS file in a tar or a gzip, which may be made to harm."""

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from store.fits.containers import fits_file
from store.fits.mapping import HeaderMapping, describe
from store.fits.reading import UnreadableFitsError
from tests.equipment.fits_files import USUAL, header, plain, tar

SMALL = 100_000
"""Bytes that may be decompressed here."""


@pytest.fixture
def data(tmp_path: Path) -> bytes:
    """A FITS file."""
    return plain(tmp_path / "data.fits", header(USUAL)).read_bytes()


def content(path: Path, *, is_tar: bool = True) -> bytes:
    with fits_file(path, tar=is_tar, largest=SMALL) as file:
        return file.read()


def test_the_first_member_that_is_called_fits(tmp_path: Path, data: bytes) -> None:
    members = {"a.txt": b"-", "../../up.fits": data, "b.fits": b"-"}
    assert content(tar(tmp_path / "a.tar.gz", members)) == data
    assert not (tmp_path.parent.parent / "up.fits").exists()


def test_links_and_folders_are_no_files(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE):
            member = tarfile.TarInfo("link.fits")
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
        member = tarfile.TarInfo("real.fits")
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    assert content(path) == data


def test_a_tar_may_be_plain_and_its_member_compressed(tmp_path: Path, data: bytes) -> None:
    path = tar(tmp_path / "a.tar.gz", {"a.fits.gz": gzip.compress(data)})
    path.write_bytes(gzip.decompress(path.read_bytes()))
    assert content(path) == data


def test_a_compressed_file_is_decompressed(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.fits"
    path.write_bytes(gzip.compress(data))
    assert content(path, is_tar=False) == data
    found = describe(path, path.name, HeaderMapping())
    assert found is not None
    assert found.fields["target_name"] == "M 31"


def test_bombs(tmp_path: Path, data: bytes) -> None:
    zeros = bytes(SMALL + 1)
    inside = tar(tmp_path / "inside.tar.gz", {"a.fits": gzip.compress(data + zeros)})
    before = tar(tmp_path / "before.tar.gz", {"a.txt": zeros, "a.fits": data})
    itself = tar(tmp_path / "itself.tar.gz", {"a.fits": data + zeros})
    for path in (inside, before, itself):
        with pytest.raises(UnreadableFitsError, match="more than"):
            content(path)


def test_a_header_of_a_tar_is_not_believed(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.tar.gz"
    long = tarfile.TarInfo("long")
    long.type, long.size = tarfile.GNUTYPE_LONGNAME, 2**33 - 1
    path.write_bytes(gzip.compress(long.tobuf(tarfile.GNU_FORMAT) + data))
    with pytest.raises(UnreadableFitsError, match="at once"):
        content(path)


@pytest.mark.parametrize("bad", [b"", b"\x1f\x8b", b"\x1f\x8b" + bytes(600), b"x" * 600])
def test_what_is_no_tar(tmp_path: Path, bad: bytes) -> None:
    path = tmp_path / "a.tar.gz"
    path.write_bytes(bad)
    with pytest.raises(UnreadableFitsError):
        content(path)
    assert describe(path, path.name, HeaderMapping()) is None


def test_a_tar_that_breaks_off(tmp_path: Path, data: bytes) -> None:
    path = tar(tmp_path / "a.tar.gz", {"a.fits": data * 10})
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(UnreadableFitsError):
        content(path)
