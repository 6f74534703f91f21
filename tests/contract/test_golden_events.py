# ruff: noqa: D102 - a test's name is its sentence
"""One golden event per type, in structured mode, as it was when the type was made.

The files are what others have written code against, so they do not change: an optional field
that is added later stays out of them, and anything else is another type (`.v2`), with a new file.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no types

from schemas.catalogue import EVENTS, decode, json_schema
from schemas.envelope import (
    Envelope,
    from_amqp,
    from_http,
    from_structured,
    to_amqp,
    to_http,
    to_structured,
)

EVENTS_DIR = Path(__file__).parent / "events"


def golden(name: str) -> bytes:
    return (EVENTS_DIR / f"{name}.json").read_bytes()


def data_of(name: str) -> Any:  # noqa: ANN401 - JSON is what it is
    return json.loads(golden(name))["data"]


def test_there_is_one_file_per_type_and_no_other() -> None:
    assert sorted(path.stem for path in EVENTS_DIR.iterdir()) == sorted(EVENTS)


@pytest.mark.parametrize("name", sorted(EVENTS))
class TestGolden:
    """Each of them."""

    def envelope(self, name: str) -> Envelope:
        return from_structured(golden(name))

    def test_it_is_read_as_its_type(self, name: str) -> None:
        event = decode(self.envelope(name))
        assert type(event) is EVENTS[name]
        assert event.subject == self.envelope(name).subject

    def test_nothing_of_it_is_lost_or_renamed(self, name: str) -> None:
        event = decode(self.envelope(name))
        assert json.loads(event.model_dump_json(exclude_unset=True)) == data_of(name)

    def test_every_wire_carries_it_unchanged(self, name: str) -> None:
        envelope = self.envelope(name)
        assert json.loads(to_structured(envelope)) == json.loads(golden(name))
        assert from_http(*to_http(envelope)) == envelope
        assert from_amqp(*to_amqp(envelope)) == envelope

    def test_its_schema_describes_it(self, name: str) -> None:
        Draft202012Validator(json_schema(name)).validate(data_of(name))

    def test_its_schema_asks_for_what_it_must_have(self, name: str) -> None:
        validator = Draft202012Validator(json_schema(name))
        for field in json_schema(name)["required"]:
            partial = {key: value for key, value in data_of(name).items() if key != field}
            assert not validator.is_valid(partial), field
