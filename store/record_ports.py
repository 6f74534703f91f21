"""What the store promises of records: protocols, and the small values they speak in."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, Self

from schemas.record_document import Document

Happening = Literal["created", "updated", "deleted", "superseded"]
"""What an entry of a record's history tells; `superseded`: it came late, and was not applied."""


@dataclass(frozen=True, slots=True)
class LongText:
    """A text that may be long: a JSON string literal, or the digest of the object that holds it."""

    literal: str | None
    sha256: str | None


LongTexts = Mapping[str, LongText]
"""By field: `diff` and `stdout_stderr`, as far as they were given."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody sent for a record; it waits to be applied."""

    event_key: str
    """Of the request."""
    fingerprint: str
    """SHA-256 of who sent what for which record."""
    document: Document
    """What was sent, checked, but the long texts."""
    texts: LongTexts
    accepted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is known of one run."""

    id: str
    project: str
    label: str
    timestamp: datetime
    """When the run began, UTC, to the second."""
    born: int
    """Ledger position of the request that created it."""
    sequence: int
    """That of the last request applied."""
    revision: int
    """Counts accepted changes, from 1."""
    open: bool
    """The run has not ended: everything may change."""
    document: Document
    """All but the long texts and the project."""
    texts: LongTexts
    """Both of them."""
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True)
class Held:
    """A label of a project, kept from others until commit, and what is there."""

    exists: bool
    """The project does."""
    permitted: bool
    """The user may change what is in it."""
    record: Record | None
    deleted: int
    """Ledger position of the last deletion under this label; 0: there was none."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a request that is about to be carried out will ask for."""

    key: str
    """Of the request event."""
    project: str
    label: str
    user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a record's history."""

    project: str
    label: str
    record: str
    """The record's id."""
    revision: int
    """The record's, after this."""
    sequence: int
    """Ledger position of the request."""
    event_key: str
    """Of the request."""
    happened: Happening
    at: datetime
    by: str
    before: Document
    """What the changed fields said before; or, superseded, what they were to say."""
    texts: LongTexts
    """The same, of the long texts."""

    @classmethod
    def of(  # noqa: PLR0913 - what an entry is made of
        cls,
        record: Record,
        happened: Happening,
        *,
        key: str,
        sequence: int,
        before: Document,
        texts: LongTexts,
    ) -> Self:
        """Return the entry for what the request `key` did to the record, as it is since then."""
        return cls(
            project=record.project,
            label=record.label,
            record=record.id,
            revision=record.revision,
            sequence=sequence,
            event_key=key,
            happened=happened,
            at=record.changed_at,
            by=record.changed_by,
            before=before,
            texts=texts,
        )


class Records(Protocol):
    """Records and their history."""

    def expect(self, requests: Sequence[Expected]) -> None:
        """Take and hold for many requests at once what each will ask for.

        Changes nothing but the time that this takes; what was not expected can be asked for, too.
        """
        ...

    def take(self, key: str) -> Draft | None:
        """Return what came with the request, and forget it: it is applied now, or never will be.

        None: it is not there (any more).
        """
        ...

    def hold(self, project: str, label: str, user: str) -> Held:
        """Return what is under a label, and keep others from changing it until commit."""
        ...

    def hold_tagged(
        self, project: str, tag: str, position: int, most: int
    ) -> Iterator[Sequence[Record]]:
        """Yield all records that have exactly this tag, so many at a time or fewer.

        Those that a request behind this ledger position was applied to are left out. Others are
        kept from changing any until commit.
        """
        ...

    def permitted(self, project: str, user: str) -> bool:
        """Whether the user may change what is in the project; False where there is none."""
        ...

    def add(self, record: Record) -> None:
        """Add a record under a label that is free."""
        ...

    def change(self, record: Record) -> None:
        """Replace what is known of a record."""
        ...

    def pass_by(self, record: Record, sequence: int) -> None:
        """Note that a request was carried out that changed nothing."""
        ...

    def remove(self, records: Collection[Record]) -> None:
        """Remove records; their labels are free again."""
        ...

    def remember(self, entry: Entry) -> None:
        """Add to the history."""
        ...


class HasRecords(Protocol):
    """Work that may touch records."""

    @property
    def records(self) -> Records: ...  # noqa: D102 - the protocol's docstring says it
