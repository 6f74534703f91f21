"""Native API, statistics: what has happened, counted; as a page, JSON, CSV, and plots."""

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from http_ingress import problems
from http_ingress.keys import GATE, PORTS, STATISTICS, THREADS, USER
from http_ingress.negotiation import HTML, JSON, wants_html
from http_ingress.parameters import path_text
from http_ingress.problems import Problem
from http_ingress.representations.statistics import StatisticsBody
from http_ingress.routes import TEXT, Answer, Parameter, Route
from http_ingress.signing_in import SIGN_IN, may_see_all
from http_ingress.statistics import page
from http_ingress.statistics.asking import PARAMETERS, choice, read_asked
from http_ingress.statistics.plots.drawing import PLOTS
from http_ingress.statistics.plots.looks import LOOKS, SIZES, Shape, Theme
from http_ingress.statistics.report import Asked
from http_ingress.statistics.sheets import MEDIA_TYPE, RESOURCES, SHEETS
from store.statistics.views import Used, resources

SVG = "image/svg+xml"
_NO_STORE = {"Cache-Control": "no-store", "Vary": "Accept, Authorization"}
_SVG_HEADERS = {
    "Content-Type": SVG,
    "Cache-Control": "private, max-age=5",
    "Vary": "Authorization",
    # Its own styles, and nothing else, wherever it is opened.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
}
_MOST_RESOURCES = 20
"""Of each capability."""
_THEMES: Sequence[Theme] = tuple(LOOKS)
_SHAPES: Sequence[Shape] = tuple(SIZES)


async def get_statistics(request: web.Request) -> web.Response:
    """Say how much has happened: by capability, by type, by time, and in all.

    Operators are told, too, which resources were used most.
    """
    in_full = await may_see_all(request)
    asked = read_asked(request, (SIGN_IN.name,))
    body = await _body(request, asked, in_full=in_full)
    if wants_html(request.headers.get("Accept")):
        return await request.app[THREADS].transfer(page.statistics_page, body, asked)
    return web.Response(body=body.json_bytes(), headers={"Content-Type": JSON, **_NO_STORE})


async def get_statistics_json(request: web.Request) -> web.Response:
    """Say the same in JSON, whoever asks: for links."""
    in_full = await may_see_all(request)
    body = await _body(request, read_asked(request), in_full=in_full)
    return web.Response(body=body.json_bytes(), headers={"Content-Type": JSON, **_NO_STORE})


async def get_statistics_csv(request: web.Request) -> web.Response:
    """Say a part of it as CSV (RFC 4180), with a header; texts that look like formulas get a `'`.

    `what=resources` is for operators.
    """
    asked = read_asked(request, ("what",))
    what = choice(request, "what", [*SHEETS], "usage")
    if what == RESOURCES:
        await _check_operator(request)
    body = await _body(request, asked, in_full=what == RESOURCES)
    name = f"statistics-{what}-{asked.days.first}-{asked.days.last}.csv"
    headers = {
        "Content-Type": f"{MEDIA_TYPE}; charset=utf-8; header=present",
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        **_NO_STORE,
    }
    content = await request.app[THREADS].transfer(lambda: SHEETS[what](body).as_csv())
    return web.Response(body=content, headers=headers)


async def get_plot(request: web.Request) -> web.Response:
    """Draw a plot of it, as SVG."""
    name = path_text(request, "name")
    if name not in PLOTS:
        text = f"There is no plot {name[:64]!r}; there are {', '.join(PLOTS)}."
        raise Problem(problems.NOT_FOUND, text, field="name")
    asked = read_asked(request, ("theme", "shape"))
    theme = choice(request, "theme", _THEMES, "light")
    shape = choice(request, "shape", _SHAPES, "wide")
    svg = await request.app[STATISTICS].plot(name, asked, theme, shape)
    return web.Response(body=svg, headers=_SVG_HEADERS)


async def _body(request: web.Request, asked: Asked, *, in_full: bool) -> StatisticsBody:
    report = await request.app[STATISTICS].report(asked)
    used: list[Used] | None = None
    if in_full:
        used = await request.app[THREADS].query(
            resources,
            request.app[PORTS].database,
            asked.days,
            _MOST_RESOURCES,
            asked.capability,
        )
    # Of a year these are ten thousand figures and more: nobody else is to wait for them.
    return await request.app[THREADS].transfer(StatisticsBody.of, report, used)


async def _check_operator(request: web.Request) -> None:
    user = request.get(USER) or await request.app[GATE].admit(request)
    if not user.may_administer:
        raise Problem(problems.FORBIDDEN, "What was used, only operators are told.", field="what")


def _choice(name: str, text: str, offered: Sequence[str]) -> Parameter:
    schema: dict[str, Any] = {"type": "string", "enum": [*offered]}
    return Parameter(name, "query", text, schema)


ROUTES = (
    Route(
        method="GET",
        path="/statistics",
        handler=get_statistics,
        access="read",
        tag="statistics",
        parameters=(*PARAMETERS, SIGN_IN),
        answers={200: Answer("The statistics.", {JSON: StatisticsBody, HTML: None})},
        problems=(problems.MALFORMED, problems.BUSY),
    ),
    Route(
        method="GET",
        path="/statistics.json",
        handler=get_statistics_json,
        access="read",
        tag="statistics",
        parameters=PARAMETERS,
        answers={200: Answer("The statistics.", {JSON: StatisticsBody})},
        problems=(problems.MALFORMED, problems.BUSY),
    ),
    Route(
        method="GET",
        path="/statistics.csv",
        handler=get_statistics_csv,
        access="read",
        tag="statistics",
        parameters=(
            _choice("what", "Which part; the name of the same in JSON.", [*SHEETS]),
            *PARAMETERS,
        ),
        answers={200: Answer("A table.", {MEDIA_TYPE: TEXT})},
        problems=(
            problems.MALFORMED,
            problems.UNAUTHENTICATED,
            problems.FORBIDDEN,
            problems.BUSY,
        ),
    ),
    Route(
        method="GET",
        path="/statistics/plots/{name}.svg",
        handler=get_plot,
        access="read",
        tag="statistics",
        parameters=(
            Parameter("name", "path", f"One of {', '.join(PLOTS)}."),
            *PARAMETERS,
            _choice("theme", "For which ground.", _THEMES),
            _choice("shape", "As wide as a page, half of one, or a telephone.", _SHAPES),
        ),
        answers={200: Answer("The plot.", {SVG: None})},
        problems=(problems.MALFORMED, problems.NOT_FOUND, problems.BUSY),
    ),
)
