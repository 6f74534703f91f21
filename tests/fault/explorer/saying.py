"""What a call into C is about to say, read from the variables of the function that calls it.

Told apart by it are effects that come the same way: the frames of an AMQP connection, say, which
all leave from one loop. Where nothing is found the effect simply has no more name than its way.
"""

import re
from types import FrameType

from pika.spec import methods

_STATEMENT = re.compile(r"\s*(\w+)(?:\s+(?:INTO|FROM|TABLE|INDEX|IF NOT EXISTS)\b)*\s*(\w*)")
_READING = frozenset(("SELECT", "PRAGMA", "BEGIN", "SHOW", "ROLLBACK"))
_HTTP = re.compile(rb"(HTTP/1\.1 \d+|[A-Z]{3,7}(?= /\S* HTTP/1\.1))")
_METHOD_FRAME = 1
_METHOD_AT = slice(7, 11)


def statement_in(frame: FrameType) -> str | None:
    """Return the verb and the table of what SQLAlchemy executes; None when that only reads.

    None, too, for what is executed without it: a connection's settings, a look whether it lives.
    """
    found = _STATEMENT.match(str(frame.f_locals.get("statement", "")))
    if found is None:
        return None
    verb, table = found.groups()
    return None if verb.upper() in _READING else f"{verb.upper()} {table}".rstrip()


def said_in(frame: FrameType) -> str:
    """Return the AMQP method, the HTTP method or the HTTP status that is sent; "" for the rest."""
    for value in frame.f_locals.values():
        if isinstance(value, bytes | bytearray | memoryview):
            return _said(bytes(value[:100]))
    return ""


def _said(data: bytes) -> str:
    if http := _HTTP.match(data):
        return http[0].decode()
    if data[:1] == bytes((_METHOD_FRAME,)):
        method = methods.get(int.from_bytes(data[_METHOD_AT]))
        return getattr(method, "NAME", "")
    return ""
