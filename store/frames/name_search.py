"""Finds frames by a part of their basename or target, whatever the case.

By the index that `store.frames.name_index` makes. A text of less than three characters has no
trigram, and is looked for in every name.
"""

from typing import Literal

from sqlalchemy import ColumnElement, column, false, func, literal_column, select, table
from sqlalchemy.sql.expression import TableClause

from store.frame_tables import frames
from store.frames.composing import folded

_TRIGRAM = 3
_LONGEST = 3000
"""Characters of a folded name, at most: 1000 that may become three each."""

_NAMES: TableClause = table("frame_names", column("rowid"))
_FOLDED = {"basename": frames.c.basename_folded, "target_name": frames.c.target_folded}


def holds(name: Literal["basename", "target_name"], text: str, dialect: str) -> ColumnElement[bool]:
    """Return the condition that a name has a text in it, whatever the case."""
    wanted = folded(text)
    if len(wanted) > _LONGEST:
        return false()
    searched = _FOLDED[name]
    if dialect != "sqlite":
        return searched.contains(wanted, autoescape=True)
    if len(wanted) < _TRIGRAM:
        return func.instr(searched, wanted) > 0
    phrase = '{} : "{}"'.format(searched.name, wanted.replace('"', '""'))
    found = select(_NAMES.c.rowid).where(literal_column("frame_names").op("MATCH")(phrase))
    return frames.c.id.in_(found)
