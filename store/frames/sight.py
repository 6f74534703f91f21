"""Who may see which frames, as conditions.

What somebody may see is told in shares: conditions of which no frame meets two. A database counts
each of them by an index; of the same conditions joined by OR it would have to look at every frame.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from store.frame_tables import frames
from store.frames.values import Sight

KNOWN = frames.c.observation_date.is_not(None)
"""More than a name: nobody is shown what is not."""

LISTED = and_(frames.c.newest.is_not(None), KNOWN)
"""Written as in the indexes, whose part of the table is told by it."""


class _Aside(FunctionElement[datetime]):
    """A column that nothing is to be searched by, whatever is compared with it.

    Most frames are public. SQLite guesses that few are, and would begin with them.
    """

    name = "aside"
    type = frames.c.public_date.type
    inherit_cache = True


@compiles(_Aside)
def _plainly(element: _Aside, compiler: SQLCompiler, **how: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    return compiler.process(element.clauses, **how)


@compiles(_Aside, "sqlite")
def _with_plus(element: _Aside, compiler: SQLCompiler, **how: Any) -> str:  # noqa: ANN401 - as above
    return f"+{_plainly(element, compiler, **how)}"


Shares = tuple[ColumnElement[bool], ...]


def shares(sight: Sight) -> Shares:
    """Return what somebody may see."""
    if sight.superuser:
        return (true(),)
    public = _Aside(frames.c.public_date) < sight.now
    own = _own(sight)
    return (public,) if own is None else (public, *(and_(own, one) for one in _not_public(sight)))


def shares_not_public(sight: Sight) -> Shares:
    """Return what somebody sees who asks for `public=false`, as OCS Science Archive 2.7 has it.

    That is what is not public yet, but for members of proposals: all of their own frames; and for
    users who are members of none: all that they may see.
    """
    own = _own(sight)
    if sight.superuser:
        return _not_public(sight)
    if own is not None:
        return (own,)
    return shares(sight) if sight.known else ()


def seen(sight: Sight) -> ColumnElement[bool]:
    """Return the condition that somebody may see a frame, listed or not."""
    return and_(KNOWN, or_(*shares(sight)))


def _own(sight: Sight) -> ColumnElement[bool] | None:
    if not sight.proposals:
        return None
    return frames.c.proposal_id.in_(sorted(sight.proposals))


def _not_public(sight: Sight) -> Shares:
    return (frames.c.public_date.is_(None), frames.c.public_date >= sight.now)
