"""The science archive, as somebody with a browser finds, looks at and takes frames; no script."""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.equipment.archive import frame_body, in_days
from tests.equipment.archive_bytes import Ingester, ingesting_into_folder, path_of
from tests.equipment.browsing import Visitor, visiting

PASSWORD = "correct horse battery"
NASTY = "\"'><script>window.hacked=1</script><img src=x onerror=window.hacked=1>"
LONG = "x" * 190
READABLE = 4.5
"""Contrast of text, by WCAG AA."""


@pytest.fixture(scope="module")
def ingester(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ingester]:
    """Six frames of the sky with pictures, one with a nasty name, one of Ann's own."""
    with ingesting_into_folder(request, tmp_path_factory.mktemp("sky")) as ingester:
        running = ingester.archive.running
        running.store.accounts.add_user("ann", PASSWORD)
        running.store.archive_users.set_proposals("ann", ["PROP-9"])
        for number in range(6):
            name = f"sky-{number}"
            ingester.ingest(f"pixels {number}".encode(), basename=name, target_name=f"M {number}")
            _picture(ingester, name)
        ingester.ingest(
            b"nasty",
            basename=f"nasty{NASTY}{LONG[:100]}".replace("/", "|"),
            target_name=NASTY,
            headers={NASTY: NASTY, LONG: LONG},
            related_frame_filenames=["sky-0"],
            proposal_id=LONG,
        )
        ingester.ingest(b"own", basename="own", proposal_id="PROP-9", public_date=in_days(9))
        yield ingester


def _picture(ingester: Ingester, basename: str) -> None:
    from PIL import Image  # noqa: PLC0415 - a second, which only this module should pay

    file = io.BytesIO()
    Image.radial_gradient("L").save(file, "JPEG")
    data, body = file.getvalue(), frame_body(basename=f"{basename}-small")
    key = ingester.put(path_of(body, ".jpg"), data)
    digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
    version = {"key": key, "md5": digest, "extension": ".jpg"}
    said = {**body, "frame_basename": basename, "size": "small", "version_set": [version]}
    assert ingester.archive.send("POST", "/thumbnails/", said).status == 201


@pytest.fixture
def visitor(browser: Browser, ingester: Ingester) -> Iterator[Visitor]:
    """Anybody, whose browser runs no script."""
    url = ingester.archive.running.url
    with visiting(browser, url, java_script_enabled=False) as visitor:
        yield visitor
        assert visitor.complaints == []


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))


def saved(page: Page, button: str) -> set[bytes]:
    """Press a button; return what is in the zip that is saved."""
    with page.expect_download() as saving:
        page.get_by_role("button", name=button, exact=True).click()
    assert saving.value.suggested_filename.endswith(".zip")
    with zipfile.ZipFile(Path(saving.value.path())) as found:
        return {found.read(name) for name in found.namelist()}


def test_from_the_start_page_to_a_zip_of_two(visitor: Visitor) -> None:
    page = visitor.open("/")
    page.get_by_role("navigation", name="Site").get_by_role("link", name="Archive").click()
    page.get_by_label("File name has").fill("SKY")
    page.get_by_label("RA", exact=True).fill("10:00:00")
    page.get_by_label("DEC", exact=True).fill("+2:00")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("heading", name="6 frames found")).to_be_visible()
    expect(page.get_by_label("RA", exact=True)).to_have_value("10:00:00")
    visitor.follow("Frame")
    names = [f"sky-{number}" for number in range(6)]
    expect(page.locator("tbody th a")).to_have_text(names)
    row(page, "sky-1").get_by_role("checkbox").check()
    row(page, "sky-4").get_by_role("checkbox").check()
    assert saved(page, "Download zip") == {b"pixels 1", b"pixels 4"}


def test_a_basket_is_filled_page_after_page(visitor: Visitor) -> None:
    page = visitor.open("/archive/frames/?limit=3&ordering=basename&target_name=M&basename=sky")
    for name in ("sky-0", "sky-5"):
        row(page, name).get_by_role("checkbox").check()
        page.get_by_role("button", name="Put in the basket").click()
        if name == "sky-0":
            visitor.follow("Next page")
    visitor.follow("Basket: 2 frames")
    assert saved(page, "Download zip") == {b"pixels 0", b"pixels 5"}
    row(page, "sky-5").get_by_role("checkbox").uncheck()
    page.get_by_role("button", name="Take out").click()
    visitor.follow("Basket: 1 frame")
    expect(page.locator("tbody th")).to_have_text(["sky-5"])
    page.get_by_role("button", name="Empty the basket").click()
    expect(page.get_by_text("Nothing is in it.")).to_be_visible()


