"""The canary: one probe through the whole bus, to see that events get to their end."""

from queue import SimpleQueue
from threading import Event, Lock
from time import monotonic

from producers.acceptor import Acceptance, Acceptor, Answer, Receipt
from producers.doorbell import Waiters
from producers.stamping import Stamp
from schemas.probes import ProbeRequested
from store.database import Database
from store.errors import UnavailableError
from store.operations import operation

_PATIENCE_SECONDS = 5.0
_KEPT_SECONDS = 10.0
_LOOK_SECONDS = 0.25


class Canary:
    """Sends a probe when asked, not more often than every ten seconds; safe to share."""

    def __init__(
        self, database: Database, acceptor: Acceptor, stamp: Stamp, waiters: Waiters
    ) -> None:
        self._database = database
        self._acceptor = acceptor
        self._stamp = stamp
        self._waiters = waiters
        self._lock = Lock()
        self._until = 0.0
        self._trouble: str | None = None

    def trouble(self) -> str | None:
        """Return why the last probe did not get through in time, or None. Blocks for seconds."""
        with self._lock:
            if monotonic() >= self._until:
                self._trouble = self._send()
                self._until = monotonic() + _KEPT_SECONDS
            return self._trouble

    def _send(self) -> str | None:
        envelope = self._stamp.put_on(ProbeRequested(probe="canary"), replyto=self._waiters.address)
        answers: SimpleQueue[Answer] = SimpleQueue()
        woken = Event()
        with self._waiters.waiting(envelope.key, woken.set):
            self._acceptor.submit(Acceptance([envelope], "canary"), answers.put)
            answer = answers.get()
            if not isinstance(answer, Receipt):
                return str(answer)
            deadline = monotonic() + _PATIENCE_SECONDS
            while monotonic() < deadline:
                woken.wait(_LOOK_SECONDS)
                if self._has_ended(envelope.key):
                    return None
        return (
            f"probe {envelope.key} was not answered within {_PATIENCE_SECONDS:g} s; "
            "is a process running `muniment consume answer-probe`?"
        )

    def _has_ended(self, key: str) -> bool:
        try:
            found = operation(self._database, key)
        except UnavailableError:
            return False
        return found is not None and found.ended
