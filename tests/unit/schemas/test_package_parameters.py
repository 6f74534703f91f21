"""Parameters of requests for packages: what is asked for, what is refused, what is the same."""

from typing import get_args

import pytest

from schemas.datasets import PackageKind
from schemas.package_parameters import CheckedRequest, check_request
from schemas.package_values import ParameterError, host_of

API = "https://data.example.org/api/action/datastore_search"
ROWS: dict[str, object] = {"api_url": API, "resource_id": "r-1", "email": "ada@example.org"}
FILE: dict[str, object] = {
    "resource_url": "https://data.example.org/a/data.csv",
    "resource_id": "r-1",
    "email": "ada@example.org",
}
NO_NUMBERS: list[object] = [
    *("x", "-1", "1.5", "1e3", "+1", "٣", "0x1", "5\n", "9" * 5000),
    *(-1, 1.5, True, [1], 10**16),
]
REFUSED: dict[str, list[object]] = {
    "filters": [
        *("{", "[]", "1", '"x"', "null", '{"a": NaN}', "{'a': 1}", '{"a": "\\ud800"}'),
        *(["a"], '{"a":' * 1000 + "1" + "}" * 1000, '{"a": 1e999}'),
    ],
    "limit": NO_NUMBERS,
    "offset": NO_NUMBERS,
    "format": ["pdf", "CSV", "csv,tsv", 1, ["csv"], {}],
    "email": [
        *("", " ", "ada", "@", "ada@", "@example.org", 1, [], f"{'a' * 250}@example.org"),
        *("ada@example.org\r\nBcc: bo@example.org", "ada@example.org\n", "ada@\ud800.org"),
        *("ada@example.org,bo@example.org", "ada@example.org bo@example.org"),
        *("ada@example.org;bo@example.org", "Ada <ada@example.org>", "a@b@example.org"),
        *("ada@example..org", "ada@.org"),
    ],
    "resource_id": ["", "  ", "r\n1", "r\n", "r\x001", "r" * 256, 7, "\ud800"],
    "api_url": [
        *("", "/api", "//h/x", "file:///etc/passwd", "ftp://h/x", "javascript:alert(1)", 1),
        *("http:///x", "http://u:p@h/x", "http://u@h/x", "http://h:0/x", "http://h:99999/"),
        *("http://[::1", "http://h\n/x", "http://h h/", "http://h\\@x/", "http://a..b/"),
        f"http://h/{'x' * 9000}",
    ],
    "q": [1, ["x"], "\ud800"],
    **{name: [1] for name in ("plain", "language", "fields", "sort")},
    "doi": [1, "10.5072/1\r\nBcc: bo@example.org"],
    "key": [1, "k\n", "schlüssel", "k" * 5000],
}
"""Values that cannot be used, by parameter."""
KINDS: tuple[PackageKind, ...] = get_args(PackageKind)


def checked(kind: PackageKind = "datastore", /, **changes: object) -> CheckedRequest:
    """Return a request that has been checked, with some parameters changed."""
    return check_request(kind, {**(FILE if kind == "url" else ROWS), **changes})


def refusal(kind: PackageKind = "datastore", /, **changes: object) -> str:
    """Return why such a request is refused."""
    with pytest.raises(ParameterError) as refused:
        checked(kind, **changes)
    return str(refused.value)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_required_is_named(kind: PackageKind) -> None:
    everything = FILE if kind == "url" else ROWS
    for name in everything:
        rest = {key: value for key, value in everything.items() if key != name}
        with pytest.raises(ParameterError, match=f"^Parameter {name} is required$"):
            check_request(kind, rest)
        with pytest.raises(ParameterError, match=f"^Parameter {name} is required$"):
            check_request(kind, {**rest, name: None})


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name in REFUSED for value in REFUSED[name]]
)
def test_a_value_that_cannot_be_used_is_refused_by_name(name: str, value: object) -> None:
    assert f"Parameter {name} must " in refusal("datastore", **{name: value})


def test_an_empty_optional_value_is_the_same_as_none() -> None:
    for name in ("filters", "q", "limit", "offset", "format", "doi", "key", "sort", "eml"):
        for value in ("", " ", None):
            assert checked("dwc_archive", **{name: value}) == checked("dwc_archive"), name
    assert checked(filters="{}") == checked()


def test_zero_rows_are_all_rows() -> None:
    nothing, zero = checked(), checked(limit="0", offset="0")
    assert zero.parameters == nothing.parameters
    assert (nothing.count, zero.count, checked(limit=" 500 ").count) == (None, "0", "500")


def test_text_of_any_script_is_passed_on() -> None:
    said = {"q": "Käfer 🪲", "sort": "größe desc", "fields": "naïve", "eml": "<é>\n\t{x}"}
    assert checked("dwc_archive", **said).parameters.items() >= said.items()


def test_what_is_not_known_is_ignored() -> None:
    assert checked(eml="<x/>", for_gbif="", secret="s", colour="red") == checked()
    assert checked("url", format="pdf", limit="x", doi="1", api_url="file:") == checked("url")


