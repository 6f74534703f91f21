"""The search page: what its form asks, keeps and says, and what it links to."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests.equipment.archive import Archive, archiving, in_days
from tests.equipment.installations import Answer
from tests.equipment.reading_pages import ReadPage

HTML = "text/html,application/xhtml+xml,*/*;q=0.8"
NASTY = "\"'><script>window.hacked=1</script>&{{7*7}}"
COUNT = 7
_OURS = re.compile(r"\b(frames|frame_versions|frame_links|frame_combinations|thumbnails)\b")


@pytest.fixture(scope="module")
def archive(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Archive]:
    with archiving(
        request,
        tmp_path_factory.mktemp("pages"),
        archive_title="Sky of Tests",
        archive_terms_url="https://example.org/terms",
    ) as running:
        for number in range(COUNT):
            running.post(
                basename=f"f{number}",
                site_id="abc"[number % 3],
                exposure_time=float(number),
                target_name="M 31" if number % 2 else NASTY,
            )
        running.post(basename="hidden", proposal_id="SECRET", public_date=in_days(9), site_id="z")
        yield running


def browse(archive: Archive, path: str, user: str | None = None) -> Answer:
    return archive.call("GET", path, user=user, accept=HTML)


def page(archive: Archive, query: str = "", user: str | None = None) -> ReadPage:
    answer = browse(archive, f"/frames/{query}", user)
    assert answer.status == 200, answer
    return ReadPage(answer.body)


def found(seen: ReadPage) -> list[str]:
    return [str(one["aria-label"]) for one in seen.all("input", name="frame_ids")]


def test_the_root_leads_people_to_the_search(archive: Archive) -> None:
    answer = browse(archive, "/")
    assert (answer.status, answer.headers["location"]) == (302, "/archive/frames/")
    assert archive.get("/").json.keys() == {"frames", "versions", "thumbnails"}


def test_a_page_is_given_to_browsers_alone(archive: Archive) -> None:
    for path in ("/frames/", "/frames/?format=api"):
        accept = HTML if path == "/frames/" else "*/*"
        answer = archive.call("GET", path, accept=accept)
        assert answer.headers["content-type"].startswith("text/html")
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["vary"] == "Accept, origin, Cookie"
        assert answer.headers["x-frame-options"] == "DENY"
    for unasked in (None, "*/*", "application/json"):
        assert archive.call("GET", "/frames/", accept=unasked).json["count"] == COUNT
    assert archive.call("GET", "/frames/?format=json", accept=HTML).json["count"] == COUNT
    assert archive.call("HEAD", "/frames/", accept=HTML).body == b""


def test_it_is_called_as_the_operator_says(archive: Archive) -> None:
    seen = page(archive)
    assert "Sky of Tests" in seen.text
    assert "https://example.org/terms" in list(seen.links("example.org"))


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", ["f6", "f5", "f4", "f3", "f2", "f1", "f0"]),
        ("?site_id=a&telescope_id=&start=", ["f6", "f3", "f0"]),
        ("?ordering=exposure_time&limit=2&offset=1", ["f1", "f2"]),
        ("?target_name=m+31", ["f5", "f3", "f1"]),
        ("?exposure_time=5", ["f6", "f5"]),
        ("?ra=150&dec=2&site_id=b", ["f4", "f1"]),
        ("?ra=10:00:00&dec=%2B02:00:00&site_id=b", ["f4", "f1"]),
        ("?ra=150&dec=3", []),
        ("?covers=POINT(150+2)&site_id=c", ["f5", "f2"]),
        ("?pagination_style=cursor&limit=2", ["f6", "f5"]),
        ("?offset=50", []),
        ("?site_id=a&site_id=&limit=2", ["f6", "f5"]),
        ("?site_id=&site_id=a", ["f6", "f3", "f0"]),
        ("?no_such=1", ["f6", "f5", "f4", "f3", "f2", "f1", "f0"]),
    ],
)
def test_what_is_found(archive: Archive, query: str, wanted: list[str]) -> None:
    seen = page(archive, query)
    assert found(seen) == wanted
    (twin,) = (url for url in seen.links("format=json"))
    said = archive.call("GET", twin.removeprefix("/archive")).json["results"]
    assert [one["basename"] for one in said] == wanted


def test_the_form_shows_what_was_asked(archive: Archive) -> None:
    seen = page(archive, "?target_name=%C3%BC%22&site_id=a&covers=POINT(150+2.5)&request_id=991")
    assert seen.value("target_name") == 'ü"'
    assert (seen.value("ra"), seen.value("dec")) == ("150", "2.5")
    assert [one["value"] for one in seen.all("option") if "selected" in one] == ["a"]
    # What the form has no field for stays in force, until it is dropped.
    assert seen.value("request_id") == "991"
    drop = next(url for url, one in _named(seen) if one == "Drop request_id")
    assert "request_id" not in parse_qs(urlsplit(drop).query)
    assert parse_qs(urlsplit(drop).query)["site_id"] == ["a"]


def _named(seen: ReadPage) -> list[tuple[str, str | None]]:
    return [(str(one["href"]), one.get("aria-label")) for one in seen.all("a")]


@pytest.mark.parametrize(
    ("query", "field", "text"),
    [
        ("start=junk", "start", "Enter a valid date/time."),
        ("dayobs=20240304", "dayobs", "Enter a valid date."),
        ("reduction_level=x", "reduction_level", "Enter a number."),
        ("ra=150", "dec", "A point has both, RA and DEC."),
        ("ra=x&dec=2", "ra", "Enter degrees (150.05) or hours (10:00:12)."),
        ("ra=1&dec=91", "dec", "Enter degrees from -90 to 90"),
        ("covers=junk", "covers", "Error with covers query"),
        ("intersects=junk", "intersects", "Error with intersects query"),
        ("include_configuration_type=NOSUCH", "include_configuration_type", "NOSUCH is not one"),
    ],
)
def test_what_cannot_be_read_is_said_beside_the_field(
    archive: Archive, query: str, field: str, text: str
) -> None:
    answer = browse(archive, f"/frames/?{query}&basename=kept%20as%20typed")
    assert answer.status == 400
    seen = ReadPage(answer.body)
    assert text in seen.text
    assert seen.all("span", id=f"{field}-trouble")
    assert seen.value("basename") == "kept as typed"
    for name, (typed,) in parse_qs(query).items():
        assert seen.value(name) == typed
    wrong = [one["name"] for one in seen.all("input", **{"aria-invalid": "true"})]
    assert wrong == (
        [field] if field in {"start", "dayobs", "reduction_level", "ra", "dec"} else []
    )


def test_a_bad_cursor_is_refused_with_a_page(archive: Archive) -> None:
    answer = browse(archive, "/frames/?pagination_style=cursor&cursor=x")
    assert answer.status == 404
    assert "Invalid cursor" in ReadPage(answer.body).text


@pytest.mark.parametrize("style", ["", "&pagination_style=cursor"])
def test_turning_meets_every_frame_once_and_leads_back(archive: Archive, style: str) -> None:
    seen = page(archive, f"?limit=3{style}")
    pages = [found(seen)]
    while following := seen.all("a", rel="next"):
        seen = page(archive, "?" + urlsplit(str(following[0]["href"])).query)
        pages.append(found(seen))
    assert pages == [["f6", "f5", "f4"], ["f3", "f2", "f1"], ["f0"]]
    before = "?" + urlsplit(str(seen.all("a", rel="prev")[0]["href"])).query
    assert found(page(archive, before)) == pages[1]


def test_columns_order_and_then_order_the_other_way(archive: Archive) -> None:
    seen = page(archive, "?site_id=a&ordering=exposure_time")
    assert [one["aria-sort"] for one in seen.all("th") if "aria-sort" in one] == ["ascending"]
    orders = [parse_qs(urlsplit(url).query) for url in seen.links("ordering=")]
    assert {"site_id": ["a"], "ordering": ["-exposure_time"]} in orders
    assert {"site_id": ["a"], "ordering": ["basename"]} in orders


def test_choices_are_those_that_may_be_seen(archive: Archive) -> None:
    assert b"SECRET" not in browse(archive, "/frames/").body
    assert not page(archive).all("option", value="z")
    seen = page(archive, "", "root")
    assert seen.all("option", value="SECRET")
    assert seen.all("option", value="z")
    assert found(page(archive, "?site_id=z", "root")) == ["hidden"]


@pytest.mark.parametrize("view", ["", "&view=pictures"])
def test_no_text_becomes_markup(archive: Archive, view: str) -> None:
    query = "&".join(
        f"{name}=%22%27%3E%3Cscript%3E"
        for name in ("basename", "site_id", "proposal_id", "submitter", "ordering", "no_such")
    )
    for asked in (f"?limit=2{view}", f"?{query}{view}"):
        answer = browse(archive, f"/frames/{asked}")
        assert answer.status == 200
        assert ReadPage(answer.body).all("script") == []
        assert b"{{7*7}}" in answer.body or asked.startswith("?basename")


@pytest.mark.parametrize("value", ["%00", "%ED%A0%80", "%FF", "%F0%9F%94%AD", "x" * 2000])
def test_what_is_hardly_text(archive: Archive, value: str) -> None:
    for name in ("basename", "site_id", "ra", "covers", "start", "ordering", "submitter", "limit"):
        answer = browse(archive, f"/frames/?{name}={value}")
        assert answer.status in {200, 400}, name
        assert ReadPage(answer.body).all("h1")


def test_nothing_found_says_what_to_do(archive: Archive) -> None:
    assert "No frame that you may see fits" in page(archive, "?site_id=nil").text
    assert "nothing so far behind" in page(archive, "?offset=50").text


@contextmanager
def counting() -> Iterator[list[str]]:
    """Collect the statements within the block that look at frames."""
    seen: list[str] = []

    def note(*happening: object) -> None:
        if _OURS.search(str(happening[2])):
            seen.append(str(happening[2]))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_a_page_costs_as_many_statements_however_long_it_is(archive: Archive) -> None:
    costs = []
    for path, accept in (
        ("/frames/?limit=1", HTML),
        ("/frames/?limit=7", HTML),
        ("/frames/?limit=7&include_thumbnails=true", "application/json"),
    ):
        with counting() as statements:
            assert archive.call("GET", path, accept=accept).status == 200
        costs.append(len(statements))
    few, many, as_json = costs
    assert few == many
    # The aggregate, from which the choices come; and related frames, which it does not show.
    assert many <= as_json + 1
