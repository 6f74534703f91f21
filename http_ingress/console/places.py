"""What there is in the console: pages, and what can be done on each.

A page's forms are sent to the page itself, and say in `do` what is to be done. What is wrong with
one is shown on the page, next to what was typed.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from re import Pattern

from aiohttp import web

from store.entrance import User

Fields = Mapping[str, str]
"""Of a form; what is left empty is there as empty text."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed into a form that was not taken, and what is wrong with it, by field."""

    form: str = ""
    """What was to be done; empty: nothing was."""
    values: Fields = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """An operator on a page."""

    user: User
    parts: Mapping[str, str]
    """Of the path, by name."""
    typed: Typed = Typed()

    @property
    def who(self) -> str:
        """The operator, as the audit names them."""
        return f"user:{self.user.name}"


class Wrong(Exception):  # noqa: N818 - an answer, not an error
    """A form is not taken."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        """`errors` says what is wrong with each field, and what to do about it."""
        super().__init__(errors)
        self.errors = errors


class Refused(Exception):  # noqa: N818 - an answer, not an error
    """This is not done, and nothing else."""

    def __init__(
        self, status: int, title: str, text: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(text)
        self.status = status
        self.title = title
        self.text = text
        self.headers = headers or {}


Show = Callable[[web.Request, Call], Awaitable[web.Response]]
Change = Callable[[web.Request, Call, Fields], Awaitable[web.Response | None]]
"""Does something, or raises Wrong or Refused; None: the page is to be shown again."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page."""

    pattern: Pattern[str]
    """Of its path below `/admin`."""
    show: Show
    changes: Mapping[str, Change] = field(default_factory=dict)
    """By what `do` says."""

    @property
    def allowed(self) -> str:
        """The methods it takes, as `Allow` lists them."""
        return "GET, HEAD, OPTIONS, POST" if self.changes else "GET, HEAD, OPTIONS"


def nothing_here(text: str = "Nothing is at this address.") -> Refused:
    """Return what is said of an address that is none."""
    return Refused(404, "There is nothing here", text)
