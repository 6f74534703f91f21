"""The part of the composition root that is the science archive's."""

from http_ingress.archive.ports import ArchivePorts, PageLimits
from http_ingress.archive.user_ports import UserPorts
from ops.stores import Store
from store.frames.describing import Describing


def describing(store: Store) -> Describing:
    """Return how frames are made of files that were ingested natively."""
    settings = store.settings
    return Describing(
        settings.archive_frames_from_files, settings.header_mapping(), store.post_rules
    )


def archive_ports(store: Store) -> ArchivePorts:
    """Return what /archive is given."""
    settings = store.settings
    return ArchivePorts(
        people=_people(store),
        file_store=store.file_store,
        secret=store.archive_secret,
        link_seconds=settings.archive_link_hours * 3600,
        rules=store.post_rules,
        science_types=settings.archive_science_configuration_types,
        pages=PageLimits(settings.archive_default_limit, settings.archive_max_limit),
        largest_post=settings.archive_largest_post,
        scratch=settings.scratch / "making",
        zip_base=settings.archive_zip_filename_base,
        zip_most_uncompressed=settings.archive_zip_most_uncompressed,
        zip_manifest=settings.archive_zip_manifest,
        title=settings.archive_title,
        terms_url=settings.archive_terms_url,
        documentation_url=settings.archive_documentation_url,
    )


def _people(store: Store) -> UserPorts:
    settings = store.settings
    key = settings.portal_oauth_server_key
    return UserPorts(
        users=store.archive_users,
        logins=store.archive_logins,
        members=store.archive_members,
        visits=store.archive_visits,
        secret=store.archive_secret,
        server_key="" if key is None else key.get_secret_value(),
        anonymous_per_day=settings.archive_anonymous_per_day,
        users_per_day=settings.archive_users_per_day,
        trusted_proxies=settings.archive_trusted_proxies,
    )
