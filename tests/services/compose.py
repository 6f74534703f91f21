"""Start one service of docker-compose.yml, when a container engine answers."""

import os
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.services.finding import ServiceMissingError
from tests.services.ports import free_ports
from tests.services.server import Server, new_folder

FILE = Path(__file__).parents[2] / "docker-compose.yml"

PATIENCE_SECONDS = 600
"""How long a service may take to answer: its image may have to be pulled first."""

_RUN = """
trap 'docker compose down --volumes; exit' TERM
docker compose up --no-color --no-deps "$1" &
wait
"""


@dataclass(frozen=True)
class Composed:
    """A service that has been started, and perhaps does not answer yet."""

    server: Server
    environment: dict[str, str]
    """What the compose file was given: ports and passwords."""


def environment() -> dict[str, str]:
    """Return every variable that docker-compose.yml requires, with fresh passwords and ports."""
    names = ("RABBITMQ_PORT", "RABBITMQ_MANAGEMENT_PORT", "POSTGRES_PORT", "S3_PORT", "HTTP_PORT")
    ports = dict(zip(names, map(str, free_ports(len(names))), strict=True))
    passwords = ("RABBITMQ_PASSWORD", "POSTGRES_PASSWORD", "S3_SECRET_KEY")
    return ports | {name: secrets.token_hex(16) for name in passwords}


def start(service: str) -> Composed:
    """Start `service` under a project name of its own. Raises ServiceMissingError."""
    if not shutil.which("docker"):
        raise ServiceMissingError("docker is not installed")
    for probe in (["docker", "info"], ["docker", "compose", "version"]):
        if subprocess.run(probe, capture_output=True, check=False).returncode != 0:
            raise ServiceMissingError(f"`{' '.join(probe)}` fails")
    folder = new_folder(service)
    variables = environment()
    project = {"COMPOSE_PROJECT_NAME": folder.name, "COMPOSE_FILE": str(FILE)}
    server = Server(
        ["sh", "-c", _RUN, "compose", service],
        folder=folder,
        environment={**os.environ, **variables, **project},
    )
    return Composed(server, variables)
