"""The doctor tells of frames whose bytes are not there, or are not theirs."""

from pathlib import Path

from sqlalchemy import update

from ops.settings import Settings
from ops.stores import open_store, prepare
from store.frame_tables import frame_versions
from tests.equipment.doctoring import doctor, stored
from tests.equipment.frames import Maker, keep


def test_versions_without_sound_bytes_are_told_by_name(tmp_path: Path) -> None:
    settings, make = Settings(data_dir=tmp_path / "data"), Maker()
    made = [make.frame(), make.frame(), make.frame(versions=(".fits.fz", ".pdf"))]
    with open_store(settings) as store:
        prepare(store, may_upgrade=True)
        keep(store.database, *made)
    assert doctor(settings)["frames"].state == "ok"
    with stored(settings) as store, store.database.transaction() as transaction:
        for extension, fixity in ((".fits.fz", "missing"), (".pdf", "damaged")):
            these = frame_versions.c.extension == extension
            transaction.execute(update(frame_versions).where(these).values(fixity=fixity))
    found = doctor(settings)["frames"]
    names = [made[2].row["basename"] + ".pdf", *(f"{one.row['basename']}.fits.fz" for one in made)]
    assert found.state == "wrong"
    assert found.text == f"versions of frames: 1 damaged and 3 missing, of {names[0]}"
    assert sorted(found.items) == sorted(names)
    assert "muniment archive reconcile --repair" in found.advice
