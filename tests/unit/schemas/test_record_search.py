"""Finding records by a parameter, whatever format it was written in."""

import json
import time

import pytest

from schemas.record_search import LONGEST_SEARCHABLE, search_term, searchable

FORMATS = [
    "n = 3\nname = 'x y'",
    "n=3\r\nname=x y\r\n",
    'n = 3 # of corals\nname = "x y" #!',
    '{\n    "n": 3,\n    "name": "x y"\n}',
    '{"n": 3, "name": "x y"}',
    "{'n': 3, 'name': 'x y'}",
    '{"outer": {"list": [1, {"n": 3}], "name": "x y"}}',
    "n: 3\nname: x y\n",
    "outer:\n    - n: 3\n      name: 'x y'\n",
    "outer: {n: 3, name: x y}",
    "[section]\nn = 3\nname = x  y\n\n",
    '{\n  "n": 3,\n  "name": "x y",\n}',
]


@pytest.mark.parametrize("content", FORMATS)
@pytest.mark.parametrize(
    "asked", ["n", "n=3", "n = 3", '"n": 3', "n: 3", " 'n' : 3, ", "name", "name = x y", '"name"']
)
def test_what_is_asked_is_found_in_every_format(content: str, asked: str) -> None:
    assert search_term(asked) in searchable(content)


@pytest.mark.parametrize("content", FORMATS)
@pytest.mark.parametrize("asked", ["m", "n = 4", "n = 33", "name = x", "3", "", "ame", "x y"])
def test_nothing_else_is_found(content: str, asked: str) -> None:
    assert search_term(asked) not in searchable(content)


def test_a_name_without_value_is_a_name() -> None:
    assert search_term("n=") == search_term("n") == "\nn="


def test_each_assignment_is_one_line() -> None:
    assert searchable("a = 1\n# b = 2\nc: [1, 2]\nd = (1, 2)\ne =\n") == (
        "\na=1\nc=[1, 2]\nd=(1, 2)\ne=\n"
    )
    assert searchable("") == ""
    assert searchable("nothing here") == ""


def test_addresses_and_times_are_values() -> None:
    assert searchable("url = http://a.example:80/b\nat: 10:30\n'q': 'a=b'") == (
        "\nurl=http://a.example:80/b\nat=10:30\nq=a=b\n"
    )


def test_only_what_a_database_can_keep_is_left() -> None:
    assert searchable("na\0me = \udc80a\ud800b\0") == "\nname=ab\n"
    assert search_term("na\0me = \udc80a") == "\nname=a\n"
    assert search_term("\udc80na\0me") == "\nname="


def test_it_is_not_too_long() -> None:
    content = "\n".join(f"é{number} = {number}" for number in range(100_000))
    found = searchable(content)
    assert LONGEST_SEARCHABLE - 20 < len(found.encode()) <= LONGEST_SEARCHABLE
    assert found.endswith("\n")


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        " ",
        "a ",
        ",",
        "{",
        '{"',
        "{'a'",
        '{"a" ',
        "- ",
        "\n" + " " * 300,
        '="',
        'a="',
        "a='b\"=",
        "," + "a " * 120,
        ":[",
        ":(",
    ],
)
def test_no_text_makes_it_slow(piece: str) -> None:
    started = time.process_time()
    searchable(piece * (1024 * 1024 // len(piece)))
    assert time.process_time() - started < 10


def test_the_client_s_own_text_of_nested_parameters_is_searchable() -> None:
    content = json.dumps({"grid": {"n": 3, "periodic": True}}, sort_keys=True, indent=4)
    assert searchable(content) == "\ngrid=\nn=3\nperiodic=true\n"
