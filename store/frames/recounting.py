"""Whether what is kept of combinations is what the frames say."""

from dataclasses import dataclass

from sqlalchemy import select

from store.columns import Row
from store.database import Transaction
from store.frames.combinations import recounted
from store.tables import frame_combinations

_KEY = tuple(column.name for column in frame_combinations.primary_key)
_COUNTED = ("frames", "first_public", "last_public")


@dataclass(frozen=True, slots=True)
class Difference:
    """One combination of which something else is kept than is so."""

    key: tuple[str, ...]
    """Grain, start, and the values: site, telescope, filter, instrument, type, proposal."""
    kept: str
    """Frames, and the first and last date on which one becomes public; or that there are none."""
    counted: str


def differences(transaction: Transaction) -> list[Difference]:
    """Compare all that is kept with all frames, and keep others from changing it meanwhile."""
    counted = {_key(row): _told(row) for row in recounted(transaction)}
    rows = transaction.execute(select(frame_combinations)).mappings()
    kept = {_key(dict(row)): _told(dict(row)) for row in rows}
    return [
        Difference(key, kept.get(key, _NOTHING), counted.get(key, _NOTHING))
        for key in sorted(kept.keys() | counted.keys())
        if kept.get(key) != counted.get(key)
    ]


_NOTHING = "none"


def _key(row: Row) -> tuple[str, ...]:
    return tuple(row[name] for name in _KEY)


def _told(row: Row) -> str:
    frames, first, last = (row[name] for name in _COUNTED)
    return f"{frames} frames, public from {first or 'never'} to {last or 'never'}"
