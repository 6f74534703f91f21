"""Fields whose value is a list of things, each a row of its own in a file of the archive.

Media are the case: a specimen has none, one or many photographs.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from pydantic_core import from_json

from consumers.packaging.darwin_core_options import ExtensionField, Formatter

Entry = Mapping[str, object]


def _image_type(value: object) -> object:
    """Make a media type of a subtype: `jpeg` becomes `image/jpeg`."""
    return f"image/{value}" if isinstance(value, str) else value


_FORMATTERS: Mapping[Formatter, Callable[[object], object]] = {"image": _image_type}


class ListedTerms:
    """Makes rows from the value of one field, as `field` in the settings says."""

    def __init__(self, field: ExtensionField) -> None:
        self.terms: Sequence[str] = list(field.fields)
        self._cells = [_cell(field, term) for term in self.terms]

    def rows(self, value: object) -> Sequence[Sequence[object]]:
        """Return a row for each object in the value, its cells in the order of `terms`.

        The value is a list of objects, one object, or either as a JSON text. What is none of it
        has no row, and neither has an entry of the list that is no object.
        """
        return [[cell(entry) for cell in self._cells] for entry in _entries(value)]


def _entries(value: object) -> Iterable[Entry]:
    if isinstance(value, str):
        try:
            value = from_json(value)
        except ValueError:
            return []
    if isinstance(value, dict):
        return [value]
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _cell(field: ExtensionField, term: str) -> Callable[[Entry], object]:
    """Return what finds the value of a term in an object.

    A value under the mapped key is formatted. Failing that, the one under the term's own name
    counts, failing that the default, and both are as they should be already.
    """
    default = field.fields[term]
    key = field.mappings.get(term, term)
    name = field.formatters.get(term)
    if key == term and name is None:

        def plain(entry: Entry) -> object:
            value = entry.get(term)
            return default if value is None else value

        return plain
    formatter = _FORMATTERS[name] if name else None

    def mapped(entry: Entry) -> object:
        value = entry.get(key)
        if value:
            return formatter(value) if formatter else value
        value = entry.get(term)
        return default if value is None else value

    return mapped
