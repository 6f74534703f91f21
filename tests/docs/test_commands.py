"""What the pages tell people to type works, and prints what they show."""

import re
from pathlib import Path

import pytest

from tests.docs.installation import of_this_tree
from tests.docs.pages import PAGES, Block, blocks, name

RUN, SHOWS = ("sh", "run"), ("text", "shows")
# What is run in a copy with a change of its own has a test of its own.
ELSEWHERE = {"docs/how-to/add-a-consumer.md"}


def steps(page: Path) -> list[Block]:
    """Return what is to be run and what it shows, in order."""
    return [one for one in blocks(page) if (one.language, one.purpose) in {RUN, SHOWS}]


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


@pytest.mark.parametrize(
    "page", [one for one in PAGES if steps(one) and name(one) not in ELSEWHERE], ids=name
)
def test_commands_do_what_the_page_shows(page: Path, tmp_path: Path, free_port: int) -> None:
    with of_this_tree(tmp_path, free_port) as installation:
        output = ""
        for step in steps(page):
            if (step.language, step.purpose) == RUN:
                output = installation.shell(step.text)
            else:
                missing = shown(step.text, output)
                assert missing == [], f"{name(page)}:{step.line} shows what is not in:\n{output}"


def test_what_is_not_printed_is_noticed() -> None:
    assert shown("one\nthree…", "one\ntwo\nthree 3\n") == []
    assert shown("two\none", "one\ntwo\n") == ["one"]
    assert shown("o…e", "one more\n") == ["o…e"]
