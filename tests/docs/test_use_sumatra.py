"""docs/how-to/use-sumatra.md does what it says, with an experiment and the real `smt`."""

import sys
from pathlib import Path

import pytest

from tests.contract.clients.experiment import NO_INTERNET, Experiment
from tests.docs.following import follow
from tests.docs.installation import of_this_tree
from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "how-to" / "use-sumatra.md"


@pytest.mark.usefixtures("curl", "git")
def test_records_of_an_experiment_are_kept_as_the_page_says(tmp_path: Path, free_port: int) -> None:
    with of_this_tree(tmp_path, free_port) as installation:
        Experiment.begun(installation.folder)
        for name in ("smt", "python"):
            (installation.folder / "bin" / name).symlink_to(Path(sys.executable).with_name(name))
        for variable, value in NO_INTERNET.items():
            installation.shell(f"export {variable}={value}")
        follow(PAGE, installation)
