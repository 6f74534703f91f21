"""Nothing that is stored is ever run, and whatever is more than a literal is refused."""

from pathlib import Path
from typing import Any

import pytest

from tests.equipment.recording import Recording, finished

TYPES = {
    "launch_mode": "SerialLaunchMode",
    "datastore": "FileSystemDataStore",
    "input_datastore": "MirroredFileSystemDataStore",
}


def expressions(mark: Path) -> list[str]:
    """Return texts that leave a file behind, should anybody evaluate them."""
    touch = f"open({str(mark)!r}, 'w').close()"
    return [
        touch,
        f"{{'root': {touch}}}",
        f"{{{touch}: 1}}",
        f"dict(root={touch})",
        f"{{**{{'a': {touch}}}}}",
        f"[{touch} for _ in (1,)][0] or {{}}",
        f"(lambda: {touch})() or {{}}",
        f"{{'a': f'{{{touch}}}'}}",
        f"__import__('os').system('touch {mark}')",
        f"exec({touch!r})",
        "{'a': 1 + 1}",
        "{'a': 2 ** 99999999}",
        "{'a': x}",
        "{'a': ().__class__}",
        "{'a': `1`}",
        "{" * 5000,
        "{'a': " + "[" * 5000 + "]" * 5000 + "}",
        "{'a': " + "-" * 5000 + "1}",
        "set()",
        "{1, 2}",
        "...",
        "{'a': ...}",
        "#",
        "{}; import os",
        "{} or {}",
        "\0",
    ]


def places(text: str) -> list[dict[str, Any]]:
    """Return what a record may have it in, where Sumatra's client evaluates texts."""
    found: list[dict[str, Any]] = [
        {field: {"type": kind, "parameters": text}} for field, kind in TYPES.items()
    ]
    return [*found, {"parameters": {"type": "dict", "content": text}}]


def test_an_expression_is_refused_and_never_run(embedded: Recording, tmp_path: Path) -> None:
    project = embedded.project()
    embedded.record(project, "old", tags=["_running_"])
    mark = tmp_path / "mark"
    for text in expressions(mark):
        for change in places(text):
            for label in ("old", "new"):
                answer = embedded.put(f"/{project}/{label}/", finished(label=label, **change))
                assert answer.status == 400, change
                assert next(iter(change)) in answer.body.decode()
    assert embedded.labels(project) == ["old"]
    assert not mark.exists()


@pytest.mark.parametrize("field", ["input_data", "output_data", "platforms", "dependencies"])
def test_a_text_in_the_place_of_a_list_is_refused(
    embedded: Recording, tmp_path: Path, field: str
) -> None:
    project = embedded.project()
    mark = tmp_path / "mark"
    for text in [*expressions(mark), "[]", "['a']"]:
        answer = embedded.put(f"/{project}/run/", finished(label="run", **{field: text}))
        assert answer.status == 400
        assert field in answer.body.decode()
    assert not mark.exists()


def test_a_text_elsewhere_is_only_a_text(store: Recording, project: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    for number, text in enumerate(expressions(mark)):
        label = f"run-{number}"
        sent = finished(
            label=label,
            reason=text,
            script_arguments=text,
            parameters={"content": text, "type": "SimpleParameterSet"},
            stdout_stderr=text,
            datastore={"type": "FileSystemDataStore", "parameters": {"root": text}},
        )
        path = f"/{project}/{label}/"
        assert store.put(path, sent).status == 201
        assert store.get(path).json == {**sent, "project_id": project}
        assert store.get(path, accept="text/html").status == 200
    assert not mark.exists()


def test_objects_are_served_where_clients_evaluate_texts(store: Recording, project: str) -> None:
    changes: dict[str, Any] = {
        field: {"type": kind, "parameters": "{'root': '/d', 'n': 1}"}
        for field, kind in TYPES.items()
    }
    sent = finished(
        label="run", **changes, parameters={"type": "dict", "content": "{'n': [1, (2,)]}"}
    )
    assert store.put(f"/{project}/run/", sent).status == 201
    document = store.get(f"/{project}/run/").json
    for field in TYPES:
        assert document[field]["parameters"] == {"root": "/d", "n": 1}
    assert document["parameters"] == {"type": "dict", "content": "{'n': [1, (2,)]}"}


def test_no_root_is_invented_or_made(store: Recording, project: str, tmp_path: Path) -> None:
    root = tmp_path / "root"
    empty = {"type": "FileSystemDataStore", "parameters": {}}
    there = {"type": "FileSystemDataStore", "parameters": {"root": str(root)}}
    sent = finished(label="run", datastore=empty, input_datastore=there)
    assert store.put(f"/{project}/run/", sent).status == 201
    document = store.get(f"/{project}/run/").json
    assert (document["datastore"], document["input_datastore"]) == (empty, there)
    assert not root.exists()
