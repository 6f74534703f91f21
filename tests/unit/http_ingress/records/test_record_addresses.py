"""What an address below `/records` means, and the URLs that are written."""

import pytest

from http_ingress.base_urls import base_of, base_url
from http_ingress.records.addresses import (
    PREFIX,
    NoSuchPlaceError,
    Place,
    parse,
    permissions_url,
    project_url,
    record_url,
    record_urls,
    tag_url,
)
from schemas.record_names import is_reserved

FALLBACK = "https://public.example.org"


def record(label: str) -> Place:
    return Place("record", "reef", label=label)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("", Place("list")),
        ("/reef", Place("project", "reef")),
        ("/Reef%20growth", Place("project", "Reef growth")),
        ("/Riff%C3%B6", Place("project", "Riffö")),
        ("/permissions", Place("project", "permissions")),
        ("/last", Place("project", "last")),
        ("/reef/permissions", Place("permissions", "reef")),
        ("/reef/%70ermissions", Place("permissions", "reef")),
        ("/reef/permissions/bo", Place("permission", "reef", user="bo")),
        ("/reef/permissions/a%2Fb", Place("permission", "reef", user="a/b")),
        ("/reef/last", Place("last", "reef")),
        ("/reef/tag/red", Place("tag", "reef", tag="red")),
        ("/reef/tag/two%20words", Place("tag", "reef", tag="two words")),
        ("/reef/tag/a/b", Place("tag", "reef", tag="a/b")),
        ("/reef/tag%2Fred", Place("tag", "reef", tag="red")),
        ("/reef/tagged/red", Place("tag", "reef", tag="red")),
        ("/reef/20240501-100000", record("20240501-100000")),
        ("/reef/a|b-c.d:e~f+g", record("a|b-c.d:e~f+g")),
        ("/reef/two%20words", record("two words")),
        ("/reef/caf%C3%A9", record("café")),
        ("/reef/a/b", record("a/b")),
        ("/reef/a%2fb", record("a/b")),
        ("/reef/a//b", record("a//b")),
        ("/reef/a/../b", record("a/../b")),
        ("/reef/..", record("..")),
        ("/reef//a", record("/a")),
        ("/reef/a%3Fb", record("a?b")),
        ("/reef/a%23b", record("a#b")),
        ("/reef/a#b", record("a#b")),
        ("/reef/tag", record("tag")),
        ("/reef/tagged", record("tagged")),
        ("/reef/tags/red", record("tags/red")),
        ("/reef/last/one", record("last/one")),
        ("/reef/x/permissions", record("x/permissions")),
        ("/reef/Last", record("Last")),
        ("/reef/50%", record("50%")),
        ("/reef/%zz%4", record("%zz%4")),
        ("/reef/%2541", record("%41")),
    ],
)
@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("before", ["", "http://data.example.org:8080", "HTTPS://[::1]"])
@pytest.mark.parametrize("after", ["", "?", "?tags=a/b&x=http://y?z"])
def test_a_target_means_the_same_in_each_of_its_forms(
    before: str, path: str, slash: str, after: str, place: Place
) -> None:
    assert parse(f"{before}/records{path}{slash}{after}") == place


def test_only_one_slash_at_the_end_is_none_of_the_label() -> None:
    assert parse("/records/reef/a//") == record("a/")
    assert parse("/records/reef/a%2F/") == record("a/")
    assert parse("/records/reef/a%2F") == record("a")
    assert parse("/records/reef///") == record("/")
    assert parse("/records/reef/last//") == record("last/")


def test_a_question_mark_that_nobody_encoded_ends_the_label() -> None:
    assert parse("/records/reef/a?b/") == record("a")


def test_bytes_that_nobody_encoded_are_read() -> None:
    assert parse("/records/reef/caf\udcc3\udca9/") == record("café")
    assert parse("/records/reef/café/") == record("café")


@pytest.mark.parametrize(
    "target",
    [
        "",
        "*",
        "records/reef/a/",
        "http://data.example.org",
        "/",
        "/files/a",
        "/recordsreef",
        "//records/reef",
        "/records%2Freef",
        "/records//",
        "/records//a/",
        "/records/reef//",
        "/records/reef/%2F",
        "/records/a%2Fb/",
        "/records/reef/tag//",
        "/records/reef/tagged//",
        "/records/reef/permissions//",
        "/records/reef/%FF/",
        "/records/reef/%C3/%A9",
        "/records/reef/%ED%A0%80/",
        "/records/reef/\ud800/",
        "/records/reef/a\udcff/",
        "/records/%FF/",
        "/records/reef/a%00b/",
        "/records/reef/a%0D%0Ab/",
        "/records/reef/a%7F/",
        "/records/reef/a%C2%85/",
        "/records/re%00ef/",
        "/records/reef/tag/%00/",
    ],
)
def test_what_can_be_nothing_is_nowhere(target: str) -> None:
    with pytest.raises(NoSuchPlaceError, match=r"\."):
        parse(target)


