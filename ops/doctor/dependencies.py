"""Whether what everything needs is there: database, objects, disk, bus."""

import shutil
from datetime import datetime
from pathlib import Path

from sqlalchemy import make_url, text

from consumers.registry import CONSUMERS
from ops.doctor.finding import Finding, Patient
from ops.settings import EMBEDDED
from ops.topology import Difference, advice, derive, plan
from producers.amqp import AmqpPublisher
from store.upgrading import current, newest

_MUCH_SKEW_SECONDS = 2.0
_LITTLE_SPACE = 1024**3
_FILE = "file:"


def database(patient: Patient) -> Finding:
    """Ask it, and see that its tables are those of this version."""
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


def clock(patient: Patient) -> Finding:
    """Compare the database's clock with this machine's: leases and due times need both."""
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


def objects(patient: Patient) -> Finding:
    """See that the object store can be read and written."""
    folder = _folder(patient)
    if folder is not None and not folder.exists():
        return Finding("objects", "wrong", f"{folder} does not exist", "start `muniment up`")
    patient.store.objects.check()
    return Finding("objects", "ok", f"{patient.settings.objects.partition(':')[0]} store answers")


def file_store(patient: Patient) -> Finding:
    """See that what clients put into the file store can be read."""
    store = patient.store.file_store
    if store.kind == "dummy":
        return Finding("file store", "ok", "none: clients put bytes of frames nowhere")
    store.check()
    return Finding("file store", "ok", f"{store.kind} store answers")


def space(patient: Patient) -> Finding:
    """See that the disks of ours are not about to be full."""
    folders = [patient.settings.data_dir, _folder(patient) or patient.settings.data_dir]
    # Two folders on one disk are told of once.
    disks = {found.stat().st_dev: found for found in map(_existing, reversed(folders))}
    told, scarce = [], False
    for folder in disks.values():
        usage = shutil.disk_usage(folder)
        told.append(f"{usage.free / 1e9:.1f} GB free of {usage.total / 1e9:.1f} GB at {folder}")
        scarce = scarce or usage.free < _LITTLE_SPACE
    if scarce:
        make_room = "make room: a full disk stops acceptance (503)"
        return Finding("disk", "wrong", "; ".join(told), make_room)
    if shutil.disk_usage(_existing(folders[0])).free <= patient.settings.packager_reserve:
        make_room = "make room, or lower MUNIMENT_PACKAGER_RESERVE: until then packages wait here"
        return Finding("disk", "warning", "; ".join(told), make_room)
    return Finding("disk", "ok", "; ".join(told))


def bus(patient: Patient) -> Finding:
    """Compare what the broker has with what it has to have, policies too where they can be read."""
    settings = patient.settings
    if settings.bus_url == EMBEDDED:
        return Finding("bus", "ok", "embedded: the queues are in the database")
    wanted = derive(
        CONSUMERS, archived_fits=settings.notice_exchange if settings.announces_on_bus else ""
    )
    found = plan(settings.bus_url, wanted, settings.management_url)
    drift = [one for one in found if one.is_drift]
    if not drift:
        unread = any(one.state == "unknown" for one in found)
        policies = "; its policies are not known without the management API" if unread else ""
        return Finding("bus", "ok", f"RabbitMQ answers and has every exchange and queue{policies}")
    first = f"{drift[0].kind} {drift[0].name} is {drift[0].state}"
    more = f" (and {len(drift) - 1} more)" if len(drift) > 1 else ""
    items = [f"{one.kind} {one.name}: {one.detail or one.state}" for one in drift]
    return Finding("bus", "wrong", first + more, _next_step(drift[0]), items)


def alarms(patient: Patient) -> Finding:
    """See that the broker takes messages: under an alarm it answers, and blocks who publishes."""
    if patient.settings.bus_url == EMBEDDED:
        return Finding("alarms", "ok", "there is no broker that could block")
    publisher = AmqpPublisher(patient.settings.bus_url, "doctor")
    try:
        publisher.check()
    finally:
        publisher.close()
    return Finding("alarms", "ok", "RabbitMQ takes and confirms messages")


def _next_step(difference: Difference) -> str:
    told = advice(difference)
    return f"run `{told}`" if told.startswith("muniment") else told


def _folder(patient: Patient) -> Path | None:
    """Return where objects are kept, if that is a folder."""
    url = patient.settings.objects
    if not url.startswith(_FILE):
        return None
    return Path(url.removeprefix(_FILE).removeprefix("//"))


def _existing(folder: Path) -> Path:
    folder = folder.absolute()
    while not folder.exists():
        folder = folder.parent
    return folder
