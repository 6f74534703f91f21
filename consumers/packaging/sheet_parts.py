"""What a workbook holds besides its sheets: the least that Open Packaging Conventions ask for."""

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
"""Namespace of SpreadsheetML (ECMA-376 part 1, 18)."""
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def sheet_part(number: int) -> str:
    """Return the name of the part that is the sheet of this number, from 1."""
    return f"xl/worksheets/sheet{number}.xml"


def parts(sheets: Sequence[str]) -> Mapping[str, bytes]:
    """Return the parts around sheets with these names, by part name, as they stand in the zip.

    Content types: ECMA-376 part 2, 10.1.2.2; relationships: part 2, 9.3; workbook: part 1, 18.2.
    """
    numbered = list(enumerate(sheets, 1))
    overrides = [_override("xl/workbook.xml", "sheet.main")]
    overrides += [_override(sheet_part(number), "worksheet") for number, _ in numbered]
    relations = [
        _relation(number, "worksheet", sheet_part(number).removeprefix("xl/"))
        for number, _ in numbered
    ]
    named = [
        f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="rId{number}"/>'
        for number, name in numbered
    ]
    texts = {
        "[Content_Types].xml": (
            f'<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels"'
            ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f"{''.join(overrides)}</Types>"
        ),
        "_rels/.rels": _relations([_relation(1, "officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": (
            f'<workbook xmlns="{MAIN}" xmlns:r="{_OFFICE}">'
            f"<sheets>{''.join(named)}</sheets></workbook>"
        ),
        "xl/_rels/workbook.xml.rels": _relations(relations),
    }
    return {name: (_XML + text).encode() for name, text in texts.items()}


def _override(part: str, kind: str) -> str:
    return f'<Override PartName="/{part}" ContentType="{_TYPES}.{kind}+xml"/>'


def _relation(number: int, kind: str, target: str) -> str:
    return f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'


def _relations(relations: Sequence[str]) -> str:
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(relations)}</Relationships>'
