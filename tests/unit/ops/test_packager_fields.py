"""What `muniment packager` makes of what is typed, and of a file of defaults."""

from pathlib import Path

import pytest

from ops.packager_fields import (
    PackagerCommandError,
    given,
    options_first,
    read_defaults,
    read_parameters,
)

COMMANDS = {"status", "statistics", "queue"}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", ""),
        ("status", "status"),
        ("status -q", "-q status"),
        ("-D status -p http://h", "-D -p http://h status"),
        ("statistics -o 5 errors -l 3 -x", "-o 5 -l 3 -x statistics errors"),
        ("-qx statistics -rr-1", "-qx -rr-1 statistics"),
        ("queue -qs s3cret package_url a:b", "-qs s3cret queue package_url a:b"),
        ("queue t a:b --wait -q", "-q queue t a:b --wait"),
        ("queue t -- -q", "queue t -- -q"),
        ("queue t -h", "queue t -h"),
        ("-p status status", "-p status status"),
        ("status -s", "-s status"),
        ("statistics -", "statistics -"),
        ("anonymize -d", "anonymize -d"),
        ("-q anonymize -d -x", "-q anonymize -d -x"),
        ("--help status -q", "--help status -q"),
    ],
)
def test_options_of_ckanpackager_may_stand_anywhere(typed: str, meant: str) -> None:
    assert options_first(typed.split(), COMMANDS) == meant.split()


def test_the_value_of_an_option_is_never_taken_for_an_option() -> None:
    assert options_first(["statistics", "-s", "-q", "-r", "--"], COMMANDS) == [
        *("-s", "-q", "-r", "--"),
        "statistics",
    ]


def test_a_parameter_is_split_at_its_first_colon() -> None:
    words = ["resource_url:https://a.example:8080/x", "doi:", 'filters:{"a": ["ä:b"]}']
    assert read_parameters(words) == {
        "resource_url": "https://a.example:8080/x",
        "doi": "",
        "filters": '{"a": ["ä:b"]}',
    }


@pytest.mark.parametrize("word", ["resource_id", "", ":value"])
def test_a_parameter_without_name_or_colon_is_refused(word: str) -> None:
    with pytest.raises(PackagerCommandError) as refused:
        read_parameters(["a:b", word])
    assert str(refused.value) == "Queue parameter list must be of the form PARAM:VALUE"


def test_values_of_the_file_of_defaults_are_sent_as_text(tmp_path: Path) -> None:
    file = tmp_path / "cli.json"
    file.write_text(
        '{"secret": "ä", "limit": 12345678901234567890, "doi": null, "filters": {"a": ["b"]}}'
    )
    assert read_defaults(file) == {
        "secret": "ä",
        "limit": "12345678901234567890",
        "filters": '{"a": ["b"]}',
    }


@pytest.mark.parametrize("text", ["{", "", "\x00", "[]", '"text"'])
def test_a_file_of_defaults_that_is_no_json_object_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "cli.json"
    file.write_text(text)
    with pytest.raises(PackagerCommandError, match=f"^File {file} is not in JSON format"):
        read_defaults(file)


@pytest.mark.parametrize("name", ["none.json", "."])
def test_a_file_of_defaults_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(PackagerCommandError) as refused:
        read_defaults(tmp_path / name)
    assert str(refused.value) == f"No such file: {tmp_path / name}"


def test_what_is_not_given_is_not_sent() -> None:
    assert given({"offset": 0, "limit": 100, "email": None, "resource_id": ""}) == {
        "offset": "0",
        "limit": "100",
        "resource_id": "",
    }
