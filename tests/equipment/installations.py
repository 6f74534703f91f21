"""A whole Muniment in this process: embedded, or on RabbitMQ, PostgreSQL and S3."""

import http.client
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from ops.settings import EMBEDDED, Settings
from ops.wiring import System
from schemas.probes import ProbeRequested
from tests.services.waiting import until


def settings_of(
    world: str, request: pytest.FixtureRequest, folder: Path, **more: object
) -> Settings:
    """Return the settings of an `embedded` or a `deployed` installation, listening anywhere."""
    chosen: dict[str, Any] = {"bus_url": EMBEDDED, "database_url": "", "objects_url": ""}
    if world == "deployed":
        s3 = request.getfixturevalue("s3")
        chosen = {
            "bus_url": request.getfixturevalue("amqp_url"),
            "database_url": request.getfixturevalue("postgresql_url"),
            "objects_url": f"s3://{s3.fresh_bucket()}/archive",
            "s3_endpoint_url": s3.endpoint_url,
            "s3_access_key": s3.access_key,
            "s3_secret_key": s3.secret_key,
            "s3_region": s3.region,
        }
    listening = {"http_host": "127.0.0.1", "http_port": 0, "public_url": "", "instance": "test"}
    return Settings(data_dir=folder / "data", **{**chosen, **listening, **more})


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON is what it is
        """The body, parsed."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Caller:
    """Speaks plain HTTP/1.1, so that nothing mends what a test gets wrong on purpose."""

    url: str
    token: str

    @staticmethod
    def of(running: System) -> "Caller":
        """Return a caller with the operator's token."""
        return Caller(running.url, running.settings.operator_token.read_text().strip())

    def call(
        self, method: str, path: str, body: bytes | None = None, **headers: str | None
    ) -> Answer:
        """Send one request; `_` in header names stands for `-`, None leaves a header out."""
        sent = {"authorization": f"Bearer {self.token}", **headers}
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        try:
            connection.request(
                method,
                path,
                body,
                {k.replace("_", "-"): v for k, v in sent.items() if v is not None},
            )
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, response.read())
        finally:
            connection.close()

    def post(self, key: str, type_: str = ProbeRequested.TYPE, **data: object) -> Answer:
        """Post an event of that id; without data, a probe of that name."""
        return self.call(
            "POST",
            "/events",
            json.dumps(data or {"probe": key}).encode(),
            ce_specversion="1.0",
            ce_id=key,
            ce_source="/tests",
            ce_type=type_,
            content_type="application/json",
        )

    def wait_until_succeeded(self, keys: Iterable[str], seconds: float = 60) -> None:
        """Wait until each of the operations has succeeded."""
        for key in keys:
            path = f"/operations/{key}"
            until(
                lambda path=path: self.call("GET", path).json.get("state") == "succeeded",  # type: ignore[misc]
                seconds=seconds,
                what=f"the end of {path}",
            )
