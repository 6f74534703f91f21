"""A cell that several fields share: a JSON object, as in the term `dynamicProperties`.

Darwin Core gives that term for what no other term has a place for, and recommends such an object:
http://rs.tdwg.org/dwc/terms/dynamicProperties.
"""

import json
from collections.abc import Sequence
from math import isfinite
from operator import itemgetter

from pydantic_core import from_json, to_json

_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_OPENING = frozenset('{["-0123456789tfn \t\n\r')
"""What a text that is JSON can begin with, RFC 8259 sections 2 and 3."""


class Merged:
    """Writes the values at some places of a row as one JSON object.

    `places` are positions in the row, `keys` what the values are called in the object.
    """

    def __init__(self, places: Sequence[int], keys: Sequence[str]) -> None:
        # An itemgetter of one place returns no tuple, hence one too many; zip() drops it.
        self._pick = itemgetter(*places, places[0])
        self._openings = [f"{_JSON.encode(key)}:" for key in keys]

    def __call__(self, row: Sequence[object]) -> str:
        """Return compact JSON; null values are left out, so that nothing at all is `{}`."""
        pairs = zip(self._openings, self._pick(row), strict=False)
        members = [opening + _fragment(value) for opening, value in pairs if value is not None]
        return f"{{{','.join(members)}}}"


def _fragment(value: object) -> str:
    """Return the value as JSON, a text that is itself JSON as what it says."""
    if isinstance(value, str):
        if value[:1] in _OPENING:
            return _embedded(value)
        return _JSON.encode(value)
    return to_json(value, inf_nan_mode="strings").decode()


def _embedded(text: str) -> str:
    """Return what a text says if it is JSON that a reader can be trusted with, else a JSON string.

    A number keeps its digits. A text stays one if it holds `NaN`, a number too large for a float,
    or is nested deeper than 200 levels.
    """
    try:
        value = from_json(text, allow_inf_nan=False)
        if isinstance(value, float) and not isfinite(value):
            return _JSON.encode(text)
        return _JSON.encode(value) if isinstance(value, (dict, list, str)) else text.strip()
    except ValueError:
        return _JSON.encode(text)
