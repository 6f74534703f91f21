"""Who calls a command: whom it talks to, as whom, and how it prints."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from pydantic_core import to_json

from ops.settings import Settings
from producers.client import Client
from producers.client_http import Http
from store.errors import SetupError

CLI = "cli"
"""Whom the audit names for what a command does to the database itself."""

_PATIENCE_SECONDS = 5.0
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - not bound to


@dataclass(frozen=True)
class Caller:
    """The global options."""

    named_url: str | None
    named_token: str | None

    @cached_property
    def settings(self) -> Settings:
        """The settings of this machine."""
        return Settings()

    @property
    def url(self) -> str:
        """Where the ingress is: as named, or as the settings have it."""
        if self.named_url is not None:
            return self.named_url
        host = _ANY_ADDRESS.get(self.settings.http_host, self.settings.http_host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.settings.http_port}"

    @property
    def token(self) -> str | None:
        """The token that was named, or the operator's, which does not leave this machine."""
        if self.named_token is not None:
            return self.named_token
        if not _is_here(self.url):
            return None
        return _kept(self.settings.operator_token, "set MUNIMENT_TOKEN")

    def packager_secret(self, url: str) -> str | None:
        """Return the secret of this machine's /packager, which is told to no other machine."""
        if not _is_here(url):
            return None
        named = self.settings.packager_secret
        if named is not None:
            return named.get_secret_value()
        return _kept(self.settings.packager_secret_file, "name it with -s")

    def client(self, patience_seconds: float = _PATIENCE_SECONDS) -> Client:
        """Return a client of the ingress."""
        return Client(self.url, self.token, patience_seconds=patience_seconds)

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:  # noqa: ANN401 - JSON is what it is
        """Return what the ingress answers, for what the SDK has no words for.

        Raises ProblemError or IngressUnavailableError.
        """
        said = None if body is None else to_json(body)
        sent = {**({} if said is None else {"content-type": "application/json"}), **(headers or {})}
        http = Http(self.url, self.token, _PATIENCE_SECONDS)
        try:
            _, answer = http.json(method, path, headers=sent, body=said)
        finally:
            http.close()
        return answer


def caller(context: typer.Context) -> Caller:
    """Return who calls, in any command."""
    return Caller(*context.find_root().obj)


def _kept(path: Path, otherwise: str) -> str | None:
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise SetupError(
            f"{path} is not readable to you: {otherwise}, or be who runs Muniment"
        ) from error


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
