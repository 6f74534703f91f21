"""The document of a record: what is taken of it, what is refused, and how it is served."""

import json
import pickle
from collections.abc import Mapping
from typing import Any

import pytest

from schemas.record_document import (
    EDITABLE,
    KEYS,
    LONG,
    REQUIRED,
    DocumentError,
    as_v3,
    check,
    complete,
    missing,
    read,
    read_kept,
    write,
)
from tests.equipment.records import CLASSES, FIRST_PUT, dependency, first_put, output, platform


def faults(given: Mapping[str, Any]) -> dict[str, str]:
    with pytest.raises(DocumentError) as caught:
        check(dict(given))
    return dict(caught.value.faults)


def test_what_the_client_sends_first_is_kept_to_the_bit() -> None:
    given = read(FIRST_PUT)
    assert check(given) == given
    assert complete(check(given)) == given
    assert missing(given) == []
    assert set(KEYS) == {*given, "project_id"}
    assert len(KEYS) == 24


def test_what_the_client_sends_last_is_kept_to_the_bit() -> None:
    given = first_put(
        duration=0.42,
        stdout_stderr="hello\n\x1b[0m\0",
        tags=["_finished_", "coral"],
        output_data=[output(), output(path="été \udc80", creation=None)],
        input_data=[output(metadata={"mimetype": None, "other": {"deep": [1, 1.0, None]}})],
        dependencies=[dependency(), dependency(path=None, version=None, source="attribute")],
        platforms=[platform(), platform(processor="x")],
        repeats="20240430-100000",
        reason=None,
        main_file=None,
        executable={"path": None, "version": "unknown", "name": "Python", "options": "-m"},
        parameters={"content": "{}", "type": "dict"},
    )
    checked = check(given)
    assert checked == given
    assert write(checked) == write({key: given[key] for key in checked})


@pytest.mark.parametrize("version", [None, 1.5, 2, True, ["1", 2], "1.26.4", {"major": 1}])
def test_the_version_of_a_module_is_whatever_it_says(version: object) -> None:
    given = {"dependencies": [dependency(version=version)]}
    assert check(given) == given


def test_what_is_not_known_is_left_out() -> None:
    given = first_put(
        project_id="reef",
        extra={"a": float("nan")},
        executable={"path": "p", "version": "1", "name": "n", "options": "", "extra": 1},
        dependencies=[{**dependency(), "language": "python"}],
        output_data=[{**output(), "extra": None}],
    )
    checked = check(given)
    assert "project_id" not in checked
    assert "extra" not in checked
    assert checked["executable"] == {"path": "p", "version": "1", "name": "n", "options": ""}
    assert checked["dependencies"] == [dependency()]
    assert checked["output_data"] == [output()]


def test_a_part_of_a_document_is_checked_as_that_part() -> None:
    assert check({}) == {}
    assert check({"outcome": "well", "tags": "b,a"}) == {"outcome": "well", "tags": ["a", "b"]}


def test_what_need_not_be_given_gets_defaults() -> None:
    given = {key: first_put()[key] for key in REQUIRED}
    assert missing(given) == []
    assert complete(given) == first_put(script_arguments="", stdout_stderr="", reason="")
    assert list(complete(given)) == [key for key in KEYS if key != "project_id"]


def test_defaults_are_nobody_s() -> None:
    complete({})["input_data"].append(1)
    complete({})["input_datastore"]["parameters"]["root"] = "/tmp/elsewhere"  # noqa: S108 - no file
    assert complete({})["input_data"] == []
    assert complete({})["input_datastore"]["parameters"] == {"root": "/"}


def test_what_must_be_given_is_named() -> None:
    assert missing({}) == list(REQUIRED)
    assert missing(first_put()) == []
    given = first_put()
    del given["diff"], given["label"], given["user"], given["outcome"]
    assert missing(given) == ["label", "diff"]
    assert set(EDITABLE) | set(LONG) < set(KEYS)


def test_parts_of_older_documents_are_completed() -> None:
    given = first_put(
        timestamp="2010-05-01 10:00:00",
        tags="",
        executable={"path": "p", "version": "1", "name": "n"},
        repository={"url": "u", "type": "SubversionRepository"},
        launch_mode={"type": "SerialLaunchMode", "parameters": "{}"},
        datastore={"type": "FileSystemDataStore", "parameters": "{'root': '/d'}"},
        output_data=[{"path": "a", "digest": "0" * 40, "metadata": ""}],
        dependencies=[
            {"path": "p", "version": "1", "name": "n", "module": "python", "diff": "", "extra": 1}
        ],
    )
    checked = check(given)
    assert checked["timestamp"] == "2010-05-01 10:00:00+0000"
    assert checked["tags"] == []
    assert checked["executable"]["options"] == ""
    assert checked["repository"]["upstream"] is None
    assert checked["launch_mode"] == {"type": "SerialLaunchMode", "parameters": {}}
    assert checked["datastore"]["parameters"] == {"root": "/d"}
    assert checked["output_data"][0]["metadata"] == {}
    assert checked["output_data"][0]["creation"] is None
    assert checked["dependencies"][0]["source"] is None


