"""Consumer `store-record`: what was sent for a record becomes the record, as far as it may change.

A record is open while its tags say that the run has not ended; until then whatever is sent takes
the place of what is there. The request whose tags no longer say so closes it, for ever: from then
on only reason, outcome and tags change, and where data are kept, should they have been moved.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from consumers.contract import Consumer
from schemas.base import Event
from schemas.record_document import (
    EDITABLE,
    LONG,
    REQUIRED,
    Document,
    complete,
    read_moment,
    write,
)
from schemas.record_status import begins, is_open, status_of
from schemas.records import (
    RecordClosed,
    RecordCreated,
    RecordPutRequested,
    RecordRefused,
    RecordUpdated,
    Refusal,
)
from store.ports import HasEvent
from store.record_ports import (
    Draft,
    Entry,
    Expected,
    Happening,
    HasRecords,
    LongText,
    LongTexts,
    Record,
)

_FIXED = {"label", "timestamp"}
"""What never changes."""
_PLACES = {"datastore", "input_datastore"}
"""Where data are kept: on a closed record, another place of the same type is taken, too."""
_EMPTY = LongText('""', None)


class Needs(HasEvent, HasRecords, Protocol):
    """What this consumer may touch."""


def store_record(event: RecordPutRequested, work: Needs) -> Sequence[Event]:
    """Create or change the record, or say why not.

    Safe to repeat: all rows are in the transaction that remembers the event.
    """
    draft = work.records.take(work.key)
    if draft is None:
        return [_refused(event, "unreadable", "what was sent with this request is not there")]
    held = work.records.hold(event.project, event.label, event.user)
    if not held.exists:
        return [_refused(event, "gone", f"there is no project {event.project!r}")]
    if not held.permitted:
        return [_refused(event, "forbidden", f"{event.user} has no access to {event.project!r}")]
    if held.record is not None:
        return _change(event, work, held.record, draft)
    if held.deleted > work.position:
        return [_refused(event, "superseded", "the record was deleted by a later request")]
    return _create(event, work, draft)


def prepare(batch: Mapping[str, RecordPutRequested], work: Needs) -> None:
    """Have the records of a batch read at once, and not one after another."""
    work.records.expect(
        [Expected(key, event.project, event.label, event.user) for key, event in batch.items()]
    )


def _create(event: RecordPutRequested, work: Needs, draft: Draft) -> Sequence[Event]:
    given = {**draft.document, **dict.fromkeys(draft.texts)}
    lacking = tuple(field for field in REQUIRED if field not in given)
    if lacking:
        reason = f"a new record needs {', '.join(lacking)}"
        return [_refused(event, "incomplete", reason, lacking)]
    document = complete(draft.document)
    texts = {field: draft.texts.get(field, _EMPTY) for field in LONG}
    for field in LONG:
        document.pop(field, None)
    record = Record(
        id=work.key,
        project=event.project,
        label=event.label,
        timestamp=read_moment(document["timestamp"]),
        born=work.position,
        sequence=work.position,
        revision=1,
        open=is_open(document["tags"]),
        document=document,
        texts=texts,
        changed_at=work.now,
        changed_by=event.user,
    )
    work.records.add(record)
    _remember(work, record, "created", {}, {})
    return [RecordCreated(**_named(event), revision=1), *_closed(event, record, was_open=True)]


def _change(
    event: RecordPutRequested, work: Needs, record: Record, draft: Draft
) -> Sequence[Event]:
    given = draft.document
    document = {
        field: value
        for field, value in given.items()
        if _may_change(record, field, value) and write(value) != write(record.document[field])
    }
    texts = {
        field: text
        for field, text in draft.texts.items()
        if record.open and text != record.texts[field]
    }
    again = begins(given.get("tags", ())) and "timestamp" in given
    other = again and read_moment(given["timestamp"]) != record.timestamp
    if work.position < record.sequence and (document or texts or other):
        # It must not undo what came after it; but it was accepted, so it is kept.
        late = replace(record, changed_at=work.now, changed_by=event.user)
        _remember(work, late, "superseded", draft.document, draft.texts)
        return [_refused(event, "superseded", "a later request has been carried out before it")]
    if other:
        reason = f"the label {event.label!r} names a run of {record.document['timestamp']}"
        return [_refused(event, "reused", reason)]
    if not document and not texts:
        work.records.pass_by(record, max(work.position, record.sequence))
        return []
    changed = replace(
        record,
        sequence=work.position,
        revision=record.revision + 1,
        document={**record.document, **document},
        texts={**record.texts, **texts},
        changed_at=work.now,
        changed_by=event.user,
    )
    changed = replace(changed, open=record.open and is_open(changed.document["tags"]))
    work.records.change(changed)
    before = {field: record.document[field] for field in document}
    _remember(work, changed, "updated", before, {field: record.texts[field] for field in texts})
    fields = tuple(sorted([*document, *texts]))
    return [
        RecordUpdated(**_named(event), revision=changed.revision, fields=fields),
        *_closed(event, changed, was_open=record.open),
    ]


def _may_change(record: Record, field: str, value: Document) -> bool:
    if field in _FIXED:
        return False
    if record.open or field in EDITABLE:
        return True
    return field in _PLACES and value["type"] == record.document[field]["type"]


def _closed(event: RecordPutRequested, record: Record, *, was_open: bool) -> Sequence[RecordClosed]:
    if record.open or not was_open:
        return []
    status = status_of(record.document["tags"])
    return [RecordClosed(**_named(event), revision=record.revision, status=status)]


def _remember(
    work: Needs, record: Record, happened: Happening, document: Document, texts: LongTexts
) -> None:
    """Write down what happened, with what fields said before (or, superseded, were to say)."""
    entry = Entry.of(
        record,
        happened,
        key=work.key,
        sequence=work.position,
        before=document,
        texts=texts,
    )
    work.records.remember(entry)


def _named(event: RecordPutRequested) -> dict[str, str]:
    return {"project": event.project, "label": event.label, "user": event.user}


def _refused(
    event: RecordPutRequested, code: Refusal, reason: str, fields: tuple[str, ...] = ()
) -> RecordRefused:
    return RecordRefused(**_named(event), code=code, fields=fields, reason=reason)


CONSUMER = Consumer(
    "store-record",
    RecordPutRequested,
    store_record,
    publishes=(RecordCreated, RecordUpdated, RecordClosed, RecordRefused),
    batch=50,
    prepare=prepare,
)
