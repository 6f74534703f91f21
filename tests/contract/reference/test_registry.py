"""Section 12: a registry polls `info` and `stats`, and believes only what validates."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

import pytest
import urllib3
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no types

from ops.wiring import System, system
from schemas.capabilities import CAPABILITIES
from schemas.components import CATEGORIES
from schemas.files import FileIngestRequested
from tests.equipment.installations import Caller, settings_of
from tests.equipment.reference import JSON
from tests.services.waiting import until

TICK_SECONDS = 0.02
ARCHIVE = CAPABILITIES["archive"]
MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
TEXT = {"type": "string", "minLength": 1, "maxLength": 254}
SERVICE = {
    "type": "object",
    "properties": {
        **dict.fromkeys(["name", "version", "institution", "researchSubject"], TEXT),
        "synopsis": {"type": "string", "minLength": 1},
        "releaseTime": MOMENT,
        "supportEmail": {"type": "string", "pattern": "^[^@ ]+@[^@ ]+$"},
        "category": {"enum": list(CATEGORIES)},
        "tags": {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1},
    },
    "required": [
        *("name", "synopsis", "version", "institution", "releaseTime", "supportEmail"),
        *("category", "researchSubject", "tags"),
    ],
    "additionalProperties": False,
}
STATS = {
    "type": "object",
    "properties": {"lastReset": MOMENT, "invocations": {"type": "integer", "minimum": 0}},
    "required": ["lastReset", "invocations"],
    "additionalProperties": False,
}
DOWN = {
    "type": "object",
    "properties": {
        "service": {"const": "archive"},
        "monitoring": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {
                "type": "object",
                "properties": {
                    "status": {
                        "enum": [
                            "Ok",
                            "Up but returning unexpected response",
                            "Down",
                            "Unknown status",
                        ]
                    },
                    "message": {"type": "string", "minLength": 1, "maxLength": 256},
                },
                "required": ["status", "message"],
            },
        },
    },
    "required": ["service", "monitoring"],
}
EXPECTED: Mapping[tuple[str, int], Draft202012Validator] = {
    (path, status): Draft202012Validator(schema)
    for path, status, schema in (
        ("info", 200, SERVICE),
        ("stats", 200, STATS),
        ("stats", 503, DOWN),
        # The database may be away; that is told in a sentence.
        ("info", 503, {"type": "object", "required": ["detail"]}),
    )
}


@dataclass
class Registry:
    """Polls one service again and again."""

    url: str
    seen: Counter[tuple[str, int]] = field(default_factory=Counter)
    """What was asked, with what status it was answered; 0: not at all."""
    complaints: list[str] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    resets: set[str] = field(default_factory=set)
    stopping: Event = field(default_factory=Event)

    def poll(self) -> None:
        """Poll until told to stop."""
        with urllib3.PoolManager() as pool:
            while not self.stopping.wait(TICK_SECONDS):
                for path in ("info", "stats"):
                    self._ask(pool, path)

    def _ask(self, pool: urllib3.PoolManager, path: str) -> None:
        try:
            answer = pool.request(
                "GET",
                f"{self.url}/{path}",
                headers={"Accept": JSON},
                timeout=10,
                retries=False,
            )
        except urllib3.exceptions.HTTPError:
            self.seen[path, 0] += 1
            return
        self.seen[path, answer.status] += 1
        validator = EXPECTED.get((path, answer.status))
        if validator is None or answer.headers["content-type"] != JSON:
            self.complaints.append(f"{path}: {answer.status} {answer.data[:200]!r}")
            return
        said = answer.json()
        self.complaints += [f"{path}: {one.message}" for one in validator.iter_errors(said)]
        if (path, answer.status) == ("stats", 200):
            self.counts.append(said["invocations"])
            self.resets.add(said["lastReset"])

    def wait_for(self, path: str, status: int) -> None:
        """Wait until one more poll is answered so."""
        before = self.seen[path, status]
        until(lambda: self.seen[path, status] > before, seconds=60, what=f"{status} from {path}")

    def wait_for_count(self, count: int) -> None:
        """Wait until a poll is told of so many uses."""
        until(lambda: self.counts[-1:] == [count], seconds=60, what=f"{count} uses")


@contextmanager
def polling(url: str) -> Iterator[Registry]:
    """Have a registry poll for the block."""
    registry = Registry(url)
    thread = Thread(target=registry.poll)
    thread.start()
    try:
        yield registry
    finally:
        registry.stopping.set()
        thread.join()


@pytest.mark.parametrize("world", ["embedded", "deployed"])
def test_a_registry_polls_while_all_is_restarted(
    request: pytest.FixtureRequest, tmp_path: Path, free_port: int, world: str
) -> None:
    settings = settings_of(world, request, tmp_path, http_port=free_port)
    consumers = (*ARCHIVE.consumers, "update-stats")
    root = f"http://127.0.0.1:{free_port}/reference/service/archive"
    with polling(root) as registry:
        registry.wait_for("stats", 0)
        for times in range(2):
            with system(settings, ingress=True, consumers=consumers) as running:
                registry.wait_for("info", 200)
                registry.wait_for("stats", 200)
                ask_for(running, f"ingest-{times}")
                registry.wait_for_count(times + 1)
            registry.wait_for("stats", 0)
        with system(settings, ingress=True):
            registry.wait_for("stats", 503)
            registry.wait_for("info", 200)
            with system(settings, consumers=consumers):
                registry.wait_for("stats", 200)
                registry.wait_for("stats", 200)
    assert registry.complaints == []
    # Nothing is lost by a restart, and nothing but zeroing moves the time.
    assert registry.counts == sorted(registry.counts)
    assert registry.counts[-1] == 2
    assert len(registry.resets) == 1


def ask_for(running: System, key: str) -> None:
    """Ask for a file that there is not to be archived: that, too, is a use."""
    said = {"name": "x.txt", "source": "https://files.example.invalid/x"}
    answer = Caller.of(running).post(key, FileIngestRequested.TYPE, **said)
    assert answer.status == 202, answer
