"""Whole projects over HTTP: every record out, many records in."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from pydantic_core import from_json
from urllib3.exceptions import HTTPError

from producers.client_errors import IngressUnavailableError
from producers.client_http import Http, Tries

_CHUNK = 256 * 1024
_LINES = "application/x-ndjson"
_NOT_YET = 503


def address(project: str) -> str:
    """Return the path of a project."""
    return f"/records/{quote(project, safe='')}/"


def fetch(http: Http, project: str) -> Iterator[bytes]:
    """Yield all records of a project as lines of JSON, in pieces that end anywhere.

    Raises ProblemError, or IngressUnavailableError when it breaks off.
    """
    response = http.once("GET", address(project), headers={"accept": _LINES})
    try:
        yield from response.stream(_CHUNK)
    except HTTPError as error:
        raise IngressUnavailableError(f"{http.url}: {error}") from error
    finally:
        response.close()


def send(http: Http, project: str, lines: Sequence[bytes]) -> Iterator[dict[str, Any]]:
    """Store records, and yield of each what was answered: `label`, `status` and, if so, `error`.

    What is not done yet is sent again: it is done once. Raises ProblemError, or
    IngressUnavailableError when patience is over.
    """
    tries = Tries(http.patience_seconds)
    while lines:
        later: list[bytes] = []
        try:
            for answer in _post(http, project, lines):
                if answer["status"] == _NOT_YET:
                    later.append(lines[answer["line"] - 1])
                else:
                    yield answer
        except IngressUnavailableError as error:
            # Nobody knows of those that were not answered; all of them are sent once more.
            tries.failed(error)
            continue
        if later:
            tries.failed(IngressUnavailableError(f"{http.url}: {len(later)} records wait"))
        lines = later


def _post(http: Http, project: str, lines: Sequence[bytes]) -> list[dict[str, Any]]:
    body = b"\n".join(lines) + b"\n"
    headers = {"content-type": _LINES}
    response = http.once("POST", address(project), headers=headers, body=body)
    try:
        answers = [from_json(line) for line in response.read().splitlines()]
    except (HTTPError, ValueError) as error:
        raise IngressUnavailableError(f"{http.url}: {error}") from error
    finally:
        response.release_conn()
    if len(answers) != len(lines):
        raise IngressUnavailableError(f"{http.url}: the answer broke off")
    return answers
