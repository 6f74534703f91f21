"""Exit codes of the command line, and how errors come to an end there."""

from enum import IntEnum

from pydantic import ValidationError
from pydantic_settings import SettingsError

from producers.client_errors import IngressUnavailableError, ProblemError
from schemas.catalogue import InvalidDataError, UnknownTypeError
from store.errors import MunimentError, SetupError, UnavailableError


class ExitCode(IntEnum):
    """What every command ends with; also told by `--help`."""

    DONE = 0
    """It was done."""
    FAILED = 1
    """It was refused, or did not succeed; the same again will end the same."""
    USAGE = 2
    """Wrong arguments or settings."""
    UNAVAILABLE = 3
    """Something that it needs is down; the same again may succeed."""
    DRIFT = 4
    """What was compared differs; nothing was changed."""


_ENDINGS: tuple[tuple[type[Exception], ExitCode, str], ...] = (
    (IngressUnavailableError, ExitCode.UNAVAILABLE, "Is it up? `muniment up` starts it; or --url."),
    (UnavailableError, ExitCode.UNAVAILABLE, "`muniment doctor` says what is down."),
    (SetupError, ExitCode.USAGE, ""),
    (UnknownTypeError, ExitCode.USAGE, ""),
    (InvalidDataError, ExitCode.USAGE, ""),
    (ValidationError, ExitCode.USAGE, "Correct it in the environment."),
    (SettingsError, ExitCode.USAGE, "It has to be JSON; `docs/reference/settings.md` shows how."),
    (MunimentError, ExitCode.FAILED, ""),
    (OSError, ExitCode.FAILED, ""),
)


def judge(error: Exception) -> tuple[ExitCode, str, str]:
    """Return the exit code, what went wrong in one line, and what to do next."""
    for kind, code, advice in _ENDINGS:
        if isinstance(error, kind):
            text = _settings(error) if isinstance(error, ValidationError) else str(error)
            found = error.advice if isinstance(error, ProblemError) else None
            return code, " ".join(text.split()), found or advice
    text = f"{type(error).__name__}: {error}"
    return ExitCode.FAILED, text, "This is a bug; please report what --traceback shows."


def _settings(error: ValidationError) -> str:
    return "; ".join(
        f"{_place(one['loc'])}: {one['msg']}" if one["loc"] else one["msg"]
        for one in error.errors(include_url=False, include_context=False, include_input=False)
    )


def _place(path: tuple[int | str, ...]) -> str:
    variable, *inside = map(str, path)
    return ".".join((f"MUNIMENT_{variable}".upper(), *inside))
