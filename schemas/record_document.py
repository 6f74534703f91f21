"""The document of a record: what Sumatra's client sends of a run, and what is served of it.

Read and written with the standard library's JSON, unlike all else here: names of files that are
not UTF-8 come as halves of surrogate pairs, and have to come back as they were.
"""

import json
import math
from copy import deepcopy
from typing import Any, NoReturn

from schemas.record_faults import DocumentError
from schemas.record_fields import DEFAULTS, FIELDS
from schemas.record_moments import read_moment, write_moment
from schemas.record_names import check_label, check_project, is_reserved
from schemas.record_shapes import check_fields

__all__ = [
    "EDITABLE",
    "KEYS",
    "LONG",
    "REQUIRED",
    "Document",
    "DocumentError",
    "as_v3",
    "check",
    "check_label",
    "check_project",
    "complete",
    "is_reserved",
    "missing",
    "read",
    "read_kept",
    "read_moment",
    "write",
    "write_moment",
]

Document = dict[str, Any]
"""A JSON object."""

KEYS = (*FIELDS, "project_id")
"""What a served record has; `project_id` is the server's to say."""
REQUIRED = tuple(name for name in FIELDS if name not in DEFAULTS)
"""What must be given to create a record."""
EDITABLE = ("reason", "outcome", "tags")
"""What may change when the run has ended."""
LONG = ("diff", "stdout_stderr")
"""Texts that may be tens of megabytes."""


def read(body: bytes) -> Document:
    """Return the JSON object that `body` is, not yet checked, or raise DocumentError.

    The last of equal keys counts.
    """
    if not body.strip():
        raise _refusal("must not be empty")
    try:
        document = json.loads(
            body.decode("utf-8-sig"), parse_constant=_no_number, parse_float=_read_float
        )
    except UnicodeDecodeError:
        raise _refusal("must be UTF-8") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise _refusal(f"must be JSON: {error.msg} in {place}") from None
    except RecursionError:
        raise _refusal("must not be nested so deep") from None
    except ValueError:  # an integer of more digits than Python converts, or one of our own
        raise _refusal("must not have a number that no double can hold") from None
    if not isinstance(document, dict):
        raise _refusal("must be a JSON object")
    return document


def write(value: object) -> str:
    """Return a JSON value as ASCII text without NUL, which any database's text column keeps."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def read_kept(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return the JSON value that `write` wrote."""
    return json.loads(text)


def check(given: Document) -> Document:
    """Return what is known of a whole or partial document, normalised.

    Unknown fields are left out, `project_id` among them. Raises DocumentError with every fault.
    """
    return check_fields(given, FIELDS, required=())


def missing(given: Document) -> list[str]:
    """Return the fields that a record needs and that were not given."""
    return [name for name in REQUIRED if name not in given]


def complete(given: Document) -> Document:
    """Return a checked document with defaults for the fields that need not be given."""
    whole = {**deepcopy(dict(DEFAULTS)), **given}
    return {name: whole[name] for name in FIELDS if name in whole}


def as_v3(document: Document) -> Document:
    """Return a record as version 3 of the API has it: nothing of when an output was created."""
    outputs = [
        {name: value for name, value in output.items() if name != "creation"}
        for output in document["output_data"]
    ]
    return {**document, "output_data": outputs}


def _refusal(message: str) -> DocumentError:
    return DocumentError([("body", message)])


def _read_float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        _no_number(text)
    return number


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number")
