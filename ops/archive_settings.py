"""Settings of the science archive, `/archive`; the observation portal's, and those of notices."""

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from ops.setting_types import Names, Networks
from schemas.frame_post import PostRules
from schemas.types import ByteCount

Positive = Annotated[int, Field(ge=1)]
WebUrl = Annotated[str, Field(pattern=r"^(https?://[^\s]+)?$")]


class ArchiveSettings(BaseSettings):
    """What an operator may decide about frames."""

    model_config = SettingsConfigDict(use_attribute_docstrings=True)

    archive_store_url: str = "dummy:"
    """Where clients put files of frames: `file:<directory>`, `s3://bucket`, or `dummy:`, nowhere.
    An S3 server and its keys are those of `MUNIMENT_S3_…`."""
    archive_s3_addressing_style: Literal["auto", "path", "virtual"] = "auto"
    """How URLs of the bucket that clients are given are built."""
    archive_secret: SecretStr | None = None
    """What links and tokens of /archive are signed with, the same in every ingress; empty: made at
    the first start, and kept in `archive.secret` in the data directory."""
    archive_configuration_types: Names = (
        "BIAS",
        "DARK",
        "EXPOSE",
        "SPECTRUM",
        "LAMPFLAT",
        "SKYFLAT",
        "STANDARD",
        "TRAILED",
        "GUIDE",
        "EXPERIMENTAL",
        "CATALOG",
    )
    """What `configuration_type` may be. Ingesters also infer ARC, DOUBLE, TARGET, TRACE and BPM."""
    archive_configdb_url: str = ""
    """A configuration database that knows the types: `GET <url>/instruments/`; empty: none."""
    archive_science_configuration_types: Names = (
        "EXPOSE",
        "TARGET",
        "SPECTRUM",
        "CATALOG",
        "OBJECT",
    )
    """What is left by `exclude_calibrations`."""
    archive_thumbnail_sizes: Names = ("small", "medium", "large")
    """What the size of a thumbnail may be."""
    archive_default_limit: Positive = 100
    """Results of a page when none is asked for."""
    archive_max_limit: Positive = 1000
    """Results of a page at most."""
    archive_zip_filename_base: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,100}$")] = (
        "ocs_archive_data"
    )
    """What names of zips begin with."""
    archive_zip_most_uncompressed: Positive = 10
    """Frames of a zip whose files are to be uncompressed."""
    archive_zip_manifest: bool = False
    """Whether zips are left to nginx with mod_zip, which is given a manifest."""
    archive_largest_post: Annotated[int, Field(ge=1024**2)] = 16 * 1024**2
    """Bytes of one request; more is answered 413."""
    archive_anonymous_per_day: ByteCount = 1000
    """Requests in 24 hours from one address by who is not signed in; 0: as many as they like."""
    archive_users_per_day: ByteCount = 50_000
    """Requests in 24 hours by one user who is not staff; 0: as many as they like."""
    archive_trusted_proxies: Networks = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
    """Addresses or CIDR networks of proxies that are believed about whom they pass a request on
    for (`X-Forwarded-For`), so that readers are counted apart."""
    archive_link_hours: Positive = 48
    """How long a link to a file works."""
    archive_frames_from_files: bool = True
    """Whether a FITS file that was ingested natively becomes a frame."""
    archive_draw_thumbnails: bool = True
    """Whether a thumbnail is drawn of frames that nobody sends one for."""
    archive_title: str = "Science archive"
    """What the archive's pages are called."""
    archive_terms_url: str = ""
    """Terms of service that its pages link to."""
    archive_documentation_url: str = ""
    """Documentation that its pages link to."""

    portal_oauth_token_url: WebUrl = ""
    """Where the observation portal gives OAuth tokens for passwords; empty: there is no portal."""
    portal_oauth_profile_url: WebUrl = ""
    """Where it says who somebody is, and of which proposals a member; empty: there is no portal."""
    portal_oauth_client_id: str = ""
    """What it calls this archive."""
    portal_oauth_client_secret: SecretStr | None = None
    """By which it knows this archive."""
    portal_oauth_server_key: SecretStr | None = None
    """By which this archive knows the portal, at /archive/authprofile/addupdateuser/."""
    portal_proposals_seconds: Annotated[float, Field(ge=0)] = 600
    """How long it is believed what proposals somebody is a member of."""

    notice_exchange: Annotated[str, Field(max_length=255)] = "archived_fits"
    """The durable fanout exchange on which archived frames are announced; empty: they are not."""
    notice_amqp_url: str = Field("", repr=False)
    """The broker it is on; empty: the bus, where that is a broker."""

    @property
    def drawn_sizes(self) -> tuple[str, ...]:
        """Sizes of thumbnails that are drawn where nobody sends one: for lists, and for pages."""
        drawn = ("small", "large") if self.archive_draw_thumbnails else ()
        return tuple(size for size in drawn if size in self.archive_thumbnail_sizes)

    def post_rules(self) -> PostRules:
        """Return what may be sent."""
        return PostRules(
            configuration_types=self.archive_configuration_types,
            thumbnail_sizes=self.archive_thumbnail_sizes,
        )
