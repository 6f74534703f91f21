"""A place of the archive: an address, what can be done there, and by whom."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import web

from http_ingress.archive.answers import nothing_here
from http_ingress.archive.visitors import Visitor

Access = Literal["all", "superusers_write", "staff", "own"]
"""`all`: everybody, by each method; `superusers_write`: everybody reads, superusers change;
`staff`: staff; `own`: the place itself says whom it serves, identifies and counts."""

LARGEST_ID = 2**31 - 1
_MOST_DIGITS = 20


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls, and what the address names."""

    visitor: Visitor
    parts: Mapping[str, str] = field(default_factory=dict)
    """By name of the pattern's group."""

    @property
    def id(self) -> int:
        """The number in the address; 0, which nothing has, for one that is too large.

        Raises Refused: it is no number.
        """
        text = self.parts["id"]
        if not (text.isascii() and text.isdigit()):
            raise nothing_here()
        number = int(text) if len(text) < _MOST_DIGITS else LARGEST_ID + 1
        return number if number <= LARGEST_ID else 0


Do = Callable[[web.Request, Call], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place."""

    path: str
    """Below the prefix, with its last slash; `{id}` stands for a part without slash."""
    name: str
    """As OPTIONS gives it."""
    about: str = ""
    """As OPTIONS and the schema give it."""
    methods: Mapping[str, Do]
    """HEAD goes with GET, and OPTIONS is answered everywhere."""
    access: Access = "all"
    negotiated: bool = True
    """Whether `Accept` and `?format=` choose the form of what is answered."""
    identified: bool = True
    """Whether it matters who asks."""
    counted: bool = True
    """Whether requests count against what a visitor may ask for in a day."""
    framed: bool = False
    """Whether other sites may show it in a frame."""
    page: Do | None = None
    """Answers GET to who wants HTML; None: JSON is shown."""
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        written = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(self.path))
        object.__setattr__(self, "pattern", re.compile(written))

    @property
    def allowed(self) -> str:
        """The methods, as `Allow` lists them."""
        heads = ["HEAD"] if "GET" in self.methods else []
        return ", ".join([*self.methods, *heads, "OPTIONS"])


@dataclass(frozen=True, slots=True)
class At:
    """Makes places that are alike in who comes there, and in what form they are answered."""

    access: Access = "all"
    negotiated: bool = True
    open: bool = False
    """Whether it does not matter who comes, or how often."""

    def __call__(self, path: str, name: str, about: str, page: Do | None = None, **do: Do) -> Place:
        """Return a place; `do`: what is done there, by method."""
        return Place(
            path=path,
            name=name,
            about=about,
            methods=do,
            access=self.access,
            negotiated=self.negotiated,
            identified=not self.open,
            counted=not self.open,
            page=page,
        )


PLACE: web.RequestKey[Place] = web.RequestKey("place", Place)
"""Where a request has come to."""
