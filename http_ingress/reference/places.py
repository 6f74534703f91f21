"""A place of the reference service: an address, what is done there, and by whom."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import web

from http_ingress.negotiation import HTML, JSON
from http_ingress.reference.answers import answer, nothing_here
from http_ingress.reference.negotiating import Form
from schemas.components import Component
from store.entrance import User

PREFIX = "/reference"

Method = Literal["GET", "PUT", "POST"]
Kind = Literal["read", "call", "form", "page"]
"""`read`: JSON or a page, as is asked for; `call`: JSON, or nothing is done; `form`: what the form
of a page is sent to; `page`: the same for everybody, whatever they accept and whoever they are."""


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked for, by whom."""

    place: "Place"
    form: Form
    """In which to answer."""
    user: User | None = None
    """None: nobody in particular."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Of a form that was sent."""
    places: Sequence["Place"] = ()
    """All there are."""

    @property
    def component(self) -> Component:
        """What is asked about. Raises Refused: a place of all of them."""
        if self.place.component is None:
            raise nothing_here()
        return self.place.component

    @property
    def who(self) -> str:
        """As the audit lines name them."""
        return "anonymous" if self.user is None else f"user:{self.user.name}"


Do = Callable[[web.Request, Call], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place."""

    path: str
    """From the root of the site."""
    kind: Kind
    do: Do
    about: str
    """What it does, in a sentence, for people."""
    method: Method = "GET"
    component: Component | None = None
    """None: it is a place of all of them."""
    guarded: bool = False
    """Whether an installation may keep it for operators."""
    aside: bool = False
    """Whether another place leads here: nobody else need know the address."""
    usual: Form = "html"
    """What those are told in who take JSON and pages alike."""

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def methods(self) -> tuple[str, ...]:
        """What is answered here."""
        return (self.method, *(["HEAD"] if self.method == "GET" else []), "OPTIONS")

    @property
    def allowed(self) -> str:
        """The methods, as `Allow` lists them."""
        return ", ".join(self.methods)

    def describe(self) -> web.Response:
        """Return what this place is, as OPTIONS tells it."""
        renders = {"read": [JSON, HTML], "call": [JSON]}.get(self.kind, [HTML])
        said = {"name": self.path, "description": self.about, "renders": renders}
        return answer(said, headers={"Allow": self.allowed})
