# ruff: noqa: D102 - a test's name is its sentence
"""What is changed of frames while the client waits: PATCH, DELETE, and thumbnails."""

from typing import Any

import pytest

from consumers.ingest_frame import CONSUMER
from schemas.base import Event
from schemas.catalogue import decode
from schemas.frame_post import PLAIN_FIELDS, Post
from schemas.frames import FrameArchived, FrameDeleted, FrameEvent, FrameUpdated, ThumbnailStored
from store import tables
from store.ledger import envelope_of
from tests.equipment.frame_posts import AREA, NAME, Observatory, md5_of, post, version
from tests.equipment.making import MakeWorld

PICTURE = f"{NAME}-small"
FRAMES = [table for table in tables.metadata.sorted_tables if table.name.startswith("frame")]


@pytest.fixture
def observatory(make_embedded_world: MakeWorld) -> Observatory:
    return Observatory(make_embedded_world(CONSUMER))


def picture(**more: Any) -> Post:  # noqa: ANN401 - what a post is made of
    given = {"versions": (version(b"jpeg", ".jpg"),), "frame_basename": NAME, "size": "small"}
    return post(PICTURE, **{**given, **more})


def told(observatory: Observatory) -> list[Event]:
    """What `ada` did, in order."""
    rows = observatory.world.rows(tables.events, actor="user:ada")
    rows.sort(key=lambda row: row["position"])
    events = [decode(envelope_of(row)) for row in rows]  # type: ignore[arg-type]  # reads like one
    return [event for event in events if isinstance(event, FrameEvent)]


class TestChange:
    """PATCH."""

    def test_what_is_given_changes_and_bytes_stay(self, observatory: Observatory) -> None:
        observatory.carry_out(post(NAME, b"one"))
        number = observatory.row()["id"]
        fields = {"site_id": "xyz", "target_name": "NGC 1", "exposure_time": None}
        assert observatory.changes.change(number, "ada", {**fields, "observation_id": 4711})
        row = observatory.row()
        assert {name: row[name] for name in fields} == fields
        assert (row["target_folded"], row["area"], row["newest"]) == ("ngc 1", AREA, 1)
        assert [one["path"] for one in observatory.versions()] == [
            f"tst/kb27/20240304/raw/{NAME}.fits.fz"
        ]
        assert observatory.world.count(tables.frame_combinations, site_id="xyz") == 3
        assert observatory.world.count(tables.frame_combinations) == 3
        assert told(observatory) == [
            FrameUpdated(
                frame_id=number,
                basename=NAME,
                user="ada",
                fields=("target_name", "site_id", "exposure_time"),
            )
        ]

    def test_what_is_the_same_is_not_told(self, observatory: Observatory) -> None:
        observatory.carry_out(post(NAME, b"one"))
        assert observatory.changes.change(observatory.row()["id"], "ada", {"site_id": "tst"})
        assert not told(observatory)

    def test_there_is_none(self, observatory: Observatory) -> None:
        assert not observatory.changes.change(1, "ada", {"site_id": "tst"})
        assert not observatory.changes.delete(1, "ada")
        assert not observatory.changes.change_thumbnail(1, "ada", "large")
        assert not observatory.changes.delete_thumbnail(1, "ada")
        assert not told(observatory)


class TestDelete:
    """DELETE."""

    def test_nothing_is_left_and_all_may_come_again(self, observatory: Observatory) -> None:
        world = observatory.world
        ours = version(b"two", object_key="content/ours")
        observatory.carry_out(
            post(NAME, b"one", related=("bias",)), post(NAME, versions=(ours,)), post("bias", b"b")
        )
        first = observatory.row()["id"]
        observatory.changes.post_thumbnail(picture(), "ada")
        assert observatory.changes.delete(first, "ada")
        assert [row["basename"] for row in world.rows(tables.frames)] == ["bias"]
        left = {table.name: len(world.rows(table)) for table in FRAMES}
        assert left["frame_links"] == world.count(tables.thumbnails) == 0
        assert left["frame_headers"] == left["frame_versions"] == 1
        assert {row["frame"] for row in world.rows(tables.frame_cells)} != {first}
        assert {row["frames"] for row in world.rows(tables.frame_combinations)} == {1}
        *_, fact = told(observatory)
        assert isinstance(fact, FrameDeleted)
        assert {one.md5 for one in fact.versions} == {md5_of(b"one"), md5_of(b"two")}
        assert fact.thumbnails == (
            (f"tst/kb27/20240304/thumbnails/{PICTURE}.jpg", md5_of(b"jpeg")),
        )
        assert fact.objects == ("content/ours",)
        # Announced it will be, since it was there.
        assert left["frame_notices"] == 3
        (again,) = observatory.carry_out(post(NAME, b"one"))
        assert isinstance(again, FrameArchived)
        assert again.created
        assert again.frame_id > first


class TestThumbnail:
    """Pictures."""

    def test_it_is_replaced_when_it_comes_again(self, observatory: Observatory) -> None:
        observatory.carry_out(post(NAME, b"one"))
        before = observatory.row()
        one = observatory.changes.post_thumbnail(picture(target_name="no matter"), "ada")
        two = observatory.changes.post_thumbnail(
            picture(versions=(version(b"other", ".jpeg"),), size="large"), "ada"
        )
        assert (one.id, one.size, one.extension, one.drawn) == (two.id, "small", ".jpg", False)
        assert (two.size, two.extension, two.object_key) == ("large", ".jpeg", None)
        assert observatory.row() == before
        (row,) = observatory.world.rows(tables.thumbnails)
        assert (row["id"], row["key"], row["size"]) == (one.id, md5_of(b"other"), "large")
        assert [type(fact) for fact in told(observatory)] == [ThumbnailStored, ThumbnailStored]
        assert observatory.world.count(tables.frame_notices) == 1

    def test_of_an_unknown_frame_it_makes_one(self, observatory: Observatory) -> None:
        thumbnail = observatory.changes.post_thumbnail(picture(related=("bias",)), "ada")
        row = observatory.row()
        assert (row["id"], row["newest"], row["site_id"]) == (thumbnail.frame, None, "tst")
        assert observatory.world.count(tables.frame_headers) == 1
        assert observatory.world.count(tables.frame_links) == 2
        assert observatory.world.count(tables.frame_combinations) == 0
        assert observatory.world.count(tables.frame_notices) == 0
        made, stored = told(observatory)
        assert isinstance(made, FrameUpdated)
        assert made.fields == (*PLAIN_FIELDS, "area", "headers")
        assert stored == ThumbnailStored(
            frame_id=row["id"],
            basename=NAME,
            user="ada",
            thumbnail_id=thumbnail.id,
            name=PICTURE,
            size="small",
            extension=".jpg",
            drawn=False,
        )

    def test_its_size_is_changed(self, observatory: Observatory) -> None:
        number = observatory.changes.post_thumbnail(picture(), "ada").id
        assert observatory.changes.change_thumbnail(number, "ada", "large")
        (row,) = observatory.world.rows(tables.thumbnails)
        assert (row["id"], row["size"], row["key"]) == (number, "large", md5_of(b"jpeg"))

    def test_it_is_removed(self, observatory: Observatory) -> None:
        number = observatory.changes.post_thumbnail(picture(), "ada").id
        assert observatory.changes.delete_thumbnail(number, "ada")
        assert observatory.world.count(tables.thumbnails) == 0
        assert observatory.world.count(tables.frames) == 1
        *_, fact = told(observatory)
        assert isinstance(fact, FrameUpdated)
        assert fact.fields == ("thumbnails",)
