"""A name that is allowed is safe below any folder; whatever else is refused, and nothing breaks."""

import os.path
import unicodedata
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from schemas.media_types import guess_media_type
from schemas.types import LONGEST_NAME, LONGEST_SEGMENT, FileName, MediaType, check_file_name
from store.object_keys import check_key
from tests.equipment.strategies import file_names

anything = st.text(max_size=40) | st.text("./\\ab\0\n", max_size=12)


def allowed(name: str) -> str | None:
    try:
        return check_file_name(name)
    except ValueError:
        return None


@given(file_names)
def test_plain_names_are_allowed(name: str) -> None:
    assert allowed(name) == unicodedata.normalize("NFC", name)


@given(anything)
def test_what_is_allowed_stays_below_its_folder(name: str) -> None:
    checked = allowed(name)
    assume(checked is not None)
    assert checked is not None
    for path in (PurePosixPath(checked), PureWindowsPath(checked)):
        assert ".." not in path.parts
        assert not path.root
    assert os.path.normpath(f"/folder/{checked}") == f"/folder/{checked}"
    assert len(checked.encode()) <= LONGEST_NAME
    assert all(0 < len(segment.encode()) <= LONGEST_SEGMENT for segment in checked.split("/"))
    assert allowed(checked) == checked


@given(anything)
def test_what_is_refused_is_refused_as_a_field(name: str) -> None:
    if allowed(name) is None:
        with pytest.raises(ValidationError):
            TypeAdapter(FileName).validate_python(name)


@given(file_names)
def test_an_allowed_name_can_be_part_of_an_object_key(name: str) -> None:
    key = f"content/{check_file_name(name)}"
    assert check_key(key) == key


@given(anything | file_names)
def test_every_name_suggests_a_media_type(name: str) -> None:
    media_type = guess_media_type(name)
    assert TypeAdapter(MediaType).validate_python(media_type) == media_type
