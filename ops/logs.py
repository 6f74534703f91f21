"""Logs: one line per record, JSON for machines, readable on a terminal.

Modules log through the standard library. Facts go into `extra=` and become fields of their own:
`event_id`, `correlation_id`, `consumer`, `attempt` wherever a record is about an event. Passwords
in URLs, bearer tokens and the local parts of e-mail addresses are blotted out of every line, in
case one slips in with a foreign library's message.
"""

import logging
import re
import threading
from typing import Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor

LogFormat = Literal["auto", "json", "console"]

_QUIET = {
    "aiohttp.access": logging.WARNING,  # requests are counted by metrics
    "alembic": logging.WARNING,
    "asyncio": logging.WARNING,
    "botocore": logging.WARNING,
    "faust": logging.WARNING,
    "faust.transport.producer": logging.ERROR,  # how full its buffer is, again and again
    "mode": logging.WARNING,
    "pika": logging.CRITICAL,  # what matters of a lost connection is logged where it is answered
    "urllib3": logging.ERROR,
}
_SECRETS = (
    (re.compile(r"(://[^\s/:@]*):[^\s/]+@"), r"\1:***@"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"), r"\1 ***"),
    (re.compile(r"(?<!//)(?<![\w.*+-])[\w.+-]+@([\w-]+\.)+[A-Za-z]{2,}\b"), "***@***"),
)

_log = logging.getLogger(__name__)


def configure(stream: TextIO, *, level: str = "INFO", log_format: LogFormat = "auto") -> None:
    """Send every log record of this process to `stream`, replacing what was set before.

    With `auto`, a terminal gets readable lines and anything else JSON. An exception that ends a
    thread is logged as well.
    """
    terminal = stream.isatty()
    readable = log_format == "console" or (log_format == "auto" and terminal)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(_console(colors=terminal) if readable else _json()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name, quiet in _QUIET.items():
        logging.getLogger(name).setLevel(max(quiet, root.level))
    logging.captureWarnings(capture=True)
    threading.excepthook = _report


def blot(line: str) -> str:
    """Return the line without passwords, tokens and e-mail addresses."""
    for pattern, replacement in _SECRETS:
        line = pattern.sub(replacement, line)
    return line


class _Blotting(structlog.stdlib.ProcessorFormatter):
    def format(self, record: logging.LogRecord) -> str:
        return blot(super().format(record))


def _formatter(renderers: list[Processor]) -> logging.Formatter:
    return _Blotting(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
    )


def _json() -> list[Processor]:
    return [
        structlog.processors.format_exc_info,
        structlog.processors.EventRenamer("message"),
        _in_order,
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
    ]


def _console(*, colors: bool) -> list[Processor]:
    # Not rich's tracebacks: they show the values of variables, and with them secrets.
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain)]


def _in_order(_logger: object, _method: str, fields: EventDict) -> EventDict:
    first = {name: fields.pop(name) for name in ("timestamp", "level", "logger", "message")}
    return {**first, **fields}


def _report(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is None or isinstance(args.exc_value, SystemExit):
        return
    name = args.thread.name if args.thread is not None else "?"
    _log.critical("thread %s ended with an error", name, exc_info=args.exc_value)
