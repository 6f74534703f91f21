"""Queries that nobody means well: each is answered or refused, soon, and nothing leaks."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from http_ingress.archive.parameters import OLD_NAMES, PARAMETERS
from tests.contract.archive.hostile import fortress, trouble_with
from tests.equipment.archive import Archive, in_days

RING = ",".join(f"{n * 360 / 5000 % 360} {(n % 2) * 80 - 40}" for n in range(5000))
TEXTS = (
    *("%00", "a%00b", "%ff%fe", "%ed%a0%80", "%F0%9F%98%80", "%E2%80%AE", "%0d%0aX:%20y", "%25"),
    *("_", "%25%25%25", "_____", "%5C", "%5C%25", "'", "''", "%22", "%22%20OR%20*", "*", "a*"),
    *("NEAR(a%20b)", "'%20OR%201=1--", "1;DROP%20TABLE%20frames", "$1", "%7B%7D", ":name", "%s"),
    *("9" * 5000, "-9223372036854775809", "9223372036854775808", "1e400", "1e50", "-1e50", "nan"),
    *("inf", "0x10", "1_0", "%D9%A1", "%C2%B2", "2024-02-30", "0001-01-01T00:00:00%2B23:59"),
    *("9999-12-31T23:59:59-23:59", "1", "true", "[]", "%7B%22%24ne%22:1%7D", "-", ","),
    *("POINT(nan%20nan)", "POINT(1e400%200)", "POINT(1e308%201e308)", "POINT()", "POINT EMPTY"),
    *("POINT(1)", "POINT(1%202%203)", "POINT(0%20-91)", "POLYGON EMPTY", "POLYGON(())"),
    *("POLYGON((0%200,0%200,0%200,0%200))", "POLYGON((0%200,1%201,1%200,0%201,0%200))"),
    *("POLYGON((0%20-90,90%20-90,180%20-90,0%20-90))", "POLYGON((0%200,180%200,360%200,0%200))"),
    *("SRID=4326;POINT(1%202)", "SRID=9999999999999;POINT(1%202)", "00", "0101000000", "01" * 3000),
    *("01FFFFFF0F" + "00" * 40, "0103000000FFFFFFFF", "0107000000" + "01000000" * 2000, "{}"),
    *('{"type":"Polygon","coordinates":' + "[" * 500 + "]" * 500 + "}", '{"type":"Point"}'),
    *("GEOMETRYCOLLECTION(" * 500 + "POINT(1 2)" + ")" * 500, "MULTIPOLYGON(((0 0,1 0,1 1,0 0)))"),
    *("CIRCULARSTRING(0 0,1 1,2 0)", "TRIANGLE((0 0,1 0,0 1,0 0))", "LINESTRING(0 0,180 0)"),
)
"""As they stand in a URL, but for what `quote` has to do."""
NUMBERS = (
    "-1",
    "0",
    "1",
    "9223372036854775807",
    "9223372036854775808",
    "9" * 5000,
    "1e3",
    "%00",
    "²",
)
CURSORS = (
    "x",
    "=",
    "bg==",
    "bm51bGw=",
    "bltudWxsXQ==",
    "blsxXQ==",
    "bltbXV0=",
    "A" * 100_000,
    "%00",
)

FILTERS = [
    *(name for name in PARAMETERS if name not in {*OLD_NAMES, "DAY_OBS", "exclude_OBSTYPE"}),
    *("ordering", "format", "no_such_thing"),
]
"""What is read in ways of its own."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def archive(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Archive]:
    """An archive of a few frames, one of which nobody may see."""
    with fortress(request, tmp_path_factory, request.param) as archive:
        for name in ("100%_sure", "plain"):
            archive.post(basename=name, target_name=f"{name}\\x")
        archive.post(basename="secret", public_date=in_days(9), proposal_id="HIDDEN")
        yield archive


