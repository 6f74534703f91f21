"""Every place of the reference service, of each component (contract sections 1 and 11)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from http_ingress.reference.description_api import get_info, set_info
from http_ingress.reference.documents import ASIDE, get_document, show_document
from http_ingress.reference.form_api import show_counter, show_platform, update
from http_ingress.reference.index_api import get_index
from http_ingress.reference.places import PREFIX, Do, Kind, Method, Place
from http_ingress.reference.platform_api import start, stop
from http_ingress.reference.status_api import get_status
from http_ingress.reference.usage_api import add, get_stats, reset
from schemas.components import COMPONENTS, PLATFORM, SERVICE, Component

DOCUMENTS: Mapping[str, str] = MappingProxyType(
    {
        "doc": "What it does, its whole interface, examples.",
        "releasenotes": "What has changed, and what is known not to work.",
        "source": "Where its source code is.",
        "licence": "What may be done with it.",
        "provenance": "Who releases it, and after which checks.",
        "factsheet": "The facts in short.",
    }
)
"""What each document tells."""


@dataclass(frozen=True, slots=True)
class _Base:
    """Where the places of a component are."""

    component: Component
    path: str

    def __call__(self, name: str, kind: Kind, do: Do, about: str) -> Place:
        """Return a place of it."""
        methods: Mapping[Kind, Method] = {"form": "POST", "call": "PUT"}
        return Place(
            path=f"{self.path}/{name}",
            kind=kind,
            do=do,
            about=about,
            method=methods.get(kind, "GET"),
            component=self.component,
        )

    def guarded(self, name: str, kind: Kind, do: Do, about: str) -> Place:
        """Return a place of it that an installation may keep for operators."""
        return replace(self(name, kind, do, about), guarded=True)


def _common(at: _Base) -> Iterator[Place]:
    yield at("info", "read", get_info, "What it is: JSON, or a page.")
    about = "How often it has been used, and since when: JSON, or a page."
    yield at("stats", "read", get_stats, about)
    for name, told in DOCUMENTS.items():
        yield at(name, "page", get_document, told)
    yield at("support", "page", show_document, "Whom to ask for help.")


def _demonstration(at: _Base) -> Iterator[Place]:
    """Yield what the service and the platform have beyond what all have."""
    is_platform = at.component.name == PLATFORM
    for name in ("app", "tryme"):
        show = show_platform if is_platform else show_counter
        yield at(name, "page", show, "The counter, with its buttons.")
    yield at.guarded("update", "form", update, "Where the form with the buttons is sent.")
    if not is_platform:
        yield at("add", "call", add, "Counts one, and tells the number.")
    yield at.guarded("reset", "call", reset, "Begins to count at zero again.")
    about = "Describes it anew; takes what `info` tells, as JSON."
    yield at.guarded("setinfo", "call", set_info, about)
    if is_platform:
        about = "Begins to use the service again and again."
        yield at.guarded("start", "call", start, about)
        yield at.guarded("stop", "call", stop, "Ends that.")
    beside = _Base(at.component, f"{ASIDE}/{at.component.name}")
    for name, told in DOCUMENTS.items():
        yield replace(beside(name, "page", show_document, told), aside=True)


def _of_capability(at: _Base) -> Iterator[Place]:
    """Yield what a capability has beyond what all have: it counts its real use, by itself."""
    about = "A request to its real entry point, and what is answered."
    yield at("tryme", "page", get_document, about)
    status = at("status", "read", get_status, "How it is, in words; always answers.")
    yield replace(status, usual="json")


def _all() -> Iterator[Place]:
    yield Place(
        path=f"{PREFIX}/", kind="read", do=get_index, about="Every component, and its addresses."
    )
    for name, component in COMPONENTS.items():
        if component.capability is None:
            at = _Base(component, f"{PREFIX}/{name}")
            yield from (*_common(at), *_demonstration(at))
        else:
            at = _Base(component, f"{PREFIX}/{SERVICE}/{name}")
            yield from (*_common(at), *_of_capability(at))


PLACES: Mapping[str, Place] = MappingProxyType({place.path: place for place in _all()})
"""By path."""
