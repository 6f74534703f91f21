"""Bodies that are no record: 400 with the field's name, nothing stored, the connection lives on."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.equipment.line import line_to
from tests.equipment.recording import PASSWORDS, Recording, basic, finished
from tests.equipment.records import dependency, output, platform

NO_OBJECT = {
    "empty": b"",
    "blank": b" \r\n\t",
    "cut": b'{"label": "run"',
    "list": b"[]",
    "list of records": b"[{}]",
    "null": b"null",
    "text": b'"run"',
    "number": b"1",
    "not UTF-8": b'{"label": "run", "reason": "\xff"}',
    "UTF-16": '{"label": "run"}'.encode("utf-16"),
    "Latin-1": '{"label": "run", "reason": "é"}'.encode("latin-1"),
    "two": b"{} {}",
    "form": b"label=run",
    "single quotes": b"{'label': 'run'}",
    "NaN": b'{"label": "run", "duration": NaN}',
    "infinity": b'{"label": "run", "duration": -Infinity}',
    "too large": b'{"label": "run", "duration": 1e999}',
    "deep": b'{"label": "run", "x": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "digits": b'{"label": "run", "x": ' + b"9" * 5000 + b"}",
    "control character": b'{"label": "run", "reason": "a\nb"}',
    "half escape": rb'{"label": "run", "reason": "\u12"}',
    "gzip": b"\x1f\x8b\x08\x00",
    "NUL": b"\0",
}
NOT_TEXT: list[object] = [1, True, ["x"], {"x": 1}]
NOT_LIST: list[object] = [None, 1, "x", {"x": 1}, True]
NOT_OBJECT: list[object] = [None, 1, [], ["x"], True]
NOT_TAGS: list[object] = [None, 1, True, {"x": 1}, [1], [None], [""], [["x"]], ["a", 1]]
NOT_ITEM: list[object] = [None, 1, "x", [], {}]
NOT_REQUIRED_TEXT: list[object] = [1, None]
NOT_LITERAL: list[object] = [None, 1, [], "n + 1", "[]", "{", ""]
NOT_METADATA: list[object] = [None, 1, [], "x"]
NOT_MOMENT: list[object] = [1, "", "now", []]
NOT_NUMBER: list[object] = ["1", True, [], {}, 10**400]
ENDING = {"launch_mode": "LaunchMode", "datastore": "DataStore", "input_datastore": "DataStore"}
WITHOUT = object()


def part(field: str, whole: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    """Return what makes the field wrong in one of its parts."""

    def made(**changes: object) -> dict[str, Any]:
        changed = {**whole, **changes}
        return {field: {key: value for key, value in changed.items() if value is not WITHOUT}}

    return made


executable = part("executable", finished()["executable"])
repository = part("repository", finished()["repository"])
parameters = part("parameters", finished()["parameters"])
WRONG: list[dict[str, Any]] = [
    *(
        {field: value}
        for field in ("script_arguments", "stdout_stderr", "diff", "user", "version", "outcome")
        for value in [*NOT_TEXT, None]
    ),
    *({field: value} for field in ("reason", "main_file", "repeats") for value in NOT_TEXT),
    *({"timestamp": value} for value in [*NOT_TEXT, None, "", "now", "2024-05-01"]),
    *({"duration": value} for value in NOT_NUMBER),
    *({"tags": value} for value in NOT_TAGS),
    *(
        {field: value}
        for field in ("platforms", "dependencies", "input_data", "output_data")
        for value in NOT_LIST
    ),
    *(
        {field: value}
        for field in (
            "executable",
            "repository",
            "parameters",
            "launch_mode",
            "datastore",
            "input_datastore",
        )
        for value in [*NOT_OBJECT, "x"]
    ),
    *(
        {field: [value]}
        for field in ("platforms", "dependencies", "input_data", "output_data")
        for value in NOT_ITEM
    ),
    *(
        executable(**{key: value})
        for key in ("version", "name")
        for value in [*NOT_REQUIRED_TEXT, WITHOUT]
    ),
    executable(options=1),
    *(
        repository(**{key: value})
        for key in ("url", "type")
        for value in [*NOT_REQUIRED_TEXT, WITHOUT]
    ),
    repository(upstream=1),
    *(
        parameters(**{key: value})
        for key in ("content", "type")
        for value in [*NOT_REQUIRED_TEXT, WITHOUT]
    ),
    parameters(content={"n": 3}),
    *(
        {field: {"type": kind, "parameters": {}}}
        for field in ("launch_mode", "datastore", "input_datastore")
        for kind in NOT_REQUIRED_TEXT
    ),
    *(
        {field: {"type": f"Serial{ENDING[field]}", "parameters": value}}
        for field in ("launch_mode", "datastore", "input_datastore")
        for value in NOT_LITERAL
    ),
    *(
        {"output_data": [output(**{key: value})]}
        for key in ("path", "digest")
        for value in NOT_REQUIRED_TEXT
    ),
    *({"output_data": [output(metadata=value)]} for value in NOT_METADATA),
    *({"input_data": [output(creation=value)]} for value in NOT_MOMENT),
    *({"platforms": [platform(**{key: None})]} for key in platform()),
    *({"dependencies": [dependency(**{key: 1})]} for key in ("name", "module", "diff", "source")),
]


@pytest.mark.parametrize("content", NO_OBJECT.values(), ids=NO_OBJECT)
def test_what_is_no_json_object_is_refused(embedded: Recording, content: bytes) -> None:
    project = embedded.project()
    ann = {"authorization": basic("ann", PASSWORDS["ann"])}
    path = f"/records/{project}/run/"
    with line_to(embedded.url) as line:
        for _ in range(2):
            line.ask(
                "PUT", path, content, **({"content_length": "0"} if not content else {}), **ann
            )
            answer = line.answer()
            assert answer.status == 400
            assert 0 < len(answer.body) < 300
        line.ask("GET", path, b"", **ann)
        assert line.answer().status == 404
        line.ask("PUT", path, json.dumps(finished(label="run")).encode(), **ann)
        assert line.answer().status == 201
        line.ask("PUT", path, content, **({"content_length": "0"} if not content else {}), **ann)
        assert line.answer().status == 400
    assert embedded.get(f"/{project}/run/").json["reason"] == "baseline"


@pytest.fixture(scope="module")
def half_full(embedded: Recording) -> str:
    """A project in which there is a record `old` and no `new`."""
    project = embedded.project()
    embedded.record(project, "old", tags=["_running_"])
    return project


@pytest.mark.parametrize("change", WRONG, ids=lambda change: json.dumps(change)[:60])
def test_what_is_of_the_wrong_type_is_named(
    embedded: Recording, half_full: str, change: dict[str, Any]
) -> None:
    (field,) = change
    before = embedded.get(f"/{half_full}/old/").json
    for label in ("new", "old"):
        answer = embedded.put(f"/{half_full}/{label}/", finished(label=label, **change))
        assert answer.status == 400
        assert answer.body.decode().startswith(field)
        assert len(answer.body) < 1000
    assert embedded.get(f"/{half_full}/new/").status == 404
    assert embedded.get(f"/{half_full}/old/").json == before


def test_every_wrong_field_is_named(embedded: Recording, project_of_ann: str) -> None:
    wrong = {"reason": 1, "tags": [1], "platforms": None, "timestamp": "x"}
    answer = embedded.put(f"/{project_of_ann}/run/", finished(label="run", **wrong))
    assert answer.status == 400
    assert all(field in answer.body.decode() for field in wrong)


@pytest.fixture
def project_of_ann(embedded: Recording) -> str:
    return embedded.project()


def test_a_hostile_number_of_faults_is_answered_shortly(
    embedded: Recording, project_of_ann: str
) -> None:
    document = finished(label="run", platforms=[1] * 200_000, dependencies=[{}] * 200_000)
    answer = embedded.put(f"/{project_of_ann}/run/", document)
    assert answer.status == 400
    assert len(answer.body) < 4000


def test_what_nobody_asked_for_is_ignored(store: Recording, project: str) -> None:
    extra = {"unknown": 1, "data_key": "os.system('x')", "__class__": "x", "": None, "é": []}
    document = finished(label="run", executable={**finished()["executable"], "extra": 1})
    assert store.put(f"/{project}/run/", {**document, **extra}).status == 201
    served = store.get(f"/{project}/run/").json
    assert served == {**finished(label="run"), "project_id": project}
