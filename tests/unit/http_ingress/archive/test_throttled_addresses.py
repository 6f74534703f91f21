"""Whose request it is: the address that counts, behind which proxies whatever."""

from ipaddress import ip_network

import pytest

from http_ingress.archive.throttling import address_of

TRUSTED = [ip_network("127.0.0.0/8"), ip_network("::1"), ip_network("10.1.0.0/16")]


@pytest.mark.parametrize(
    ("peer", "passed_on", "counted"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "203.0.113.9, 198.51.100.7, 10.1.2.3", "198.51.100.7"),
        ("127.0.0.1", "203.0.113.9,198.51.100.7,10.1.2.3", "198.51.100.7"),
        ("127.0.0.1", "10.1.2.3", "10.1.2.3"),
        ("::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "", "192.0.2.1"),
        ("127.0.0.1", "nonsense", "unknown"),
        ("127.0.0.1", "198.51.100.7, '; DROP TABLE", "unknown"),
        ("127.0.0.1", " , ,", "127.0.0.1"),
    ],
)
def test_the_address_that_counts(peer: str, passed_on: str, counted: str) -> None:
    assert address_of(peer, passed_on, TRUSTED) == counted
