"""Values of a request for a package, as they were sent: checked, and written in one way.

Every check takes the parameter's name and its value, and raises ParameterError, whose message
names the parameter.
"""

import re
from json import dumps
from urllib.parse import quote, urlsplit

from pydantic_core import from_json

from schemas.mail_addresses import check_address
from schemas.types import has_control_characters

LARGEST_NUMBER = 10**15
"""Of rows to take or to leave out: more than anybody has, and fit for every database."""
FORMATS = ("csv", "tsv", "xlsx")

_LONGEST_LINE = 255
"""Characters; what is longer is no identifier, and an event's subject has to hold it."""
_LONGEST_HEADER = 4096
"""Characters: CKAN's API tokens are JWT, and a signature by RSA alone has 342."""
_LONGEST_URL = 8192
_SURROGATES = re.compile("[\ud800-\udfff]")
_NUMBER = re.compile("[0-9]{1,19}")
_UNQUOTED = re.compile(r"[^!-~]+")


class ParameterError(ValueError):
    """A parameter is missing, or has a value that cannot be used; the message says which."""


def text(name: str, value: object) -> str:
    """Return a text."""
    if not isinstance(value, str):
        raise ParameterError(f"Parameter {name} must be a text")
    if _SURROGATES.search(value):
        raise ParameterError(f"Parameter {name} must be Unicode text")
    return value


def line(name: str, value: object, longest: int = _LONGEST_LINE) -> str:
    """Return a short text without line ends or the like."""
    found = text(name, value).strip(" ")
    if not found:
        raise ParameterError(f"Parameter {name} must not be empty")
    if has_control_characters(found):
        raise ParameterError(f"Parameter {name} must not contain control characters")
    if len(found) > longest:
        raise ParameterError(f"Parameter {name} must be at most {longest} characters")
    return found


def header(name: str, value: object) -> str:
    """Return what can be the value of an HTTP header."""
    found = line(name, value, _LONGEST_HEADER)
    if not found.isascii():
        raise ParameterError(f"Parameter {name} must be ASCII")
    return found


def number(name: str, value: object, most: int = LARGEST_NUMBER) -> int:
    """Return a number from 0 to `most`."""
    if isinstance(value, int) and not isinstance(value, bool):
        found = value
    else:
        digits = value.strip(" ") if isinstance(value, str) else ""
        found = int(digits) if _NUMBER.fullmatch(digits) else -1
    if not 0 <= found <= most:
        raise ParameterError(f"Parameter {name} must be an integer from 0 to {most}")
    return found


def rows(name: str, value: object) -> str | None:
    """Return a number of rows in digits; None: it is 0, which is the same as not to say it."""
    return str(number(name, value) or "") or None


def package_format(name: str, value: object) -> str:
    """Return the format of tables."""
    if value not in FORMATS:
        raise ParameterError(f"Parameter {name} must be one of {', '.join(FORMATS)}")
    return str(value)


def email(name: str, value: object) -> str:
    """Return the address of one recipient."""
    try:
        return check_address(text(name, value).strip(" "))
    except ParameterError:
        raise
    except ValueError as error:
        raise ParameterError(f"Parameter {name} must be one e-mail address: {error}") from error


def url(name: str, value: object) -> str:
    """Return an absolute URL of http or https; what no URL may hold is percent-encoded."""
    found = text(name, value).strip(" ")
    if len(found) > _LONGEST_URL:
        raise ParameterError(f"Parameter {name} must be at most {_LONGEST_URL} characters")
    if has_control_characters(found) or "\\" in found:
        raise ParameterError(f"Parameter {name} must not contain control characters or backslashes")
    try:
        scheme, netloc, host = _parts(found)
    except ValueError as error:
        raise ParameterError(f"Parameter {name} must be a URL: {error}") from error
    if scheme not in {"http", "https"} or not host:
        raise ParameterError(f"Parameter {name} must be an absolute http or https URL")
    if "@" in netloc:
        raise ParameterError(f"Parameter {name} must not contain credentials")
    before, _, rest = found.partition(netloc)
    return before + netloc + _UNQUOTED.sub(lambda odd: quote(odd[0]), rest)


def _parts(url: str) -> tuple[str, str, str]:
    """Return scheme, authority and host. Raises ValueError."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        host.encode("idna")
    except UnicodeError as error:
        raise ValueError("nothing can have the name of its host") from error
    if "%" in host or re.search(r"\s", parts.netloc):
        raise ValueError("nothing can have the name of its host")
    if parts.port == 0:
        raise ValueError("nothing can have port 0")
    return parts.scheme, parts.netloc, host


def filters(name: str, value: object) -> str | None:
    """Return an object as JSON, the same for equal ones; None: it is empty.

    It is sent as JSON text, or, within JSON, as it is.
    """
    found = value
    if isinstance(value, str):
        try:
            found = from_json(text(name, value), allow_inf_nan=False)
        except ValueError as error:
            raise ParameterError(f"Parameter {name} must be JSON: {error}") from error
    if not isinstance(found, dict):
        raise ParameterError(f"Parameter {name} must be a JSON object")
    try:
        written = dumps(
            found, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
        )
    except ValueError as error:
        raise ParameterError(f"Parameter {name} must be JSON: {error}") from error
    return text(name, written) if found else None


def host_of(checked_url: str) -> str:
    """Return the host of a URL that has been checked, with its port if that is not the usual."""
    parts = urlsplit(checked_url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    usual = {"http": 80, "https": 443}[parts.scheme]
    return host if parts.port in {None, usual} else f"{host}:{parts.port}"
