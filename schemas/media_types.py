"""Media types from file names: what every machine agrees on, not what its /etc/mime.types says."""

from mimetypes import MimeTypes

UNKNOWN = "application/octet-stream"

_ARCHIVES = {
    ".fits": "application/fits",  # RFC 4047
    ".fit": "application/fits",
    ".fts": "application/fits",
    ".fz": "application/fits",  # tile-compressed FITS is FITS
    ".parquet": "application/vnd.apache.parquet",
    ".nc": "application/x-netcdf",
    ".h5": "application/x-hdf5",
    ".jp2": "image/jp2",
    ".md": "text/markdown",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}
_ENCODINGS = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}


def guess_media_type(name: str) -> str:
    """Return the media type that a file's name suggests; the outermost compression decides."""
    types = MimeTypes(filenames=())
    for extension, media_type in _ARCHIVES.items():
        types.add_type(media_type, extension)
    # The slash keeps a name like `data:x` from being read as a URL.
    guessed, encoding = types.guess_type("/" + name.rpartition("/")[2])
    if encoding is not None:
        return _ENCODINGS.get(encoding, UNKNOWN)
    return guessed or UNKNOWN
