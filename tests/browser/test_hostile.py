"""What others may want a member's browser to do: run their script, send their form."""

from urllib.parse import quote

import pytest
from playwright.sync_api import Browser

from tests.equipment.browsing import Visitor, visiting
from tests.equipment.record_pages import said
from tests.equipment.recording import Recording
from tests.equipment.records import CLASSES
from tests.web import Answer, serve

NASTY = "\"'><script>window.hacked=1</script><img src=x onerror=window.hacked=1>"


def hostile(store: Recording) -> str:
    """Return the path of a record that is nasty wherever it may say something."""
    project = store.project()
    assert store.put(f"/{project}/", {"name": NASTY, "description": NASTY}).status == 200
    path = f"/{project}/{quote(NASTY, safe='')}/"
    document = said(NASTY, diff=NASTY, stdout_stderr=NASTY)
    for field, one in CLASSES.items():
        document[field] = {**document[field], "type": one}
    created = store.put(path, document)
    assert created.status == 201, created.body
    assert store.put(path, {"outcome": "mended"}).status == 200
    return path


def test_no_text_becomes_a_script(browser: Browser, store: Recording) -> None:
    path = hostile(store)
    project = path.split("/")[1]
    tag = quote(NASTY, safe="")
    # Without the policy, escaping is all there is between the text and the reader.
    with visiting(browser, store.url, "ann", bypass_csp=True) as ann:
        for opened in (
            "/records/?sign_in=1",
            f"/records/{project}/",
            f"/records/{project}/?tag={tag}&q={tag}&parameter={tag}&main_file={tag}",
            f"/records/{project}/tag/{tag}/",
            f"/records/{project}/permissions/",
            *(f"/records{path}{view}" for view in ("", "?view=diff", "?view=history")),
            "/parked",  # which asks who it is, so that the events are shown
            f"/events?type=record.%23&subject={project}/{tag}",
        ):
            page = ann.open(opened)
            harmless(ann, opened)
        events = page.locator("tbody a").evaluate_all("links => links.map(link => link.pathname)")
        assert len(events) > 3
        for event in events:
            ann.open(event)
            harmless(ann, event)


def harmless(visitor: Visitor, address: str) -> None:
    """Check that a page shows the nasty text, and is none the worse for it."""
    if address != "/parked":
        assert "window.hacked" in visitor.page.inner_text("main"), address
    assert visitor.page.evaluate("() => window.hacked") is None, address
    assert visitor.complaints == [], address


@pytest.mark.parametrize("bypass_csp", [False, True], ids=["policy", "no policy"])
def test_the_text_would_be_a_script(browser: Browser, *, bypass_csp: bool) -> None:
    headers = {"Content-Type": "text/html", "Content-Security-Policy": "default-src 'self'"}
    with serve(lambda _: Answer(body=f"<a title='{NASTY}'>".encode(), headers=headers)) as web:
        home = f"http://127.0.0.1:{web.port}"
        with visiting(browser, home, bypass_csp=bypass_csp) as visitor:
            visitor.open("/")
            assert visitor.page.evaluate("() => window.hacked") == (1 if bypass_csp else None)
            assert bypass_csp or visitor.complaints


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"], ids=["same site", "another site"])
def test_another_page_s_form_changes_nothing(browser: Browser, store: Recording, host: str) -> None:
    project = store.project()
    action = f"{store.url}/records/{project}/permissions/"
    forged = f"""
        <form method="post" action="{action}"><input name="user" value="cy"></form>
        <script>document.forms[0].submit()</script>
    """
    page = Answer(body=forged.encode(), headers={"Content-Type": "text/html"})
    with serve(lambda _: page) as web, visiting(browser, store.url, "ann") as ann:
        ann.open("/records/?sign_in=1")
        with ann.page.expect_response(action) as waiting:
            ann.page.goto(f"http://{host}:{web.port}/", wait_until="commit")
        sent = waiting.value.request
        assert sent.post_data == "user=cy"
        assert "authorization" in sent.all_headers()
        assert waiting.value.status == 403
    assert store.get(f"/{project}/permissions/").json["access"] == ["ann"]
