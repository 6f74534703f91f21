"""Forms, as one JSON value."""

import pytest
from pydantic import JsonValue

from http_ingress.archive.answers import Refused
from http_ingress.archive.receiving import of_form, of_json, of_pairs


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ([], {}),
        ([("a", "1"), ("a", "2")], {"a": "2"}),
        ([("list", "1")], {"list": ["1"]}),
        ([("list", "1"), ("list", "2")], {"list": ["1", "2"]}),
        ([("list[1]", "b"), ("list[0]", "a")], {"list": ["a", "b"]}),
        ([("list[]", "1")], {"list[]": "1"}),
        ([("set[0]key", "k"), ("set[0]md5", "m")], {"set": [{"key": "k", "md5": "m"}]}),
        ([("set[0].key", "k"), ("set[7]key", "j")], {"set": [{"key": "k"}, {"key": "j"}]}),
        ([("set[0]", "text"), ("set[0]key", "k")], {"set": ["text"]}),
        ([("headers", '{"A": 1}')], {"headers": {"A": 1}}),
        ([("headers", "{")], {"headers": "{"}),
        ([("area", "null")], {"area": None}),
        ([("public_date", "")], {"public_date": None}),
        ([("site_id", "")], {"site_id": ""}),
        ([("list", "1"), ("list[0]", "2")], {"list": ["1"]}),
    ],
)
def test_what_the_fields_of_a_form_say(pairs: list[tuple[str, str]], said: JsonValue) -> None:
    assert of_pairs(pairs, ["list"]) == said


def test_a_form_is_utf8_and_has_an_end() -> None:
    assert of_form(b"a=%C3%A9&b=1+2&c=") == {"a": "é", "b": "1 2", "c": ""}
    for body in (b"a=%FF", b"\xff=1", b"a&" * 20_001):
        with pytest.raises(Refused) as caught:
            of_form(body)
        assert caught.value.status == 400


def test_a_list_has_an_end() -> None:
    with pytest.raises(Refused):
        of_pairs([(f"list[{number}]", "x") for number in range(10_001)])


def test_json_says_what_it_is() -> None:
    assert of_json(b'[1, "\\u00e9", null]') == [1, "é", None]
