"""Bodies of frames, and what is said of wrong ones; for tests of what reads them."""

from typing import Any

import pytest
from pydantic import JsonValue

from schemas.frame_post import Post, PostRules
from schemas.frame_posting import PostError, read_post
from store.sky.area import read_area

RULES = PostRules(
    configuration_types=("EXPOSE", "BIAS"), thumbnail_sizes=("small", "medium", "large")
)
MD5 = "0123456789abcdef" * 2
AREA = {"type": "Polygon", "coordinates": [[[1, 2], [3, 2], [3, 4], [1, 2]]]}
VERSION = {"key": "k", "md5": MD5, "extension": ".fits.fz"}
LEAST: dict[str, Any] = {
    "basename": "a-frame",
    "version_set": [VERSION],
    "area": AREA,
    "headers": {"SIMPLE": True},
    "observation_day": "20240304",
    "configuration_type": "EXPOSE",
    "related_frame_filenames": [],
}
REQUIRED = ["This field is required."]
NULL = ["This field may not be null."]
BLANK = ["This field may not be blank."]
NO_TIME = "Datetime has wrong format. Use one of these formats instead: "
NO_TIME += "YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."


def read(**changes: Any) -> Post:  # noqa: ANN401 - any JSON value
    return read_post({**LEAST, **changes}, RULES, read_area)


def errors_of(body: JsonValue, *, thumbnail: bool = False) -> dict[str, JsonValue]:
    with pytest.raises(PostError) as caught:
        read_post(body, RULES, read_area, thumbnail=thumbnail)
    return caught.value.errors


def longest(most: int) -> list[str]:
    return [f"Ensure this field has no more than {most} characters."]


def not_a_list(kind: str) -> list[str]:
    return [f'Expected a list of items but got type "{kind}".']


UNHEARD = {"non_field_errors": ["This list may not be empty."]}
BAD_NAME = ['A basename has no slash and no ".." in it.']
INTEGER = ["A valid integer is required."]
NUMBER = ["A valid number is required."]
AT_MOST = ["Ensure this value is less than or equal to 2147483647."]
NO_POLYGON = 'Invalid polygon: its "type" must be "Polygon".'
