"""PUT, GET and DELETE of one record: what is answered, and what is there afterwards."""

import pytest

from schemas.record_document import KEYS
from tests.equipment.line import line_to
from tests.equipment.recording import Recording, body, finished
from tests.equipment.records import FIRST_PUT

RUN = "20240501-100000"


def test_a_record_is_created_changed_and_deleted(store: Recording, project: str) -> None:
    path = f"/{project}/{RUN}/"
    created = store.call("PUT", path, FIRST_PUT)
    assert (created.status, created.body) == (201, b"Created")
    changed = store.put(path, body(reason="another"))
    assert (changed.status, changed.body) == (200, b"")
    repeated = store.put(path, body(reason="another"))
    assert (repeated.status, repeated.body) == (200, b"")
    assert store.get(path).json["reason"] == "another"
    deleted = store.call("DELETE", path)
    assert (deleted.status, deleted.body) == (204, b"")
    for method in ("GET", "DELETE"):
        gone = store.call(method, path)
        assert (gone.status, gone.body) == (404, b"")
    assert store.labels(project) == []
    assert store.get(f"/{project}/last/").status == 404


def test_the_label_of_a_deleted_record_may_be_used_again(store: Recording, project: str) -> None:
    path = store.record(project, "run", reason="first", tags=["a"])
    assert store.call("DELETE", path).status == 204
    store.record(project, "run", reason="second", tags=["b"])
    assert store.get(path).json["reason"] == "second"
    assert store.labels(project) == ["run"]
    assert store.labels(project, "?tags=a") == []


def test_a_record_has_exactly_its_24_keys(store: Recording, project: str) -> None:
    path = f"/{project}/{RUN}/"
    assert store.put(path, body(unknown={"x": 1}, project_id="other", diff="")).status == 201
    document = store.get(path).json
    assert len(document) == 24
    assert set(document) == set(KEYS)
    assert document == {**body(), "project_id": project}
    for other in (f"/{project}/last/", f"{path}?format=json"):
        assert store.get(other).json == document


def test_what_is_answered_can_be_read_at_once(store: Recording, project: str) -> None:
    for number in range(30):
        path = f"/{project}/run-{number}/"
        assert store.put(path, body(label=f"run-{number}")).status == 201
        assert store.get(path).status == 200
        assert store.labels(project)[0] == f"run-{number}"
        assert store.put(path, {"label": f"run-{number}", "outcome": "x"}).status == 200
        assert store.get(path).json["outcome"] == "x"


def test_a_partial_body_changes_what_it_names(store: Recording, project: str) -> None:
    path = f"/{project}/{RUN}/"
    assert store.put(path, body()).status == 201
    expected = store.get(path).json
    for change in (
        {"reason": "r"},
        {"outcome": "o"},
        {"tags": ["b", "a", "_running_"]},
        {"stdout_stderr": "out\n"},
        {"diff": "--- a\n+++ b\n"},
        {},
    ):
        assert store.put(path, {"label": RUN, **change}).status == 200
        expected |= change
        expected["tags"] = sorted(expected["tags"])
        assert store.get(path).json == expected


@pytest.mark.parametrize("field", sorted(set(body()) - {"label"}))
def test_a_new_record_needs_what_a_record_is_made_of(embedded: Recording, field: str) -> None:
    optional: dict[str, object] = {
        "reason": "",
        "outcome": "",
        "input_data": [],
        "output_data": [],
        "script_arguments": "",
        "stdout_stderr": "",
        "user": "",
        "repeats": None,
        "input_datastore": {"type": "FileSystemDataStore", "parameters": {"root": "/"}},
    }
    project = embedded.project()
    document = {**finished(label="run", user="u", script_arguments="s")}
    del document[field]
    path = f"/{project}/run/"
    answer = embedded.put(path, document)
    if field in optional:
        assert answer.status == 201
        assert embedded.get(path).json[field] == optional[field]
        return
    assert answer.status == 400
    assert field in answer.body.decode()
    assert embedded.get(path).status == 404
    assert embedded.labels(project) == []
    assert embedded.put(path, finished(label="run")).status == 201


def test_all_that_is_missing_is_named_in_both_worlds(store: Recording, project: str) -> None:
    answer = store.put(f"/{project}/run/", {"label": "run"})
    assert answer.status == 400
    for field in ("timestamp", "duration", "executable", "platforms", "dependencies", "diff"):
        assert field in answer.body.decode()
    assert store.labels(project) == []


@pytest.mark.parametrize("label", ["other", "RUN", "run ", "", None, 1, ["run"], {"run": 1}])
def test_the_label_in_the_body_is_that_of_the_address(embedded: Recording, label: object) -> None:
    project = embedded.project()
    path = f"/{project}/run/"
    answer = embedded.put(path, finished(label=label))
    assert answer.status == 400
    assert b"label" in answer.body
    assert embedded.get(path).status == 404
    embedded.record(project, "run")
    before = embedded.get(path).json
    assert embedded.put(path, {"label": label, "reason": "x"}).status == 400
    assert embedded.get(path).json == before
    assert embedded.labels(project) == ["run"]


def test_an_update_may_leave_its_label_to_the_address(store: Recording, project: str) -> None:
    path = store.record(project, "run")
    assert store.put(path, {"reason": "no label"}).status == 200
    assert store.get(path).json == {
        **finished(label="run", reason="no label"),
        "project_id": project,
    }
    new = {key: value for key, value in finished().items() if key != "label"}
    refused = store.put(f"/{project}/new/", new)
    assert (refused.status, b"label" in refused.body) == (400, True)
    assert store.labels(project) == ["run"]


def test_projects_and_records_that_are_not_there(store: Recording, project: str) -> None:
    answers = [
        store.put("/no-such-project/run/", finished(label="run")),
        *(store.call(method, "/no-such-project/run/") for method in ("GET", "DELETE")),
        *(store.call(method, f"/{project}/no-such-run/") for method in ("GET", "DELETE")),
        store.get("/no-such-project/"),
        store.get("/no-such-project/permissions/"),
        store.get("/no-such-project/last/"),
        store.get(f"/{project}/last/"),
        store.call("DELETE", "/no-such-project/tag/x/"),
    ]
    assert [(one.status, one.body) for one in answers] == [(404, b"")] * len(answers)
    assert store.get("/no-such-project/").status == 404


def test_last_is_the_newest_run(store: Recording, project: str) -> None:
    store.record(project, "b", timestamp="2024-05-02 10:00:00+0000")
    store.record(project, "a", timestamp="2024-05-01 10:00:00+0000")
    store.record(project, "c", timestamp="2024-05-02 11:30:00+0200")
    assert store.get(f"/{project}/last/").json == store.get(f"/{project}/b/").json
    assert store.call("DELETE", f"/{project}/b/").status == 204
    assert store.get(f"/{project}/last/").json["label"] == "c"


def test_one_connection_serves_a_whole_run(store: Recording, project: str) -> None:
    path = f"/records/{project}/{RUN}/"
    from_ann = {"authorization": "Basic YW5uOnBhc3N3b3JkIG9mIGFubg=="}
    with line_to(store.url) as line:
        statuses = []
        for headers in ({}, from_ann, from_ann, from_ann):
            line.ask("PUT", path, FIRST_PUT, **headers)
            statuses.append(line.answer().status)
        line.ask("DELETE", path, b"", **from_ann)
        statuses.append(line.answer("DELETE").status)
        line.ask("GET", path, b"", **from_ann)
        statuses.append(line.answer().status)
    assert statuses == [401, 201, 200, 200, 204, 404]
