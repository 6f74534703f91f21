"""Whether anything waits that should not: for a relay, a process, a person."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, func, select

from consumers.registry import CONSUMERS
from ops.backlog import read_backlog
from ops.doctor.finding import MOST_ITEMS, Finding, Patient
from ops.settings import EMBEDDED
from ops.topology import queue_lengths
from schemas.routing import DEAD, UNROUTED
from store import tables, workers

_MUCH_OVERDUE = timedelta(minutes=1)


def outbox(patient: Patient) -> Finding:
    """See that events leave for the broker."""
    backlog = read_backlog(patient.store.database, patient.clock())
    told = f"{backlog.unpublished} events in the outbox"
    if backlog.overdue_seconds > _MUCH_OVERDUE.total_seconds():
        told += f", the oldest overdue by {backlog.overdue_seconds:.0f} s"
        return Finding("outbox", "wrong", told, "start a relay (`up`, `relay`); look at the broker")
    return Finding("outbox", "ok", told)


def leases(patient: Patient) -> Finding:
    """See that somebody hands on what dead processes held; do so where there are hands for it."""
    count, oldest, items = _overdue(patient, tables.leases, tables.leases.c.until)
    if not count:
        return Finding("leases", "ok", "no work lies with a dead process")
    told = f"{count} leases ran out and nobody swept them, the oldest at {oldest:%H:%M:%S} UTC"
    advice = "start any process of ours: each sweeps; or `--repair`"
    if patient.hands is None:
        return Finding("leases", "wrong", told, advice, items)
    if not patient.hands.dry_run:
        count = sum(iter(patient.hands.sweep, 0))
    repaired = patient.hands.did(f"handed on the work of {count} leases")
    mended = not patient.hands.dry_run
    return Finding("leases", "wrong", told, advice, items, repaired, mended)


def schedules(patient: Patient) -> Finding:
    """See that somebody fires what is due."""
    schedules = tables.schedules
    count, oldest, items = _overdue(patient, schedules, schedules.c.next_at, ~schedules.c.paused)
    if not count:
        return Finding("schedules", "ok", "none is overdue")
    told = f"{count} schedules are overdue, the longest since {oldest:%Y-%m-%d %H:%M:%S} UTC"
    return Finding("schedules", "wrong", told, "start any process of ours: each fires", items)


def consumers(patient: Patient) -> Finding:
    """See that every consumer is run by a process, and none is paused."""
    living = workers.living(patient.store.database, patient.clock())
    absent = [one.name for one in CONSUMERS if one.name not in {sign.consumer for sign in living}]
    if absent:
        names = " ".join(absent)
        told = f"no process runs {', '.join(absent)}"
        return Finding("consumers", "wrong", told, f"start `muniment consume {names}`")
    paused = [
        f"{sign.consumer} in {sign.process} waits for its {sign.waits_for} "
        f"since {sign.since:%Y-%m-%d %H:%M:%S} UTC"
        for sign in living
        if sign.waits_for is not None
    ]
    if paused:
        told = f"{len(paused)} consumers are paused: {paused[0]}"
        return Finding("consumers", "warning", told, "they go on once it answers", paused)
    processes = len({sign.process for sign in living})
    where = "one process" if processes == 1 else f"{processes} processes"
    told = f"all {len(CONSUMERS)} are at work, in {where}"
    return Finding("consumers", "ok", told)


def parked(patient: Patient) -> Finding:
    """See that nothing waits for a person."""
    parked = read_backlog(patient.store.database, patient.clock()).parked
    if not parked:
        return Finding("parked", "ok", "nothing waits for a person")
    told = ", ".join(f"{count} by {consumer}" for consumer, count in sorted(parked.items()))
    return Finding("parked", "warning", told, "look at them: `muniment parked list`")


def strays(patient: Patient) -> Finding:
    """See that the broker keeps nothing that nobody asked for, or that it gave up on."""
    if patient.settings.bus_url == EMBEDDED:
        return Finding("strays", "ok", "there is no broker that could keep any")
    lengths = queue_lengths(patient.settings.bus_url, [DEAD, UNROUTED])
    found = [f"{count} in {name}" for name, count in lengths.items() if count]
    if not found:
        return Finding("strays", "ok", f"{DEAD} and {UNROUTED} are empty")
    advice = (
        f"{UNROUTED}: look at their type, nobody listens to it; "
        f"{DEAD}: start `up` or `ingress`, which parks them"
    )
    return Finding("strays", "warning", ", ".join(found), advice)


def _overdue(
    patient: Patient, table: Table, due: "ColumnElement[datetime]", *more: ColumnElement[bool]
) -> tuple[int, datetime, Sequence[str]]:
    """Return how many rows are overdue, since when, and the names of the first."""
    database = patient.store.database
    conditions = (due < patient.clock() - _MUCH_OVERDUE, *more)
    row = database.query(
        select(func.count().label("rows"), func.min(due).label("oldest"))
        .select_from(table)
        .where(*conditions)
    )[0]
    first = select(table).where(*conditions).order_by(due).limit(MOST_ITEMS)
    items = [
        " ".join(row[column.name] for column in table.primary_key) for row in database.query(first)
    ]
    return row["rows"], row["oldest"], items
