"""Native API, events: post them, and page through the ledger."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlencode

from aiohttp import web
from multidict import CIMultiDict

from http_ingress import problems
from http_ingress.bodies import read_body
from http_ingress.discretion import eyes_of
from http_ingress.incoming import is_batch, read_batch, read_one
from http_ingress.keys import ACCEPTING, PORTS, THREADS, USER
from http_ingress.negotiation import HTML, responds_async, wait_seconds, wants_html
from http_ingress.pages import event_page, events_page
from http_ingress.parameters import (
    LARGEST_POSITION,
    check_query,
    page_size,
    path_text,
    query_number,
    query_text,
)
from http_ingress.problems import Problem
from http_ingress.recorded import CLOUDEVENT, EVENT, EVENTS, event_json, events_json
from http_ingress.representations.operations import AcceptedBody, OperationBody
from http_ingress.routes import (
    IDEMPOTENCY_KEY,
    KEYED,
    LIMIT,
    NUMBER,
    PREFER,
    SELECTION,
    Answer,
    Parameter,
    Route,
)
from http_ingress.waiting import wait_for
from http_ingress.why_api import find_why
from producers.acceptor import Acceptance
from schemas.catalogue import CONFIDENTIAL, project_of
from schemas.envelope import BATCH, JSON, STRUCTURED, Envelope, to_batch
from store.views import EventsPage, Selection, event, events_after


async def post_events(request: web.Request) -> web.Response:
    """Accept one request event, or a batch of them, all or nothing.

    Once this is answered with a 2xx the events are durable. The same event sent again, with the
    same id, is accepted again and done once.
    """
    ports, prefer = request.app[PORTS], request.headers.get("Prefer")
    body = await read_body(request, ports.limits.largest_body)
    seconds = None
    if is_batch(request.headers):
        envelopes = read_batch(body, ports.limits.most_events_in_batch)
    else:
        envelopes = [read_one(request.headers, body)]
        seconds = wait_seconds(prefer, ports.limits.longest_wait_seconds)
    replyto = None if seconds is None else ports.waiters.address
    adopted = [ports.stamp.adopt(envelope, replyto=replyto) for envelope in envelopes]
    acceptance = Acceptance(adopted, f"user:{request[USER].name}", *_identity(request, envelopes))
    receipt = await request.app[ACCEPTING].accept(acceptance)
    if seconds is not None:
        return await _ended(request, receipt.operations[0], seconds)
    return accepted(adopted, receipt.operations, prefer)


def _identity(request: web.Request, envelopes: Sequence[Envelope]) -> tuple[str | None, str]:
    """Return the Idempotency-Key, and the fingerprint that goes with it."""
    key = read_idempotency_key(request)
    return key, "" if key is None else fingerprint(to_batch(envelopes))


def accepted(
    envelopes: Sequence[Envelope], operations: Sequence[str], prefer: str | None = None
) -> web.Response:
    """Return 202 with one operation per event."""
    # Keys are UUIDs and types are in the catalogue: nothing in them needs escaping.
    items = ",".join(
        f'{{"id":"{key}","type":"{envelope.type}","href":"/operations/{key}"}}'
        for key, envelope in zip(operations, envelopes, strict=True)
    )
    headers = CIMultiDict({"Content-Type": "application/json"})
    if len(operations) == 1:
        headers["Location"] = f"/operations/{operations[0]}"
    if prefer is not None and responds_async(prefer):
        headers["Preference-Applied"] = "respond-async"
    body = f'{{"operations":[{items}]}}'.encode()
    return web.Response(status=202, body=body, headers=headers)


async def _ended(request: web.Request, key: str, seconds: float) -> web.Response:
    operation = await wait_for(request, key, seconds)
    if operation is None:
        raise Problem(problems.NOT_FOUND, f"There is no operation {key}.")
    return web.Response(
        status=200 if operation.ended else 202,
        body=OperationBody.of(operation).json_bytes(),
        headers={
            "Content-Type": "application/json",
            "Location": f"/operations/{key}",
            "Preference-Applied": f"wait={seconds:g}",
        },
    )


def read_idempotency_key(request: web.Request) -> str | None:
    """Return the Idempotency-Key. Raises a Problem when it is not printable ASCII."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (0 < len(key) <= 255 and key.isascii() and key.isprintable()):  # noqa: PLR2004 - of a header
        raise Problem(
            problems.MALFORMED,
            "Idempotency-Key must be 1 to 255 printable ASCII characters.",
            field="Idempotency-Key",
        )
    return key


