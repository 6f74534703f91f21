"""One running archive for all tests of a module, on SQLite and in this process."""

from collections.abc import Iterator

import pytest

from tests.equipment.archive import Archive, archiving


@pytest.fixture(scope="module")
def archive(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Archive]:
    """An archive whose clients put their bytes nowhere."""
    with archiving(request, tmp_path_factory.mktemp("archive")) as running:
        yield running
