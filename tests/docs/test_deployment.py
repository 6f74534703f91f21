"""docker-compose.yml and the page about it say what the code says."""

import re
from typing import Any

import pytest
import yaml

from consumers.registry import CONSUMERS
from ops.settings import Settings
from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "how-to" / "deploy-with-docker-compose.md"


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """The services of the compose file."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return found


def test_every_consumer_is_a_service(services: dict[str, Any]) -> None:
    consuming = {
        name: service["command"][1:]
        for name, service in services.items()
        if service.get("command", [])[:1] == ["consume"] and "profiles" not in service
    }
    assert consuming == {one.name: [one.name] for one in CONSUMERS}


def test_what_is_set_are_settings(services: dict[str, Any]) -> None:
    known = {f"MUNIMENT_{name.upper()}" for name in Settings.model_fields}
    named = {name for one in services.values() for name in one.get("environment", {})}
    assert {name for name in named if name.startswith("MUNIMENT_")} - known == set()


def test_no_secret_has_a_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    secrets = set(re.findall(r"\$\{(\w*(?:PASSWORD|SECRET)\w*)", text))
    assert secrets == set(re.findall(r"\b\w*(?:PASSWORD|SECRET)_?\w*\b", PAGE.read_text()))
    assert all(f"${{{name}:?" in text and f"${{{name}:-" not in text for name in secrets)


def test_only_this_machine_is_served(services: dict[str, Any]) -> None:
    ports = [port for one in services.values() for port in one.get("ports", [])]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_the_services_that_the_page_names_exist(services: dict[str, Any]) -> None:
    page = PAGE.read_text()
    named = set(re.findall(r"docker compose exec (\S+)|--scale (\S+)=", page))
    assert {one for pair in named for one in pair if one} - services.keys() == set()
