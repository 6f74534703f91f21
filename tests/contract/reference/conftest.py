"""One running reference service for all tests of a module, embedded and deployed."""

from collections.abc import Iterator

import pytest

from tests.equipment.module_services import amqp_url, postgresql_url
from tests.equipment.reference import Reference, referring

__all__ = ["amqp_url", "postgresql_url"]


@pytest.fixture(scope="module", params=["embedded", "deployed"])
def either(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Reference]:
    """A reference service in each of the worlds."""
    with referring(request, tmp_path_factory.mktemp("reference"), world=request.param) as running:
        yield running


@pytest.fixture(scope="module")
def reference(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Reference]:
    """An embedded reference service, for what neither bus nor database has a part in."""
    with referring(request, tmp_path_factory.mktemp("reference")) as running:
        yield running
