"""Which addresses count as the public internet, and what the settings can add."""

from ipaddress import ip_address

import pytest

from store.addresses import AllowList, is_public
from store.errors import SetupError


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "192.88.98.1", "223.255.255.254", "2606:4700::1111", "2a00:1450::1"]
)
def test_public(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0",  # noqa: S104 - an address that must be refused, nothing is bound
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.0.8",
        "192.0.0.170",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:10.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:10::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
    ],
)
def test_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


ALLOWED = AllowList(
    [
        "Files.example.org",
        "archive.example.org:8443",
        "10.1.0.0/16",
        "192.168.1.7",
        "fd00:1::/32",
        "[fd00:2::1]:8080",
        "127.0.0.1:9000",
    ]
)


@pytest.mark.parametrize(
    ("host", "port", "address", "allowed"),
    [
        ("files.example.org", 443, "10.9.9.9", True),
        ("files.example.org", 8443, "10.9.9.9", True),
        ("www.files.example.org", 443, "10.9.9.9", False),
        ("archive.example.org", 8443, "10.9.9.9", True),
        ("archive.example.org", 443, "10.9.9.9", False),
        ("any.example.org", 80, "10.1.2.3", True),
        ("any.example.org", 80, "10.2.2.3", False),
        ("any.example.org", 80, "192.168.1.7", True),
        ("any.example.org", 80, "::ffff:10.1.2.3", False),
        ("any.example.org", 80, "fd00:1::5", True),
        ("fd00:2::1", 8080, "fd00:2::1", True),
        ("fd00:2::1", 8081, "fd00:2::1", False),
        ("127.0.0.1", 9000, "127.0.0.1", True),
        ("127.0.0.1", 9001, "127.0.0.1", False),
    ],
)
def test_the_settings_list_names_and_networks(
    host: str, port: int, address: str, *, allowed: bool
) -> None:
    assert ALLOWED.allows(host, port, ip_address(address)) is allowed


@pytest.mark.parametrize("entry", ["10.1.0.5/16", "https://example.org/", "", "10.0.0.0/33"])
def test_an_entry_that_is_no_place_says_what_to_write(entry: str) -> None:
    with pytest.raises(SetupError, match="write a host, host:port, or a network"):
        AllowList([entry])
