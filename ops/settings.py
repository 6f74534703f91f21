"""Every setting: environment variables with the prefix `MUNIMENT_`.

Lists are separated by commas. The three URLs choose the world; the rest has defaults that work.
"""

import os
from pathlib import Path
from socket import gethostname
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_core import to_json
from pydantic_settings import SettingsConfigDict

from ops.archive_header_settings import ArchiveHeaderSettings
from ops.archive_settings import ArchiveSettings
from ops.console_settings import ConsoleSettings
from ops.kafka_settings import KafkaSettings
from ops.packager_settings import PackagerSettings
from ops.reference_settings import ReferenceSettings
from ops.setting_types import Names, Paths
from schemas.types import ByteCount

EMBEDDED = "embedded:"


class RetryOverride(BaseModel):
    """What an operator may change of a `RetryPolicy`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    attempts: Annotated[int, Field(ge=1)] | None = None
    base_seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    factor: Annotated[float, Field(ge=1, allow_inf_nan=False)] | None = None
    cap_seconds: Annotated[float, Field(ge=0, le=365 * 86400)] | None = None
    jitter: Annotated[float, Field(ge=0, le=1)] | None = None


class Settings(
    PackagerSettings,
    ArchiveSettings,
    ArchiveHeaderSettings,
    ConsoleSettings,
    KafkaSettings,
    ReferenceSettings,
):
    """What an operator may decide."""

    model_config = SettingsConfigDict(
        env_prefix="MUNIMENT_", frozen=True, extra="forbid", use_attribute_docstrings=True
    )

    bus_url: str = Field(EMBEDDED, repr=False)
    """`embedded:` (queues in the database) or `amqp://user:pass@host/vhost`, several with `;`."""
    database_url: str = Field("", repr=False)
    """`sqlite:///…` or `postgresql+psycopg2://…`; empty: `muniment.db` in the data directory."""
    objects_url: str = ""
    """`file:<directory>` or `s3://bucket/prefix`; empty: `objects` in the data directory."""
    data_dir: Path = Path("var")
    """Where the embedded database, objects and generated secrets are kept."""

    s3_endpoint_url: str | None = None
    """The S3 server; empty: that of the cloud's SDK."""
    s3_access_key: str | None = None
    """Empty: the SDK's usual places (environment, profile, instance role)."""
    s3_secret_key: SecretStr | None = None
    """Goes with the access key."""
    s3_region: str = "us-east-1"
    """The region that requests are signed for."""

    http_host: str = "127.0.0.1"
    """The address the ingress listens on."""
    http_port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """The port the ingress listens on; 0: any free one."""
    public_url: str = ""
    """What URLs in events begin with; empty: the address the ingress listens on."""
    public_reads: bool = True
    """Whether files, events and pages may be read without a token."""
    largest_upload: ByteCount = 5 * 1024**4
    """Bytes of one file; more is answered 413."""
    largest_batch: ByteCount = 8 * 1024**2
    """Bytes of one request to /events; more is answered 413."""
    largest_record: ByteCount = 64 * 1024**2
    """Bytes of one record sent to /records, its diff included; more is answered 413."""
    answer_seconds: Annotated[float, Field(gt=0, le=600)] = 20
    """How long a client of /records waits for its answer; then it is told 503, and may repeat."""
    metrics_port: Annotated[int, Field(ge=0, le=65535)] = 0
    """Where `consume` and `relay` serve /metrics; 0: nowhere."""

    inbox_dirs: Paths = ()
    """Directories whose files may be ingested by path."""
    ingest_buckets: Names = ()
    """Buckets whose objects may be ingested by `s3://` URL."""
    fetch_allow: Names = ()
    """Hosts, host:port or CIDR that may be fetched although private, or by plain `http:`."""

    lease_seconds: Annotated[float, Field(ge=1)] = 30
    """How long a process that says nothing is believed to live; then others get its work."""
    retry: dict[str, RetryOverride] = Field(default_factory=dict)
    """How consumers try again, as JSON: `{"ingest-file": {"attempts": 5, "base_seconds": 2}}`;
    `factor`, `cap_seconds` and `jitter` can be set, too. What is not said stays as it is."""
    staging_hours: Annotated[float, Field(gt=0)] = 24
    """How long bytes of an interrupted upload are kept."""
    drain_seconds: Annotated[float, Field(gt=0)] = 30
    """How long a stopping process lets its work finish."""
    management_url: str = Field("", repr=False)
    """RabbitMQ's management API, `http://user:pass@host:15672`; empty: not asked."""

    instance: str = Field(default_factory=gethostname)
    """What this installation calls itself in events, connections and logs."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """What is worth a line."""
    log_format: Literal["auto", "json", "console"] = "auto"
    """`auto`: readable on a terminal, JSON elsewhere."""

    @field_validator(
        "s3_endpoint_url",
        "s3_access_key",
        "s3_secret_key",
        "packager_secret",
        "packager_pepper",
        "archive_secret",
        "console_secret",
        "portal_oauth_client_secret",
        "portal_oauth_server_key",
        mode="before",
    )
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("bus_url")
    @classmethod
    def _known_bus(cls, value: str) -> str:
        if value == EMBEDDED or value.startswith(("amqp://", "amqps://")):
            return value
        raise ValueError("must be 'embedded:' or an amqp:// or amqps:// URL")

    @model_validator(mode="after")
    def _urls(self) -> Self:
        if self.objects_url and not self.objects_url.startswith(("file:", "s3://")):
            raise ValueError("MUNIMENT_OBJECTS_URL must begin with file: or s3://")
        if not self.archive_store_url.startswith(("file:", "s3://", "dummy:")):
            raise ValueError("MUNIMENT_ARCHIVE_STORE_URL must begin with file:, s3:// or dummy:")
        return self

    def retry_of(self, consumer: str) -> dict[str, Any]:
        """Return what is said of a consumer's retry policy, by field."""
        said = self.retry.get(consumer)
        return {} if said is None else said.model_dump(exclude_none=True)

    @property
    def database(self) -> str:
        """The database's URL, the default included."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'muniment.db'}"

    @property
    def objects(self) -> str:
        """The object store's URL, the default included."""
        return self.objects_url or f"file:{self.data_dir.absolute() / 'objects'}"

    @property
    def database_file(self) -> Path | None:
        """The file of the embedded database; None: it is elsewhere."""
        kind, _, path = self.database.partition(":///")
        return Path(path) if kind == "sqlite" else None

    @property
    def objects_folder(self) -> Path | None:
        """The folder of the objects; None: they are elsewhere."""
        kind, _, path = self.objects.partition(":")
        return Path(path) if kind == "file" else None

    @property
    def operator_token(self) -> Path:
        """Where the first start keeps the operator's token."""
        return self.data_dir / "operator.token"

    @property
    def packager_secret_file(self) -> Path:
        """Where the first start keeps what clients of /packager have to know."""
        return self.data_dir / "packager.secret"

    @property
    def archive_secret_file(self) -> Path:
        """Where the first start keeps what links and tokens of /archive are signed with."""
        return self.data_dir / "archive.secret"

    @property
    def console_secret_file(self) -> Path:
        """Where the first start keeps what sessions of /admin/ are signed with."""
        return self.data_dir / "console.secret"

    @property
    def announces_on_bus(self) -> bool:
        """Whether notices go to the broker that is the bus."""
        return bool(self.notice_exchange) and not self.notice_amqp_url and self.bus_url != EMBEDDED

    @property
    def scratch(self) -> Path:
        """Where packages are built."""
        return self.data_dir.absolute() / "scratch"


def environment(settings: Settings) -> dict[str, str]:
    """Return the environment of a process that is to have these settings, and no others of ours."""
    prefix = str(settings.model_config["env_prefix"])
    kept = {name: value for name, value in os.environ.items() if not name.startswith(prefix)}
    said = {prefix + name.upper(): _text(value) for name, value in settings}
    return {**kept, **said}


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, dict):
        return to_json(value).decode()
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
