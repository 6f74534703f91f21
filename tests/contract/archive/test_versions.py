"""Versions: what ingesters ask for before they send anything."""

from typing import Any

import pytest

from tests.equipment.archive import Archive, version

NONE: dict[str, Any] = {
    "count": 0,
    "next": None,
    "previous": None,
    "results": [],
    "count_estimated": False,
}


def test_the_one_of_a_digest_is_found_and_no_other(archive: Archive) -> None:
    one, other = (archive.post()["version_set"][0] for _ in range(2))
    for wanted in (one, other):
        answer = archive.get("/versions/", "root", md5=wanted["md5"])
        said = {**NONE, "count": 1, "results": [wanted]}
        assert (answer.status, answer.json) == (200, said)
        assert list(answer.json["results"][0]) == list(wanted)
        assert answer.headers["cache-control"] == "no-store"
        assert archive.get(f"/versions/{wanted['id']}/", "stan").json == wanted


def test_a_digest_is_the_same_in_capitals(archive: Archive) -> None:
    digest = "abcdef" * 5 + "00"
    archive.post(version_set=[version(md5=digest)])
    assert archive.get("/versions/", "root", md5=digest.upper()).json["count"] == 1


@pytest.mark.parametrize("md5", ["0" * 31 + "f", "x", "%", "' OR 1=1 --", "a\0b", "0" * 5000])
def test_a_digest_that_nobody_has(archive: Archive, md5: str) -> None:
    answer = archive.get("/versions/", "root", md5=md5)
    assert (answer.status, answer.json) == (200, NONE)


def test_all_are_listed_the_newest_first_page_by_page(archive: Archive) -> None:
    for _ in range(3):
        archive.post()
    said = archive.get("/versions/", "stan", limit=2).json
    ids = [one["id"] for one in said["results"]]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 2
    assert said["next"].endswith("/archive/versions/?limit=2&offset=2")
    assert said["count"] > 2
    assert archive.get("/versions/", "stan", md5="").json["count"] == said["count"]
