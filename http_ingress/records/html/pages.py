"""Pages of projects and records, for people; each has a twin in JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any
from urllib.parse import quote, urlsplit

from aiohttp import web

from http_ingress.pages import render
from http_ingress.records.addresses import PREFIX, permissions_url, project_url, record_url
from http_ingress.records.html import listing, wording
from http_ingress.records.html.diffs import blocks
from http_ingress.records.html.excerpts import MOST_ROWS, Excerpt, shortened
from http_ingress.records.html.mirrors import mirror_url
from http_ingress.records.searching import Search, written
from http_ingress.records.visitors import Visit
from schemas.record_document import Document, read_kept
from schemas.record_masking import mask
from store.projects import Project
from store.record_ports import LongText
from store.record_views import Listed, Past, Stored
from store.user_names import ANONYMOUS

MOST_DIFF_CHARACTERS = 1024**2
"""Of a diff on its page."""
MOST_DIFF_LINES = 20_000
MOST_TAGS = 200
"""Of a project on its page."""


def projects_page(listed: Sequence[Listed], user: str | None, base: str) -> web.Response:
    """Return the list of projects that a user (None: nobody in particular) may read.

    `base` is the scheme, host and port that the example for Sumatra's client names.
    """
    parts = urlsplit(base)
    client = f"{parts.scheme}://{quote(user or 'USER', safe='')}:PASSWORD@{parts.netloc}{PREFIX}/"
    return _page("projects", listed=listed, user=user, client=client)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPage:
    """What a project's page shows."""

    visit: Visit
    members: Sequence[str]
    """Who has a permission; shown to members only."""
    records: Sequence[Stored]
    """The records of this page; their long texts are not needed."""
    total: int
    """Records that fit the search."""
    tags: Mapping[str, int]
    """Of all the project's records, with how many have each."""
    search: Search
    limit: int
    """Records on a page."""


def project_page(view: ProjectPage) -> web.Response:
    """Return a project with some of its records, and forms to search them and to rename it."""
    project, search = view.visit.project.id, view.search
    tags = sorted(view.tags.items(), key=lambda pair: (-pair[1], pair[0]))
    return _page(
        "project",
        view=view,
        project=view.visit.project,
        members=[name for name in view.members if name != ANONYMOUS],
        rows=[listing.row(one) for one in view.records],
        tags=[
            listing.tag_link(project, tag, number, chosen=tag in search.tags)
            for tag, number in tags[:MOST_TAGS]
        ],
        turns=listing.turns(project, search, view.limit, view.total),
        narrow=listing.is_narrow(search),
        since=written(search.since, time.min) or "",
        until=written(search.until, time.max) or "",
        json=listing.in_form(project, search, "json"),
        lines=listing.in_form(project, search, "ndjson"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPage:
    """What a record's page shows."""

    visit: Visit
    stored: Stored
    stdout_stderr: Excerpt


def record_page(view: RecordPage) -> web.Response:
    """Return one record."""
    stored = view.stored
    whole: Document = read_kept(stored.document)
    document = shortened(mask(whole))
    found = wording.status(whole["tags"])
    return _page(
        "record",
        view=view,
        project=view.visit.project,
        record=document,
        url=record_url("", stored.project, stored.label),
        status=found,
        tags=listing.tag_links(stored.project, document["tags"]),
        changed=stored.texts.get("diff") not in (None, LongText(None, None), LongText('""', None)),
        repeats_url=listing.label_url(stored.project, whole["repeats"]),
        counts={name: len(whole[name]) for name in whole if isinstance(whole[name], list)},
        most=MOST_ROWS,
        mirror_url=lambda path: mirror_url(whole["datastore"], path),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffPage:
    """What the page of a record's diff shows."""

    visit: Visit
    stored: Stored
    diff: Excerpt


def diff_page(view: DiffPage) -> web.Response:
    """Return what was changed, and not committed, when the record's run began."""
    text = (view.diff.text or "")[:MOST_DIFF_CHARACTERS]
    # Not `splitlines`: a form feed within a line of code ends no line of a diff.
    lines = text.removesuffix("\n").split("\n") if text else []
    cut = len(lines) > MOST_DIFF_LINES or len(text) < len(view.diff.text or "")
    return _page(
        "diff",
        project=view.visit.project,
        label=view.stored.label,
        url=record_url("", view.stored.project, view.stored.label),
        blocks=blocks(lines[:MOST_DIFF_LINES]),
        whole=view.diff.whole and not cut,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """What the page of a record's history shows; the record need not exist any more."""

    visit: Visit
    label: str
    entries: Sequence[Past]
    """The latest first."""
    whole: bool
    """There are no more entries."""


def history_page(view: HistoryPage) -> web.Response:
    """Return what happened under a label, each entry with its event as evidence."""
    return _page(
        "history",
        view=view,
        project=view.visit.project,
        url=record_url("", view.visit.project.id, view.label),
        entries=[(one, shortened(_masked(one.before))) for one in view.entries],
    )


def permissions_page(project: Project, members: Sequence[str], action: str = ".") -> web.Response:
    """Return who may work on a project; `members` may have the pseudo-user in it.

    `action` leads from the address that was asked for to where its form is sent.
    """
    return _page(
        "permissions",
        project=project,
        url=permissions_url("", project.id),
        members=[name for name in members if name != ANONYMOUS],
        public=ANONYMOUS in members,
        anonymous=ANONYMOUS,
        action=action,
    )


def _page(name: str, **values: object) -> web.Response:
    return render(f"records_{name}.html", say=wording, project_url=project_url, **values)


def _masked(before: Document) -> Document:
    """Return some fields of a record with secrets masked."""
    place: Mapping[str, Any] = {"parameters": {}}
    others = {"datastore": place, "input_datastore": place, "repository": {}, "dependencies": []}
    masked = mask({**others, **before})
    return {name: masked[name] for name in before}
