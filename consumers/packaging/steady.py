"""An order that stays the same from page to page.

PostgreSQL may give rows that tie in their order in another order with each question, so that pages
double some rows and lose others. CKAN's own `_id` after whatever was asked for settles every tie.
"""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

_ID = "_id"


def steady_sort(fields: Mapping[str, JsonValue], columns: Sequence[str]) -> str | None:
    """Return the `sort` that gives each row one place; None: it has one, or cannot be given one.

    `fields` are what is asked for, `columns` those of the answer: a resource without `_id`, or with
    an order that names it, is left alone. Rows found by `q` are ordered by how well they fit.
    """
    given = fields.get("sort")
    if isinstance(given, str) and given:
        names_it = any(part.split()[:1] == [_ID] for part in given.split(","))
        return None if names_it or not _has_id(fields, columns) else f"{given}, {_ID}"
    return _ID if fields.get("q") and _has_id(fields, columns) else None


def _has_id(fields: Mapping[str, JsonValue], columns: Sequence[str]) -> bool:
    # Rows may be ordered by a column that is not among those that are asked for.
    return _ID in columns or bool(fields.get("fields"))
