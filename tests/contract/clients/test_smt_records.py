"""The commands of `smt` that look at records and speak about them."""

import pytest
from sumatra.recordstore import HttpRecordStore

from tests.contract.clients.experiment import Experiment
from tests.contract.clients.record_server import RecordServer
from tests.contract.clients.runs import run

LATER = "2024-05-02 10:00:00+0000"


@pytest.fixture
def known(
    server: RecordServer, store: HttpRecordStore, experiment: Experiment, project: str
) -> Experiment:
    """An experiment with two records, which were there before `smt init`."""
    store.save(project, run("new/2", timestamp=LATER, tags=["_failed_", "two words"]))
    store.save(project, run("old", outcome="as expected", tags=["_finished_", "hot"]))
    experiment.smt("init", "--store", server.address("ann"), project)
    assert (experiment.folder / ".smt" / "labels").read_text() == "new/2\nold"
    return experiment


def test_records_are_listed(known: Experiment) -> None:
    assert known.smt("list") == "new/2\nold\n"
    assert known.smt("list", "--reverse") == "old\nnew/2\n"
    assert known.smt("list", "hot") == "old\n"
    assert known.smt("list", "hot", "two words") == "new/2\nold\n"
    long = known.smt("list", "--long", "hot")
    assert "Label            : old\n" in long
    assert "Timestamp        : 2024-05-01 10:00:00+00:00\n" in long
    assert "Duration         : 0.42\n" in long
    assert "Outcome          : as expected\n" in long
    assert "Output_Data      : [reef.txt(" in long
    assert "| new/2 | 9f2c1e  | grow.py   | 3     |" in known.smt("list", "--parameter_table")
    assert "| old                |           | reef.txt |" in known.smt("list", "--output_table")


def test_a_record_is_viewed(known: Experiment) -> None:
    assert "Version          : 9f2c1e*\n" in known.smt("view", "new/2")


def test_comments_are_added(server: RecordServer, known: Experiment, project: str) -> None:
    assert known.smt("comment", "old", "and again") == ""
    assert server.record(project, "old")["outcome"] == "as expected\nand again"
    assert known.smt("comment", "--replace", "old", "no: 30 °C") == ""
    assert server.record(project, "old")["outcome"] == "no: 30 °C"


def test_what_names_no_label_is_about_the_newest(
    server: RecordServer, known: Experiment, project: str
) -> None:
    known.smt("comment", "too warm")
    known.smt("tag", "hot")
    newest = server.record(project, "new/2")
    assert (newest["outcome"], newest["tags"]) == ("too warm", ["_failed_", "hot", "two words"])


def test_tags_come_and_go(server: RecordServer, known: Experiment, project: str) -> None:
    known.smt("tag", "a,b", "old", "new/2")
    assert server.record(project, "old")["tags"] == ["_finished_", "a,b", "hot"]
    assert server.record(project, "new/2")["tags"] == ["_failed_", "a,b", "two words"]
    known.smt("tag", "--remove", "hot", "old")
    known.smt("tag", "_crashed_", "old")  # one status takes the place of the other
    assert server.record(project, "old")["tags"] == ["_crashed_", "a,b"]


def test_records_are_deleted(server: RecordServer, known: Experiment, project: str) -> None:
    assert known.smt("delete", "new/2") == ""
    assert server.labels(project) == ["old"]
    assert known.smt("delete", "new/2") == (
        "Warning: \nCould not delete record 'new/2' because it does not exist\n"
    )
    assert (known.folder / ".smt" / "labels").read_text() == "old"


def test_the_newest_is_deleted(server: RecordServer, known: Experiment, project: str) -> None:
    assert known.smt("delete", "last") == ""
    assert server.labels(project) == ["old"]


def test_records_are_deleted_by_tag(server: RecordServer, known: Experiment, project: str) -> None:
    said = known.smt("delete", "--tag", "two words", "cold")
    assert said == "1 records deleted.\n0 records deleted.\n"
    assert server.labels(project) == ["old"]


def test_a_wrong_password_is_told(
    server: RecordServer, store: HttpRecordStore, experiment: Experiment, project: str
) -> None:
    store.create_project(project)
    experiment.smt("init", "--store", server.address("ann", "wrong-password"), project)
    said = experiment.smt("list", code=1)
    assert said.startswith("Error: Could not access ")
    assert "401: b'Authorization Required'" in said
