"""The page of a component: how it describes itself, what it counts, what is set, what it polls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

from http_ingress.console import component_changes
from http_ingress.console.answers import page
from http_ingress.console.places import Call, Fields
from http_ingress.keys import COMPONENTS, PORTS, THREADS
from http_ingress.representations.audit import AuditLineBody
from producers.components import Components
from producers.polling import PollState
from schemas.component_descriptions import LONGEST, Description, write_moment
from schemas.component_settings import LONGEST_URL, SETTINGS, Setting
from schemas.components import CATEGORIES, PLATFORM, Component
from store import audit
from store.components.counters import Counter
from store.components.descriptions import Kept
from store.database import Database

CHANGES = component_changes.CHANGES


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentPage:
    """What the page shows."""

    component: Component
    description: Description
    kept: Sequence[Kept]
    """Every description that was given, newest first."""
    counter: Counter
    settings: Mapping[str, str]
    poll: PollState | None
    """None: it polls nothing."""
    turned: AuditLineBody | None
    """Who has started or stopped its poll; None: nobody has."""

    @property
    def info(self) -> Fields:
        """The description as its form has it: tags one in a line."""
        said = self.description.info()
        tags = "\n".join(self.description.tags)
        return {**{name: str(value) for name, value in said.items()}, "tags": tags}

    @property
    def known(self) -> Mapping[str, Setting]:
        """What can be set."""
        return SETTINGS[self.component.name]

    @property
    def public(self) -> str:
        """Where others look at it, without a slash at the end."""
        name = self.component.name
        return f"/reference/{name if self.component.capability is None else f'service/{name}'}"


async def show(request: web.Request, call: Call) -> web.Response:
    """Show a component. Raises Refused: there is none of this name."""
    found = await request.app[THREADS].query(
        _find,
        request.app[COMPONENTS],
        request.app[PORTS].database,
        component_changes.component_of(call),
    )
    limits = {"line": LONGEST, "url": LONGEST_URL}
    return page(
        request,
        "component",
        call,
        found=found,
        categories=CATEGORIES,
        limits=limits,
        write_moment=write_moment,
    )


def _find(known: Components, database: Database, component: Component) -> ComponentPage:
    name = component.name
    turns = audit.page(database, what=f"component:{name}", field="polling", most=1)
    return ComponentPage(
        component=component,
        description=known.description(name),
        kept=known.descriptions(name),
        counter=known.counter(name),
        settings=known.settings(name),
        poll=known.poll() if name == PLATFORM else None,
        turned=AuditLineBody.of(turns[0]) if turns else None,
    )
