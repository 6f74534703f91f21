"""A CKAN for every test of what asks one."""

from collections.abc import Iterator

import pytest

from tests.equipment.ckan import Ckan, running_ckan


@pytest.fixture
def ckan() -> Iterator[Ckan]:
    """A CKAN without resources."""
    with running_ckan() as ckan:
        yield ckan
