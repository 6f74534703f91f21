"""A browser, and an embedded installation to look at; both for all tests of a module."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.equipment.browsing import running
from tests.equipment.quarry import Quarry, quarrying
from tests.equipment.recording import Recording, recording
from tests.services.chromium import Chromium


@pytest.fixture(scope="module")
def browser(chromium: Chromium) -> Iterator[Browser]:
    """A running browser; each visitor has a context of its own in it.

    It ends with the module, since other tests need asyncio for themselves.
    """
    with running(chromium) as browser:
        yield browser


@pytest.fixture(scope="module")
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Recording]:
    """An embedded installation with four users, which parks what it cannot fetch at once."""
    once = {"retry": {"ingest-file": {"attempts": 1}}, "fetch_allow": ("127.0.0.1",)}
    with recording("embedded", request, tmp_path_factory.mktemp("browser"), **once) as store:
        yield store


@pytest.fixture(scope="module")
def quarry() -> Iterator[Quarry]:
    """Where files are fetched from; broken until it is mended."""
    with quarrying() as quarry:
        yield quarry
