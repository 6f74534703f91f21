"""What people look at of one record: its page, its diff, and its history."""

from collections.abc import Sequence

from aiohttp import web

from http_ingress.keys import PORTS, THREADS
from http_ingress.records.answers import document, nothing
from http_ingress.records.html import pages
from http_ingress.records.html.excerpts import (
    MOST_CHARACTERS,
    Excerpt,
    excerpt_of,
    excerpt_of_literal,
)
from http_ingress.records.negotiating import Chosen
from http_ingress.records.visitors import Visit
from schemas.record_document import write
from store.keys import content_key
from store.ports import ObjectStore
from store.record_ports import LongText
from store.record_views import Past, Stored, history

MOST_ENTRIES = 200
"""Of a history."""
_LONGEST_CHARACTER = 12
"""Bytes: outside of the first plane, JSON spells a character as two escapes."""


async def show(request: web.Request, visit: Visit, stored: Stored, view: str) -> web.StreamResponse:
    """Show a record, or the diff that it began with."""
    # Writing thousands of lines takes its time; the loop is everybody's.
    render = request.app[THREADS].transfer
    if view == "diff":
        diff = await _excerpt(request, stored.texts["diff"], pages.MOST_DIFF_CHARACTERS)
        changes = pages.DiffPage(visit=visit, stored=stored, diff=diff)
        return await render(pages.diff_page, changes)
    output = await _excerpt(request, stored.texts["stdout_stderr"], MOST_CHARACTERS)
    record = pages.RecordPage(visit=visit, stored=stored, stdout_stderr=output)
    return await render(pages.record_page, record)


async def show_history(
    request: web.Request, visit: Visit, label: str, chosen: Chosen
) -> web.StreamResponse:
    """Show what happened under a label, the latest first; the record need not exist any more."""
    project = visit.project.id
    found = await request.app[THREADS].query(
        history, request.app[PORTS].database, project, label, MOST_ENTRIES + 1
    )
    if not found:
        raise nothing()
    entries, whole = found[:MOST_ENTRIES], len(found) <= MOST_ENTRIES
    if not chosen.html:
        return document(chosen, _history_json(project, label, entries, whole=whole))
    view = pages.HistoryPage(visit=visit, label=label, entries=entries, whole=whole)
    return await request.app[THREADS].transfer(pages.history_page, view)


def _history_json(project: str, label: str, entries: Sequence[Past], *, whole: bool) -> bytes:
    said = [
        {
            "revision": one.revision,
            "happened": one.happened,
            "at": f"{one.at:%Y-%m-%dT%H:%M:%S.%fZ}",
            "by": one.by,
            "event": one.event_key,
            "before": one.before,
        }
        for one in entries
    ]
    body = {"project_id": project, "label": label, "history": said, "whole": whole}
    return write(body).encode()


async def _excerpt(request: web.Request, text: LongText, most: int) -> Excerpt:
    if text.sha256 is None:
        return excerpt_of(text, most)
    read = request.app[THREADS].transfer
    longest = most * _LONGEST_CHARACTER
    data = await read(_begin, request.app[PORTS].objects, content_key(text.sha256), longest + 1)
    return excerpt_of_literal(data[:longest], most, whole=len(data) <= longest)


def _begin(objects: ObjectStore, key: str, most: int) -> bytes:
    with objects.open(key) as found:
        return found.read(most)
