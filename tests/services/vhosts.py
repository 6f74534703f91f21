"""Create and delete virtual hosts: over the management API, or with rabbitmqctl."""

import base64
import json
import shutil
import subprocess
import urllib.error
import urllib.request
from typing import Protocol
from urllib.parse import quote

from tests.services.finding import ServiceMissingError


class Vhosts(Protocol):
    """May create and delete the virtual hosts of one broker."""

    name: str
    """How it reads in the summary."""

    def create(self, *vhosts: str) -> None:
        """Create virtual hosts, with all permissions for the user. Raises ServiceMissingError."""
        ...

    def delete(self, *vhosts: str) -> None:
        """Delete virtual hosts with everything in them. Raises ServiceMissingError."""
        ...


class ManagementVhosts:
    """Over the HTTP API of the management plugin: quick."""

    name = "management API"

    def __init__(self, url: str, user: str, password: str) -> None:
        self._url = url.rstrip("/")
        self._user = user
        credentials = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {
            "Authorization": f"Basic {credentials}",
            "Content-Type": "application/json",
        }

    def create(self, *vhosts: str) -> None:
        """As promised."""
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        for vhost in vhosts:
            self._call("PUT", f"vhosts/{vhost}", {})
            self._call("PUT", f"permissions/{vhost}/{quote(self._user, safe='')}", everything)

    def delete(self, *vhosts: str) -> None:
        """As promised."""
        for vhost in vhosts:
            self._call("DELETE", f"vhosts/{vhost}")

    def check(self) -> None:
        """Raise ServiceMissingError unless the API answers this user."""
        self._call("GET", "whoami")

    def _call(self, method: str, path: str, body: dict[str, str] | None = None) -> None:
        request = urllib.request.Request(  # noqa: S310 - the URL of a test service
            f"{self._url}/api/{path}",
            method=method,
            headers=self._headers,
            data=None if body is None else json.dumps(body).encode(),
        )
        try:
            with urllib.request.urlopen(request, timeout=30):  # noqa: S310 - as above
                pass
        except OSError as error:
            raise ServiceMissingError(f"{method} {self._url}/api/{path}: {error}") from error


class RabbitmqctlVhosts:
    """With the command line tool of a broker on this machine: half a second a call."""

    name = "rabbitmqctl"

    def __init__(self, user: str) -> None:
        self._user = user

    def create(self, *vhosts: str) -> None:
        """As promised, all in one call."""
        permissions = {"configure": ".*", "write": ".*", "read": ".*"}
        definitions = {
            "vhosts": [{"name": vhost} for vhost in vhosts],
            "permissions": [
                {"user": self._user, "vhost": vhost, **permissions} for vhost in vhosts
            ],
        }
        self._call("import_definitions", given=json.dumps(definitions))

    def delete(self, *vhosts: str) -> None:
        """As promised, all in one call; their names are our own, and plain."""
        if vhosts:
            names = ", ".join(f'<<"{vhost}">>' for vhost in vhosts)
            self._call("eval", f'[ok = rabbit_vhost:delete(V, <<"tests">>) || V <- [{names}]].')

    def _call(self, *arguments: str, given: str = "") -> None:
        tool = shutil.which("rabbitmqctl")
        if not tool:
            raise ServiceMissingError("rabbitmqctl is not installed")
        done = subprocess.run(
            [tool, "--quiet", *arguments], input=given, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            reason = (done.stderr or done.stdout).strip().splitlines()
            raise ServiceMissingError(f"rabbitmqctl {arguments[0]}: {' '.join(reason[:2])}")
