"""What people write on a command line, read: event types, and data from wherever it is."""

import sys
from pathlib import Path

from schemas.catalogue import EVENTS, POSTABLE
from schemas.routing import routing_key
from store.errors import SetupError


def full_type(name: str) -> str:
    """Return the type that an abbreviation stands for: the newest version, without `muniment.`.

    Raises SetupError.
    """
    full = f"muniment.{name.removeprefix('muniment.')}"
    versions = [known for known in EVENTS if known == full or known.startswith(f"{full}.v")]
    if not versions:
        known = ", ".join(routing_key(one).rpartition(".")[0] for one in POSTABLE)
        raise SetupError(f"there is no event type {name!r}; those that can be posted are {known}")
    return max(versions, key=lambda known: int(known.rpartition(".v")[2]))


def read_data(data: str) -> bytes:
    """Return data: itself, that of a file (`@FILE`), or of standard input (`-`).

    Raises SetupError when the file cannot be read.
    """
    if data == "-":
        return sys.stdin.buffer.read()
    if not data.startswith("@"):
        return data.encode()
    try:
        return Path(data[1:]).read_bytes()
    except OSError as error:
        raise SetupError(f"cannot read {data[1:]}: {error.strerror}") from error
