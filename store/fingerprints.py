"""What failures that look alike have in common."""

import hashlib
import re

_VARYING = re.compile(r"'[^']*'|\"[^\"]*\"|\b[0-9a-fA-F-]{8,}\b|\d+")
"""What differs between failures that are alike: quoted values, identifiers, numbers."""


def fingerprint(consumer: str, event_type: str | None, reason: str, traceback: str | None) -> str:
    """Return what failures that look alike have in common: 16 hex digits.

    Who failed with what, where in the code, and the reason but for names and numbers in it.
    """
    where = [line.strip() for line in (traceback or "").splitlines() if line.startswith("  File")]
    alike = [consumer, event_type or "", _VARYING.sub("*", reason), *where]
    return hashlib.sha256("\n".join(alike).encode()).hexdigest()[:16]
