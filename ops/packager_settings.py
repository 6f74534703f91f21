"""Settings of the dataset packager and of mail; `ops.settings.Settings` has them all."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, JsonValue, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from ops.setting_types import Names, Paths
from schemas.packaging import Letters, Packaging
from schemas.types import ByteCount
from store.errors import SetupError

_TEXTS = {
    "subject": "packager_email_subject",
    "body": "packager_email_body",
    "body_html": "packager_email_body_html",
    "doi_body": "packager_doi_body",
    "doi_body_html": "packager_doi_body_html",
    "apology_subject": "packager_apology_subject",
    "apology_body": "packager_apology_body",
    "apology_body_html": "packager_apology_body_html",
}


class PackagerSettings(BaseSettings):
    """What an operator may decide about packages and mail.

    A text of a mail is the text itself, `@FILE` (a file that has it), or empty: the built-in one.
    """

    model_config = SettingsConfigDict(use_attribute_docstrings=True)

    smtp_url: str = Field("smtp://localhost", repr=False)
    """The mail server: `smtp://host:port`, `smtps://…`, or `smtp+starttls://user:pass@host:port`."""

    packager_secret: SecretStr | None = None
    """What clients of /packager have to know; empty: made at the first start, and kept in
    `packager.secret` in the data directory."""
    packager_page_size: Annotated[int, Field(ge=1, le=1_000_000)] = 5000
    """Rows that are asked of CKAN at once."""
    packager_slow_request: Annotated[int, Field(ge=0)] = 50_000
    """Requests with a higher limit, or none, wait in the queue of slow ones."""
    packager_most_rows: Annotated[int, Field(ge=1)] = 100_000_000
    """Rows of one package; a request that finds more fails."""
    packager_largest_page: ByteCount = 256 * 1024**2
    """Bytes of one page of rows; a request that gets more fails."""
    packager_largest_file: ByteCount = 1024**4
    """Bytes of one file that is fetched; a request for more fails."""
    packager_largest_request: Annotated[int, Field(ge=8 * 1024**2)] = 16 * 1024**2
    """Bytes of one request to /packager; more is answered 413."""
    packager_reserve: ByteCount = 1024**3
    """Bytes of the worker's disk that are left to others: building waits while there are fewer."""
    packager_cache_seconds: Annotated[float, Field(ge=0)] = 86_400
    """How long a package is given to others who ask for the same."""
    packager_keep_days: Annotated[float, Field(gt=0)] = 7
    """How long a package can be downloaded."""
    packager_key_hosts: Names = ()
    """Hosts (`host`, at the usual port, or `host:port`) that may be told an API key when a file is
    fetched."""
    packager_success_message: str = (
        "The resource will be emailed to you shortly. Large ones take a while to be packaged."
    )
    """What whoever asked is told at once."""
    packager_anonymize: Literal["no", "bcrypt", "keyed"] = "no"
    """How statistics keep addresses: as typed; as ckanpackager's hash; as a hash with a key of
    this installation's own, so that nobody can try addresses."""
    packager_pepper: SecretStr | None = None
    """The key of `keyed`: the same in every process, and never changed."""
    packager_email_from: str = "(nobody)"
    """Who sends the mails."""
    packager_email_subject: str = ""
    """Subject of the mail with the link."""
    packager_email_body: str = ""
    """Its text."""
    packager_email_body_html: str = ""
    """Its text in HTML."""
    packager_doi_body: str = ""
    """What `{doi_body}` stands for when there is a DOI."""
    packager_doi_body_html: str = ""
    """What `{doi_body_html}` stands for when there is a DOI."""
    packager_apology_subject: str = ""
    """Subject of the mail that says that there will be no package."""
    packager_apology_body: str = ""
    """Its text."""
    packager_apology_body_html: str = ""
    """Its text in HTML."""
    packager_dwc_id_field: str = "_id"
    """The field whose value joins the files of a Darwin Core Archive."""
    packager_dwc_core_extension: str = ""
    """A file with GBIF's definition of the core; empty: the built-in occurrence."""
    packager_dwc_additional_extensions: Paths = ()
    """Files with definitions of further extensions."""
    packager_dwc_dynamic_term: str = "dynamicProperties"
    """The term that takes what is no term."""
    packager_dwc_extension_fields: dict[str, JsonValue] = Field(default_factory=dict)
    """Fields that hold rows of an extension, as JSON; empty: `associatedMedia`, multimedia."""

    def packaging(self) -> Packaging:
        """Return what `zip-dataset` is given. Raises SetupError for a file that is not there."""
        texts = {name: _text(str(getattr(self, field))) for name, field in _TEXTS.items()}
        return Packaging(
            page_size=self.packager_page_size,
            most_rows=self.packager_most_rows,
            largest_page=self.packager_largest_page,
            largest_file=self.packager_largest_file,
            cache=timedelta(seconds=self.packager_cache_seconds),
            keep=timedelta(days=self.packager_keep_days),
            key_hosts=self.packager_key_hosts,
            letters=Letters(sender=self.packager_email_from, **texts),
            darwin_core=self._darwin_core(),
        )

    def _darwin_core(self) -> Mapping[str, JsonValue]:
        said: dict[str, JsonValue] = {
            "id_field": self.packager_dwc_id_field,
            "core": self.packager_dwc_core_extension or None,
            "additional": [str(path) for path in self.packager_dwc_additional_extensions],
            "dynamic_term": self.packager_dwc_dynamic_term,
        }
        if self.packager_dwc_extension_fields:
            said["extension_fields"] = self.packager_dwc_extension_fields
        return said


def _text(said: str) -> str | None:
    if not said.startswith("@"):
        return said or None
    try:
        return Path(said[1:]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"cannot read the text of a mail, {said[1:]}: {error}") from error
