"""Digests in headers."""

import hashlib
from base64 import b64encode

import pytest
from multidict import CIMultiDict

from http_ingress.digests import announced, repr_digest
from http_ingress.problems import Problem

SHA256, MD5 = hashlib.sha256(b"x"), hashlib.md5(b"x", usedforsecurity=False)
SHA256_TEXT, MD5_TEXT = (b64encode(one.digest()).decode() for one in (SHA256, MD5))


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ([], {}),
        ([("Content-MD5", MD5_TEXT)], {"md5": MD5.hexdigest()}),
        ([("Content-MD5", f" {MD5_TEXT} ")], {"md5": MD5.hexdigest()}),
        ([("Repr-Digest", f"sha-256=:{SHA256_TEXT}:")], {"sha256": SHA256.hexdigest()}),
        (
            [("Content-Digest", f"md5=:{MD5_TEXT}:,  sha-256=:{SHA256_TEXT}:")],
            {"md5": MD5.hexdigest(), "sha256": SHA256.hexdigest()},
        ),
        (
            [("Repr-Digest", "sha-512=:AAAA:"), ("Repr-Digest", f"md5=:{MD5_TEXT}:")],
            {"md5": MD5.hexdigest()},
        ),
    ],
)
def test_digests_are_read(headers: list[tuple[str, str]], found: dict[str, str]) -> None:
    assert announced(CIMultiDict(headers)) == found


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Content-MD5", MD5.hexdigest()),
        ("Content-MD5", "?"),
        ("Content-MD5", ""),
        ("Repr-Digest", ""),
        ("Repr-Digest", SHA256.hexdigest()),
        ("Repr-Digest", f"sha-256={SHA256_TEXT}"),
        ("Repr-Digest", f"sha-256=:{MD5_TEXT}:"),
        ("Content-Digest", "sha-256=:A:"),
        ("Content-Digest", f"md5=:{MD5_TEXT}:, md5=:{b64encode(bytes(16)).decode()}:"),
    ],
)
def test_a_malformed_digest_is_named(header: str, value: str) -> None:
    with pytest.raises(Problem) as caught:
        announced(CIMultiDict({header: value}))
    assert (caught.value.kind.status, caught.value.members["field"]) == (400, header)


def test_what_is_told_can_be_read() -> None:
    told = CIMultiDict({"Repr-Digest": repr_digest(SHA256.hexdigest())})
    assert announced(told) == {"sha256": SHA256.hexdigest()}
