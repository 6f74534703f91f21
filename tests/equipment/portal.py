"""An observation portal that speaks as OCS Observation Portal does, with users a test makes."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl

from store.archive.portal import HttpPortal
from tests.web import Answer, Request, Web, serve

CLIENT_ID = "archive"
CLIENT_SECRET = "known to the portal and its archive"
TOKEN_PATH = "/o/token/"
PROFILE_PATH = "/api/profile/"

Mood = Literal["well", "failing", "refusing", "garbage", "huge", "silent", "moved"]

_MOODS = {
    "failing": Answer(503, b"<h1>Bad gateway</h1>"),
    "refusing": Answer(400, b"{}"),
    "garbage": Answer(200, b'{"username": ["no name"], "proposals": 7}'),
    "huge": Answer(200, b" " * (5 * 1024**2)),
    "silent": Answer(silent=True),
}


@dataclass
class Astronomer:
    """A user of the portal."""

    username: str
    password: str = "seen by the portal"
    proposals: list[str] = field(default_factory=list)
    staff: bool = False
    superuser: bool = False
    api_token: str = field(default_factory=lambda: secrets.token_hex(20))
    bearer: str = field(default_factory=lambda: secrets.token_urlsafe(22))

    @property
    def profile(self) -> dict[str, Any]:
        """What the portal says of this user."""
        return {
            "username": self.username,
            "first_name": "Ada",
            "last_name": "Lovelace",
            "email": f"{self.username}@example.org",
            "profile": {"staff_view": self.staff, "timezone": "UTC"},
            "tokens": {"api_token": self.api_token},
            "is_staff": self.staff,
            "is_superuser": self.superuser,
            "proposals": [{"id": one, "title": f"About {one}"} for one in self.proposals],
        }


@dataclass
class TestPortal:
    """A running portal."""

    __test__ = False

    web: Web
    users: dict[str, Astronomer] = field(default_factory=dict)
    mood: Mood = "well"
    """How it answers: `failing` with 503, `refusing` with 400, `silent` not at all."""

    def add(self, user: Astronomer) -> Astronomer:
        """Add a user."""
        self.users[user.username] = user
        return user

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.web.port}"

    def client(self, seconds: float = 60.0) -> HttpPortal:
        """Return an archive's way to it."""
        return HttpPortal(
            token_url=self.url + TOKEN_PATH,
            profile_url=self.url + PROFILE_PATH,
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            seconds=seconds,
        )

    def asked(self, path: str) -> int:
        """Return how often something was asked for."""
        return sum(one.path == path for one in self.web.requests)

    def answer(self, request: Request) -> Answer:
        """Answer as the mood is."""
        if self.mood == "moved":
            return Answer(302, headers={"Location": f"{self.url}/elsewhere/"})
        if self.mood != "well":
            return _MOODS[self.mood]
        if request.path == TOKEN_PATH and request.method == "POST":
            return self._grant(dict(parse_qsl(request.body.decode())))
        if request.path == PROFILE_PATH and request.method == "GET":
            return self._profile(request.headers.get("authorization", ""))
        return Answer(405 if request.path == TOKEN_PATH else 404)

    def _grant(self, form: dict[str, str]) -> Answer:
        user = self.users.get(form.get("username", ""))
        client = (form.get("client_id"), form.get("client_secret"))
        known = client == (CLIENT_ID, CLIENT_SECRET) and form.get("grant_type") == "password"
        if user is None or not known or form.get("password") != user.password:
            return _json({"error": "invalid_grant"}, 401)
        return _json({"access_token": user.bearer, "refresh_token": "again", "expires_in": 60})

    def _profile(self, authorisation: str) -> Answer:
        for user in self.users.values():
            if authorisation in {f"Bearer {user.bearer}", f"Token {user.api_token}"}:
                return _json(user.profile)
        return _json({"detail": "Invalid token."}, 401)


def _json(said: object, status: int = 200) -> Answer:
    headers = {"Content-Type": "application/json"}
    return Answer(status, json.dumps(said).encode(), headers)


@contextmanager
def portal() -> Iterator[TestPortal]:
    """Run a portal for a block."""
    with serve(lambda _: Answer(404)) as web:
        running = TestPortal(web)
        web.answering = running.answer
        yield running
