"""`smt run` and `smt repeat` against a record server: what a run was is kept, to its end."""

import hashlib
import json
import platform

import pytest
from sumatra.recordstore import HttpRecordStore

from tests.contract.clients.experiment import Experiment
from tests.contract.clients.record_server import RecordServer
from tests.contract.clients.runs import run

REEF = "coral\n" * 3


@pytest.fixture
def known(server: RecordServer, experiment: Experiment, project: str) -> Experiment:
    """The experiment, known to `smt`, with its records on the server."""
    experiment.init(server.address("ann"), project)
    return experiment


def test_a_run_is_kept_with_its_results(
    server: RecordServer, known: Experiment, project: str
) -> None:
    said = known.smt("run", "--label", "first", "--reason", "baseline", "reef.param")
    assert "Record label for this run: 'first'\nData keys are [reef.txt(" in said
    record = server.record(project, "first")
    assert record["tags"] == ["_finished_"]
    assert record["reason"] == "baseline"
    assert 0 < record["duration"] < 60
    assert record["stdout_stderr"] == "grew 3 years\n"
    assert record["user"] == "Ann <ann@example.org>"
    assert record["parameters"] == {"type": "SimpleParameterSet", "content": "years = 3"}
    assert record["script_arguments"] == "<parameters>"
    assert record["version"] == known.git("rev-parse", "HEAD").strip()
    assert record["repository"]["url"] == str(known.folder)
    (output,) = record["output_data"]
    assert output["path"] == "reef.txt"
    assert output["digest"] == hashlib.sha1(REEF.encode(), usedforsecurity=False).hexdigest()
    assert output["metadata"] == {"mimetype": "text/plain", "encoding": None, "size": len(REEF)}
    (machine,) = record["platforms"]
    assert machine["system_name"] == platform.system()
    (dependency,) = record["dependencies"]
    assert (dependency["name"], dependency["version"]) == ("coral", record["version"])
    known.smt("export")
    exported = json.loads((known.folder / ".smt" / "records_export.json").read_text())
    assert [each | {"project_id": project} for each in exported] == [record]


def test_a_run_that_fails_is_kept_too(
    server: RecordServer, known: Experiment, project: str
) -> None:
    said = known.smt("run", "--label", "warm", "--main", "bleach.py", "reef.param")
    assert "No data produced." in said
    record = server.record(project, "warm")
    assert record["tags"] == ["_failed_"]
    assert record["stdout_stderr"] == "too warm\n"
    assert record["output_data"] == []


def test_changes_that_were_not_committed_are_kept_with_the_run(
    server: RecordServer, known: Experiment, project: str
) -> None:
    known.smt("configure", "--on-changed", "store-diff")
    module = known.folder / "coral" / "__init__.py"
    module.write_text(module.read_text().replace("coral", "stone"))
    known.smt("run", "--label", "stone/1", "--tag", "two words", "reef.param", "years=2")
    record = server.record(project, "stone/1")
    assert record["tags"] == ["_finished_", "two words"]
    assert record["parameters"]["content"] == "years = 2"
    assert '+    return "stone\\n" * years' in record["diff"]
    assert record["dependencies"][0]["diff"] == record["diff"]
    assert known.smt("list", "two words") == "stone/1\n"


def test_a_second_run_does_not_take_the_label_of_the_first(
    server: RecordServer, store: HttpRecordStore, known: Experiment, project: str
) -> None:
    store.save(project, run("first", outcome="as expected"))
    first = server.record(project, "first")
    said = known.smt("run", "--label", "first", "reef.param", code=1)
    assert "409" in said
    assert server.record(project, "first") == first
    assert list(known.data.iterdir()) == []  # it was refused before it ran


def test_a_repeated_run_matches_if_its_results_do(
    server: RecordServer, known: Experiment, project: str
) -> None:
    known.smt("run", "--label", "first", "reef.param")
    said = known.smt("repeat", "first", "--label", "second")
    assert "The new record exactly matches the original." in said
    second = server.record(project, "second")
    assert second["repeats"] == "first"
    assert second["reason"] == "Repeat experiment first"
    assert second["outcome"] == "The new record exactly matches the original."
    assert (
        second["output_data"][0]["digest"]
        == (server.record(project, "first")["output_data"][0]["digest"])
    )


def test_a_repeated_run_does_not_match_if_its_results_differ(
    server: RecordServer, known: Experiment, project: str
) -> None:
    known.smt("run", "--label", "first", "--main", "drift.py", "reef.param")
    said = known.smt("repeat", "last", "--label", "second")
    assert "The new record does not match the original." in said
    assert "Data differ             : yes" in said
    assert "Code differs            : no" in said
    outcome = server.record(project, "second")["outcome"]
    assert outcome.startswith("The new record does not match the original.")
    assert "Data differ             : yes" in known.smt("diff", "first", "second")
