"""Whether mails leave."""

from sqlalchemy import func, select

from ops.doctor.finding import Finding, Patient
from store.errors import MailUnavailableError
from store.tables import mails

_ADVICE = "see MUNIMENT_SMTP_URL; mails wait until then, and none is lost"


def mail(patient: Patient) -> Finding:
    """Ask the mail server, as mails do; without one nothing is wrong as long as none waits."""
    waiting = patient.store.database.query(
        select(func.count().label("count")).select_from(mails).where(mails.c.ended_at.is_(None))
    )[0]["count"]
    try:
        patient.store.mailer.check()
    except MailUnavailableError as error:
        if waiting:
            return Finding("mail", "wrong", f"mails that wait: {waiting}; {error}", _ADVICE)
        return Finding("mail", "ok", f"no mail waits (and none could leave: {error})")
    return Finding("mail", "ok", f"the mail server answers; mails that wait: {waiting}")
