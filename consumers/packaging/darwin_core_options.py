"""Settings of Darwin Core Archives: which definitions are used, and which fields hold lists.

The stock values are those that ckanpackager came with.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from consumers.packaging.definitions import MULTIMEDIA, OCCURRENCE

Formatter = Literal["image"]
"""What may be done to a value: `image` puts `image/` before it."""


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class ExtensionField:
    """What becomes of a field whose value is a list of objects.

    `extension` is the path of a definition or the name of a shipped one; `fields` are terms of it,
    in the order of their columns, with what to write where an object has no value. `mappings`
    leads from a term to the key that is read first, `formatters` to what is done to its value.
    """

    extension: str
    fields: Mapping[str, str]
    mappings: Mapping[str, str] = field(default_factory=dict)
    formatters: Mapping[str, Formatter] = field(default_factory=dict)


def _media() -> Mapping[str, ExtensionField]:
    terms = ("type", "format", "identifier", "title", "license", "rightsHolder")
    media = ExtensionField(
        MULTIMEDIA, dict.fromkeys(terms, ""), {"format": "mime"}, {"format": "image"}
    )
    return {"associatedMedia": media}


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class DarwinCoreOptions:
    """How records become an archive.

    `id_field` is the field that identifies a record; `core` and `additional` are definitions, each
    a path or the name of a shipped one, in whose terms fields are looked for in this order; what
    none of them has a term for goes to `dynamic_term` of the core.
    """

    id_field: str = "_id"
    core: str = OCCURRENCE
    additional: tuple[str, ...] = ()
    dynamic_term: str = "dynamicProperties"
    extension_fields: Mapping[str, ExtensionField] = field(default_factory=_media)


_OPTIONS = TypeAdapter(DarwinCoreOptions)


def read_options(settings: Mapping[str, object]) -> DarwinCoreOptions:
    """Return the options that were written as JSON, with the names of the attributes above.

    A null counts as not written. Raises ValueError in one line that names what is wrong. The
    definitions are not read: `Vocabulary` does, and says what is wrong with them.
    """
    written = {name: value for name, value in settings.items() if value is not None}
    try:
        options = _OPTIONS.validate_python(written)
    except ValidationError as error:
        faults = (
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
            for fault in error.errors(include_url=False)
        )
        raise ValueError(
            f"these Darwin Core settings cannot be used: {'; '.join(faults)}"
        ) from None
    for name, listed in options.extension_fields.items():
        _check(name, listed)
    return options


def _check(name: str, listed: ExtensionField) -> None:
    if not listed.fields:
        raise ValueError(f"extension_fields.{name}.fields: name at least one term")
    for what, terms in (("mappings", listed.mappings), ("formatters", listed.formatters)):
        for term in terms:
            if term not in listed.fields:
                raise ValueError(f"extension_fields.{name}.{what}: {term!r} is not one of fields")
