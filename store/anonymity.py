"""What is kept of a requester's address in the packager's statistics: as typed, or a hash of it.

Two hashes. `bcrypt` is the one that ckanpackager stored, to the character, so that rows of its
database keep matching; since its salt is the domain, whoever has the rows can try addresses.
`keyed` needs a key of the installation's own, and whoever has the rows alone can try nothing.
Neither has an `@` in it, so that no address is ever taken for a hash, nor a hash hashed again.
"""

import hmac
import re
from base64 import b64encode
from collections.abc import Callable
from typing import Literal

import bcrypt

Anonymise = Callable[[str], str]
"""Takes an address, and returns what is stored of it. May take a quarter of a second."""

Mode = Literal["no", "bcrypt", "keyed"]

_COST = b"$2b$12$"
_ALPHABET = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
"""Of bcrypt's own Base64, in order of the value."""
_SALT = 22
"""Characters of a salt of 128 bits: of the last one, only the upper two bits are the salt's."""
_WIDTH = 18
_LONGEST = 72
"""Bytes of a password that bcrypt reads."""
_KEYED = "hmac-sha256:"
_HASH = re.compile(r"\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53}|hmac-sha256:[0-9a-f]{64}")


def anonymiser(mode: Mode, secret: bytes = b"") -> Anonymise:
    """Return the function that says what is stored of an address.

    A hash of either kind is returned as it is. `secret` is the key of `keyed`; raises ValueError
    if that has none.
    """
    if mode == "no":
        return str
    if mode == "bcrypt":
        return _bcrypt
    if not secret:
        raise ValueError("a keyed hash needs a key")
    return lambda email: _keyed(email, secret)


def is_hash(stored: str) -> bool:
    """Whether this is what an anonymiser stores, and no address."""
    return _HASH.fullmatch(stored) is not None


def domain_of(email: str) -> str:
    """Return what is after the first `@`, in lower case; the whole address if there is none."""
    _, at, domain = email.partition("@")
    return (domain if at else email).lower()


def without(email: str, text: str) -> str:
    """Return a text with the address left out of it, in whatever case it is there."""
    if "@" not in email:
        return text
    return re.sub(re.escape(email), "(address)", text, flags=re.IGNORECASE)


def _keyed(email: str, secret: bytes) -> str:
    if is_hash(email):
        return email
    return _KEYED + hmac.digest(secret, _bytes(email.lower()), "sha256").hex()


def _bcrypt(email: str) -> str:
    if is_hash(email):
        return email
    password = _bytes(email.lower())[:_LONGEST]
    return bcrypt.hashpw(password, _COST + _salt(domain_of(email))).decode()


def _salt(domain: str) -> bytes:
    """Return bcrypt's text of a salt that is plain Base64 of a domain."""
    try:
        name = domain.encode("ascii")
    except UnicodeEncodeError:
        name = _in_ascii(domain)
    # Base64 has one character that bcrypt's alphabet lacks (`~` and `>` lead to it).
    salt = b64encode(name.rjust(_WIDTH, b"0"))[:_SALT].replace(b"+", b".")
    # The last character's lower bits were ignored once, and are refused by now.
    last = _ALPHABET[_ALPHABET.index(salt[-1]) & 0b110000]
    return salt[:-1] + bytes([last])


def _in_ascii(domain: str) -> bytes:
    """Return the domain in the form that DNS knows (RFC 3490); if it has none, its UTF-8."""
    try:
        return domain.encode("idna")
    except UnicodeError:
        return _bytes(domain)


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
