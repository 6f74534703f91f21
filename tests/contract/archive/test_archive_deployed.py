"""The same on RabbitMQ, PostgreSQL and S3: frames are sent, found, raced for, and go."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from tests.equipment.archive import Archive, archiving, frame_body, in_days, version
from tests.equipment.module_services import amqp_url, postgresql_url

__all__ = ["amqp_url", "postgresql_url"]

POSTS = 16


@pytest.fixture(scope="module")
def deployed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Archive]:
    """A deployed archive."""
    with archiving(request, tmp_path_factory.mktemp("deployed"), world="deployed") as running:
        yield running


def test_a_frame_is_sent_found_changed_and_deleted(deployed: Archive) -> None:
    frame = deployed.post(target_name="M 33", related_frame_filenames=["bias"])
    [stored] = frame["version_set"]
    found = deployed.get("/versions/", "root", md5=stored["md5"]).json
    assert (found["count"], found["results"]) == (1, [stored])
    assert deployed.found(None, OBJECT="m 33", covers="POINT(150 2)") == [frame["basename"]]
    assert deployed.get("/frames/aggregate/").json["sites"] == ["tst"]
    path = f"/frames/{frame['id']}/"
    assert deployed.send("PATCH", path, {"public_date": in_days(1)}).status == 200
    assert [deployed.get(path, user).status for user in (None, "ada")] == [404, 200]
    assert deployed.call("DELETE", path, user="root").status == 204
    assert deployed.get(path, "root").status == 404


def test_of_those_who_race_for_a_digest_one_wins(deployed: Archive) -> None:
    raced = version()
    bodies = [
        frame_body(version_set=[{**raced, "key": f"{raced['key']}-{n}"}]) for n in range(POSTS)
    ]
    with ThreadPoolExecutor(POSTS) as threads:
        answers = list(threads.map(lambda body: deployed.send("POST", "/frames/", body), bodies))
    assert Counter(answer.status for answer in answers) == {201: 1, 400: POSTS - 1}
    taken = {"version_set": [{"md5": ["version with this md5 already exists."]}]}
    assert [one.json for one in answers if one.status == 400] == [taken] * (POSTS - 1)


def test_the_longest_texts_have_room_in_every_index(deployed: Archive) -> None:
    # What a database can compress takes less room than it has.
    letters = [chr(0x1F300 + number) for number in range(0x2FF)]
    name, related, key, picture = (
        "".join(Random(seed).choices(letters, k=500))  # noqa: S311 - any letters will do
        for seed in range(4)
    )
    frame = deployed.post(
        basename=name,
        instrument_id=name[:64],
        target_name=name[:200],
        related_frame_filenames=[related],
        headers={"USERID": 4 * name},
        version_set=[version(key=key)],
    )
    thumbnail = frame_body(
        basename=picture,
        instrument_id=name[:64],
        frame_basename=name,
        size="small",
        version_set=[version(key=picture, extension=".jpg")],
    )
    assert deployed.send("POST", "/thumbnails/", thumbnail).status == 201
    assert deployed.found(None, basename_exact=name) == [name]
    headers = deployed.get(f"/frames/{frame['id']}/headers/").json["data"]
    assert headers == {"USERID": 4 * name}


@pytest.mark.parametrize("ordering", ["", "-exposure_time,site_id"])
def test_turning_pages_meets_every_frame_once(deployed: Archive, ordering: str) -> None:
    names = {deployed.post(site_id="pg", exposure_time=n or None)["basename"] for n in range(5)}
    asked = {"site_id": "pg", "limit": 2, "ordering": ordering, "pagination_style": "cursor"}
    said = deployed.get("/frames/", None, **asked).json
    met = [one["basename"] for one in said["results"]]
    while said["next"]:
        said = deployed.call("GET", said["next"].partition("/archive")[2]).json
        met += [one["basename"] for one in said["results"]]
    assert len(met) == len(set(met))
    assert names <= set(met)
