"""Sumatra's `HttpRecordStore` over projects: who sees which, and who may change them."""

from collections.abc import Callable

import pytest
from sumatra.recordstore import HttpRecordStore
from sumatra.recordstore.base import RecordStoreAccessError

from tests.contract.clients.record_server import RecordServer
from tests.contract.clients.runs import run

Open = Callable[[str], HttpRecordStore]


def test_a_project_is_made_once(store: HttpRecordStore, project: str) -> None:
    assert not store.has_project(project)
    store.create_project(project)
    assert store.has_project(project)
    with pytest.raises(RecordStoreAccessError, match=r"^200\n"):  # so the client takes "was there"
        store.create_project(project)


def test_a_project_has_a_name_and_a_description(store: HttpRecordStore, project: str) -> None:
    store.create_project(project, "Reef growth", "Runs for *paper 2*: 24 °C")
    info = {"name": "Reef growth", "description": "Runs for *paper 2*: 24 °C"}
    assert store.project_info(project) == info
    store.update_project_info(project, "Reef decline")
    assert store.project_info(project) == info | {"name": "Reef decline"}
    store.update_project_info(project, description="")  # nothing is sent, nothing changes
    assert store.project_info(project) == info | {"name": "Reef decline"}


def test_a_project_without_a_name_is_called_by_its_id(store: HttpRecordStore, project: str) -> None:
    store.create_project(project)
    assert store.project_info(project) == {"name": project, "description": ""}


@pytest.mark.parametrize("name", ["reef {}", "récif-{}", "7.reef:{}"])
def test_any_name_will_do(store: HttpRecordStore, project: str, name: str) -> None:
    named = name.format(project)
    store.save(named, run("1"))
    assert named in store.list_projects()
    assert store.labels(named) == ["1"]


def test_what_is_private_is_there_for_members_alone(
    server: RecordServer, store: HttpRecordStore, project: str, open_store: Open
) -> None:
    store.save(project, run("1"))
    for address in (server.address(), server.address("ann", "wrong-password")):
        other = open_store(address)
        assert not other.has_project(project)
        with pytest.raises(RecordStoreAccessError, match=r"^401\n"):
            other.get(project, "1")
    bo = open_store(server.address("bo"))
    with pytest.raises(RecordStoreAccessError, match=r"^403\n"):
        bo.has_project(project)
    assert project not in bo.list_projects()
    server.grant(project, "bo")
    assert bo.get(project, "1").label == "1"
    assert project in bo.list_projects()
    bo.save(project, run("2"))
    assert sorted(store.labels(project)) == ["1", "2"]


def test_what_is_public_everyone_may_read_and_members_alone_change(
    server: RecordServer, store: HttpRecordStore, project: str, open_store: Open
) -> None:
    store.save(project, run("1"))
    server.grant(project, "anonymous")
    for address, refusal in ((server.address(), "401"), (server.address("bo"), "403")):
        other = open_store(address)
        assert other.has_project(project)
        assert other.labels(project) == ["1"]
        with pytest.raises(RecordStoreAccessError, match=rf"^{refusal}\n"):
            other.save(project, run("2"))
        with pytest.raises(RecordStoreAccessError, match=rf"^{refusal}\n"):
            other.delete(project, "1")
        with pytest.raises(RecordStoreAccessError, match=rf"^{refusal}\n"):
            other.delete_by_tag(project, "_finished_")
        with pytest.raises(RecordStoreAccessError, match=rf"^{refusal}\n"):
            other.update_project_info(project, "Mine")
    assert store.labels(project) == ["1"]
    assert store.project_info(project)["name"] == project


def test_ones_own_private_projects_are_listed(
    server: RecordServer, store: HttpRecordStore, project: str, open_store: Open
) -> None:
    store.create_project(project)  # without records there is no last change
    filled = f"{project}-filled"
    store.save(filled, run("1"))
    assert {project, filled} <= set(store.list_projects())
    # The client says who it is only when asked: so it is, and nobody sees an empty list instead.
    with pytest.raises(RecordStoreAccessError, match=r"\n401: b'Authorization Required'"):
        open_store(server.address()).list_projects()


def test_the_last_slash_of_the_address_may_be_missing(
    server: RecordServer, project: str, open_store: Open
) -> None:
    store = open_store(server.address("ann").rstrip("/"))
    store.save(project, run("1"))
    assert store.most_recent(project) == "1"
