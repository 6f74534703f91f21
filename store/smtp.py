"""Hands mails to a mail server: SMTP, RFC 5321.

What goes wrong is sorted by whom it concerns: the server (MailUnavailableError: everybody waits),
one mail for now (MailDeferredError), one mail for ever (MailRefusedError). What the server says is
told without anybody's address.
"""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

from schemas.mail_addresses import check_address, masked, with_ascii_domain
from store.errors import MailDeferredError, MailRefusedError, MailUnavailableError
from store.mail_servers import MailServer, mail_server
from store.mime import message, sender_of
from store.package_ports import Mail

_DONE, _GO_ON, _NOT_NOW, _NEVER = 2, 3, 4, 5
"""First digits of replies, RFC 5321 section 4.2.1."""
_CLOSING = 421
_LOG_IN_FIRST = {530, 534, 535, 538}
"""Login or TLS are missing or not enough: RFC 4954 section 6, RFC 3207 section 4."""
_LEAVE_SECONDS = 5
"""How long the answer to our leave is waited for: nothing depends on it."""
_LONGEST_TEXT = 500
"""Characters of what a server says that are told."""
_ADDRESS = re.compile(r"""[^\s<>()\[\]:;,"]+@[^\s<>()\[\]:;,"]+""")

_Reply = tuple[int, bytes]


def open_mailer(
    url: str, *, verify: str | None = None, timeout: float = 60, patience: float = 600
) -> "SmtpMailer":
    """Return what hands mails to the server that `url` names (see `mail_server`).

    Nothing is connected. `verify` is a file of CA certificates that replaces those of the system;
    `timeout`, in seconds, is for connecting and for each answer; `patience` for the answer to a
    whole mail, which comes late: who stops waiting too soon sends it twice (RFC 5321 4.5.3.2.6).
    Raises SetupError.
    """
    server = mail_server(url)
    tls = None if server.protection == "none" else ssl.create_default_context(cafile=verify)
    return SmtpMailer(server, tls, timeout, patience)


class SmtpMailer:
    """Hands each mail over in a conversation of its own. Safe to use from several threads."""

    def __init__(
        self, server: MailServer, tls: ssl.SSLContext | None, timeout: float, patience: float
    ) -> None:
        self._server = server
        self._tls = tls
        self._timeout = timeout
        self._patience = patience

    def send(self, mail: Mail) -> None:
        """Hand the mail over.

        When the connection is lost within the mail, or after its last byte and before the answer,
        it is deferred: it is sent again, although the server may have it. Nobody can know (RFC
        1047); both have the same Message-ID, and all their bytes in common.
        """
        sender = sender_of(mail.sender)
        try:
            recipient = with_ascii_domain(check_address(mail.recipient))
        except ValueError as error:
            raise MailRefusedError(f"not sent: {error}") from None
        content = message(mail, sender, recipient)
        international = not (sender.address + recipient).isascii()
        with self._conversation() as client:
            options = ""
            if international:
                if not client.has_extn("smtputf8"):
                    raise MailRefusedError(
                        "the mail server takes no address with such letters before the @ "
                        "(it does not offer SMTPUTF8, RFC 6531)"
                    )
                client.command_encoding = "utf-8"
                options = " SMTPUTF8 BODY=8BITMIME"
            local = mail.recipient.rpartition("@")[0]
            _judge(client.docmd("MAIL", f"FROM:<{sender.address}>{options}"), local)
            _judge(client.docmd("RCPT", f"TO:<{recipient}>"), local)
            _judge(client.docmd("DATA"), local, well=_GO_ON)
            _judge(self._transmit(client, content), local)

    def check(self) -> None:
        """Return when the server answers, and lets us in if there is a login."""
        with self._conversation():
            pass

    def _transmit(self, client: smtplib.SMTP, content: bytes) -> _Reply:
        stuffed = re.sub(rb"(?m)^\.", b"..", content)
        ending = b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n"
        try:
            if client.sock is not None:
                client.sock.settimeout(self._patience)
            client.send(stuffed + ending)
            reply = client.getreply()
        except OSError as error:
            # Not the server's trouble alone: were it for this mail that it hangs up, everybody
            # would wait for ever, and the recipient get it again and again.
            raise self._unsaid(_said(error)) from None
        if reply[0] // 100 not in {_DONE, _NOT_NOW, _NEVER}:
            raise self._unsaid(f"it answered {reply[0]}")
        return reply

    def _unsaid(self, instead: str) -> MailDeferredError:
        return MailDeferredError(f"{self._server} did not say whether it has the mail: {instead}")

    @contextmanager
    def _conversation(self) -> Iterator[smtplib.SMTP]:
        """Greet, protect, log in; take leave in the end. Raises MailUnavailableError."""
        try:
            with closing(self._connected()) as client:
                self._introduce(client)
                try:
                    yield client
                finally:
                    _take_leave(client)
        except OSError as error:  # of which all errors of smtplib are some
            raise MailUnavailableError(f"{self._server}: {_said(error)}") from None

    def _connected(self) -> smtplib.SMTP:
        host, port = self._server.host, self._server.port
        if self._server.protection == "tls":
            return smtplib.SMTP_SSL(host, port, timeout=self._timeout, context=self._tls)
        return smtplib.SMTP(host, port, timeout=self._timeout)

    def _introduce(self, client: smtplib.SMTP) -> None:
        client.ehlo_or_helo_if_needed()
        if self._server.protection == "starttls":
            # Raises if it is not offered: whoever is in between could have left it out.
            client.starttls(context=self._tls)
            client.ehlo_or_helo_if_needed()
        if self._server.user is not None:
            client.login(self._server.user, self._server.password)


def _take_leave(client: smtplib.SMTP) -> None:
    with suppress(OSError):
        if client.sock is not None:
            client.sock.settimeout(_LEAVE_SECONDS)
        client.quit()


def _judge(reply: _Reply, local: str, *, well: int = _DONE) -> None:
    """Raise what the reply to a command means, if it does not begin with the digit `well`."""
    code, text = reply
    if code // 100 == well:
        return
    said = f"the mail server said {code} {_discreet(text, local)}".rstrip()
    if code // 100 == _NOT_NOW and code != _CLOSING:
        raise MailDeferredError(said)
    if code // 100 == _NEVER and code not in _LOG_IN_FIRST:
        raise MailRefusedError(said)
    raise MailUnavailableError(said)


def _discreet(text: bytes, local: str = "") -> str:
    """Return what a server says as one line, without the addresses in it."""
    line = " ".join(text.decode(errors="replace").split())
    line = _ADDRESS.sub(lambda found: masked(found[0]), line)
    if len(local) > 1:
        # `User ada unknown`
        line = re.sub(rf"(?<![\w.]){re.escape(local)}(?![\w.@…])", masked(local), line)
    return line[:_LONGEST_TEXT]


def _said(error: OSError) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        raw = text if isinstance(text, bytes) else text.encode()
        return f"{error.smtp_code} {_discreet(raw)}".rstrip()
    return error.strerror or str(error) or type(error).__name__
