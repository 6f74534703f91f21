"""A repository and a counter where its packages are asked for. Taken in by `conftest.py` files."""

from collections.abc import Iterator

import pytest

from consumers.zip_dataset import FAST, SLOW
from schemas.packaging import Packaging
from tests.equipment.ckan import Ckan, running_ckan
from tests.equipment.ckan_rows import wide
from tests.equipment.making import MakeWorld
from tests.equipment.ordering import Counter

ROWS = 23
PAGE = 5


@pytest.fixture
def ckan() -> Iterator[Ckan]:
    """A repository with one resource, `r-1`."""
    with running_ckan() as running:
        running.resources["r-1"] = wide(ROWS)
        yield running


@pytest.fixture
def counter(make_world: MakeWorld, ckan: Ckan) -> Counter:
    """Where packages are asked for. Pages are small, and a checkpoint comes after each."""
    world = make_world(FAST, SLOW)
    world.packaging = Packaging(page_size=PAGE, checkpoint_seconds=0)
    return Counter(world, ckan)
