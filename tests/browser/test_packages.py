"""Packages, in a browser without scripts: what anybody is shown, and what operators get."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.equipment.browsing import visiting
from tests.equipment.packaging import Packager
from tests.equipment.recording import Recording


def test_whoever_signs_in_as_an_operator_gets_the_zip(browser: Browser, store: Recording) -> None:
    packager = Packager(store.running)
    package = packager.put(b"PK of corals", resource_id="corals")
    packager.give(package, "a…@example.org")
    with visiting(browser, store.url, "root", java_script_enabled=False) as root:
        page = root.open("/packages")
        row = page.get_by_role("row").filter(has_text="corals")
        expect(row).to_contain_text("asked once")
        expect(page.get_by_role("main")).not_to_contain_text("@example.org")
        expect(row.get_by_role("link", name="Download")).to_have_count(0)

        root.follow("sign in")
        expect(row).to_contain_text("asked once by a…@example.org")
        root.follow("corals")
        expect(page.get_by_role("heading", level=1)).to_have_text("corals")
        with page.expect_download() as saving:
            page.get_by_role("link", name="Download").click()
        assert saving.value.suggested_filename.startswith("corals-")
        assert Path(saving.value.path()).read_bytes() == b"PK of corals"
        assert root.complaints == []
