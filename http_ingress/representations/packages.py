"""Packages, as responses show them."""

from datetime import datetime

from http_ingress.representations.base import Body
from http_ingress.representations.operations import ProgressBody
from schemas.datasets import PackageKind
from schemas.types import ByteCount, Sha256Hex
from store.operations import State
from store.package_views import Built, Waiting


class PackageBody(Body):
    """A package that was built."""

    id: str
    """Key of the request that it was built for."""
    resource_id: str
    kind: PackageKind
    format: str | None
    """Null: the file as it is."""
    host: str
    """The repository's."""
    size: ByteCount
    sha256: Sha256Hex
    rows: int | None
    """Null: it is a file."""
    built_at: datetime
    expires_at: datetime
    pinned: bool
    """It is kept beyond its time."""
    removed_at: datetime | None
    asked: int
    """Requests that were given it."""
    href: str
    why: str
    """How it came to be."""
    asked_by: list[str] | None
    """Addresses, masked; null: only operators are told."""
    download: str | None
    """Where the zip is; null: it is gone, or only operators are told."""

    @classmethod
    def of(cls, built: Built, now: datetime, *, in_full: bool) -> "PackageBody":
        """Return the representation of a package; `in_full`: as operators are shown it."""
        one = built.package
        download = None
        if in_full and built.can_be_had(now):
            download = f"/packager/resources/{one.name}"
        return cls(
            id=one.id,
            resource_id=one.resource_id,
            kind=one.kind,
            format=one.format,
            host=one.host,
            size=one.size,
            sha256=one.sha256,
            rows=one.rows,
            built_at=one.built_at,
            expires_at=one.expires_at,
            pinned=built.pinned,
            removed_at=built.removed_at,
            asked=built.asked,
            href=f"/packages/{one.id}",
            why=f"/events/{one.id}/why",
            asked_by=list(built.askers) if in_full else None,
            download=download,
        )


class WaitingPackageBody(Body):
    """A request for a package that has not ended."""

    id: str
    resource_id: str
    kind: PackageKind
    format: str | None
    """Null: the file as it is."""
    host: str
    accepted_at: datetime
    state: State | None
    """Of the operation. `succeeded`: there is a package, and its mail is on its way; null: nothing
    is known of it any more."""
    progress: ProgressBody | None
    href: str
    """The operation."""
    request: str
    """The event that asked."""
    asked_by: str | None
    """An address, masked; null: only operators are told."""

    @classmethod
    def of(cls, waiting: Waiting, *, in_full: bool) -> "WaitingPackageBody":
        """Return the representation of a request; `in_full`: as operators are shown it."""
        operation = waiting.operation
        progress = None if operation is None else operation.progress
        return cls(
            id=waiting.key,
            resource_id=waiting.resource_id,
            kind=waiting.kind,
            format=waiting.format,
            host=waiting.host,
            accepted_at=waiting.accepted_at,
            state=None if operation is None else operation.state,
            progress=None if progress is None else ProgressBody.of(progress),
            href=f"/operations/{waiting.key}",
            request=f"/events/{waiting.key}",
            asked_by=waiting.asked_by if in_full else None,
        )


class PackagesBody(Body):
    """A page of packages, those first that were asked for last."""

    waiting: list[WaitingPackageBody]
    """Requests that have not ended, those first that have waited longest; the first 100, and on
    the first page only."""
    packages: list[PackageBody]
    next: str | None
    """Where the next page is; null: this was the last."""
