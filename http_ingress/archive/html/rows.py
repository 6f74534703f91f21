"""Frames as rows of a table: addresses and short texts, made before they are written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aiohttp import web

from http_ingress.archive.html.surroundings import frame_url, picture, pictures
from http_ingress.archive.representations import Urls
from http_ingress.archive.seeing import links
from store.frames.values import Frame, Thumbnail


@dataclass(frozen=True, slots=True)
class Row:
    """One frame."""

    frame: Frame
    url: str
    """Of its page."""
    picture: str
    """Empty: there is none."""
    large: str
    """The largest one."""
    download: str
    """Of the newest version; empty: there are no bytes."""


def rows(request: web.Request, frames: Sequence[Frame]) -> list[Row]:
    """Return the rows of frames whose thumbnails were asked for."""
    urls, url_of = links(request), pictures(request)
    return [_row(frame, urls, url_of) for frame in frames]


def _row(frame: Frame, urls: Urls, url_of: Callable[[Thumbnail], str]) -> Row:
    small, large = picture(frame), picture(frame, large=True)
    newest = frame.newest
    return Row(
        frame,
        frame_url(frame.id),
        "" if small is None else url_of(small),
        "" if large is None else url_of(large),
        "" if newest is None else urls.version(newest, frame.filename),
    )
