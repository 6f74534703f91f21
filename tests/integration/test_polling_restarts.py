"""Polling in a whole installation, with its own clock: it outlives every process."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from consumers.poll_service import CONSUMER
from ops.settings import Settings
from ops.stores import clock, new_id
from ops.wiring import System, system
from producers.components import Components
from producers.stamping import Stamp
from schemas.components import PLATFORM
from tests.equipment.component_settings import change_setting
from tests.equipment.installations import settings_of
from tests.services.waiting import until
from tests.web import Answer, Web, serve

WHO = "user:test"
PATIENCE_SECONDS = 60.0


@pytest.fixture
def service() -> Iterator[Web]:
    with serve(lambda _: Answer()) as service:
        yield service


@pytest.fixture(params=["embedded", "deployed"])
def settings(request: pytest.FixtureRequest, tmp_path: Path, service: Web) -> Settings:
    url = f"http://127.0.0.1:{service.port}/add"
    return settings_of(request.param, request, tmp_path, reference_service_url=url)


def components_of(running: System) -> Components:
    stamp = Stamp("/tests", clock, new_id)
    url = running.settings.reference_service_url
    return Components(running.store.database, running.bus.ledger, stamp, clock, url)


def wait_for_polls(service: Web, count: int) -> None:
    until(
        lambda: len(service.requests) >= count,
        seconds=PATIENCE_SECONDS,
        what=f"{count} polls",
    )


def test_polling_goes_on_after_every_process_has_ended(settings: Settings, service: Web) -> None:
    with system(settings, ingress=True, consumers=[CONSUMER.name]) as running:
        components = components_of(running)
        change_setting(components, PLATFORM, "max_sec", "1", WHO)
        components.start(WHO)
        wait_for_polls(service, 2)
        until(lambda: components.poll().running, seconds=PATIENCE_SECONDS, what="the truth")
    polled = len(service.requests)
    with ExitStack() as stack:
        # In two processes' worth of workers, and an ingress, that know nothing of who was before.
        running = stack.enter_context(system(settings, ingress=True))
        for _ in range(2):
            stack.enter_context(system(settings, consumers=[CONSUMER.name]))
        wait_for_polls(service, polled + 2)
        components = components_of(running)
        assert components.poll().wanted
        components.stop(WHO)
        landed = len(service.requests)
        assert not components.poll().running
        components.start(WHO)
        wait_for_polls(service, landed + 2)
        components.stop(WHO)
    assert all(asked.method == "PUT" for asked in service.requests)
