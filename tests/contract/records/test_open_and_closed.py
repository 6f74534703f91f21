"""Open records take everything, closed ones what people write; a label is not used twice."""

from typing import Any

import pytest

from tests.equipment.recording import Recording, body, finished
from tests.equipment.records import dependency, output, platform

RUN = "20240501-100000"
LATER: dict[str, Any] = {
    "reason": "other reason",
    "outcome": "other outcome",
    "duration": 1.5,
    "executable": {"path": "/bin/sh", "version": "5", "name": "sh", "options": "-e"},
    "repository": {"url": "/other", "type": "MercurialRepository", "upstream": "ssh://x"},
    "main_file": "other.py",
    "version": "abc",
    "parameters": {"content": "n = 4", "type": "YAMLParameterSet"},
    "input_data": [output(path="in.txt")],
    "script_arguments": "--fast",
    "launch_mode": {"type": "DistributedLaunchMode", "parameters": {"n": 8, "hosts": None}},
    "datastore": {"type": "ArchivingFileSystemDataStore", "parameters": {"root": "r"}},
    "input_datastore": {"type": "DavFsDataStore", "parameters": {"root": "d", "dav_pw": "pw"}},
    "stdout_stderr": "hello\n",
    "output_data": [output(), output(path="b")],
    "diff": "--- a\n",
    "user": "Ann <ann@example.org>",
    "dependencies": [dependency()],
    "platforms": [platform()],
    "repeats": "20240401-000000",
}
OPENING = [
    "_initialized_",
    "_pre_run_",
    "_running_",
    "_finished..._",
    "_failed..._",
    "_killed..._",
    "_anything..._",
]
CLOSING = [
    [],
    ["_finished_"],
    ["_failed_"],
    ["_killed_"],
    ["_succeeded_"],
    ["_crashed_"],
    ["note"],
    ["_Running_"],
    ["running"],
    ["_running"],
    ["_finished.._"],
    ["_..._x"],
    ["a_running_b"],
]
EDITABLE = {"reason": "edited", "outcome": "edited", "tags": ["edited"]}


def test_the_five_puts_of_a_run_all_count(store: Recording, project: str) -> None:
    path = f"/{project}/{RUN}/"
    sent = body()
    assert store.put(path, sent).status == 201
    steps: list[dict[str, Any]] = [
        {"tags": ["_pre_run_"], "user": "Ann", "platforms": [platform()]},
        {"tags": ["_running_"], "dependencies": [dependency()], "diff": "d"},
        {"tags": ["_finished..._"], "duration": 0.42, "stdout_stderr": "hello\n"},
        {"tags": ["_finished_"], "output_data": [output()], "repeats": "x", "outcome": "ok"},
    ]
    for step in steps:
        sent |= step
        assert store.put(path, sent).status == 200
        assert store.get(path).json == {**sent, "project_id": project}
    late = {"duration": 9.9, "stdout_stderr": "", "output_data": [], "tags": ["_running_"]}
    assert store.put(path, {**sent, **late}).status == 200
    assert store.get(path).json == {**sent, "tags": ["_running_"], "project_id": project}


@pytest.mark.parametrize("tag", OPENING)
def test_everything_changes_while_a_record_is_open(store: Recording, tag: str) -> None:
    project = store.project()
    path = f"/{project}/{RUN}/"
    assert store.put(path, body(tags=["other", tag])).status == 201
    fixed = {"timestamp": "2030-01-01 00:00:00+0000", "project_id": "other"}
    if tag == "_initialized_":
        fixed = {}
    assert store.put(path, {"label": RUN, "tags": [tag, "new"], **LATER, **fixed}).status == 200
    expected = {**body(), **LATER, "tags": sorted([tag, "new"]), "project_id": project}
    assert store.get(path).json == expected
    assert store.labels(project) == [RUN]


