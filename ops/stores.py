"""The store that the settings name: database, objects, sources, accounts."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import uuid_utils
from sqlalchemy.engine import make_url

from ops.secret_files import keep_secret, make_folder, secret_of
from ops.settings import Settings
from schemas.frame_post import PostRules
from schemas.package_parameters import PUBLISHED_SECRETS
from store.accounts import Accounts
from store.anonymity import anonymiser
from store.archive.logins import ArchiveLogins
from store.archive.members import ArchiveMembers
from store.archive.portal import HttpPortal, NoPortal
from store.archive.portal_ports import Portal
from store.archive.users import ArchiveUsers
from store.archive.visits import ArchiveVisits
from store.configuration_types import ConfigurationTypes
from store.database import Database, open_database
from store.errors import SetupError
from store.file_stores.folder import FolderFileStore
from store.file_stores.none import NoFileStore
from store.file_stores.ports import FileStore
from store.file_stores.s3 import S3FileStore
from store.frames.objects import FrameObjects
from store.objects_local import LocalObjectStore
from store.objects_s3 import S3ObjectStore
from store.outgoing import Outgoing
from store.package_ports import Mailer
from store.ports import ObjectStore, Sources
from store.s3 import Addressing, s3_client
from store.scratch import LocalScratch
from store.smtp import open_mailer
from store.sources import GuardedSources
from store.upgrading import require_newest, upgrade
from store.web_ports import Web

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def clock() -> datetime:
    """Return the time, UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """Return a UUIDv7."""
    return str(uuid_utils.uuid7())


def new_secret() -> str:
    """Return 256 random bits as URL-safe text."""
    return secrets.token_urlsafe(32)


