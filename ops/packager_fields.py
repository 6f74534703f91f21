"""What `muniment packager` sends: options in any place, a file of defaults, and PARAM:VALUE."""

import json
import re
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from store.errors import MunimentError

DEFAULTS = Path("/etc/ckanpackager/ckanpackager-cli.json")
"""Fields that every task is queued with, if this file is there."""

_OPTION = re.compile(r"-[Dqx]*(?:([pdsolre])(.*))?", re.DOTALL)


class PackagerCommandError(MunimentError):
    """What was typed cannot be sent; the message is a line."""


def options_first(arguments: Sequence[str], commands: Collection[str]) -> list[str]:
    """Return a command line with the options of ckanpackager before the command.

    Its users write them anywhere, also several behind one dash (`-qx`) and with their value
    attached (`-sSECRET`). Whatever follows a command that is none of `commands` stays as it is.
    """
    options: list[str] = []
    rest: list[str] = []
    left = deque(arguments)
    while left:
        word = left.popleft()
        found = _OPTION.fullmatch(word)
        if found is not None and word != "-":
            options.append(word)
            if found[1] and not found[2] and left:
                options.append(left.popleft())
            continue
        rest.append(word)
        if word == "--" or rest[0] not in commands:
            break
    return [*options, *rest, *left]


def read_defaults(file: Path | None) -> dict[str, str]:
    """Return the fields of a JSON file; None: of the usual one, which need not be there.

    Raises PackagerCommandError when the file cannot be used.
    """
    path = file or DEFAULTS
    try:
        found = json.loads(path.read_bytes())
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        if file is None:
            return {}
        raise PackagerCommandError(f"No such file: {path}") from error
    except OSError as error:
        raise PackagerCommandError(f"Cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise PackagerCommandError(f"File {path} is not in JSON format") from error
    if not isinstance(found, dict):
        raise PackagerCommandError(f"File {path} is not in JSON format: it has to be an object")
    return {name: _text(value) for name, value in found.items() if value is not None}


def read_parameters(words: Sequence[str]) -> dict[str, str]:
    """Return the fields of PARAM:VALUE, each split at its first colon.

    Raises PackagerCommandError.
    """
    fields = {}
    for word in words:
        name, colon, value = word.partition(":")
        if not (name and colon):
            raise PackagerCommandError("Queue parameter list must be of the form PARAM:VALUE")
        fields[name] = value
    return fields


def given(fields: Mapping[str, object]) -> dict[str, str]:
    """Return the fields that have a value, as text."""
    return {name: str(value) for name, value in fields.items() if value is not None}


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
