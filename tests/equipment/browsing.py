"""Somebody with a browser, and an eye on what a browser only tells its console."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    HttpCredentials,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from tests.equipment.recording import PASSWORDS
from tests.services.chromium import Chromium

NARROW = 360
"""Pixels: a telephone."""
PATIENCE_MILLISECONDS = 60_000

# What people can act on, in the words of WAI-ARIA; Chromium adds `Date` and such of its own.
_ACTED_ON = {
    *("button", "checkbox", "combobox", "link", "listbox", "radio", "searchbox", "spinbutton"),
    *("textbox", "Date", "DateTime", "InputTime"),
}
_FOCUSED = "element => element === document.activeElement"


@dataclass
class Visitor:
    """Somebody with a browser of their own."""

    context: BrowserContext
    page: Page
    home: str
    """Scheme, host and port of the site; none other should be asked for anything."""
    complaints: list[str] = field(default_factory=list)
    """What went wrong that no page shows: errors, refusals by policy, foreign requests."""

    def __post_init__(self) -> None:
        self.context.on("console", self._hear)
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.context.on("request", self._see)

    def open(self, path: str) -> Page:
        """Open an address of the site, which has to be a page."""
        response = self.page.goto(self.home + path)
        assert response is not None
        assert response.ok, f"{path}: {response.status} {response.text()}"
        assert response.headers["content-type"].startswith("text/html")
        return self.page

    def press(self, button: str) -> Response:
        """Press the only button of this name; return what its form was answered."""
        with self.page.expect_response(lambda answer: answer.request.method == "POST") as waiting:
            self.page.get_by_role("button", name=button, exact=True).click()
        return waiting.value

    def follow(self, link: str) -> None:
        """Click the only link of this name in the page's content."""
        self.page.get_by_role("main").get_by_role("link", name=link, exact=True).click()

    def nameless(self) -> Sequence[str]:
        """Return what people can act on, and a screen reader would have no name for."""
        session = self.context.new_cdp_session(self.page)
        nodes: list[dict[str, Any]] = session.send("Accessibility.getFullAXTree")["nodes"]
        session.detach()
        acted_on = [
            (role, node.get("name", {}).get("value", ""))
            for node in nodes
            if not node["ignored"] and (role := node["role"]["value"]) in _ACTED_ON
        ]
        assert acted_on, "a page has at least its navigation"
        return [role for role, name in acted_on if not name.strip()]

    def too_wide(self) -> int:
        """Return by how many pixels the page's body is wider than a telephone."""
        before = self.page.viewport_size
        self.page.set_viewport_size({"width": NARROW, "height": 800})
        width = self.page.evaluate("() => document.documentElement.scrollWidth")
        if before is not None:
            self.page.set_viewport_size(before)
        return int(width) - NARROW

    def skip_to_content(self) -> None:
        """Come to the content by keyboard alone, past the navigation."""
        link = self.page.get_by_role("link", name="Skip to the content")
        self.page.keyboard.press("Tab")
        expect(link).to_be_focused()
        expect(link).to_be_in_viewport()
        self.page.keyboard.press("Enter")
        self.page.keyboard.press("Tab")
        focused = self.page.locator(":focus")
        expect(focused).to_be_in_viewport()
        assert focused.evaluate("element => !element.closest('header')")

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{self.page.url}: {message.text}")

    def _see(self, request: Request) -> None:
        if not request.url.startswith(f"{self.home}/"):
            self.complaints.append(f"{self.page.url}: asks for {request.url}")


@contextmanager
def running(chromium: Chromium) -> Iterator[Browser]:
    """Run a browser, headless, for a block.

    For as long as it runs, asyncio has a running loop in this thread, and no other can.
    """
    # Its sandbox refuses to work for root; what it opens here are pages of ours.
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.program, args=options)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visiting(
    browser: Browser,
    home: str,
    user: str | None = None,
    **options: Any,  # noqa: ANN401
) -> Iterator[Visitor]:
    """Give somebody a browser for a block; `user` has the password at hand when asked for it.

    `options` are those of `Browser.new_context`.
    """
    if user is not None:
        options["http_credentials"] = HttpCredentials(username=user, password=PASSWORDS[user])
    with browser.new_context(**options) as context:
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        yield Visitor(context, context.new_page(), home)
