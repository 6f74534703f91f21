"""One running system for all tests of a module, embedded and deployed: projects are their own."""

from collections.abc import Iterator

import pytest

from tests.equipment.module_services import amqp_url, postgresql_url
from tests.equipment.recording import Recording, recording

__all__ = ["amqp_url", "postgresql_url"]

ANSWER_SECONDS = 50
"""However slow a machine is, a test is answered with what came of its request, and not with 503."""


@pytest.fixture(scope="module", params=["embedded", "deployed"])
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Recording]:
    """A record store in each of the worlds."""
    folder = tmp_path_factory.mktemp("records")
    with recording(request.param, request, folder, answer_seconds=ANSWER_SECONDS) as running:
        yield running


@pytest.fixture(scope="module")
def embedded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Recording]:
    """An embedded record store, for what neither bus nor database has a part in."""
    folder = tmp_path_factory.mktemp("records")
    with recording("embedded", request, folder, answer_seconds=ANSWER_SECONDS) as running:
        yield running


@pytest.fixture
def project(store: Recording) -> str:
    """The id of a new project of Ann's."""
    return store.project()
