"""Pages: what people see. Server-rendered, self-contained, and complete without any script."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from pydantic import JsonValue
from pydantic_core import from_json, to_json

from http_ingress.board import Board
from http_ingress.outages import name_of
from http_ingress.problems import Kind, Problem
from http_ingress.representations.packages import PackageBody, PackagesBody
from http_ingress.representations.parked import ParkedDetailBody
from schemas.routing import routing_key
from store.file_views import FilesPage, FilesSelection
from store.parked import Listed
from store.parked_views import Group
from store.ports import FileVersion
from store.views import EventsPage, Selection
from store.why import Why

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept, Authorization",
}


def status_page(board: Board, public_url: str, types: Sequence[str]) -> web.Response:
    """Return the status page; `types` are those of events, which its script listens for."""
    return render("status.html", board=board, public_url=public_url, types=types)


def events_page(page: EventsPage, selection: Selection, following: str | None) -> web.Response:
    """Return a page of the ledger."""
    return render("events.html", page=page, selection=selection, following=following)


def event_page(why: Why) -> web.Response:
    """Return an event, with everything around it."""
    focus = next(step for step in why.steps if step.event.envelope.key == why.focus)
    data = from_json(focus.event.envelope.data)
    file_id = data.get("file_id") if isinstance(data, dict) else None
    return render("event.html", why=why, focus=focus, file_id=file_id)


def files_page(page: FilesPage, selection: FilesSelection, following: str | None) -> web.Response:
    """Return a page of the catalogue."""
    return render("files.html", page=page, selection=selection, following=following)


def file_page(version: FileVersion) -> web.Response:
    """Return one version of a file."""
    return render("file.html", file=version)


def packages_page(
    page: PackagesBody, now: datetime, *, is_first: bool, in_full: bool
) -> web.Response:
    """Return a page of packages; `in_full`: as operators are shown it."""
    return render("packages.html", page=page, now=now, is_first=is_first, in_full=in_full)


def package_page(package: PackageBody, now: datetime, *, in_full: bool) -> web.Response:
    """Return one package; `in_full`: as operators are shown it."""
    return render("package.html", package=package, now=now, in_full=in_full)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedList:
    """What the page of parked items shows."""

    said: Mapping[str, str]
    """The filter, as it was asked for; nothing that is empty."""
    groups: Sequence[Group]
    items: Sequence[Listed]
    following: str | None
    """Where the next page is."""
    waiting: int
    """Items that wait, whatever the filter."""
    may_decide: bool
    now: datetime


def parked_page(shown: ParkedList, token: str) -> web.Response:
    """Return a page of parked items; its forms bring the token."""
    return render("parked.html", shown=shown, token=token, waiting=shown.waiting)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedItem:
    """What the page of one parked item shows."""

    item: ParkedDetailBody
    may_decide: bool
    may_deliver: bool
    """There is an event, and a consumer to give it to."""
    refused: Problem | None = None
    """Why the data that was entered was not taken."""
    entered: str = ""


def parked_item_page(shown: ParkedItem, token: str) -> web.Response:
    """Return one parked item, with forms to decide about it."""
    return render("parked_item.html", shown=shown, token=token)


def documentation_page(openapi: Mapping[str, Any]) -> web.Response:
    """Return the reference of the API, from its OpenAPI document."""
    return render("docs.html", openapi=openapi)


def kinds_page(kinds: Sequence[Kind]) -> web.Response:
    """Return what kinds of problems mean."""
    return render("problems.html", kinds=kinds)


def problem_page(problem: Problem) -> web.Response:
    """Return a problem, for people."""
    response = render("problem.html", problem=problem)
    response.set_status(problem.kind.status)
    response.headers.extend(problem.headers)
    return response


def render(template: str, **values: object) -> web.Response:
    """Return a page made from a template; what is no character in HTML is shown as such."""
    text = _environment().get_template(template).render(**values)
    text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return web.Response(body=text.encode(errors="replace"), headers=_HEADERS)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("http_ingress", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        routing_key=routing_key,
        dependency=name_of,
        size=size,
        moment=moment,
        pretty=pretty,
        count=count,
        marked=marked,
    )
    return environment


def count(number: int) -> str:
    """Return a number in groups of three, parted by thin spaces that do not break."""
    return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def size(number: int) -> str:
    """Return a number of bytes as people read it: three digits and a unit."""
    amount = float(number)
    for unit in ("bytes", "kB", "MB", "GB", "TB", "PB"):
        if amount < 1000 or unit == "PB":  # noqa: PLR2004 - SI
            digits = 0 if unit == "bytes" else max(0, 3 - len(str(int(amount))))
            return f"{amount:.{digits}f}\N{NO-BREAK SPACE}{unit}"
        amount /= 1000
    raise AssertionError("unreachable: the last unit takes everything")


def moment(time: datetime) -> str:
    """Return a time in UTC, to the second."""
    return f"{time:%Y-%m-%d %H:%M:%S}"


def pretty(data: bytes | JsonValue) -> str:
    """Return JSON on several lines."""
    value = from_json(data) if isinstance(data, bytes) else data
    return to_json(value, indent=2).decode()


def marked(text: str) -> Markup:
    """Return text whose words in backticks are shown as code."""
    plain, *rest = re.split("`([^`]*)`", text)
    pairs = zip(rest[::2], rest[1::2], strict=True)
    code = (Markup("<code>{}</code>{}").format(*pair) for pair in pairs)
    return Markup("").join([plain, *code])
