"""Values come back as they were, bit by bit: texts of any kind and size, numbers, nothing."""

import json
from typing import Any

import pytest

from tests.equipment.recording import Recording, finished
from tests.equipment.records import dependency, output, platform

TEXTS = {
    "empty": "",
    "blank": " \t\n\r\n ",
    "lines": "a\nb\r\nc\rd\n",
    "NUL": "a\0b",
    "controls": "".join(map(chr, range(0x20))) + "\x7f\x80\x9f",
    "high half": "name-\udce9.txt",
    "halves": "\ude00\ud83d",
    "astral": "🦑\U0001d4b3\U0010ffff",
    "private": "\ufffe\uffff\ufeff",
    "not normalised": "e\N{COMBINING ACUTE ACCENT} é Å Å",
    "right to left": "\u202eabc\u202c",
    "line separators": "\u2028\u2029\x85",
    "markup": "</script><script>alert(1)</script>&amp;\"'",
    "template": "{{ 7 * 7 }} ${7*7} %s {0}",
    "escapes": r"\u0000 \n \\ \" \x41",
    "null": "null",
    "SQL": "'; DROP TABLE records; --",
    "long": "0123456789" * 20_000,
}
NUMBERS = ["1", "1.0", "0", "-0.0", "0.1", "1e-320", "1.7976931348623157e308", "9007199254740993"]
NUMBERS += ["0.30000000000000004", "-12.5", "123456789012345678901234567890", "1e22"]


def holding(text: str) -> dict[str, Any]:
    """Return a record with the text wherever there may be any."""
    return finished(
        label="run",
        reason=text,
        outcome=text,
        tags=[text] if 0 < len(text) < 300 else [],
        executable={"path": "p" + text, "version": "v" + text, "name": text, "options": text},
        repository={"url": text, "type": text, "upstream": text},
        main_file=text,
        version=text,
        parameters={"content": text, "type": "SimpleParameterSet"},
        script_arguments=text,
        launch_mode={"type": "SerialLaunchMode", "parameters": {text: text}},
        datastore={"type": "FileSystemDataStore", "parameters": {"root": text, text: [text]}},
        diff=text,
        user=text,
        stdout_stderr=text,
        repeats=text,
        platforms=[dict.fromkeys(platform(), text)],
        dependencies=[dependency(**dict.fromkeys(dependency(), text))],
        input_data=[output(path=text, digest=text, metadata={text: text})],
        output_data=[output(path=text, digest=text, metadata={"x": {text: [text, None]}})],
    )


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_comes_back_as_it_was(store: Recording, text: str) -> None:
    project = store.project()
    sent = holding(text)
    path = f"/{project}/run/"
    assert store.put(path, sent).status == 201
    assert store.get(path).json == {**sent, "project_id": project}
    assert store.put(path, {**sent, "reason": text + "!", "outcome": ""}).status == 200
    expected = {**sent, "reason": text + "!", "outcome": "", "project_id": project}
    assert store.get(f"/{project}/last/").json == expected
    assert store.get(f"/{project}/?expand=records").json["records"] == [expected]
    (line,) = store.get(f"/{project}/?format=ndjson").body.splitlines()
    assert json.loads(line) == expected
    for page in (f"/{project}/", path, f"{path}?view=diff", f"{path}?view=history", "/"):
        shown = store.get(page, accept="text/html")
        assert shown.status == 200, page
        assert b"<script>alert(1)" not in shown.body
    assert store.call("DELETE", path).status == 204


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_comes_back_as_it_was(store: Recording, number: str) -> None:
    project = store.project()
    document = json.dumps(finished(label="run", duration="DURATION"))
    metadata = json.dumps(output(metadata={"size": "SIZE"}))
    body = document.replace('"DURATION"', number).replace(
        '"output_data": []', f'"output_data": [{metadata}]'.replace('"SIZE"', number)
    )
    assert store.call("PUT", f"/{project}/run/", body.encode()).status == 201
    served = store.get(f"/{project}/run/").json
    expected = json.loads(number)
    for found in (served["duration"], served["output_data"][0]["metadata"]["size"]):
        assert repr(found) == repr(expected)


def test_nothing_is_not_the_empty_text(store: Recording, project: str) -> None:
    for label, value in (("null", None), ("empty", "")):
        sent = finished(
            label=label,
            main_file=value,
            repeats=value,
            repository={"url": "u", "type": "GitRepository", "upstream": value},
            dependencies=[dependency(source=value)],
            output_data=[output(metadata={"mimetype": value, "encoding": value, "": value})],
            launch_mode={"type": "SerialLaunchMode", "parameters": {"options": value}},
        )
        assert store.put(f"/{project}/{label}/", sent).status == 201
        assert store.get(f"/{project}/{label}/").json == {**sent, "project_id": project}


def test_the_order_and_repetition_in_lists_stay(store: Recording, project: str) -> None:
    sent = finished(
        label="run",
        output_data=[output(path=path) for path in "zaza"],
        input_data=[output(path=path) for path in "ba"],
        platforms=[platform(machine=name) for name in "yx"],
        dependencies=[dependency(name=name) for name in "qpq"],
        launch_mode={"type": "SerialLaunchMode", "parameters": {"z": 1, "a": [3, 1, 2]}},
    )
    assert store.put(f"/{project}/run/", sent).status == 201
    served = store.get(f"/{project}/run/").json
    assert served == {**sent, "project_id": project}
    assert list(served["launch_mode"]["parameters"]) == ["z", "a"]


def test_columns_have_no_narrow_limits(store: Recording, project: str) -> None:
    wide = "w" * 3000
    sent = holding(wide) | {"tags": [f"tag {number} {'t' * 60}" for number in range(100, 200)]}
    assert store.put(f"/{project}/run/", sent).status == 201
    assert store.get(f"/{project}/run/").json == {**sent, "project_id": project}


def test_long_texts_come_back_through_the_object_store(store: Recording, project: str) -> None:
    unit = "+ Grüße \ud83d \0 \"'\\ 🦑\n"
    diff, out = unit * 500_000, "x" * 10_000_000
    path = f"/{project}/run/"
    assert store.put(path, finished(label="run", tags=["_running_"], diff=diff)).status == 201
    assert store.get(path).json["diff"] == diff
    assert store.put(path, {"stdout_stderr": out}).status == 200
    served = store.get(path).json
    assert served == {
        **finished(label="run", tags=["_running_"], diff=diff, stdout_stderr=out),
        "project_id": project,
    }
    assert store.get(path).body == store.get(f"/{project}/last/").body
    assert store.put(path, {"diff": "short again"}).status == 200
    assert store.get(path).json == {**served, "diff": "short again"}
    head = store.call("HEAD", path)
    assert (head.status, head.body) == (200, b"")


@pytest.mark.parametrize("length", [65_500, 65_534, 65_535, 65_536, 65_537, 70_000])
def test_a_text_about_as_long_as_is_kept_with_its_record(store: Recording, length: int) -> None:
    project = store.project()
    for character in ("x", "é", "\n"):
        text = character * length
        assert store.put(
            f"/{project}/run/",
            finished(label="run", tags=["_running_"], diff=text, stdout_stderr=text[:-1]),
        ).status in {200, 201}
        served = store.get(f"/{project}/run/").json
        assert (served["diff"], served["stdout_stderr"]) == (text, text[:-1])
