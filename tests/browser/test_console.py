"""The operators' console as somebody with a browser uses it: with scripts, and without."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.test_archive import faint
from tests.equipment.browsing import Visitor, visiting
from tests.equipment.console import PASSWORDS, Installation, administering
from tests.equipment.installations import Caller

NASTY = "\"'><script>window.hacked=1</script><img src=x onerror=window.hacked=1>"
LONG = "x" * 250
PAGES = (
    "/",
    "/components/service/",
    "/components/platform/",
    "/components/records/",
    "/users/",
    "/users/ann/",
    "/audit/",
    "/audit/?what=component:nothing",
)


@pytest.fixture(scope="module")
def console(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    with administering("embedded", request, tmp_path_factory.mktemp("console")) as running:
        yield running


def sign_in(visitor: Visitor, name: str) -> None:
    """Come from anywhere to the first page of the console."""
    page = visitor.open("/admin/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORDS[name])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Console")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_an_operator_changes_where_documents_are(
    browser: Browser, console: Installation, *, scripts: bool
) -> None:
    target = f"https://reef.example/doc?scripts={scripts}"
    with visiting(browser, console.running.url, java_script_enabled=scripts) as olga:
        sign_in(olga, "olga")
        page = olga.page
        olga.follow("Reference Service (INSERT LOCATION)")
        page.get_by_label("doc Documentation").fill(target)
        assert olga.press("Save settings").status == 303
        expect(page.get_by_role("status")).to_have_text("Saved.")
        answer = Caller(olga.home, "").call("GET", "/reference/service/doc", authorization=None)
        assert (answer.status, answer.headers["location"]) == (302, target)
        olga.follow("What was changed of it")
        expect(page.get_by_role("row").nth(1)).to_contain_text("user:olga")
        expect(page.get_by_role("row").nth(1)).to_contain_text(target)
        assert olga.press("Sign out").status == 302
        olga.open("/admin/audit/")
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to the console")
        assert olga.complaints == []


def test_what_was_typed_stays_with_what_is_wrong(browser: Browser, console: Installation) -> None:
    # The browser's console notes each 422, so nobody listens to its complaints here.
    with visiting(browser, console.running.url, java_script_enabled=False) as olga:
        sign_in(olga, "olga")
        page = olga.open("/admin/components/platform/")
        page.get_by_label("min_sec").fill("20")
        page.get_by_label("doc Documentation").fill("https://kept.example/")
        assert olga.press("Save settings").status == 422
        expect(page.get_by_label("doc Documentation")).to_have_value("https://kept.example/")
        wrong = page.get_by_label("max_sec")
        expect(wrong).to_have_accessible_description("Max_sec (10) must not be below min_sec (20).")
        page.get_by_role("alert").get_by_role("link", name="max_sec").click()
        expect(wrong).to_be_in_viewport()


def test_everything_can_be_done_by_keyboard(browser: Browser, console: Installation) -> None:
    with visiting(browser, console.running.url, java_script_enabled=False) as olga:
        page = olga.open("/admin/")
        page.get_by_label("Username").focus()
        page.keyboard.type("olga")
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORDS["olga"])
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Console")
        olga.open("/admin/components/packager/")
        value = page.get_by_label("What it should say")
        value.focus()
        page.keyboard.press("Control+a")
        page.keyboard.type("1234")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_have_text("The counter has been corrected.")
        expect(value).to_have_value("1234")
        assert olga.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_is_whole_and_can_be_read(
    browser: Browser, console: Installation, scheme: str
) -> None:
    # Without the policy, escaping is all there is between the nasty texts and the reader.
    url = console.running.url
    with visiting(browser, url, bypass_csp=True, color_scheme=scheme) as root:
        page = root.open("/admin/")
        assert root.nameless() == []
        assert faint(page) == []
        sign_in(root, "root")
        root.open("/admin/components/records/")
        page.get_by_label("Name no two").fill(LONG)
        page.get_by_label("Synopsis").fill(NASTY)
        page.get_by_label("Tags").fill(f"{NASTY}\n{LONG}\n{scheme}")
        assert root.press("Describe it so").status == 303
        root.open("/admin/users/ann/")
        page.get_by_label("What it is for").fill(NASTY)
        assert root.press("Make a token").status == 200
        for path in PAGES:
            page = root.open(f"/admin{path}")
            expect(page.get_by_role("heading", level=1)).to_have_count(1)
            assert root.nameless() == [], path
            assert root.too_wide() <= 0, path
            assert page.evaluate("() => window.hacked") is None
            assert faint(page) == [], path
        root.skip_to_content()
        assert root.complaints == []
