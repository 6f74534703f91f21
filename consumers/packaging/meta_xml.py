"""`meta.xml` of a Darwin Core Archive: which file holds what, and which column which term.

Written as the Darwin Core text guide has it, https://dwc.tdwg.org/text/ section 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from consumers.packaging.tables import Dialect

_NAMESPACE = "http://rs.tdwg.org/dwc/text/"
_ESCAPED = {"\t": r"\t"}
"""How the text guide writes a separator that is no printable character."""


@dataclass(frozen=True, slots=True)
class MappedFile:
    """A file of an archive; the terms are URIs, of the columns after the identifier's."""

    name: str
    row_type: str
    terms: Sequence[str]


def meta_xml(files: Sequence[MappedFile], dialect: Dialect, metadata: str | None) -> bytes:
    """Return the document; the first file is the core, `metadata` the name of what describes it."""
    archive = ET.Element("archive", {"xmlns": _NAMESPACE})
    if metadata is not None:
        archive.set("metadata", metadata)
    for number, file in enumerate(files):
        is_core = number == 0
        part = ET.SubElement(
            archive,
            "core" if is_core else "extension",
            {
                "encoding": "UTF-8",
                "linesTerminatedBy": r"\n",
                "fieldsTerminatedBy": _ESCAPED.get(dialect.separator, dialect.separator),
                "fieldsEnclosedBy": '"',
                "ignoreHeaderLines": "1",
                "rowType": file.row_type,
            },
        )
        ET.SubElement(ET.SubElement(part, "files"), "location").text = file.name
        ET.SubElement(part, "id" if is_core else "coreid", {"index": "0"})
        for index, term in enumerate(file.terms, start=1):
            ET.SubElement(part, "field", {"index": str(index), "term": term})
    ET.indent(archive)
    document: bytes = ET.tostring(archive, encoding="UTF-8", xml_declaration=True)
    return document + b"\n"
