"""Whether the bytes of frames are what was said of them when they were last read through."""

from sqlalchemy import func, select

from ops.doctor.finding import MOST_ITEMS, Finding, Patient
from store.frame_tables import frame_versions, frames

_ADVICE = (
    "do MUNIMENT_ARCHIVE_STORE_URL and the client's own settings name the same store? Put the "
    "files where they belong, and let `muniment archive reconcile --repair` look again; frames "
    "whose files nobody has any more can be deleted"
)


def bytes_of_frames(patient: Patient) -> Finding:
    """Count versions whose bytes were missing or others."""
    unsound = frame_versions.c.fixity.in_(["missing", "damaged"])
    query = patient.store.database.query
    counts = query(
        select(frame_versions.c.fixity, func.count().label("count"))
        .where(unsound)
        .group_by(frame_versions.c.fixity)
    )
    if not counts:
        return Finding("frames", "ok", "all bytes that were read through are what was said of them")
    first = query(
        select(frames.c.basename, frame_versions.c.extension)
        .join_from(frame_versions, frames, frame_versions.c.frame == frames.c.id)
        .where(unsound)
        .order_by(frame_versions.c.id.desc())
        .limit(MOST_ITEMS)
    )
    names = [f"{row['basename']}{row['extension']}" for row in first]
    kinds = " and ".join(sorted(f"{row['count']} {row['fixity']}" for row in counts))
    return Finding("frames", "wrong", f"versions of frames: {kinds}, of {names[0]}", _ADVICE, names)
