"""Rows of texts as a spreadsheet, Office Open XML (ECMA-376 part 1, SpreadsheetML).

Every cell is a text, as ckanpackager made them: a number keeps all its digits, and `=1+1` is no
formula. Texts stand in their cells and not in a table of shared strings (18.3.1.53), and are
compressed as they come, so a sheet of any size takes the same memory.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import chain, islice
from pathlib import Path
from string import ascii_uppercase
from tempfile import TemporaryDirectory

from consumers.packaging.archives import archive
from consumers.packaging.members import Member
from consumers.packaging.sheet_parts import MAIN, parts, sheet_part
from store.errors import MunimentError

TALLEST = 1_048_576
WIDEST = 16_384
LONGEST = 32_767
"""Rows, columns, and UTF-16 units of a cell: more than these no spreadsheet program opens."""

_BATCH = 20_000
"""Cells that are compressed together, more or less."""
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    f'<worksheet xmlns="{MAIN}"><sheetData>'
).encode()
_TAIL = (
    b"</sheetData>"
    # No programme need point at every number and ask whether it is one (18.3.1.51).
    b'<ignoredErrors><ignoredError sqref="A1:XFD1048576" numberStoredAsText="1"/></ignoredErrors>'
    b"</worksheet>"
)

_ESCAPED = "\x00-\x08\x0b-\x1f\ufffe\uffff"
"""What XML cannot hold, and CR, which a reader of XML would turn into LF."""
_ODD = re.compile(f"[{_ESCAPED}&<>]|_x")
_XSTRING = re.compile(f"[{_ESCAPED}]|_(?=x[0-9A-Fa-f]{{4}}[_{_ESCAPED}])")
"""What ST_Xstring (22.9.2.19) writes as `_xHHHH_`, and an underscore that would begin such a thing.

An escape begins with an underscore itself, so one that follows ends a thing that looks like one.
"""


class SheetLimitError(MunimentError):
    """A spreadsheet cannot hold this: ask for CSV or TSV.

    `row` counts from 1, the field names left out; 0 is the row of field names. `column` is a name.
    """

    def __init__(self, row: int, column: str, reason: str) -> None:
        self.row = row
        self.column = column
        self.reason = reason
        super().__init__(
            f"row {row}, column {column!r}: {reason}; as CSV or TSV it can be had whole"
        )


def write_sheet(path: Path, rows: Iterator[Sequence[str]], *, tallest: int = TALLEST) -> None:
    """Write the rows, field names first, to the sheet `Data` of a new workbook at `path`.

    All rows are of one length. More than `tallest`, field names included, go on in `Data 2` and so
    on, below the field names again. Takes room beside `path` until it returns. The same rows are
    the same bytes. Raises SheetLimitError, OSError; there is nothing new at `path` then.
    """
    names = next(rows)
    if len(names) > WIDEST:
        raise SheetLimitError(0, names[WIDEST], f"a sheet has at most {WIDEST} columns")
    body = _checked(names, rows)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="sheet-", dir=path.parent)))
        sheets: list[Member] = []
        # A sheet begins with the row that the one before had no room for, the first in any case.
        for first in chain([None], body):
            name = sheet_part(len(sheets) + 1)
            sheet = stack.enter_context(Member(folder / f"sheet{len(sheets)}", name))
            sheets.append(sheet)
            head = [names] if first is None else [names, first]
            _fill(sheet, chain(head, islice(body, tallest - len(head))), len(names))
        titles = ["Data", *(f"Data {number}" for number in range(2, len(sheets) + 1))]
        members = []
        for number, (name, content) in enumerate(parts(titles).items()):
            members.append(stack.enter_context(Member(folder / f"part{number}", name)))
            members[-1].write(content)
        whole = folder / "whole"
        whole.touch(mode=0o600)
        with whole.open("wb") as file:
            file.writelines(archive([*members, *sheets]))
        whole.replace(path)


def _checked(names: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[Sequence[str]]:
    """Yield the rows, or raise SheetLimitError at the first with a cell that is too long."""
    for number, row in enumerate(chain([names], rows)):
        if row and len(max(row, key=len)) > LONGEST // 2:
            for name, text in zip(names, row, strict=True):
                units = len(text.encode("utf-16-le")) // 2
                if units > LONGEST:
                    raise SheetLimitError(
                        number, name, f"a text of {units} characters, a cell takes {LONGEST}"
                    )
        if number:
            yield row


def _fill(sheet: Member, rows: Iterable[Sequence[str]], width: int) -> None:
    columns = [_letters(number) for number in range(1, width + 1)]
    written = (_row(number, columns, row) for number, row in enumerate(rows, 1))
    sheet.write(_HEAD)
    while batch := "".join(islice(written, 1 + _BATCH // (1 + width))):
        sheet.write(batch.encode())
    sheet.write(_TAIL)


def _row(number: int, columns: Sequence[str], row: Sequence[str]) -> str:
    """Return a row (18.3.1.73). A cell without text is left out, as it is neither more nor less."""
    if _ODD.search("".join(row)):
        row = [_escaped(text) for text in row]
    cells = [
        f'<c r="{column}{number}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
        for column, text in zip(columns, row, strict=True)
        if text
    ]
    return f'<row r="{number}">{"".join(cells)}</row>'


def _escaped(text: str) -> str:
    plain = _XSTRING.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _letters(number: int) -> str:
    """Return the name of a column: A to Z, AA to ZZ, AAA to XFD."""
    name = ""
    while number:
        number, digit = divmod(number - 1, len(ascii_uppercase))
        name = ascii_uppercase[digit] + name
    return name
