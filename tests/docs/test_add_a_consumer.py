"""docs/how-to/add-a-consumer.md, followed to the letter in a copy of the repository."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.following import follow
from tests.docs.installation import installed
from tests.docs.pages import ROOT, Block, blocks

PAGE = ROOT / "docs" / "how-to" / "add-a-consumer.md"
CODE = ("schemas", "store", "producers", "consumers", "http_ingress", "ops")


def apply(tree: Path, block: Block) -> None:
    """Make the change that a block shows."""
    if block.language == "python":
        target = tree / block.purpose
        assert not target.exists()
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(block.text)
    elif block.language == "diff":
        head, *hunks = block.text.split("@@\n")
        path = tree / head.splitlines()[1].removeprefix("+++ b/")
        content = path.read_text()
        for hunk in hunks:
            lines = hunk.splitlines()
            old = "\n".join(line[1:] for line in lines if line[:1] != "+")
            new = "\n".join(line[1:] for line in lines if line[:1] != "-")
            assert content.count(old) == 1, f"{path.name} has changed; {PAGE.name}:{block.line}"
            content = content.replace(old, new)
        path.write_text(content)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository in which the page has been followed."""
    copy = tmp_path_factory.mktemp("tree")
    for folder in CODE:
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    for block in blocks(PAGE):
        apply(copy, block)
    return copy


def run(tree: Path, tool: str, *arguments: str) -> None:
    """Run a tool of the development environment in the copy."""
    command = [str(Path(sys.executable).with_name(tool)), *arguments]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_own_tests_pass(tree: Path) -> None:
    run(tree, "pytest", "-q", "tests/unit/consumers/test_verify_fixity.py")


def test_it_keeps_the_rules(tree: Path) -> None:
    changed = [block.purpose for block in blocks(PAGE) if block.language == "python"]
    run(tree, "ruff", "check", "--no-cache", *changed)
    run(tree, "ruff", "format", "--check", "--no-cache", *changed)
    run(tree, "lint-imports", "--no-cache")
    run(tree, "mypy", *changed)


def test_it_works(tree: Path, tmp_path: Path, free_port: int) -> None:
    with installed(tree, tmp_path, free_port) as installation:
        follow(PAGE, installation)
