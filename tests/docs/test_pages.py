"""What pages name exists: other pages, make targets, settings, commands."""

import re
from pathlib import Path

import pytest

from ops.cli import COMMANDS
from ops.settings import Settings
from tests.docs.pages import PAGES, ROOT, commands, name, prose

_LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")
_TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)
_NOT_SETTINGS = {"MUNIMENT_URL", "MUNIMENT_TOKEN"}
"""What only the command line reads."""

every_page = pytest.mark.parametrize("page", PAGES, ids=name)


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    targets = _LINK.findall(prose(page))
    assert [one for one in targets if not (page.parent / one).exists()] == []


def test_every_page_can_be_reached() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached:
            reached.add(page)
            links = (page.parent / one for one in _LINK.findall(prose(page)))
            waiting += [one.resolve() for one in links if one.suffix == ".md"]
    assert set(PAGES) - reached == set()


@every_page
def test_make_targets_exist(page: Path) -> None:
    known = set(_TARGET.findall((ROOT / "Makefile").read_text()))
    named = {
        target
        for line in re.findall(r"^make ([a-z -]+)", commands(page), re.MULTILINE)
        for target in line.split()
    }
    assert named - known == set()


@every_page
def test_settings_exist(page: Path) -> None:
    known = {f"MUNIMENT_{field.upper()}" for field in Settings.model_fields} | _NOT_SETTINGS
    named = set(re.findall(r"MUNIMENT_[A-Z0-9_]+(?<!_)\b", page.read_text()))
    assert {one for one in named - known if not one.startswith("MUNIMENT_TEST_")} == set()


@every_page
def test_commands_exist(page: Path) -> None:
    named = set(re.findall(r"^muniment ([a-z]+)", commands(page), re.MULTILINE))
    assert named - COMMANDS.keys() == set()