def test_a_frame_is_looked_at(visitor: Visitor) -> None:
    page = visitor.open("/archive/frames/?view=pictures&basename=sky-3")
    expect(page.get_by_role("list").get_by_role("checkbox")).to_have_count(1)
    visitor.follow("sky-3")
    expect(page.get_by_role("heading", level=1)).to_have_text("sky-3")
    page.wait_for_load_state("load")
    for plate in page.get_by_role("img").all():
        # What the browser could not read, or was forbidden to, has no size of its own.
        box = plate.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) > 200
    with page.expect_download() as saving:
        page.get_by_role("link", name="Download").click()
    assert Path(saving.value.path()).read_bytes() == b"pixels 3"
    visitor.follow("Frames of this place")
    expect(row(page, "sky-3")).to_be_visible()


def test_pictures_are_shown(browser: Browser, ingester: Ingester) -> None:
    with visiting(browser, ingester.archive.running.url) as visitor:
        for path in ("/archive/frames/?basename=sky", "/archive/frames/1/"):
            page = visitor.open(path)
            for one in page.locator("main img").all():
                one.scroll_into_view_if_needed()
                expect(one).to_have_js_property("complete", True)  # noqa: FBT003 - its value
                assert one.evaluate("image => image.naturalWidth") > 100
        assert visitor.complaints == []


def test_a_member_signs_in_and_has_what_is_private(visitor: Visitor) -> None:
    page = visitor.open("/archive/frames/?basename=own")
    expect(page.get_by_text("No frame that you may see fits.")).to_be_visible()
    page.get_by_role("link", name="Sign in", exact=True).click()
    page.get_by_label("Username").fill("ann")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Signed in as ann.")).to_be_visible()
    row(page, "own").get_by_role("checkbox").check()
    assert saved(page, "Download zip") == {b"own"}
    row(page, "own").get_by_role("checkbox").check()
    page.get_by_role("button", name="Put in the basket").click()
    visitor.follow("Basket: 1 frame")
    assert saved(page, "Download zip") == {b"own"}
    page.get_by_role("link", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in", exact=True)).to_be_visible()
    expect(page.get_by_text("Nothing is in it.")).to_be_visible()


def test_a_mistake_is_shown_where_it_was_made(browser: Browser, ingester: Ingester) -> None:
    # The browser's console notes each 400, so nobody listens to its complaints here.
    url = ingester.archive.running.url
    with visiting(browser, url, java_script_enabled=False) as visitor:
        page = visitor.open("/archive/frames/")
        page.get_by_label("From").fill("yesterday")
        page.get_by_label("Target has").fill("kept")
        page.get_by_role("button", name="Search").click()
        wrong = page.get_by_label("From")
        expect(wrong).to_have_value("yesterday")
        expect(wrong).to_have_accessible_description("Enter a valid date/time.")
        expect(page.get_by_label("Target has")).to_have_value("kept")


PAGES = (
    "/frames/",
    "/frames/?view=pictures",
    "/frames/7/",
    "/frames/7/related/",
    "/frames/7/headers/",
    "/frames/aggregate/",
    "/basket/",
    "/thumbnails/",
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_is_whole_and_can_be_read(browser: Browser, ingester: Ingester, scheme: str) -> None:
    # Without the policy, escaping is all there is between the nasty name and the reader.
    with visiting(
        browser, ingester.archive.running.url, bypass_csp=True, color_scheme=scheme
    ) as visitor:
        visitor.open("/archive/frames/")
        visitor.page.get_by_role("checkbox", name="sky-1", exact=True).check()
        visitor.page.get_by_role("button", name="Put in the basket").click()
        for path in PAGES:
            page = visitor.open(f"/archive{path}")
            expect(page.get_by_role("heading", level=1)).to_have_count(1)
            assert visitor.nameless() == [], path
            assert visitor.too_wide() <= 0, path
            assert page.evaluate("() => window.hacked") is None
            assert faint(page) == [], path
        assert visitor.complaints == []


def faint(page: Page) -> list[str]:
    """Return texts that can hardly be told from their ground."""
    pairs = page.evaluate(
        """() => [...document.querySelectorAll("main *")].filter(
            one => [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim())
        ).map(one => {
            let ground = one;
            while (getComputedStyle(ground).backgroundColor === "rgba(0, 0, 0, 0)")
                ground = ground.parentElement;
            const colours = [getComputedStyle(one).color, getComputedStyle(ground).backgroundColor];
            return [one.textContent.trim().slice(0, 40), ...colours];
        })"""
    )
    return [text for text, ink, ground in pairs if contrast(ink, ground) < READABLE]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as CSS has them, `rgb(1, 2, 3)`; WCAG 2.2."""
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def _luminance(colour: str) -> float:
    shares = (float(part) / 255 for part in colour.partition("(")[2].rstrip(")").split(",")[:3])
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in shares]
    weights = (0.2126, 0.7152, 0.0722)
    return sum(share * weight for share, weight in zip(linear, weights, strict=True))