@pytest.mark.parametrize("tags", CLOSING, ids=repr)
def test_the_put_that_ends_the_run_counts_in_full_and_closes(
    embedded: Recording, tags: list[str]
) -> None:
    project = embedded.project()
    path = f"/{project}/{RUN}/"
    assert embedded.put(path, body()).status == 201
    closing = {**body(), **LATER, "tags": tags}
    assert embedded.put(path, closing).status == 200
    closed = {**closing, "project_id": project}
    assert embedded.get(path).json == closed
    for attempt in ({"user": "x"}, {**body(), "tags": tags, "reason": LATER["reason"]}):
        # What may change besides is sent as it was.
        kept = {"outcome": LATER["outcome"], "reason": LATER["reason"], "tags": tags}
        assert embedded.put(path, {**attempt, **kept, "label": RUN}).status == 200
        assert embedded.get(path).json == closed


@pytest.mark.parametrize("tags", CLOSING, ids=repr)
def test_a_record_without_a_status_is_closed_at_once_and_for_ever(
    embedded: Recording, tags: list[str]
) -> None:
    project = embedded.project()
    path = f"/{project}/{RUN}/"
    first = body(tags=tags)
    assert embedded.put(path, first).status == 201
    for status in ("_running_", "_pre_run_", "_finished..._"):
        reopened = {**first, **LATER, **EDITABLE, "tags": [status]}
        reopened |= {"datastore": first["datastore"], "input_datastore": first["input_datastore"]}
        for _ in range(2):
            assert embedded.put(path, reopened).status == 200
            expected = {**first, **EDITABLE, "tags": [status], "project_id": project}
            assert embedded.get(path).json == expected


def test_people_edit_closed_records(store: Recording, project: str) -> None:
    path = store.record(project, RUN)
    before = store.get(path).json
    whole = {**before, **LATER, **EDITABLE, "timestamp": "2030-01-01 00:00:00+0000"}
    whole |= {"datastore": before["datastore"], "input_datastore": before["input_datastore"]}
    answer = store.put(path, whole)
    assert (answer.status, answer.body) == (200, b"")
    assert store.get(path).json == {**before, **EDITABLE}


@pytest.mark.parametrize("field", ["datastore", "input_datastore"])
def test_data_may_move_within_the_same_type_of_store(store: Recording, field: str) -> None:
    project = store.project()
    path = store.record(project, RUN)
    before = store.get(path).json
    kind = before[field]["type"]
    moved = {"type": kind, "parameters": {"root": "/moved/to", "extra": None}}
    assert store.put(path, {**before, field: moved}).status == 200
    assert store.get(path).json == {**before, field: moved}
    other = {"type": "ArchivingFileSystemDataStore", "parameters": {"root": "/x"}}
    assert store.put(path, {**before, field: other}).status == 200
    assert store.get(path).json == {**before, field: moved}


def test_a_new_run_under_a_used_label_is_refused(store: Recording, project: str) -> None:
    path = f"/{project}/{RUN}/"
    for first in (body(), finished()):
        assert store.put(path, first).status == 201
        before = store.get(path).json
        new = body(timestamp="2024-05-01 10:00:01+0000", reason="new run")
        answer = store.put(path, new)
        assert answer.status == 409
        assert 0 < len(answer.body) < 300
        assert store.get(path).json == before
        same_moment = body(timestamp="2024-05-01T12:00:00+02:00", reason="same run")
        assert store.put(path, same_moment).status == 200
        assert store.get(path).json["reason"] == "same run"
        # Without the tag of a beginning, another time is what is ignored as ever.
        assert store.put(path, {**new, "tags": ["_running_"], "reason": "late"}).status == 200
        assert store.get(path).json["timestamp"] == before["timestamp"]
        assert store.call("DELETE", path).status == 204


def test_a_harmless_repetition_changes_nothing(store: Recording, project: str) -> None:
    path = f"/{project}/{RUN}/"
    assert [store.put(path, body()).status for _ in range(3)] == [201, 200, 200]
    assert store.get(path).json == {**body(), "project_id": project}


def test_a_status_tag_among_others_keeps_a_record_open(store: Recording, project: str) -> None:
    path = f"/{project}/{RUN}/"
    assert store.put(path, body(tags=["a", "_running_", "z"])).status == 201
    assert store.put(path, {"label": RUN, "reason": "no tags sent", "user": "x"}).status == 200
    assert store.put(path, {"label": RUN, "user": "y", "tags": ["a", "z"]}).status == 200
    assert store.put(path, {"label": RUN, "user": "z"}).status == 200
    document = store.get(path).json
    assert (document["user"], document["tags"]) == ("y", ["a", "z"])
