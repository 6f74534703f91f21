"""Capabilities: what this archive does for others, one value each; statistics count their use.

A use is one event of a type listed here, unless it is a request that a consumer makes while it
answers another. Follow-on events, retries and probes are none, and what is refused at the ingress
never becomes an event (contract "CANARIE RPI", section 11).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from schemas.datasets import (
    DatasetFailed,
    DatasetPackaged,
    DatasetPackageRequested,
    DatasetSmallPackageRequested,
)
from schemas.files import FileArchived, FileIngestRequested, FileRejected, FileUnchanged
from schemas.frames import FrameArchived, FramePostRequested, FrameRejected, FrameUpdated
from schemas.records import RecordCreated, RecordRefused, RecordUpdated
from schemas.routing import is_request


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """One thing that others use this archive for."""

    name: str
    """As it stands in URLs."""
    title: str
    """What people call it, unless an operator says otherwise; no two are the same."""
    synopsis: str
    category: str
    """One of `schemas.components.CATEGORIES`."""
    subject: str
    """Its research subject."""
    tags: tuple[str, ...]
    uses: tuple[str, ...]
    """Event types: each event of one is one use, but for requests that a consumer makes."""
    served: tuple[str, ...]
    """Event types: each event of one says that something was done that was asked for."""
    failures: tuple[str, ...]
    """Event types: each event of one says that a use came to nothing."""
    resources: Mapping[str, str]
    """The field of an event type that says what was used: a resource, a project, an instrument."""
    consumers: tuple[str, ...]
    """Those without which its work is not done."""
    entry: str
    """Path of its real entry point, from the root of the site."""

    def is_used_by(self, event_type: str, *, ours: bool) -> bool:
        """Whether an event is a use; `ours`: a consumer has emitted it."""
        return event_type in self.uses and not (ours and is_request(event_type))

    @property
    def endings(self) -> tuple[str, ...]:
        """Event types: each event of one says what came of something that was asked for."""
        return (*self.served, *self.failures)


PACKAGER = Capability(
    name="packager",
    title="Dataset packager",
    synopsis="Packs rows or files of a repository into a zip, and mails its link.",
    category="Data Manipulation",
    subject="Research data",
    tags=("zip", "CSV", "Darwin Core", "CKAN"),
    uses=(DatasetPackageRequested.TYPE, DatasetSmallPackageRequested.TYPE),
    served=(DatasetPackaged.TYPE,),
    failures=(DatasetFailed.TYPE,),
    resources={
        DatasetPackageRequested.TYPE: "resource_id",
        DatasetSmallPackageRequested.TYPE: "resource_id",
    },
    consumers=("zip-dataset.fast", "zip-dataset.slow", "send-mail"),
    entry="/packager",
)
ARCHIVE = Capability(
    name="archive",
    title="Science archive",
    synopsis="Keeps files and frames of observations, finds them again, and gives them out.",
    category="Data Storage and Retrieval",
    subject="Astronomy",
    tags=("archive", "FITS", "OAIS"),
    uses=(FileIngestRequested.TYPE, FramePostRequested.TYPE),
    served=(FileArchived.TYPE, FileUnchanged.TYPE, FrameArchived.TYPE, FrameUpdated.TYPE),
    failures=(FileRejected.TYPE, FrameRejected.TYPE),
    resources={FileArchived.TYPE: "instrument"},
    consumers=("ingest-file", "ingest-frame"),
    entry="/archive/",
)
RECORDS = Capability(
    name="records",
    title="Record store",
    synopsis="Keeps what is known of runs of computational experiments, revision by revision.",
    category="Data Storage and Retrieval",
    subject="Computational science",
    tags=("provenance", "reproducibility", "Sumatra"),
    uses=(RecordCreated.TYPE, RecordUpdated.TYPE),
    served=(RecordCreated.TYPE, RecordUpdated.TYPE),
    failures=(RecordRefused.TYPE,),
    resources={RecordCreated.TYPE: "project", RecordUpdated.TYPE: "project"},
    consumers=("store-record",),
    entry="/records/",
)

CAPABILITIES: Mapping[str, Capability] = MappingProxyType(
    {one.name: one for one in (PACKAGER, ARCHIVE, RECORDS)}
)
"""Every capability there is, by name."""

CAPABILITY_OF: Mapping[str, Capability] = MappingProxyType(
    {
        name: one
        for one in CAPABILITIES.values()
        for name in (*one.uses, *one.failures, *one.resources)
    }
)
"""The capability that an event of this type tells something of."""

SIZED = frozenset({FileArchived.TYPE})
"""Event types whose `size` is so many bytes archived."""
