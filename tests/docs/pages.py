"""The pages, and the code blocks in them.

A fence's first word is the language; the rest says what a test does with the block:
`sh run` and `python run` are run, `text shows` is what the block before it prints, and
`python PATH` is a file.
"""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    + list((ROOT / "docs").rglob("*.md"))
)
_BLOCK = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    language: str
    purpose: str
    text: str
    line: int
    """Of its fence in the page, from 1."""


def blocks(page: Path) -> list[Block]:
    """Return the blocks of a page, in order."""
    content = page.read_text()
    found = []
    for match in _BLOCK.finditer(content):
        language, _, purpose = match["info"].strip().partition(" ")
        line = content.count("\n", 0, match.start()) + 1
        found.append(Block(language, purpose, match["text"], line))
    return found


def prose(page: Path) -> str:
    """Return a page without its blocks."""
    return _BLOCK.sub("", page.read_text())


def commands(page: Path) -> str:
    """Return what a page tells people to type: shell blocks, and code within sentences."""
    typed = [block.text for block in blocks(page) if block.language == "sh"]
    return "\n".join(typed + re.findall(r"`([^`\n]+)`", prose(page)))


def name(page: Path) -> str:
    """Return what tests call a page."""
    return str(page.relative_to(ROOT))
