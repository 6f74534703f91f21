"""What older clients send, and timestamps in all their forms: read, and served in one."""

import json
from typing import Any

import pytest

from tests.equipment.recording import Recording, finished
from tests.equipment.records import output

SERVED = "2024-05-01 10:00:00+0000"
MANUAL = {
    "label": "run",
    "timestamp": "2010-07-11 22:50:00",
    "reason": "",
    "outcome": "",
    "duration": 2.3,
    "executable": {"path": "/usr/bin/python", "version": "2.6", "name": "Python"},
    "repository": {"url": "/path/to/repos", "type": "MercurialRepository"},
    "main_file": "main.py",
    "version": "abc123",
    "parameters": {"content": "seed = 1", "type": "SimpleParameterSet"},
    "launch_mode": {"type": "SerialLaunchMode", "parameters": "{}"},
    "datastore": {"type": "FileSystemDataStore", "parameters": "{'root': '/d'}"},
    "output_data": [{"path": "x.out", "digest": "0" * 40, "metadata": ""}],
    "tags": "",
    "diff": "",
    "platforms": [],
    "dependencies": [
        {"path": "/p", "version": "1", "name": "numpy", "module": "python", "diff": ""}
    ],
}
"""As the manual of Sumatra Server has it: texts in the place of objects, and much left out."""


def test_the_manuals_own_example_is_stored(store: Recording, project: str) -> None:
    assert store.put(f"/{project}/run/", MANUAL).status == 201
    document = store.get(f"/{project}/run/").json
    assert document == {
        **MANUAL,
        "timestamp": "2010-07-11 22:50:00+0000",
        "executable": {**_object("executable"), "options": ""},
        "repository": {**_object("repository"), "upstream": None},
        "launch_mode": {"type": "SerialLaunchMode", "parameters": {}},
        "datastore": {"type": "FileSystemDataStore", "parameters": {"root": "/d"}},
        "input_datastore": {"type": "FileSystemDataStore", "parameters": {"root": "/"}},
        "output_data": [{"path": "x.out", "digest": "0" * 40, "metadata": {}, "creation": None}],
        "dependencies": [
            {
                "path": "/p",
                "version": "1",
                "name": "numpy",
                "module": "python",
                "diff": "",
                "source": None,
            }
        ],
        "tags": [],
        "input_data": [],
        "script_arguments": "",
        "stdout_stderr": "",
        "user": "",
        "repeats": None,
        "project_id": project,
    }


def _object(field: str) -> dict[str, Any]:
    found = MANUAL[field]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("launch_mode", "SerialLaunchMode"),
        ("datastore", "FileSystemDataStore"),
        ("input_datastore", "FileSystemDataStore"),
    ],
)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", {}),
        (" { } ", {}),
        ("{'root': '/d'}", {"root": "/d"}),
        ('{"n": 3, \'hosts\': ["a", "b"]}', {"n": 3, "hosts": ["a", "b"]}),
        ("{u'root': u'/d\\xe9'}", {"root": "/dé"}),
        ("{'x': None, 'y': True, 'z': -1.5e3}", {"x": None, "y": True, "z": -1500.0}),
        ("{'t': (1, 2)}", {"t": [1, 2]}),
        ("{'a': {'b': {'c': 'é日本'}}}", {"a": {"b": {"c": "é日本"}}}),
    ],
)
def test_a_text_that_is_a_literal_becomes_an_object(
    embedded: Recording, field: str, kind: str, text: str, expected: object
) -> None:
    project = embedded.project()
    document = finished(label="run", **{field: {"type": kind, "parameters": text}})
    assert embedded.put(f"/{project}/run/", document).status == 201
    served = embedded.get(f"/{project}/run/").json[field]
    assert served == {"type": kind, "parameters": expected}


@pytest.mark.parametrize(
    ("sent", "served"),
    [
        ("", []),
        ("a,b", ["a", "b"]),
        ("b, a ,,b", ["a", "b"]),
        ([], []),
        (["two words", "a,b", "b", "b", "_x_"], ["_x_", "a,b", "b", "two words"]),
        (["x" * 300], ["x" * 300]),
        (["Ä", "a", "B"], sorted(["Ä", "a", "B"])),
    ],
)
def test_tags_become_a_sorted_list(embedded: Recording, sent: object, served: list[str]) -> None:
    project = embedded.project()
    assert embedded.put(f"/{project}/run/", finished(label="run", tags=sent)).status == 201
    assert embedded.get(f"/{project}/run/").json["tags"] == served


