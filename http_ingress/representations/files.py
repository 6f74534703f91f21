"""Files, as responses show them."""

from datetime import datetime
from urllib.parse import urlencode

from pydantic import JsonValue

from http_ingress.representations.base import Body
from schemas.types import ByteCount, Md5Hex, Sha256Hex
from store.ports import FileVersion


class FileBody(Body):
    """One version of a file."""

    id: str
    name: str
    version: int
    """Counts the different contents a name has had, from 1."""
    size: ByteCount
    sha256: Sha256Hex
    md5: Md5Hex
    media_type: str
    metadata: dict[str, JsonValue]
    archived_at: datetime
    href: str
    content: str
    """Where its bytes are."""
    versions: str
    """Every version under the same name."""
    why: str
    """How it came here."""

    @classmethod
    def of(cls, version: FileVersion) -> "FileBody":
        """Return the representation of a version."""
        return cls(
            id=version.id,
            name=version.name,
            version=version.version,
            size=version.size,
            sha256=version.sha256,
            md5=version.md5,
            media_type=version.media_type,
            metadata=dict(version.metadata),
            archived_at=version.archived_at,
            href=f"/files/{version.id}",
            content=f"/files/{version.id}/content",
            versions=f"/files?{urlencode({'name': version.name})}",
            why=f"/events/{version.archived_by}/why",
        )


class FilesBody(Body):
    """A page of files, the newest first."""

    files: list[FileBody]
    next: str | None
    """Where the next page is; null: this was the last."""
