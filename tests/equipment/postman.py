"""A process that sends mails and dies at a named instant, as by kill -9.

Run as `python -m tests.equipment.postman INSTANT SMTP_URL DATABASE_URL BUS_URL FOLDER`.
"""

import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event as Flag

from consumers import send_mail
from schemas.base import Event
from schemas.mail import MailRequested
from store.package_ports import Mail, Mailer
from store.ports import Work
from store.smtp import open_mailer
from tests.equipment.world import PATIENCE_SECONDS, open_world

BEFORE = "before the server has the mail"
TAKEN = "after the server has the mail"
COMMITTING = "before the commit"


class Fatal:
    """Hands mails over, and dies before or after."""

    def __init__(self, inner: Mailer, fatal: str) -> None:
        self._inner = inner
        self._fatal = fatal

    def send(self, mail: Mail) -> None:
        """Hand the mail over, unless the instant comes first."""
        self.reach(BEFORE)
        self._inner.send(mail)
        self.reach(TAKEN)

    def check(self) -> None:
        """As the inner mailer."""
        self._inner.check()

    def reach(self, instant: str) -> None:
        """Die, if this is the instant."""
        if instant == self._fatal:
            os.kill(os.getpid(), signal.SIGKILL)


def main(fatal: str, smtp_url: str, database_url: str, bus_url: str, folder: str) -> None:
    """Work until the instant comes, and no further."""
    mailer = Fatal(open_mailer(smtp_url), fatal)

    def handle(event: MailRequested, work: Work) -> Sequence[Event]:
        follow_ons = send_mail.send_mail(event, work)
        mailer.reach(COMMITTING)
        return follow_ons

    consumer = replace(send_mail.CONSUMER, handle=handle)
    with open_world(
        [consumer],
        database_url=database_url,
        bus_url=bus_url,
        folder=Path(folder),
        instance="postman",
    ) as world:
        world.mailer = mailer
        with world.working(consumer):
            Flag().wait(PATIENCE_SECONDS)
    sys.exit(f"the instant {fatal!r} did not come")


if __name__ == "__main__":
    main(*sys.argv[1:])
