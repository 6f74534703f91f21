"""Has events accepted that change records, and waits for what came of them.

The answer comes after the commit, or not at all: until then it is 503, and the same request sent
again waits for the same event.
"""

from collections.abc import Sequence

from aiohttp import web

from http_ingress import awaiting
from http_ingress.awaiting import Asked
from http_ingress.keys import RECORDS
from http_ingress.records.answers import Refused
from schemas.base import Event
from schemas.catalogue import decode
from schemas.records import RecordChanged, RecordRefused, Refusal
from store.operations import Operation

STATUS: dict[Refusal, int] = {
    "forbidden": 403,
    "gone": 404,
    "incomplete": 400,
    "reused": 409,
    "superseded": 409,
    "unreadable": 409,
}
_SOON = {"Retry-After": "5"}
_LATER = {"Retry-After": "60"}


async def ask(request: web.Request, user: str, asked: Sequence[Asked]) -> list[Operation | None]:
    """Have events accepted, all or none, and return what has become of them when time is up."""
    ended = await awaiting.ask(request, user, asked)
    if not all(one is not None and one.ended for one in ended):
        # Whoever is told to repeat it may do so at once.
        request.app[RECORDS].overdue.forget()
    return ended


def outcome(operation: Operation | None) -> Event | None:
    """Return the last event that followed; None: nothing had to be done.

    Raises Refused: it was refused, or has not ended.
    """
    if operation is None or not operation.ended:
        text = "this is safe, but not done yet; send it again to learn what came of it"
        raise Refused(503, text, _SOON)
    if operation.state not in {"succeeded", "failed"}:
        text = f"this could not be done, and waits for the operator as {operation.key}"
        raise Refused(503, text, _LATER)
    event = None if operation.outcome is None else decode(operation.outcome)
    if isinstance(event, RecordRefused):
        raise Refused(STATUS[event.code], event.reason)
    return event


def is_new(event: Event | None) -> bool:
    """Whether the record was created."""
    return isinstance(event, RecordChanged) and event.revision == 1
