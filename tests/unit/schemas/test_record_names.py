"""Names of projects, labels of records, and tags."""

import pytest

from schemas.record_names import (
    LONGEST_TAG,
    MOST_TAGS,
    check_label,
    check_project,
    check_tags,
    is_reserved,
)


@pytest.mark.parametrize(
    "label",
    ["20240501-100000", "a/b", "a b", ".hidden", "-x", "a:b|c", "été", "日本", "..", "x" * 255],
)
def test_a_label_is_any_line(label: str) -> None:
    assert check_label(label) == label


@pytest.mark.parametrize("project", ["reef", "Reef growth", "été", "...", "a%2Fb", "x" * 255])
def test_a_project_is_one_segment_of_a_path(project: str) -> None:
    assert check_project(project) == project


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "empty"),
        ("x" * 256, "longer than 255"),
        ("a\nb", "control"),
        ("a\0", "control"),
        ("\x7f", "control"),
        ("a\udc80", "control"),
    ],
)
def test_neither_is_anything_else(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_label(name)
    with pytest.raises(ValueError, match=message):
        check_project(name)


@pytest.mark.parametrize("project", ["a/b", "/", ".", ".."])
def test_a_project_leads_nowhere_else(project: str) -> None:
    with pytest.raises(ValueError, match=r"slash|'\.\.'"):
        check_project(project)


@pytest.mark.parametrize("label", ["permissions", "last", "tag/", "tag/red", "tagged/a/b"])
def test_some_labels_are_addresses_of_something_else(label: str) -> None:
    assert is_reserved(label)


@pytest.mark.parametrize("label", ["tag", "tagged", "last/1", "Last", "permission", "x/tag/red"])
def test_most_labels_are_free(label: str) -> None:
    assert not is_reserved(label)


@pytest.mark.parametrize(
    ("given", "tags"),
    [
        ([], []),
        ("", []),
        ("b, a,,a ", ["a", "b"]),
        (["b", "a", "b"], ["a", "b"]),
        (["two words", "with, comma", " "], [" ", "two words", "with, comma"]),
        (["x" * LONGEST_TAG], ["x" * LONGEST_TAG]),
        (["é", "z", "Z"], ["Z", "z", "é"]),
    ],
)
def test_tags_are_sorted_and_each_is_there_once(given: object, tags: list[str]) -> None:
    assert check_tags(given) == tags


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "a list of tags"),
        ({"a": 1}, "a list of tags"),
        (3, "a list of tags"),
        ([""], "none of them empty"),
        (["a", None], "texts"),
        ([1], "texts"),
        (["x" * (LONGEST_TAG + 1)], "longer than"),
        ([str(number) for number in range(MOST_TAGS + 1)], "more than"),
    ],
)
def test_other_tags_are_refused(given: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_tags(given)
