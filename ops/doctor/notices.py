"""Whether subscribers are told of archived frames."""

from sqlalchemy import func, select

from ops.doctor.finding import Finding, Patient
from ops.notices import broker_of, noticing
from store.errors import NoticesUnavailableError
from store.tables import frame_notices

_ADVICE = "see MUNIMENT_NOTICE_AMQP_URL; notices wait until then, and none is lost"


def notices(patient: Patient) -> Finding:
    """Ask the broker, as notices do; without one nothing is wrong."""
    settings = patient.settings
    if not broker_of(settings):
        return Finding("notices", "ok", "nobody is told of archived frames: no broker is named")
    waiting = patient.store.database.query(
        select(func.count().label("count")).select_from(frame_notices)
    )[0]["count"]
    try:
        with noticing(settings, "doctor") as way:
            way.check()
    except NoticesUnavailableError as error:
        told = f"notices that wait: {waiting}; {error}"
        return Finding("notices", "wrong", told, _ADVICE)
    told = f"the broker takes them on {settings.notice_exchange!r}; that wait: {waiting}"
    return Finding("notices", "ok", told)
