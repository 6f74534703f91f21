"""A real CKAN for these tests alone: they run when asked for, by `make test-ckan`.

Whoever asks is told when CKAN cannot be had: nothing is skipped here.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest

from tests.contract.ckan.shelves import MIXED, PLAIN, fill
from tests.services.backends import BACKENDS, private
from tests.services.ckan import Ckan, running_ckan
from tests.services.ckan_installation import installed
from tests.services.redis import PACKAGE, PrivateRedis

CAP = 700
"""Rows that the capped CKAN gives at a time, whatever it is asked for."""


@dataclass(frozen=True)
class Shelves:
    """The ids of the resources, each of 20,000 rows but for the small one."""

    mixed: str
    """Columns of every type."""
    plain: str
    """Columns that read the same in PostgreSQL's CSV as in JSON."""
    private: str
    """Three rows that strangers may not see."""


@pytest.fixture(scope="session")
def ckan() -> Iterator[Ckan]:
    """A running CKAN."""
    installation = installed()
    with (
        closing(private(PACKAGE, PrivateRedis)) as redis,
        running_ckan(installation, BACKENDS.postgresql(), redis.url) as running,
    ):
        yield running


@pytest.fixture(scope="session")
def capped(ckan: Ckan) -> Iterator[Ckan]:
    """The same CKAN, behind a process that gives few rows at a time."""
    with ckan.configured({"ckan.datastore.search.rows_max": str(CAP)}) as other:
        yield other


@pytest.fixture(scope="session")
def shelves(ckan: Ckan) -> Shelves:
    """What CKAN holds."""
    ckan.action("organization_create", name="museum")
    public = ckan.action("package_create", name="public", owner_org="museum")["id"]
    hidden = ckan.action("package_create", name="hidden", owner_org="museum", private=True)["id"]
    return Shelves(
        fill(ckan, public, MIXED), fill(ckan, public, PLAIN), fill(ckan, hidden, PLAIN, 3)
    )
