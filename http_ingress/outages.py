"""What is told of an outage: which dependency it is, and what to do.

The driver's own words name hosts, ports, folders and users. They are logged, and
shown to those who may administer; everybody else is told what it is that does not work.
"""

import logging
from collections.abc import Mapping

from store.errors import UnavailableError

DOWN = "does not answer, or takes nothing"
_NAMES: Mapping[str, str] = {
    "kafka": "Kafka",
    "mail": "mail server",
    "notices": "broker for notices",
    "objects": "object store",
    "portal": "observation portal",
}
"""How readers know what is called something else in `dependency`."""

_log = logging.getLogger(__name__)


def name_of(dependency: str) -> str:
    """Return how readers know a dependency."""
    return _NAMES.get(dependency, dependency)


def tell(error: UnavailableError) -> str:
    """Log an outage in the driver's words; return it in ours, without the full stop."""
    _log.warning("not answered for now: %s", error, extra={"dependency": error.dependency})
    return f"The {name_of(error.dependency)} {DOWN}"


def in_public(troubles: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return what is wrong with each dependency as everybody may read it."""
    return {name: None if trouble is None else DOWN for name, trouble in troubles.items()}
