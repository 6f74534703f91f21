"""The doctor looks at the disk, where packages wait for room that is left to others."""

from pathlib import Path

from ops.settings import Settings
from ops.stores import open_store, prepare
from tests.equipment.doctoring import doctor


def test_packages_that_wait_for_room_are_told(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    with open_store(settings) as store:
        prepare(store, may_upgrade=True)
    assert doctor(settings)["disk"].state == "ok"
    found = doctor(settings.model_copy(update={"packager_reserve": 1024**6}))["disk"]
    assert found.state == "warning"
    assert "MUNIMENT_PACKAGER_RESERVE" in found.advice
