"""Consumer `delete-records`: one record goes, or all with a tag; what they said is remembered."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from consumers.contract import Consumer
from schemas.base import Event
from schemas.records import RecordDeleted, RecordDeletionRequested, RecordRefused, Refusal
from store.ports import HasEvent
from store.record_ports import Entry, HasRecords, Record

_AT_ONCE = 500


class Needs(HasEvent, HasRecords, Protocol):
    """What this consumer may touch."""


def delete_records(event: RecordDeletionRequested, work: Needs) -> Sequence[Event]:
    """Delete what is named; nothing follows where nothing was there.

    Safe to repeat: all rows are in the transaction that remembers the event.
    """
    if event.label is not None:
        return _delete_one(event, event.label, work)
    if event.tag is None:
        return [_refused(event, "unreadable", "neither a label nor a tag is named")]
    if not work.records.permitted(event.project, event.user):
        return [_forbidden(event)]
    gone: list[Event] = []
    for found in work.records.hold_tagged(event.project, event.tag, work.position, _AT_ONCE):
        gone += _delete(event, found, work)
    return gone


def _delete_one(event: RecordDeletionRequested, label: str, work: Needs) -> Sequence[Event]:
    held = work.records.hold(event.project, label, event.user)
    if not held.exists:
        return []
    if not held.permitted:
        return [_forbidden(event)]
    if held.record is None:
        return []
    if work.position < held.record.sequence:
        return [_refused(event, "superseded", "the record was sent anew by a later request")]
    return _delete(event, [held.record], work)


def _delete(event: RecordDeletionRequested, found: Sequence[Record], work: Needs) -> list[Event]:
    gone: list[Event] = []
    for record in found:
        last = replace(
            record,
            revision=record.revision + 1,
            changed_at=work.now,
            changed_by=event.user,
        )
        entry = Entry.of(
            last,
            "deleted",
            key=work.key,
            sequence=work.position,
            before=record.document,
            texts=record.texts,
        )
        work.records.remember(entry)
        gone.append(
            RecordDeleted(
                project=record.project,
                label=record.label,
                user=event.user,
                revision=last.revision,
            )
        )
    work.records.remove(found)
    return gone


def _forbidden(event: RecordDeletionRequested) -> RecordRefused:
    return _refused(event, "forbidden", f"{event.user} has no access to {event.project!r}")


def _refused(event: RecordDeletionRequested, code: Refusal, reason: str) -> RecordRefused:
    return RecordRefused(
        project=event.project, label=event.label, user=event.user, code=code, reason=reason
    )


CONSUMER = Consumer(
    "delete-records",
    RecordDeletionRequested,
    delete_records,
    publishes=(RecordDeleted, RecordRefused),
)
