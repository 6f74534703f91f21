"""Asking a packager: one form-encoded POST, and its answer, as ckanpackager's clients do it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

import urllib3
from pydantic_core import from_json
from urllib3.exceptions import HTTPError, LocationParseError, NewConnectionError

from ops.packager_fields import PackagerCommandError

_CONNECT_SECONDS = 10.0
_ANSWER_SECONDS = 60.0


class RequestFailedError(PackagerCommandError):
    """The packager refused, or could not be asked."""

    def __init__(self, reason: str, message: str | None = None) -> None:
        self.reason = reason
        self.message = message
        """What the server says about it."""
        super().__init__(f"Request failed: {reason}" + (f"\n  {message}" if message else ""))


def ask(
    host: str, path: str, fields: Mapping[str, str], answer_seconds: float = _ANSWER_SECONDS
) -> dict[str, Any]:
    """Return what the packager at a base URL answers to fields that are sent to `/path`.

    Raises RequestFailedError.
    """
    url = f"{_base(host)}/{quote(path)}"
    try:
        with urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=answer_seconds)
        ) as pool:
            response = pool.request(
                "POST",
                url,
                headers={"content-type": "application/x-www-form-urlencoded"},
                body=_form(fields),
                retries=False,
                redirect=False,
            )
    except LocationParseError as error:
        raise RequestFailedError(f"{host}: {error}") from error
    except (HTTPError, OSError) as error:
        raise RequestFailedError(f"{host}: {_why(error)}") from error
    if response.status != HTTPStatus.OK:
        raise _refusal(response)
    answer = _json(response.data)
    if answer is None:
        raise RequestFailedError(f"{host} does not answer like a packager; is the URL right?")
    return answer


def mount(host: str) -> str | None:
    """Return the URL of the Muniment whose packager it is; None when the URL does not tell."""
    root, slash, last = _base(host).rpartition("/")
    return root if slash and last == "packager" else None


def _base(host: str) -> str:
    if urlsplit(host).scheme not in {"http", "https"}:
        raise RequestFailedError(
            f"{host!r} is no http:// or https:// URL; name it like -p http://127.0.0.1:8080/packager"
        )
    return host.rstrip("/")


def _form(fields: Mapping[str, str]) -> str:
    # What is not text on this machine is sent as it was typed; the packager says what it thinks.
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in fields.items())


def _quoted(text: str) -> str:
    try:
        return quote_plus(text.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError as error:
        raise PackagerCommandError(f"{text!r} is not text") from error


def _refusal(response: urllib3.BaseHTTPResponse) -> RequestFailedError:
    said = _json(response.data) or {}
    words = next((said[name] for name in ("message", "detail", "title") if said.get(name)), None)
    if words is None and (target := response.headers.get("location")):
        words = f"it redirects to {target}; name that with -p"
    reason = f"HTTP Error {response.status}: {_phrase(response)}".rstrip()
    return RequestFailedError(reason, None if words is None else " ".join(str(words).split()))


def _phrase(response: urllib3.BaseHTTPResponse) -> str:
    try:
        return HTTPStatus(response.status).phrase.upper()
    except ValueError:
        return (response.reason or "").upper()


def _json(data: bytes) -> dict[str, Any] | None:
    try:
        found = from_json(data)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _why(error: Exception) -> str:
    if isinstance(error, NewConnectionError) and isinstance(error.__cause__, OSError):
        return error.__cause__.strerror or str(error.__cause__)
    if isinstance(error, urllib3.exceptions.TimeoutError):
        return "no answer in time"
    return str(error) or type(error).__name__
