"""One event in one line, for people."""

from rich.text import Text

from producers.received import Received
from schemas.routing import routing_key


def event_line(received: Received) -> Text:
    """Return where it stands, when it was, its type, subject and key."""
    envelope = received.envelope
    time = "" if envelope.time is None else f"{envelope.time.astimezone():%H:%M:%S}"
    return Text.assemble(
        (f"{received.position or '':>6}  {time}  ", "dim"),
        (f"{routing_key(envelope.type):<26}", "bold"),
        f"  {envelope.subject or ''}",
        (f"  {envelope.key}", "dim"),
    )
