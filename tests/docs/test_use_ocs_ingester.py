"""docs/how-to/use-ocs-ingester.md does what it says, with the real ocs-ingester."""

import sys
from pathlib import Path

import pytest

from tests.docs.following import follow
from tests.docs.installation import installed
from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "how-to" / "use-ocs-ingester.md"


@pytest.mark.usefixtures("curl")
def test_a_frame_is_archived_as_the_page_says(tmp_path: Path, free_port: int) -> None:
    store = f"file:{tmp_path / 'frames'}"
    with installed(ROOT, tmp_path, free_port, archive_store_url=store) as installation:
        program = Path(sys.executable).with_name("ocs_ingest_frame")
        (installation.folder / "bin" / program.name).symlink_to(program)
        follow(PAGE, installation)
