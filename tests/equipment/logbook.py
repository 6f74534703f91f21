"""A project in a world, and what comes of the records that are sent to it: all but HTTP."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from consumers.contract import Consumer
from consumers.delete_records import CONSUMER as DELETE_RECORDS
from consumers.store_record import CONSUMER as STORE_RECORD
from schemas.base import Event
from schemas.catalogue import decode
from schemas.envelope import Envelope
from schemas.record_document import LONG, check, write
from schemas.records import RecordDeletionRequested, RecordPutRequested, RecordRefused
from store import projects, tables
from store.ledger import Entry, envelope_of
from store.projects import Project
from store.record_ports import Draft, LongText, LongTexts
from store.records import keep_draft
from tests.equipment.records import first_put
from tests.equipment.world import World

LABEL = "20240501-100000"


@dataclass
class Logbook:
    """What tests do with the records of one project."""

    world: World
    project: str = "reef"
    user: str = "ann"

    def open(self, *members: str) -> None:
        """Make the project, and give others access."""
        now = self.world.clock()
        with self.world.database.transaction() as transaction:
            projects.create(transaction, Project(self.project, "", "", self.user, now))
            for member in members:
                projects.grant(transaction, self.project, member, self.user, now)

    # --- asking -----------------------------------------------------------------------------------

    def request(self, label: str, given: Mapping[str, Any], user: str | None = None) -> Envelope:
        """Have a whole or partial document accepted, as the HTTP ingress does; nothing waits."""
        (envelope,) = self.request_all([{"label": label, **given}], user)
        return envelope

    def request_all(
        self, documents: Iterable[Mapping[str, Any]], user: str | None = None
    ) -> list[Envelope]:
        """Have documents accepted in one transaction."""
        checked = []
        for given in documents:
            document = check(dict(given))
            texts = {name: document.pop(name) for name in LONG if name in given}
            checked.append(
                (document, {name: LongText(write(text), None) for name, text in texts.items()})
            )
        return self.request_checked(checked, user)

    def request_checked(
        self, checked: Iterable[tuple[dict[str, Any], LongTexts]], user: str | None = None
    ) -> list[Envelope]:
        """Have documents accepted, with their long texts wherever they are."""
        by, now, envelopes = user or self.user, self.world.clock(), []
        with self.world.database.transaction() as transaction:
            for document, texts in checked:
                digest = hashlib.sha256(write(document).encode()).hexdigest()
                event = RecordPutRequested(
                    project=self.project,
                    label=document["label"],
                    user=by,
                    fields=tuple(sorted([*document, *texts])),
                    size=1,
                    sha256=digest,
                )
                envelopes.append(self.world.stamp.put_on(event))
                keep_draft(transaction, Draft(envelopes[-1].key, digest, document, texts, now))
            entries = [Entry(one, "accepted", f"user:{by}", now) for one in envelopes]
            self.world.bus.ledger.append(transaction, entries)
        return envelopes

    def ask_deletion(
        self, label: str | None = None, tag: str | None = None, user: str | None = None
    ) -> Envelope:
        """Have a deletion accepted."""
        by = user or self.user
        event = RecordDeletionRequested(project=self.project, user=by, label=label, tag=tag)
        (envelope,) = self.world.accept(event)
        return envelope

    # --- asking, and seeing what comes of it ------------------------------------------------------

    def put(self, label: str = LABEL, **changes: Any) -> list[Event]:  # noqa: ANN401 - JSON values
        """Send a whole record as a first PUT has it, with changes; return what follows."""
        return self.settle(self.request(label, first_put(label=label, **changes)))

    def patch(self, label: str = LABEL, **given: Any) -> list[Event]:  # noqa: ANN401 - JSON values
        """Send some fields; return what follows."""
        return self.settle(self.request(label, given))

    def delete(self, label: str | None = None, tag: str | None = None) -> list[Event]:
        """Delete a record, or all with a tag; return what follows."""
        envelope = self.ask_deletion(label, tag)
        self._work(DELETE_RECORDS, envelope)
        return self.followed(envelope)

    def settle(self, envelope: Envelope) -> list[Event]:
        """Have what waits to be stored stored, up to this request; return what follows from it."""
        self._work(STORE_RECORD, envelope)
        return self.followed(envelope)

    def _work(self, consumer: Consumer[Any], envelope: Envelope) -> None:
        # Not until all is at rest: something may be meant to come late.
        with self.world.working(consumer):
            self.world.wait_for(tables.inbox, 1, event_key=envelope.key)

    # --- looking ----------------------------------------------------------------------------------

    def followed(self, envelope: Envelope) -> list[Event]:
        """Return the events that followed from a request, in order."""
        rows = self.world.rows(tables.events, cause=envelope.key)
        rows.sort(key=lambda row: row["position"])
        return [decode(envelope_of(row)) for row in rows]  # type: ignore[arg-type]  # reads like one

    def row(self, label: str = LABEL) -> dict[str, Any]:
        """Return the one row of a record."""
        (row,) = self.world.rows(tables.records, project=self.project, label=label)
        return row

    def history(self, label: str = LABEL) -> list[dict[str, Any]]:
        """Return the rows of a label's history, the first first."""
        return self.world.rows(tables.record_history, project=self.project, label=label)


def kinds(events: list[Event]) -> list[str]:
    """Return what happened, in words: `created`, `closed`, or the code of a refusal."""
    return [
        event.code if isinstance(event, RecordRefused) else event.TYPE.split(".")[2]
        for event in events
    ]
