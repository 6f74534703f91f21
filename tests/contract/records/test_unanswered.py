"""Nobody applies what was sent: the client is told so, and asks for the same again, harmlessly."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from consumers.registry import CONSUMERS
from ops.wiring import system
from tests.equipment.installations import Caller, settings_of
from tests.equipment.recording import PASSWORDS, Recording, body, finished
from tests.services.waiting import until


@pytest.fixture(scope="module", params=["embedded", "deployed"])
def idle(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Recording]:
    """A record store without consumers, whose clients wait for a moment only."""
    folder = tmp_path_factory.mktemp("idle")
    settings = settings_of(request.param, request, folder, answer_seconds=0.3)
    with system(settings, ingress=True) as running:
        running.store.accounts.add_user("ann", PASSWORDS["ann"])
        yield Recording(running)


@contextmanager
def consuming(idle: Recording) -> Iterator[None]:
    """Have another process's worth of consumers at work within the block."""
    with system(idle.running.settings, consumers=[one.name for one in CONSUMERS]):
        yield


def requests(idle: Recording) -> int:
    events = Caller.of(idle.running).call("GET", "/events?limit=500").json["events"]
    return sum(one["event"]["type"].endswith("put_requested.v1") for one in events)


def test_a_put_that_nobody_applied_is_asked_for_again(idle: Recording) -> None:
    project = idle.project()
    path = f"/{project}/run/"
    document = body(label="run")
    waits = idle.put(path, document)
    assert waits.status == 503
    assert int(waits.headers["retry-after"]) > 0
    assert 0 < len(waits.body) < 300
    assert idle.get(path).status == 404

    def joins() -> bool:
        before = requests(idle)
        assert idle.put(path, document).status == 503
        return requests(idle) == before

    # Once the request is known to be late, the same again waits for it, and adds none.
    until(joins, seconds=60, what="a repetition that waits for what was asked before")
    assert idle.labels(project) == []
    with consuming(idle):
        until(lambda: idle.put(path, document).status in {200, 201}, seconds=60, what="the record")
        assert idle.get(path).json == {**document, "project_id": project}
    assert idle.labels(project) == ["run"]


def test_a_delete_that_nobody_applied_is_not_said_to_be_done(idle: Recording) -> None:
    project = idle.project()
    path = f"/{project}/run/"
    with consuming(idle):
        until(
            lambda: idle.put(path, finished(label="run")).status in {200, 201},
            seconds=60,
            what="the record",
        )
    for target in (path, f"/{project}/tag/_finished_/"):
        waits = idle.call("DELETE", target)
        assert waits.status == 503
        assert "retry-after" in waits.headers
    assert idle.get(path).status == 200


def test_reading_and_projects_need_no_consumer(idle: Recording) -> None:
    project = idle.project()
    for path in ("/", f"/{project}/", f"/{project}/permissions/"):
        assert idle.get(path).status == 200
    assert idle.put(f"/{project}/", {"name": "renamed"}).status == 200
    idle.grant(project, "anonymous")
