"""Where mail is handed over: what a URL says of a mail server."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote, urlsplit

from store.errors import SetupError

Protection = Literal["none", "starttls", "tls"]
"""Nothing; TLS that is begun by command (RFC 3207); TLS from the first byte (RFC 8314 3.3)."""

_SCHEMES: Mapping[str, tuple[Protection, int]] = {
    "smtp": ("none", 25),
    "smtps": ("tls", 465),
    "smtp+starttls": ("starttls", 587),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """A mail server, and as whom to log in."""

    host: str
    port: int
    protection: Protection
    user: str | None
    """None: nobody logs in."""
    password: str = field(repr=False)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def mail_server(url: str) -> MailServer:
    """Return what the URL says: `smtp`, `smtps` or `smtp+starttls`, `://user:password@host:port`.

    User and password are percent-decoded; the port defaults to 25, 465 and 587. Raises SetupError,
    which never repeats the URL: a password that was not encoded could be in any part of it.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode()
    except ValueError:  # of which UnicodeError is one
        raise _wrong("its host or port cannot be read") from None
    if parts.scheme not in _SCHEMES:
        raise _wrong("it does not begin so")
    if not host:
        raise _wrong("it names no host")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise _wrong("it goes on after the port")
    protection, usual = _SCHEMES[parts.scheme]
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != (parts.password is not None):
        raise _wrong("it has a user without a password, or a password without a user")
    if not (user + password).isascii() or not (user + password).isprintable():
        raise _wrong("user and password may hold printable ASCII characters alone")
    return MailServer(
        host=host,
        port=usual if port is None else port,
        protection=protection,
        user=user or None,
        password=password,
    )


def _wrong(what: str) -> SetupError:
    return SetupError(
        "MUNIMENT_SMTP_URL must be smtp://, smtps:// or smtp+starttls://, then "
        "user:password@ if there is a login, then host or host:port. "
        f"The one given is not that: {what}. "
        "In user and password, write %40 for @, %2F for /, %3A for :, %23 for #, %3F for ?."
    )
