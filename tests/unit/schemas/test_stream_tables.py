"""Figures of the stream: how they add up, and what they are kept under."""

import pytest

from schemas.stream_tables import TABLES, added, key_of, name_of


def test_figures_add_up_and_remember_where_they_are() -> None:
    figure = added([], [1, 10, 5])
    figure = added(figure, [1, 7, 9])
    assert figure == [2, 17, 9]


@pytest.mark.parametrize("position", [9, 8, 1])
def test_what_is_counted_already_changes_nothing(position: int) -> None:
    assert added([2, 17, 9], [1, 100, position]) == [2, 17, 9]


def test_a_figure_is_never_changed_in_place() -> None:
    figure = [1, 1]
    added(figure, [1, 2])
    assert figure == [1, 1]


@pytest.mark.parametrize("name", ["a.v1", "a|b", "", "☆"])
def test_a_key_gives_its_name_back(name: str) -> None:
    assert name_of(key_of(12, name)) == name


def test_each_table_has_a_topic_of_its_own() -> None:
    topics = {one.topic("app") for one in TABLES.values()}
    assert len(topics) == len(TABLES)
    assert "app-totals-changelog" in topics
