"""The demo: an embedded Muniment in a temporary folder, some real files, and what becomes of them.

Everything goes the way a deployment's files go: over HTTP into the ingress, through the ledger and
a queue to the consumer `ingest-file`, and out to a subscriber.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from threading import Condition, Thread
from typing import Self

from rich.console import Console

from consumers.registry import CONSUMERS
from ops.demo_files.fits import fits_image
from ops.demo_files.pdf import pdf_page
from ops.demo_files.specimens import specimens_csv
from ops.event_line import event_line
from ops.ingesting import Order, expect, find, send
from ops.logs import configure
from ops.progress import Bars, Tally
from ops.settings import EMBEDDED, Settings
from ops.stopping import until_told
from ops.why import draw
from ops.wiring import System, system
from producers.client import Client
from producers.received import Received
from producers.subscribing import Subscription
from schemas.files import FileArchived, FileUnchanged

_DEADLINE_SECONDS = 30.0
_STOP_SECONDS = 20.0
_JOBS = 3
_ARCHIVED = {FileArchived.TYPE, FileUnchanged.TYPE}


@dataclass(frozen=True)
class Demo:
    """What is shown, and where."""

    screen: Console
    files: Sequence[Path]
    """Files and folders; none: some are made on the spot."""
    now: datetime
    random: Random
    keep: bool = False
    """Let it run until it is told to stop."""

    def run(self) -> bool:
        """Show it; return whether every file was archived."""
        with ExitStack() as stack:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="muniment-demo-")))
            configure(stack.enter_context((folder / "muniment.log").open("w")))
            self._title("Starting Muniment, embedded: one process, a database file and a folder")
            running = stack.enter_context(_embedded(folder / "data"))
            token = running.settings.operator_token.read_text().strip()
            client = stack.enter_context(Client(running.url, token))
            self._say(f"It listens at {running.url} and keeps everything in {folder}")
            files = self.files or make_files(folder / "files", self.now, self.random)
            archived = self._ingest(client, files)
            first = next(find(files)).name
            self._title(f"What led to what: muniment why {first}")
            self.screen.print(draw(client.why(first)), soft_wrap=True)
            self._next(running)
        return archived

    def _ingest(self, client: Client, files: Sequence[Path]) -> bool:
        expected = expect(find(files))
        self._title(f"Ingesting {expected.files} files over HTTP, and watching what happens")
        tally = Tally()
        with (
            client.subscribe("file.#", after=0) as subscription,
            _Watched(subscription, self.screen) as watched,
        ):
            with Bars(self.screen, _JOBS, expected, tally) as bars:
                order = Order({"collection": "demo"}, _DEADLINE_SECONDS, _JOBS)
                send(client, find(files), order, bars)
            wanted = {found.name for found in find(files)}
            failed = {result.found.name for result in tally.failures}
            archived = watched.archived(wanted - failed, _DEADLINE_SECONDS)
        for result in tally.failures:
            self._say(f"{result.found.name}: {result.error}")
        self._say(f"{len(archived)} of {len(wanted)} files are archived.")
        return archived == wanted

    def _next(self, running: System) -> None:
        self._title("Where to go from here")
        if self.keep:
            self._say(f"status page   {running.url}/")
            with until_told(_STOP_SECONDS) as wait:
                self._say("It keeps running; Ctrl-C ends it, and everything it made.")
                wait()
            return
        for what, how in (
            ("click", f"muniment demo --keep    the status page, {running.url}/ just now"),
            ("keep it", "muniment up             the same system, for good, in var/"),
            ("use it", "muniment ingest FILE...  muniment watch  muniment why NAME"),
            ("ask it", "muniment doctor         muniment --help"),
        ):
            self._say(f"{what:<10}{how}")

    def _title(self, text: str) -> None:
        self.screen.print(f"\n{text}", style="bold", markup=False, soft_wrap=True)

    def _say(self, text: str) -> None:
        self.screen.print(f"  {text}", markup=False, soft_wrap=True)


class _Watched:
    """What a subscriber sees, printed as it comes."""

    def __init__(self, subscription: Subscription, screen: Console) -> None:
        self._subscription = subscription
        self._screen = screen
        self._archived: set[str] = set()
        self._changed = Condition()
        self._thread = Thread(target=self._run, name="demo watch")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._subscription.close()
        self._thread.join()

    def archived(self, wanted: set[str], seconds: float) -> set[str]:
        """Return which of the wanted files have been archived, once all are or time is up."""
        with self._changed:
            self._changed.wait_for(lambda: wanted <= self._archived, seconds)
            return wanted & self._archived

    def _run(self) -> None:
        for received in self._subscription:
            self._screen.print(event_line(received), soft_wrap=True)
            self._note(received)

    def _note(self, received: Received) -> None:
        if received.type in _ARCHIVED:
            with self._changed:
                self._archived.add(received.envelope.subject or "")
                self._changed.notify_all()


def make_files(folder: Path, now: datetime, random: Random) -> Sequence[Path]:
    """Make an image, a table and a document, and return their paths."""
    folder.mkdir()
    lines = (
        "This page was made by `muniment demo`, sent over HTTP, hashed on the way,",
        "stored under the name of its SHA-256, and announced as file.archived.",
    )
    made = {
        f"dmo0m401-dm01-{now:%Y%m%d}-0001-e00.fits": fits_image(now, random),
        "specimens.csv": specimens_csv(random),
        "observing-report.pdf": pdf_page("Observing report", lines),
    }
    for name, data in made.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in made]


@contextmanager
def _embedded(folder: Path) -> Iterator[System]:
    # Whatever the environment says of a deployment, the demo has nothing to do with it.
    settings = Settings(
        bus_url=EMBEDDED,
        database_url="",
        objects_url="",
        data_dir=folder,
        http_host="127.0.0.1",
        http_port=0,
        public_url="",
        public_reads=True,
        inbox_dirs=(),
        ingest_buckets=(),
        management_url="",
        instance="demo",
    )
    names = [consumer.name for consumer in CONSUMERS]
    with system(settings, ingress=True, consumers=names) as running:
        yield running
