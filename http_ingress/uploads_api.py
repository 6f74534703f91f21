"""Native API, uploads: bytes are received, hashed and staged, and one request event is accepted.

The consumer `ingest-file` does the rest. Whatever goes wrong before the acceptance, nothing stays.
"""

from asyncio import CancelledError
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from functools import partial

from aiohttp import web
from pydantic_core import to_json

from http_ingress import problems
from http_ingress.descriptions import METADATA_HEADER, of_path, of_query
from http_ingress.events_api import accepted, fingerprint, read_idempotency_key
from http_ingress.keys import ACCEPTING, PORTS, THREADS, UPLOADS, USER
from http_ingress.negotiation import JSON, wait_seconds
from http_ingress.problems import RETRY_SOON, Problem
from http_ingress.receiving import Received, receive_body, receive_form
from http_ingress.representations.files import FileBody
from http_ingress.representations.operations import AcceptedBody, OperationBody
from http_ingress.routes import (
    BYTES,
    IDEMPOTENCY_KEY,
    PREFER,
    TEXT,
    Answer,
    Parameter,
    Route,
)
from http_ingress.waiting import wait_for
from producers.acceptor import Acceptance
from schemas.catalogue import decode
from schemas.envelope import LARGEST_DATA, Envelope
from schemas.files import ArchivedFile, FileArchived, FileIngestRequested, FileRejected
from store.errors import DatabaseUnavailableError, UnavailableError
from store.file_views import file
from store.keys import staging_key
from store.operations import Operation
from store.ports import Upload
from store.uploads import keep_upload

FORM = "multipart/form-data"

Receive = Callable[[str], Awaitable[Received]]
"""Stages what comes under an object key."""


async def put_file(request: web.Request) -> web.Response:
    """Archive the body under the name in the path."""
    description = of_path(request, "/files/")
    return await _ingest(request, lambda key: receive_body(request, description, key))


async def post_file(request: web.Request) -> web.Response:
    """Archive the body, or the file in a form, under a name given beside it."""
    if request.content_type == FORM:
        return await _ingest(request, lambda key: receive_form(request, key))
    description = of_query(request)
    return await _ingest(request, lambda key: receive_body(request, description, key))


async def _ingest(request: web.Request, receive: Receive) -> web.Response:
    ports, slots = request.app[PORTS], request.app[UPLOADS]
    if "Content-Range" in request.headers:
        # RFC 9110 section 14.5: taken for the whole, a part would spoil the file.
        raise Problem(problems.MALFORMED, "Send files whole.", field="Content-Range")
    prefer = request.headers.get("Prefer")
    seconds = wait_seconds(prefer, ports.limits.longest_wait_seconds)
    if slots.locked():
        raise Problem(problems.BUSY, "Too many uploads at once.", headers=RETRY_SOON)
    async with slots:
        envelope, operation = await _accept(request, receive, waits=seconds is not None)
    if seconds is None:
        return accepted([envelope], [operation], prefer)
    return await _ended(request, operation, seconds)


async def _accept(request: web.Request, receive: Receive, *, waits: bool) -> tuple[Envelope, str]:
    """Return the request event and its operation, an earlier one if this was asked before."""
    ports, idempotency_key = request.app[PORTS], read_idempotency_key(request)
    upload_id = ports.new_id()
    key = staging_key(upload_id)
    try:
        received = await receive(key)
        asked = _asked(received, upload_id)
        replyto = ports.waiters.address if waits else None
        envelope = _within_limits(ports.stamp.put_on(asked, replyto=replyto))
    except BaseException:
        await _forget(request, key)
        raise
    upload = _upload(asked, received, upload_id, ports.clock())
    acceptance = Acceptance(
        [envelope],
        f"user:{request[USER].name}",
        idempotency_key,
        _fingerprint(asked),
        partial(keep_upload, upload=upload),
    )
    try:
        receipt = await request.app[ACCEPTING].accept(acceptance)
    except (DatabaseUnavailableError, CancelledError):
        # The client has gone, or the database: perhaps it is accepted after all, and nobody here
        # will know. The bytes belong to that event then; if not, the sweep removes them.
        raise
    except BaseException:
        await _forget(request, key)
        raise
    if receipt.repeated:
        await _forget(request, key)
    return envelope, receipt.operations[0]


def _asked(received: Received, upload_id: str) -> FileIngestRequested:
    description, fixity = received.description, received.fixity
    return FileIngestRequested(
        name=description.name or "",
        source=f"upload:{upload_id}",
        size=fixity.size,
        sha256=fixity.sha256,
        md5=fixity.md5,
        media_type=description.media_type,
        metadata=description.metadata or {},
    )


