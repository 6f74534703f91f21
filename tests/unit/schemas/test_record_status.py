"""Status tags: whether a run is still under way."""

import pytest

from schemas.record_status import begins, is_open, status_of


@pytest.mark.parametrize(
    "tag",
    [
        "_initialized_",
        "_pre_run_",
        "_running_",
        "_finished..._",
        "_failed..._",
        "_killed..._",
        "_somehow..._",
    ],
)
def test_a_run_is_open_until_its_results_are_gathered(tag: str) -> None:
    assert is_open([tag])
    assert is_open(["coral", tag])


@pytest.mark.parametrize(
    "tags",
    [
        [],
        ["coral"],
        ["_finished_"],
        ["_failed_"],
        ["_killed_"],
        ["_succeeded_", "_crashed_"],
        ["running"],
        ["_Running_"],
        ["_running_ "],
        ["x_running_"],
        ["_..._"],
        ["..._"],
        ["_finished.._"],
    ],
)
def test_any_other_tags_are_those_of_a_closed_record(tags: list[str]) -> None:
    assert not is_open(tags)


def test_only_an_initialized_run_begins() -> None:
    assert begins(["coral", "_initialized_"])
    assert not begins(["_pre_run_"])
    assert not begins([])


@pytest.mark.parametrize(
    ("tags", "status"),
    [
        ([], None),
        (["coral", "__", "_"], None),
        (["coral", "_finished_"], "_finished_"),
        (["_mine_", "_theirs_"], "_mine_"),
        (["_a_", "_finished..._"], "_finished..._"),
        (["_a_", "_crashed_"], "_crashed_"),
    ],
)
def test_the_status_is_the_tag_that_the_client_knows_or_the_first(
    tags: list[str], status: str | None
) -> None:
    assert status_of(tags) == status
