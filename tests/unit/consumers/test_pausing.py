"""What is waited for is said until it is back, and not only between two tries."""

from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Thread

from consumers.runtime.pausing import Pauses
from store.errors import BrokerUnavailableError, ObjectsUnavailableError
from store.inbox import Kind
from tests.services.waiting import until

BEGIN = datetime(2026, 11, 21, 12, tzinfo=UTC)
PATIENCE_SECONDS = 60.0


class Watcher:
    """Remembers what was waited for."""

    def __init__(self) -> None:
        self.waits: list[str | None] = []

    def ended(self, consumer: str, ending: str, count: int) -> None:
        """See `Telemetry`."""

    def failed(self, consumer: str, kind: Kind) -> None:
        """See `Telemetry`."""

    def took(self, consumer: str, seconds: float, count: int) -> None:
        """See `Telemetry`."""

    def paused(self, consumer: str, dependency: str | None) -> None:
        """See `Telemetry`."""
        assert consumer == "ingest-file"
        self.waits.append(dependency)


class Ticking:
    """A clock that is a second later each time."""

    def __init__(self) -> None:
        self._seconds = count()

    def __call__(self) -> datetime:
        """Return the time."""
        return BEGIN + timedelta(seconds=next(self._seconds))


def test_without_a_probe_it_is_waited_for_through_all_tries_that_fail() -> None:
    watcher = Watcher()
    pauses = Pauses("ingest-file", watcher, Ticking(), {})
    seen = []
    for _ in range(2):
        pauses.pause(BrokerUnavailableError("refused"))
        seen.append(pauses.waits)
    pauses.works()
    seen.append(pauses.waits)
    broken = ("broker", BEGIN + timedelta(seconds=1))
    assert seen == [broken, broken, (None, BEGIN + timedelta(seconds=2))]
    assert watcher.waits == ["broker", None]


def test_deliveries_that_come_say_nothing_of_what_a_probe_finds_down() -> None:
    watcher = Watcher()

    def probe() -> None:
        raise ObjectsUnavailableError("still away")

    pauses = Pauses("ingest-file", watcher, Ticking(), {"objects": probe})
    thread = Thread(target=pauses.pause, args=(ObjectsUnavailableError("away"),))
    thread.start()
    try:
        until(
            lambda: pauses.waits[0] == "objects",
            seconds=PATIENCE_SECONDS,
            what="the pause",
        )
        pauses.works()
        assert pauses.waits[0] == "objects"
    finally:
        pauses.stopping.set()
        thread.join(PATIENCE_SECONDS)


def test_to_work_when_nothing_was_waited_for_changes_nothing() -> None:
    watcher = Watcher()
    pauses = Pauses("ingest-file", watcher, Ticking(), {})
    pauses.works()
    assert pauses.waits == (None, BEGIN)
    assert watcher.waits == []
