"""One running console for all tests of a module, in this process."""

from collections.abc import Iterator

import pytest

from tests.equipment.console import Desk, Installation, administering


@pytest.fixture(scope="module")
def console(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """An embedded installation."""
    with administering("embedded", request, tmp_path_factory.mktemp("console")) as running:
        yield running


@pytest.fixture(scope="module")
def root(console: Installation) -> Desk:
    """A superuser's browser."""
    return console.desk("root")


@pytest.fixture(scope="module")
def olga(console: Installation) -> Desk:
    """An operator's browser."""
    return console.desk("olga")
