"""How packages are made: what an operator decides, as the consumers are given it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from pydantic import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """Texts of mails, with placeholders in braces; None: the built-in text."""

    sender: str = "(nobody)"
    """Header From, and the envelope's sender."""
    subject: str | None = None
    body: str | None = None
    body_html: str | None = None
    doi_body: str | None = None
    doi_body_html: str | None = None
    apology_subject: str | None = None
    apology_body: str | None = None
    apology_body_html: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Packaging:
    """Settings of `zip-dataset`."""

    page_size: int = 5000
    """Rows that are asked for at once."""
    most_rows: int = 100_000_000
    """Rows of one package; a source that has more never ends."""
    largest_page: int = 256 * 1024**2
    """Bytes of one page of rows."""
    largest_file: int = 1024**4
    """Bytes of one file that is fetched."""
    cache: timedelta = timedelta(days=1)
    """How long a package is given to others who ask for the same."""
    keep: timedelta = timedelta(days=7)
    """How long a package can be downloaded."""
    checkpoint_seconds: float = 1.0
    """How much work may be lost with a process; 0: no page is asked for twice."""
    key_hosts: tuple[str, ...] = ()
    """Hosts (`host` or `host:port`) that may be told an API key when a file is fetched."""
    letters: Letters = field(default_factory=Letters)
    darwin_core: Mapping[str, JsonValue] = field(default_factory=dict)
    """What the settings say of Darwin Core Archives, by name."""
