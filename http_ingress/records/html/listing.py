"""How the records of a project are listed on its page: rows, links to tags, turns of the page."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from http_ingress.records.addresses import project_url, record_url
from http_ingress.records.html import wording
from http_ingress.records.html.wording import Status
from http_ingress.records.searching import Search, query_of
from schemas.record_document import read_kept
from schemas.record_masking import mask
from schemas.types import has_control_characters
from store.record_views import Stored


@dataclass(frozen=True, slots=True)
class TagLink:
    """A tag, with the address of all records that have it."""

    tag: str
    url: str | None
    """None: no address can say this tag."""
    count: int | None = None
    """Of the project's records."""
    chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One record in a table."""

    label: str
    url: str
    status: Status | None
    status_link: TagLink | None
    timestamp: datetime
    document: Mapping[str, Any]
    """Secrets masked, dependencies left out."""
    tags: Sequence[TagLink]
    """All but the status."""


@dataclass(frozen=True, slots=True)
class Turns:
    """Addresses of the pages around one; None: there is none in this direction."""

    first: str | None
    previous: str | None
    next: str | None
    last: str | None


def row(stored: Stored) -> Row:
    """Return how a record is listed."""
    # A table says nothing of dependencies, and there may be thousands.
    document = mask(read_kept(stored.document) | {"dependencies": []})
    found = wording.status(document["tags"])
    others = [tag for tag in document["tags"] if found is None or tag != found.tag]
    return Row(
        label=stored.label,
        url=record_url("", stored.project, stored.label),
        status=found,
        status_link=None if found is None else tag_link(stored.project, found.tag),
        timestamp=stored.timestamp,
        document=document,
        tags=tag_links(stored.project, others),
    )


def tag_links(project: str, tags: Iterable[str]) -> list[TagLink]:
    """Return links for tags, in their order."""
    return [tag_link(project, tag) for tag in tags]


def tag_link(project: str, tag: str, count: int | None = None, *, chosen: bool = False) -> TagLink:
    """Return the link for a tag; halves of characters are looked up as they are kept."""
    asked = tag.replace("\0", "").encode(errors="replace").decode()
    if not asked or has_control_characters(asked):
        return TagLink(tag, None, count, chosen)
    return TagLink(tag, address(project, Search(tags=(asked,))), count, chosen)


def label_url(project: str, label: str | None) -> str | None:
    """Return the address of a record that somebody named; None: no record has such a label."""
    if not label or has_control_characters(label):
        return None
    return record_url("", project, label)


def address(project: str, search: Search, **changes: Any) -> str:  # noqa: ANN401 - as `query_of`
    """Return the address of a project's records as far as they fit a search."""
    query = query_of(search, **changes)
    return project_url("", project) + (f"?{query}" if query else "")


def in_form(project: str, search: Search, form: str) -> str:
    """Return the same address for another form than a page."""
    above = address(project, search)
    return f"{above}{'&' if '?' in above else '?'}format={form}"


def turns(project: str, search: Search, limit: int, total: int) -> Turns:
    """Return where the other pages are, when each shows `limit` of `total` records."""
    here = search.offset
    last = max(0, total - 1) // limit * limit
    back = min(max(0, here - limit), last)

    def at(offset: int, there: bool) -> str | None:  # noqa: FBT001 - a condition, not a switch
        return address(project, search, offset=offset) if there else None

    return Turns(
        at(0, here > 0),
        at(back, here > 0),
        at(here + limit, here + limit < total),
        at(last, here + limit < total),
    )


def is_narrow(search: Search) -> bool:
    """Whether it leaves out records for what they are."""
    return replace(search, limit=None, offset=0, expand=False, match_all=False) != Search()
