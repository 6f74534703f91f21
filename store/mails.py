"""Rows of mails that wait to be sent."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select, update

from store.database import Database, Transaction
from store.package_ports import Mail
from store.tables import mails


class SqlMails:
    """Mails within one transaction; `get` reads outside of it."""

    def __init__(self, transaction: Transaction, database: Database) -> None:
        self._transaction = transaction
        self._database = database

    def get(self, mail_id: str) -> Mail | None:
        """Return a mail that has not ended."""
        found = self._database.query(
            select(mails).where(mails.c.id == mail_id, mails.c.ended_at.is_(None))
        )
        return Mail(**{name: found[0][name] for name in Mail.__slots__}) if found else None

    def add(self, mail: Mail) -> None:
        """Keep a mail."""
        self._transaction.insert(mails, [asdict(mail)])

    def end(self, mail_id: str, now: datetime, *, sent: bool) -> None:
        """Note what became of a mail, and forget the rest."""
        self._transaction.execute(
            update(mails)
            .where(mails.c.id == mail_id)
            .values(ended_at=now, sent=sent, recipient=None, subject=None, text=None, html=None)
        )
