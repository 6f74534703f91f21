"""A real mail server on loopback that says what a test tells it to, and keeps what it gets."""

import asyncio
import ssl
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from threading import Thread

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword, Session
from aiosmtpd.smtp import Envelope as Transaction

HANG_UP = "hang up"
"""An answer that is none: the connection is cut."""


@dataclass(frozen=True)
class Posted:
    """A mail that the server was given."""

    sender: str
    """Of the envelope; empty: the null reverse path."""
    recipients: tuple[str, ...]
    content: bytes
    """As it came, dot-stuffing undone."""
    options: tuple[str, ...]
    """Of the command MAIL."""
    protected: bool
    """It came over TLS."""
    user: str | None

    @property
    def message(self) -> EmailMessage:
        """The mail, read."""
        read = message_from_bytes(self.content, policy=default)
        assert isinstance(read, EmailMessage)
        return read

    def text(self, kind: str) -> str:
        """Return the part `plain` or `html`, with LF line ends."""
        part = self.message.get_body((kind,))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")


@dataclass
class PostOffice:
    """A running mail server."""

    port: int
    logins: dict[str, str] = field(default_factory=dict)
    """Passwords by user; where there are any, nobody else may send."""
    posted: list[Posted] = field(default_factory=list)
    """What it was given and has not turned away, in order."""
    asked: Counter[str] = field(default_factory=Counter)
    """How often each command came, DATA with its mail."""
    reached: Callable[[str], None] = lambda _command: None
    """Is called in the server's thread with a command before it is answered."""
    _answers: dict[str, deque[str]] = field(default_factory=dict)

    def say(self, command: str, answer: str, times: int = 1) -> None:
        """Answer the next commands `EHLO`, `MAIL`, `RCPT`, `DATA` (after the dot) like this.

        After the dot, a mail that is then lost by hanging up has been taken all the same.
        """
        self._answers.setdefault(command, deque()).extend([answer] * times)

    def answer(self, command: str) -> str | None:
        """Note the command, and return what is to be said to it; None: the usual."""
        self.asked[command] += 1
        self.reached(command)
        answers = self._answers.get(command)
        return answers.popleft() if answers else None


class _Clerk:
    """Handles commands for aiosmtpd."""

    def __init__(self, office: PostOffice) -> None:
        self._office = office

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's names
        self, server: SMTP, session: Session, _: Transaction, name: str, offers: list[str]
    ) -> list[str]:
        answer = await self._answer(server, "EHLO")
        session.host_name = name
        return offers if answer is None else [answer]

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, mail: Transaction, address: str, options: list[str]
    ) -> str:
        answer = await self._answer(server, "MAIL")
        if self._office.logins and not session.authenticated:
            return "530 5.7.0 Authentication required"
        if answer is None:
            mail.mail_from = address
            mail.mail_options.extend(options)
        return answer or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _: Session, mail: Transaction, address: str, _options: list[str]
    ) -> str:
        answer = await self._answer(server, "RCPT")
        if answer is None:
            mail.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, mail: Transaction
    ) -> str:
        assert server.transport is not None
        assert mail.original_content is not None
        login = session.auth_data
        one = Posted(
            sender=(mail.mail_from or "").removeprefix("<>"),
            recipients=tuple(mail.rcpt_tos),
            content=mail.original_content,
            options=tuple(mail.mail_options),
            protected=server.transport.get_extra_info("sslcontext") is not None,
            user=login.login.decode() if isinstance(login, LoginPassword) else None,
        )
        answer = await self._answer(server, "DATA", one)
        if answer is None:
            self._office.posted.append(one)
        return answer or "250 OK"

    async def _answer(self, server: SMTP, command: str, mail: Posted | None = None) -> str | None:
        answer = self._office.answer(command)
        if answer == HANG_UP:
            if mail is not None:
                self._office.posted.append(mail)
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            await asyncio.Event().wait()  # this task is cancelled as soon as the cut is seen
        return answer


@contextmanager
def serve_mail(  # noqa: PLR0913 - each says one thing
    port: int = 0,
    *,
    tls: ssl.SSLContext | None = None,
    starttls: ssl.SSLContext | None = None,
    logins: dict[str, str] | None = None,
    utf8: bool = True,
    reached: Callable[[str], None] = lambda _command: None,
) -> Iterator[PostOffice]:
    """Run a mail server on 127.0.0.1 for a block; port 0: one that is free.

    `tls` is spoken from the first byte, `starttls` by command; `logins` are passwords by user;
    `utf8` says whether addresses may hold any letters.
    """
    office = PostOffice(port, dict(logins or {}), reached=reached)
    clerk = _Clerk(office)
    loop = asyncio.new_event_loop()

    def authenticate(
        _: SMTP, __: Session, ___: Transaction, ____: str, login: object
    ) -> AuthResult:
        assert isinstance(login, LoginPassword)
        known = office.logins.get(login.login.decode()) == login.password.decode()
        return AuthResult(success=known, handled=known, auth_data=login)

    def clerk_for_one() -> SMTP:
        return SMTP(
            clerk,
            enable_SMTPUTF8=utf8,
            hostname="mail.example.org",
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=authenticate,
            auth_require_tls=False,
            loop=loop,
        )

    server = loop.run_until_complete(loop.create_server(clerk_for_one, "127.0.0.1", port, ssl=tls))
    office.port = server.sockets[0].getsockname()[1]
    thread = Thread(target=loop.run_forever, name="post office")
    thread.start()
    try:
        yield office
    finally:
        asyncio.run_coroutine_threadsafe(_close(server), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _close(server: asyncio.Server) -> None:
    server.close()
    await server.wait_closed()
    rest = [one for one in asyncio.all_tasks() if one is not asyncio.current_task()]
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
