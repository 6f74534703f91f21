"""docs/how-to/back-up-and-restore.md: what was backed up can be started from."""

import shutil
from pathlib import Path

import pytest

from tests.docs.installation import of_this_tree
from tests.docs.pages import ROOT, blocks

PAGE = ROOT / "docs" / "how-to" / "back-up-and-restore.md"
FETCH = """
content=$(curl -s "http://127.0.0.1:8080/files?name=m51.txt" |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["files"][0]["content"])')
curl -s "http://127.0.0.1:8080$content"
"""


@pytest.mark.usefixtures("curl")
def test_a_restored_archive_has_its_files(tmp_path: Path, free_port: int) -> None:
    with of_this_tree(tmp_path / "before", free_port) as before:
        before.shell("echo stars > m51.txt; muniment ingest m51.txt")
        for block in blocks(PAGE):
            before.shell(block.text)
        before.shell("echo later > later.txt; muniment ingest later.txt")
    after_folder = tmp_path / "after"
    shutil.copytree(before.folder / "backup", after_folder / "var")
    with of_this_tree(after_folder, free_port) as after:
        assert after.shell(FETCH) == "stars\n"
        assert "later.txt" not in after.shell("curl -s http://127.0.0.1:8080/files")
        after.shell("echo later > later.txt; muniment ingest later.txt | grep -E 'archived +1'")
