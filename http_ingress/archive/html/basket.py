"""The basket: frames that somebody has put by, page after page, to have them in one zip.

It is a cookie of this browser alone, of the frames' numbers and nothing else. What it names is
looked up anew each time, by the eyes of who asks.
"""

from collections.abc import Iterable

from aiohttp import web

from http_ingress.archive.places import LARGEST_ID
from http_ingress.keys import PORTS

MOST = 300
"""Frames: browsers keep no more than 4096 bytes of a cookie."""

_COOKIE = "muniment-archive-basket"
_PATH = "/archive"
_SECONDS = 30 * 24 * 3600
_LONGEST = 4096


def basket_of(request: web.Request) -> list[int]:
    """Return the numbers of the frames in this browser's basket, as they were put in."""
    text = request.cookies.get(_COOKIE, "")
    return numbers(text.split(".")) if len(text) <= _LONGEST else []


def numbers(texts: Iterable[str]) -> list[int]:
    """Return those of the texts that could be the number of a frame, each once."""
    found = (int(one) for one in texts if one.isascii() and one.isdigit() and len(one) <= 10)  # noqa: PLR2004 - digits of the largest
    return [one for one in dict.fromkeys(found) if 0 < one <= LARGEST_ID]


def keep(request: web.Request, response: web.Response, frames: list[int]) -> None:
    """Give the browser its basket."""
    if not frames:
        response.del_cookie(_COOKIE, path=_PATH)
        return
    response.set_cookie(
        _COOKIE,
        ".".join(map(str, frames)),
        path=_PATH,
        max_age=_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=request.app[PORTS].public_url.startswith("https:") or None,
    )