@pytest.mark.parametrize("place", ["launch_mode", "datastore", "input_datastore"])
def test_an_expression_is_refused_where_the_client_would_evaluate_it(place: str) -> None:
    evil = "__import__('os').system('true')"
    assert faults({place: {"type": CLASSES[place], "parameters": evil}}) == {
        f"{place}.parameters": "must be a literal dict, not an expression to evaluate"
    }


@pytest.mark.parametrize("content", ["{'a': b'x', 1: {2}}", " {'n': 3}", "{}", "{'a': 'x'\n}"])
def test_parameters_that_are_a_dict_are_kept_as_text(content: str) -> None:
    given = {"parameters": {"content": content, "type": "dict"}}
    assert check(given) == given


@pytest.mark.parametrize("content", ["dict(n=3)", "[]", "", "n = 3", "{'a': nan}"])
def test_parameters_that_are_a_dict_are_a_literal(content: str) -> None:
    assert list(faults({"parameters": {"content": content, "type": "dict"}})) == [
        "parameters.content"
    ]
    given = {"parameters": {"content": content, "type": "SimpleParameterSet"}}
    assert check(given) == given


def test_text_that_looks_like_python_is_text() -> None:
    given = first_put(outcome="__import__('os')", stdout_stderr="{'a': 1}", user="{}", diff="[]")
    assert check(given) == given


FAULTY: list[tuple[str, Any, str]] = [
    ("label", None, "label"),
    ("label", "a\nb", "label"),
    ("label", "", "label"),
    ("timestamp", "yesterday", "timestamp"),
    ("timestamp", 1714557600, "timestamp"),
    ("timestamp", None, "timestamp"),
    ("reason", 1, "reason"),
    ("outcome", None, "outcome"),
    ("tags", [""], "tags"),
    ("tags", None, "tags"),
    ("duration", "1", "duration"),
    ("duration", True, "duration"),
    ("duration", float("nan"), "duration"),
    ("duration", 10**400, "duration"),
    ("executable", "python", "executable"),
    ("executable", {}, "executable.path"),
    ("repository", [], "repository"),
    ("repository", {"url": "u", "type": None}, "repository.type"),
    ("main_file", False, "main_file"),
    ("version", 228, "version"),
    ("parameters", None, "parameters"),
    ("parameters", {"type": "dict"}, "parameters.content"),
    ("parameters", {"content": {}, "type": "dict"}, "parameters.content"),
    ("input_data", "['a']", "input_data"),
    ("input_data", ["a"], "input_data.0"),
    ("input_data", None, "input_data"),
    ("launch_mode", {"type": "TLaunchMode"}, "launch_mode.parameters"),
    ("launch_mode", {"type": "TLaunchMode", "parameters": None}, "launch_mode.parameters"),
    ("datastore", {"type": 1, "parameters": {}}, "datastore.type"),
    ("datastore", {"type": "TDataStore", "parameters": []}, "datastore.parameters"),
    ("input_datastore", None, "input_datastore"),
    ("output_data", [output(), output(digest=None)], "output_data.1.digest"),
    ("output_data", [output(metadata="x")], "output_data.0.metadata"),
    ("output_data", [output(metadata=None)], "output_data.0.metadata"),
    ("output_data", [output(metadata={"size": 10**400})], "output_data.0.metadata"),
    ("output_data", [output(creation="")], "output_data.0.creation"),
    ("output_data", {}, "output_data"),
    ("stdout_stderr", None, "stdout_stderr"),
    ("diff", None, "diff"),
    ("user", [], "user"),
    ("script_arguments", ["a"], "script_arguments"),
    ("dependencies", [dependency(name=None)], "dependencies.0.name"),
    ("dependencies", "", "dependencies"),
    ("platforms", [platform(processor=None)], "platforms.0.processor"),
    ("platforms", [{}], "platforms.0.release"),
    ("repeats", 3, "repeats"),
]


@pytest.mark.parametrize(("field", "value", "path"), FAULTY)
def test_a_faulty_field_is_named(field: str, value: object, path: str) -> None:
    assert path in faults(first_put(**{field: value}))