class Store:
    """Everything that remembers, opened when first asked for."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._stack = ExitStack()

    @cached_property
    def database(self) -> Database:
        """The database, not yet looked at."""
        url = self.settings.database
        if make_url(url).get_backend_name() == "sqlite" and make_url(url).database:
            make_folder(Path(str(make_url(url).database)).parent)
        database = open_database(url, application=f"muniment@{self.settings.instance}")
        self._stack.callback(database.close)
        return database

    @cached_property
    def s3(self) -> "S3Client | None":
        """The S3 client, if the settings ask for one."""
        settings = self.settings
        stores = (settings.objects, settings.archive_store_url)
        if not (any(url.startswith("s3://") for url in stores) or settings.ingest_buckets):
            return None
        return self._s3_client()

    @cached_property
    def objects(self) -> ObjectStore:
        """The object store, which knows of frames' bytes elsewhere."""
        return FrameObjects(self._objects, self.database, self.file_store)

    @cached_property
    def _objects(self) -> ObjectStore:
        url = self.settings.objects
        if url.startswith("file:"):
            return LocalObjectStore(Path(url.removeprefix("file:").removeprefix("//")))
        if self.s3 is None:
            raise SetupError("MUNIMENT_OBJECTS_URL names S3, and there is no client for it")
        bucket, _, prefix = url.removeprefix("s3://").partition("/")
        objects = S3ObjectStore(self.s3, bucket, prefix)
        objects.ensure_bucket()
        return objects

    @cached_property
    def file_store(self) -> FileStore:
        """Where clients put the bytes of frames."""
        url = self.settings.archive_store_url
        if url.startswith("dummy:"):
            return NoFileStore()
        if url.startswith("file:"):
            folder = Path(url.removeprefix("file:").removeprefix("//"))
            make_folder(folder)
            return FolderFileStore(folder)
        bucket = url.removeprefix("s3://").removesuffix("/")
        if self.s3 is None or not bucket or "/" in bucket:
            raise SetupError(f"MUNIMENT_ARCHIVE_STORE_URL={url} must name a bucket, and that alone")
        signer = self._s3_client(self.settings.archive_s3_addressing_style)
        return S3FileStore(self.s3, signer, bucket, clock)

    @cached_property
    def sources(self) -> Sources:
        """Places outside that may be read from."""
        settings = self.settings
        return GuardedSources(
            inbox_dirs=settings.inbox_dirs,
            buckets=settings.ingest_buckets,
            s3=self.s3,
            fetch_allow=settings.fetch_allow,
        )

    @cached_property
    def web(self) -> Web:
        """Servers that a user named."""
        return Outgoing(self.settings.fetch_allow)

    @cached_property
    def mailer(self) -> Mailer:
        """The mail server."""
        return open_mailer(self.settings.smtp_url)

    @cached_property
    def scratch(self) -> LocalScratch:
        """Room for packages under construction."""
        return LocalScratch(self.settings.scratch, self.settings.packager_reserve)

    @cached_property
    def packager_secret(self) -> str:
        """What clients of /packager have to know. Raises SetupError when there is none yet."""
        secret = secret_of(
            self.settings.packager_secret,
            self.settings.packager_secret_file,
            setting="MUNIMENT_PACKAGER_SECRET",
            of="/packager",
        )
        if not secret or secret in PUBLISHED_SECRETS:
            raise SetupError("everybody knows this MUNIMENT_PACKAGER_SECRET: choose another")
        return secret

    @cached_property
    def archive_secret(self) -> str:
        """What links and tokens of /archive are signed with. Raises SetupError: there is none."""
        return secret_of(
            self.settings.archive_secret,
            self.settings.archive_secret_file,
            setting="MUNIMENT_ARCHIVE_SECRET",
            of="/archive",
        )

    @cached_property
    def console_secret(self) -> str:
        """What sessions of /admin/ are signed with. Raises SetupError: there is none."""
        return secret_of(
            self.settings.console_secret,
            self.settings.console_secret_file,
            setting="MUNIMENT_CONSOLE_SECRET",
            of="/admin/",
        )

    @cached_property
    def anonymise(self) -> Callable[[str], str]:
        """Turns an address into what statistics keep."""
        mode, pepper = self.settings.packager_anonymize, self.settings.packager_pepper
        if mode == "keyed" and pepper is None:
            raise SetupError("MUNIMENT_PACKAGER_ANONYMIZE=keyed needs a MUNIMENT_PACKAGER_PEPPER")
        return anonymiser(mode, b"" if pepper is None else pepper.get_secret_value().encode())

    @cached_property
    def accounts(self) -> Accounts:
        """Users and tokens."""
        return Accounts(self.database, clock, new_id, new_secret)

    @cached_property
    def archive_users(self) -> ArchiveUsers:
        """Users of /archive, and their tokens there."""
        return ArchiveUsers(self.database, lambda: self.archive_secret, clock)

    @cached_property
    def configuration_types(self) -> ConfigurationTypes:
        """What the configuration type of a frame may be."""
        settings = self.settings
        listed = settings.archive_configuration_types
        types = ConfigurationTypes(settings.archive_configdb_url, listed, clock)
        self._stack.callback(types.close)
        return types

    def post_rules(self) -> PostRules:
        """Return what may be sent to /archive, as far as is known now."""
        return replace(
            self.settings.post_rules(), configuration_types=self.configuration_types.known
        )

    @cached_property
    def portal(self) -> Portal:
        """The observation portal."""
        settings = self.settings
        if not settings.portal_oauth_profile_url:
            return NoPortal()
        secret = settings.portal_oauth_client_secret
        portal = HttpPortal(
            token_url=settings.portal_oauth_token_url,
            profile_url=settings.portal_oauth_profile_url,
            client_id=settings.portal_oauth_client_id,
            client_secret="" if secret is None else secret.get_secret_value(),
        )
        self._stack.callback(portal.close)
        return portal

    @cached_property
    def archive_logins(self) -> ArchiveLogins:
        """Letting people into /archive by password or the portal's tokens."""
        return ArchiveLogins(self.archive_users, self.accounts, self.portal)

    @cached_property
    def archive_members(self) -> ArchiveMembers:
        """Of which proposals users of /archive are members."""
        believed = timedelta(seconds=self.settings.portal_proposals_seconds)
        return ArchiveMembers(self.archive_users, self.portal, clock, believed)

    @cached_property
    def archive_visits(self) -> ArchiveVisits:
        """How often somebody has come to /archive."""
        return ArchiveVisits(self.database, clock)

    def _s3_client(self, addressing: Addressing | None = None) -> "S3Client":
        settings, secret = self.settings, self.settings.s3_secret_key
        return s3_client(
            endpoint_url=settings.s3_endpoint_url,
            access_key=settings.s3_access_key,
            secret_key=secret.get_secret_value() if secret is not None else None,
            region=settings.s3_region,
            addressing=addressing,
        )

    def close(self) -> None:
        """Close what was opened."""
        self._stack.close()


@contextmanager
def open_store(settings: Settings) -> Iterator[Store]:
    """Open the store for a block; for commands that need no bus."""
    store = Store(settings)
    try:
        yield store
    finally:
        store.close()


def prepare(store: Store, *, may_upgrade: bool) -> None:
    """See that the tables are there, the operator's token, and what is signed with."""
    if not may_upgrade:
        require_newest(store.database)
        return
    upgrade(store.database)
    keep_operator_token(store)
    settings = store.settings
    for said, path in (
        (settings.packager_secret, settings.packager_secret_file),
        (settings.archive_secret, settings.archive_secret_file),
        (settings.console_secret, settings.console_secret_file),
    ):
        if said is None and not path.exists():
            keep_secret(path, new_secret())


def keep_operator_token(store: Store) -> None:
    """Make the operator and its token at the first start, readable to this account only."""
    path = store.settings.operator_token
    if path.exists():
        return
    make_folder(path.parent)
    if not any(user.name == "operator" for user in store.accounts.users()):
        store.accounts.add_user("operator", None, superuser=True)
    _, secret = store.accounts.create_token("operator", "made at the first start")
    keep_secret(path, secret)
