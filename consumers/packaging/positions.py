"""Where in its rows a resource is asked to go on.

A position is the part of a request's body that says so: `{"offset": 5000}` for CKAN itself,
`{"cursor": "…"}` for the Solr back end, `{"after": …}` for versioned-datastore (`{}` for its first
page). It is JSON, so that it can be kept and used by another process.
"""

from collections.abc import Mapping

from pydantic import JsonValue

Position = Mapping[str, JsonValue]

END: Position = {"end": True}
"""There is nothing to go on with."""

_SOLR = "solr"
_VERSIONED = "versioned-datastore"


def first_position(backend: str | None, offset: int) -> Position:
    """Return where the first page begins.

    Only CKAN's own way can begin elsewhere than at the first row, so that an offset decides for
    it, whatever the back end.
    """
    if offset == 0 and backend == _SOLR:
        return {"cursor": "*"}
    if offset == 0 and backend == _VERSIONED:
        return {}
    return {"offset": offset}


def next_position(here: Position, result: Mapping[str, JsonValue], received: int) -> Position:
    """Return where the page after `here` begins, which held `received` rows.

    The rows that came count, not those that were asked for: CKAN gives at most
    `ckan.datastore.search.rows_max` of them.
    """
    match here:
        case {"offset": int(offset)}:
            return {"offset": offset + received}
        case {"cursor": _}:
            cursor = result.get("next_cursor")
            return END if cursor is None else {"cursor": cursor}
        case _:
            after = result.get("after")
            return END if after is None else {"after": after}


class Course:
    """The positions of one walk; notices when it goes in a circle, without keeping them all.

    By R. P. Brent, "An improved Monte Carlo factorization algorithm", BIT 20 (1980): each position
    is compared with one mark, which moves up after 1, 2, 4, 8 … steps.
    """

    def __init__(self, start: Position) -> None:
        self._mark = start
        self._steps = 0
        self._patience = 1

    def circles(self, position: Position) -> bool:
        """Whether `position` has been here before. Told late, but before long."""
        if position == self._mark:
            return True
        self._steps += 1
        if self._steps == self._patience:
            self._mark, self._steps, self._patience = position, 0, self._patience * 2
        return False
