"""What the store promises of packages and mails: protocols, and the values they speak in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from schemas.datasets import PackageKind
from schemas.mail import Purpose
from schemas.packaging import Packaging


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageRequest:
    """What somebody asked to have packaged."""

    event_key: str
    kind: PackageKind
    resource_id: str
    format: str | None
    """`csv`, `tsv` or `xlsx`; None: the file as it is."""
    host: str
    """The repository's, with an odd port."""
    digest: str
    """SHA-256 of all that makes the package: equal requests have equal ones."""
    parameters: Mapping[str, str]
    """What was sent, checked, by name; without secret, e-mail and API key."""
    api_key: str | None = field(repr=False)
    email: str = field(repr=False)
    asked_by: str
    """The address, masked."""
    count: str | None
    """The limit as it was sent."""
    accepted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A zip that can be downloaded."""

    id: str
    """Key of the request it was built for."""
    name: str
    """Of the zip; whoever knows it has the zip."""
    digest: str
    """That of the request."""
    kind: PackageKind
    resource_id: str
    format: str | None
    host: str
    size: int
    """Bytes."""
    sha256: str
    rows: int | None
    """None: a file."""
    built_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Ready:
    """An equal request has been served shortly before."""

    package: Package


@dataclass(frozen=True, slots=True)
class Mine:
    """Build it."""


@dataclass(frozen=True, slots=True)
class Busy:
    """Somebody who lives is building it."""


Claim = Ready | Mine | Busy


class Packages(Protocol):
    """Requests for packages, builds under way, and packages."""

    def request(self, key: str) -> PackageRequest | None:
        """Return the request; None: it is not there, or has ended. Outside the transaction."""
        ...

    def claim(self, digest: str, key: str, now: datetime, younger_than: datetime) -> Claim:
        """See to it that equal requests share one build. A transaction of its own.

        The one who is told `Mine` is told so again until it has added the package or given the
        build up; others are `Busy` while it holds its lease.
        """
        ...

    def new_name(self) -> str:
        """Return a name for a zip that nobody can guess."""
        ...

    def add(self, package: Package) -> None:
        """Have the package, and its build no more."""
        ...

    def serve(self, request: PackageRequest, package: Package) -> None:
        """Note which package the request has got."""
        ...

    def end(self, request_key: str, now: datetime) -> None:
        """Note that nothing more happens to the request, and forget who asked for what."""
        ...

    def give_up(self, digest: str, key: str) -> None:
        """Let others build what this request was building."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail that is to be sent."""

    id: str
    request: str
    """Key of the request event that it answers."""
    purpose: Purpose
    about: str
    """The id of a resource."""
    sender: str
    recipient: str
    subject: str
    text: str
    html: str
    written_at: datetime


class Mails(Protocol):
    """Mails to be sent."""

    def get(self, mail_id: str) -> Mail | None:
        """Return the mail; None: it is not there, or has ended. Outside the transaction."""
        ...

    def add(self, mail: Mail) -> None:
        """Keep a mail until it is sent."""
        ...

    def end(self, mail_id: str, now: datetime, *, sent: bool) -> None:
        """Note what became of it, and forget recipient and text."""
        ...


class PackageLog(Protocol):
    """Statistics of the packager: who was served, what failed, and totals."""

    def written(self, email: str) -> str:
        """Return an address as it is stored: as typed, or a hash.

        May take a quarter of a second: call it before rows are touched.
        """
        ...

    def delivered(self, request: PackageRequest, written: str, now: datetime) -> None:
        """Count a request whose mail has been sent."""
        ...

    def failed(self, request: PackageRequest, written: str, message: str, now: datetime) -> None:
        """Count a request that finally failed."""
        ...


class Mailer(Protocol):
    """Hands mails to a mail server."""

    def send(self, mail: Mail) -> None:
        """Hand it over; sent twice, it has the same Message-ID.

        Raises MailUnavailableError (the server is down), MailDeferredError (not now),
        MailRefusedError (never).
        """
        ...

    def check(self) -> None:
        """Return when the server answers; raise MailUnavailableError if not."""
        ...


class Scratch(Protocol):
    """A folder on this machine's disk for what is under construction."""

    def folder(self, name: str) -> Path:
        """Return the folder of one piece of work, made if need be."""
        ...

    def remove(self, name: str) -> None:
        """Remove the folder of one piece of work, and all in it. Safe to repeat."""
        ...

    def has_room(self) -> bool:
        """Whether there is more free room than what is to be left to others."""
        ...


class PackageLinks(Protocol):
    """Where packages can be had."""

    def package(self, name: str) -> str:
        """Return the absolute URL of a zip."""
        ...


class HasPackages(Protocol):
    """Work that may touch packages, their mails and their statistics."""

    @property
    def packages(self) -> Packages: ...  # noqa: D102 - the protocol's docstring says it
    @property
    def mails(self) -> Mails: ...  # noqa: D102
    @property
    def package_log(self) -> PackageLog: ...  # noqa: D102


class HasScratch(Protocol):
    """Work that needs room on this machine's disk, outside the transaction."""

    @property
    def scratch(self) -> Scratch: ...  # noqa: D102


class HasPackaging(HasScratch, Protocol):
    """Work that makes packages, outside the transaction."""

    @property
    def packaging(self) -> Packaging: ...  # noqa: D102


class HasMailer(Protocol):
    """Work that may send mail, outside the transaction."""

    @property
    def mailer(self) -> Mailer: ...  # noqa: D102
