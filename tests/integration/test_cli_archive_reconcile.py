"""`muniment archive reconcile`, on a folder that clients write to."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic_core import from_json
from sqlalchemy import select, update

from store import tables
from store.database import Database, open_database
from tests.command_line import Ran, in_process
from tests.equipment.frames import Maker, keep

Run = Callable[..., Ran]
OLD = datetime.now(UTC) - timedelta(days=10)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where clients put files."""
    (tmp_path / "theirs").mkdir()
    return tmp_path / "theirs"


@pytest.fixture
def run(tmp_path: Path, folder: Path) -> Run:
    def run(*arguments: str) -> Ran:
        settings = {"data_dir": str(tmp_path / "var"), "archive_store_url": f"file:{folder}"}
        return in_process(*arguments, **settings)

    return run


@pytest.fixture
def database(run: Run, tmp_path: Path) -> Iterator[Database]:
    """Two versions: the bytes of the first are there, those of the second are not."""
    assert run("db", "upgrade").code == 0
    with closing(open_database(f"sqlite:///{tmp_path}/var/muniment.db", application="t")) as found:
        maker = Maker()
        keep(found, maker.frame(basename="there"), maker.frame(basename="gone"))
        for number, name in ((11, "there"), (21, "gone")):
            values = {"path": f"tst/{name}.fits.fz", "md5": digest(name)}
            versions = update(tables.frame_versions).where(tables.frame_versions.c.id == number)
            found.run(versions.values(values))
        yield found


def digest(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def put(folder: Path, name: str, *, old: bool = True) -> Path:
    path = folder / "tst" / f"{name}.fits.fz"
    path.parent.mkdir(exist_ok=True)
    path.write_text(name)
    if old:
        os.utime(path, (OLD.timestamp(),) * 2)
    return path


def fixity(database: Database, number: int) -> str | None:
    where = tables.frame_versions.c.id == number
    (row,) = database.query(select(tables.frame_versions.c.fixity).where(where))
    found: str | None = row["fixity"]
    return found


def test_what_lacks_its_other_half_is_listed(run: Run, database: Database, folder: Path) -> None:
    del database
    for name, old in (("there", True), ("orphan", True), ("young", False)):
        put(folder, name, old=old)
    shown = run("archive", "reconcile")
    assert shown.code == 4
    assert shown.out.splitlines() == [
        "no bytes  tst/gone.fits.fz  (uid-21 gone.fits.fz)",
        "no frame  tst/orphan.fits.fz",
        "1 files without a frame, older than 7 days; 1 versions and thumbnails without bytes.",
    ]
    told = [from_json(one) for one in run("archive", "reconcile", "--json").out.splitlines()]
    assert [(one["lacks"], one["path"]) for one in told] == [
        ("bytes", "tst/gone.fits.fz"),
        ("frame", "tst/orphan.fits.fz"),
    ]


def test_where_all_is_well_nothing_is_to_be_done(
    run: Run, database: Database, folder: Path
) -> None:
    del database
    for name in ("there", "gone"):
        put(folder, name)
    assert run("archive", "reconcile", "--dry-run").code == 0


def test_repairing_deletes_what_is_nobodys_and_notes_what_is_missing(
    run: Run, database: Database, folder: Path
) -> None:
    kept, orphan, young = put(folder, "there"), put(folder, "orphan"), put(folder, "y", old=False)
    asked = run("archive", "reconcile", "--repair")
    assert (asked.code, "Delete 1 files without a frame?" in asked.err) == (1, True)
    assert orphan.exists()
    done = run("archive", "reconcile", "--repair", "--yes")
    assert (done.code, "Looked at again: 1 missing.\nDeleted: 1 files." in done.err) == (0, True)
    assert (kept.exists(), orphan.exists(), young.exists()) == (True, False, True)
    assert (fixity(database, 11), fixity(database, 21)) == (None, "missing")


def test_without_a_file_store_there_is_nothing_to_compare(tmp_path: Path) -> None:
    settings = {"data_dir": str(tmp_path / "var")}
    assert in_process("db", "upgrade", **settings).code == 0
    ran = in_process("archive", "reconcile", **settings)
    assert (ran.code, "MUNIMENT_ARCHIVE_STORE_URL" in ran.err) == (2, True)
