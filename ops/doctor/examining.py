"""Every check, in order, each with what it needs to be there."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ops.doctor import (
    archive,
    backlog,
    canary,
    dependencies,
    frames,
    kafka,
    lost,
    mail,
    notices,
    portal,
    statistics,
)
from ops.doctor.finding import Finding, Patient
from ops.exits import judge


@dataclass(frozen=True, slots=True)
class _Check:
    look: Callable[[Patient], Finding]
    needs: tuple[str, ...] = ()
    """Checks of dependencies that must have found nothing wrong."""


_CHECKS = {
    "database": _Check(dependencies.database),
    "clock": _Check(dependencies.clock, ("database",)),
    "objects": _Check(dependencies.objects),
    "file store": _Check(dependencies.file_store),
    "disk": _Check(dependencies.space),
    "bus": _Check(dependencies.bus),
    "alarms": _Check(dependencies.alarms, ("bus",)),
    "outbox": _Check(backlog.outbox, ("database",)),
    "leases": _Check(backlog.leases, ("database",)),
    "schedules": _Check(backlog.schedules, ("database",)),
    "consumers": _Check(backlog.consumers, ("database",)),
    "parked": _Check(backlog.parked, ("database",)),
    "strays": _Check(backlog.strays, ("bus",)),
    "events": _Check(lost.events, ("database", "bus")),
    "mail": _Check(mail.mail, ("database",)),
    "notices": _Check(notices.notices, ("database",)),
    "portal": _Check(portal.portal),
    "kafka": _Check(kafka.kafka, ("database",)),
    "archive": _Check(archive.archive, ("database", "objects")),
    "frames": _Check(frames.bytes_of_frames, ("database",)),
    "statistics": _Check(statistics.statistics, ("database",)),
    "canary": _Check(canary.canary),
}


def examine(patient: Patient) -> Iterator[Finding]:
    """Yield a finding per check, each as soon as it is known; repair what there are hands for."""
    down: set[str] = set()
    for name, check in _CHECKS.items():
        missing = [need for need in check.needs if need in down]
        if missing:
            yield Finding(name, "skipped", f"the {missing[0]} cannot be asked")
            continue
        try:
            finding = check.look(patient)
        except Exception as error:  # noqa: BLE001 - whatever a check meets is what it found
            _, problem, advice = judge(error)
            finding = Finding(name, "wrong", problem, advice)
        if finding.state == "wrong":
            down.add(name)
        yield finding
