"""What the doctor says of the statistics."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from consumers.update_stats import CONSUMER
from ops.settings import Settings
from ops.stores import clock
from ops.wiring import system
from schemas.probes import ProbeRequested
from store import tables
from store.statistics.rebuilding import rebuild
from tests.equipment.doctoring import doctor
from tests.equipment.installations import settings_of
from tests.equipment.probing import probes
from tests.equipment.statistics import untold
from tests.equipment.world import open_world

LATER = timedelta(minutes=10)


@pytest.fixture(params=["embedded", "deployed"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    return settings_of(request.param, request, tmp_path)


def test_history_that_is_not_counted_is_told_until_it_is(settings: Settings) -> None:
    with system(settings, ingress=True):
        assert doctor(settings)["statistics"].state == "ok"
    with open_world([], database_url=settings.database, folder=settings.data_dir) as world:
        (first, *_) = world.accept(*probes(3))
        assert doctor(settings)["statistics"].state == "ok"
        found = doctor(settings, later=LATER)["statistics"]
        assert (found.state, found.items) == ("warning", [first.key])
        assert "muniment stats rebuild" in found.advice
        rebuild(world.database, clock, untold)
        found = doctor(settings, later=LATER)["statistics"]
        assert (found.state, found.text) == ("ok", "the ledger is counted from its beginning")


def test_a_wrong_figure_is_found_by_who_looks_at_all(settings: Settings) -> None:
    with system(settings, ingress=True):
        pass
    with open_world([CONSUMER], database_url=settings.database, folder=settings.data_dir) as world:
        world.accept(*probes(3))
        world.work_off(CONSUMER)
        found = doctor(settings, deep=True)["statistics"]
        assert (found.state, found.text) == (
            "ok",
            "3 events are counted, and every figure is right",
        )
        with world.database.transaction() as transaction:
            transaction.execute(update(tables.statistics_totals).values(events=4))
    found = doctor(settings, deep=True)["statistics"]
    assert (found.state, found.text) == ("wrong", "1 figures are not what the ledger says")
    assert found.items == [f"statistics_totals {ProbeRequested.TYPE}"]
