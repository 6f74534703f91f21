"""Statistics, in a browser without scripts: the plots are seen, in every light and width."""

from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from http_ingress.statistics.plots.drawing import PLOTS
from schemas.files import FileArchived
from store.statistics.views import totals
from tests.equipment.browsing import NARROW, visiting
from tests.equipment.installations import Caller
from tests.equipment.recording import Recording
from tests.services.waiting import until

_SEEN = """() => [...document.images].map(image => ({
    whole: image.complete && image.naturalWidth > 0 && image.naturalHeight > 0,
    wide: image.naturalWidth,
    source: image.currentSrc,
}))"""
_COLOURS = """async url => {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    const drawing = canvas.getContext("2d");
    drawing.drawImage(image, 0, 0);
    const { data } = drawing.getImageData(0, 0, canvas.width, canvas.height);
    const colours = new Set();
    for (let i = 0; i < data.length; i += 4) {
        colours.add(`${data[i]},${data[i + 1]},${data[i + 2]}`);
    }
    return [[...data.slice(0, 3)], colours.has("0,114,178")];
}"""


@pytest.fixture(scope="module", autouse=True)
def _archived(store: Recording) -> None:
    """A file, archived and counted."""
    assert Caller.of(store.running).call("PUT", "/files/plot.txt", b"x").status == 202
    until(
        lambda: totals(store.running.store.database).get(FileArchived.TYPE) is not None,
        seconds=60,
        what="the file to be counted",
    )


def seen(page: Page) -> list[dict[str, str | bool | int]]:
    """Return what is known of the pictures of a page, once they are there."""
    page.wait_for_load_state("load")
    found: list[dict[str, str | bool | int]] = page.evaluate(_SEEN)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, NARROW])
def test_every_plot_is_seen(
    browser: Browser, store: Recording, scheme: Literal["light", "dark"], width: int
) -> None:
    size = {"width": width, "height": 800}
    with visiting(
        browser, store.url, java_script_enabled=False, color_scheme=scheme, viewport=size
    ) as anybody:
        pictures = seen(anybody.open("/statistics"))
        assert len(pictures) == len(PLOTS)
        for one in pictures:
            assert one["whole"], one
            assert f"theme={scheme}" in str(one["source"])
            assert ("shape=narrow" in str(one["source"])) == (width == NARROW)
        assert anybody.complaints == []


def test_plots_have_their_colours_by_their_own_policy(browser: Browser, store: Recording) -> None:
    """A picture whose styles were refused would be black."""
    with visiting(browser, store.url) as anybody:
        page = anybody.open("/statistics")
        url = "/statistics/plots/bytes.svg?theme=light"

        ground, has_bars = page.evaluate(_COLOURS, url)
        assert has_bars
        assert ground == [255, 255, 255]
        page.goto(f"{store.url}{url}")
        expect(page.get_by_text("Bytes archived")).to_be_visible()
        assert anybody.complaints == []


def test_days_are_chosen_and_numbers_are_found_by_keyboard(
    browser: Browser, store: Recording
) -> None:
    with visiting(browser, store.url, "root", java_script_enabled=False) as root:
        page = root.open("/statistics")
        page.get_by_role("combobox", name="by", exact=True).select_option("hour")
        page.get_by_role("combobox", name="of", exact=True).select_option("archive")
        page.get_by_role("button", name="Show").press("Enter")
        expect(page.get_by_role("combobox", name="of", exact=True)).to_have_value("archive")
        table = page.get_by_role("region", name="Capabilities")
        expect(table.get_by_role("row")).to_have_count(2)
        first = page.get_by_role("figure").first
        first.get_by_text("Numbers").press("Enter")
        expect(first.get_by_role("table").or_(first.get_by_text("There are none."))).to_be_visible()
        with page.expect_download() as saving:
            first.get_by_role("link", name="uses as CSV").press("Enter")
        assert saving.value.suggested_filename.startswith("statistics-usage-")
        root.follow("sign in")
        expect(page.get_by_role("main")).not_to_contain_text("sign in")
        assert root.complaints == []
