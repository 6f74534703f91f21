"""Events in the life of a mail. Its recipient and its text are in a row, never in an event."""

from typing import ClassVar, Literal

from schemas.base import Event, Outcome

Purpose = Literal["package", "apology"]
"""Why a mail is written: a package is there; or it will never be."""


class MailEvent(Event):
    """What every event of a mail says."""

    SUBJECT: ClassVar[str] = "about"

    mail: str
    """Id of the mail."""
    purpose: Purpose
    about: str
    """What it is about: the id of a resource."""


class MailRequested(MailEvent):
    """A mail has been written and is to be sent."""

    TYPE: ClassVar[str] = "muniment.mail.requested.v1"
    POSTABLE: ClassVar[bool] = False


class MailSent(MailEvent):
    """A mail server has taken the mail."""

    TYPE: ClassVar[str] = "muniment.mail.sent.v1"


class MailFailed(MailEvent):
    """The mail cannot be sent."""

    TYPE: ClassVar[str] = "muniment.mail.failed.v1"
    OUTCOME: ClassVar[Outcome] = "failed"

    reason: str
    """What the mail server said, without the recipient's address."""
