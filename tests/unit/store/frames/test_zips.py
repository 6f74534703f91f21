"""What goes into a zip of frames, and under which names."""

import pytest

from store.frames.rows import frame_of
from store.frames.values import Frame
from store.frames.zips import wanted
from tests.equipment.frame_versions import version
from tests.equipment.frames import Maker


def frame(basename: str, *extensions: str, **fields: object) -> Frame:
    row = Maker().frame(basename=basename, **fields).row  # type: ignore[arg-type]  # columns
    return frame_of(row, [version(number, one) for number, one in enumerate(extensions)])


REDUCED = {"reduction_level": 91, "configuration_type": "EXPOSE"}


PLAIN, CATALOGUES = {"uncompress": True}, {"catalogues": True}
BOTH = {**PLAIN, **CATALOGUES}


@pytest.mark.parametrize(
    ("one", "flags", "expected"),
    [
        (frame("a", ".fits.fz"), {}, ("stored", "a.fits.fz")),
        (frame("a", ".fits.fz"), PLAIN, ("funpack", "a.fits")),
        (frame("a", ".fits"), PLAIN, ("stored", "a.fits")),
        (frame("a", ".tar.gz"), BOTH, ("stored", "a.tar.gz")),
        (frame("a", ".fits.fz"), CATALOGUES, ("stored", "a.fits.fz")),
        (frame("a", ".fits.fz", **REDUCED), CATALOGUES, ("catalogue", "a-catalog.fits")),
        (frame("a", ".fits.fz", **REDUCED), BOTH, ("funpack", "a.fits")),
        (frame("a", ".fits", **REDUCED), BOTH, ("catalogue", "a-catalog.fits")),
        (frame("a", ".fits.fz", reduction_level=91), PLAIN, ("funpack", "a.fits")),
        (
            frame("a", ".fits.fz", reduction_level=91, configuration_type="BIAS"),
            CATALOGUES,
            ("stored", "a.fits.fz"),
        ),
    ],
)
def test_how_a_file_goes_in(one: Frame, flags: dict[str, bool], expected: tuple[str, str]) -> None:
    (found,) = wanted([one], **flags)
    assert (found.how, found.name) == expected


def test_the_newest_version_goes_in() -> None:
    (found,) = wanted([frame("a", ".fits.fz", ".pdf")])
    assert found.name == "a.fits.fz"


def test_a_frame_without_version_does_not() -> None:
    assert wanted([frame("a")]) == []


def test_no_two_have_one_name() -> None:
    found = wanted(
        [frame("a", ".fits.fz", **REDUCED), frame("a-catalog", ".fits")], catalogues=True
    )
    assert [one.name for one in found] == ["a-catalog.fits", "1-a-catalog.fits"]
