"""What pages are made of."""

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from importlib.resources import files as resources

import pytest
from aiohttp import web

from http_ingress import pages
from http_ingress.application import NATIVE
from http_ingress.board import Board
from http_ingress.openapi import openapi
from http_ingress.ports import Paused
from http_ingress.problems import INTERNAL, KINDS, Problem
from http_ingress.representations.operations import ProgressBody
from http_ingress.representations.packages import PackageBody, PackagesBody, WaitingPackageBody
from schemas.envelope import Envelope
from store.activity import Activity, QueueDepth
from store.effects import Effect
from store.fates import Leased, Parking, Waiting
from store.file_views import FilesPage, FilesSelection
from store.inbox import Failure, Handled
from store.leases import Progress
from store.ports import FileVersion
from store.views import EventsPage, Recorded, Selection
from store.why import Step, Why
from store.workers import WorkerSign
from store.working import Working

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NASTY = "<script>alert('x')</script>\"&{{7*7}}"
VOID = {"meta", "link", "input", "br", "img"}


class Strict(HTMLParser):
    """Checks that tags are closed in order, and gathers what is there."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a tag."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close a tag, which must be the innermost."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Gather text."""
        self.text += data


def recorded(subject: str | None = NASTY) -> Recorded:
    envelope = Envelope(
        id="01",
        source="/x",
        type="muniment.file.archived.v1",
        subject=subject,
        data=b'{"file_id":"f"}',
    )
    return Recorded(3, envelope, "accepted", f"user:{NASTY}", NOON)


def version() -> FileVersion:
    return FileVersion(
        "f", NASTY, 1, 5, "a" * 64, "b" * 32, "text/plain", {NASTY: NASTY}, "k", NOON, "e"
    )


def step() -> Step:
    return Step(
        2,
        recorded(),
        [Handled("c", "k", "failed", None, 2, NOON, NOON)],
        [Failure("c", "k", 1, "transient", NASTY, NOON, NOON)],
        [
            Parking("p", "c", NASTY, 3, NOON),
            Parking("p", "c", NASTY, 3, NOON, "poison", "edited", NOON, NASTY, NASTY, NASTY),
        ],
        [Waiting(f"queue {NASTY}", 1, NOON, None, because=[NASTY]), Waiting("q", 1, NOON, NASTY)],
        [
            Leased("c", 1, NASTY, NOON, NOON, 2, checkpointed=True, progress=Progress(1, 2, NASTY)),
            Leased("c", 1, None, NOON, None, 0, checkpointed=False, progress=None),
        ],
        [Effect("file", NASTY, NASTY, NOON), Effect(NASTY, NASTY, NASTY, NOON)],
    )


FULL = Board(
    NOON,
    {"database": None, "bus": NASTY},
    Activity(1234567, 1, 2, 3, 4, 5, 6_700_000),
    [QueueDepth("c", 1, 2, 3)],
    [recorded()],
    [WorkerSign(NASTY, NASTY, NASTY, NOON, NOON), WorkerSign("h.1", "works", None, NOON, NOON)],
    [NASTY, "works", "nobody"],
    {NASTY: Paused(NASTY, NOON)},
    [
        Working(recorded(), NASTY, NASTY, 1, NOON, Progress(1_500_000, 3_000_000, NASTY)),
        Working(recorded(None), "c", "h.1", 2, NOON, None),
    ],
)
EMPTY = Board(NOON, {}, Activity(0, 0, 0, 0, 0, 0, 0), [], [])
DOWN = Board(NOON, {"database": "refused"}, None, None, None)
PACKAGE = PackageBody(
    id="p1",
    resource_id=NASTY,
    kind="datastore",
    format="csv",
    host=NASTY,
    size=6_700_000,
    sha256="0" * 64,
    rows=3_000_000,
    built_at=NOON,
    expires_at=NOON + timedelta(days=7),
    pinned=False,
    removed_at=None,
    asked=2,
    href="/packages/p1",
    why="/events/p1/why",
    asked_by=[NASTY, "b", "c", "d"],
    download="/packager/resources/x.zip",
)
WAITING = WaitingPackageBody(
    id="w1",
    resource_id=NASTY,
    kind="url",
    format=None,
    host=NASTY,
    accepted_at=NOON,
    state="running",
    progress=ProgressBody(done=1, total=2, unit=NASTY, percent=50),
    href="/operations/w1",
    request="/events/w1",
    asked_by=NASTY,
)
PACKAGES = PackagesBody(waiting=[WAITING], packages=[PACKAGE], next="/packages?after=p1&limit=1")
SELECTION = Selection(NASTY, NASTY)
PAGES = {
    "status": lambda: pages.status_page(FULL, "http://x", ["a.b"]),
    "empty status": lambda: pages.status_page(EMPTY, "http://x", []),
    "status while down": lambda: pages.status_page(DOWN, "http://x", []),
    "events": lambda: pages.events_page(
        EventsPage([recorded(), recorded(None)], 3), SELECTION, "/e?a=1&b=2"
    ),
    "no events": lambda: pages.events_page(EventsPage([], None), Selection(), None),
    "no event fits": lambda: pages.events_page(EventsPage([], None), SELECTION, None),
    "an empty page": lambda: pages.events_page(EventsPage([], 9), SELECTION, "/events?after=9"),
    "event": lambda: pages.event_page(Why("01", recorded().envelope.key, [step()], complete=False)),
    "files": lambda: pages.files_page(
        FilesPage([version()], "f"), FilesSelection(), "/files?after=f"
    ),
    "no files": lambda: pages.files_page(FilesPage([], None), FilesSelection(), None),
    "no file fits": lambda: pages.files_page(
        FilesPage([], None), FilesSelection(prefix=NASTY), None
    ),
    "file": lambda: pages.file_page(version()),
    "packages": lambda: pages.packages_page(PACKAGES, NOON, is_first=True, in_full=True),
    "no packages": lambda: pages.packages_page(
        PackagesBody(waiting=[], packages=[], next=None), NOON, is_first=True, in_full=False
    ),
    "no more packages": lambda: pages.packages_page(
        PackagesBody(waiting=[], packages=[], next=None), NOON, is_first=False, in_full=False
    ),
    "package": lambda: pages.package_page(PACKAGE, NOON, in_full=True),
    "package for everybody": lambda: pages.package_page(
        PACKAGE.model_copy(update={"asked_by": None, "download": None, "rows": None}),
        NOON,
        in_full=False,
    ),
    "documentation": lambda: pages.documentation_page(openapi(NATIVE, "http://x")),
    "problems": lambda: pages.kinds_page(list(KINDS.values())),
    "problem": lambda: pages.problem_page(Problem(INTERNAL, NASTY, error_id="7")),
}


