"""Rows of `records`, to and from what they stand for."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping

from schemas.record_document import LONG, read_kept, write
from schemas.record_search import searchable
from store.columns import Row
from store.record_ports import Entry, LongText, LongTexts, Record

_NOTHING = LongText(None, None)


def record_of(row: RowMapping) -> Record:
    """Return what a row of `records` says."""
    return Record(
        id=row["id"],
        project=row["project"],
        label=row["label"],
        timestamp=row["timestamp"],
        born=row["born"],
        sequence=row["sequence"],
        revision=row["revision"],
        open=row["open"],
        document=read_kept(row["document"]),
        texts=texts_of(row),
        changed_at=row["changed_at"],
        changed_by=row["changed_by"],
    )


def row_of(record: Record) -> Row:
    """Return the row of `records` for a record, with what it is searched by."""
    document = record.document
    return {
        "id": record.id,
        "project": record.project,
        "label": record.label,
        "timestamp": record.timestamp,
        "born": record.born,
        "sequence": record.sequence,
        "revision": record.revision,
        "open": record.open,
        "document": write(document),
        **text_columns(record.texts),
        "main_file": plain(document["main_file"] or ""),
        "said": folded("\n".join((record.label, document["reason"] or "", document["outcome"]))),
        "parameters": searchable(document["parameters"]["content"]),
        "changed_at": record.changed_at,
        "changed_by": record.changed_by,
    }


def texts_of(row: RowMapping) -> LongTexts:
    """Return the long texts of a row, as far as there are any."""
    found = {field: LongText(row[field], row[f"{field}_sha256"]) for field in LONG}
    return {field: text for field, text in found.items() if text != _NOTHING}


def text_columns(texts: LongTexts) -> Mapping[str, Any]:
    """Return the columns of long texts."""
    columns: dict[str, str | None] = {}
    for field in LONG:
        text = texts.get(field, _NOTHING)
        columns[field] = text.literal
        columns[f"{field}_sha256"] = text.sha256
    return columns


def tag_rows(record: Record) -> list[Row]:
    """Return the rows of `record_tags` for a record."""
    tags = {plain(tag) for tag in record.document["tags"]}
    return [{"record": record.id, "project": record.project, "tag": tag} for tag in sorted(tags)]


def history_row(entry: Entry) -> Row:
    """Return the row of `record_history` for an entry."""
    texts = {field: _told(text) for field, text in entry.texts.items()}
    before = {**entry.before, **texts}
    return {
        "project": entry.project,
        "label": entry.label,
        "record": entry.record,
        "revision": entry.revision,
        "sequence": entry.sequence,
        "event_key": entry.event_key,
        "happened": entry.happened,
        "at": entry.at,
        "by": entry.by,
        "fields": write(sorted(before)),
        "before": write(before),
    }


def _told(text: LongText) -> object:
    return {"sha256": text.sha256} if text.literal is None else read_kept(text.literal)


def folded(text: str) -> str:
    """Return text as it is searched where case does not matter: no two databases fold alike."""
    return plain(text).casefold()


def plain(text: str) -> str:
    """Return text as every database's columns take it: no NUL, no half of a character."""
    return text.replace("\0", "").encode(errors="replace").decode()
