"""Sumatra's `HttpRecordStore` over records: what is saved comes back, and what a run allows."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sumatra.recordstore import HttpRecordStore
from sumatra.recordstore.base import RecordStoreAccessError

from tests.contract.clients.record_server import RecordServer
from tests.contract.clients.runs import described, run

LATER = "2024-05-02 10:00:00+0000"


def test_a_record_comes_back_as_it_was_sent(store: HttpRecordStore, project: str) -> None:
    sent = run("1", outcome="as\r\nexpected\t☺", tags=["_finished_", "two words", "a,b"])
    store.save(project, sent)
    assert described(store.get(project, "1")) == described(sent)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("SimpleParameterSet", "years = 3\nsite = 'récif'"),
        ("JSONParameterSet", '{\n  "years": 3\n}'),
        ("YAMLParameterSet", "years: 3\n"),
        ("ConfigParserParameterSet", "[growth]\nyears = 3\n\n"),
        ("dict", "{}"),
    ],
)
def test_parameters_come_back_in_their_own_notation(
    store: HttpRecordStore, project: str, kind: str, content: str
) -> None:
    sent = run("1", parameters={"type": kind, "content": content})
    store.save(project, sent)
    assert described(store.get(project, "1")) == described(sent)


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("ArchivingFileSystemDataStore", {"root": "/", "archive": "/"}),
        ("MirroredFileSystemDataStore", {"root": "/", "mirror_base_url": "https://x.example/a/"}),
    ],
)
def test_every_data_store_comes_back(
    store: HttpRecordStore, project: str, kind: str, parameters: dict[str, str]
) -> None:
    sent = run("1", datastore={"type": kind, "parameters": parameters})
    store.save(project, sent)
    assert described(store.get(project, "1")) == described(sent)


def test_a_distributed_run_comes_back(store: HttpRecordStore, project: str) -> None:
    parameters = {"n": 16, "mpirun": "/usr/bin/env", "hosts": ["a", "b"], "options": None}
    more = {"pfi_path": "/usr/local/bin/pfi.py", "working_directory": "/"}
    mode = {"type": "DistributedLaunchMode", "parameters": parameters | more}
    sent = run("1", launch_mode=mode)
    store.save(project, sent)
    assert described(store.get(project, "1")) == described(sent)


def test_megabytes_come_back(store: HttpRecordStore, project: str) -> None:
    sent = run("1", diff="+ coral\n" * 700_000, stdout_stderr="grew\n" * 20_000)
    store.save(project, sent)
    assert described(store.get(project, "1")) == described(sent)


@pytest.mark.parametrize(
    "label",
    ["a/b/c", "two words", "10:30|x-1.5", "récif ☺", "50%", "last one", "tags", "x" * 255],
)
def test_any_label_will_do(store: HttpRecordStore, project: str, label: str) -> None:
    store.save(project, run(label))
    assert store.get(project, label).label == label
    assert store.labels(project) == [label]
    assert store.most_recent(project) == label
    store.delete(project, label)
    assert store.labels(project) == []


@pytest.mark.parametrize("label", ["a?b", "a#b", "a%2Fb", "last", "tag/hot"])
def test_a_label_that_the_client_cannot_send_is_refused_at_once(
    server: RecordServer, store: HttpRecordStore, project: str, label: str
) -> None:
    with pytest.raises(RecordStoreAccessError, match=r"^400\n"):
        store.save(project, run(label))
    assert server.labels(project) == []


def test_a_run_becomes_what_its_last_report_says(store: HttpRecordStore, project: str) -> None:
    begun: dict[str, Any] = {
        "tags": ["_initialized_", "hot"],
        "duration": None,
        "stdout_stderr": "Not launched.",
        "output_data": [],
        "platforms": [],
        "dependencies": [],
        "user": "",
    }
    store.save(project, run("1", **begun))
    assert described(store.get(project, "1")) == described(run("1", **begun))
    for status in ("_pre_run_", "_running_", "_finished..._"):
        report = run("1", **begun | {"tags": [status, "hot"], "user": "Ann <ann@example.org>"})
        store.save(project, report)
        assert described(store.get(project, "1")) == described(report)
    ended = run("1", tags=["_finished_", "hot"])
    store.save(project, ended)
    assert described(store.get(project, "1")) == described(ended)


def test_of_a_run_that_has_ended_only_what_is_said_about_it_changes(
    store: HttpRecordStore, project: str
) -> None:
    store.save(project, run("1"))
    said = {"reason": "a second look", "outcome": "too warm", "tags": ["_failed_", "two words"]}
    store.save(project, run("1", **said, duration=99.0, version="0000", stdout_stderr="no"))
    assert described(store.get(project, "1")) == described(run("1", **said))


def test_a_second_run_under_the_same_label_is_refused(store: HttpRecordStore, project: str) -> None:
    first = run("1", outcome="as expected")
    store.save(project, first)
    with pytest.raises(RecordStoreAccessError, match=r"^409\n"):
        store.save(project, run("1", tags=["_initialized_"], timestamp=LATER))
    assert described(store.get(project, "1")) == described(first)


def test_what_is_not_there_is_a_key_error(store: HttpRecordStore, project: str) -> None:
    with pytest.raises(KeyError, match="No record was found"):
        store.get(project, "1")
    store.create_project(project)
    with pytest.raises(KeyError, match="No record was found"):
        store.get(project, "1")
    with pytest.raises(KeyError, match="No record was found"):
        store.most_recent(project)
    with pytest.raises(RecordStoreAccessError, match=r"^404\n"):
        store.delete(project, "1")


def test_records_are_listed_newest_first_and_by_any_of_their_tags(
    store: HttpRecordStore, project: str
) -> None:
    store.save(project, run("new", timestamp=LATER, tags=["hot", "two words"]))
    store.save(project, run("old", tags=["hotter", "récif"]))
    assert store.labels(project) == ["new", "old"]
    assert store.labels(project, "hot") == ["new"]  # and not what only begins so
    assert store.labels(project, ["two words"]) == ["new"]
    assert store.labels(project, ["récif"]) == ["old"]
    assert store.labels(project, ["hotter", "hot"]) == ["new", "old"]
    assert store.labels(project, "cold") == []
    assert [described(each) for each in store.list(project, "récif")] == [
        described(run("old", tags=["hotter", "récif"]))
    ]
    assert store.most_recent(project) == "new"


def test_deleting_frees_the_label(store: HttpRecordStore, project: str) -> None:
    store.save(project, run("1"))
    store.save(project, run("2"))
    store.delete(project, "1")
    assert store.labels(project) == ["2"]
    again = run("1", timestamp=LATER, tags=["_initialized_"])
    store.save(project, again)
    assert described(store.get(project, "1")) == described(again)


def test_deleting_by_a_tag_counts(store: HttpRecordStore, project: str) -> None:
    for label, tags in {"1": ["hot"], "2": ["hot", "two words"], "3": ["hotter"]}.items():
        store.save(project, run(label, tags=tags))
    assert store.delete_by_tag(project, "two words") == 1
    assert store.delete_by_tag(project, "hot") == 1
    assert store.delete_by_tag(project, "hot") == 0
    assert store.labels(project) == ["3"]


def test_a_moved_archive_is_recorded_of_runs_that_have_ended(
    store: HttpRecordStore, project: str, tmp_path: Path
) -> None:
    store.save(project, run("1"))
    store.save(project, run("2", tags=["hot"]))
    moved = str(tmp_path / "moved")
    store.update(project, "datastore.root", moved, tags="hot")
    assert store.get(project, "2").datastore.root == moved
    assert store.get(project, "1").datastore.root == "/"


def test_an_export_can_be_imported(store: HttpRecordStore, project: str) -> None:
    store.save(project, run("1", tags=["hot"]))
    store.save(project, run("a/b", timestamp=LATER))
    exported = store.export(project)
    assert [each["label"] for each in json.loads(exported)] == ["a/b", "1"]
    copy = f"{project}-copy"
    store.import_(copy, exported)
    store.import_(copy, exported)
    assert json.loads(store.export(copy)) == json.loads(exported)


def test_the_client_keeps_no_private_record_on_its_disk(
    server: RecordServer, project: str, open_store: Callable[[str], HttpRecordStore], tmp_path: Path
) -> None:
    store = open_store(server.address("ann"))
    store.save(project, run("1"))
    assert store.labels(project) == ["1"]
    assert list((tmp_path / ".cache").iterdir()) == []