READ = {
    "2024-05-01 10:00:00": SERVED,
    "2024-05-01T10:00:00": SERVED,
    "2024-05-01 10:00:00+0000": SERVED,
    "2024-05-01 10:00:00+00:00": SERVED,
    "2024-05-01 10:00:00-0000": SERVED,
    "2024-05-01T10:00:00Z": SERVED,
    "2024-05-01 10:00:00Z": SERVED,
    "2024-05-01T10:00:00.123456Z": SERVED,
    "2024-05-01 10:00:00.999999999+00:00": SERVED,
    "2024-05-01T12:00:00+02:00": SERVED,
    "2024-05-01T12:00:00+0200": SERVED,
    "2024-05-01 04:30:00-0530": SERVED,
    "2024-02-29 23:59:59": "2024-02-29 23:59:59+0000",
    "0001-01-01 00:00:00": "0001-01-01 00:00:00+0000",
    "9999-12-31 23:59:59Z": "9999-12-31 23:59:59+0000",
    "1969-12-31 23:59:59Z": "1969-12-31 23:59:59+0000",
}
NOT_READ = [
    "",
    "now",
    "2024-05-01",
    "2024-05-01 10:00",
    "2024-05-01 10:00:00 +0000",
    "2024-05-01 10:00:00 UTC",
    "2024-05-01  10:00:00",
    "2024-05-01_10:00:00",
    "2024-05-01 10:00:00+2",
    "2024-05-01 10:00:00+02",
    "2024-05-01 10:00:00+24:00",
    "2024-05-01 10:00:00+00:60",
    "2024-05-01 10:00:00.",
    "2024-05-01 10:00:00,5",
    "2024-05-01 24:00:00",
    "2024-05-01 10:60:00",
    "2024-05-01 10:00:60",
    "2024-02-30 10:00:00",
    "2023-02-29 10:00:00",
    "0000-01-01 00:00:00",
    "10000-01-01 00:00:00",
    "0001-01-01 00:00:00+0100",
    "9999-12-31 23:59:59-0100",
    "20240501T100000Z",
    "2024-122 10:00:00",
    "1714557600",
    " 2024-05-01 10:00:00",
    "2024-05-01 10:00:00\n",
    "\N{FULLWIDTH DIGIT TWO}024-05-01 10:00:00",
]


@pytest.mark.parametrize(("sent", "served"), READ.items())
def test_a_timestamp_is_served_in_one_form(store: Recording, sent: str, served: str) -> None:
    project = store.project()
    files = [output(creation=sent)]
    store.record(project, "run", timestamp=sent, input_data=files, output_data=files)
    document = store.get(f"/{project}/run/").json
    assert document["timestamp"] == served
    for field in ("input_data", "output_data"):
        assert document[field] == [output(creation=served)]
    (listed,) = (one for one in store.get("/").json if one["id"] == project)
    assert listed["last_updated"] == served.replace(" ", "T").replace("+0000", "Z")


@pytest.mark.parametrize("sent", NOT_READ)
def test_what_is_no_timestamp_is_refused(embedded: Recording, sent: str) -> None:
    project = embedded.project()
    for field, change in (
        ("timestamp", {"timestamp": sent}),
        ("output_data", {"output_data": [output(), output(creation=sent)]}),
        ("input_data", {"input_data": [output(creation=sent)]}),
    ):
        answer = embedded.put(f"/{project}/run/", finished(label="run", **change))
        assert answer.status == 400
        assert field in answer.body.decode()
    assert embedded.labels(project) == []


def test_a_format_older_than_all_may_be_refused_but_never_fails(embedded: Recording) -> None:
    project = embedded.project()
    old = json.loads(json.dumps(finished(label="run")))
    del old["output_data"]
    answer = embedded.put(f"/{project}/run/", {**old, "data_key": "['a']", "input_data": "['b']"})
    assert answer.status == 400
    assert b"input_data" in answer.body
