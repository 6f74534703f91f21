"""Addresses of projects and records: what a request's target means, and how one is written.

A label may hold any character, slashes too. Sumatra's client writes it into the target raw, so
`a/b` arrives as two segments; we write `a%2Fb`, which is the same label. That is why a target is
read exactly as it came: whoever normalises `..`, `//` or `%2F` first has lost the label.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, unquote_to_bytes

from schemas.record_names import is_reserved
from schemas.types import has_control_characters

PREFIX = "/records"
"""Of every address here."""

Kind = Literal["list", "project", "permissions", "permission", "last", "tag", "record"]

_AUTHORITY = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#]*", re.ASCII | re.IGNORECASE)
"""In front of the path when a target is absolute (RFC 9112 section 3.2.2)."""


class NoSuchPlaceError(ValueError):
    """A target that names nothing that is here, or ever could be."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a target names; a part that its kind does not have is empty, any other is not."""

    kind: Kind
    """`permission`: one user's; `last`: a project's newest record; `tag`: all with that tag."""
    project: str = ""
    label: str = ""
    tag: str = ""
    user: str = ""


def parse(raw_target: str) -> Place:
    """Return what a request's target names, read as it came on the wire, percent escapes and all.

    One slash at the end says nothing, so a label that ends with a slash needs another one after
    it. A `%` that begins no escape is itself: Sumatra's client sends it raw. `#` is a character
    like others, for no client sends a fragment.

    Raises NoSuchPlaceError for what lies elsewhere and for what can be no name: the empty,
    control characters, escapes of bytes that are not UTF-8, a project with a slash.
    """
    path = raw_target.partition("?")[0]
    authority = _AUTHORITY.match(path)
    if authority is not None:
        path = path[authority.end() :]
    if not path.startswith("/"):
        raise NoSuchPlaceError(f"There is nothing outside {PREFIX}/.")
    first, *rest = path[1:].split("/", 2)
    if f"/{_decoded(first)}" != PREFIX:
        raise NoSuchPlaceError(f"There is nothing outside {PREFIX}/.")
    if rest in ([], [""]):
        return Place("list")
    project = _decoded(rest[0])
    if not project or "/" in project:
        raise NoSuchPlaceError("A project's name is not empty and has no slash.")
    tail = _decoded(rest[1]) if len(rest) > 1 else ""
    return _below(project, tail.removesuffix("/")) if tail else Place("project", project)


def _decoded(text: str) -> str:
    try:
        # Bytes that are not ASCII come as surrogates from a server that lets them through.
        name = unquote_to_bytes(text.encode(errors="surrogateescape")).decode()
    except UnicodeError as error:
        raise NoSuchPlaceError("An address is UTF-8, percent-encoded.") from error
    if has_control_characters(name):
        raise NoSuchPlaceError("No name here has control characters.")
    return name


def _below(project: str, label: str) -> Place:
    if not label:
        raise NoSuchPlaceError("A label is not empty.")
    if not is_reserved(label):
        return Place("record", project, label=label)
    head, slash, name = label.partition("/")
    if slash and not name:
        # An empty tag would only wait for somebody who takes it for "all records", and deletes.
        raise NoSuchPlaceError(f"What follows {head}/ is not empty.")
    if head in {"tag", "tagged"}:
        return Place("tag", project, tag=name)
    if head == "permissions":
        return Place("permission", project, user=name) if slash else Place("permissions", project)
    return Place("last", project)


def project_url(base: str, project: str) -> str:
    """Return a project's URL; `base` is what `base_url` returns."""
    return f"{base}{PREFIX}/{quote(project, safe='')}/"


def record_url(base: str, project: str, label: str) -> str:
    """Return a record's URL."""
    return f"{project_url(base, project)}{quote(label, safe='')}/"


def record_urls(base: str, project: str, labels: Iterable[str]) -> list[str]:
    """Return the URLs of a project's records, in the order of their labels; for thousands."""
    above = project_url(base, project)
    return [f"{above}{quote(label, safe='')}/" for label in labels]


def tag_url(base: str, project: str, tag: str) -> str:
    """Return the URL of all records of a project that have a tag."""
    return f"{project_url(base, project)}tag/{quote(tag, safe='')}/"


def permissions_url(base: str, project: str) -> str:
    """Return the URL of who may work on a project."""
    return f"{project_url(base, project)}permissions/"
