"""What holds of every page, without any script: whole, narrow, by keyboard, read aloud."""

from collections.abc import Iterator, Mapping

import pytest
from playwright.sync_api import Browser, expect
from pydantic_core import to_json

from tests.equipment.browsing import Visitor, visiting
from tests.equipment.installations import Caller
from tests.equipment.packaging import Packager
from tests.equipment.quarry import Quarry
from tests.equipment.recording import Recording
from tests.equipment.records import dependency, output, platform
from tests.web import Answer, Request, serve

NAVIGATION = {
    "Status": "/",
    "Events": "/events",
    "Files": "/files",
    "Archive": "/archive/frames/",
    "Records": "/records/",
    "Packages": "/packages",
    "Statistics": "/statistics",
    "Services": "/reference/",
    "Parked": "/parked",
    "API": "/docs",
}
DEEPER = (
    *("event", "file", "parked item", "project", "search", "record", "diff", "history"),
    *("permissions", "package", "problems"),
)
SCRAPED = (
    *("service/info", "service/stats", "service/app", "service/support", "platform/app"),
    *("service/archive/info", "service/archive/stats", "service/archive/status"),
)
"""Pages below `/reference` whose titles programs rely on, to the letter."""
DOCUMENTS = (
    *("service/archive/doc", "service/archive/tryme", "documents/service/doc"),
    *("documents/platform/factsheet", "service/records/releasenotes"),
)
"""Other pages below `/reference`."""
LONG = "x" * 200
"""What no line of a telephone has room for."""


@pytest.fixture(scope="module")
def addresses(store: Recording, quarry: Quarry) -> Mapping[str, str]:
    """An installation with something on each of its pages: name → address."""
    caller = Caller.of(store.running)
    parked = quarry.park(caller, f"{LONG}/parked.txt")
    accepted = caller.call("PUT", f"/files/{LONG}/archived.txt", b"marble")
    assert accepted.status == 202, accepted
    caller.wait_until_succeeded([accepted.json["operations"][0]["id"]])
    project = store.project("bo", public=True)
    path = store.record(
        project,
        f"run of {LONG}",
        reason=LONG,
        tags=["_finished_", LONG],
        diff=f"--- a\n+++ b\n@@ -1 +1 @@\n-{LONG}\n+{LONG}\n",
        stdout_stderr=f"{LONG}\n" * 100,
        output_data=[output(path=LONG)],
        dependencies=[dependency(path=LONG)],
        platforms=[platform(processor=LONG)],
        repository={"url": LONG, "type": "GitRepository", "upstream": None},
    )
    assert store.put(path, {"outcome": LONG}).status == 200
    package = Packager(store.running).put(resource_id=LONG, host=LONG)
    Packager(store.running).give(package, f"x…@{LONG}")
    return {
        **NAVIGATION,
        "event": caller.call("GET", f"/parked/{parked}").json["event"],
        "file": f"/files/{caller.call('GET', '/files').json['files'][0]['id']}",
        "parked item": f"/parked/{parked}",
        "project": f"/records/{project}/",
        "search": f"/records/{project}/?tags=_finished_&parameter=n",
        "record": f"/records{path}",
        "diff": f"/records{path}?view=diff",
        "history": f"/records{path}?view=history",
        "permissions": f"/records/{project}/permissions/",
        "package": f"/packages/{package.id}",
        "problems": "/problems",
    }


@pytest.fixture(scope="module")
def root(browser: Browser, store: Recording) -> Iterator[Visitor]:
    """Somebody who may see everything, and has signed in."""
    with visiting(browser, store.url, "root", java_script_enabled=False) as root:
        root.open("/parked")
        root.open("/records/?sign_in=1")
        yield root


@pytest.fixture(scope="module")
def described(store: Recording) -> None:
    """The service is described at length."""
    caller = Caller.of(store.running)
    said = caller.call("GET", "/reference/service/info", accept="application/json").json
    fields = ("name", "synopsis", "version", "institution", "category", "researchSubject")
    body = to_json({**said, **dict.fromkeys(fields, LONG), "tags": [LONG]})
    assert caller.call("PUT", "/reference/service/setinfo", body).status == 200


@pytest.mark.usefixtures("described")
@pytest.mark.parametrize("path", [*SCRAPED, *DOCUMENTS])
def test_a_page_of_a_component_is_whole(root: Visitor, path: str) -> None:
    root.page.goto(f"{root.home}/reference/{path}")
    expect(root.page.get_by_role("heading", level=1)).to_have_count(1)
    assert root.page.title().endswith(" · Muniment") == (path in DOCUMENTS)
    assert root.nameless() == []
    assert root.too_wide() <= 0
    root.skip_to_content()
    # Nobody works in this archive, and browsers complain of what a page says with 503.
    assert [one for one in root.complaints if "503" not in one] == []
    root.complaints.clear()


@pytest.mark.parametrize("name", [*NAVIGATION, *DEEPER])
def test_a_page_is_whole(addresses: Mapping[str, str], root: Visitor, name: str) -> None:
    page = root.open(addresses[name])
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    title, site = page.title().rsplit(" · ", 1)
    assert title
    assert site == "Muniment"
    assert root.nameless() == []
    assert root.too_wide() <= 0
    root.skip_to_content()
    assert root.complaints == []


def test_the_navigation_leads_to_every_page(root: Visitor) -> None:
    navigation = root.open("/docs").get_by_role("navigation", name="Site")
    links = navigation.get_by_role("link").all()
    assert [link.get_attribute("href") for link in links] == [*NAVIGATION.values()]
    for name, path in NAVIGATION.items():
        navigation.get_by_role("link", name=name).click()
        expect(root.page).to_have_url(root.home + path)
        expect(navigation.locator("[aria-current=page]")).to_contain_text(name)


def test_what_is_wrong_with_a_page_is_noticed(browser: Browser) -> None:
    faulty = """
        <!doctype html><title>x</title>
        <header><a href="#content">Skip to the content</a> <a href="/">Home</a></header>
        <main id="content"><input> <div style="width: 50rem">x</div></main>
        <script>window.ran = true</script>
        <img src="http://localhost:1/x.png">
    """
    policy = {"Content-Type": "text/html", "Content-Security-Policy": "script-src 'none'"}

    def answer(request: Request) -> Answer:
        return Answer(body=faulty.encode(), headers=policy) if request.path == "/" else Answer(404)

    with serve(answer) as web, visiting(browser, f"http://127.0.0.1:{web.port}") as visitor:
        visitor.open("/")
        assert visitor.nameless() == ["textbox"]
        assert visitor.too_wide() > 300
        said = "\n".join(visitor.complaints)
        assert "Content Security Policy" in said
        assert "asks for http://localhost:1/x.png" in said
        visitor.page.evaluate("() => { setTimeout(() => { throw new Error('thrown') }) }")
        with visitor.context.expect_event("weberror"):
            visitor.page.evaluate("() => { setTimeout(() => { throw new Error('again') }) }")
        assert "thrown" in "\n".join(visitor.complaints)
