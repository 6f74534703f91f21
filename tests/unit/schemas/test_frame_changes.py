"""Thumbnails that are sent, and changes of frames and thumbnails."""

import pytest
from pydantic import JsonValue

from schemas.frame_posting import (
    PostError,
    read_changes,
    read_post,
    read_thumbnail_changes,
)
from store.sky.area import read_area
from tests.unit.schemas.frame_bodies import (
    AREA,
    BAD_NAME,
    BLANK,
    LEAST,
    NULL,
    RULES,
    UNHEARD,
    errors_of,
    longest,
)

# --- thumbnails ---------------------------------------------------------------------------------

THUMBNAIL = {**LEAST, "frame_basename": "a-frame", "size": "small", "basename": "a-frame-small"}


def test_a_thumbnail_is_a_frames() -> None:
    post = read_post(THUMBNAIL, RULES, read_area, thumbnail=True)
    assert (post.basename, post.frame_basename, post.size) == ("a-frame-small", "a-frame", "small")


@pytest.mark.parametrize(
    ("field", "sent", "errors"),
    [
        ("size", "huge", ['"huge" is not a valid choice.']),
        ("size", "", ['"" is not a valid choice.']),
        ("size", None, NULL),
        ("frame_basename", None, NULL),
        ("frame_basename", "", BLANK),
        ("frame_basename", "../x", BAD_NAME),
        ("version_set", [], UNHEARD),
        ("configuration_type", "ARC", ['"ARC" is not a valid choice.']),
    ],
)
def test_what_is_wrong_with_a_thumbnail(field: str, sent: JsonValue, errors: JsonValue) -> None:
    assert errors_of({**THUMBNAIL, field: sent}, thumbnail=True) == {field: errors}


# --- changes ------------------------------------------------------------------------------------


def test_plain_fields_are_changed_one_by_one() -> None:
    assert read_changes({}, RULES) == {}
    changes = read_changes({"target_name": "M 33", "public_date": None, "size": 1}, RULES)
    assert changes == {"target_name": "M 33", "public_date": None}


FIXED = ["This field cannot be changed; POST the frame again."]


@pytest.mark.parametrize(
    ("field", "sent", "errors"),
    [
        ("basename", "b", FIXED),
        ("area", None, FIXED),
        ("area", AREA, FIXED),
        ("headers", {}, FIXED),
        ("version_set", [], FIXED),
        ("related_frame_filenames", [], FIXED),
        ("reduction_level", None, NULL),
        ("site_id", "sites", longest(3)),
    ],
)
def test_what_cannot_be_changed(field: str, sent: JsonValue, errors: JsonValue) -> None:
    with pytest.raises(PostError) as caught:
        read_changes({field: sent}, RULES)
    assert caught.value.errors == {field: errors}


def test_a_thumbnails_size_may_change() -> None:
    assert read_thumbnail_changes({}, RULES) is None
    assert read_thumbnail_changes({"size": "large"}, RULES) == "large"
    with pytest.raises(PostError) as caught:
        read_thumbnail_changes({"size": "huge"}, RULES)
    assert caught.value.errors == {"size": ['"huge" is not a valid choice.']}
