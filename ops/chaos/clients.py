"""The load: clients that insist, as a good one does, and remember what they were promised.

After a lost connection, a 503 or a 429 the very same request is made again, mostly of another
ingress, with the same id or Idempotency-Key, until there is a 2xx.
"""

import hashlib
import json
import random
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Event
from time import monotonic

import urllib3

from ops.chaos.accepted import Accepted
from ops.chaos.runs import PROJECT, stages
from schemas.envelope import JSON
from schemas.probes import ProbeRequested

_ASK_AGAIN = {429, 503}
_PAUSE_SECONDS = 0.05
_THINK_SECONDS = 0.04
_PATIENCE_SECONDS = 6.0
"""For one answer; a process that is paused gives none."""
_LAST_WORDS_SECONDS = 90.0
"""How long after the faults have ended there may be no 2xx."""
_SMALL, _MIDDLE, _LARGE = 4_000, 300_000, 18 * 1024 * 1024
"""Bytes; the largest are sent to S3 in parts."""


@dataclass
class Client:
    """One client, with a thread of its own."""

    number: int
    urls: Sequence[str]
    token: str
    accepted: Accepted
    stopping: Event
    chance: random.Random

    def run(self) -> None:
        """Ask for one thing after another until told to stop, and bring the last to its end."""
        self._pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(_PATIENCE_SECONDS))
        turn = 0
        with self._pool:
            self._insist("PUT", f"/records/{PROJECT}", b"{}", {})
            while not self.stopping.wait(self.chance.uniform(0, _THINK_SECONDS)):
                turn += 1
                kind = self.chance.random()
                if kind < 0.6:  # noqa: PLR2004 - part of the load
                    self._post()
                elif kind < 0.75:  # noqa: PLR2004 - part of the load
                    self._record(f"run-{self.number}-{turn}")
                elif kind < 0.92:  # noqa: PLR2004 - part of the load
                    self._upload_once_or_twice()
                else:
                    self._upload_one_after_another(f"series/{self.number}/{turn}")

    def _post(self) -> None:
        key = self._key()
        headers = {
            "ce-specversion": "1.0",
            "ce-id": key,
            "ce-source": f"/chaos/{self.number}",
            "ce-type": ProbeRequested.TYPE,
            "content-type": JSON,
        }
        if self.chance.random() < 0.1:  # noqa: PLR2004 - part of the load
            headers["prefer"] = "wait=2"
        if self._insist("POST", "/events", b'{"probe": "chaos"}', headers) is not None:
            self.accepted.probe(key)

    def _record(self, label: str) -> None:
        """A run begins and ends; the record of some has a diff that becomes an object."""
        came_of_it = self._key()
        diff = came_of_it * (5000 if self.chance.random() < 0.1 else 5)  # noqa: PLR2004 - the load
        for body in stages(label, came_of_it, diff):
            if self._insist("PUT", f"/records/{PROJECT}/{label}", body, {}) is None:
                return
        self.accepted.record(label, came_of_it)

    def _upload_once_or_twice(self) -> None:
        """The second time it is another request for what is there already."""
        content = self._content()
        name = "once/" + hashlib.sha256(content).hexdigest()
        for _ in range(self.chance.choice((1, 1, 1, 2))):
            self._upload(name, content)

    def _upload_one_after_another(self, name: str) -> None:
        """Each is another version of the same name."""
        for _ in range(self.chance.randrange(2, 5)):
            self._upload(name, self._content())

    def _upload(self, name: str, content: bytes) -> None:
        headers = {"idempotency-key": self._key(), "content-type": "application/octet-stream"}
        answer = self._insist("PUT", f"/files/{name}", content, headers)
        if answer is not None:
            key = json.loads(answer)["operations"][0]["id"]
            self.accepted.upload(key, name, hashlib.sha256(content).hexdigest())

    def _key(self) -> str:
        return str(uuid.UUID(int=self.chance.getrandbits(128), version=4))

    def _content(self) -> bytes:
        kind = self.chance.random()
        most = _SMALL if kind < 0.95 else _MIDDLE if kind < 0.999 else _LARGE  # noqa: PLR2004 - part of the load
        return self.chance.randbytes(self.chance.randrange(most // 8, most))

    def _insist(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> bytes | None:
        """Return the body of a 2xx, sooner or later; None after an answer that must not come."""
        given_up_at: float | None = None
        url = self.chance.choice(self.urls)
        sent = {"authorization": f"Bearer {self.token}", **headers}
        while True:
            said = "no answer"
            try:
                answer = self._pool.request(method, url + path, body=body, headers=sent)
            except urllib3.exceptions.HTTPError as error:
                said = type(error).__name__
            else:
                if 200 <= answer.status < 300:  # noqa: PLR2004 - a 2xx
                    return answer.data
                said = f"{answer.status} {answer.data[:200]!r}"
                if answer.status not in _ASK_AGAIN:
                    self.accepted.surprise(f"{method} {path.split('/')[1]}: {said}")
                    return None
            if self.stopping.is_set():
                given_up_at = given_up_at or monotonic() + _LAST_WORDS_SECONDS
                if monotonic() > given_up_at:
                    self.accepted.surprise(f"{method} {path.split('/')[1]}: in the end {said}")
                    return None
            Event().wait(_PAUSE_SECONDS)
            url = self.chance.choice(self.urls)
