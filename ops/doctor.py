"""What is wrong with an installation, and what to do about it: one check per thing it needs."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from sqlalchemy import make_url, text

from consumers.registry import CONSUMERS
from ops.backlog import read_backlog
from ops.exits import judge
from ops.settings import EMBEDDED, Settings
from ops.stores import Store
from ops.topology import derive, plan
from producers.client import Client
from schemas.probes import ProbeRequested
from store.upgrading import current, newest

State = Literal["ok", "warning", "wrong", "skipped"]

_MUCH_OVERDUE_SECONDS = 60.0
_MUCH_SKEW_SECONDS = 2.0
_LITTLE_SPACE = 1024**3
_CANARY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    check: str
    state: State
    text: str
    advice: str = ""
    """What to do next, when it is not ok."""


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined."""

    settings: Settings
    store: Store
    client: Client
    url: str
    clock: Callable[[], datetime]


def examine(patient: Patient) -> Iterator[Finding]:
    """Yield a finding per check, each as soon as it is known. Nothing is changed or repaired."""
    database_is_there = True
    for name, (check, needs_database) in _CHECKS.items():
        if needs_database and not database_is_there:
            yield Finding(name, "skipped", "the database cannot be asked")
            continue
        try:
            finding = check(patient)
        except Exception as error:  # noqa: BLE001 - whatever a check meets is what it found
            _, problem, advice = judge(error)
            finding = Finding(name, "wrong", problem, advice)
        if name == "database":
            database_is_there = finding.state == "ok"
        yield finding


def _database(patient: Patient) -> Finding:
    path = make_url(patient.settings.database).database or ""
    if patient.settings.database.startswith("sqlite") and not Path(path).exists():
        # Asking would make it.
        return Finding("database", "wrong", f"{path} does not exist", "start `muniment up`")
    patient.store.database.check()
    name = patient.store.database.engine.dialect.name
    found, wanted = current(patient.store.database), newest()
    if found != wanted:
        state = f"{name} answers; its tables are at revision {found or 'none'}, not {wanted}"
        return Finding("database", "wrong", state, "run `muniment db upgrade`, or start `up`")
    return Finding("database", "ok", f"{name} answers; tables at revision {found}")


def _clock(patient: Patient) -> Finding:
    database = patient.store.database
    if database.engine.dialect.name != "postgresql":
        return Finding("clock", "ok", "the database has this machine's clock")
    before = patient.clock()
    there: datetime = database.query(text("SELECT clock_timestamp() AS now"))[0]["now"]
    skew = (there - before).total_seconds()
    if abs(skew) > _MUCH_SKEW_SECONDS:
        told = f"the database's clock is {skew:+.1f} s from this one"
        return Finding("clock", "wrong", told, "synchronise both machines with NTP")
    return Finding("clock", "ok", f"within {_MUCH_SKEW_SECONDS:g} s of the database's")


def _objects(patient: Patient) -> Finding:
    folder = Path(patient.settings.objects.removeprefix("file:"))
    if patient.settings.objects.startswith("file:") and not folder.exists():
        return Finding("objects", "wrong", f"{folder} does not exist", "start `muniment up`")
    patient.store.objects.check()
    return Finding("objects", "ok", f"{patient.settings.objects.partition(':')[0]} store answers")


def _space(patient: Patient) -> Finding:
    folder = patient.settings.data_dir.absolute()
    while not folder.exists():
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    told = f"{usage.free / 1e9:.1f} GB free of {usage.total / 1e9:.1f} GB at {folder}"
    if usage.free < _LITTLE_SPACE:
        return Finding("disk", "wrong", told, "make room: a full disk stops acceptance (503)")
    return Finding("disk", "ok", told)


def _broker(patient: Patient) -> Finding:
    settings = patient.settings
    if settings.bus_url == EMBEDDED:
        return Finding("bus", "ok", "embedded: the queues are in the database")
    wanted = derive(CONSUMERS, archived_fits=settings.archived_fits_exchange)
    found = plan(settings.bus_url, wanted, settings.management_url)
    wrong = [one for one in found if one.state in {"missing", "different"}]
    if wrong:
        first = f"{wrong[0].kind} {wrong[0].name} is {wrong[0].state}"
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        return Finding("bus", "wrong", first + more, "run `muniment topology apply`")
    return Finding("bus", "ok", "RabbitMQ answers and has every exchange and queue")


def _outbox(patient: Patient) -> Finding:
    backlog = read_backlog(patient.store.database, patient.clock())
    told = f"{backlog.unpublished} events in the outbox"
    if backlog.overdue_seconds > _MUCH_OVERDUE_SECONDS:
        told += f", the oldest overdue by {backlog.overdue_seconds:.0f} s"
        return Finding("outbox", "wrong", told, "start a relay (`up`, `relay`); look at the broker")
    return Finding("outbox", "ok", told)


def _parked(patient: Patient) -> Finding:
    parked = read_backlog(patient.store.database, patient.clock()).parked
    if not parked:
        return Finding("parked", "ok", "nothing waits for a person")
    told = ", ".join(f"{count} by {consumer}" for consumer, count in sorted(parked.items()))
    return Finding("parked", "warning", told, "`muniment why` an event shows its reason")


def _canary(patient: Patient) -> Finding:
    probe = ProbeRequested(probe=f"doctor {patient.clock().astimezone(UTC):%H:%M:%S}")
    operation = patient.client.post(probe, wait=_CANARY_SECONDS)
    if operation.state == "succeeded":
        return Finding("canary", "ok", f"a probe posted to {patient.url} was answered")
    told = f"a probe posted to {patient.url} is {operation.state} after {_CANARY_SECONDS:g} s"
    advice = f"is `muniment consume answer-probe` running? `muniment why {operation.id}`"
    return Finding("canary", "wrong", told, advice)


_CHECKS: dict[str, tuple[Callable[[Patient], Finding], bool]] = {
    "database": (_database, False),
    "clock": (_clock, True),
    "objects": (_objects, False),
    "disk": (_space, False),
    "bus": (_broker, False),
    "outbox": (_outbox, True),
    "parked": (_parked, True),
    "canary": (_canary, False),
}
"""By name, and whether it asks the database."""
