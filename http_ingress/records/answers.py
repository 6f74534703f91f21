"""What clients of `/records` are answered: short bodies, since Sumatra's client prints them raw."""

from collections.abc import Mapping

from aiohttp import web

from http_ingress.records.negotiating import Chosen

CHALLENGE = {"WWW-Authenticate": 'Basic realm="Sumatra Server API", charset="UTF-8"'}
"""Sumatra's client sends no credentials before it has seen this."""

_ALWAYS = {
    # Its cache is a folder that everybody can read, and a private record has no place there.
    "Cache-Control": "no-store",
    "Vary": "Accept, Authorization",
    "X-Content-Type-Options": "nosniff",
}
_TEXT = "text/plain; charset=utf-8"


class Refused(Exception):  # noqa: N818 - an answer, not an error
    """This is answered, and nothing else is done."""

    def __init__(
        self, status: int, text: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        self.status = status
        self.text = text
        self.headers = headers or {}
        super().__init__(text)

    def response(self) -> web.Response:
        """Return the answer."""
        return plain(self.status, self.text, self.headers)


def plain(status: int, text: str = "", headers: Mapping[str, str] | None = None) -> web.Response:
    """Return a short text, or nothing."""
    body = text.encode(errors="replace")
    kind = {"Content-Type": _TEXT} if body and status != 204 else {}  # noqa: PLR2004 - no content
    return web.Response(status=status, body=body, headers={**_ALWAYS, **kind, **(headers or {})})


def headers_of(chosen: Chosen) -> dict[str, str]:
    """Return the headers of an answer in this form."""
    return {**_ALWAYS, "Content-Type": chosen.content_type}


def document(chosen: Chosen, body: bytes, status: int = 200) -> web.Response:
    """Return JSON in the chosen form."""
    return web.Response(status=status, body=body, headers=headers_of(chosen))


def unauthorised() -> Refused:
    """Return the challenge."""
    return Refused(401, "Authorization Required", CHALLENGE)


def forbidden() -> Refused:
    """Return what a user gets who has no access."""
    return Refused(403)


def nothing() -> Refused:
    """Return what is said of what is not there."""
    return Refused(404)


def not_allowed(methods: str) -> Refused:
    """Return what is said to a method that is not for this place."""
    return Refused(405, "", {"Allow": methods})
