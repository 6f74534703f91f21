"""What clients were promised: the requests that were answered with a 2xx, or confirmed by AMQP."""

from collections import Counter, defaultdict
from threading import Lock

from schemas.catalogue import EVENTS
from schemas.routing import is_request

REQUESTS = tuple(name for name in EVENTS if is_request(name))
"""Types of events that end. Of a project, the ledger has facts that nobody asked a consumer for."""


class Accepted:
    """Remembers promises. Safe to use from many threads; an id and a digest are all it keeps."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.probes: set[str] = set()
        """Keys of events."""
        self.uploads: dict[str, tuple[str, str]] = {}
        """Name and SHA-256 by the key of the event that asks for it."""
        self.records: dict[str, str] = {}
        """What came of a run, by the label of its record."""
        self.surprises: Counter[str] = Counter()
        """Answers that must not come, and how often they did."""

    def probe(self, key: str) -> None:
        """A probe was accepted."""
        with self._lock:
            self.probes.add(key)

    def upload(self, key: str, name: str, sha256: str) -> None:
        """A file was accepted."""
        with self._lock:
            self.uploads[key] = (name, sha256)

    def record(self, label: str, came_of_it: str) -> None:
        """A run has ended, and its record was stored."""
        with self._lock:
            self.records[label] = came_of_it

    def surprise(self, what: str) -> None:
        """Something happened that must not."""
        with self._lock:
            self.surprises[what] += 1

    def keys(self) -> set[str]:
        """Return the keys of all events that were accepted."""
        with self._lock:
            return self.probes | self.uploads.keys()

    def contents(self) -> dict[str, set[str]]:
        """Return the SHA-256 of every content that was accepted, by name."""
        found: dict[str, set[str]] = defaultdict(set)
        with self._lock:
            for name, sha256 in self.uploads.values():
                found[name].add(sha256)
        return found

    def __len__(self) -> int:
        return len(self.probes) + len(self.uploads) + len(self.records)
