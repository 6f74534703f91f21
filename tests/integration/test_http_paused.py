"""A consumer that is paused: named with what it waits for, here and for all processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from consumers.registry import CONSUMERS
from ops.settings import Settings
from ops.wiring import System, system
from producers.client import Client
from schemas.files import FileIngestRequested
from tests.equipment.installations import Caller, settings_of
from tests.services.waiting import until

PATIENCE_SECONDS = 30
NAME = "ingest-file"


@pytest.fixture
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "night.fits").write_text("stars")
    return settings_of("embedded", request, tmp_path, inbox_dirs=(inbox,))


@pytest.fixture
def running(settings: Settings) -> Iterator[System]:
    with system(settings, ingress=True, consumers=[one.name for one in CONSUMERS]) as running:
        yield running


def test_a_paused_consumer_is_named_and_goes_on(running: System, settings: Settings) -> None:
    caller = Caller.of(running)
    assert caller.call("GET", "/readyz").json["paused"] == {}
    # The disk of the object store is gone.
    drafts, aside = settings.data_dir / "objects" / ".tmp", settings.data_dir / "aside"
    drafts.rename(aside)
    [inbox] = settings.inbox_dirs
    request = FileIngestRequested(name="night.fits", source=str(inbox / "night.fits"))
    with Client(running.url, caller.token) as client:
        asked = client.post(request).id
        until(
            lambda: NAME in caller.call("GET", "/readyz").json["paused"],
            seconds=PATIENCE_SECONDS,
            what="the pause",
        )
        ready = caller.call("GET", "/readyz")
        assert ready.status == 503, "the objects themselves are down"
        assert ready.json["paused"][NAME]["waits_for"] == "objects"

        def signs() -> list[dict[str, object]]:
            consumers = caller.call("GET", "/status").json["consumers"]
            [mine] = [one for one in consumers if one["name"] == NAME]
            return [one for one in mine["processes"] if one["waits_for"] == "objects"]

        [sign] = until(signs, seconds=PATIENCE_SECONDS, what="the sign of life")
        page = caller.call("GET", "/", accept="text/html").body.decode()
        assert f"{sign['process']} is paused since " in page
        assert "its object store does not answer" in page
        told = client.operation(asked).waiting_for
        assert f"{NAME} in {sign['process']} is paused since " in told[0]

        aside.rename(drafts)
        assert client.operation(asked, wait=PATIENCE_SECONDS).state == "succeeded"
    until(
        lambda: caller.call("GET", "/readyz").json["paused"] == {},
        seconds=PATIENCE_SECONDS,
        what="the consumer to go on",
    )


def test_a_consumer_that_no_process_runs_is_named_and_makes_nothing_unready(
    settings: Settings,
) -> None:
    with system(settings, ingress=True) as running:
        caller = Caller.of(running)
        assert caller.call("GET", "/readyz").status == 200
        consumers = caller.call("GET", "/status").json["consumers"]
        assert [(one["name"], one["processes"]) for one in consumers] == [
            (one.name, []) for one in CONSUMERS
        ]
        page = caller.call("GET", "/", accept="text/html").body.decode()
        assert f"No process runs it. <code>muniment consume {NAME}</code> does." in page
