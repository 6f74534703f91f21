"""Resources of a CKAN that is none: rows made from their number, told as CKAN tells them."""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

Row = dict[str, Any]
Render = Callable[[int], str]

_PERIOD = 1009
"""Rows after which the values of a wide resource come again, but for their `_id`."""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """Rows 0 to `size`; without a size there is no end of them."""

    columns: Sequence[tuple[str, str]]
    """Name and type."""
    row: Callable[[int], Row]
    size: int | None = None
    backend: str | None = None
    cap: int = 32000
    """The most rows of one answer: `ckan.datastore.search.rows_max`."""
    speaks_csv: bool = True
    tells_total: bool = True
    as_json: Render | None = None
    """A faster way to the JSON of a row."""
    as_csv: Render | None = None

    def answer(self, body: Row) -> bytes:
        """Return the whole answer to a question."""
        start = self._start(body)
        stop = start + min(body.get("limit", 100), self.cap)
        if self.size is not None:
            stop = min(stop, self.size)
        rows = range(start, max(start, stop))
        fields = [{"id": name, "type": kind} for name, kind in self.columns]
        result: Row = {"fields": fields, "limit": len(rows)}
        if self.backend is not None:
            result["_backend"] = self.backend
        if self.tells_total and self.size is not None and body.get("include_total", True):
            result["total"] = self.size
        if self.backend == "solr":
            result["next_cursor"] = str(rows.stop)
        if self.backend == "versioned-datastore":
            result["after"] = [rows.stop, "é"] if rows else None
        told = json.dumps(result)[:-1]
        text = f'{{"help": "…", "success": true, "result": {told}, {self._told(rows, body)}}}}}'
        return text.encode()

    def _told(self, rows: range, body: Row) -> str:
        if self.speaks_csv and body.get("records_format") == "csv":
            return f'"records": {json.dumps("".join(map(self.as_csv or self._csv, rows)))}'
        return f'"records": [{",".join(map(self.as_json or self._json, rows))}]'

    def _start(self, body: Row) -> int:
        """Return the first row that is meant; cursors that are none of ours begin at the first."""
        where = body.get("cursor", body.get("after", [body.get("offset", 0)]))
        told = str(where[0] if isinstance(where, list) else where)
        return int(told) if told.isdigit() else 0

    def _json(self, number: int) -> str:
        return json.dumps(self.row(number), ensure_ascii=False)

    def _csv(self, number: int) -> str:
        row = self.row(number)
        return copied([row.get(name) for name, _ in self.columns])


def copied(values: Sequence[object]) -> str:
    r"""Return a row as PostgreSQL 15 writes it: manual of COPY, "CSV Format".

    NULL is nothing, an empty text is quoted, and so is `\.` when it is alone.
    """
    if values == [r"\."]:
        return '"\\."\n'
    return ",".join(map(_copied, values)) + "\n"


def _copied(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "t" if value else "f"
    text = str(value)
    if text and not set(text) & set(',"\n\r'):
        return text
    return '"' + text.replace('"', '""') + '"'


def texts(*values: object, name: str = "v", **more: Any) -> Resource:  # noqa: ANN401
    """A resource with an `_id`, counted from 1, and one column of `values`."""
    return Resource(
        columns=[("_id", "int"), (name, "text")],
        row=lambda number: {"_id": number + 1, name: values[number]},
        size=len(values),
        **more,
    )


def counted(size: int | None, **more: Any) -> Resource:  # noqa: ANN401
    """A resource with an `_id`, counted from 1, and a name made of it."""
    return Resource(
        columns=[("_id", "int"), ("name", "text")],
        row=lambda number: {"_id": number + 1, "name": f"row {number + 1}"},
        size=size,
        **more,
    )


def wide(size: int | None, width: int = 20, **more: Any) -> Resource:  # noqa: ANN401
    """A resource with an `_id`, integers and texts, whose rows cost next to nothing."""
    chance = random.Random(width)  # noqa: S311 - the same rows each time are the point
    kinds = ["int4" if column % 4 == 1 else "text" for column in range(1, width)]
    names = ["_id", *(f"column_{column}" for column in range(1, width))]
    values = [[_value(kind, chance) for kind in kinds] for _ in range(_PERIOD)]
    objects = [json.dumps(dict(zip(names[1:], row, strict=True)))[1:] for row in values]
    lines = [copied(row) for row in values]
    return Resource(
        columns=list(zip(names, ["int", *kinds], strict=True)),
        row=lambda number: json.loads(_wide_json(objects, number)),
        size=size,
        as_json=partial(_wide_json, objects),
        as_csv=partial(_wide_csv, lines),
        **more,
    )


def _value(kind: str, chance: random.Random) -> object:
    if kind == "int4":
        return chance.randrange(1_000_000)
    words = ("Lepidoptera", "London, Natural History", "1897-06-12", "sedis", "Müller", "")
    return " ".join(chance.choices(words, k=2)).strip() + format(chance.randrange(16**4), "x")


def _wide_json(objects: Sequence[str], number: int) -> str:
    return f'{{"_id": {number + 1}, {objects[number % _PERIOD]}'


def _wide_csv(lines: Sequence[str], number: int) -> str:
    return f"{number + 1},{lines[number % _PERIOD]}"