def test_numbers_and_filters_may_come_as_json() -> None:
    assert checked(limit=7, offset=3, filters={"a": [1]}) == checked(
        limit="7", offset="3", filters='{ "a" : [1] }'
    )


def test_filters_keep_their_numbers() -> None:
    written = '{"a":12345678901234567890,"b":[9007199254740993,0.1],"c":"é"}'
    assert checked(filters=written).parameters["filters"] == written


@pytest.mark.parametrize(
    ("value", "is_there"),
    [
        ("", True),
        ("0", True),
        ("yes", True),
        (True, True),
        ([], True),
        (None, False),
        (False, False),
    ],
)
def test_the_mere_presence_of_for_gbif_counts(value: object, *, is_there: bool) -> None:
    assert ("for_gbif" in checked("dwc_archive", for_gbif=value).parameters) is is_there


# --- what is the same ---------------------------------------------------------------------------


def test_order_and_blanks_make_no_other_package() -> None:
    one = checked(filters='{"a": "1", "b": ["x", "y"]}', q="z")
    other = checked(q="z", filters='{"b":["x","y"],"a":"1"}')
    assert one.digest == other.digest
    assert check_request("datastore", dict(reversed(ROWS.items()))).digest == checked().digest


def test_the_recipient_makes_no_other_package() -> None:
    assert checked(email="bo@example.org").digest == checked().digest
    assert checked(format="csv").digest == checked().digest


@pytest.mark.parametrize(
    "changes",
    [
        {"api_url": f"{API}?"},
        {"resource_id": "r-2"},
        {"filters": '{"a": "1"}'},
        {"filters": '{"a": 1}'},
        {"q": "x"},
        {"plain": "x"},
        {"language": "x"},
        {"fields": "x"},
        {"sort": "x"},
        {"limit": "1"},
        {"offset": "1"},
        {"format": "tsv"},
        {"doi": "10.5072/1"},
        {"key": "one"},
        {"key": "other"},
        {"eml": "<x/>"},
        {"for_gbif": ""},
    ],
    ids=repr,
)
def test_anything_else_does(changes: dict[str, object]) -> None:
    assert checked("dwc_archive", **changes).digest != checked("dwc_archive").digest


def test_the_endpoint_makes_another_package() -> None:
    assert checked("dwc_archive").digest != checked("datastore").digest


def test_a_key_gives_nobody_else_the_package() -> None:
    digests = {checked(kind, key=key).digest for kind in KINDS for key in (None, "one", "other")}
    assert len(digests) == 9


def test_a_value_cannot_pass_for_another_parameter() -> None:
    assert checked(q="x", sort="y").digest != checked(q='x","sort":"y').digest


def test_secrets_and_addresses_are_neither_kept_nor_shown() -> None:
    asked = checked(key="topsecret")
    assert asked.parameters.keys() == {"api_url", "resource_id", "format"}
    assert "topsecret" not in repr(asked)
    assert "ada@example.org" not in repr(asked)
    assert asked.asked_by == "a…@example.org"


def test_a_key_may_be_a_token_that_was_signed_by_rsa() -> None:
    assert checked(key="x" * 1000).api_key == "x" * 1000


# --- where it goes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "lane"),
    [
        ({}, "slow"),
        ({"limit": "0"}, "slow"),
        ({"limit": "100"}, "fast"),
        ({"limit": "101"}, "slow"),
        ({"limit": "101", "offset": "50"}, "slow"),
        ({"limit": "100", "offset": "5000"}, "fast"),
    ],
)
def test_the_limit_decides_about_the_lane(changes: dict[str, str], lane: str) -> None:
    assert checked("datastore", **changes).lane(100, is_ready=False) == lane
    assert checked("dwc_archive", **changes).lane(100, is_ready=False) == lane
    assert checked("datastore", **changes).lane(100, is_ready=True) == "fast"


def test_files_are_fast() -> None:
    assert checked("url").lane(0, is_ready=False) == "fast"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://Data.Example.org/api", "data.example.org"),
        ("http://h:80/", "h"),
        ("https://h:443/", "h"),
        ("http://h:443/", "h:443"),
        ("https://h:8443/x?y", "h:8443"),
        ("http://[::1]:5000/", "[::1]:5000"),
        ("http://h:/", "h"),
    ],
)
def test_the_host_is_named_with_an_odd_port(url: str, host: str) -> None:
    assert host_of(url) == host
    assert checked(api_url=url).host == host
    assert checked("url", resource_url=url).host == host


def test_what_a_url_cannot_hold_is_encoded() -> None:
    written = checked("url", resource_url=" http://h:80/my data/é%20.csv?q=ü&r=1#a b ").parameters
    assert written["resource_url"] == "http://h:80/my%20data/%C3%A9%20.csv?q=%C3%BC&r=1#a%20b"


@pytest.mark.parametrize("kind", KINDS)
def test_only_tables_have_a_format(kind: PackageKind) -> None:
    assert checked(kind).format == (None if kind == "url" else "csv")
