"""Secrets in records: kept for the client, who needs them, and hidden on pages."""

import re
from collections.abc import Mapping
from typing import Any

MASK = "••••"

_SECRET = re.compile(r"pw|password|secret|token", re.IGNORECASE)
_PASSWORD_IN_URL = re.compile(r"(?<=://)([^/?#\s:@]*):[^/?#\s]*@")
_HOLDERS = {"datastore", "input_datastore", "repository", "dependencies"}


def mask(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record, or part of one, in which passwords and the like read `••••`.

    Covers parameters of data stores (WebDAV needs a password) and addresses of repositories.
    """
    masked = dict(document)
    for name in _HOLDERS & document.keys():
        masked[name] = _mask(document[name])
    return masked


def _mask(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        return _PASSWORD_IN_URL.sub(rf"\1:{MASK}@", value)
    if isinstance(value, list):
        return [_mask(one) for one in value]
    if isinstance(value, dict):
        return {
            key: _hide(inner) if _SECRET.search(key) else _mask(inner)
            for key, inner in value.items()
        }
    return value


def _hide(value: object) -> object:
    return MASK if value else value
