"""Follow a page: run what it says, and compare with what it shows."""

import re
from pathlib import Path

from tests.docs.installation import Installation
from tests.docs.pages import Block, blocks, name

RUN = {("sh", "run"), ("python", "run")}
SHOWS = ("text", "shows")


def steps(page: Path) -> list[Block]:
    """Return what is to be run and what it shows, in order."""
    return [one for one in blocks(page) if (one.language, one.purpose) in {*RUN, SHOWS}]


def follow(page: Path, installation: Installation) -> None:
    """Run a page's blocks in order; fail where something fails, or is not shown."""
    output = ""
    for step in steps(page):
        if step.language == "sh":
            output = installation.shell(step.text)
        elif step.language == "python":
            output = installation.python(step.text)
        else:
            missing = shown(step.text, output)
            assert missing == [], f"{name(page)}:{step.line} shows what is not in:\n{output}"


def shown(expected: str, output: str) -> list[str]:
    """Return the expected lines that the output does not have, in order; `…` is anything."""
    missing, rest = [], output.splitlines()
    for line in expected.splitlines():
        pattern = re.compile(".*".join(map(re.escape, line.strip().split("…"))))
        found = next((i for i, one in enumerate(rest) if pattern.fullmatch(one.strip())), None)
        if found is None:
            missing.append(line)
        else:
            rest = rest[found + 1 :]
    return missing
