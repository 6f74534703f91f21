"""The doctor, called to an installation of these settings."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Literal

from ops.doctor import Finding, Patient, examine
from ops.doctor.hands import hands
from ops.settings import Settings
from ops.stores import Store, clock, open_store
from producers.client import Client
from tests.services.ports import free_ports


def doctor(
    settings: Settings,
    *,
    later: timedelta = timedelta(),
    repair: Literal["no", "dry", "yes"] = "no",
    deep: bool = False,
) -> dict[str, Finding]:
    """Return the findings by check, as if it were `later`; there is no ingress to be asked."""

    def then() -> datetime:
        return clock() + later

    [port] = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    with open_store(settings) as store, Client(url, patience_seconds=0.1) as client:
        repairing = None if repair == "no" else hands(settings, store, dry_run=repair == "dry")
        patient = Patient(
            settings, store, client, url, then, lambda: 0.5, deep=deep, hands=repairing
        )
        return {finding.check: finding for finding in examine(patient)}


@contextmanager
def stored(settings: Settings) -> Iterator[Store]:
    """The installation's store, for a test to look into or to damage."""
    with open_store(settings) as store:
        yield store


def states(found: dict[str, Finding], names: Sequence[str]) -> list[str]:
    """Return the states of some findings."""
    return [found[name].state for name in names]