def _within_limits(envelope: Envelope) -> Envelope:
    if len(envelope.data) > LARGEST_DATA:
        raise Problem(problems.TOO_LARGE, f"An event holds {LARGEST_DATA} bytes.", field="metadata")
    return envelope


def _fingerprint(asked: FileIngestRequested) -> str:
    # The source names this very upload, and would make each repetition another request.
    return fingerprint(to_json(asked.model_dump(exclude={"source"})))


def _upload(
    asked: FileIngestRequested, received: Received, upload_id: str, now: datetime
) -> Upload:
    fixity = received.fixity
    return Upload(
        id=upload_id,
        object_key=staging_key(upload_id),
        size=fixity.size,
        sha256=fixity.sha256,
        md5=fixity.md5,
        media_type=asked.media_type,
        received_at=now,
    )


async def _forget(request: web.Request, key: str) -> None:
    # What cannot be removed now the sweep removes later.
    with suppress(UnavailableError):
        await request.app[THREADS].transfer(request.app[PORTS].objects.delete, key)


# --- synchronous answers ------------------------------------------------------------------------


async def _ended(request: web.Request, key: str, seconds: float) -> web.Response:
    operation = await wait_for(request, key, seconds)
    if operation is None:
        raise Problem(problems.NOT_FOUND, f"There is no operation {key}.")
    headers = {"Content-Type": "application/json", "Preference-Applied": f"wait={seconds:g}"}
    outcome = None if operation.outcome is None else decode(operation.outcome)
    if isinstance(outcome, ArchivedFile):
        return await _archived(request, outcome, headers)
    if isinstance(outcome, FileRejected):
        raise Problem(
            problems.REJECTED,
            outcome.reason,
            field=outcome.field,
            operation=f"/operations/{key}",
        )
    headers["Location"] = f"/operations/{key}"
    return web.Response(status=202, body=_body(operation), headers=headers)


async def _archived(
    request: web.Request, outcome: ArchivedFile, headers: dict[str, str]
) -> web.Response:
    database = request.app[PORTS].database
    # Whoever sent the bytes may know what has become of them.
    version = await request.app[THREADS].query(file, database, outcome.file_id, None)
    if version is None:
        raise Problem(problems.NOT_FOUND, f"There is no file {outcome.file_id}.")
    headers["Location"] = f"/files/{version.id}"
    status = 201 if isinstance(outcome, FileArchived) else 200
    return web.Response(status=status, body=FileBody.of(version).json_bytes(), headers=headers)


def _body(operation: Operation) -> bytes:
    return OperationBody.of(operation).json_bytes()


_HEADERS = (
    PREFER,
    IDEMPOTENCY_KEY,
    Parameter(METADATA_HEADER, "header", "A JSON object of your own."),
    Parameter("Repr-Digest", "header", "`sha-256=:BASE64:`; other bytes are refused."),
    Parameter("Content-Digest", "header", "The same, RFC 9530."),
    Parameter("Content-MD5", "header", "MD5 in base64; other bytes are refused."),
)
_ANSWERS = {
    200: Answer("The newest version holds exactly these bytes already.", {JSON: FileBody}),
    201: Answer("Archived, since `Prefer: wait` asked for that.", {JSON: FileBody}),
    202: Answer("Accepted.", {JSON: AcceptedBody}, {"Location": "The operation."}),
}
_PROBLEMS = (
    problems.LENGTH_REQUIRED,
    problems.TOO_LARGE,
    problems.UNSUPPORTED,
    problems.EXPECTATION_FAILED,
    problems.INVALID,
    problems.DIGEST_MISMATCH,
    problems.KEY_REUSED,
    problems.REJECTED,
)
_FIELDS = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": BYTES,
        "name": TEXT,
        "media_type": TEXT,
        "metadata": {"type": "object"},
        "sha256": TEXT,
        "md5": TEXT,
    },
}

ROUTES = (
    Route(
        method="POST",
        path="/files",
        handler=post_file,
        access="write",
        tag="files",
        parameters=(Parameter("name", "query", "Its name, unless a form says it."), *_HEADERS),
        body={"*/*": BYTES, FORM: _FIELDS},
        answers=_ANSWERS,
        problems=_PROBLEMS,
    ),
    Route(
        method="PUT",
        path="/files/{file}",
        # A dot would leave names with a line break to aiohttp, which knows no such route.
        pattern=r"/files/{file:[\s\S]*}",
        handler=put_file,
        access="write",
        tag="files",
        parameters=(Parameter("file", "path", "Its name; slashes are part of it."), *_HEADERS),
        body={"*/*": BYTES},
        answers=_ANSWERS,
        problems=_PROBLEMS,
    ),
)
