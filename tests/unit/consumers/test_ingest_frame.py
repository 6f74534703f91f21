# ruff: noqa: D102 - a test's name is its sentence
"""What `ingest-frame` makes of what is posted: rows of SQLite, without a bus."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from consumers.contract import Reject
from consumers.ingest_frame import CONSUMER
from schemas.frame_post import PLAIN_FIELDS, PostedVersion
from schemas.frames import FrameArchived, FramePostRequested, FrameRejected, FrameUpdated
from store import tables
from store.errors import ExhaustedError
from tests.equipment.frame_posts import (
    AREA,
    NAME,
    OBSERVED,
    PUBLIC,
    Observatory,
    md5_of,
    post,
    version,
    without,
)
from tests.equipment.world import open_world

KEY = "version with this key already exists."
MD5 = "version with this md5 already exists."


@pytest.fixture
def observatory(tmp_path: Path) -> Iterator[Observatory]:
    url = f"sqlite:///{tmp_path / 'muniment.db'}"
    with open_world([CONSUMER], database_url=url, folder=tmp_path) as world:
        yield Observatory(world)


def rows(observatory: Observatory, table: str, **like: object) -> list[dict[str, Any]]:
    return observatory.world.rows(tables.metadata.tables[table], **like)


def related(observatory: Observatory) -> set[tuple[int, int]]:
    return {(row["frame"], row["related"]) for row in rows(observatory, "frame_links")}


def headers(observatory: Observatory, name: str = NAME) -> Any:  # noqa: ANN401 - JSON
    (row,) = rows(observatory, "frame_headers", frame=observatory.row(name)["id"])
    return json.loads(row["document"])


class TestFirst:
    """A frame that is not there."""

    def test_it_is_kept_as_it_was_sent(self, observatory: Observatory) -> None:
        sent = post(NAME, b"one", target_name="GRÖSSE")
        (fact,) = observatory.carry_out(sent)
        row = observatory.row()
        assert {name: row[name] for name in PLAIN_FIELDS} == dict(sent.fields)
        assert (row["area"], row["submitter"], row["newest"]) == (AREA, "ada", 1)
        assert (row["basename_folded"], row["target_folded"]) == (NAME, "grösse")
        assert headers(observatory) == sent.headers
        (kept,) = observatory.versions()
        assert isinstance(fact, FrameArchived)
        assert (fact.frame_id, fact.basename, fact.created) == (row["id"], NAME, True)
        (told,) = fact.versions
        assert told.model_dump() == {name: kept[name] for name in told.model_dump()}
        assert told.path == f"tst/kb27/20240304/raw/{NAME}.fits.fz"
        assert (kept["object_key"], kept["fixity"], kept["size"]) == (None, None, None)
        assert rows(observatory, "frame_cells")
        assert not rows(observatory, "frame_drafts")

    def test_what_is_not_given_is_empty(self, observatory: Observatory) -> None:
        some = ("proposal_id", "exposure_time", "reduction_level", "public_date", "target_name")
        observatory.carry_out(without(post(NAME, b"one", headers={}, area=None), *some))
        row = observatory.row()
        assert [row[name] for name in some] == ["", None, 0, None, ""]
        assert row["submitter"] == ""
        assert not rows(observatory, "frame_cells")

    def test_names_are_folded_as_composed(self, observatory: Observatory) -> None:
        observatory.carry_out(post("E\u0301toile", b"one", target_name="E\u0301toile"))
        (row,) = rows(observatory, "frames")
        assert (row["basename"], row["target_name"]) == ("E\u0301toile", "E\u0301toile")
        assert (row["basename_folded"], row["target_folded"]) == ("\u00e9toile", "\u00e9toile")

    def test_without_a_version_it_is_known(self, observatory: Observatory) -> None:
        (fact,) = observatory.carry_out(post(NAME))
        assert isinstance(fact, FrameUpdated)
        assert fact.fields == (*PLAIN_FIELDS, "area", "headers")
        assert observatory.row()["newest"] is None
        assert not rows(observatory, "frame_notices")
        assert not rows(observatory, "frame_combinations")

    def test_a_path_that_would_lead_elsewhere_is_none(self, observatory: Observatory) -> None:
        observatory.carry_out(post(NAME, b"one", site_id=".."))
        assert [one["path"] for one in observatory.versions()] == [None]

    def test_a_file_of_ours_belongs_to_the_frame(self, observatory: Observatory) -> None:
        ours = version(b"one", object_key="content/aa/bb/aabb")
        observatory.carry_out(post(NAME, versions=(ours,)))
        (kept,) = observatory.versions()
        assert (kept["object_key"], kept["path"]) == ("content/aa/bb/aabb", None)


class TestAgain:
    """A frame that is there."""

    def test_what_is_given_overwrites_and_what_is_not_stays(self, observatory: Observatory) -> None:
        observatory.carry_out(post(NAME, b"one"))
        changed = without(post(NAME, b"two", headers={"NEW": 1}, area=None), "target_name")
        (fact,) = observatory.carry_out(changed)
        assert isinstance(fact, FrameArchived)
        assert not fact.created
        row = observatory.row()
        assert (row["target_name"], row["area"], row["submitter"]) == ("M 31", None, "")
        assert headers(observatory) == {"NEW": 1}
        assert [one["md5"] for one in observatory.versions()] == [md5_of(b"one"), md5_of(b"two")]
        assert row["newest"] == observatory.versions()[1]["id"]
        assert not rows(observatory, "frame_cells")

    def test_without_a_version_what_differs_is_told(self, observatory: Observatory) -> None:
        observatory.carry_out(post(NAME, b"one"))
        (same,) = observatory.carry_out(post(NAME))
        (other,) = observatory.carry_out(post(NAME, site_id="xyz", headers={}))
        assert isinstance(same, FrameUpdated)
        assert isinstance(other, FrameUpdated)
        assert (same.fields, other.fields) == ((), ("site_id", "headers"))
        assert observatory.row()["newest"] == 1

    def test_one_batch_may_have_a_name_more_than_once(self, observatory: Observatory) -> None:
        sent = [post(NAME, b"%d" % n, site_id=f"s{n}", related=("bias",)) for n in range(5)]
        facts = observatory.carry_out(post("first", related=(NAME,)), *sent)
        assert [fact.created for fact in facts if isinstance(fact, FrameArchived)] == [
            True,
            *[False] * 4,
        ]
        assert observatory.row()["site_id"] == "s4"
        assert len(observatory.versions()) == 5
        assert len(rows(observatory, "frames")) == 3


class TestRefused:
    """Versions that are there already."""

    @pytest.mark.parametrize(
        ("other", "wrong"),
        [
            (version(b"one", key="k"), {"md5": [MD5]}),
            (version(b"two", key=md5_of(b"one")), {"key": [KEY]}),
            (version(b"one"), {"key": [KEY], "md5": [MD5]}),
        ],
        ids=["md5", "key", "both"],
    )
    def test_nothing_is_stored(
        self, observatory: Observatory, other: PostedVersion, wrong: dict[str, list[str]]
    ) -> None:
        observatory.carry_out(post(NAME, b"one"))
        fine = version(b"three")
        (fact,) = observatory.carry_out(post("other", versions=(fine, other), related=("bias",)))
        assert isinstance(fact, FrameRejected)
        assert fact.errors == {"version_set": [{}, wrong]}
        assert [row["basename"] for row in rows(observatory, "frames")] == [NAME]
        assert len(rows(observatory, "frame_versions")) == 1
        assert not rows(observatory, "frame_links")
        assert not rows(observatory, "frame_drafts")

    def test_the_same_twice_in_one_post(self, observatory: Observatory) -> None:
        (fact,) = observatory.carry_out(post(NAME, b"one", b"one"))
        assert isinstance(fact, FrameRejected)
        assert fact.errors == {"version_set": [{}, {"key": [KEY], "md5": [MD5]}]}

    def test_the_same_twice_in_one_batch(self, observatory: Observatory) -> None:
        facts = observatory.carry_out(post("a", b"one"), post("b", b"one"))
        assert [type(fact) for fact in facts] == [FrameArchived, FrameRejected]

    def test_a_draft_that_is_gone_is_for_a_person(self, observatory: Observatory) -> None:
        event = FramePostRequested(basename=NAME, user="ada", draft="?", md5s=(), size=1)
        with observatory.world.database.transaction() as transaction:
            work = observatory.world.make_work(transaction, "k", 1, OBSERVED)
            with pytest.raises(Reject):
                CONSUMER.handle(event, work)


class TestRelations:
    """Frames that belong together."""

    def test_links_lead_both_ways_and_placeholders_keep_their_id(
        self, observatory: Observatory
    ) -> None:
        observatory.carry_out(post(NAME, b"one", related=("bias", NAME, "bias")))
        placeholder = observatory.row("bias")
        assert placeholder["observation_date"] is None
        assert placeholder["observation_day"] is None
        (fact,) = observatory.carry_out(post("bias", b"bias", configuration_type="BIAS"))
        assert isinstance(fact, FrameArchived)
        assert (fact.created, fact.frame_id) == (True, placeholder["id"])
        assert observatory.row("bias")["area"] == AREA
        assert related(observatory) == {(1, 2), (2, 1)}
        assert {row["frame"] for row in rows(observatory, "frame_cells")} == {1, 2}

    def test_links_are_added_and_never_removed(self, observatory: Observatory) -> None:
        observatory.carry_out(post(NAME, b"one", related=("bias",)))
        observatory.carry_out(post(NAME, b"two", related=("flat", "bias")))
        assert related(observatory) == {(1, 2), (2, 1), (1, 3), (3, 1)}


class TestNotice:
    """What is announced."""

    def test_it_is_one_of_the_first_version(self, observatory: Observatory) -> None:
        sent = {"SIMPLE": True, "area": "hidden", "TRACKNUM": None, "N": 1.0, "U": "é"}
        (fact,) = observatory.carry_out(post(NAME, b"one", b"two", headers=sent))
        (notice,) = rows(observatory, "frame_notices")
        assert isinstance(fact, FrameArchived)
        assert notice["id"] == fact.versions[0].uid
        one, two = md5_of(b"one"), md5_of(b"two")
        assert notice["body"] == (
            '{"SIMPLE": true, "area": "{ \\"type\\": \\"Polygon\\", \\"coordinates\\": [ ['
            " [ 150.05, 1.95 ], [ 150.05, 2.05 ], [ 149.95, 2.05 ], [ 149.95, 1.95 ],"
            ' [ 150.05, 1.95 ] ] ] }", "TRACKNUM": null, "N": 1.0, "U": "\\u00e9",'
            f' "basename": "{NAME}", "version_set": '
            f'[{{"key": "{one}", "md5": "{one}", "extension": ".fits.fz"}},'
            f' {{"key": "{two}", "md5": "{two}", "extension": ".fits.fz"}}],'
            f' "filename": "{NAME}.fits.fz", "frameid": 1}}'
        )


def test_no_id_is_too_large_for_clients(observatory: Observatory) -> None:
    observatory.carry_out(post(NAME, b"one"))
    counted = text("UPDATE sqlite_sequence SET seq = :last WHERE name = 'frames'")
    observatory.world.database.run(counted, {"last": 2**31 - 2})
    observatory.carry_out(post("last", b"two"))
    assert observatory.row("last")["id"] == 2**31 - 1
    with pytest.raises(ExhaustedError, match="frames"):
        observatory.carry_out(post("beyond", b"three"))


def test_a_public_date_is_a_moment(observatory: Observatory) -> None:
    observatory.carry_out(post(NAME, b"one"))
    assert observatory.row()["public_date"] == PUBLIC
