"""The copy in Kafka as an operator has it: by settings, run by name, seen by the doctor."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from consumers.registry import CONSUMERS
from consumers.tap_kafka import NAME
from ops.settings import Settings
from ops.stores import open_store, prepare
from ops.wiring import choose, system
from producers.kafka_servers import EXTRA
from store import taps
from store.errors import SetupError
from store.views import span
from tests.command_line import ROOT, in_process
from tests.equipment.doctoring import doctor
from tests.equipment.installations import Caller, settings_of
from tests.equipment.kafka_topics import check_whole
from tests.equipment.tapping import PATIENCE_SECONDS, new_topic_name
from tests.services.kafka import Kafka
from tests.services.ports import free_ports
from tests.services.waiting import until

EVERYBODY = [*(one.name for one in CONSUMERS), NAME]


@pytest.mark.parametrize("world", ["embedded", "deployed"])
def test_what_happens_in_a_running_system_is_copied(
    world: str, request: pytest.FixtureRequest, kafka: Kafka, tmp_path: Path
) -> None:
    name = new_topic_name()
    settings = settings_of(
        world, request, tmp_path, kafka_url=kafka.url, kafka_topic=name, kafka_partitions=2
    )
    with system(settings, ingress=True, consumers=EVERYBODY) as running:
        caller = Caller.of(running)
        keys = [str(UUID(int=number)) for number in range(1, 21)]
        for key in keys:
            caller.post(key)
        caller.wait_until_succeeded(keys)
        # Who has not reached the broker within a second is taken for paused until it has.
        until(
            lambda: caller.call("GET", "/readyz").json["paused"] == {},
            seconds=PATIENCE_SECONDS,
            what="everybody to be at work",
        )
        database = running.store.database
        until(
            lambda: (
                (tap := taps.read(database).get(f"kafka:{name}")) is not None
                and tap.position == span(database).last
            ),
            seconds=PATIENCE_SECONDS,
            what="the copy",
        )
        metrics = caller.call("GET", "/metrics").body.decode()
        assert f'muniment_tap_position{{tap="kafka:{name}"}}' in metrics
        found = doctor(settings)["kafka"]
        assert (found.state, found.text.endswith("copies")) == ("ok", True)
    with open_store(settings) as store:
        seen = check_whole(kafka, name, store.database)
    assert {one.partition for one in seen} == {0, 1}
    assert {one.header["ce_ledgerentry"] for one in seen} == {"accepted", "emitted"}


def test_while_kafka_is_away_all_else_works(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    [port] = free_ports(1)
    settings = settings_of("embedded", request, tmp_path, kafka_url=f"kafka://127.0.0.1:{port}")
    with system(settings, ingress=True, consumers=EVERYBODY) as running:
        caller = Caller.of(running)
        key = str(UUID(int=1))
        caller.post(key)
        caller.wait_until_succeeded([key])

        def paused() -> dict[str, dict[str, str]]:
            found: dict[str, dict[str, str]] = caller.call("GET", "/readyz").json["paused"]
            return found

        until(lambda: NAME in paused(), seconds=PATIENCE_SECONDS, what="the pause")
        assert paused()[NAME]["waits_for"] == "kafka"
        assert caller.call("GET", "/readyz").status == 200
        found = doctor(settings)["kafka"]
        assert found.state == "wrong"
        assert "nothing is lost" in found.advice


@pytest.fixture
def settings(kafka: Kafka, tmp_path: Path) -> Settings:
    """An installation that is not running."""
    made = Settings(data_dir=tmp_path / "data", kafka_url=kafka.url, kafka_topic=new_topic_name())
    with open_store(made) as store:
        prepare(store, may_upgrade=True)
    return made


def test_the_doctor_misses_a_tap(settings: Settings) -> None:
    found = doctor(settings)["kafka"]
    assert (found.state, found.advice) == ("wrong", f"start `muniment consume {NAME}`, or `up`")


def test_the_doctor_notices_a_tap_that_died(settings: Settings) -> None:
    with open_store(settings) as store, system(settings, consumers=[NAME]):
        until(
            lambda: any(one.owner for one in taps.read(store.database).values()),
            seconds=PATIENCE_SECONDS,
            what="an owner",
        )
        assert doctor(settings)["kafka"].state == "ok"
        assert doctor(settings, later=timedelta(minutes=2))["kafka"].state == "wrong"


def test_without_kafka_the_doctor_has_nothing_to_say(settings: Settings) -> None:
    without = settings.model_copy(update={"kafka_url": ""})
    assert doctor(without)["kafka"].state == "ok"


def test_to_run_the_tap_there_must_be_a_kafka() -> None:
    with pytest.raises(SetupError, match="MUNIMENT_KAFKA_URL") as refused:
        choose(Settings(), [NAME])
    assert EXTRA in str(refused.value)


def test_the_command_says_what_to_set(tmp_path: Path) -> None:
    ran = in_process("consume", NAME, data_dir=str(tmp_path))
    assert ran.code == 2
    assert "MUNIMENT_KAFKA_URL" in ran.err


def test_a_url_that_is_none_is_refused_without_its_password(tmp_path: Path) -> None:
    url = "kafka://ada:hunter2@k:nowhere"
    ran = in_process("consume", NAME, data_dir=str(tmp_path), kafka_url=url)
    assert ran.code == 2
    assert "MUNIMENT_KAFKA_URL" in ran.err
    assert "hunter2" not in ran.err


def test_without_the_extra_only_what_needs_it_is_refused(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['aiokafka'] = None; from ops.cli import main; main(sys.argv[1:])"
    )
    settings = {"data_dir": str(tmp_path), "kafka_url": "kafka://127.0.0.1:1"}
    ours = {f"MUNIMENT_{name.upper()}": value for name, value in settings.items()}
    refused, done = (
        subprocess.run(
            [sys.executable, "-c", program, *arguments],
            cwd=ROOT,
            env={**os.environ, **ours},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
        for arguments in (["consume", NAME], ["db", "upgrade"])
    )
    assert refused.returncode == 2
    assert EXTRA in refused.stderr
    assert done.returncode == 0, done.stderr
