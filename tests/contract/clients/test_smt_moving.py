"""`smt` moves things: records from store to store, and what records say of where the data are."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sumatra.recordstore import HttpRecordStore

from consumers.registry import CONSUMERS
from ops.wiring import system
from store.record_tables import record_history
from tests.contract.clients.experiment import Experiment
from tests.contract.clients.record_server import RecordServer
from tests.contract.clients.runs import described, run
from tests.equipment.installations import settings_of

LATER = "2024-05-02 10:00:00+0000"


@pytest.fixture
def former(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RecordServer]:
    """Another server."""
    settings = settings_of("embedded", request, tmp_path / "former")
    with system(settings, ingress=True, consumers=[one.name for one in CONSUMERS]) as running:
        running.store.accounts.add_user("ann", "her-old-password")
        yield RecordServer(running)


def test_everything_moves_from_server_to_server(
    server: RecordServer,
    former: RecordServer,
    experiment: Experiment,
    project: str,
    open_store: Callable[[str], HttpRecordStore],
) -> None:
    old_address = former.address("ann", "her-old-password")
    new_address = server.address("cas")
    old, new = open_store(old_address), open_store(new_address)
    sent = run("a/1", outcome="as expected", tags=["_finished_", "two words"])
    old.save(project, sent)
    old.save(f"{project} b", run("1"))
    # The first of the two is where the client makes the projects that are not there yet.
    assert experiment.smt("sync", new_address, old_address) == ""
    assert {project, f"{project} b"} <= set(new.list_projects())
    assert described(new.get(project, "a/1")) == described(sent)
    assert new.labels(f"{project} b") == ["1"]


def test_a_local_store_and_the_server_get_what_they_lack(
    server: RecordServer, store: HttpRecordStore, experiment: Experiment, project: str
) -> None:
    experiment.init("local.shelf", project)
    experiment.smt("run", "--label", "here", "reef.param")
    store.save(project, run("there"))
    assert experiment.smt("sync", server.address("ann")) == ""
    assert server.labels(project) == ["here", "there"]
    assert server.record(project, "here")["stdout_stderr"] == "grew 3 years\n"
    assert experiment.smt("list") == "here\nthere\n"


def test_collisions_are_told_when_the_local_store_comes_first(
    server: RecordServer, store: HttpRecordStore, experiment: Experiment, project: str
) -> None:
    experiment.init(server.address("ann"), project)
    store.save(project, run("1"))
    experiment.smt("sync", "copy.shelf")
    experiment.smt("delete", "1")
    store.save(project, run("1", version="0000"))
    said = experiment.smt("sync", "copy.shelf", code=1)
    assert "there are two records with the same name for the following: 1" in said
    assert server.record(project, "1")["version"] == "0000"


def test_moved_data_are_recorded_with_where_they_were(
    server: RecordServer, experiment: Experiment, project: str, tmp_path: Path
) -> None:
    experiment.init(server.address("ann"), project)
    experiment.smt("run", "--label", "first", "reef.param")
    before = server.record(project, "first")
    moved, inputs = str(tmp_path / "moved"), str(tmp_path)
    assert experiment.smt("migrate", "--datapath", moved, "--input", inputs) == ""
    after = server.record(project, "first")
    assert after["datastore"]["parameters"] == {"root": moved}
    assert after["input_datastore"]["parameters"] == {"root": inputs}
    assert {key for key in after if after[key] != before[key]} == {"datastore", "input_datastore"}
    rows = server.running.store.database.query(
        select(record_history).where(record_history.c.project == project)
    )
    said_before = [json.loads(row["before"]) for row in rows]
    assert before["datastore"] in [each.get("datastore") for each in said_before]
    assert before["input_datastore"] in [each.get("input_datastore") for each in said_before]


def test_a_project_changes_its_server(
    server: RecordServer, former: RecordServer, experiment: Experiment, project: str
) -> None:
    experiment.init(former.address("ann", "her-old-password"), project)
    experiment.smt("run", "--label", "first", "reef.param")
    experiment.smt("configure", "--store", server.address("ann"))
    assert server.record(project, "first")["stdout_stderr"] == "grew 3 years\n"
    experiment.smt("comment", "as expected")
    assert server.record(project, "first")["outcome"] == "as expected"
