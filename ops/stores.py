"""The store that the settings name: database, objects, sources, accounts."""

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import uuid_utils
from sqlalchemy.engine import make_url

from ops.settings import Settings
from schemas.package_parameters import PUBLISHED_SECRETS
from store.accounts import Accounts
from store.anonymity import anonymiser
from store.database import Database, open_database
from store.errors import SetupError
from store.objects_local import LocalObjectStore
from store.objects_s3 import S3ObjectStore
from store.outgoing import Outgoing
from store.package_ports import Mailer
from store.ports import ObjectStore, Sources
from store.s3 import s3_client
from store.scratch import LocalScratch
from store.smtp import open_mailer
from store.sources import GuardedSources
from store.upgrading import require_newest, upgrade
from store.web_ports import Web

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_log = logging.getLogger(__name__)


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
            _make_folder(Path(str(make_url(url).database)).parent)
        database = open_database(url, application=f"muniment@{self.settings.instance}")
        self._stack.callback(database.close)
        return database

    @cached_property
    def s3(self) -> "S3Client | None":
        """The S3 client, if the settings ask for one."""
        settings = self.settings
        if not (settings.objects.startswith("s3://") or settings.ingest_buckets):
            return None
        secret = settings.s3_secret_key
        return s3_client(
            endpoint_url=settings.s3_endpoint_url,
            access_key=settings.s3_access_key,
            secret_key=secret.get_secret_value() if secret is not None else None,
            region=settings.s3_region,
        )

    @cached_property
    def objects(self) -> ObjectStore:
        """The object store."""
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
        said = self.settings.packager_secret
        path = self.settings.packager_secret_file
        if said is None and not path.exists():
            raise SetupError(
                f"there is no secret for /packager: set MUNIMENT_PACKAGER_SECRET, or start "
                f"`muniment ingress` once, which makes {path}"
            )
        secret = path.read_text().strip() if said is None else said.get_secret_value()
        if not secret or secret in PUBLISHED_SECRETS:
            raise SetupError("everybody knows this MUNIMENT_PACKAGER_SECRET: choose another")
        return secret

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
    """See that the tables are there, and the operator's token."""
    if may_upgrade:
        upgrade(store.database)
        keep_operator_token(store)
        if store.settings.packager_secret is None:
            _kept(store.settings.packager_secret_file)
    else:
        require_newest(store.database)


def keep_operator_token(store: Store) -> None:
    """Make the operator and its token at the first start, readable to this account only."""
    path = store.settings.operator_token
    if path.exists():
        return
    _make_folder(path.parent)
    if not any(user.name == "operator" for user in store.accounts.users()):
        store.accounts.add_user("operator", None, superuser=True)
    _, secret = store.accounts.create_token("operator", "made at the first start")
    _keep(path, secret)
    _log.info("the operator's token is in %s", path)


def _kept(path: Path) -> str:
    """Return the secret in a file, which is made if need be."""
    if not path.exists():
        _make_folder(path.parent)
        _keep(path, new_secret())
        _log.info("a new secret is in %s", path)
    return path.read_text().strip()


def _keep(path: Path, secret: str) -> None:
    """Write a secret, readable to this account only."""
    # Named when it is whole: a file without its secret would keep everybody out, for good.
    draft = path.with_suffix(".draft")
    with _writing(path):
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_text(secret + "\n")
        draft.replace(path)


def _make_folder(folder: Path) -> None:
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SetupError(
            f"cannot write {path}: {error.strerror}; make MUNIMENT_DATA_DIR writable for this "
            "user, with room in it, or choose another"
        ) from error
