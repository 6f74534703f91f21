"""Whatever JSON comes for a record: it is kept to the bit, or refused by naming a field."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.record_document import (
    KEYS,
    DocumentError,
    as_v3,
    check,
    complete,
    read,
    read_kept,
    write,
)
from schemas.record_literals import LONGEST_LITERAL
from schemas.record_masking import mask
from schemas.record_moments import read_moment, write_moment
from schemas.record_search import LONGEST_SEARCHABLE, search_term, searchable
from tests.equipment.records import CLASSES, dependency, first_put, output, platform
from tests.equipment.strategies import times

any_text = st.text(st.characters(exclude_categories=()), max_size=20)
"""Halves of surrogate pairs, too."""
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=10,
)
literals = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.binary(max_size=5)
    | any_text,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(any_text | st.integers(), inner, max_size=3)
    ),
    max_leaves=6,
)
older = literals.map(repr) | st.dictionaries(any_text, literals, max_size=3).map(repr)
"""The text of Python literals, some of which no JSON can say."""


types = any_text | st.sampled_from(["dict", "SerialLaunchMode", "FileSystemDataStore"])


def places(parameters: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({"type": types, "parameters": parameters})


def shaped(example: dict[str, Any]) -> st.SearchStrategy[Any]:
    """An object with the right fields and, at times, wrong values."""
    return st.fixed_dictionaries(
        {key: st.just(value) | json_values for key, value in example.items()}
    )


any_value = (
    json_values
    | older
    | places(older | st.dictionaries(any_text, json_values, max_size=3))
    | st.fixed_dictionaries({"type": st.just("dict"), "content": older | any_text})
    | st.lists(shaped(output()) | shaped(dependency()) | shaped(platform()), max_size=2)
    | times.map(lambda moment: moment.isoformat())
)
documents = st.dictionaries(st.sampled_from(KEYS) | any_text, any_value, max_size=4)


def exact(value: object) -> str:
    """A text that tells 1 from 1.0 and True, and 0.0 from -0.0."""
    return repr(value)


@given(st.dictionaries(any_text, json_values, max_size=5))
def test_what_is_written_is_read_to_the_bit(document: dict[str, Any]) -> None:
    text = write(document)
    assert text.isascii()
    assert "\0" not in text
    assert exact(read(text.encode())) == exact(document)
    assert exact(read_kept(text)) == exact(document)


@given(st.binary(max_size=60) | json_values.map(json.dumps).map(str.encode))
def test_a_body_is_an_object_or_refused(body: bytes) -> None:
    try:
        document = read(body)
    except DocumentError as error:
        assert [path for path, _ in error.faults] == ["body"]  # noqa: PT017 - either may happen
    else:
        assert isinstance(document, dict)


@given(documents)
def test_a_document_is_checked_for_good_or_refused_by_field(document: dict[str, Any]) -> None:
    try:
        checked = check(document)
    except DocumentError as error:
        fields = {path.split(".")[0] for path, _ in error.faults}
        assert fields
        assert fields <= document.keys() & set(KEYS)
        str(error).encode()
    else:
        assert set(checked) == document.keys() & set(KEYS) - {"project_id"}
        assert exact(check(checked)) == exact(checked)
        assert exact(check(read(write(checked).encode()))) == exact(checked)


@given(documents)
def test_what_passed_can_be_served_and_shown(document: dict[str, Any]) -> None:
    try:
        checked = check(document)
    except DocumentError:
        return
    whole = complete({**first_put(), **checked})
    assert list(whole) == list(KEYS[:-1])
    assert list(as_v3(whole)) == list(whole)
    assert list(mask(whole)) == list(whole)
    parameters = whole["parameters"]["content"]
    assert len(searchable(parameters).encode()) <= LONGEST_SEARCHABLE


@given(st.sampled_from(["launch_mode", "datastore", "input_datastore"]), older)
def test_older_parameters_become_objects_or_are_refused(place: str, text: str) -> None:
    assert len(text) <= LONGEST_LITERAL
    try:
        checked = check({place: {"type": CLASSES[place], "parameters": text}})
    except DocumentError as error:
        assert [path for path, _ in error.faults] == [f"{place}.parameters"]  # noqa: PT017 - as above
    else:
        assert isinstance(checked[place]["parameters"], dict)


@given(st.dictionaries(any_text, json_values, max_size=4))
def test_every_object_survives_its_older_form(parameters: dict[str, Any]) -> None:
    older_form = {"launch_mode": {"type": "SerialLaunchMode", "parameters": repr(parameters)}}
    assert exact(check(older_form)["launch_mode"]["parameters"]) == exact(parameters)


@given(any_text | st.text("0123456789-:+TZ. ", max_size=30) | times.map(str))
def test_a_timestamp_is_an_instant_or_refused(text: str) -> None:
    try:
        moment = read_moment(text)
    except ValueError:
        return
    assert read_moment(write_moment(moment)) == moment


@given(st.text("abn=:,#'\"[]{}() \n-3", max_size=60) | any_text)
def test_what_is_searchable_fits_a_column(content: str) -> None:
    found = searchable(content)
    assert "\0" not in found
    found.encode()
    search_term(content).encode()
    assert found == "" or (found[0] == "\n" and found[-1] == "\n")
    assert all("=" in line for line in found.split("\n")[1:-1])


names = st.from_regex(r"[a-z_][a-z0-9_.]{0,20}", fullmatch=True)
values = st.integers().map(str) | st.from_regex(r"[a-z0-9./][a-z0-9./ ]{0,20}", fullmatch=True)
forms = st.sampled_from(["{} = {}", "{}={}", "{}: {}", '"{}": "{}",', "'{}': '{}'", "  {} = {}  "])


@given(names, values, forms, forms)
def test_an_assignment_is_found_in_any_form(name: str, value: str, one: str, other: str) -> None:
    content = f"first = 1\n{one.format(name, value)}\nlast = 2"
    assert search_term(other.format(name, value)) in searchable(content)
    assert search_term(name) in searchable(content)
