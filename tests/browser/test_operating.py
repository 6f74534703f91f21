"""What an operator does with the pages: watches, and decides about what is parked."""

from playwright.sync_api import Browser, Page, expect

from tests.equipment.browsing import Visitor, visiting
from tests.equipment.installations import Caller
from tests.equipment.quarry import quarrying
from tests.equipment.recording import Recording
from tests.services.waiting import until

PATIENCE_MILLISECONDS = 60_000


def open_listening(visitor: Visitor) -> Page:
    """Open the status page, and wait until it is told of every event.

    It does not look again every ten seconds anyway: only for what it was told.
    """
    visitor.page.add_init_script("window.setInterval = () => 0")
    with visitor.page.expect_response(lambda answer: answer.url.endswith("/events/stream")):
        visitor.open("/")
    return visitor.page


def wait_for_a_look(caller: Caller) -> None:
    """Wait until the server has just looked at everything, so that it need not again at once."""
    before = caller.call("GET", "/status").json["at"]
    until(
        lambda: caller.call("GET", "/status").json["at"] != before, seconds=60, what="another look"
    )


def test_what_happens_appears_without_a_reload(browser: Browser, store: Recording) -> None:
    caller = Caller.of(store.running)
    with visiting(browser, store.url) as visitor:
        page = open_listening(visitor)
        page.evaluate("() => { window.loaded = 'once' }")
        latest = page.get_by_role("region", name="Latest events").get_by_role("cell")
        wait_for_a_look(caller)
        assert caller.post("first-light").status == 202
        shown = latest.get_by_text("first-light", exact=True)
        expect(shown).not_to_have_count(0, timeout=PATIENCE_MILLISECONDS)
        assert page.evaluate("() => window.loaded") == "once"
        assert visitor.complaints == []


def test_updates_can_be_paused(browser: Browser, store: Recording) -> None:
    caller = Caller.of(store.running)
    with visiting(browser, store.url) as other, visiting(browser, store.url) as visitor:
        witness, page = open_listening(other), open_listening(visitor)
        page.get_by_role("button", name="Pause updates").click()
        assert caller.post("unseen").status == 202
        seen = witness.get_by_text("unseen")
        expect(seen).not_to_have_count(0, timeout=PATIENCE_MILLISECONDS)
        expect(page.get_by_text("unseen")).to_have_count(0)
        page.get_by_role("button", name="Resume updates").click()
        expect(page.get_by_text("unseen")).not_to_have_count(0)
        assert visitor.complaints == []


def test_an_operator_replays_one_and_discards_another(browser: Browser, store: Recording) -> None:
    caller = Caller.of(store.running)
    with (
        quarrying() as quarry,
        visiting(browser, store.url, "root", java_script_enabled=False) as root,
    ):
        replayed, discarded = (quarry.park(caller, name) for name in ("david", "pieta"))
        page = root.open("/parked")
        expect(page.get_by_text("2 wait for a decision.")).to_be_visible()

        quarry.mend()
        page.locator(f"a[href='/parked/{replayed}']").click()
        page.get_by_label("Note, if any").first.fill("the quarry is open again")
        assert root.press("Replay").status == 303
        expect(page).to_have_url(f"{root.home}/parked/{replayed}")
        expect(page.get_by_role("main")).to_contain_text("Replayed by user:root")
        until(
            lambda: caller.call("GET", "/files?name=david").json["files"],
            seconds=60,
            what="the file",
        )

        root.open("/parked")
        page.locator(f"a[href='/parked/{discarded}']").click()
        page.get_by_label("Why").fill("nobody wants it")
        assert root.press("Discard").status == 303
        expect(page.get_by_role("main")).to_contain_text("Discarded by user:root")
        expect(page.get_by_role("main")).to_contain_text("nobody wants it")
        expect(page.get_by_role("button")).to_have_count(0)

        root.open("/parked")
        expect(page.get_by_text("Nothing waits for a decision.")).to_be_visible()
        assert root.complaints == []


def test_who_may_not_decide_is_offered_no_buttons(browser: Browser, store: Recording) -> None:
    with (
        quarrying() as quarry,
        visiting(browser, store.url, "ann", java_script_enabled=False) as ann,
    ):
        item = quarry.park(Caller.of(store.running), "moses")
        page = ann.open(f"/parked/{item}")
        expect(page.get_by_role("main")).to_contain_text("answers with status 503")
        expect(page.get_by_role("button")).to_have_count(0)
        assert ann.complaints == []
