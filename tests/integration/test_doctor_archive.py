"""Rows and objects that have lost each other: found on a disk and in a bucket, and left alone."""

from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import update

from ops.settings import Settings
from ops.stores import Store, clock
from ops.wiring import system
from producers.client import Client
from store.keys import content_key, package_key, staging_key
from store.tables import packages
from tests.equipment.doctoring import doctor, stored
from tests.equipment.installations import settings_of
from tests.equipment.packages import keep_package

LATER = timedelta(hours=48)
PATIENCE_SECONDS = 30


@pytest.fixture(params=["embedded", "deployed"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    settings = settings_of(request.param, request, tmp_path)
    with (
        system(settings, ingress=True, consumers=["ingest-file"]) as running,
        Client(running.url, settings.operator_token.read_text().strip()) as client,
    ):
        for number in range(3):
            path = tmp_path / f"{number}.txt"
            path.write_text(f"bytes {number}")
            client.upload(path, wait=PATIENCE_SECONDS)
    return settings


def write(store: Store, key: str) -> None:
    with store.objects.create(key) as sink:
        sink.write(b"nobody knows")


def test_what_belongs_together_is_left_in_peace(settings: Settings) -> None:
    for deep in (False, True):
        found = doctor(settings, later=LATER, deep=deep)["archive"]
        assert (found.state, list(found.items)) == ("ok", [])


def test_an_object_without_row_is_found_once_it_is_old(settings: Settings) -> None:
    keys = [
        content_key("0" * 64),
        content_key("f" * 64),
        staging_key("left-over"),
        package_key("left-over.zip"),
    ]
    with stored(settings) as store:
        for key in keys:
            write(store, key)
    assert doctor(settings)["archive"].state == "ok"
    found = doctor(settings, later=LATER, repair="yes")["archive"]
    assert (found.state, list(found.items), found.repaired) == ("warning", keys, "")
    assert found.text.startswith("4 objects (48 bytes) have no row")
    with stored(settings) as store:
        assert [store.objects.info(key).size for key in keys] == [12, 12, 12, 12]


def test_a_row_without_object_is_found_by_key_and_name(settings: Settings) -> None:
    with stored(settings) as store:
        [first, *_] = list(store.objects.list("content/"))
        store.objects.delete(first.key)
    found = doctor(settings, repair="yes")["archive"]
    assert (found.state, list(found.items), found.mended) == ("wrong", [first.key], False)
    assert found.text.startswith("1 objects are gone that rows speak of, of ")
    assert ".txt version 1" in found.text


def test_bytes_whose_file_is_about_to_be_committed_are_no_orphan(settings: Settings) -> None:
    """They have the key of their digest already; their upload's row still speaks of them."""
    data = b"pending"
    token = settings.operator_token.read_text().strip()
    with system(settings, ingress=True) as running, Client(running.url, token) as client:
        client.upload(BytesIO(data), "pending.txt")
    with stored(settings) as store:
        [staged] = list(store.objects.list("staging/"))
        store.objects.move(staged.key, content_key(sha256(data).hexdigest()))
    # Its upload has lost its object now, which the handler puts right; the object has its row.
    assert list(doctor(settings, later=LATER)["archive"].items) == [staged.key]


def test_a_package_whose_zip_is_gone_is_found_by_id_while_its_link_is_out(
    settings: Settings,
) -> None:
    """Names are of mixed case; whatever order the database has for them, none is missed."""
    now = clock()
    with stored(settings) as store:
        for name in ("Zoe", "ada", "_eve", "Bob", "-kim", "removed"):
            keep_package(
                store.database, store.objects, name, built_at=now, expires_at=now + LATER / 2
            )
        remove = update(packages).where(packages.c.id == "removed").values(removed_at=now)
        store.database.run(remove)
        for name in ("removed", "Zoe"):
            store.objects.delete(package_key(f"{name}.zip"))
    found = doctor(settings)["archive"]
    assert (found.state, list(found.items)) == ("wrong", ["package Zoe of r-1"])
    assert found.text.startswith("1 packages are gone whose links are still out")
    assert "Zoe.zip" not in str(found)
    # Of those whose time is over nothing is expected, until the caretaker has been there.
    assert doctor(settings, later=LATER)["archive"].state == "ok"
