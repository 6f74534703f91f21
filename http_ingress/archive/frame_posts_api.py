"""Frames sent, changed and deleted, by superusers.

A POST is answered when the frame is durable, or told to be repeated; the same body sent again is
told what came of the first. What is changed in place is changed at once.
"""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TypeVar

from aiohttp import web
from pydantic import JsonValue

from http_ingress.archive.answers import Refused, detail, document, no_match
from http_ingress.archive.places import Call
from http_ingress.archive.receiving import read, receive
from http_ingress.archive.representations import posted
from http_ingress.archive.seeing import FRAME, links, sight_of
from http_ingress.archive.visitors import require_superuser
from http_ingress.awaiting import Asked, ask, join, stamped
from http_ingress.keys import ARCHIVE, PORTS, THREADS
from schemas.catalogue import decode
from schemas.frame_post import Post
from schemas.frame_posting import PostError, read_changes, read_post
from schemas.frames import FrameEvent, FramePostRequested, FrameRejected
from store.frames import views as frame_views
from store.frames.drafts import keep_draft, pending
from store.frames.values import Frame
from store.operations import Operation
from store.sky.area import read_area

T = TypeVar("T")

_log = logging.getLogger(__name__)

RELATED = "related_frame_filenames"

_QUICK = 256 * 1024
"""Bytes of a body that are understood faster than handed to a thread."""
_SOON = {"Retry-After": "5"}
_LATER = {"Retry-After": "60"}


@dataclass(frozen=True, slots=True)
class _Sent:
    """What came for one frame, checked."""

    post: Post
    fingerprint: str
    """What the same request by the same user, repeated, is recognised by."""
    size: int
    """Bytes."""


async def post_frame(request: web.Request, call: Call) -> web.Response:
    """Store a frame, or a new version of one; answered when that is durable."""
    user = require_superuser(call.visitor).name
    async with receive(request, [RELATED]) as said:
        sent = await _understand(request, said, user)
    frame = await _joined(request, sent)
    if frame is None:
        asked = _asked(request, sent, user)
        (operation,) = await ask(request, user, [asked])
        number = _outcome(request, sent, asked.envelope.key, operation)
        frame = await request.app[ARCHIVE].stored.get(number)
    if frame is None:
        raise no_match(FRAME)
    return document(posted(frame, links(request)), 201)


async def _joined(request: web.Request, sent: _Sent) -> Frame | None:
    """Return what came of the same request, sent before and told to be repeated.

    None: there was none, or its frame is gone again. Raises Refused: it was refused, or has not
    ended yet.
    """
    key = await _earlier(request, sent)
    if key is None:
        return None
    number = _outcome(request, sent, key, await join(request, key))
    return await request.app[ARCHIVE].stored.get(number)


async def _understand(request: web.Request, said: JsonValue, user: str) -> _Sent:
    rules = request.app[PORTS].archive.rules()
    length = request.content_length

    def understand() -> _Sent:
        post = judged(partial(read_post, said, rules, read_area))
        written = post.write().encode()
        digest = hashlib.sha256(user.encode() + b"\n" + written).hexdigest()
        return _Sent(post, digest, length or len(written))

    if length is not None and length <= _QUICK:
        return understand()
    return await request.app[THREADS].transfer(understand)


def _asked(request: web.Request, sent: _Sent, user: str) -> Asked:
    """Return the event that asks for what was sent to be stored, with its draft."""
    ports = request.app[PORTS]
    draft = ports.new_id()
    event = FramePostRequested(
        basename=sent.post.basename,
        user=user,
        draft=draft,
        md5s=tuple(version.md5 for version in sent.post.versions),
        size=sent.size,
    )
    envelope = stamped(request, event)
    keep = partial(
        keep_draft,
        draft=draft,
        post=sent.post,
        fingerprint=sent.fingerprint,
        now=ports.clock(),
        event_key=envelope.key,
    )
    return Asked(envelope, keep)


async def _earlier(request: web.Request, sent: _Sent) -> str | None:
    """Return the key of the same request, if its client was told to repeat it.

    A younger one may have a client that still waits for its own answer.
    """
    room, ports = request.app[ARCHIVE], request.app[PORTS]
    key = room.unanswered.take(sent.fingerprint)
    if key is not None or not await room.overdue.get():
        return key
    before = ports.clock() - timedelta(seconds=ports.limits.answer_seconds)
    return await request.app[THREADS].query(pending, ports.database, sent.fingerprint, before)


def _outcome(request: web.Request, sent: _Sent, key: str, operation: Operation | None) -> int:
    """Return the id of the frame. Raises Refused: the request was refused, or has not ended."""
    if operation is None or not operation.ended:
        room = request.app[ARCHIVE]
        room.unanswered.add(sent.fingerprint, key)
        # Whoever is told to repeat it may do so at once.
        room.overdue.forget()
        text = "This is safe, but not done yet; send it again to learn what came of it."
        raise detail(503, text, _SOON)
    if operation.state not in {"succeeded", "failed"}:
        text = f"This could not be done, and waits for the operator as {operation.key}."
        raise detail(503, text, _LATER)
    event = None if operation.outcome is None else decode(operation.outcome)
    if isinstance(event, FrameRejected):
        _log.info("%s is refused: %s", event.basename, dict(event.errors))
        raise Refused(400, dict(event.errors))
    if not isinstance(event, FrameEvent):
        raise TypeError(f"{operation.key} has led to no frame")
    return event.frame_id


def judged(check: Callable[[], T]) -> T:
    """Return what a check of a body returns. Raises Refused (400) with what it finds wrong.

    That is logged, too: ocs-ingester does not show its user why it is refused.
    """
    try:
        return check()
    except PostError as error:
        _log.info("what was sent is refused: %s", error.errors)
        raise Refused(400, error.errors) from error


async def patch_frame(request: web.Request, call: Call) -> web.Response:
    """Change plain fields of a frame."""
    user = require_superuser(call.visitor).name
    await _find(request, call)
    number, said = call.id, await read(request)
    ports = request.app[PORTS]
    fields = judged(partial(read_changes, said, ports.archive.rules()))
    room, query = request.app[ARCHIVE], request.app[THREADS].query
    if not await query(room.changes.change, number, user, fields):
        raise no_match(FRAME)
    frame = await room.stored.get(number)
    if frame is None:
        raise no_match(FRAME)
    return document(posted(frame, links(request)))


async def delete_frame(request: web.Request, call: Call) -> web.Response:
    """Delete a frame with its versions, headers and thumbnails; its bytes go soon after."""
    user = require_superuser(call.visitor).name
    await _find(request, call)
    gone = await request.app[THREADS].query(request.app[ARCHIVE].changes.delete, call.id, user)
    if not gone:
        raise no_match(FRAME)
    return web.Response(status=204)


async def _find(request: web.Request, call: Call) -> None:
    """Raise Refused unless the frame is shown to who asks: nobody is shown a placeholder."""
    look, database = request.app[THREADS].query, request.app[PORTS].database
    sight = sight_of(request, call.visitor)
    if await look(frame_views.frame, database, call.id, sight, frame_views.BARE) is None:
        raise no_match(FRAME)
