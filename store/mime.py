"""A mail as it goes over the wire: headers and both texts, RFC 5322 and RFC 2046.

The same mail has the same bytes each time, so that a mail server which gets it twice can tell.
The headers are written here and not by the standard library, which takes encoded words (RFC 2047)
for granted where a user may have typed them.
"""

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256

from schemas.mail_addresses import check_address, with_ascii_domain
from store.package_ports import Mail

_POLICY = SMTP.clone(cte_type="7bit")
_NAMED = re.compile(r"(?P<name>.*)<(?P<address>[^<>]*)>\s*")
_IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PLAIN_CHARACTERS = 60
"""A header of ASCII text that is no longer stays as it is."""
_ENCODED_BYTES = 42
"""Of text in one encoded word: 56 characters of Base64, and 12 around them; 75 are allowed."""
_NOWHERE = "muniment.invalid"
"""The domain of those who have none, RFC 2606 section 2."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom a mail is from."""

    header: str
    """Value of the field From, folded."""
    address: str
    """With its domain in ASCII; empty where there is none: nobody is told of a mail that bounces
    (the null reverse path, RFC 5321 4.5.5)."""

    @property
    def domain(self) -> str:
        """Whose names the identifiers of mails are."""
        return self.address.rpartition("@")[2] or _NOWHERE


def sender_of(text: str) -> Sender:
    """Return whom `text` names: `address`, `Name <address>`, or nobody, as in `(nobody)`."""
    squashed = _squashed(text)
    named = _NAMED.fullmatch(squashed)
    name, address = (named["name"], named["address"]) if named else ("", squashed)
    try:
        address = with_ascii_domain(check_address(address.strip()))
    except ValueError:
        return Sender(_text(squashed), "")
    name = name.strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    return Sender(f"{_phrase(name)} <{address}>" if name else address, address)


def message(mail: Mail, sender: Sender, recipient: str) -> bytes:
    """Return the mail with CRLF line ends, not yet dot-stuffed (RFC 5321 4.5.2).

    ASCII throughout, unless an address has another letter before its `@` (RFC 6532).
    """
    headers = {
        "Subject": _text(_squashed(mail.subject)),
        "From": sender.header,
        "To": recipient,
        "Date": format_datetime(mail.written_at.astimezone(UTC)),
        "Message-ID": f"<{_left(mail.id)}@{sender.domain}>",
        # So that no holiday notice answers it: RFC 3834 section 5.
        "Auto-Submitted": "auto-generated",
    }
    body = EmailMessage(policy=_POLICY)
    body.set_content(_whole(mail.text))
    body.add_alternative(_whole(mail.html), subtype="html")
    body.set_boundary(f"=_{sha256(mail.id.encode(errors='replace')).hexdigest()[:32]}")
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return lines.encode() + body.as_bytes()


def _left(identifier: str) -> str:
    """Return what is left of the `@` in a Message-ID: the identifier, if it can stand there."""
    if _IDENTIFIER.fullmatch(identifier):
        return identifier
    return sha256(identifier.encode(errors="replace")).hexdigest()


def _squashed(text: str) -> str:
    """Return one line of printable text: nothing in it begins another header."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def _text(text: str) -> str:
    """Return unstructured text for a header."""
    if text.isascii() and "=?" not in text and len(text) <= _PLAIN_CHARACTERS:
        return text
    return _encoded(text)


def _phrase(text: str) -> str:
    """Return a name for a header."""
    if text.isascii() and "=?" not in text and len(text) <= _PLAIN_CHARACTERS:
        return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
    return _encoded(text)


def _encoded(text: str) -> str:
    # What is between two encoded words is not shown: RFC 2047 section 6.2.
    words = (b64encode(piece.encode()).decode() for piece in _pieces(text))
    return "\r\n ".join(f"=?utf-8?b?{word}?=" for word in words)


def _pieces(text: str) -> Iterator[str]:
    """Cut text so that each piece is short in UTF-8, and no character is cut."""
    piece, size = "", 0
    for character in text:
        more = len(character.encode())
        if size + more > _ENCODED_BYTES:
            yield piece
            piece, size = "", 0
        piece, size = piece + character, size + more
    yield piece


def _whole(text: str) -> str:
    """Return the text with a question mark for halves of characters, which nobody could send."""
    return text.encode(errors="replace").decode()
