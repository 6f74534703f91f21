"""Programs that tests take for granted on the machine, and that we do not bring."""

import os
import shutil

import pytest


def need(program: str) -> None:
    """See that it is there; without it, skip the test on a laptop, and fail it in CI."""
    if shutil.which(program) is None:
        reason = f"{program} is not installed, which this test uses"
        if os.environ.get("CI"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
