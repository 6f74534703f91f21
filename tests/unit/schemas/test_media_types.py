"""Media types by file name, the same on every machine."""

import pytest

from schemas.media_types import UNKNOWN, guess_media_type


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a/b/image.fits", "application/fits"),
        ("IMAGE.FITS", "application/fits"),
        ("image.fits.fz", "application/fits"),
        ("image.fits.gz", "application/gzip"),
        ("logs.tar.gz", "application/gzip"),
        ("logs.tgz", "application/gzip"),
        ("logs.tar.bz2", "application/x-bzip2"),
        ("logs.xz", "application/x-xz"),
        ("table.parquet", "application/vnd.apache.parquet"),
        ("cube.nc", "application/x-netcdf"),
        ("notes.md", "text/markdown"),
        ("notes.txt", "text/plain"),
        ("thesis.pdf", "application/pdf"),
        ("data:image.fits", "application/fits"),
        ("data:text/a=b,c.fits", "application/fits"),
        ("observation:1.fits", "application/fits"),
        ("a#b?c.fits", "application/fits"),
        ("[a.fits", "application/fits"),
        ("folder.fits/readme", UNKNOWN),
        ("readme", UNKNOWN),
        (".fits", UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_the_name_suggests_a_media_type(name: str, media_type: str) -> None:
    assert guess_media_type(name) == media_type
