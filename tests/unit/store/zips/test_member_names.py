"""What a member may be called leads down from wherever a zip is unpacked, and nowhere else."""

import pytest

from store.zips.member_names import require_safe


def test_names_that_lead_down() -> None:
    require_safe(
        ["a", "ocs-2026/a.fits.fz", "ocs-2026/Größe 象.fits", "...", ".a", "ab:c/d", "a..b"]
    )


@pytest.mark.parametrize(
    "name",
    ["", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a\\b", "C:", "c:/a", "C:a"],
)
def test_names_that_lead_elsewhere(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name of a member"):
        require_safe(["a", name])


@pytest.mark.parametrize("character", ["\0", "\n", "\x1b", "\x7f", "\x9b", "\ud800"])
def test_names_with_what_nobody_sees(character: str) -> None:
    with pytest.raises(ValueError, match="nobody could see"):
        require_safe([f"a{character}b"])


def test_the_longest_name() -> None:
    require_safe(["é" * 0x7FFF + "a"])
    with pytest.raises(ValueError, match="longer than 65535 bytes"):
        require_safe(["é" * 0x8000])


def test_a_name_occurs_once() -> None:
    require_safe(["a", "A", "b/a"])
    with pytest.raises(ValueError, match="two members are called 'a'"):
        require_safe(["a", "b", "a"])
