"""What the science archive's part of the ingress is given."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from http_ingress.archive.user_ports import UserPorts
from schemas.frame_post import PostRules
from store.file_stores.ports import FileStore


@dataclass(frozen=True, slots=True)
class PageLimits:
    """Results of a page."""

    usual: int = 100
    most: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivePorts:
    """What it needs of the world, and what an operator decides about it."""

    people: UserPorts
    """Who may come in, and how often."""
    file_store: FileStore
    """Where clients put bytes."""
    secret: str = field(repr=False)
    """What links to bytes are signed with."""
    link_seconds: int = 48 * 3600
    """How long a link to bytes works."""
    rules: Callable[[], PostRules]
    """Returns, at once, what may be sent."""
    science_types: tuple[str, ...] = ()
    """What `exclude_calibrations` leaves."""
    pages: PageLimits = field(default_factory=PageLimits)
    largest_post: int = 16 * 1024**2
    """Bytes of one request."""
    scratch: Path
    """Where files may be that are made for one request."""
    zip_base: str = "ocs_archive_data"
    """What names of zips begin with."""
    zip_most_uncompressed: int = 10
    """Frames of a zip whose files are to be uncompressed."""
    zip_manifest: bool = False
    """Whether zips are made by nginx with mod_zip, which is given a manifest."""
    title: str = "Science archive"
    """What its pages are called."""
    terms_url: str = ""
    """Terms of service; empty: there are none to show."""
    documentation_url: str = ""
    """What explains it; empty: nothing does."""
