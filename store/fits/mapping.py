"""What a FITS file says of itself as a frame: what ocs-ingester 3.2 would post for it."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from store.fits.areas import area
from store.fits.containers import fits_file
from store.fits.headers import headers
from store.fits.keys import HeaderMapping
from store.fits.names import split_name
from store.fits.publication import public_date
from store.fits.reading import UnreadableFitsError
from store.fits.repairs import repair

__all__ = ["EXTENSIONS", "Description", "HeaderMapping", "describe", "split_name"]

_TAR = ".tar.gz"
_PACKED = ".fits.fz"
EXTENSIONS = (".fits", _PACKED, _TAR)
"""Of files that may say of themselves what frame they are."""


@dataclass(frozen=True, slots=True)
class Description:
    """What a file says of itself."""

    basename: str
    extension: str
    """With its dots."""
    fields: dict[str, JsonValue]
    """The body of `POST /frames/` of the OCS Science Archive 2.7, without `version_set`."""


def describe(
    path: Path, name: str, mapping: HeaderMapping, extra: Mapping[str, JsonValue] = {}
) -> Description | None:
    """Return what a file called `name` says; None: it is no FITS with all required headers.

    `extra` is what its sender says beside the header, and prevails. It stands alone for a file
    that cannot be read. A type that neither the header nor the name of a `.fits.fz` tells is None,
    too. Where ocs-ingester would give up, or would be refused for a value that is none, the value
    is null, or empty where null is not allowed.
    """
    basename, extension = split_name(name)
    if extension not in EXTENSIONS:
        return None
    found = _header(path, mapping, extra, tar=extension == _TAR)
    if found is None:
        return None
    _add_dates(found, basename, mapping)
    _tidy(found, mapping)
    if extension == _PACKED and not repair(found, basename, mapping):
        return None
    return Description(basename, extension, _fields(found, basename, mapping))


def _header(
    path: Path, mapping: HeaderMapping, extra: Mapping[str, JsonValue], *, tar: bool
) -> dict[str, JsonValue] | None:
    """Return the first header that has, together with `extra`, all that is required."""
    try:
        with fits_file(path, tar=tar) as file, closing(headers(file)) as found:
            for header in found:
                header.update(extra)
                if _is_complete(header, mapping):
                    return header
    except UnreadableFitsError:
        return dict(extra) if _is_complete(extra, mapping) else None
    return None


def _is_complete(header: Mapping[str, JsonValue], mapping: HeaderMapping) -> bool:
    return all(key in header for key in mapping.required_headers if key)


def _add_dates(header: dict[str, JsonValue], basename: str, mapping: HeaderMapping) -> None:
    nothing = (None, "", *mapping.null_header_values)
    taken = header.get(mapping.observation_date_key)
    if header.get(mapping.observation_day_key) in nothing and isinstance(taken, str):
        header[mapping.observation_day_key] = taken.split("T")[0].replace("-", "")
    if header.get(mapping.public_date_key) in nothing:
        header[mapping.public_date_key] = public_date(header, basename, mapping)


def _tidy(header: dict[str, JsonValue], mapping: HeaderMapping) -> None:
    """Leave out what is not wanted, say "nothing" in one way, and name frames, not files."""
    for key in ("", *mapping.header_blacklist):
        header.pop(key, None)
    for key, value in header.items():
        if key in mapping.integer_keys and "NONE" in str(value).upper():
            header[key] = None
        elif value in mapping.null_header_values:
            header[key] = None if key in mapping.integer_keys else ""
    for key in mapping.related_frame_keys:
        value = header.get(key)
        if isinstance(value, str) and split_name(value)[1]:
            header[key] = split_name(value)[0]


def _fields(
    header: dict[str, JsonValue], basename: str, mapping: HeaderMapping
) -> dict[str, JsonValue]:
    def text(key: str) -> JsonValue:
        value = header.get(key)
        return "" if value is None else value

    def optional(key: str) -> JsonValue:
        value = header.get(key)
        return None if value == "" else value

    return {
        "reduction_level": _whole_number(header.get(mapping.reduction_level_key)),
        "observation_day": header.get(mapping.observation_day_key),
        "observation_date": optional(mapping.observation_date_key),
        "proposal_id": text(mapping.proposal_id_key),
        "instrument_id": text(mapping.instrument_id_key),
        "target_name": text(mapping.target_name_key),
        "site_id": text(mapping.site_id_key),
        "telescope_id": text(mapping.telescope_id_key),
        "exposure_time": optional(mapping.exposure_time_key),
        "primary_optical_element": text(mapping.primary_optical_element_key),
        "public_date": optional(mapping.public_date_key),
        "configuration_type": text(mapping.configuration_type_key),
        "observation_id": optional(mapping.observation_id_key),
        "request_id": optional(mapping.request_id_key),
        "related_frame_filenames": _related(header, mapping),
        "frame_basename": header.get(mapping.thumbnail_frame_basename_key),
        "size": text(mapping.thumbnail_size_key),
        "headers": header,
        "area": area(header, mapping),
        "basename": basename,
    }


def _related(header: Mapping[str, JsonValue], mapping: HeaderMapping) -> list[JsonValue]:
    named = (header.get(key) for key in mapping.related_frame_keys)
    return [name for name in named if isinstance(name, str) and name.strip()]


def _whole_number(value: JsonValue) -> int:
    try:
        return int(value) if isinstance(value, str | int | float) else 0
    except ValueError:
        return 0
