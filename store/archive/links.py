"""Links that give bytes to anybody who has them, for a while: signed, and nowhere kept.

A frame may be private, and those who may see it hand its URL to programs that know no token.
"""

import hmac
from hashlib import sha256
from typing import Literal
from urllib.parse import quote

Kind = Literal["content", "thumbnail-content", "frame-funpack", "frame-catalog"]
"""What the number names: a version, a thumbnail, or a frame of which something is made."""
State = Literal["good", "expired", "forged"]

_MOST_DIGITS = 12
"""Of seconds since 1970: enough for 30,000 years."""


def link(secret: str, kind: Kind, number: int, name: str, expires: int) -> str:
    """Return the path and query of a link; `expires` is seconds since 1970.

    `name` is what the file is called by who downloads it.
    """
    path = f"/archive/{kind}/{number}/{quote(name, safe='')}"
    return f"{path}?{query(secret, kind, number, name, expires)}"


def query(secret: str, kind: Kind, number: int, name: str, expires: int) -> str:
    """Return what makes a URL such a link, behind its `?`."""
    return f"expires={expires}&signature={_signature(secret, kind, number, name, expires)}"


def state_of(  # noqa: PLR0913 - what a link is made of
    secret: str, kind: Kind, number: int, name: str, *, expires: str, signature: str, now: float
) -> State:
    """Say whether a link is one of ours, and still works; `expires` and `signature` as they came.

    Of one that is not ours it is not said whether it would work.
    """
    if not (expires.isascii() and expires.isdigit() and len(expires) <= _MOST_DIGITS):
        return "forged"
    ours = _signature(secret, kind, number, name, int(expires))
    if not hmac.compare_digest(ours.encode(), signature.encode(errors="replace")):
        return "forged"
    return "good" if now < int(expires) else "expired"


def _signature(secret: str, kind: Kind, number: int, name: str, expires: int) -> str:
    # The name comes last: it alone may have any character in it.
    said = f"archive link\0{kind}\0{number}\0{expires}\0{name}".encode(errors="surrogatepass")
    return hmac.new(secret.encode(), said, sha256).hexdigest()
