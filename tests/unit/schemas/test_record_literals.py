"""Literals: what Sumatra's client would evaluate is parsed, and never run."""

import warnings
from pathlib import Path
from typing import Any

import pytest

from schemas.record_literals import (
    DEEPEST,
    LONGEST_LITERAL,
    check_dict_literal,
    check_json,
    check_number,
    read_parameters,
)


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("{}", {}),
        ("{'root': '/d'}", {"root": "/d"}),
        (' {"n": 4, "hosts": ("a", "b"), "o": None}', {"n": 4, "hosts": ["a", "b"], "o": None}),
        ("{'a': [1, 2.5, -3, True], 'b': {'c': ()}}", {"a": [1, 2.5, -3, True], "b": {"c": []}}),
        (r"{'root': '/d\udc80'}", {"root": "/d\udc80"}),
        ("{'a': 1, 'a': 2}", {"a": 2}),
        ("{'a': 'x' 'y', \"it's\": '', \n 'b': ''}", {"a": "xy", "it's": "", "b": ""}),
        (
            r"{'root': 'C:\\data', 'a': '\'\"\x00\u00e9\U0001f41f\t'}",
            {"root": r"C:\data", "a": "'\"\0é🐟\t"},
        ),
        ("{'a': 1e3, 'b': -.5, 'c': 1., 'd': +2}", {"a": 1000.0, "b": -0.5, "c": 1.0, "d": 2}),
    ],
)
def test_a_literal_becomes_an_object(text: str, parameters: dict[str, Any]) -> None:
    assert read_parameters(text) == parameters


EXPRESSIONS = [
    "",
    " ",
    "\0",
    "{'a': \udc80}",
    "dict(a=1)",
    "{'a': open('/etc/passwd').read()}",
    "{'a': __import__('os').getpid()}",
    "{'a': ().__class__.__base__}",
    "{'a': f'{1}'}",
    "{'a': f'{__import__(\"os\").getpid()}'}",
    "{**{'a': 1}}",
    "{'a': 1 if True else 2}",
    "{'a': [x for x in (1, 2)]}",
    "{'a': lambda: 1}",
    "{'a': 2 ** 99999999}",
    "{'a': 'x' * 99999999}",
    "{'a': name}",
    "{'a': (b := 1)}",
    "{'a': 1}; import os",
    "{'a': 1}\nimport os",
    "import os",
    "{[]: 1}",
    "{'a': 1",
    "(" * 5000,
    "{'a': " + "[" * 1000 + "]" * 1000 + "}",
    "{'a': " + "-" * 20000 + "1}",
    "{'a': " + "not " * 10000 + "1}",
    "{'a': 1" + " + 1" * 10000 + "}",
    "{'a': b" + ".c" * 20000 + "}",
    "{'a': " + "9" * 5000 + "}",
    "{'a': 1if}",
    "{'a': 1" + "if 1else 1" * 100 + "}",
    r"{'root': 'C:\data'}",
    r"{'a': '\777'}",
    r"{'a': r'\d'}",
    r"{'a': b'\u0041'}",
    "{'a': '''x'''}",
    "{'a': ''''}",
    "{'a': 'x\ny'}",
    "{'a': ...}",
    "{'a': 1} # of all",
]


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_what_is_no_literal_is_refused_wherever_it_would_be_evaluated(text: str) -> None:
    with pytest.raises(ValueError, match="must be a literal dict"):
        read_parameters(text)
    with pytest.raises(ValueError, match="must be a literal dict"):
        check_dict_literal(text)


@pytest.mark.parametrize("text", ["[]", "None", "'{}'", "3", "{1, 2}", "set()", "b'{}'"])
def test_another_literal_is_no_dict(text: str) -> None:
    with pytest.raises(ValueError, match="must be a literal dict"):
        read_parameters(text)
    with pytest.raises(ValueError, match="must be a literal dict"):
        check_dict_literal(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{1: 2}", "texts for keys"),
        ("{None: 2}", "texts for keys"),
        ("{'a': {True: 2}}", "texts for keys"),
        ("{'a': b'x'}", "JSON cannot say"),
        (r"{'\u0041': b'\x00', 'b': '\u0041'}", "JSON cannot say"),
        ("{'a': {1, 2}}", "JSON cannot say"),
        ("{'a': 1j}", "JSON cannot say"),
        ("{'a': 1e999}", "no double can hold"),
        ("{'a': -1e999}", "no double can hold"),
        ("{'a': " + "9" * 400 + "}", "no double can hold"),
        ("{'a': " + "[" * DEEPEST + "]" * DEEPEST + "}", "nested deeper"),
    ],
)
def test_a_literal_that_json_cannot_say_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_parameters(text)
    assert check_dict_literal(text) == text


def test_a_literal_is_not_too_long() -> None:
    longest = "{'a': '" + "x" * (LONGEST_LITERAL - 9) + "'}"
    assert read_parameters(longest)["a"].strip("x") == ""
    with pytest.raises(ValueError, match="longer than"):
        read_parameters(longest + " ")


def test_a_refused_text_leaves_no_trace_in_the_log() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for text in EXPRESSIONS:
            with pytest.raises(ValueError, match="must be a literal dict"):
                read_parameters(text)
    assert caught == []


def test_nothing_of_a_refused_text_has_run(tmp_path: Path) -> None:
    file = tmp_path / "ran"
    text = f"{{'a': __import__('pathlib').Path({str(file)!r}).touch()}}"
    with pytest.raises(ValueError, match="must be a literal dict"):
        read_parameters(text)
    with pytest.raises(ValueError, match="must be a literal dict"):
        check_dict_literal(text)
    assert not file.exists()


def nested(levels: int) -> object:
    value: object = 1
    for level in range(levels):
        value = {"a": value} if level % 2 else [value]
    return value


def test_json_is_not_nested_without_end() -> None:
    check_json(nested(DEEPEST))
    for levels in (DEEPEST + 1, 100_000):
        with pytest.raises(ValueError, match="nested deeper"):
            check_json(nested(levels))


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), 10**309])
def test_a_number_is_one_that_a_double_can_hold(number: float) -> None:
    with pytest.raises(ValueError, match="no double can hold"):
        check_number(number)
    with pytest.raises(ValueError, match="no double can hold"):
        check_json({"a": [number]})


@pytest.mark.parametrize("value", ["1", None, True, [1], b"1"])
def test_nothing_else_is_a_number(value: object) -> None:
    with pytest.raises(ValueError, match="must be a number"):
        check_number(value)
