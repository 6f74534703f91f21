"""What the file store and the archive have that the other has not."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from ops.stores import clock
from store.frames.reconciling import Alone, reconcile
from tests.equipment.archive_bytes import Ingester, ingesting_into_bucket, ingesting_into_folder

ONLY_STORING = ("ingest-frame",)


@pytest.fixture(params=["folder", "deployed"])
def ingester(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ingester]:
    ingesting = ingesting_into_folder if request.param == "folder" else ingesting_into_bucket
    folder = tmp_path_factory.mktemp("reconciling")
    world = "deployed" if request.param == "deployed" else "embedded"
    with ingesting(request, folder, world=world, consumers=ONLY_STORING) as ingester:
        yield ingester


def alone(ingester: Ingester, ahead: timedelta = timedelta(minutes=1)) -> list[Alone]:
    store = ingester.archive.running.store
    return list(reconcile(store.database, store.file_store, clock() + ahead))


def test_what_belongs_together_is_not_told(ingester: Ingester) -> None:
    for number in range(5):
        ingester.ingest(b"stars %d" % number)
    ingester.ingest(b"newer", basename="twice")
    ingester.ingest(b"newest", basename="twice")
    ingester.archive.running.store.file_store.check()
    assert alone(ingester) == []


def test_what_lacks_the_other_is_told(ingester: Ingester) -> None:
    ingester.ingest(b"stars", basename="m")
    gone = [ingester.archive.post(basename=name) for name in ("a", "m-", "z")]
    orphans = ["A/orphan.fits", "tst/kb27/20240304/raw/n.fits", "zz/orphan.fits"]
    for path in orphans:
        ingester.put(path, b"refused")
    found = alone(ingester)
    assert sorted(one.place.path for one in found if one.stored is not None) == orphans
    lacking = {one.of: one.place for one in found if one.stored is None}
    assert sorted(one.split(" ")[1] for one in lacking) == [one["filename"] for one in gone]
    assert {place.key for place in lacking.values()} == {
        one["version_set"][0]["key"] for one in gone
    }
    # What is young may still be posted.
    young = alone(ingester, timedelta(minutes=-5))
    assert [one for one in young if one.stored is not None] == []
    assert len(young) == 3


def test_a_version_that_was_refused_is_told_by_its_key(ingester: Ingester) -> None:
    frame = ingester.ingest(b"stars", basename="m")
    if not ingester.archive.running.store.file_store.overwrites:
        key = ingester.put("tst/kb27/20240304/raw/m.fits.fz", b"refused")
        (found,) = alone(ingester)
        assert (found.place.key, found.stored is not None) == (key, True)
    assert ingester.fetch(frame["url"]).data == b"stars"
