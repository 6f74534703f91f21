"""A running archive with an observation portal."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.equipment.archive import JSON, Archive, archiving
from tests.equipment.archive_people import SERVER_KEY
from tests.equipment.installations import Answer
from tests.equipment.portal import (
    CLIENT_ID,
    CLIENT_SECRET,
    PROFILE_PATH,
    TOKEN_PATH,
    TestPortal,
    portal,
)

PASSWORD = "correct horse battery"
"""Of `root` and `bob`."""


@dataclass(frozen=True)
class Observatory:
    """An archive and its portal."""

    archive: Archive
    portal: TestPortal

    def ask(self, path: str, credentials: str | None, method: str = "GET") -> Answer:
        """Send a request with an `Authorization` header."""
        return self.archive.call(method, path, authorization=credentials)

    def log_in(self, said: Any, **headers: str | None) -> Answer:  # noqa: ANN401 - any JSON value
        """Ask for a token."""
        body = json.dumps(said).encode()
        return self.archive.call(
            "POST", "/api-token-auth/", body, **{"content_type": JSON, **headers}
        )

    def tell(self, said: Any, key: str | None = SERVER_KEY) -> Answer:  # noqa: ANN401 - likewise
        """Tell of a user, as the portal does."""
        return self.archive.call(
            "POST",
            "/authprofile/addupdateuser/",
            json.dumps(said).encode(),
            content_type=JSON,
            authorization=None if key is None else f"Server {key}",
        )

    def whom(self, credentials: str | None) -> tuple[str, list[str], bool]:
        """Return name, proposals and staff as /profile/ tells them."""
        answer = self.ask("/profile/", credentials)
        assert answer.status == 200, answer
        said = answer.json
        return said["username"], said["profile"].get("proposals", []), said["is_staff"]


@contextmanager
def observatory(
    request: pytest.FixtureRequest,
    folder: Path,
    **settings: Any,  # noqa: ANN401 - of whatever type each setting has
) -> Iterator[Observatory]:
    """Run both for a block."""
    with portal() as there:
        chosen: dict[str, Any] = {
            "portal_oauth_token_url": there.url + TOKEN_PATH,
            "portal_oauth_profile_url": there.url + PROFILE_PATH,
            "portal_oauth_client_id": CLIENT_ID,
            "portal_oauth_client_secret": CLIENT_SECRET,
            "portal_oauth_server_key": SERVER_KEY,
        }
        with archiving(request, folder, **{**chosen, **settings}) as archive:
            accounts = archive.running.store.accounts
            for name in ("root", "bob"):
                accounts.set_password(name, PASSWORD)
            yield Observatory(archive, there)
