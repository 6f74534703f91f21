"""Whether the observation portal can be asked who is who."""

from ops.doctor.finding import Finding, Patient
from store.errors import PortalUnavailableError

_ADVICE = (
    "see MUNIMENT_PORTAL_OAUTH_PROFILE_URL and MUNIMENT_PORTAL_OAUTH_TOKEN_URL; until then its "
    "users get in by their archive tokens only, and see the proposals that were known last"
)


def portal(patient: Patient) -> Finding:
    """Ask it without credentials, which it is to refuse; without one nothing is wrong."""
    settings, there = patient.settings, patient.store.portal
    if not there.present:
        if settings.portal_oauth_token_url:
            told = "it is not asked: it is not known where it says who somebody is"
            return Finding("portal", "wrong", told, "set MUNIMENT_PORTAL_OAUTH_PROFILE_URL, too")
        return Finding("portal", "ok", "there is none: the archive knows its users by itself")
    try:
        there.check()
    except PortalUnavailableError as error:
        return Finding("portal", "wrong", str(error), _ADVICE)
    passwords = "" if settings.portal_oauth_token_url else "; it is asked for no passwords"
    return Finding("portal", "ok", f"the observation portal answers{passwords}")
