"""What a CKAN answers when it is asked for the rows of a resource, read with suspicion.

The answer of an action is `{"success": …, "result": {…}}` (CKAN, API guide, "Making an API
request"); the result of `datastore_search` holds `fields`, `records` and `total`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic_core import from_json

from store.complaints import words
from store.errors import SourceRefusedError, SourceUnavailableError

Record = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of `datastore_search`."""

    source: str
    """The URL that was asked, for errors."""
    result: Mapping[str, object]

    @property
    def backend(self) -> str | None:
        """Who keeps the rows, where an extension of CKAN does; None where CKAN itself does."""
        backend = self.result.get("_backend")
        return None if backend is None else str(backend)

    @property
    def total(self) -> int | None:
        """How many rows match, from the first to the last, if the server says so."""
        total = self.result.get("total")
        return total if type(total) is int and total >= 0 else None

    @property
    def fields(self) -> Sequence[tuple[str, str]]:
        """Name and type of each column; the type is empty where none is told."""
        fields = self.result.get("fields")
        if not isinstance(fields, list) or not fields:
            raise self._odd("it names no fields")
        named = []
        for field in fields:
            name = field.get("id") if isinstance(field, dict) else None
            if not isinstance(name, str):
                raise self._odd("a field has no name")
            named.append((name, str(field.get("type") or "")))
        return named

    @property
    def text(self) -> str | None:
        """The rows as CSV; None where they are objects."""
        records = self.result.get("records")
        return records if isinstance(records, str) else None

    @property
    def records(self) -> Sequence[Record]:
        """The rows as objects."""
        records = self.result.get("records")
        if not isinstance(records, list):
            raise self._odd("it holds no list of records")
        if set(map(type, records)) - {dict}:
            raise self._odd("a record is no object")
        return records

    def _odd(self, reason: str) -> SourceRefusedError:
        return SourceRefusedError(self.source, f"its answer cannot be understood: {reason}")


def read_answer(source: str, raw: bytes) -> Answer:
    """Return what `raw` says, or raise SourceRefusedError.

    An answer that was cut off raises SourceUnavailableError.
    """
    try:
        said = from_json(raw, cache_strings="keys")
    except ValueError as error:
        if raw.lstrip()[:1] == b"{" and not raw.rstrip().endswith(b"}"):
            raise SourceUnavailableError(f"the answer of {source!r} was cut off") from error
        raise SourceRefusedError(source, f"its answer is no JSON: {error}") from error
    if not isinstance(said, dict):
        raise SourceRefusedError(source, "its answer is no JSON object")
    if said.get("success", True) is not True:
        because = words(said.get("error")) or "it does not say why"
        raise SourceRefusedError(source, f"it was asked, and failed: {because}")
    result = said.get("result")
    if not isinstance(result, dict):
        raise SourceRefusedError(source, "its answer cannot be understood: it has no result")
    return Answer(source, result)
