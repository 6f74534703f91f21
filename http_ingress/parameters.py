"""Parameters of a request: read strictly, and named when they are wrong."""

import re
from collections.abc import Collection

from aiohttp import web

from http_ingress import problems
from http_ingress.problems import Problem

MOST = 500
DEFAULT = 100
LARGEST_POSITION = 2**63 - 1
"""Of the ledger: what the database's column holds."""

_LONGEST = 4096
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters and what is no character; a database would refuse some of them."""


def path_text(request: web.Request, name: str) -> str:
    """Return a part of the path; what can be nobody's identifier is not found."""
    value = request.match_info[name]
    if len(value) > _LONGEST or _UNFIT.search(value):
        raise Problem(
            problems.NOT_FOUND, f"Nothing has an identifier like this {name}.", field=name
        )
    return value


def check_query(request: web.Request, known: Collection[str]) -> None:
    """Refuse parameters that are misspelt or given twice: an answer to something else misleads."""
    for name in request.query:
        if name not in known:
            raise Problem(
                problems.MALFORMED,
                f"There is no parameter {name[:64]!r} here, only {', '.join(sorted(known))}.",
                field=name[:64],
            )
        if len(request.query.getall(name)) > 1:
            raise Problem(problems.MALFORMED, f"{name} is given twice.", field=name)


def query_text(request: web.Request, name: str) -> str | None:
    """Return a text parameter, or None."""
    value = request.query.get(name)
    if value is not None and (len(value) > _LONGEST or _UNFIT.search(value)):
        raise Problem(
            problems.MALFORMED,
            f"{name} must be at most {_LONGEST} characters, and no control characters.",
            field=name,
        )
    return value


def number(text: str, name: str, most: int) -> int:
    """Read a number from 0 to `most`; `name` is that of the parameter. Raises a Problem."""
    value = int(text) if re.fullmatch("[0-9]{1,19}", text) else most + 1
    if value > most:
        raise Problem(problems.MALFORMED, f"{name} must be a number from 0 to {most}.", field=name)
    return value


def query_number(request: web.Request, name: str, default: int, most: int) -> int:
    """Return a number from 0 to `most`. Raises a Problem."""
    text = request.query.get(name)
    return default if text is None else number(text, name, most)


def page_size(request: web.Request) -> int:
    """Return `limit`, from 1 to the most."""
    return max(1, query_number(request, "limit", DEFAULT, MOST))
