"""Digests in headers: Content-MD5 (RFC 1864), Repr-Digest and Content-Digest (RFC 9530).

SHA-256 and MD5 are understood; others may stand beside them and are not looked at, as RFC 9530
section 2 has it.
"""

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator

from multidict import MultiMapping

from http_ingress import problems
from http_ingress.problems import Problem

_LENGTHS = {"sha256": 32, "md5": 16}
_FIELDS = {"sha-256": "sha256", "md5": "md5"}
_MEMBER = re.compile(r"^[ \t]*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/=]*):[ \t]*$")


def announced(headers: MultiMapping[str]) -> dict[str, str]:
    """Return what the headers announce of a body: `sha256`, `md5`, in hex.

    Raises a Problem when a header is malformed or two contradict each other.
    """
    found: dict[str, str] = {}
    for header, field, value in _each(headers):
        if found.setdefault(field, value) != value:
            raise _malformed(header, f"another header announces another {field}")
    return found


def repr_digest(sha256: str) -> str:
    """Return a Repr-Digest header of a SHA-256 in hex."""
    return f"sha-256=:{b64encode(bytes.fromhex(sha256)).decode()}:"


def _each(headers: MultiMapping[str]) -> Iterator[tuple[str, str, str]]:
    if "Content-MD5" in headers:
        yield "Content-MD5", "md5", _hex("Content-MD5", "md5", headers["Content-MD5"].strip())
    for header in ("Repr-Digest", "Content-Digest"):
        if header not in headers:
            continue
        for member in ",".join(headers.getall(header)).split(","):
            match = _MEMBER.match(member)
            if match is None:
                raise _malformed(header, "it must look like sha-256=:BASE64:")
            field = _FIELDS.get(match[1])
            if field is not None:
                yield header, field, _hex(header, field, match[2])


def _hex(header: str, field: str, value: str) -> str:
    try:
        digest = b64decode(value, validate=True)
    except binascii.Error as error:
        raise _malformed(header, f"{field} must be base64") from error
    if len(digest) != _LENGTHS[field]:
        raise _malformed(header, f"{field} must be {_LENGTHS[field]} bytes in base64")
    return digest.hex()


def _malformed(header: str, message: str) -> Problem:
    return Problem(problems.MALFORMED, f"{header}: {message}.", field=header)
