"""What the pages tell people to type works, and prints what they show."""

from pathlib import Path

import pytest

from tests.docs.following import follow, shown, steps
from tests.docs.installation import of_this_tree
from tests.docs.pages import PAGES, name

# What is run in a copy with a change of its own, or with settings, or around an experiment, has a
# test of its own.
ELSEWHERE = {
    "docs/how-to/add-a-consumer.md",
    "docs/how-to/deal-with-parked-events.md",
    "docs/how-to/package-datasets.md",
    "docs/how-to/use-ocs-ingester.md",
    "docs/how-to/use-sumatra.md",
}


@pytest.mark.timeout(900)  # nearly all starts of a command: on a busy machine each takes seconds
@pytest.mark.usefixtures("curl")
@pytest.mark.parametrize(
    "page", [one for one in PAGES if steps(one) and name(one) not in ELSEWHERE], ids=name
)
def test_commands_do_what_the_page_shows(page: Path, tmp_path: Path, free_port: int) -> None:
    with of_this_tree(tmp_path, free_port) as installation:
        follow(page, installation)


def test_what_is_not_printed_is_noticed() -> None:
    assert shown("one\nthree…", "one\ntwo\nthree 3\n") == []
    assert shown("two\none", "one\ntwo\n") == ["one"]
    assert shown("…one", "one more\n") == ["…one"]
