"""What the pages take for granted on a reader's machine."""

import pytest

from tests.programs import need


@pytest.fixture(scope="session")
def curl() -> None:
    """See that curl is there."""
    need("curl")


@pytest.fixture(scope="session")
def git() -> None:
    """See that git is there."""
    need("git")
