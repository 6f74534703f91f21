"""docs/adr/0008-dependencies.md has a line for each dependency."""

import re
import tomllib
from itertools import chain

from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "adr" / "0008-dependencies.md"


def test_every_dependency_says_why_it_is_here() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = [project["project"]["dependencies"], *project["dependency-groups"].values()]
    names = {re.split(r"[\[<>=;~! ]", one)[0].lower() for one in chain(*groups)}
    first_cells = re.findall(r"^\| ([^|]+) \|", PAGE.read_text(), re.MULTILINE)
    said = {name.strip().lower() for cell in first_cells for name in cell.split(",")}
    assert names - said == set()
