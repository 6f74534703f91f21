"""A browser at the operators' console, without any script, and installations to try it on."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from http_ingress.sealing import CSRF_COOKIE, CSRF_FIELD
from ops.wiring import System, system
from tests.equipment.installations import Answer, Caller, settings_of
from tests.equipment.recording import FORM

PASSWORDS = {name: f"password of {name}" for name in ("root", "rita", "olga", "otto", "ann")}
"""By user: two superusers, two operators, and one who may only write."""
HOME = "/admin/"
LOGIN = "/admin/login/"


@dataclass
class Desk:
    """A browser: it keeps cookies, and follows nothing by itself."""

    url: str
    cookies: dict[str, str] = field(default_factory=dict)
    given: SimpleCookie = field(default_factory=SimpleCookie)
    """The cookies of the last answer, with their attributes."""

    def call(
        self, method: str, path: str, content: bytes | None = None, **headers: str | None
    ) -> Answer:
        """Send one request; `_` in header names stands for `-`, None leaves a header out."""
        kept = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"cookie": kept or None, "accept": "text/html", **headers}
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        try:
            connection.request(
                method,
                path,
                content,
                {k.replace("_", "-"): v for k, v in sent.items() if v is not None},
            )
            response = connection.getresponse()
            self.given = SimpleCookie()
            for line in response.headers.get_all("Set-Cookie", []):
                self.given.load(line)
            for name, morsel in self.given.items():
                self._keep(name, morsel.value, gone=morsel["max-age"] == "0")
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, response.read())
        finally:
            connection.close()

    def _keep(self, name: str, value: str, *, gone: bool) -> None:
        if gone:
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value

    def get(self, path: str) -> Answer:
        """Ask for a page."""
        return self.call("GET", path)

    def page(self, path: str) -> str:
        """Return a page, which has to be there."""
        answer = self.get(path)
        assert answer.status == 200, answer
        assert answer.headers["content-type"].startswith("text/html")
        return answer.body.decode()

    def send(self, path: str, fields: dict[str, str], **headers: str | None) -> Answer:
        """Send a form as it is."""
        body = urlencode(fields).encode()
        return self.call("POST", path, body, **{"content_type": FORM, **headers})

    def do(self, path: str, do: str, /, **fields: str) -> Answer:
        """Send a form of a page's."""
        token = self.cookies.get(CSRF_COOKIE, "")
        return self.send(path, {CSRF_FIELD: token, "do": do, **fields})

    def done(self, path: str, do: str, /, **fields: str) -> str:
        """Send a form that has to be taken; return the page that it leads to."""
        answer = self.do(path, do, **fields)
        assert answer.status == 303, answer
        return self.page(answer.headers["location"])

    def sign_in(self, name: str, password: str | None = None, **fields: str) -> Answer:
        """Get the form and send it."""
        page = self.page(LOGIN)
        found = re.search(rf'name="{CSRF_FIELD}" value="([^"]+)"', page)
        assert found is not None
        secret = PASSWORDS[name] if password is None else password
        said = {CSRF_FIELD: found[1], "username": name, "password": secret, **fields}
        return self.send(LOGIN, said)

    @property
    def is_in(self) -> bool:
        """Whether the console lets this browser in."""
        answer = self.get(HOME)
        assert answer.status in {200, 302}, answer
        return answer.status == 200


@dataclass(frozen=True)
class Installation:
    """A running system with the users."""

    running: System

    def desk(self, name: str | None = None) -> Desk:
        """Return a browser of its own, in which a user has signed in."""
        desk = Desk(self.running.url)
        if name is not None:
            answer = desk.sign_in(name)
            assert answer.status == 302, answer
        return desk

    @property
    def caller(self) -> Caller:
        """The operator of the first start, who speaks JSON."""
        return Caller.of(self.running)

    def audit(self, what: str) -> list[tuple[str, str, Any, Any]]:
        """Return who changed what of something, how it was and is, the latest first."""
        lines = self.caller.call("GET", f"/audit?{urlencode({'what': what})}").json["lines"]
        return [(one["who"], one["field"], one["old"], one["new"]) for one in lines]


@contextmanager
def administering(
    world: str, request: pytest.FixtureRequest, folder: Path, **settings: object
) -> Iterator[Installation]:
    """Run a system, `embedded` or `deployed`, with the users, for as long as the block."""
    chosen = settings_of(world, request, folder, **settings)
    with system(chosen, ingress=True, consumers=["poll-service"]) as running:
        for name, password in PASSWORDS.items():
            running.store.accounts.add_user(
                name, password, superuser=name[0] == "r", operator=name[0] == "o"
            )
        yield Installation(running)
