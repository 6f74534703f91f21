# ruff: noqa: D102 - a test's name is its sentence
"""The catalogue: every type is well formed, and it is the one way to read data."""

import dataclasses
from typing import ClassVar

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no types
from pydantic import ValidationError

from schemas.base import Event
from schemas.catalogue import EVENTS, InvalidDataError, UnknownTypeError, decode, json_schema
from schemas.envelope import Envelope
from schemas.probes import ProbeRequested

REQUEST = Envelope(id="1", source="/t", type=ProbeRequested.TYPE, data=b'{"probe":"x"}')


@pytest.mark.parametrize("name", sorted(EVENTS))
class TestEveryType:
    """What holds for each."""

    def test_its_json_schema_is_valid(self, name: str) -> None:
        schema = json_schema(name)
        Draft202012Validator.check_schema(schema)
        assert schema["$id"] == name
        assert schema.get("additionalProperties", True)

    def test_its_subject_is_one_of_its_required_fields(self, name: str) -> None:
        cls = EVENTS[name]
        assert cls.model_fields[cls.SUBJECT].is_required()

    def test_it_says_what_it_means(self, name: str) -> None:
        assert EVENTS[name].__doc__
        assert EVENTS[name].OUTCOME in {"succeeded", "failed"}
        assert name == EVENTS[name].TYPE

    def test_it_is_frozen_and_tolerant(self, name: str) -> None:
        config = EVENTS[name].model_config
        assert config.get("frozen") is True
        assert config.get("extra") == "ignore"


def test_data_is_read_as_its_type() -> None:
    assert decode(REQUEST) == ProbeRequested(probe="x")


def test_fields_nobody_knows_are_ignored() -> None:
    newer = dataclasses.replace(REQUEST, data=b'{"probe":"x","since_v1":{"a":1}}')
    assert decode(newer) == ProbeRequested(probe="x")


def test_an_unknown_type_lists_the_known() -> None:
    with pytest.raises(UnknownTypeError, match=r"'a\.b'; known: .*muniment\.probe\.requested\.v1"):
        decode(dataclasses.replace(REQUEST, type="a.b"))
    with pytest.raises(UnknownTypeError):
        json_schema("a.b")


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        (b"{}", ["data.probe"]),
        (b'{"probe":5}', ["data.probe"]),
        (b'{"probe":""}', ["data.probe"]),
        (b'{"probe":"a\\u0000b"}', ["data.probe"]),
        (b'{"probe":"x","payload":{"a":1e400}}', ["data.payload"]),
        (b"[]", ["data"]),
        (b"null", ["data"]),
        (b"{", ["data"]),
        (b'{"probe":"x","unknown":NaN}', ["data"]),
        (b"\xff", ["data"]),
    ],
)
def test_invalid_data_names_its_fields(data: bytes, fields: list[str]) -> None:
    with pytest.raises(InvalidDataError) as caught:
        decode(dataclasses.replace(REQUEST, data=data))
    assert [field for field, _ in caught.value.problems] == fields
    assert str(caught.value).startswith(
        f"data of {ProbeRequested.TYPE} is not valid: {fields[0]}: "
    )


def test_invalid_data_never_repeats_the_input() -> None:
    with pytest.raises(InvalidDataError) as caught:
        decode(dataclasses.replace(REQUEST, data=b'{"probe":{"password":"hunter2"}}'))
    assert "hunter2" not in str(caught.value)


def test_data_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        ProbeRequested(probe="x").probe = "y"  # type: ignore[misc]  # that is the point


def test_the_subject_is_taken_from_the_data() -> None:
    class Counted(Event):
        """An event about a number."""

        TYPE: ClassVar[str] = "muniment.number.counted.v1"
        SUBJECT: ClassVar[str] = "number"
        number: int

    assert Counted(number=5).subject == "5"
