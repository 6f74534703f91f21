"""Definitions of Darwin Core extensions: which terms a file of an archive may have.

They are read from the XML that GBIF publishes them in, see https://rs.gbif.org/extension/ and
https://rs.gbif.org/schema/extension.xsd, of which four facts are used: `name` and `rowType` of the
root `extension`, and `name` and `qualName` of each `property` right under it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

OCCURRENCE = "occurrence"
MULTIMEDIA = "multimedia"
MEASUREMENT_OR_FACT = "measurement_or_fact"
SHIPPED = (OCCURRENCE, MULTIMEDIA, MEASUREMENT_OR_FACT)
"""Names of the definitions that come with Muniment."""


@dataclass(frozen=True, slots=True)
class Definition:
    """What may be said in a file of an archive.

    `row_type` is the URI of what a row is; `terms` leads from a term's short name to its URI.
    """

    name: str
    row_type: str
    terms: Mapping[str, str]


def read_definition(place: str) -> Definition:
    """Return the definition in a file at the path `place`, or the shipped one of that name.

    Raises ValueError, which says what is wrong with the file.
    """
    try:
        data = _shipped(place) if place in SHIPPED else Path(place).read_bytes()
    except OSError as error:
        raise ValueError(
            f"cannot read the extension definition {place!r}: {error.strerror}; it is a path, "
            f"or one of {', '.join(SHIPPED)}"
        ) from error
    try:
        return _parse(data)
    except (ValueError, expat.ExpatError) as error:
        raise ValueError(f"{place!r} is no GBIF extension definition: {error}") from error


def _shipped(name: str) -> bytes:
    return files("consumers.packaging").joinpath("extensions", f"{name}.xml").read_bytes()


def _parse(data: bytes) -> Definition:
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = reader.begin
    parser.EndElementHandler = reader.end
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.Parse(data, True)  # noqa: FBT003 - expat takes no names
    if not reader.terms:
        raise ValueError("it has no property")
    return Definition(reader.name, reader.row_type, reader.terms)


def _refuse_doctype(*_: object) -> NoReturn:
    """Refuse what entities are declared in: a few lines of them can fill the memory."""
    raise ValueError("it has a document type declaration")


@dataclass(slots=True)
class _Reader:
    """Receives the elements of a definition; names of attributes in a namespace have a blank."""

    name: str = ""
    row_type: str = ""
    terms: dict[str, str] = field(default_factory=dict)
    depth: int = 0

    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        local = tag.rpartition(" ")[2]
        if self.depth == 1:
            if local != "extension":
                raise ValueError(f"its root is <{local}>, not <extension>")
            self.name = _told(attributes, "name", local)
            self.row_type = _told(attributes, "rowType", local)
        elif self.depth == 2 and local == "property":  # noqa: PLR2004 - a child of the root
            uri = _told(attributes, "qualName", local)
            self.terms.setdefault(_told(attributes, "name", local), uri)

    def end(self, _tag: str) -> None:
        self.depth -= 1


def _told(attributes: dict[str, str], name: str, tag: str) -> str:
    value = attributes.get(name, "").strip()
    if not value:
        raise ValueError(f"a <{tag}> has no {name}")
    return value
