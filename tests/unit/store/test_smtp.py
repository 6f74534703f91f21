"""Mails are handed to a real server, and what it says is sorted by whom it concerns."""

import ssl
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from socket import socket

import pytest
import trustme

from store.errors import (
    MailDeferredError,
    MailRefusedError,
    MailUnavailableError,
    SetupError,
)
from store.mail_servers import mail_server
from store.package_ports import Mail
from store.smtp import SmtpMailer, open_mailer
from tests.equipment.post_office import HANG_UP, Posted, PostOffice, serve_mail

PASSWORD = "p@ss/w:rd"
MAIL = Mail(
    id="01890000-0000-7000-8000-000000000000",
    request="r-1",
    purpose="package",
    about="birds",
    sender="Data Portal <data@museum.example>",
    recipient="ada@example.org",
    subject="Resource from data.museum.example",
    text="Hello,\n\n.one dot\nMüseum\n",
    html="<p>Hello, Müseum</p>\n",
    written_at=datetime(2026, 11, 21, 12, 30, tzinfo=UTC),
)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def certified(authority: trustme.CA) -> ssl.SSLContext:
    """TLS of a server whose certificate names `localhost` alone."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    return tls


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with serve_mail() as office:
        yield office


def mailer_of(office: PostOffice) -> SmtpMailer:
    return open_mailer(f"smtp://127.0.0.1:{office.port}", timeout=60, patience=60)


def sent(office: PostOffice, mail: Mail) -> Posted:
    mailer_of(office).send(mail)
    return office.posted[-1]


# --- what is sent ---------------------------------------------------------------------------------


def test_a_mail_has_its_headers_and_both_texts(office: PostOffice) -> None:
    posted = sent(office, MAIL)

    assert (posted.sender, posted.recipients) == ("data@museum.example", ("ada@example.org",))
    headers = {name: str(value) for name, value in posted.message.items()}
    content_type = headers.pop("Content-Type")
    assert content_type.startswith("multipart/alternative")
    assert headers == {
        "Subject": "Resource from data.museum.example",
        "From": "Data Portal <data@museum.example>",
        "To": "ada@example.org",
        "Date": "Sat, 21 Nov 2026 12:30:00 +0000",
        "Message-ID": "<01890000-0000-7000-8000-000000000000@museum.example>",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
    }
    parts = [part.get_content_type() for part in posted.message.iter_parts()]
    assert parts == ["text/plain", "text/html"]
    assert posted.text("plain") == MAIL.text
    assert posted.text("html") == MAIL.html
    assert posted.content.isascii()


def test_the_same_mail_has_the_same_bytes_each_time(office: PostOffice) -> None:
    assert sent(office, MAIL).content == sent(office, MAIL).content


@pytest.mark.parametrize(
    "subject",
    [
        "Vögel aus dem Müseum",
        "漢字" * 60,
        "a" * 300,
        "a word " * 40,
        "=?utf-8?q?=0D=0ABcc:_bob@example.org?=",
        "😀" * 11 + "é",
    ],
)
def test_a_subject_arrives_as_it_was_written(office: PostOffice, subject: str) -> None:
    posted = sent(office, replace(MAIL, subject=subject))
    assert str(posted.message["Subject"]) == subject.strip()
    head = posted.content.partition(b"\r\n\r\n")[0]
    assert all(len(line) <= 78 for line in head.splitlines())


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028", "\x85", "\x0b", "\x0c"])
def test_nothing_in_a_value_begins_another_header(office: PostOffice, end: str) -> None:
    injected = f"birds{end}Bcc: bob@example.org{end}{end}text"
    posted = sent(office, replace(MAIL, subject=injected, sender=f"(nobody){injected}"))
    assert posted.recipients == ("ada@example.org",)
    assert "Bcc" not in posted.message
    assert str(posted.message["Subject"]) == "birds Bcc: bob@example.org text"


def test_a_sender_without_an_address_is_told_of_no_bounce(office: PostOffice) -> None:
    posted = sent(office, replace(MAIL, sender="(nobody)"))
    assert posted.sender == ""
    assert b"\r\nFrom: (nobody)\r\n" in posted.content
    assert str(posted.message["Message-ID"]).endswith("@muniment.invalid>")


@pytest.mark.parametrize(
    ("sender", "address", "name"),
    [
        ("data@museum.example", "data@museum.example", ""),
        ("<data@museum.example>", "data@museum.example", ""),
        ("Müseum: Daten, frei <data@müseum.example>", "data@xn--mseum-kva.example", None),
        ('"Data \\"Portal\\"" <data@museum.example>', "data@museum.example", 'Data "Portal"'),
        ("Portal localhost:5000 <data@museum.example>", None, "Portal localhost:5000"),
    ],
)
def test_the_sender_may_have_a_name(
    office: PostOffice, sender: str, address: str | None, name: str | None
) -> None:
    posted = sent(office, replace(MAIL, sender=sender))
    (seen,) = posted.message["From"].addresses
    assert posted.sender == seen.addr_spec == (address or "data@museum.example")
    assert seen.display_name == ("Müseum: Daten, frei" if name is None else name)


def test_a_domain_is_sent_in_ascii(office: PostOffice) -> None:
    posted = sent(office, replace(MAIL, recipient="ada@bücher.example"))
    assert posted.recipients == ("ada@xn--bcher-kva.example",)
    assert str(posted.message["To"]) == "ada@xn--bcher-kva.example"
    assert posted.options == ()


def test_other_letters_before_the_at_are_sent_where_the_server_takes_them(
    office: PostOffice,
) -> None:
    posted = sent(office, replace(MAIL, recipient="zoë@bücher.example"))
    assert posted.recipients == ("zoë@xn--bcher-kva.example",)
    assert "SMTPUTF8" in posted.options
    assert "To: zoë@xn--bcher-kva.example\r\n".encode() in posted.content


def test_other_letters_before_the_at_are_refused_where_it_does_not() -> None:
    with (
        serve_mail(utf8=False) as office,
        pytest.raises(MailRefusedError, match="SMTPUTF8") as caught,
    ):
        mailer_of(office).send(replace(MAIL, recipient="zoë@example.org"))
    assert "zoë" not in str(caught.value)
    assert office.asked["MAIL"] == 0


def test_a_recipient_that_is_no_address_is_refused_before_anybody_is_asked(
    office: PostOffice,
) -> None:
    with pytest.raises(MailRefusedError):
        mailer_of(office).send(replace(MAIL, recipient="ada@example.org>\r\nRCPT TO:<bob@x.org"))
    assert not office.asked


def test_texts_of_any_length_and_halves_of_characters_can_be_sent(office: PostOffice) -> None:
    posted = sent(office, replace(MAIL, text="x" * 5000 + "\n.\n..\n\ud800\n", html="é" * 3000))
    assert posted.text("plain") == "x" * 5000 + "\n.\n..\n?\n"
    assert posted.text("html") == "é" * 3000 + "\n"
    assert all(len(line) <= 998 for line in posted.content.splitlines())


# --- what the server says -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "answer", "error"),
    [
        ("EHLO", HANG_UP, MailUnavailableError),
        ("MAIL", "421 4.3.2 closing", MailUnavailableError),
        ("MAIL", "530 5.7.0 log in first", MailUnavailableError),
        ("MAIL", "451 4.7.1 later", MailDeferredError),
        ("MAIL", "553 5.1.8 no such sender", MailRefusedError),
        ("RCPT", "450 4.2.0 greylisted", MailDeferredError),
        ("RCPT", "550 5.1.1 unknown", MailRefusedError),
        ("RCPT", HANG_UP, MailUnavailableError),
        ("DATA", "452 4.3.1 full", MailDeferredError),
        ("DATA", "554 5.7.1 spam", MailRefusedError),
        ("DATA", "421 4.3.2 closing", MailUnavailableError),
        ("DATA", HANG_UP, MailDeferredError),
        ("DATA", "what?", MailDeferredError),
    ],
)
def test_an_answer_is_sorted_by_whom_it_concerns(
    office: PostOffice, command: str, answer: str, error: type[Exception]
) -> None:
    mailer = mailer_of(office)
    office.say(command, answer)
    with pytest.raises(error) as caught:
        mailer.send(MAIL)
    if answer[0].isdigit():
        assert answer.partition(" ")[0] in str(caught.value)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "550 5.1.1 <ada@example.org>: Recipient address rejected",
            "550 5.1.1 <a…@example.org>: Recipient address rejected",
        ),
        ("550 Ada@EXAMPLE.org unknown", "550 A…@EXAMPLE.org unknown"),
        ("550 no mailbox 'ada' here", "550 no mailbox 'a…' here"),
        ("550 forwarded to boss@inner.example", "550 forwarded to b…@inner.example"),
        ("550 adamant: no", "550 adamant: no"),
        ("550 " + "x" * 600, "550 " + "x" * 500),
    ],
)
def test_what_the_server_says_is_told_without_addresses(
    office: PostOffice, said: str, told: str
) -> None:
    office.say("RCPT", said)
    with pytest.raises(MailRefusedError) as caught:
        mailer_of(office).send(MAIL)
    assert str(caught.value) == f"the mail server said {told}"


def test_nobody_listening_is_a_server_that_is_down(free_port: int) -> None:
    mailer = open_mailer(f"smtp://user:secret@127.0.0.1:{free_port}")
    with pytest.raises(MailUnavailableError, match=str(free_port)) as caught:
        mailer.check()
    assert "secret" not in str(caught.value)
    with pytest.raises(MailUnavailableError, match=str(free_port)):
        mailer.send(MAIL)


def test_a_server_that_says_nothing_is_not_waited_for() -> None:
    with closing(socket()) as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        mailer = open_mailer(f"smtp://127.0.0.1:{silent.getsockname()[1]}", timeout=0.05)
        with pytest.raises(MailUnavailableError, match="timed out"):
            mailer.send(MAIL)


def test_a_check_sends_nothing(office: PostOffice) -> None:
    mailer_of(office).check()
    assert set(office.asked) == {"EHLO"}


# --- TLS and login --------------------------------------------------------------------------------


def test_tls_from_the_first_byte(certified: ssl.SSLContext, bundle: str) -> None:
    with serve_mail(tls=certified, logins={"muniment": PASSWORD}) as office:
        url = f"smtps://muniment:p%40ss%2Fw%3Ard@localhost:{office.port}"
        mailer = open_mailer(url, verify=bundle)
        mailer.check()
        mailer.send(MAIL)
    (posted,) = office.posted
    assert (posted.protected, posted.user) == (True, "muniment")


def test_tls_by_command(certified: ssl.SSLContext, bundle: str) -> None:
    with serve_mail(starttls=certified, logins={"muniment": PASSWORD}) as office:
        url = f"smtp+starttls://muniment:p%40ss%2Fw%3Ard@localhost:{office.port}"
        open_mailer(url, verify=bundle).send(MAIL)
    (posted,) = office.posted
    assert (posted.protected, posted.user) == (True, "muniment")


def test_what_is_not_protected_is_not_sent(office: PostOffice) -> None:
    mailer = open_mailer(f"smtp+starttls://user:secret@localhost:{office.port}")
    with pytest.raises(MailUnavailableError, match="STARTTLS"):
        mailer.send(MAIL)
    assert set(office.asked) == {"EHLO"}


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_server_that_is_not_trusted_is_told_nothing(
    certified: ssl.SSLContext, bundle: str, scheme: str, host: str
) -> None:
    # The one has a certificate for another name, the other one of an unknown authority.
    verify = bundle if host == "127.0.0.1" else None
    tls, starttls = (certified, None) if scheme == "smtps" else (None, certified)
    with serve_mail(tls=tls, starttls=starttls) as office:
        mailer = open_mailer(f"{scheme}://{host}:{office.port}", verify=verify)
        with pytest.raises(MailUnavailableError, match=r"(?i)certificate"):
            mailer.send(MAIL)
        assert not office.posted


def test_a_login_that_is_not_known_concerns_all_mails() -> None:
    with serve_mail(logins={"muniment": PASSWORD}) as office:
        for login in ("", "muniment:wrong-one@"):
            mailer = open_mailer(f"smtp://{login}127.0.0.1:{office.port}")
            with pytest.raises(MailUnavailableError) as caught:
                mailer.send(MAIL)
            assert "wrong-one" not in str(caught.value)


# --- the URL --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "host", "port", "protection"),
    [
        ("smtp://localhost", "localhost", 25, "none"),
        ("smtps://mail.example.org/", "mail.example.org", 465, "tls"),
        ("smtp+starttls://mail.example.org", "mail.example.org", 587, "starttls"),
        ("smtp://[::1]:2525", "::1", 2525, "none"),
        ("smtp://bücher.example", "xn--bcher-kva.example", 25, "none"),
    ],
)
def test_a_url_names_a_server(url: str, host: str, port: int, protection: str) -> None:
    server = mail_server(url)
    assert (server.host, server.port, server.protection) == (host, port, protection)
    assert server.user is None


def test_user_and_password_are_decoded_and_not_shown() -> None:
    server = mail_server("smtp+starttls://me%40museum.example:s%3Acret%25@mail.example.org")
    assert (server.user, server.password) == ("me@museum.example", "s:cret%")
    assert "s:cret%" not in f"{server!r} {server}"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:25",
        "http://localhost",
        "smtp://",
        "smtp://localhost:port",
        "smtp://localhost:99999",
        "smtp://secret@localhost",
        "smtp://:secret@localhost",
        "smtp://user:se/cret@localhost",
        "smtp://user:secret#@localhost",
        "smtp://user:secret?@localhost",
        "smtp://user:secret%0D%0A@localhost",
        "smtp://user:secret%C3%A9@localhost",
        "smtp://localhost/path",
        "smtp://a..b",
        "smtp://[::1",
    ],
)
def test_a_url_that_cannot_be_meant_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(SetupError, match="MUNIMENT_SMTP_URL") as caught:
        open_mailer(url)
    assert "cret" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
