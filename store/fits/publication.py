"""When a frame becomes public, by the rules of ocs-archive 0.5."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from pydantic import JsonValue

from store.fits.keys import HeaderMapping

_NEVER = 365 * 999
"""Days, of what is never to be public."""


def public_date(
    headers: Mapping[str, JsonValue], basename: str, mapping: HeaderMapping
) -> str | None:
    """Return an ISO time, or None: a frame without one is seen by its proposal's members alone.

    That is the case where the observation's time cannot be read, or is centuries away.
    """
    taken = headers.get(mapping.observation_date_key)
    if not isinstance(taken, str):
        return None
    proposal = str(headers.get(mapping.proposal_id_key) or "")
    if headers.get(mapping.configuration_type_key) in mapping.calibration_types or _has_one(
        proposal, mapping.public_proposals
    ):
        return taken
    private = _has_one(proposal, mapping.private_proposals) or _has_one(
        basename, mapping.private_file_types
    )
    try:
        days = timedelta(days=_NEVER if private else mapping.days_until_public)
        return (datetime.fromisoformat(taken) + days).isoformat()
    except (ValueError, OverflowError):
        return None


def _has_one(text: str, parts: tuple[str, ...]) -> bool:
    return any(part and part in text for part in parts)
