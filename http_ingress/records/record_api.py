"""One record: read, sent, deleted."""

from datetime import timedelta
from functools import partial

from aiohttp import web

from http_ingress.awaiting import Asked, join, stamped
from http_ingress.keys import PORTS, RECORDS, THREADS
from http_ingress.records.addresses import Place
from http_ingress.records.answers import Refused, nothing, plain
from http_ingress.records.asking import ask, is_new, outcome
from http_ingress.records.drafting import Sent, draft, fingerprint_of, understand
from http_ingress.records.html.record_view import show, show_history
from http_ingress.records.negotiating import Chosen, choose
from http_ingress.records.receiving import receive
from http_ingress.records.requests import accept_of, format_of
from http_ingress.records.serving import serve
from http_ingress.records.visitors import Visit, enter
from schemas.record_names import check_label
from schemas.records import RecordDeleted, RecordDeletionRequested, RecordPutRequested
from store import record_views
from store.record_views import Stored
from store.records import keep_draft, pending


async def get_record(request: web.Request, place: Place) -> web.StreamResponse:
    """Give a record in the form that is asked for, or a view of it: its diff, its history."""
    visit, chosen, view = await _asked(request, place)
    if view == "history":
        return await show_history(request, visit, place.label, chosen)
    stored = await request.app[THREADS].query(
        record_views.record, request.app[PORTS].database, place.project, place.label
    )
    return await _give(request, visit, chosen, stored, view)


async def get_last(request: web.Request, place: Place) -> web.StreamResponse:
    """Give the record of the newest run."""
    visit, chosen, view = await _asked(request, place)
    stored = await request.app[THREADS].query(
        record_views.last, request.app[PORTS].database, place.project
    )
    if view == "history" and stored is not None:
        return await show_history(request, visit, stored.label, chosen)
    return await _give(request, visit, chosen, stored, view)


async def _asked(request: web.Request, place: Place) -> tuple[Visit, Chosen, str]:
    visit = await enter(request, place.project)
    chosen = choose("record", accept_of(request), format_of(request))
    view = request.query.get("view", "")
    # A diff is shown to people; a program finds it in the record.
    if (
        chosen is None
        or view not in {"", "diff", "history"}
        or (view == "diff" and not chosen.html)
    ):
        raise Refused(406)
    return visit, chosen, view


async def _give(
    request: web.Request, visit: Visit, chosen: Chosen, stored: Stored | None, view: str
) -> web.StreamResponse:
    if stored is None:
        raise nothing()
    if chosen.html:
        return await show(request, visit, stored, view)
    return await serve(request, chosen, stored)


async def put_record(request: web.Request, place: Place) -> web.StreamResponse:
    """Create or change a record; answered when that is durable."""
    visit = await enter(request, place.project, writing=True)
    _check(place.label)
    asked = await _take_in(request, visit, place.label)
    if isinstance(asked, Asked):
        (operation,) = await ask(request, visit.name, [asked])
    else:
        operation = await join(request, asked)
    return plain(201, "Created") if is_new(outcome(operation)) else plain(200)


async def _take_in(request: web.Request, visit: Visit, label: str) -> Asked | str:
    """Return what is to be asked for, or the key of the event that asks for it already.

    The body, and what it was made into, are not held any longer than this takes.
    """
    async with receive(request) as body:
        sent = await understand(request, body, label)
        return await _earlier(request, visit, sent) or await putting(request, visit, sent)


async def putting(request: web.Request, visit: Visit, sent: Sent) -> Asked:
    """Return the event that asks for a record to be stored, with its draft."""
    event = RecordPutRequested(
        project=visit.project.id,
        label=sent.label,
        user=visit.name,
        fields=tuple(sorted(sent.given)),
        size=sent.size,
        sha256=sent.sha256,
    )
    envelope = stamped(request, event)
    fingerprint = fingerprint_of(visit.name, event.project, sent)
    kept = await draft(request, envelope.key, fingerprint, sent.given)
    return Asked(envelope, partial(keep_draft, draft=kept))


async def _earlier(request: web.Request, visit: Visit, sent: Sent) -> str | None:
    """Return the key of the same request, if its client was told to repeat it.

    A younger one may have a client that still waits for its own answer.
    """
    if not await request.app[RECORDS].overdue.get():
        return None
    ports = request.app[PORTS]
    before = ports.clock() - timedelta(seconds=ports.limits.answer_seconds)
    fingerprint = fingerprint_of(visit.name, visit.project.id, sent)
    return await request.app[THREADS].query(pending, ports.database, fingerprint, before)


def _check(label: str) -> None:
    try:
        check_label(label)
    except ValueError as error:
        raise Refused(400, f"label: {error}") from error


async def delete_record(request: web.Request, place: Place) -> web.StreamResponse:
    """Delete a record; its label is free again, and its history stays."""
    visit = await enter(request, place.project, writing=True)
    event = RecordDeletionRequested(project=place.project, user=visit.name, label=place.label)
    (operation,) = await ask(request, visit.name, [Asked(stamped(request, event))])
    if not isinstance(outcome(operation), RecordDeleted):
        raise nothing()
    return plain(204)
