"""Problems: every error the ingress answers, in one form (RFC 9457).

`type` is a reference below `/problems/`, where each kind is explained; `detail` says what is wrong
with this very request, `field` or `errors` where, and `advice` what to do next.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from multidict import CIMultiDict
from pydantic_core import to_json

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem."""

    slug: str
    status: int
    title: str
    advice: str
    """What to do next."""


MALFORMED = Kind(
    "malformed", 400, "The request cannot be read", "Correct what is named, and send it again."
)
UNAUTHENTICATED = Kind(
    "unauthenticated",
    401,
    "Nobody is known by these credentials",
    "Send `Authorization: Bearer mnt_…` or Basic credentials. An operator makes them with "
    "`muniment token create --user NAME` or `muniment user add NAME`.",
)
FORBIDDEN = Kind("forbidden", 403, "This is not allowed to you", "Ask an operator.")
FORGED = Kind(
    "forged",
    403,
    "The request did not come from a page of ours",
    "Open the page here, and send its form; programs send application/json.",
)
NOT_FOUND = Kind(
    "not-found", 404, "There is no such thing", "Check what you asked for; /docs has all addresses."
)
NO_STREAM = Kind(
    "no-stream",
    404,
    "Nothing is counted from Kafka here",
    "Install the extra `kafka`, set MUNIMENT_KAFKA_URL, and run `muniment consume tap-kafka` and "
    "`muniment streams run`. /statistics does without.",
)
METHOD_NOT_ALLOWED = Kind(
    "method-not-allowed", 405, "This cannot be done here", "Use a method that `Allow` names."
)
NOT_ACCEPTABLE = Kind(
    "not-acceptable", 406, "None of the accepted forms can be given", "Accept application/json."
)
TIMEOUT = Kind(
    "timeout", 408, "The request did not arrive in time", "Send it again, without long pauses."
)
CONFLICT = Kind(
    "conflict",
    409,
    "The identifier stands for something else",
    "Take a fresh id, unless you meant to send what was sent before.",
)
DECIDED = Kind(
    "decided",
    409,
    "Nothing can be done about this any more, or not this",
    "See `detail` for what was decided, or what to do instead.",
)
LENGTH_REQUIRED = Kind(
    "length-required", 411, "The length is missing", "Send Content-Length, or send it chunked."
)
PRECONDITION_FAILED = Kind(
    "precondition-failed", 412, "The condition does not hold", "Fetch the current state first."
)
TOO_LARGE = Kind(
    "too-large",
    413,
    "The request is too large",
    "Send large data to /files and events in smaller batches.",
)
UNSUPPORTED = Kind(
    "unsupported-media-type",
    415,
    "This content is not understood here",
    "Send it as `detail` says; /docs has what each address takes.",
)
UNSATISFIABLE = Kind(
    "range-not-satisfiable", 416, "The range is outside the file", "Ask for less than its size."
)
EXPECTATION_FAILED = Kind(
    "expectation-failed", 417, "The expectation cannot be met", "Only 100-continue is known."
)
INVALID = Kind(
    "invalid",
    422,
    "The request is not valid",
    "Correct the field that is named, and send it again.",
)
KEY_REUSED = Kind(
    "idempotency-key-reused",
    422,
    "The Idempotency-Key was used for another request",
    "Take a fresh key for each new request, and the same one only to repeat it.",
)
DIGEST_MISMATCH = Kind(
    "digest-mismatch",
    422,
    "The bytes are not those that were announced",
    "Nothing was stored. Check the file and its digest, and send it again.",
)
REJECTED = Kind(
    "rejected", 422, "The request was refused", "Asking again unchanged cannot help; see `reason`."
)
BUSY = Kind("busy", 429, "Too much at once", "Wait as long as `Retry-After` says, then repeat it.")
HEADERS_TOO_LARGE = Kind(
    "headers-too-large", 431, "The address or a header is too large", "Send less of it."
)
INTERNAL = Kind(
    "internal",
    500,
    "Something went wrong on our side",
    "Repeat it later; if it stays, give the operator the `error_id`, which is in the log.",
)
UNAVAILABLE = Kind(
    "unavailable",
    503,
    "Something we depend on is down",
    "Repeat the same request as `Retry-After` says; what was sent twice is done once.",
)

KINDS: Mapping[str, Kind] = {
    kind.slug: kind for kind in list(globals().values()) if isinstance(kind, Kind)
}
"""Every kind, by slug."""


RETRY_SOON: Mapping[str, str] = {"Retry-After": "2"}
"""A header: what is missing comes back within seconds, or not soon at all."""


class Problem(Exception):  # noqa: N818 - RFC 9457's own word
    """An answer that says what is wrong."""

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        **facts: object,
    ) -> None:
        """Describe a problem; `facts`, e.g. `field` or `errors`, become members of the answer."""
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.headers = CIMultiDict(headers)
        self.members: Mapping[str, Any] = {
            "type": f"/problems/{kind.slug}",
            "title": kind.title,
            "status": kind.status,
            "detail": detail,
            **facts,
            "advice": kind.advice,
        }

    def response(self) -> web.Response:
        """Return it as JSON."""
        headers = CIMultiDict(self.headers)
        headers["Content-Type"] = MEDIA_TYPE
        headers["Cache-Control"] = "no-store"
        return web.Response(status=self.kind.status, body=to_json(self.members), headers=headers)
