"""What was built and what is under way, for people and for programs."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.datasets import DatasetPackageRequested
from store.tables import leases, packages
from tests.equipment.installations import Answer, Caller
from tests.equipment.packaging import EMPTY_ZIP, Packager

HTML = "text/html"


def seen(packager: Packager, path: str = "/packages", accept: str | None = None) -> Answer:
    """Return what everybody is shown."""
    stranger = Caller(packager.url, token="")
    answer = stranger.call("GET", path, authorization=None, accept=accept)
    assert answer.status == 200, answer
    return answer


def work_on(packager: Packager, key: str, done: int, total: int | None) -> None:
    """Have somebody work on a request, and say how far it is."""
    now = datetime.now(UTC)
    row = {
        "consumer": "zip-dataset.slow",
        "event_key": key,
        "attempt": 1,
        "token": 1,
        "owner": "here.1",
        "until": now + timedelta(hours=1),
        "crashes": 0,
        "began_at": now,
        "done": done,
        "total": total,
        "unit": "rows",
    }
    with packager.running.store.database.transaction() as transaction:
        transaction.insert(leases, [row])


def test_an_empty_list_says_what_to_do(embedded: Packager) -> None:
    assert seen(embedded).json == {"waiting": [], "packages": [], "next": None}
    page = seen(embedded, accept=HTML)
    assert b"muniment packager queue" in page.body
    assert b'href="/packages" aria-current="page"' in page.body
    assert "script-src 'self'" in page.headers["content-security-policy"]


def test_everybody_is_shown_what_was_built_and_nobody_how_to_have_it(packager: Packager) -> None:
    one = packager.put(kind="dwc_archive", format="tsv", rows=12_345, resource_id="beetles")
    for address in ("a…@example.org", "b…@example.org", "a…@example.org"):
        packager.give(one, address)
    [shown] = [p for p in seen(packager).json["packages"] if p["id"] == one.id]
    assert shown == {
        "id": one.id,
        "resource_id": "beetles",
        "kind": "dwc_archive",
        "format": "tsv",
        "host": "data.example.org",
        "size": one.size,
        "sha256": one.sha256,
        "rows": 12_345,
        "built_at": shown["built_at"],
        "expires_at": shown["expires_at"],
        "pinned": False,
        "removed_at": None,
        "asked": 3,
        "href": f"/packages/{one.id}",
        "why": f"/events/{one.id}/why",
        "asked_by": None,
        "download": None,
    }
    assert seen(packager, f"/packages/{one.id}").json == shown
    for path in ("/packages", f"/packages/{one.id}"):
        page = seen(packager, path, HTML).body.decode()
        assert "beetles" in page
        assert "Darwin Core Archive as TSV" in page
        assert "sign_in=1" in page
        for hidden in (one.name, "…@", "Download"):
            assert hidden not in page, hidden


def test_operators_are_shown_who_asked_and_the_link(packager: Packager) -> None:
    one = packager.put(resource_id="moths")
    for address in ("a…@example.org", "b…@example.org", "a…@example.org"):
        packager.give(one, address)
    operator, link = packager.operator, f"/packager/resources/{one.name}"
    shown = operator.call("GET", f"/packages/{one.id}").json
    assert shown["asked_by"] == ["a…@example.org", "b…@example.org"]
    assert shown["download"] == link
    assert operator.call("GET", link, authorization=None).status == 200
    assert shown in operator.call("GET", "/packages").json["packages"]
    for path in ("/packages", f"/packages/{one.id}"):
        page = operator.call("GET", path, accept=HTML).body.decode()
        assert f'href="{link}"' in page
        assert "a…@example.org, b…@example.org" in page
        assert "sign_in" not in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"removed_at": datetime.now(UTC)}, "Removed "),
        ({"expires_at": datetime.now(UTC) - timedelta(days=1)}, "Expired "),
    ],
)
def test_what_is_gone_has_no_link(
    embedded: Packager, changes: dict[str, datetime], words: str
) -> None:
    one = embedded.put(EMPTY_ZIP, **changes)
    assert embedded.operator.call("GET", f"/packages/{one.id}").json["download"] is None
    page = embedded.operator.call("GET", f"/packages/{one.id}", accept=HTML).body.decode()
    assert words in page
    assert "Download" not in page


def test_what_is_pinned_is_said_to_be_kept(embedded: Packager) -> None:
    one = embedded.put(pinned=True, rows=None, kind="url", format=None)
    page = embedded.operator.call("GET", f"/packages/{one.id}", accept=HTML).body.decode()
    assert "Kept by an operator" in page
    assert "A file of data.example.org" in page
    assert "Download" in page


def test_an_unknown_package_is_not_found(embedded: Packager) -> None:
    for path in ("/packages/no-such", "/packages/%00"):
        answer = embedded.operator.call("GET", path)
        assert (answer.status, answer.json["type"]) == (404, "/problems/not-found")


def test_pages_follow_one_another(packager: Packager) -> None:
    for _ in range(5):
        packager.put()
    every = [row["id"] for row in reversed(packager.rows(packages))]
    path: str | None = "/packages?limit=2"
    found = []
    while path is not None:
        page = seen(packager, path).json
        assert len(page["packages"]) <= 2
        found += [one["id"] for one in page["packages"]]
        path = page["next"]
    assert found == every
    following = seen(packager, "/packages?limit=2").json["next"].replace("&", "&amp;")
    assert (
        f'<a rel="next" href="{following}">'
        in seen(packager, "/packages?limit=2", HTML).body.decode()
    )


def test_whoever_signs_in_is_asked_for_credentials(embedded: Packager) -> None:
    stranger = Caller(embedded.url, token="")
    answer = stranger.call("GET", "/packages?sign_in=1", authorization=None)
    assert answer.status == 401
    assert "Basic" in answer.headers["www-authenticate"]
    assert embedded.operator.call("GET", "/packages?sign_in=1").status == 200
    assert stranger.call("GET", "/packages?colour=1", authorization=None).status == 400


def test_what_is_under_way_is_shown_with_its_progress(packager: Packager) -> None:
    waits = packager.ask(resource_id="waiting", email="grace@example.org")
    key = packager.ask(resource_id="half done", email="grace@example.org")
    work_on(packager, key, 1_500_000, 3_000_000)
    found = {one["id"]: one for one in seen(packager).json["waiting"]}
    assert found[key] == {
        "id": key,
        "resource_id": "half done",
        "kind": "datastore",
        "format": "csv",
        "host": "data.example.org",
        "accepted_at": found[key]["accepted_at"],
        "state": "running",
        "progress": {"done": 1_500_000, "total": 3_000_000, "unit": "rows", "percent": 50},
        "href": f"/operations/{key}",
        "request": f"/events/{key}",
        "asked_by": None,
    }
    assert (found[waits]["state"], found[waits]["progress"]) == ("accepted", None)
    told = packager.operator.call("GET", "/packages").json["waiting"]
    assert {one["asked_by"] for one in told if one["id"] == key} == {"g…@example.org"}
    words = "1\u202f500\u202f000 of 3\u202f000\u202f000 rows"
    for path in ("/packages", f"/events/{key}", "/"):
        page = seen(packager, path, HTML).body.decode()
        assert words in page, path
        assert '<progress value="1500000" max="3000000"' in page, path
    [working] = [one for one in seen(packager, "/status").json["working"] if one["key"] == key]
    assert working["type"] == DatasetPackageRequested.TYPE
    assert (working["consumer"], working["process"]) == ("zip-dataset.slow", "here.1")
    assert (working["subject"], working["href"]) == ("half done", f"/events/{key}")
    assert working["progress"]["percent"] == 50
    operation = seen(packager, f"/operations/{key}").json
    assert operation["progress"] == working["progress"]


def test_a_total_that_nobody_knows_is_not_made_up(embedded: Packager) -> None:
    key = embedded.ask()
    work_on(embedded, key, 10_000, None)
    page = seen(embedded, accept=HTML).body.decode()
    assert "10\u202f000 rows" in page
    assert "<progress" not in page