def ask(
    archive: Archive, query: str, path: str = "/frames/", user: str | None = None
) -> str | None:
    """Ask, and say what is wrong with the answer."""
    safe = quote(query, safe="%&=;:/+*(),'!$[]{}~")
    answer = archive.call("GET", f"{path}?{safe}", user=user)
    trouble = trouble_with(answer)
    if trouble is None and user is None and b"HIDDEN" in answer.body:
        trouble = "it shows what is private"
    return trouble and f"{path}?{query[:80]}: {trouble}"


@pytest.mark.parametrize("name", FILTERS)
def test_any_text_for_any_filter(archive: Archive, name: str) -> None:
    assert [found for text in TEXTS if (found := ask(archive, f"{name}={text}"))] == []


@pytest.mark.parametrize("path", ["/thumbnails/", "/versions/", "/frames/aggregate/"])
def test_any_text_elsewhere(archive: Archive, path: str) -> None:
    names = {
        "/thumbnails/": ("frame_basename", "proposal_id", "observation_id", "request_id", "size"),
        "/versions/": ("md5",),
        "/frames/aggregate/": ("start", "end", "public", "site_id", "proposal_id", "query_timeout"),
    }[path]
    window = "&start=2024-01-01&end=2024-06-01" if "aggregate" in path else ""
    found = [
        trouble
        for name in names
        for text in TEXTS
        if (trouble := ask(archive, f"{name}={text}{window}", path, "root"))
    ]
    assert found == []


@pytest.mark.parametrize("path", ["/frames/", "/thumbnails/", "/versions/"])
def test_any_page(archive: Archive, path: str) -> None:
    found = [
        trouble
        for query in (
            *(f"limit={limit}&offset={offset}" for limit in NUMBERS for offset in NUMBERS),
            *(f"pagination_style=cursor&cursor={cursor}" for cursor in CURSORS),
            *(f"pagination_style=cursor&ordering=-target_name,id&cursor={one}" for one in CURSORS),
        )
        if (trouble := ask(archive, query[:8000], path, "root"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "query",
    [
        *("&".join(["include_configuration_type=EXPOSE"] * 300), "&".join(["site_id=tst"] * 500)),
        *("ordering=" + ",".join(["id", "-id", "basename"] * 500), "&" * 5000, "=" * 5000),
        *("covers=" + quote(f"POLYGON(({RING[:6000].rpartition(',')[0]},0 -40))"),),
        *("intersects=" + quote(f"POLYGON(({RING[:6000].rpartition(',')[0]},0 -40))"),),
    ],
    ids=["types", "sites", "orders", "ampersands", "equals", "covers", "intersects"],
)
def test_very_much_of_something(archive: Archive, query: str) -> None:
    assert ask(archive, query) is None


def test_wildcards_are_characters(archive: Archive) -> None:
    for name in ("basename", "OBJECT", "target_name"):
        for text in ("%", "_", "100%_s", "_sure", "%_sure"):
            assert archive.found(**{name: text}) == ["100%_sure"], (name, text)
        assert archive.found(**{name: "p%n"}) == archive.found(**{name: "pla_n"}) == []
    assert archive.found(OBJECT="n\\x") == ["plain"]


@pytest.mark.parametrize("number", [*NUMBERS, "../1", "%2e%2e", "1%0a", "1%00", "+1", "1.0", "NaN"])
def test_any_number_in_an_address(archive: Archive, number: str) -> None:
    found = []
    for path in (
        *("/frames/{}/", "/frames/{}/headers/", "/frames/{}/related/", "/frames/{}/sky.svg"),
        *("/versions/{}/", "/thumbnails/{}/", "/frame-funpack/{}/funpack/"),
        *("/frame-catalog/{}/catalog/", "/content/{}/x", "/thumbnail-content/{}/x"),
    ):
        address = path.format(quote(number, safe="%/"))
        for method in ("GET", "DELETE", "PATCH"):
            if method != "GET" and number == "1":
                continue
            if trouble := trouble_with(archive.call(method, address, b"{}", "root")):
                found.append((method, address[:80], trouble))
    assert found == []
