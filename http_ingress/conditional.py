"""What a client has already is not sent again (RFC 9110 section 13)."""

from hashlib import blake2b

from aiohttp import web


def tag_of(body: bytes) -> str:
    """Return the tag of a body.

    It is weak: it is made of the body alone, which is written by the same hand every time.
    """
    return f'W/"{blake2b(body, digest_size=16).hexdigest()}"'


def is_known(request: web.Request, tag: str) -> bool:
    """Whether the client says that it has what this is the tag of."""
    known = [one.strip() for one in request.headers.get("If-None-Match", "").split(",")]
    return "*" in known or tag in known or tag.removeprefix("W/") in known
