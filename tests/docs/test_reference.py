"""docs/reference/ says what the code says."""

import runpy
from collections.abc import Mapping

import pytest

from tests.docs.pages import ROOT

FOLDER = ROOT / "docs" / "reference"


@pytest.fixture(scope="module")
def generated() -> Mapping[str, str]:
    """The pages as they would be written now."""
    pages: Mapping[str, str] = runpy.run_path(str(ROOT / "docs" / "generate.py"))["pages"]()
    return pages


def test_the_reference_is_fresh(generated: Mapping[str, str]) -> None:
    written = {page.name: page.read_text() for page in FOLDER.glob("*.md")}
    stale = [
        name for name in generated.keys() | written if generated.get(name) != written.get(name)
    ]
    assert stale == [], "run `make docs`"


def test_nothing_is_left_without_a_word(generated: Mapping[str, str]) -> None:
    empty = [
        f"{page}: {row}"
        for page in ("settings.md", "metrics.md", "http.md", "command-line.md")
        for row in generated[page].splitlines()
        if row.endswith("|  |") and row.strip("| ")
        if page != "command-line.md" or not _names_an_argument(row)
    ]
    assert empty == []


def _names_an_argument(row: str) -> bool:
    """Whether the row is that of a command's argument, whose name says what it is."""
    return row.startswith("| `") and row[3:4] != "-" and row[3:4].isupper()