def text_of(response: web.Response) -> str:
    assert isinstance(response.body, bytes)
    return response.body.decode()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_plain_and_keeps_to_itself(name: str) -> None:
    response = PAGES[name]()
    page = Strict(text_of(response))
    tags = [tag for tag, _ in page.tags]
    assert tags.count("h1") == 1
    assert tags.count("main") == 1
    assert page.tags[0] == ("html", {"lang": "en"})
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for tag, attributes in page.tags:
        assert tag != "style"
        assert not [key for key in attributes if key.startswith("on") or key == "style"]
        for name_of_link in ("href", "src", "action"):
            assert (attributes.get(name_of_link) or "/").startswith(("/", "#")), attributes
    sources = [attributes.get("src") for tag, attributes in page.tags if tag == "script"]
    assert sources in ([], ["/assets/live.js"])


@pytest.mark.parametrize("name", PAGES)
def test_what_others_wrote_stays_text(name: str) -> None:
    page = Strict(text_of(PAGES[name]()))
    if name in {"status", "events", "event", "files", "file", "packages", "package", "problem"}:
        assert "<script>alert" in page.text
    assert "49" not in page.text.replace(NASTY, "")


def test_an_empty_page_says_what_to_do() -> None:
    assert "muniment ingest FILE" in text_of(PAGES["no events"]())
    assert "A type is a pattern" in text_of(PAGES["no event fits"]())


def test_a_problem_keeps_its_status_and_headers() -> None:
    response = pages.problem_page(Problem(INTERNAL, "x", headers={"Retry-After": "5"}))
    assert (response.status, response.headers["Retry-After"]) == (500, "5")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.00 kB"),
        (12_345, "12.3 kB"),
        (123_456_789, "123 MB"),
        (5 * 10**12, "5.00 TB"),
        (7 * 10**18, "7000 PB"),
    ],
)
def test_sizes_are_short(number: int, text: str) -> None:
    assert pages.size(number).replace("\N{NO-BREAK SPACE}", " ") == text


def test_words_in_backticks_are_code_and_nothing_else_is_markup() -> None:
    assert pages.marked("a `b<c` <d>") == "a <code>b&lt;c</code> &lt;d&gt;"
    assert pages.marked("plain") == "plain"


def luminance(colour: str) -> float:
    """Return the relative luminance of `#rrggbb` (WCAG 2.2)."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def palettes() -> list[dict[str, str]]:
    """Return the colours of the stylesheet, light and dark."""
    sheet = resources(pages).joinpath("style.css").read_text()
    found = []
    for block in sheet.split(":root {")[1:3]:
        lines = [line.split(":") for line in block.split("}")[0].splitlines() if "--" in line]
        found.append({name.strip(" -"): value.strip(" ;") for name, value, *_ in lines})
    return found


@pytest.mark.parametrize("palette", palettes(), ids=["light", "dark"])
@pytest.mark.parametrize("text", ["ink", "soft", "accent", "good", "bad", "wait"])
@pytest.mark.parametrize("ground", ["ground", "raised", "mark"])
def test_text_can_be_read_on_every_ground(palette: dict[str, str], text: str, ground: str) -> None:
    assert contrast(palette[text], palette[ground]) >= 4.5