@pytest.mark.parametrize("label", ["permissions", "permissions/bo", "last", "tag/a", "tagged/a"])
def test_labels_whose_address_means_something_else_are_reserved(label: str) -> None:
    assert is_reserved(label)
    assert parse(record_url("", "reef", label)).kind != "record"


@pytest.mark.parametrize("label", ["tag", "tagged", "tags/a", "last/", "Permissions", "a/last"])
def test_labels_that_only_look_alike_are_not_reserved(label: str) -> None:
    assert not is_reserved(label)
    assert parse(record_url("", "reef", label)) == record(label)


# --- writing ------------------------------------------------------------------------------------

BASE = "https://data.example.org:8443"


def test_urls_are_absolute_and_encoded_and_end_with_a_slash() -> None:
    assert base_of("https", "data.example.org:8443") == BASE
    assert PREFIX == "/records"
    assert project_url(BASE, "Reef growth") == f"{BASE}/records/Reef%20growth/"
    assert record_url(BASE, "reef", "a/b") == f"{BASE}/records/reef/a%2Fb/"
    assert record_url(BASE, "a&b", "é?#%:|") == f"{BASE}/records/a%26b/%C3%A9%3F%23%25%3A%7C/"
    assert tag_url(BASE, "reef", "a,b c") == f"{BASE}/records/reef/tag/a%2Cb%20c/"
    assert permissions_url(BASE, "a b") == f"{BASE}/records/a%20b/permissions/"


def test_many_urls_are_those_of_each_record_in_order() -> None:
    labels = ["z", "a/b", "é"]
    assert record_urls(BASE, "a b", labels) == [record_url(BASE, "a b", label) for label in labels]


def test_every_url_is_read_back() -> None:
    assert parse(project_url(BASE, "a b")) == Place("project", "a b")
    assert parse(tag_url(BASE, "a b", "c/d/")) == Place("tag", "a b", tag="c/d/")
    assert parse(permissions_url(BASE, "a b")) == Place("permissions", "a b")


# --- whom the client called ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scheme", "host", "base"),
    [
        ("http", "localhost:8080", "http://localhost:8080"),
        ("https", "data.example.org", "https://data.example.org"),
        ("HTTP", "Data.Example.org", "http://Data.Example.org"),
        ("http", "127.0.0.1:1", "http://127.0.0.1:1"),
        ("http", "[::1]", "http://[::1]"),
        ("http", "[2001:db8::1]:8080", "http://[2001:db8::1]:8080"),
        ("http", "my_archive:8080", "http://my_archive:8080"),
        ("http", "xn--bcher-kva.example.", "http://xn--bcher-kva.example."),
    ],
)
def test_the_connection_and_host_say_whom_the_client_called(
    scheme: str, host: str, base: str
) -> None:
    assert base_url({}, scheme, host, FALLBACK) == base


INVALID_HOSTS = [
    "",
    "evil.example.org/path",
    "user@evil.example.org",
    "a b",
    'a"onmouseover="x',
    "<script>",
    "a\r\nb",
    "a\n",
    "host:",
    "host:port",
    "host:99999",
    "host:123456",
    "::1",
    "[::1",
    "[]",
    "[::1%25eth0]",
    "[evil]",
    "-x",
    ".x",
    "bücher.example",
    "\u212aelvin",
    "host:\u0661",
    "a" * 254,
]


@pytest.mark.parametrize("host", INVALID_HOSTS)
def test_what_is_no_host_gets_into_no_url(host: str) -> None:
    assert base_url({}, "http", host, FALLBACK) == FALLBACK
    assert base_url({"X-Forwarded-Host": host}, "http", "good", FALLBACK) == "http://good"
    assert base_url({"X-Forwarded-Host": host}, "http", host, FALLBACK) == FALLBACK


def test_without_a_host_the_fallback_is_the_base_less_its_slash() -> None:
    assert base_url({}, "http", None, FALLBACK + "/") == FALLBACK
    assert base_url({"X-Forwarded-Proto": "http"}, "http", None, FALLBACK) == FALLBACK
    assert base_url({}, "ws", "host", FALLBACK) == FALLBACK


@pytest.mark.parametrize(
    ("proto", "host", "base"),
    [
        ("https", "data.example.org", "https://data.example.org"),
        ("HTTPS", "data.example.org:8443", "https://data.example.org:8443"),
        ("https", None, "https://inner:8080"),
        (None, "data.example.org", "http://data.example.org"),
        ("https, http", "outer.example.org, middle", "https://outer.example.org"),
        (" https ,http", " outer.example.org ,middle", "https://outer.example.org"),
        ("ftp", "data.example.org", "http://data.example.org"),
        ("javascript", None, "http://inner:8080"),
        ("", "", "http://inner:8080"),
        ("https", ", good", "https://inner:8080"),
    ],
)
def test_a_proxy_says_whom_the_client_called(
    proto: str | None, host: str | None, base: str
) -> None:
    said = {"X-Forwarded-Proto": proto, "X-Forwarded-Host": host}
    headers = {name: value for name, value in said.items() if value is not None}
    assert base_url(headers, "http", "inner:8080", FALLBACK) == base
