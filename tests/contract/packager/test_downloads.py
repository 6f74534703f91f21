"""Zips: had by whoever knows the name, whole or in part, until they are gone."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import quote

import pytest

from store.keys import package_key
from store.package_ports import Package
from tests.equipment.line import line_to
from tests.equipment.packaging import Packager, packaging

CONTENT = bytes(range(256)) * 2000
LAST_YEAR = datetime.now(UTC) - timedelta(days=365)


@pytest.fixture(scope="module")
def package(packager: Packager) -> Package:
    """A zip of some size."""
    return packager.put(CONTENT, resource_id="käfer/1")


def test_a_zip_can_be_had_by_its_name_alone(packager: Packager, package: Package) -> None:
    answer = packager.call("GET", f"/resources/{package.name}")
    assert (answer.status, answer.body) == (200, CONTENT)
    headers = answer.headers
    assert headers["content-type"] == "application/zip"
    assert headers["content-length"] == str(len(CONTENT))
    assert headers["etag"] == f'"{sha256(CONTENT).hexdigest()}"'
    assert headers["accept-ranges"] == "bytes"
    assert headers["cache-control"].startswith("private")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    day = f"{package.built_at:%Y-%m-%d}"
    assert headers["content-disposition"] == (
        f"attachment; filename=\"k_fer_1-{day}.zip\"; filename*=UTF-8''k%C3%A4fer%2F1-{day}.zip"
    )


def test_head_says_the_same_without_the_bytes(packager: Packager, package: Package) -> None:
    got = packager.call("GET", f"/resources/{package.name}")
    with line_to(packager.url) as line:
        for _ in range(2):  # on one connection: whatever came with the first would be in the way
            line.ask("HEAD", f"/packager/resources/{package.name}")
            head = line.answer("HEAD")
            assert (head.status, head.body) == (200, b"")
            assert head.headers["content-length"] == str(len(CONTENT))
            assert {**head.headers, "date": ""} == {**got.headers, "date": ""}


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=1000-1999", 1000, 2000),
        ("bytes=-5", -5, None),
        ("bytes=9-", 9, None),
    ],
)
def test_a_range_is_sent_alone(
    packager: Packager, package: Package, asked: str, start: int, end: int | None
) -> None:
    answer = packager.call("GET", f"/resources/{package.name}", range=asked)
    part = CONTENT[start:end]
    assert (answer.status, answer.body) == (206, part)
    first = start % len(CONTENT)
    told = f"bytes {first}-{first + len(part) - 1}/{len(CONTENT)}"
    assert answer.headers["content-range"] == told
    tag = answer.headers["etag"]
    path = f"/resources/{package.name}"
    assert packager.call("GET", path, range=asked, if_range=tag).status == 206
    assert packager.call("GET", path, range=asked, if_range='"other"').body == CONTENT


def test_a_range_outside_is_refused(packager: Packager, package: Package) -> None:
    answer = packager.call("GET", f"/resources/{package.name}", range=f"bytes={len(CONTENT)}-")
    assert (answer.status, answer.json["status"]) == (416, "failed")
    assert answer.headers["content-range"] == f"bytes */{len(CONTENT)}"


def test_what_is_there_already_is_not_sent_again(packager: Packager, package: Package) -> None:
    path = f"/resources/{package.name}"
    tag = packager.call("HEAD", path).headers["etag"]
    again = packager.call("GET", path, if_none_match=tag)
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    assert packager.call("GET", path, if_match='"other"').status == 412


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_a_zip_is_for_reading_alone(embedded: Packager, method: str) -> None:
    for name in (embedded.put().name, "nothing.zip"):
        answer = embedded.call(method, f"/resources/{name}", b"x=1")
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


def test_what_is_gone_cannot_be_told_from_what_never_was(packager: Packager) -> None:
    gone = [
        packager.put(removed_at=datetime.now(UTC)).name,
        packager.put(expires_at=LAST_YEAR).name,
        f"{'A' * 43}.zip",
    ]
    lost = packager.put().name
    packager.running.store.objects.delete(package_key(lost))
    answers = [packager.call("GET", f"/resources/{name}") for name in (*gone, lost)]
    assert {answer.status for answer in answers} == {404}
    assert len({answer.body for answer in answers}) == 1


def test_what_is_pinned_outlives_its_time(packager: Packager) -> None:
    kept = packager.put(expires_at=LAST_YEAR, pinned=True)
    assert packager.call("GET", f"/resources/{kept.name}").status == 200


def test_odd_names_lead_nowhere(embedded: Packager) -> None:
    there = embedded.put()
    odd = [
        *("", ".", "..", "../", "..%2f", "*", "*.zip", "?", "%00", ".zip", "x.zip", "%FF.zip"),
        *(f"../resources/{there.name}", f"x/../{there.name}", f"..%2Fresources%2F{there.name}"),
        *(f"..%5C{there.name}", f"%2e%2e/{there.name}", f"{there.name}/", f"/{there.name}"),
        *(there.name[:-4], f"{there.name}.zip", f"{there.name}%00", f"{there.name}%0A"),
        *(there.name.swapcase(), f"%20{there.name}", quote("/etc/passwd", safe="")),
        *(f"{'A' * 5000}.zip", "packages%2F" + there.name, "🪲" * 20 + ".zip"),
    ]
    with line_to(embedded.url) as line:
        for name in odd:
            # As it is: nothing may be mended on the way.
            line.ask("GET", "/packager/resources/" + quote(name, safe="%/.*?"))
            answer = line.answer()
            assert answer.status == 404, name
            assert b"PK" not in answer.body


def test_a_link_needs_no_account_where_reading_does(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("private")
    with packaging("embedded", request, folder, public_reads=False) as private:
        one = private.put()
        assert private.call("GET", f"/resources/{one.name}").status == 200
        assert private.call("GET", "s").status == 404
        assert private.operator.call("GET", "/packages", authorization=None).status == 401
