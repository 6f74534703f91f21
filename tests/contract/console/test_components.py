"""What operators change of components: each use, its audit line, and what is not taken."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from http_ingress.console.component_changes import WAS
from schemas.component_settings import LARGEST_COUNT
from schemas.components import COMPONENTS
from tests.equipment.console import HOME, Desk, Installation, administering
from tests.unit.http_ingress.test_pages import Strict

SERVICE = "/admin/components/service/"
PLATFORM = "/admin/components/platform/"
NASTY = "<script>alert('x')</script>\"&{{7*7}}"
INFO = {
    "name": "Reef counter",
    "synopsis": "Counts reefs.\r\nSlowly.",
    "version": "3",
    "institution": "Reef Institute",
    "releaseTime": "2024-02-29T23:59:59Z",
    "supportEmail": "help@reef.example",
    "category": "Other",
    "researchSubject": "Reefs",
    "tags": "coral reef\r\n\r\n counter \r\n",
}


@pytest.fixture(params=["embedded", "deployed"])
def everywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    """An installation in each world."""
    with administering(request.param, request, tmp_path) as running:
        yield running


def test_every_component_can_be_reached(olga: Desk) -> None:
    overview = olga.page(HOME)
    Strict(overview)
    for name in COMPONENTS:
        assert f'href="/admin/components/{name}/"' in overview
        page = olga.page(f"/admin/components/{name}/")
        Strict(page)
        assert "Nobody has described it" in page
    answer = olga.get("/admin/components/service")
    assert (answer.status, answer.headers["location"]) == (301, SERVICE)


def test_everything_can_be_done(everywhere: Installation) -> None:
    desk = everywhere.desk("olga")

    page = desk.done(SERVICE, "describe", **INFO)
    assert "The description is served from now on." in page
    assert "<h1>Reef counter</h1>" in page
    who, field, old, new = everywhere.audit("component:service")[0]
    assert (who, field, old["name"]) == (
        "user:olga",
        "description",
        "Reference Service (INSERT LOCATION)",
    )
    assert (new["tags"], new["synopsis"]) == (["coral reef", "counter"], "Counts reefs.\nSlowly.")
    desk.done(SERVICE, "describe", **INFO)
    assert len(everywhere.audit("component:service")) == 1, "sent twice"

    newest = re.search(r'name="newest" value="(\d+)"', page)
    assert newest is not None
    page = desk.done(SERVICE, "drop", newest=newest[1])
    assert "Nobody has described it" in page
    desk.done(SERVICE, "drop", newest=newest[1])
    assert len(everywhere.audit("component:service")) == 2, "sent twice"

    page = desk.done(SERVICE, "correct", value="42", last_reset="2024-02-29T12:00:00Z")
    assert "<dd>42</dd>" in page
    assert "2024-02-29 12:00:00" in page
    desk.done(SERVICE, "correct", value="0", last_reset="0001-01-01T00:00:00Z")
    most = {"value": str(LARGEST_COUNT), "last_reset": "2024-02-29T12:00:00Z"}
    desk.done(SERVICE, "correct", **most)
    page = desk.done(SERVICE, "correct", value="43", last_reset="")
    assert "2024-02-29 12:00:00" in page
    assert everywhere.audit("component:service")[0][3]["value"] == 43
    page = desk.done(SERVICE, "zero")
    assert "The counter is zero." in page
    assert "2024-02-29 12:00:00" not in page.partition('<h2 id="settings">')[0]
    assert everywhere.audit("component:service")[0][2]["value"] == 43

    page = desk.done(SERVICE, "change", doc="https://reef.example/doc", **{WAS + "doc": ""})
    assert 'value="https://reef.example/doc"' in page
    line = ("user:olga", "doc", "", "https://reef.example/doc")
    assert everywhere.audit("component:service")[0] == line

    bounds = {"min_sec": "20", "max_sec": "30", WAS + "min_sec": "1", WAS + "max_sec": "10"}
    page = desk.done(PLATFORM, "change", **bounds)
    assert "20 to 30 s" in page

    assert "It does not poll." in desk.page(PLATFORM)
    assert "The poll has been started." in desk.done(PLATFORM, "start")
    desk.done(PLATFORM, "start")
    assert "polls" in desk.page(HOME)
    page = desk.done(PLATFORM, "stop")
    assert "The poll has been stopped." in page
    assert "stopped by user:olga, " in page
    with ThreadPoolExecutor(4) as pool:
        rivals = [
            pool.submit(
                everywhere.desk(name).do,
                "/admin/components/records/",
                "change",
                **{"doc": f"https://{name}.example/", WAS + "doc": ""},
            )
            for name in ("root", "rita", "olga", "otto")
        ]
        statuses = sorted(one.result().status for one in rivals)
    assert statuses == [303, 422, 422, 422], "of those who change the same at once, one does"
    assert len(everywhere.audit("component:records")) == 1

    lines = [line[2:] for line in everywhere.audit("component:platform") if line[1] == "polling"]
    assert lines == [("running", "stopped"), ("stopped", "running")]


def test_who_turned_the_poll_is_told_whatever_came_after_it(
    console: Installation, olga: Desk
) -> None:
    olga.done(PLATFORM, "start")
    olga.done(PLATFORM, "stop")
    anybody = Desk(console.running.url)
    for _ in range(201):
        assert anybody.call("PUT", "/reference/platform/reset", accept=None).status == 200
    assert "stopped by user:olga, " in olga.page(PLATFORM)


@pytest.mark.parametrize(
    ("do", "fields", "field"),
    [
        ("describe", {}, "name"),
        ("describe", {**INFO, "name": " "}, "name"),
        ("describe", {**INFO, "name": NASTY * 20}, "name"),
        ("describe", {**INFO, "name": "nul\0"}, "name"),
        ("describe", {**INFO, "name": "Science archive"}, "name"),
        ("describe", {**INFO, "synopsis": "x" * 30_000}, "synopsis"),
        ("describe", {**INFO, "releaseTime": "yesterday"}, "releaseTime"),
        ("describe", {**INFO, "releaseTime": "0001-01-01T00:00:00+23:59"}, "releaseTime"),
        ("describe", {**INFO, "supportEmail": NASTY}, "supportEmail"),
        ("describe", {**INFO, "category": "", "tags": ""}, "category"),
        ("describe", {**INFO, "tags": " \r\n "}, "tags"),
        ("correct", {}, "value"),
        ("correct", {"value": "-1"}, "value"),
        ("correct", {"value": "9223372036854775808"}, "value"),
        ("correct", {"value": "9" * 5000}, "value"),
        ("correct", {"value": "\u0663"}, "value"),
        ("correct", {"value": "1.5"}, "value"),
        ("correct", {"value": "7", "last_reset": "soon"}, "last_reset"),
        ("correct", {"value": "7", "last_reset": "9999-12-31T23:59:59Z"}, "last_reset"),
        ("correct", {"value": "7", "last_reset": "9999-12-31T23:59:59-12:00"}, "last_reset"),
        ("drop", {}, "newest"),
        ("drop", {"newest": "x"}, "newest"),
        ("change", {"doc": "javascript:alert(1)"}, "doc"),
        ("change", {"doc": "https://user:secret@reef.example/"}, "doc"),
        ("change", {"doc": "https://reef.example/\r\nSet-Cookie: x"}, "doc"),
        ("change", {"doc": "https://" + "x" * 3000}, "doc"),
        ("change", {"doc": "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")}, "doc"),
        ("change", {"doc": "https://reef.example/", WAS + "doc": "https://other.example/"}, "doc"),
        ("start", {}, "do"),
        ("zero", {"self": "\x1b"}, "self"),
    ],
    ids=str,
)
def test_what_is_not_taken_is_told_next_to_what_was_typed(
    console: Installation, olga: Desk, do: str, fields: dict[str, str], field: str
) -> None:
    before = console.audit("component:service")
    answer = olga.do(SERVICE, do, **fields)
    assert answer.status == 422
    text = answer.body.decode()
    Strict(text)
    assert f'href="#{do}-{field}"' in text
    assert "Nothing was changed." in text
    assert NASTY not in text
    typed = fields.get("supportEmail", "")
    if typed != NASTY and typed:
        assert f'value="{typed}"' in text, "what was typed is kept"
    assert console.audit("component:service") == before


@pytest.mark.parametrize(
    ("field", "text"),
    [("min_sec", "0"), ("min_sec", "11"), ("max_sec", "x"), ("max_sec", "9" * 400)],
)
def test_bounds_of_the_poll_are_whole_seconds_in_order(olga: Desk, field: str, text: str) -> None:
    answer = olga.do(PLATFORM, "change", **{field: text})
    assert answer.status == 422
    assert "Nothing was changed." in answer.body.decode()
    assert "1 to 10 s" in olga.page(PLATFORM)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/admin/components/reef/", 404),
        ("POST", "/admin/components/reef/", 404),
        ("GET", "/admin/components/%00/", 404),
        ("GET", "/admin/components/%FF/", 404),
        ("GET", f"/admin/components/{'x' * 5000}/", 404),
        ("GET", "/admin/nothing", 404),
        ("GET", "/admin//", 404),
        ("PUT", SERVICE, 405),
        ("DELETE", "/admin/users/ann/", 405),
        ("POST", "/admin/audit/", 405),
        ("GET", "/admin/audit/?before=x", 400),
        ("GET", "/admin/audit/?before=99999999999999999999", 400),
        ("GET", "/admin/audit/?what=%00", 400),
        ("GET", "/admin/audit/?limit=-1", 400),
        ("GET", "/admin/audit/?wat=1", 400),
        ("OPTIONS", SERVICE, 200),
        ("HEAD", SERVICE, 200),
    ],
)
def test_anything_else_is_refused_with_a_page(
    olga: Desk, method: str, path: str, status: int
) -> None:
    answer = olga.do(path, "zero") if method == "POST" else olga.call(method, path)
    assert answer.status == status
    if status >= 400:
        Strict(answer.body.decode())
    if status == 405:
        assert "GET" in answer.headers["allow"]


def test_what_cannot_be_done_is_named(olga: Desk) -> None:
    for do in ("", "password", "x" * 10_000, NASTY):
        answer = olga.do(SERVICE, do)
        assert answer.status == 422
        assert NASTY not in answer.body.decode()
        assert b"`do`" in answer.body


def test_what_others_wrote_stays_text(console: Installation, olga: Desk) -> None:
    page = olga.done(
        "/admin/components/records/",
        "describe",
        **{**INFO, "name": NASTY, "tags": NASTY, "synopsis": NASTY, "version": NASTY},
    )
    found = page + olga.page(HOME) + olga.page("/admin/audit/")
    assert NASTY not in found
    assert "<script" not in found
    assert "{{7*7}}" in found
    answer = console.caller.call("GET", "/audit?limit=1")
    assert answer.json["lines"][0]["new"]["name"] == NASTY


def test_two_who_change_the_same_do_not_undo_each_other(console: Installation) -> None:
    path = "/admin/components/archive/"
    olga, otto = console.desk("olga"), console.desk("otto")
    was = {WAS + "doc": "", WAS + "licence": "", "doc": "", "licence": ""}
    olga.done(path, "change", **{**was, "doc": "https://olga.example/"})
    page = otto.done(path, "change", **{**was, "licence": "https://otto.example/"})
    assert "https://olga.example/" in page, "what otto left as it was stays olga's"
    answer = otto.do(path, "change", **{**was, "doc": "https://otto.example/"})
    text = answer.body.decode()
    assert answer.status == 422
    assert "Somebody else has set this to" in text
    assert 'value="https://otto.example/"' in text, "what otto typed is kept"
    assert 'name="was.doc" value="https://olga.example/"' in text
    fields = [field for _, field, _, _ in console.audit("component:archive")]
    assert fields == ["licence", "doc"]