def fingerprint(asked: bytes) -> str:
    """Return what the repetition of a request is recognised by."""
    return hashlib.sha256(asked).hexdigest()


async def get_events(request: web.Request) -> web.Response:
    """Page through the ledger, in its order.

    A page may hold fewer events than `limit`, even none, and not be the last: follow `next`.
    Events of a project are there for those only who may read the project.
    """
    check_query(request, ("after", "limit", "type", "subject", "correlation"))
    after = query_number(request, "after", 0, LARGEST_POSITION)
    selection = selection_of(request)
    page = await _page(request, after, selection)
    following = None
    if page.next is not None:
        following = f"/events?{urlencode({**request.query, 'after': page.next})}"
    if wants_html(request.headers.get("Accept")):
        return events_page(page, selection, following)
    return web.Response(
        body=events_json(page.events, following), headers={"Content-Type": "application/json"}
    )


async def _page(request: web.Request, after: int, selection: Selection) -> EventsPage:
    """Return a page without what the client may not see."""
    query, database, most = (
        request.app[THREADS].query,
        request.app[PORTS].database,
        page_size(request),
    )
    page = await query(events_after, database, after, most, selection)
    seen = await eyes_of(request).seen(page.events)
    by_name = selection.subject is not None or selection.correlation is not None
    if len(seen) < len(page.events) and by_name and page.next is not None:
        # All that has one name is of one project. A next page would betray that there is something.
        others = replace(selection, without=CONFIDENTIAL)
        return await query(events_after, database, after, most, others)
    return replace(page, events=seen)


def selection_of(request: web.Request) -> Selection:
    """Return what `type`, `subject` and `correlation` select."""
    # A form sends its empty fields too; they select nothing.
    return Selection(
        query_text(request, "type") or None,
        query_text(request, "subject") or None,
        query_text(request, "correlation") or None,
    )


async def get_event(request: web.Request) -> web.Response:
    """Show one event of the ledger."""
    if wants_html(request.headers.get("Accept")):
        return event_page(await find_why(request))
    key = path_text(request, "key")
    found = await request.app[THREADS].query(event, request.app[PORTS].database, key)
    if found is None or not await eyes_of(request).see(project_of(found.envelope)):
        raise Problem(problems.NOT_FOUND, f"There is no event {key!r}.", field="key")
    return web.Response(body=event_json(found), headers={"Content-Type": "application/json"})


ROUTES = (
    Route(
        method="POST",
        path="/events",
        handler=post_events,
        access="write",
        tag="events",
        parameters=(PREFER, IDEMPOTENCY_KEY),
        body={JSON: {}, STRUCTURED: CLOUDEVENT, BATCH: {"type": "array", "items": CLOUDEVENT}},
        answers={
            200: Answer(
                "It has ended, since `Prefer: wait` asked for that.", {JSON: OperationBody}
            ),
            202: Answer(
                "Accepted.", {JSON: AcceptedBody}, {"Location": "The operation, if there is one."}
            ),
        },
        problems=(
            problems.CONFLICT,
            problems.LENGTH_REQUIRED,
            problems.TOO_LARGE,
            problems.UNSUPPORTED,
            problems.INVALID,
        ),
    ),
    Route(
        method="GET",
        path="/events",
        handler=get_events,
        access="read",
        tag="events",
        parameters=(
            Parameter("after", "query", "Ledger position that the page comes after.", NUMBER),
            LIMIT,
            *SELECTION,
        ),
        answers={200: Answer("A page.", {JSON: EVENTS, HTML: None})},
    ),
    Route(
        method="GET",
        path="/events/{key}",
        handler=get_event,
        access="read",
        tag="events",
        parameters=(KEYED,),
        answers={
            200: Answer("The event, with its place in the ledger.", {JSON: EVENT, HTML: None})
        },
        problems=(problems.NOT_FOUND,),
    ),
)
