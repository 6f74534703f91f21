"""Where the bytes of a frame are; `test_as_ocs_ingester.py` compares it with the client."""

from typing import Any

import pytest

from store.fits.paths import UnsafePathError, store_path

BODY: dict[str, Any] = {
    "basename": "tst1m0a-kb27-20240304-0001-e00",
    "site_id": "tst",
    "instrument_id": "kb27",
    "observation_day": "20240304",
    "reduction_level": 0,
    "configuration_type": "EXPOSE",
    "headers": {},
    "version_set": [{"key": "k", "md5": "m", "extension": ".fits.fz"}],
}


def path_of(extension: str = ".fits.fz", **changes: Any) -> str:  # noqa: ANN401 - wrong on purpose

    return store_path({**BODY, "version_set": [{"extension": extension}], **changes})


def test_raw_and_processed() -> None:
    assert path_of() == "tst/kb27/20240304/raw/tst1m0a-kb27-20240304-0001-e00.fits.fz"
    assert path_of(reduction_level=91, basename="a") == "tst/kb27/20240304/processed/a.fits.fz"
    assert path_of(".tar.gz", basename="a") == "tst/kb27/20240304/raw/a.tar.gz"
    assert path_of(basename="a", observation_day="2024-03-04") == path_of(basename="a")


@pytest.mark.parametrize("name", ["bpm-a", "a_bpm_b", "a-bpm"])
def test_bad_pixel_masks_by_name(name: str) -> None:
    assert path_of(basename=name) == f"tst/kb27/bpm/{name}.fits.fz"
    assert path_of(".fits", basename=name) == f"tst/kb27/20240304/raw/{name}.fits"


@pytest.mark.parametrize(
    "changes", [{"configuration_type": "BPM"}, {"headers": {"EXTNAME": "BPM"}}]
)
def test_bad_pixel_masks_by_header(changes: dict[str, Any]) -> None:
    assert path_of(basename="a", **changes) == "tst/kb27/bpm/a.fits.fz"


@pytest.mark.parametrize("name", ["abpm-a", "a-bpms", "bpm"])
def test_other_names_are_no_masks(name: str) -> None:
    assert "/raw/" in path_of(basename=name)


@pytest.mark.parametrize("extension", [".jpg", ".jpeg"])
def test_thumbnails(extension: str) -> None:
    assert path_of(extension, basename="a") == f"tst/kb27/20240304/thumbnails/a{extension}"


BAD = ["", ".", "..", "a/b", "a\\b", "a\0", "a\n", "a\x7f", "\ud800", "é" * 128, None, 5, ["a"]]


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("field", ["site_id", "instrument_id", "observation_day", "basename"])
def test_unsafe_parts_are_refused(field: str, bad: Any) -> None:  # noqa: ANN401 - as above
    with pytest.raises(UnsafePathError) as refused:
        store_path({**BODY, field: bad})
    assert refused.value.field == field


@pytest.mark.parametrize("bad", [*BAD, "/../../../etc/passwd", ".fits/../x"])
def test_unsafe_extensions_are_refused(bad: Any) -> None:  # noqa: ANN401 - that is the point
    with pytest.raises(UnsafePathError):
        path_of(bad)


@pytest.mark.parametrize("versions", [None, [], {}, "x", [None], [{}]])
def test_a_path_needs_a_version(versions: object) -> None:
    with pytest.raises(UnsafePathError):
        path_of(version_set=versions)


def test_a_file_name_has_its_limit_with_its_extension() -> None:
    assert path_of(basename="a" * 247)
    with pytest.raises(UnsafePathError):
        path_of(basename="a" * 248)


@pytest.mark.parametrize("day", ["2024", "20240304x", "2024/03/04", "٢٠٢٤٠٣٠٤", "latest"])
def test_a_day_is_eight_digits(day: str) -> None:
    with pytest.raises(UnsafePathError):
        path_of(observation_day=day)
