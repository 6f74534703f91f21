"""The stamp of an SDK client, whose clock and identifiers nobody wires."""

import socket
from datetime import UTC, datetime
from urllib.parse import quote

import uuid_utils

from producers.stamping import Stamp


def client_stamp(source: str | None) -> Stamp:
    """Return a stamp that names `source`, a URI reference, or this host as the events' source."""
    return Stamp(source or f"//{quote(socket.gethostname())}", _now, _uuid7)


def _now() -> datetime:
    return datetime.now(UTC)


def _uuid7() -> str:
    return str(uuid_utils.uuid7())
