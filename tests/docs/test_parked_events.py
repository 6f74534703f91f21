"""docs/how-to/deal-with-parked-events.md: followed where a disk has not been mounted."""

from pathlib import Path

import pytest

from tests.docs.following import follow
from tests.docs.installation import installed
from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "how-to" / "deal-with-parked-events.md"


@pytest.mark.usefixtures("curl")
def test_what_is_parked_is_dealt_with(tmp_path: Path, free_port: int) -> None:
    settings = {
        "inbox_dirs": str(tmp_path / "inbox"),
        "retry": '{"ingest-file": {"attempts": 1}}',
    }
    with installed(ROOT, tmp_path, free_port, **settings) as installation:
        follow(PAGE, installation)
