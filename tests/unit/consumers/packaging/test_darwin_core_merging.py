"""Cells that several fields share."""

import json

import pytest

from consumers.packaging.merging import Merged


def _merged(*values: object) -> str:
    return Merged(range(len(values)), [f"k{index}" for index in range(len(values))])(values)


def _alone(value: object) -> object:
    return json.loads(_merged(value), parse_constant=_no_constant)["k0"]


def _no_constant(name: str) -> object:
    raise AssertionError(f"{name} is not JSON")


def test_null_is_left_out() -> None:
    assert _merged("x", None, "y") == '{"k0":"x","k2":"y"}'


def test_nothing_but_null_is_an_empty_object() -> None:
    assert _merged(None) == _merged(None, None) == "{}"


def test_only_the_given_places_are_read() -> None:
    assert Merged([3, 1], ["a", "b"])("wxyz") == '{"a":"z","b":"x"}'


def test_what_is_not_ascii_stays() -> None:
    assert Merged([0], ["größe"])(["日本"]) == '{"größe":"日本"}'


def test_keys_and_values_are_escaped() -> None:
    assert json.loads(Merged([0], ['a"\n\\'])(['"\t\x07'])) == {'a"\n\\': '"\t\x07'}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7),
        ("true", True),
        ("null", None),
        ('{"a": [1]}', {"a": [1]}),
        ('"quoted"', "quoted"),
        (" [1,\n 2] ", [1, 2]),
        ("12345678901234567890123", 12345678901234567890123),
        ("-2.5e-3", -0.0025),
    ],
)
def test_a_text_that_is_json_is_embedded(text: str, value: object) -> None:
    assert _alone(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "plain",
        "nothing",
        "true story",
        "{unfinished",
        "007",
        "+1",
        "1.",
        "12 mm",
        "NaN",
        "-NaN",
        "Infinity",
        "-Infinity",
        "[NaN]",
        "1e999",
        "-1e999",
        "[1e999]",
        '{"a": -1e999}',
        '"\\ud800"',
        "\ufeff1",
        "\u00a01",
        "1" * 5000,
        "[" * 5000 + "]" * 5000,
        '{"a":' * 5000 + "1" + "}" * 5000,
        "[" * 100_000,
    ],
    ids=lambda text: text[:12],
)
def test_a_text_that_is_no_sound_json_stays_a_text(text: str) -> None:
    assert _alone(text) == text


def test_a_number_keeps_its_digits() -> None:
    digits = "0.12345678901234567890"
    assert _merged(digits, "1.50") == f'{{"k0":{digits},"k1":1.50}}'


def test_an_embedded_text_is_compact() -> None:
    assert _merged('{ "a" : [ 1 ,\r\n "é" ] }') == '{"k0":{"a":[1,"é"]}}'


@pytest.mark.parametrize("value", [0, False, 2**80, -2.5, 1e22, "é", [], {"a": [None, "7"]}])
def test_a_value_is_what_it_was(value: object) -> None:
    assert _alone(value) == value
    assert type(_alone(value)) is type(value)


def test_a_number_that_json_cannot_write_becomes_a_text() -> None:
    assert _alone(float("nan")) == "NaN"
    assert _alone([float("-inf")]) == ["-Infinity"]
