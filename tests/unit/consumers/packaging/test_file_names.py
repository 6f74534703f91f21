"""Files are called as their URL says, as far as that leads nowhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.packaging.file_names import member_name


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://h/files/a/data.csv?v=2#x", "data.csv"),
        ("http://h/my%20data.bin", "my data.bin"),
        ("http://h/a/b/", "b"),
        ("http://h/a//", "a"),
        ("http://h/M%C3%BCller.csv", "Müller.csv"),
        ("http://h/Mu%CC%88ller.csv", "Müller.csv"),
        ("http://h/%ff.csv", "\ufffd.csv"),
        ("http://h/a;b=c", "a;b=c"),
        ("http://h/a%3Fb%23c", "a?b#c"),
        ("http://h/.hidden", ".hidden"),
        ("http://h/a..b", "a..b"),
        ("http://h/%20x%20", "x"),
    ],
)
def test_the_last_segment_of_the_path_is_the_name(url: str, name: str) -> None:
    assert member_name(url, "r-1") == name


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://h/..%2F..%2Fevil.txt", "evil.txt"),
        ("http://h/..%5C..%5Cevil.txt", "evil.txt"),
        ("http://h/%2Fetc%2Fpasswd", "passwd"),
        ("http://h/a%00b%0A.txt", "ab.txt"),
        ("http://h/a%E2%80%AEtxt.exe", "atxt.exe"),
    ],
)
def test_what_leads_out_or_cannot_be_seen_is_left_out(url: str, name: str) -> None:
    assert member_name(url, "r-1") == name


@pytest.mark.parametrize(
    "url",
    [
        "http://h",
        "http://h/",
        "http://h/?a=b",
        "http://h/a/..",
        "http://h/a/%2E%2E",
        "http://h/a/.",
        "http://h/a/b%2F",
        "http://h/%00",
        "http://h/%20",
    ],
)
def test_without_a_name_it_is_called_as_the_resource(url: str) -> None:
    assert member_name(url, "r-1") == "r-1"


@pytest.mark.parametrize(("resource", "name"), [("../../x", "x"), ("..", "file"), ("/", "file")])
def test_the_name_of_a_resource_leads_nowhere_either(resource: str, name: str) -> None:
    assert member_name("http://h/", resource) == name


def test_a_long_name_is_cut_between_letters() -> None:
    assert member_name("http://h/a" + "%C3%BC" * 300, "r-1") == "a" + "ü" * 99
    assert len(member_name("http://h/" + "x" * 100_000, "r-1")) == 200


@given(st.text(), st.text())
def test_no_url_makes_a_name_that_is_none(path: str, resource: str) -> None:
    name = member_name("http://h/" + path.replace("?", "").replace("#", ""), resource)
    assert name not in {"", ".", ".."}
    assert not set(name) & set("/\\\0\n\r")
    assert len(name.encode()) <= 200
