"""What is told of projects and records: facts after the commit, and none of what they hold."""

import json
from typing import Any

import pytest

from schemas.records import RecordDeletionRequested, RecordPutRequested
from tests.equipment.installations import Caller
from tests.equipment.recording import Recording, body, finished
from tests.equipment.records import output

SECRET = "told-to-nobody"


def facts(store: Recording, project: str) -> list[dict[str, Any]]:
    """Return the facts of a project, in their order, as a superuser sees them."""
    caller = Caller.of(store.running)
    found: list[dict[str, Any]] = []
    after = 0
    while page := caller.call("GET", f"/events?limit=500&after={after}").json["events"]:
        after = page[-1]["position"]
        found += [one["event"] for one in page if one["event"]["data"].get("project") == project]
    return [event for event in found if not event["type"].endswith("requested.v1")]


def kind(event: dict[str, Any]) -> str:
    return str(event["type"]).removeprefix("muniment.").removesuffix(".v1")


def test_a_run_is_told_step_by_step(store: Recording, project: str) -> None:
    path = f"/{project}/run/"
    assert store.put(path, body(label="run")).status == 201
    assert store.put(path, body(label="run")).status == 200  # nothing changes, nothing is told
    assert store.put(path, body(label="run", user="Ann", tags=["_running_"])).status == 200
    assert store.put(path, {"tags": ["_finished_"], "duration": 1.5}).status == 200
    assert store.put(path, {"outcome": "fine", "duration": 2.5}).status == 200
    assert store.put(path, body(label="run", timestamp="2030-01-01 00:00:00")).status == 409
    assert store.call("DELETE", path).status == 204
    told = facts(store, project)
    assert [kind(event) for event in told] == [
        "project.created",
        "record.created",
        "record.updated",
        "record.updated",
        "record.closed",
        "record.updated",
        "record.refused",
        "record.deleted",
    ]
    assert [event["data"].get("revision") for event in told] == [None, 1, 2, 3, 3, 4, None, 5]
    assert [event["data"].get("fields") for event in told[2:6]] == [
        ["tags", "user"],
        ["duration", "tags"],
        None,
        ["outcome"],
    ]
    assert told[4]["data"]["status"] == "_finished_"
    for event in told[1:]:
        assert event["subject"] == f"{project}/run"
        assert (event["data"]["label"], event["data"]["user"]) == ("run", "ann")
        assert event["time"]


def test_a_record_that_is_closed_at_once_is_told_to_be(store: Recording, project: str) -> None:
    store.record(project, "run", tags=["_failed_"])
    store.record(project, "bare", tags=[])
    told = facts(store, project)[1:]
    assert [kind(event) for event in told] == ["record.created", "record.closed"] * 2
    assert [event["data"].get("status") for event in told[1::2]] == ["_failed_", None]


def test_projects_and_permissions_are_told_once(store: Recording, project: str) -> None:
    for _ in range(2):
        assert store.put(f"/{project}/", {"name": SECRET, "description": SECRET}).status == 200
        store.grant(project, "bo")
    assert store.put(f"/{project}/", {"description": "other"}, "bo").status == 200
    assert store.call("DELETE", f"/{project}/permissions/bo/").status == 204
    told = facts(store, project)
    assert [(kind(event), event["data"]["user"]) for event in told] == [
        ("project.created", "ann"),
        ("project.updated", "ann"),
        ("permission.granted", "ann"),
        ("project.updated", "bo"),
        ("permission.revoked", "ann"),
    ]
    assert told[1]["data"]["fields"] == ["name", "description"]
    assert (told[2]["data"]["member"], told[4]["data"]["member"]) == ("bo", "bo")
    assert SECRET not in json.dumps(told)


def test_all_with_a_tag_are_told_one_by_one(store: Recording, project: str) -> None:
    for number in range(3):
        store.record(project, f"run-{number}", tags=["red"])
    assert store.call("DELETE", f"/{project}/tag/red/").body == b"3"
    told = [event for event in facts(store, project) if kind(event) == "record.deleted"]
    assert sorted(event["data"]["label"] for event in told) == ["run-0", "run-1", "run-2"]


def test_nothing_of_what_a_record_holds_is_told(store: Recording, project: str) -> None:
    path = f"/{project}/run/"
    secret = finished(
        label="run",
        reason=SECRET,
        diff=SECRET * 10_000,
        stdout_stderr=SECRET,
        datastore={"type": "DavFsDataStore", "parameters": {"dav_pw": SECRET}},
        output_data=[output(path=SECRET)],
        parameters={"content": f"key = {SECRET}", "type": "SimpleParameterSet"},
    )
    assert store.put(path, {**secret, "tags": ["_running_"]}).status == 201
    assert store.put(path, {**secret, "diff": SECRET}).status == 200
    refused = store.put(path, {**secret, "executable": SECRET})
    assert refused.status == 400
    assert SECRET.encode() not in refused.body
    assert store.call("DELETE", path).status == 204
    caller = Caller.of(store.running)
    everything = b""
    after = 0
    while page := caller.call("GET", f"/events?limit=500&after={after}"):
        if not page.json["events"]:
            break
        after = page.json["events"][-1]["position"]
        everything += page.body
    assert project.encode() in everything
    assert SECRET.encode() not in everything


@pytest.mark.parametrize("event", [RecordPutRequested, RecordDeletionRequested])
def test_nobody_posts_what_the_record_store_asks(
    store: Recording, project: str, event: type[RecordPutRequested | RecordDeletionRequested]
) -> None:
    store.record(project, "run")
    data = {
        "project": project,
        "label": "run",
        "user": "ann",
        "fields": [],
        "size": 0,
        "sha256": "0" * 64,
    }
    caller = Caller.of(store.running)
    assert caller.post(f"{project}-{event.__name__}", event.TYPE, **data).status == 422
    assert store.labels(project) == ["run"]


def test_facts_of_a_private_project_are_for_its_members(store: Recording, project: str) -> None:
    store.record(project, "run")
    members, strangers = (
        store.running.store.accounts.create_token(user, "tests")[1] for user in ("ann", "bo")
    )
    for token, seen in ((members, True), (strangers, False), (None, False)):
        caller = Caller(store.url, token or "")
        headers = {} if token else {"authorization": None}
        page = caller.call("GET", f"/events?subject={project}/run", None, **headers)
        assert page.status == 200
        assert (project in page.body.decode()) == seen
