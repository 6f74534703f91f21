"""Where the fields of a dataset belong in a Darwin Core Archive."""

from collections.abc import Mapping
from dataclasses import dataclass

from consumers.packaging.darwin_core_options import DarwinCoreOptions, ExtensionField
from consumers.packaging.definitions import Definition, read_definition
from consumers.packaging.listed import ListedTerms
from consumers.packaging.naming import camel_case, file_stem


@dataclass(frozen=True, slots=True)
class Term:
    """A field's place: a term of a definition, which holds the field's value."""

    definition: Definition
    name: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A field's place: rows of their own, of terms of a definition."""

    definition: Definition
    terms: ListedTerms


Place = Term | Listed


class Vocabulary:
    """The terms of all definitions that the options name.

    Reads the definitions. Raises ValueError if one cannot be read, or lacks a term that the
    options count on.
    """

    def __init__(self, options: DarwinCoreOptions) -> None:
        self.core = read_definition(options.core)
        self._places: dict[str, Place] = {}
        for definition in (self.core, *map(read_definition, options.additional)):
            _named(definition)
            for name in definition.terms:
                self._places.setdefault(name, Term(definition, name))
        if options.dynamic_term not in self.core.terms:
            raise ValueError(f"{options.core!r} has no term {options.dynamic_term!r}")
        self.dynamic = Term(self.core, options.dynamic_term)
        self._listed: Mapping[str, Listed] = {
            name: self._list(name, field) for name, field in options.extension_fields.items()
        }

    def place(self, field: str) -> Place:
        """Return where a field belongs; what no term is named like belongs to the dynamic term."""
        return (
            self._listed.get(field)
            or self._places.get(field)
            or self._places.get(camel_case(field))
            or self.dynamic
        )

    def _list(self, name: str, field: ExtensionField) -> Listed:
        definition = _named(read_definition(field.extension))
        if definition.row_type == self.core.row_type:
            raise ValueError(f"the list in {name!r} cannot go to the core: it has a row per record")
        missing = [term for term in field.fields if term not in definition.terms]
        if missing:
            raise ValueError(f"{field.extension!r} has no term {', '.join(map(repr, missing))}")
        return Listed(definition, ListedTerms(field))


def _named(definition: Definition) -> Definition:
    """Return the definition if a file can be named after it."""
    if not file_stem(definition.name):
        raise ValueError(f"the extension name {definition.name!r} holds no letter from a to z")
    return definition
