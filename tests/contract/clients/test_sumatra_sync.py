"""Sumatra's stores synchronised with a record server: a local one, and another server's."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sumatra.recordstore import HttpRecordStore, ShelveRecordStore

from tests.contract.clients.record_server import RecordServer
from tests.contract.clients.runs import described, run

LATER = "2024-05-02 10:00:00+0000"


@pytest.fixture
def local(tmp_path: Path) -> Iterator[ShelveRecordStore]:
    """A store in a file, as `smt` without Django keeps it."""
    store = ShelveRecordStore(str(tmp_path / "local.shelf"))
    with closing(store.shelf):
        yield store


def test_both_sides_get_what_they_lack(
    store: HttpRecordStore, local: ShelveRecordStore, project: str
) -> None:
    local.save(project, run("here/1", outcome="by hand"))
    store.save(project, run("there", timestamp=LATER))
    store.sync(local, project)
    for each in (store, local):
        assert each.labels(project) == ["there", "here/1"]
        assert described(each.get(project, "here/1")) == described(run("here/1", outcome="by hand"))
        assert described(each.get(project, "there")) == described(run("there", timestamp=LATER))


def test_a_project_that_was_only_local_is_made(
    store: HttpRecordStore, local: ShelveRecordStore, project: str
) -> None:
    local.save(project, run("1"))
    store.sync(local, project)
    assert store.labels(project) == ["1"]


def test_two_runs_of_one_label_stay_what_they_are(
    store: HttpRecordStore, local: ShelveRecordStore, project: str
) -> None:
    store.save(project, run("1", version="aaaa"))
    local.save(project, run("1", version="bbbb"))
    local.save(project, run("2"))
    assert local.sync(store, project) == ["1"]
    assert store.get(project, "1").version == "aaaa"
    assert local.get(project, "1").version == "bbbb"
    assert sorted(store.labels(project)) == ["1", "2"]


def test_everything_goes_both_ways(
    server: RecordServer,
    local: ShelveRecordStore,
    project: str,
    open_store: Callable[[str], HttpRecordStore],
) -> None:
    """Of a user who has nothing else: `sync_all` takes every project that it sees."""
    store = open_store(server.address("cas"))
    here, there = f"{project} here", f"{project} there"
    local.save(here, run("1"))
    store.save(there, run("2"))
    store.sync_all(local)
    for each in (store, local):
        assert {here, there} <= set(each.list_projects())
        assert each.labels(here) == ["1"]
        assert each.labels(there) == ["2"]
