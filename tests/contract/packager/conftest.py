"""One running packager for all tests of a module, embedded and deployed; nobody works in it."""

from collections.abc import Iterator

import pytest

from tests.equipment.module_services import amqp_url, postgresql_url
from tests.equipment.packaging import Packager, packaging

__all__ = ["amqp_url", "postgresql_url"]


@pytest.fixture(scope="module", params=["embedded", "deployed"])
def packager(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Packager]:
    """A packager in each of the worlds."""
    with packaging(request.param, request, tmp_path_factory.mktemp("packager")) as running:
        yield running


@pytest.fixture(scope="module")
def embedded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Packager]:
    """An embedded packager, for what neither bus nor database has a part in."""
    with packaging("embedded", request, tmp_path_factory.mktemp("packager")) as running:
        yield running
