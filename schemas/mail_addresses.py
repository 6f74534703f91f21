"""Addresses of mail: what is taken for one, how it is written for machines, and masked for people.

No message of an error here repeats the address.
"""

import re
import unicodedata

LONGEST = 254
"""Bytes of an address: a path of 256 octets without its angle brackets (RFC 5321 4.5.3.1.3)."""

_LONGEST_LABEL = 63
_SPECIAL = re.compile(r"""[\s()<>\[\]:;\\,"]""")
"""What could end an address, begin another, or needs quotes (RFC 5322 3.2.3)."""
_DOTS = re.compile("[.\u3002\uff0e\uff61]")
"""What separates labels, RFC 3490 section 3.1."""


def check_address(text: str) -> str:
    """Return the text, which is the address of one recipient.

    Whether there is a mailbox is for mail servers to say. Raises ValueError with what is wrong.
    """
    if not text:
        raise ValueError("an e-mail address is missing")
    if not text.isprintable() or _SPECIAL.search(text):
        raise ValueError(
            "an e-mail address has no blanks, line breaks, commas, semicolons, quotes and brackets"
        )
    local, _, domain = text.partition("@")
    if not local or not domain or "@" in domain:
        raise ValueError("an e-mail address has one @, with something on both sides")
    if len(with_ascii_domain(text).encode()) > LONGEST or len(text.encode()) > LONGEST:
        raise ValueError(f"an e-mail address has at most {LONGEST} bytes")
    return text


def with_ascii_domain(address: str) -> str:
    """Return the address with its domain as the DNS knows it: `bücher.example` begins `xn--`.

    Other characters of the domain, and all before it, stay as they are. Raises ValueError.
    """
    local, _, domain = address.rpartition("@")
    if domain.isascii():
        labels = domain.removesuffix(".").split(".")
    else:
        # IDNA 2008: unlike Python's codec, which is of 2003, it tells `straße` from `strasse`.
        small = unicodedata.normalize("NFKC", domain).lower()
        labels = [_ascii_label(label) for label in _DOTS.split(small)]
    if not all(0 < len(label) <= _LONGEST_LABEL for label in labels):
        raise ValueError("this is no domain: a part between two dots is empty or too long")
    return f"{local}@{'.'.join(labels)}"


def _ascii_label(label: str) -> str:
    return label if label.isascii() else f"xn--{label.encode('punycode').decode()}"


def masked(email: str) -> str:
    """Return the address so that whoever knows it recognises it: `a…@example.org`."""
    local, at, domain = email.rpartition("@")
    if not at:
        local, domain = email, ""
    # A single letter would be the whole of it.
    first = local[:1] if len(local) > 1 else ""
    return f"{first}…{at}{domain}"
