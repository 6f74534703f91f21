"""A client that asks an installation which may die meanwhile, and that insists."""

import http.client
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.fault.explorer.scenarios import Ask

_PATIENCE_SECONDS = 30
_DONE = range(200, 300)
_DOWN = {429, 503}


@dataclass
class Client:
    """Remembers what it asked for, and what of that was answered."""

    token: str
    unanswered: dict[str, Ask] = field(default_factory=dict)
    """What may or may not have been accepted: asked for, and not answered with a 2xx."""
    surprises: list[str] = field(default_factory=list)
    """Answers that should not be given, whoever dies when."""

    def ask(self, url: str, name: str, ask: Ask) -> bool:
        """Ask once; whether it was answered that it is done."""
        self.unanswered[name] = ask
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=_PATIENCE_SECONDS)
        headers = {"authorization": f"Bearer {self.token}", **ask.headers}
        try:
            connection.request(ask.method, ask.path, ask.body, headers)
            answer = connection.getresponse()
            body = answer.read()
        except (http.client.HTTPException, OSError):
            return False
        finally:
            connection.close()
        done_before = ask.done_says is not None and ask.done_says in body
        if answer.status in _DONE or done_before:
            del self.unanswered[name]
            return True
        if answer.status not in _DOWN:
            self.surprises.append(f"{ask.method} {ask.path}: {answer.status} {body[:500]!r}")
        return False

    def insist(self, url: str) -> bool:
        """Ask again for all that was not answered; whether nothing is left."""
        for name, ask in list(self.unanswered.items()):
            self.ask(url, name, ask)
        return not self.unanswered

    def call(self, url: str, method: str, path: str, body: bytes | None = None) -> bytes:
        """Return the body of an answer, which must be a 2xx."""
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=_PATIENCE_SECONDS)
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            said = answer.read()
            assert answer.status in _DONE, (path, answer.status, said)
            return said
        finally:
            connection.close()
