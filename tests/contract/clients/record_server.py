"""A running record store, its users, and what it holds as any HTTP client sees it."""

from base64 import b64encode
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

from ops.wiring import System
from tests.equipment.installations import Answer, Caller

PASSWORDS = {"ann": "ann's p@ss:w/rd", "bo": "bo-password", "cas": "cas-password"}
"""By user. One of them has everything in it that makes trouble in URLs."""


@dataclass(frozen=True)
class RecordServer:
    """What is at `/records` of a running system."""

    running: System

    def address(self, user: str | None = None, password: str | None = None) -> str:
        """Return the URL that is given to the client; credentials are percent-encoded in it."""
        host = urlsplit(self.running.url).netloc
        if user is None:
            return f"http://{host}/records/"
        secret = quote(PASSWORDS[user] if password is None else password, safe="")
        return f"http://{user}:{secret}@{host}/records/"

    def call(
        self,
        method: str,
        path: str,
        user: str | None = "ann",
        body: bytes | None = None,
        **headers: str,
    ) -> Answer:
        """Send one request to a path below `/records`."""
        pair = f"{user}:{PASSWORDS[user]}" if user else ""
        given = f"Basic {b64encode(pair.encode()).decode()}" if user else None
        caller = Caller(self.running.url, token="")
        return caller.call(method, f"/records{path}", body, authorization=given, **headers)

    def record(self, project: str, label: str) -> Any:  # noqa: ANN401 - JSON is what it is
        """Return the document of a record."""
        answer = self.call("GET", f"/{quote(project)}/{quote(label, safe='')}/")
        assert answer.status == 200, answer
        return answer.json

    def labels(self, project: str) -> list[str]:
        """Return the labels of a project's records, newest first."""
        project_document = self.call("GET", f"/{quote(project)}/").json
        paths = [urlsplit(url).path for url in project_document["records"]]
        return [unquote(path.split("/")[3]) for path in paths]

    def grant(self, project: str, user: str) -> None:
        """Give a user access to a project of Ann's; `anonymous` makes it public."""
        form = urlencode({"user": user}).encode()
        kind = "application/x-www-form-urlencoded"
        answer = self.call(
            "POST", f"/{quote(project)}/permissions/", "ann", form, content_type=kind
        )
        assert answer.status == 302, answer
