"""Records and their history, within one transaction."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import bindparam, delete, select

from schemas.record_document import write
from store import record_batches as batches
from store.database import Database, Transaction
from store.record_batches import Place, There
from store.record_ports import Draft, Entry, Expected, Held, Record
from store.record_rows import (
    history_row,
    plain,
    record_of,
    row_of,
    tag_rows,
    text_columns,
)
from store.request_drafts import has_overdue_draft, pending_draft
from store.tables import (
    record_drafts,
    record_history,
    record_objects,
    record_tags,
    records,
)

_FORGET_TAGS = delete(record_tags).where(record_tags.c.record.in_(bindparam("ids", expanding=True)))
_FORGET = delete(records).where(records.c.id.in_(bindparam("ids", expanding=True)))


class SqlRecords:
    """Satisfies `store.record_ports.Records`; one for all that is done in a transaction.

    What it has read and locks keep from changing, it does not read again. What it is to write it
    writes with the transaction's inserts, all at once: a record that is there is replaced as a
    whole.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._drafts: dict[str, Draft | None] = {}
        self._permitted: dict[tuple[str, str], bool | None] = {}
        """By project and user; None: there is no such project."""
        self._there: dict[Place, There] = {}
        self._written: dict[str, Record] = {}
        """By id: what is still to be written."""
        self._replaced: set[str] = set()
        """Ids whose rows are in the database, and outdated."""
        transaction.before_flush(self._write)

    def expect(self, requests: Sequence[Expected]) -> None:
        """Take and hold what is asked for one by one later; costs as much as for one."""
        keys = {one.key for one in requests} - self._drafts.keys()
        if keys:
            taken = batches.take(self._transaction, keys)
            self._drafts.update((key, taken.get(key)) for key in keys)
        for pair in {(one.project, one.user) for one in requests} - self._permitted.keys():
            self._permitted[pair] = batches.permitted(self._transaction, *pair)
        self._hold({(one.project, one.label) for one in requests})

    def take(self, key: str) -> Draft | None:
        """Return what came with the request, and forget it."""
        if key not in self._drafts:
            return batches.take(self._transaction, [key]).get(key)
        draft, self._drafts[key] = self._drafts[key], None
        return draft

    def hold(self, project: str, label: str, user: str) -> Held:
        """Return what is under a label; on PostgreSQL an advisory lock keeps it until commit."""
        permitted = self._may(project, user)
        if permitted is None:
            return Held(exists=False, permitted=False, record=None, deleted=0)
        place = (project, label)
        self._hold({place})
        there = self._there[place]
        return Held(exists=True, permitted=permitted, record=there.record, deleted=there.deleted)

    def hold_tagged(
        self, project: str, tag: str, position: int, most: int
    ) -> Iterator[Sequence[Record]]:
        """Yield records with the tag; on PostgreSQL all of the project are kept until commit."""
        batches.lock_project(self._transaction, project)
        after = ""
        while True:
            rows = self._transaction.execute(
                select(records)
                .join(record_tags, record_tags.c.record == records.c.id)
                .where(
                    record_tags.c.project == project,
                    record_tags.c.tag == plain(tag),
                    records.c.sequence < position,
                    records.c.id > after,
                )
                .order_by(records.c.id)
                .limit(most)
            )
            found = [record_of(row) for row in rows.mappings()]
            # The column says less than the document: two tags may look alike there.
            yield [record for record in found if tag in record.document["tags"]]
            if len(found) < most:
                return
            after = found[-1].id

    def permitted(self, project: str, user: str) -> bool:
        """Whether the user may change what is in the project."""
        return bool(self._may(project, user))

    def add(self, record: Record) -> None:
        """Add a record."""
        self._written[record.id] = record
        self._there[record.project, record.label] = There(record, 0)

    def change(self, record: Record) -> None:
        """Replace what is known of a record."""
        if record.id not in self._written:
            self._replaced.add(record.id)
        self._written[record.id] = record
        self._there[record.project, record.label] = There(record, 0)

    def pass_by(self, record: Record, sequence: int) -> None:
        """Note that a request changed nothing."""
        self.change(replace(record, sequence=sequence))

    def remove(self, records_: Collection[Record]) -> None:
        """Remove records."""
        self._forget({record.id for record in records_})
        for record in records_:
            self._there.pop((record.project, record.label), None)

    def remember(self, entry: Entry) -> None:
        """Add to the history."""
        self._transaction.insert(record_history, [history_row(entry)])

    def _may(self, project: str, user: str) -> bool | None:
        pair = (project, user)
        if pair not in self._permitted:
            self._permitted[pair] = batches.permitted(self._transaction, *pair)
        return self._permitted[pair]

    def _hold(self, places: set[Place]) -> None:
        unknown = places - self._there.keys()
        if unknown:
            self._there.update(batches.hold(self._transaction, unknown))

    def _write(self) -> None:
        replaced, self._replaced = self._replaced, set()
        written, self._written = list(self._written.values()), {}
        self._forget(replaced)
        self._transaction.insert(records, [row_of(record) for record in written])
        self._transaction.insert(
            record_tags, [row for record in written for row in tag_rows(record)]
        )

    def _forget(self, ids: Collection[str]) -> None:
        if ids:
            self._transaction.execute(_FORGET_TAGS, {"ids": list(ids)})
            self._transaction.execute(_FORGET, {"ids": list(ids)})


def keep_draft(transaction: Transaction, draft: Draft) -> None:
    """Keep what came with a request, in the transaction that accepts the request."""
    row = {
        "event_key": draft.event_key,
        "fingerprint": draft.fingerprint,
        "document": write(draft.document),
        **text_columns(draft.texts),
        "accepted_at": draft.accepted_at,
    }
    transaction.insert(record_drafts, [row])
    stored = [{"sha256": text.sha256} for text in draft.texts.values() if text.sha256 is not None]
    if stored:
        transaction.insert_new(record_objects, *stored)


def pending(database: Database, fingerprint: str, before: datetime) -> str | None:
    """Return the key of the same request, if it was accepted before a time and still waits."""
    return pending_draft(database, record_drafts, fingerprint, before)


def overdue(database: Database, before: datetime) -> bool:
    """Whether anything that was accepted before a time still waits to be carried out."""
    return has_overdue_draft(database, record_drafts, before)
