"""The part of the composition root that is the dataset packager's."""

from datetime import timedelta

from consumers.packaging.darwin_core_options import read_options
from consumers.packaging.vocabulary import Vocabulary
from http_ingress.packager.ports import PackagerPorts
from ops.settings import Settings
from ops.stores import Store
from schemas.packaging import Packaging
from store.errors import SetupError


def packaging(settings: Settings) -> Packaging:
    """Return how packages are made. Raises SetupError: it says of Darwin Core what there is not."""
    chosen = settings.packaging()
    try:
        Vocabulary(read_options(chosen.darwin_core))
    except ValueError as error:
        raise SetupError(f"MUNIMENT_PACKAGER_DWC_…: {error}") from error
    return chosen


def packager_ports(store: Store) -> PackagerPorts:
    """Return what /packager is given."""
    settings = store.settings
    return PackagerPorts(
        secret=store.packager_secret,
        success_message=settings.packager_success_message,
        slow_request=settings.packager_slow_request,
        cache=timedelta(seconds=settings.packager_cache_seconds),
        largest_request=settings.packager_largest_request,
        anonymise=store.anonymise,
    )
