"""Which release this is, and when it was made."""

from datetime import UTC, datetime

VERSION = "0.1.0"
"""As `pyproject.toml` says."""
RELEASED = datetime(2026, 11, 21, tzinfo=UTC)
"""The day of this version's release; changed together with it."""
