"""The doctor asks the broker of the notices, where there is one."""

from pathlib import Path

import pytest

from ops.settings import Settings
from ops.stores import open_store, prepare
from store import tables
from tests.cable import Cable
from tests.equipment.doctoring import doctor


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation that tells nobody, with one notice that waits."""
    settings = Settings(data_dir=tmp_path / "data")
    with open_store(settings) as store:
        prepare(store, may_upgrade=True)
        with store.database.transaction() as transaction:
            transaction.insert(tables.frame_notices, [{"id": "uid", "body": "{}"}])
    return settings


def test_nobody_need_be_told(settings: Settings) -> None:
    found = doctor(settings)["notices"]
    assert (found.state, "no broker is named" in found.text) == ("ok", True)


def test_a_broker_that_is_away_is_told_with_what_waits(settings: Settings, amqp_url: str) -> None:
    with Cable(amqp_url) as cable:
        there = settings.model_copy(update={"notice_amqp_url": cable.url})
        assert doctor(there)["notices"].state == "ok"
        cable.unplug()
        found = doctor(there)["notices"]
    assert found.state == "wrong"
    assert found.text.startswith("notices that wait: 1; RabbitMQ at localhost:")
    assert "MUNIMENT_NOTICE_AMQP_URL" in found.advice
