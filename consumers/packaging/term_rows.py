"""The rows of one file of a Darwin Core Archive."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter

from consumers.packaging.merging import Merged
from consumers.packaging.naming import json_keys
from consumers.packaging.vocabulary import Listed, Place, Term

Record = Mapping[str, object]
Row = Sequence[object]
Source = tuple[int, str]
"""Place of a value in a loose row, and the field it is from."""


class TermRows:
    """Makes the rows of one file from records.

    `fields` are those that belong here and their places, in the order of the dataset. A row is
    gathered loosely first: the identifier, the values of single fields, the cells of each list.
    Then it is laid out: a column for each term in the order of first appearance, and what several
    fields have to say of one term merged. `dynamic` is the name of the term that is an object even
    when it is fed by one field.

    `row_type` says what a row is, `terms` has the URIs of the columns after the identifier's, by
    their headers.
    """

    def __init__(
        self,
        row_type: str,
        id_field: str,
        fields: Mapping[str, Place],
        dynamic: str | None,
    ) -> None:
        self.row_type = row_type
        single = [name for name, place in fields.items() if isinstance(place, Term)]
        self._lists = [
            (name, place.terms) for name, place in fields.items() if isinstance(place, Listed)
        ]
        self._names = [id_field, *single]
        self._keeps_all = bool(single) or not self._lists
        self._blanks = [[None] * len(listed.terms) for _, listed in self._lists]
        columns = _columns(fields)
        self.terms = _terms(fields)
        self._lay_out = _layout(columns, dynamic)

    def rows(self, records: Iterable[Record]) -> Iterable[Row]:
        """Yield a row for each record and, if it has lists, for each of their entries.

        A record whose lists are empty has a row only if a single field belongs here, too.
        """
        loose = self._with_lists(records) if self._lists else _picked(self._names, records)
        return map(self._lay_out, loose) if self._lay_out else loose

    def _with_lists(self, records: Iterable[Record]) -> Iterable[Row]:
        lists = [(name, listed.rows) for name, listed in self._lists]
        for record in records:
            found = [rows(record.get(name)) for name, rows in lists]
            longest = max(map(len, found))
            if longest or self._keeps_all:
                start = [record.get(name) for name in self._names]
                if len(found) == 1 and longest:
                    for cells in found[0]:
                        yield [*start, *cells]
                else:
                    yield from self._aligned(start, found, longest or 1)

    def _aligned(self, start: Row, found: Sequence[Sequence[Row]], count: int) -> Iterable[Row]:
        """Yield `count` rows, for which a shorter list repeats its last entry."""
        for index in range(count):
            row = list(start)
            for cells, blank in zip(found, self._blanks, strict=True):
                row += cells[min(index, len(cells) - 1)] if cells else blank
            yield row


def _picked(names: Sequence[str], records: Iterable[Record]) -> Iterable[Row]:
    """Yield the values of each record, None for what it lacks."""
    # An itemgetter of one name returns no tuple.
    pick = itemgetter(*names) if len(names) > 1 else None
    for record in records:
        try:
            row = pick(record) if pick else [record[names[0]]]
        except KeyError:
            row = [record.get(name) for name in names]
        yield row


def _columns(fields: Mapping[str, Place]) -> Mapping[str, Sequence[Source]]:
    """Return the terms in order of first appearance, each with where its values are."""
    singles = sum(isinstance(place, Term) for place in fields.values())
    single, listed = 1, 1 + singles
    columns: dict[str, list[Source]] = {}
    for name, place in fields.items():
        if isinstance(place, Term):
            columns.setdefault(place.name, []).append((single, name))
            single += 1
        else:
            for term in place.terms.terms:
                columns.setdefault(term, []).append((listed, name))
                listed += 1
    return columns


def _terms(fields: Mapping[str, Place]) -> Mapping[str, str]:
    """Return the URIs of the terms, each from the definition that its first field found it in.

    Several definitions may describe rows of one type, and so share a file.
    """
    terms: dict[str, str] = {}
    for place in fields.values():
        for term in [place.name] if isinstance(place, Term) else place.terms.terms:
            terms.setdefault(term, place.definition.terms[term])
    return terms


def _layout(
    columns: Mapping[str, Sequence[Source]], dynamic: str | None
) -> Callable[[Row], Row] | None:
    """Return what makes a loose row one of the file; None if it is one already."""
    order = [0, *(sources[0][0] for sources in columns.values())]
    merged = [
        (
            position,
            Merged([place for place, _ in sources], json_keys([name for _, name in sources])),
        )
        for position, (term, sources) in enumerate(columns.items(), start=1)
        if len(sources) > 1 or term == dynamic
    ]
    if not merged and order == list(range(len(order))):
        return None
    pick = itemgetter(*order)

    def lay_out(loose: Row) -> Row:
        row = list(pick(loose))
        for position, merge in merged:
            row[position] = merge(loose)
        return row

    return lay_out
