"""What a resource holds, asked of CKAN in one piece and read with nothing of ours."""

import csv
import io
import json
from collections.abc import Sequence

from tests.services.ckan import Ckan

Table = Sequence[Sequence[str]]


def table(ckan: Ckan, resource: str, **parameters: object) -> Table:
    """Return the field names and the rows as the texts that a package is to hold.

    CKAN gives at most 32,000 rows at once.
    """
    result = ckan.action("datastore_search", resource_id=resource, **parameters)
    names = [field["id"] for field in result["fields"]]
    rows = [[_text(record.get(name)) for name in names] for record in result["records"]]
    return [names, *rows]


def parsed(file: bytes, separator: str = ",") -> Table:
    """Return the rows of a CSV or TSV file."""
    lines = io.StringIO(file.decode(), newline="")
    return list(csv.reader(lines, delimiter=separator, strict=True))


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case dict() | list():
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        case _:
            return str(value)
