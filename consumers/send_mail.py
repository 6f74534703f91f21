"""Consumer `send-mail`: hands what has been written to the mail server, and counts what was served.

A mail is sent at least once. It is sent twice where nobody can know that the server has it: the
connection was lost before its word came, or the process died, was taken for dead, or lost its
database between that word and the checkpoint right after it. Both have one Message-ID then. No
protocol can do better (RFC 1047), as the mail server knows nothing of our transactions.
"""

from collections.abc import Sequence
from typing import Protocol

from consumers.contract import Consumer, RetryPolicy
from schemas.base import Event
from schemas.mail import MailFailed, MailRequested, MailSent
from store.errors import MailDeferredError, MailRefusedError
from store.package_ports import HasMailer, HasPackages, Mail
from store.ports import HasEvent, HasLease

_SENT = "sent"
"""The checkpoint of a mail that the server has taken."""


class Needs(HasEvent, HasLease, HasPackages, HasMailer, Protocol):
    """What this consumer may touch."""


def send_mail(event: MailRequested, work: Needs) -> Sequence[Event]:
    """Send the mail; with that, the request it answers has ended.

    Safe to repeat: a mail that was sent says so in a checkpoint, and sent again it is the same.
    Who asked is counted as served by the mail with the package alone: of the others, the failure
    has been written down before.
    """
    mail = work.mails.get(event.mail)
    if mail is None:
        return []  # it has ended
    if work.resumed != _SENT:
        try:
            work.mailer.send(mail)
        except MailRefusedError as error:
            return _failed(event, work, mail, str(error))
        work.checkpoint(_SENT)
    request = work.packages.request(mail.request)
    if request is not None:
        written = work.package_log.written(request.email)
        if mail.purpose == "package":
            work.package_log.delivered(request, written, work.now)
        work.packages.end(mail.request, work.now)
    work.mails.end(mail.id, work.now, sent=True)
    return [MailSent(**_named(event))]


def give_up(event: MailRequested, work: Needs, error: Exception) -> Sequence[Event]:
    """End a mail that the server has put off for too long; of what else goes wrong, say nothing."""
    mail = work.mails.get(event.mail)
    if mail is None or work.resumed == _SENT or not isinstance(error, MailDeferredError):
        return []
    return _failed(event, work, mail, f"given up after many tries: {error}")


def _failed(event: MailRequested, work: Needs, mail: Mail, reason: str) -> Sequence[Event]:
    request = work.packages.request(mail.request)
    if request is not None:
        written = work.package_log.written(request.email)
        if mail.purpose == "package":
            message = f"the package is there, but its mail could not be sent: {reason}"
            work.package_log.failed(request, written, message, work.now)
        work.packages.end(mail.request, work.now)
    work.mails.end(mail.id, work.now, sent=False)
    return [MailFailed(**_named(event), reason=reason)]


def _named(event: MailRequested) -> dict[str, str]:
    return {"mail": event.mail, "purpose": event.purpose, "about": event.about}


CONSUMER = Consumer(
    "send-mail",
    MailRequested,
    send_mail,
    publishes=(MailSent, MailFailed),
    # Greylisting (RFC 6647) asks for patience of seconds to an hour; nobody wants a mail that
    # comes later than half a day. 22 tries: after 5, 10, 20 … seconds, then every hour.
    retry=RetryPolicy(attempts=22, base_seconds=5, factor=2, cap_seconds=3600, jitter=0.2),
    give_up=give_up,
    long=True,
)
