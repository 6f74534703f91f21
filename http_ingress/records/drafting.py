"""From a body to a draft: what was sent for a record, checked, its long texts out of the way.

Nothing of it rides on the bus: an event names the draft, which waits in the database.
"""

import hashlib
from dataclasses import dataclass

from aiohttp import web

from http_ingress.keys import PORTS, THREADS
from http_ingress.records.answers import Refused
from schemas.record_document import LONG, Document, DocumentError, check, read, write
from store.errors import ObjectNotFoundError
from store.keys import content_key
from store.ports import ObjectStore
from store.record_ports import Draft, LongText

LONGEST_KEPT = 64 * 1024
"""Bytes of JSON; a longer text becomes an object."""
_QUICK = 256 * 1024
"""Bytes of a body that are read faster than handed to a thread."""
_CHUNK = 1024**2


@dataclass(frozen=True, slots=True)
class Sent:
    """What came for one record, checked."""

    label: str
    given: Document
    size: int
    """Bytes, as they came."""
    sha256: str
    """Of these."""


async def understand(request: web.Request, body: bytes, label: str | None = None) -> Sent:
    """Return what a body says of a record, which has to say its label if `label` is None.

    Raises Refused (400) that names every wrong field; also when the record is not called `label`.
    """
    try:
        if len(body) <= _QUICK:
            given, sha256 = _understand(body)
        else:
            given, sha256 = await request.app[THREADS].transfer(_understand, body)
    except DocumentError as error:
        raise Refused(400, str(error)) from error
    if label is None and "label" not in given:
        raise Refused(400, "label: is required")
    if label is not None and given.get("label", label) != label:
        raise Refused(400, "label: must be the label in the address")
    return Sent(label or given["label"], given, len(body), sha256)


def _understand(body: bytes) -> tuple[Document, str]:
    return check(read(body)), hashlib.sha256(body).hexdigest()


async def draft(request: web.Request, key: str, fingerprint: str, given: Document) -> Draft:
    """Return the draft for the request event `key`; what is long is in the object store then."""
    objects = request.app[PORTS].objects
    texts = {}
    for field in LONG:
        if field not in given:
            continue
        if len(given[field]) <= LONGEST_KEPT:
            literal = write(given[field])
            if len(literal) <= LONGEST_KEPT:
                texts[field] = LongText(literal, None)
                continue
        digest = await request.app[THREADS].transfer(_keep, objects, given[field])
        texts[field] = LongText(None, digest)
    document = {name: value for name, value in given.items() if name not in LONG}
    return Draft(key, fingerprint, document, texts, request.app[PORTS].clock())


def fingerprint_of(user: str, project: str, sent: Sent) -> str:
    """Return what the same request, repeated, is recognised by."""
    asked = f"{user}\n{project}\n{sent.label}\n{sent.sha256}"
    return hashlib.sha256(asked.encode()).hexdigest()


def _keep(objects: ObjectStore, text: str) -> str:
    """Make an object of a text, as JSON, and return its digest. Safe to repeat."""
    literal = write(text).encode()
    digest = hashlib.sha256(literal).hexdigest()
    key = content_key(digest)
    try:
        objects.info(key)
    except ObjectNotFoundError:
        with objects.create(key) as sink:
            for start in range(0, len(literal), _CHUNK):
                sink.write(literal[start : start + _CHUNK])
    return digest
