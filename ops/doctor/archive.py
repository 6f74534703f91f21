"""Whether rows and objects belong together. Nothing is repaired here: bytes are not made up."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from ops.doctor.finding import MOST_ITEMS, Finding, Patient, State
from store.keys import PACKAGES
from store.orphans import (
    Part,
    alone,
    content,
    more_rows_than,
    names_of,
    packages_of,
    staging,
    zips,
)

_FEW = 20_000
"""So many are all looked at; of more, one folder in 256, by chance."""
_MOST_GONE = 1000
"""Where so many objects are gone, the rest is not looked for."""


@dataclass
class _Tally:
    gone: int = 0
    gone_keys: list[str] = field(default_factory=list)
    gone_packages: int = 0
    gone_package_keys: list[str] = field(default_factory=list)
    orphans: int = 0
    orphan_bytes: int = 0
    orphan_keys: list[str] = field(default_factory=list)


def archive(patient: Patient) -> Finding:
    """Look for rows whose object is gone, and for objects that no row speaks of."""
    parts, looked = _parts(patient)
    tally = _count(patient, parts)
    if not (tally.gone or tally.gone_packages or tally.orphans):
        return Finding("archive", "ok", f"rows and objects belong together, {looked}")
    told, advice, lost = [], [], packages_of(patient.store.database, tally.gone_package_keys)
    if tally.gone:
        many = f"{tally.gone} or more" if tally.gone >= _MOST_GONE else str(tally.gone)
        names = names_of(patient.store.database, tally.gone_keys)
        of = f", of {', '.join(names[:3])} ..." if names else ""
        told.append(f"{many} objects are gone that rows speak of{of}")
        advice.append(
            "is the disk mounted, the bucket right? Else restore them from a backup, or ingest the "
            "same bytes under the same names again, or send the same record"
        )
    if tally.gone_packages:
        told.append(f"{tally.gone_packages} packages are gone whose links are still out")
        advice.append(
            "clear the cache of packages, so that whoever asks for one again has it built anew"
        )
    if tally.orphans:
        told.append(f"{tally.orphans} objects ({tally.orphan_bytes} bytes) have no row")
        advice.append(
            "what has no row costs room and harms nothing; after a restored backup of the database "
            "those files can be ingested again"
        )
    state: State = "wrong" if tally.gone or tally.gone_packages else "warning"
    # A package goes by its id: whoever knows the key of a zip can download it once it is back.
    items = [*tally.gone_keys, *lost, *tally.orphan_keys]
    return Finding("archive", state, f"{'; '.join(told)}; {looked}", "; ".join(advice), items)


def _count(patient: Patient, parts: Sequence[Part]) -> _Tally:
    store, tally = patient.store, _Tally()
    # Younger objects may still get their row.
    older_than = patient.clock() - timedelta(hours=patient.settings.staging_hours)
    for part in parts:
        for one in alone(store.database, store.objects, part, older_than):
            if one.stored is None and part.prefix == PACKAGES:
                tally.gone_packages += 1
                tally.gone_package_keys += [one.key][: MOST_ITEMS - len(tally.gone_package_keys)]
            elif one.stored is None:
                tally.gone += 1
                tally.gone_keys += [one.key][: MOST_ITEMS - len(tally.gone_keys)]
            else:
                tally.orphans += 1
                tally.orphan_bytes += one.stored.size
                tally.orphan_keys += [one.key][: MOST_ITEMS - len(tally.orphan_keys)]
            if tally.gone + tally.gone_packages >= _MOST_GONE:
                return tally
    return tally


def _parts(patient: Patient) -> tuple[Sequence[Part], str]:
    """Return what is looked at, and that in words."""
    always = [staging(), zips(patient.clock())]
    if patient.deep or not more_rows_than(patient.store.database, _FEW):
        return [content(), *always], "everything looked at"
    part = content(f"{int(patient.chance() * 256):02x}")
    words = (
        f"looked at {part.prefix}, one folder of 256, what is staged, and packages; --deep looks "
        "at all"
    )
    return [part, *always], words
