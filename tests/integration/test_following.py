"""An operation followed on a terminal, until it has ended or time is up."""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console

from consumers import answer_probe
from ops.following import follow
from producers.client import Client
from schemas.probes import ProbeRequested
from store import leases
from store.leases import Progress, Span
from tests.equipment.ingress import serving
from tests.equipment.world import World, open_world
from tests.services.waiting import until

PATIENCE_SECONDS = 60


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    url = f"sqlite:///{tmp_path / 'muniment.db'}"
    with open_world([answer_probe.CONSUMER], database_url=url, folder=tmp_path) as world:
        yield world


@pytest.fixture
def client(world: World) -> Iterator[Client]:
    with serving(world) as ingress, Client(ingress.url, ingress.token) as client:
        yield client


def terminal() -> tuple[Console, io.StringIO]:
    screen = io.StringIO()
    return Console(file=screen, force_terminal=True, width=200), screen


def test_a_terminal_shows_how_far_it_is_until_it_has_ended(world: World, client: Client) -> None:
    [asked] = world.accept(ProbeRequested(probe="x"))
    console, screen = terminal()
    with ThreadPoolExecutor() as pool:
        following = pool.submit(follow, client, asked.key, PATIENCE_SECONDS, console)
        shows(screen, "no process runs answer-probe")
        now = world.clock()
        with world.database.transaction() as transaction:
            span = Span(now, now + timedelta(minutes=5))
            held = leases.acquire(transaction, asked, "answer-probe", "host.1", span)
            assert held is not None
        with world.database.transaction() as transaction:
            assert leases.beat(transaction, held, span.until, Progress(3, 4, "rows"))
        shows(screen, "running: 3 of 4 rows")
        shows(screen, "75%")
        with world.database.transaction() as transaction:
            assert leases.give_up(transaction, held)
        world.work_off(answer_probe.CONSUMER)
        assert following.result(PATIENCE_SECONDS).state == "succeeded"


def test_who_has_no_terminal_is_shown_nothing(world: World, client: Client) -> None:
    [asked] = world.accept(ProbeRequested(probe="x"))
    screen = io.StringIO()
    assert follow(client, asked.key, 0, Console(file=screen)).state == "accepted"
    assert screen.getvalue() == ""


def shows(screen: io.StringIO, text: str) -> None:
    """Wait until the screen has shown something."""
    until(lambda: text in screen.getvalue(), seconds=PATIENCE_SECONDS, what=text)
