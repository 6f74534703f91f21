"""Pages of projects and records, with what they show made up."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import web

from http_ingress.records.html import pages
from http_ingress.records.html.excerpts import NOTHING, Excerpt
from http_ingress.records.html.pages import DiffPage, HistoryPage, ProjectPage, RecordPage
from http_ingress.records.searching import Search
from http_ingress.records.visitors import Visit
from schemas.record_document import Document, complete, write
from store.entrance import User
from store.projects import Project, Standing
from store.record_ports import LongText
from store.record_views import Listed, Past, Stored
from tests.unit.http_ingress.test_pages import Strict

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
NASTY = "<script>alert(1)</script>\"'"
BROKEN = "a\0b\udc80c\ud800"
SITE = "https://data.example.org"


def said(text: str, **changes: Any) -> Document:  # noqa: ANN401 - a field of a record each
    """Return a record that says `text` wherever it may."""
    file = {"path": text, "digest": text, "metadata": {"mimetype": text}, "creation": None}
    place = {"type": text, "parameters": {"n": text, "working_directory": text, text: text}}
    library = ("path", "version", "name", "module", "diff", "source")
    computer = (
        *("system_name", "ip_addr", "architecture_bits", "architecture_linkage", "machine"),
        *("version", "release", "network_name", "processor"),
    )
    document = complete(
        {
            "label": text,
            "timestamp": "2024-05-01 12:00:00+0000",
            "reason": text,
            "outcome": text,
            "tags": [text],
            "duration": 0.42,
            "executable": dict.fromkeys(("path", "version", "name", "options"), text),
            "repository": dict.fromkeys(("url", "type", "upstream"), text),
            "main_file": text,
            "version": text,
            "parameters": {"content": text, "type": text},
            "input_data": [file],
            "script_arguments": text,
            "launch_mode": place,
            "datastore": place,
            "input_datastore": place,
            "output_data": [file],
            "user": text,
            "dependencies": [dict.fromkeys(library, text)],
            "platforms": [dict.fromkeys(computer, text)],
            "repeats": text,
        }
    )
    return document | changes


def stored(text: str, label: str = "run 1", *, diff: str = "", **changes: Any) -> Stored:  # noqa: ANN401 - as `said`
    """Return a record as it is kept, which says `text` wherever it may."""
    texts = {"diff": LongText(json.dumps(diff), None)}
    return Stored("p", label, NOON, 1, 1, write(said(text, **changes)), texts)


def project(text: str) -> Project:
    """Return a project called by a text."""
    return Project("p", text, text, text, NOON)


def visit(name: str = "", *, member: bool = False, public: bool = False) -> Visit:
    """Return the visit of a member, or of nobody in particular."""
    user = User(NASTY, False, False, False, False, NOON) if member else None  # noqa: FBT003 - flags
    return Visit(user, Standing(project(name), member=member, public=public))


def project_view(text: str = "x", **changes: Any) -> ProjectPage:  # noqa: ANN401 - a field each
    """Return what a page of a project shows: one record, unless changed."""
    view = ProjectPage(
        visit=visit(text, member=True, public=True),
        members=[text, "anonymous"],
        records=[stored(text)],
        total=1,
        tags={text: 1},
        search=Search(),
        limit=10,
    )
    return replace(view, **changes)


def record_view(one: Stored, out: Excerpt = NOTHING) -> RecordPage:
    """Return what a page of a record shows."""
    return RecordPage(visit=visit(), stored=one, stdout_stderr=out)


def diff_view(text: str, *, whole: bool = True) -> DiffPage:
    """Return what a page of a diff shows."""
    return DiffPage(visit=visit(), stored=stored("x"), diff=Excerpt(text, whole=whole))


def history_view(*entries: Past, label: str = "run 1") -> HistoryPage:
    """Return what a page of a history shows."""
    return HistoryPage(visit=visit(), label=label, entries=entries, whole=False)


def full(text: str) -> dict[str, Callable[[], web.Response]]:
    """Return every page, with `text` wherever something that somebody said is shown."""
    one = stored(text, text, diff=text)
    before = said(text) | {"diff": {"sha256": text}, "stdout_stderr": text * 20}
    past = [Past(2, "updated", NOON, text, text, before), Past(1, "created", NOON, text, "k", {})]
    searched = Search(tags=(text, "b"), text=text, main_file=text, parameter=text)
    there = visit(text, member=True)
    return {
        "projects": lambda: pages.projects_page([Listed(project(text), NOON)], text, SITE),
        "project": lambda: pages.project_page(project_view(text, search=searched)),
        "record": lambda: pages.record_page(
            RecordPage(visit=there, stored=one, stdout_stderr=Excerpt(text, whole=False))
        ),
        "diff": lambda: pages.diff_page(
            DiffPage(visit=there, stored=one, diff=Excerpt(text, whole=False))
        ),
        "history": lambda: pages.history_page(
            HistoryPage(visit=there, label=text, entries=past, whole=True)
        ),
        "permissions": lambda: pages.permissions_page(project(text), [text, "anonymous", "bo"]),
    }


def broken() -> dict[str, Callable[[], web.Response]]:
    """Return pages that say what is no character wherever it is not refused."""
    one = stored(BROKEN, diff=BROKEN)
    excerpt = Excerpt(BROKEN, whole=True)
    past = Past(2, "updated", NOON, "ann", "k", said(BROKEN))
    return {
        "projects": lambda: pages.projects_page([Listed(project(BROKEN), NOON)], "ann", SITE),
        "project": lambda: pages.project_page(project_view(BROKEN)),
        "record": lambda: pages.record_page(record_view(one, excerpt)),
        "diff": lambda: pages.diff_page(diff_view(BROKEN)),
        "history": lambda: pages.history_page(history_view(past)),
        "permissions": lambda: pages.permissions_page(project(BROKEN), [BROKEN]),
    }


EMPTY: dict[str, Callable[[], web.Response]] = {
    "no projects": lambda: pages.projects_page([], "ann", SITE),
    "nobody's projects": lambda: pages.projects_page([], None, SITE),
    "empty project": lambda: pages.project_page(
        project_view(records=[], total=0, tags={}, visit=visit(public=True))
    ),
    "nothing fits": lambda: pages.project_page(
        project_view(records=[], total=0, search=Search(text="x"))
    ),
    "far behind": lambda: pages.project_page(
        project_view(records=[], total=5, search=Search(offset=40))
    ),
    "bare record": lambda: pages.record_page(
        record_view(
            stored(
                "",
                reason=None,
                tags=[],
                duration=None,
                main_file=None,
                input_data=[],
                output_data=[],
                dependencies=[],
                platforms=[],
                repeats=None,
                launch_mode={"type": "SerialLaunchMode", "parameters": {}},
            )
        )
    ),
    "no diff": lambda: pages.diff_page(diff_view("")),
    "no history": lambda: pages.history_page(history_view()),
    "last member": lambda: pages.permissions_page(project(""), ["ann"]),
}
PAGES = full(NASTY) | EMPTY


def text_of(response: web.Response) -> str:
    """Return the text of a page."""
    assert isinstance(response.body, bytes)
    return response.body.decode()


def read(response: web.Response) -> Strict:
    """Read a page, strictly."""
    return Strict(text_of(response))


def addresses(page: Strict) -> list[str]:
    """Return where the links of a page lead."""
    return [one["href"] or "" for tag, one in page.tags if tag == "a"]


def queries(page: Strict, rel: str) -> dict[str, list[str]]:
    """Return what the link of this relation asks for."""
    found = [one["href"] or "" for tag, one in page.tags if tag == "a" and one.get("rel") == rel]
    assert len(found) == 1
    return parse_qs(urlsplit(found[0]).query)
