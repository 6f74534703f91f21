"""Python literals in records: parsed where Sumatra's client would evaluate them, never run.

Clients before 0.3 sent the parameters of launch modes and data stores as the text of a `dict`, and
parameters without a file still travel as one. Whatever is more than a literal would be run by the
client of whoever reads the record, so it is refused.
"""

import ast
import math
import re
from typing import Any

from schemas.record_faults import FieldError

LONGEST_LITERAL = 64 * 1024
"""Characters of a literal; to parse one takes some hundred times its size of memory."""
DEEPEST = 64
"""Levels of nesting in what is kept as it came."""

_ESCAPED_BYTE = r"""[\\'"abfnrtv] | x[0-9a-fA-F]{2}"""
_ESCAPED = rf"{_ESCAPED_BYTE} | u[0-9a-fA-F]{{4}} | U[0-9a-fA-F]{{8}}"
_TOKEN = re.compile(
    rf"""
    [ \t\r\n\[\](){{}},:+-]+
    | (?: True | False | None | set ) \b
    | (?: [0-9]+ (?:\.[0-9]*)? | \.[0-9]+ ) (?:[eE][+-]?[0-9]+)? [jJ]? (?![\w.])
    | u?(['"]) (?: (?!\1)[^\\\n] | \\(?:{_ESCAPED}) )* \1 (?!\1)
    | b (['"]) (?: (?!\2)[^\\\n] | \\(?:{_ESCAPED_BYTE}) )* \2 (?!\2)
    """,
    re.VERBOSE,
)
_TOO_DEEP = f"must not be nested deeper than {DEEPEST} levels"
_NO_LITERAL = "must be a literal dict, not an expression to evaluate"
_NUMBER = "must not have a number that no double can hold"


def check_dict_literal(text: str) -> str:
    """Return the text of a literal `dict` as it is, or raise FieldError when it is not one."""
    _read_dict(text)
    return text


def read_parameters(text: str) -> dict[str, Any]:
    """Return the object that a literal `dict` stands for, tuples as lists.

    Raises FieldError when it is no literal, no `dict`, or has what JSON cannot say.
    """
    parameters: dict[str, Any] = _as_json(_read_dict(text), DEEPEST)
    return parameters


def check_number(number: object) -> None:
    """Raise FieldError when `number` is not one, or outside of what a double holds."""
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise FieldError("must be a number")
    try:
        finite = math.isfinite(number)
    except OverflowError:
        finite = False
    if not finite:
        raise FieldError(_NUMBER)


def check_json(value: object) -> None:
    """Raise FieldError when a JSON value is too deep or has a number out of bounds.

    Walks level by level: the depth of what a client sends must not become that of our stack.
    """
    level = [value]
    for _ in range(DEEPEST + 1):
        inner: list[object] = []
        for one in level:
            if isinstance(one, dict):
                inner.extend(one.values())
            elif isinstance(one, list):
                inner.extend(one)
            elif not isinstance(one, str | bool | None):
                check_number(one)
        if not inner:
            return
        level = inner
    raise FieldError(_TOO_DEEP)


def _read_dict(text: str) -> dict[object, object]:
    if len(text) > LONGEST_LITERAL:
        raise FieldError(f"must not be longer than {LONGEST_LITERAL} characters as a literal")
    _check_tokens(text)
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise FieldError(_NO_LITERAL) from None
    if not isinstance(value, dict):
        raise FieldError("must be a literal dict")
    return value


def _check_tokens(text: str) -> None:
    """Refuse what no literal has, before Python's parser sees it.

    That would write a warning to the log for each odd number or escape in the text.
    """
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise FieldError(_NO_LITERAL)
        position = found.end()


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise FieldError("must have texts for keys")
    return key


def _as_json(value: object, levels: int) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, str | bool | None):
        return value
    if isinstance(value, int | float):
        check_number(value)
        return value
    if not isinstance(value, dict | list | tuple):
        raise FieldError("must not have what JSON cannot say")
    if not levels:
        raise FieldError(_TOO_DEEP)
    if isinstance(value, dict):
        return {_key(key): _as_json(inner, levels - 1) for key, inner in value.items()}
    return [_as_json(inner, levels - 1) for inner in value]
