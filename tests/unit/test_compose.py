"""docker-compose.yml and Dockerfile, read as data: keeping them right needs no engine."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from consumers.registry import CONSUMERS
from consumers.tap_kafka import NAME
from ops.cli import app
from ops.settings import Settings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
OURS = {name: one for name, one in SERVICES.items() if one["image"].startswith("muniment:")}


def test_every_consumer_has_a_service_of_its_own() -> None:
    always = {name: one for name, one in OURS.items() if "profiles" not in one}
    commands = {name: one["command"] for name, one in always.items() if name != "ingress"}
    assert commands == {one.name: ["consume", one.name] for one in CONSUMERS}


def test_what_goes_with_kafka_has_its_profile() -> None:
    profiles = {name: one["profiles"] for name, one in SERVICES.items() if "profiles" in one}
    assert profiles.keys() >= {"kafka", NAME}
    assert all(found == ["kafka"] for found in profiles.values())
    assert OURS[NAME]["command"] == ["consume", NAME]


def test_what_goes_with_kafka_waits_for_it() -> None:
    with_kafka = [one for one in OURS.values() if "profiles" in one]
    assert all(one["depends_on"]["kafka"]["condition"] == "service_healthy" for one in with_kafka)


@pytest.mark.parametrize("name", SERVICES)
def test_service_is_pinned_watched_and_restarted(name: str) -> None:
    service = SERVICES[name]
    assert re.search(r":\d", service["image"])
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_published_on_this_machine_only(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


def test_what_must_last_is_on_declared_volumes() -> None:
    mounted = {
        volume.partition(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
        if not volume.startswith("./")
    }
    assert mounted == set(COMPOSE["volumes"])


def test_files_that_are_mounted_are_here() -> None:
    sources = {
        volume.partition(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
        if volume.startswith("./")
    }
    assert sources
    assert all((ROOT / source).is_file() for source in sources)


@pytest.mark.parametrize("name", OURS)
def test_environment_is_known_to_the_settings(name: str) -> None:
    known = {f"MUNIMENT_{field.upper()}" for field in Settings.model_fields}
    assert set(OURS[name]["environment"]) <= known


def test_no_secret_has_a_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    used = re.findall(r"\$\{(\w*(?:PASSWORD|SECRET)\w*)(.*?)\}", text)
    assert used
    assert all(rest.startswith(":?") for _, rest in used)


@pytest.mark.parametrize("name", OURS)
def test_command_is_one_of_ours(name: str) -> None:
    commands = typer.main.get_command(app)
    assert isinstance(commands, typer.main.get_group(app).__class__)
    assert OURS[name]["command"][0] in commands.commands


def test_workers_drain_before_they_are_killed() -> None:
    bound = Settings.model_fields["drain_seconds"].default
    assert all(int(one["stop_grace_period"].rstrip("s")) > bound for one in OURS.values())


def test_image_is_built_in_two_stages_and_not_run_by_root() -> None:
    stages = re.findall(r"^FROM .*$", DOCKERFILE, re.MULTILINE)
    assert len(stages) == 2
    user = re.search(r"^USER (\w+)$", DOCKERFILE, re.MULTILINE)
    assert user is not None
    assert user[1] != "root"
    assert "--require-hashes -r requirements-kafka.lock" in DOCKERFILE
    assert re.search(r"^HEALTHCHECK ", DOCKERFILE, re.MULTILINE)