def test_every_faulty_field_is_named_in_one_short_text() -> None:
    given = first_put(
        duration="fast", tags=3, output_data=[output(), output(digest=1, creation="now")]
    )
    with pytest.raises(DocumentError) as caught:
        check(given)
    assert str(caught.value) == (
        "tags: must be a list of tags; duration: must be a number or null; "
        "output_data.1.digest: must be a text; "
        "output_data.1.creation: must be a timestamp like 2024-05-01 10:00:00+0000"
    )
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301 - ours


def test_a_million_faults_are_not_all_told() -> None:
    with pytest.raises(DocumentError, match="and 76 more") as caught:
        check({"dependencies": [0] * 1_000_000})
    assert len(caught.value.faults) == 100
    assert len(str(caught.value)) < 1500


def test_version_3_does_not_say_when_outputs_were_created() -> None:
    given = first_put(output_data=[output()], input_data=[output()])
    v3 = as_v3(given)
    assert [set(entry) for entry in v3["output_data"]] == [{"path", "digest", "metadata"}]
    assert v3["input_data"] == given["input_data"]
    assert given["output_data"] == [output()]


@pytest.mark.parametrize(
    ("body", "document"),
    [
        (b"{}", {}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b' {"a": 1, "a": 2}\n', {"a": 2}),
        (rb'{"path": "\udc80", "pair": "\ud83d\ude00"}', {"path": "\udc80", "pair": "😀"}),
        (b'{"a": 1e308, "b": -0.0, "c": 1.0}', {"a": 1e308, "b": -0.0, "c": 1.0}),
        ('{"é": "\\u0000"}'.encode(), {"é": "\0"}),
    ],
)
def test_a_body_is_a_json_object(body: bytes, document: dict[str, Any]) -> None:
    assert repr(read(body)) == repr(document)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b'{"a": "\xff"}', "UTF-8"),
        (b'{"a": "\xed\xb2\x80"}', "UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "UTF-8"),
        (b"\xef\xbb\xbf", "line 1"),
        (b"{", "line 1"),
        (b'{"a": 1,}', "line 1"),
        (b"{} {}", "line 1"),
        (b"{'a': 1}", "line 1"),
        (b'{"a": "\n"}', "line 1"),
        (b"[]", "object"),
        (b'"{}"', "object"),
        (b"null", "object"),
        (b'{"a": NaN}', "double"),
        (b'{"a": [-Infinity]}', "double"),
        (b'{"a": 1e999}', "double"),
        (b'{"a": ' + b"9" * 1_000_000 + b"}", "double"),
        (b'{"a": ' + b"[" * 1_000_000, "nested"),
        (b'{"a":' * 1_000_000, "nested"),
    ],
)
def test_any_other_body_is_refused(body: bytes, message: str) -> None:
    with pytest.raises(DocumentError, match=message) as caught:
        read(body)
    assert [path for path, _ in caught.value.faults] == ["body"]
    assert len(str(caught.value)) < 200


def test_what_is_written_can_be_kept_as_text_anywhere() -> None:
    text = write(first_put(outcome="\0\udc80é"))
    assert text.isascii()
    assert text.isprintable()
    assert read_kept(text) == first_put(outcome="\0\udc80é")
    assert json.loads(text) == read_kept(text)


def test_the_order_of_keys_is_always_the_same() -> None:
    given = first_put()
    backwards = dict(reversed(given.items()))
    assert list(check(backwards)) == list(complete(check(backwards))) == list(KEYS[:-1])


@pytest.mark.parametrize(
    ("field", "type_"),
    [
        ("launch_mode", "Executable"),
        ("launch_mode", "os.LaunchMode"),
        ("launch_mode", "get_data_store"),
        ("datastore", "subprocess"),
        ("input_datastore", ""),
    ],
)
def test_a_type_can_only_name_what_the_client_means_to_make(field: str, type_: str) -> None:
    with pytest.raises(DocumentError) as refused:
        check({field: {"type": type_, "parameters": {}}})
    assert [name for name, _ in refused.value.faults] == [f"{field}.type"]


@pytest.mark.parametrize("path", ["x; rm -rf ~", "$(id)", "a`id`", "a|b", "a\nb"])
def test_an_empty_version_has_the_client_ask_no_shell(path: str) -> None:
    program = {"path": path, "version": "", "name": "x"}
    with pytest.raises(DocumentError) as refused:
        check({"executable": program})
    assert [name for name, _ in refused.value.faults] == ["executable.path"]
    assert check({"executable": {**program, "version": "1"}})["executable"]["path"] == path
    spaced = {**program, "path": r"C:\Program Files (x86)\x.exe"}
    assert check({"executable": spaced})
