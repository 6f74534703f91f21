"""Events in the life of a dataset package: rows or a file of a repository, as a zip to download.

They name what is packaged, and never who asks or by which link it can be had: whoever may read
events would have it. Address, key and parameters wait in a row until the package is delivered.
"""

from typing import ClassVar, Literal

from pydantic import Field

from schemas.base import Event, Outcome
from schemas.types import ByteCount, Sha256Hex, UtcTime

PackageKind = Literal["datastore", "url", "dwc_archive"]
"""What becomes a zip: rows of a datastore, a file at a URL, rows as a Darwin Core Archive."""


class DatasetEvent(Event):
    """What every event of a dataset package says."""

    SUBJECT: ClassVar[str] = "resource_id"

    resource_id: str
    """Of the resource, in its repository."""
    kind: PackageKind
    host: str
    """The repository's, with its port if that is not the usual one."""


class PackageRequested(DatasetEvent):
    """What both kinds of requests say."""

    POSTABLE: ClassVar[bool] = False

    format: str | None = None
    """`csv`, `tsv` or `xlsx`; null: the file as it is."""


class DatasetPackageRequested(PackageRequested):
    """Someone asks for a package that may take long: queue `zip-dataset.slow`."""

    TYPE: ClassVar[str] = "muniment.dataset.package_requested.v1"


class DatasetSmallPackageRequested(PackageRequested):
    """Someone asks for a package that is small, or there already: queue `zip-dataset.fast`."""

    TYPE: ClassVar[str] = "muniment.dataset.small_package_requested.v1"


class DatasetPackaged(DatasetEvent):
    """The package is there, and a mail with its link is on its way."""

    TYPE: ClassVar[str] = "muniment.dataset.packaged.v1"

    artefact: str
    """Id of the package: key of the request that it was built for. Operators are told its link
    at `/packages/ID`."""
    digest: Sha256Hex
    """SHA-256 of the zip."""
    size: ByteCount
    """Of the zip."""
    rows: int | None = Field(default=None, ge=0)
    """Rows of the resource in it; null: it is a file."""
    expiry: UtcTime
    """When the zip is removed."""
    shared: bool = False
    """It was there already, built for an earlier request."""


class DatasetFailed(DatasetEvent):
    """There will be no package; whoever asked is told by mail."""

    TYPE: ClassVar[str] = "muniment.dataset.failed.v1"
    OUTCOME: ClassVar[Outcome] = "failed"

    reason: str
