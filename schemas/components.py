"""Components: what describes itself, and tells its use, as CANARIE's research services do.

There are two for demonstration, a service that counts and a platform that polls it, and one for
each capability (contract "CANARIE RPI").
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from schemas.capabilities import CAPABILITIES, Capability

SERVICE = "service"
"""The demonstration service: a counter."""
PLATFORM = "platform"
"""The demonstration platform: it polls the counter."""

CATEGORIES: tuple[str, ...] = (
    "Sensor Management/Data Acquisition",
    "Data Storage and Retrieval",
    "Data Manipulation",
    "Data Visualization",
    "Resource/Cloud Management",
    "Service Registration/Discovery",
    "Workflow/Service Scheduling",
    "User Management/Authentication",
    "Other",
)
"""Categories of research services."""


@dataclass(frozen=True, slots=True)
class Component:
    """A service or a platform."""

    name: str
    """What it is called where programs look; never changes."""
    kind: Literal["service", "platform"]
    capability: Capability | None = None
    """None: it is there for demonstration."""

    @property
    def usage_key(self) -> str:
        """What its count is called."""
        return "invocations" if self.kind == "service" else "interactions"


COMPONENTS: Mapping[str, Component] = MappingProxyType(
    {
        SERVICE: Component(SERVICE, "service"),
        PLATFORM: Component(PLATFORM, "platform"),
        **{name: Component(name, "service", one) for name, one in CAPABILITIES.items()},
    }
)
"""Every component there is, by name."""
