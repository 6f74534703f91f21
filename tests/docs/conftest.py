"""What the pages take for granted on a reader's machine."""

import os
import shutil

import pytest


@pytest.fixture(scope="session")
def curl() -> None:
    """See that curl is there; without it pages are skipped on a laptop, and fail in CI."""
    if shutil.which("curl") is None:
        reason = "curl is not installed, which the pages use"
        if os.environ.get("CI"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
