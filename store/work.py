"""The work a handler is given: its event's place in the ledger, and every port it may name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from pydantic import JsonValue

from schemas.packaging import Packaging
from store.components.polling import SqlPolls
from store.components.ports import Pollster
from store.database import Database, Transaction
from store.file_stores.ports import FileStore
from store.files import SqlFiles
from store.frames.describing import Describing
from store.frames.holdings import SqlHoldings
from store.frames.repository import SqlFrames
from store.mails import SqlMails
from store.notice_ports import Notices
from store.package_log import Anonymise, SqlPackageLog
from store.package_ports import Mailer, Scratch
from store.packages import SqlPackages
from store.ports import HasLease, Links, ObjectStore, Sources
from store.probes import SqlProbes
from store.records import SqlRecords
from store.statistics.repository import SqlStatistics
from store.uploads import SqlUploads
from store.web_ports import Web


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What the work of all events shares: it lies outside of their transactions."""

    database: Database
    objects: ObjectStore
    sources: Sources
    links: Links
    new_id: Callable[[], str]
    new_secret: Callable[[], str]
    """Returns 256 random bits as URL-safe text."""
    web: Web
    pollster: Pollster
    mailer: Mailer
    scratch: Scratch
    packaging: Packaging
    anonymise: Anonymise
    file_store: FileStore
    notices: Notices
    describing: Describing
    chance: Callable[[], float]
    """Returns a number in [0, 1)."""
    drawn_sizes: Sequence[str] = ()

    def frames(self, transaction: Transaction) -> SqlFrames:
        """Return the frames as one transaction sees and changes them."""
        return SqlFrames(transaction, self.database, self.notices)


@dataclass(frozen=True)
class SqlWork:
    """One event's work in a transaction; satisfies `store.ports.Work`."""

    transaction: Transaction
    key: str
    position: int
    now: datetime
    outside: Outside
    lease: HasLease | None = None
    """None: the consumer does not say that its work is long."""

    def new_id(self) -> str:
        """Return a UUIDv7."""
        return self.outside.new_id()

    def on_commit(self, callback: Callable[[], None]) -> None:
        """Call back once this work has been committed."""
        self.transaction.on_commit(callback)

    @property
    def resumed(self) -> JsonValue:
        """The last checkpoint."""
        return self._lease.resumed

    def checkpoint(self, state: JsonValue) -> None:
        """Remember where to go on from."""
        if self.transaction.begun:
            # Its transaction would wait for ours, and ours for it.
            raise RuntimeError("a checkpoint comes before the first row is touched, not after")
        self._lease.checkpoint(state)

    def progress(self, done: int, total: int | None, unit: str) -> None:
        """Say how far the work is."""
        self._lease.progress(done, total, unit)

    @property
    def _lease(self) -> HasLease:
        if self.lease is None:
            raise RuntimeError("only a consumer with long=True has checkpoints and progress")
        return self.lease

    # --- outside the transaction ------------------------------------------------------------------

    @property
    def objects(self) -> ObjectStore:
        """The object store."""
        return self.outside.objects

    @property
    def sources(self) -> Sources:
        """Places that an event may name as the origin of bytes."""
        return self.outside.sources

    @property
    def links(self) -> Links:
        """URLs of ours."""
        return self.outside.links

    @property
    def web(self) -> Web:
        """Servers that a user named."""
        return self.outside.web

    @property
    def pollster(self) -> Pollster:
        """Sends polls."""
        return self.outside.pollster

    @property
    def mailer(self) -> Mailer:
        """The mail server."""
        return self.outside.mailer

    @property
    def scratch(self) -> Scratch:
        """Room for what is under construction."""
        return self.outside.scratch

    @property
    def packaging(self) -> Packaging:
        """How packages are made."""
        return self.outside.packaging

    @property
    def file_store(self) -> FileStore:
        """Where clients put the bytes of frames."""
        return self.outside.file_store

    @property
    def describing(self) -> Describing:
        """How archived files become frames."""
        return self.outside.describing

    @property
    def drawn_sizes(self) -> Sequence[str]:
        """Sizes of thumbnails that are drawn."""
        return self.outside.drawn_sizes

    # --- rows -------------------------------------------------------------------------------------

    @cached_property
    def files(self) -> SqlFiles:
        """The catalogue of files."""
        return SqlFiles(self.transaction, self.outside.database)

    @cached_property
    def uploads(self) -> SqlUploads:
        """Received bytes."""
        return SqlUploads(self.transaction)

    @cached_property
    def probes(self) -> SqlProbes:
        """Answered probes."""
        return SqlProbes(self.transaction)

    @cached_property
    def records(self) -> SqlRecords:
        """Records of runs."""
        return self.transaction.part(SqlRecords)

    @cached_property
    def frames(self) -> SqlFrames:
        """Frames."""
        return self.transaction.part(self.outside.frames)

    @cached_property
    def holdings(self) -> SqlHoldings:
        """Bytes of frames."""
        return SqlHoldings(self.transaction, self.outside.database)

    @cached_property
    def statistics(self) -> SqlStatistics:
        """Figures of what has happened."""
        return self.transaction.part(SqlStatistics)

    @cached_property
    def polls(self) -> SqlPolls:
        """Polling of components."""
        return SqlPolls(self.transaction, self.outside.database, self.key, self.outside.chance)

    @cached_property
    def packages(self) -> SqlPackages:
        """Dataset packages."""
        return SqlPackages(self.transaction, self.outside.database, self.outside.new_secret)

    @cached_property
    def mails(self) -> SqlMails:
        """Mails to be sent."""
        return SqlMails(self.transaction, self.outside.database)

    @cached_property
    def package_log(self) -> SqlPackageLog:
        """Statistics of the packager."""
        return SqlPackageLog(self.transaction, self.outside.anonymise)
