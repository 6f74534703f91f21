"""Parameters of a request for a package, as ckanpackager's clients send them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Literal

from pydantic_core import to_json

from schemas import package_values as check
from schemas.datasets import PackageKind
from schemas.mail_addresses import masked
from schemas.package_values import ParameterError

PUBLISHED_SECRETS = frozenset({"8ba6d280d4ce9a416e9b604f3f0ebb"})
"""Shared secrets that everybody knows: the default of ckanpackager's own configuration."""

Lane = Literal["fast", "slow"]
_Check = Callable[[str, object], str | None]

_PLACE: Mapping[str, _Check] = {"resource_id": check.line, "email": check.email}
_ROWS: Mapping[str, _Check] = {
    "api_url": check.url,
    **_PLACE,
    "filters": check.filters,
    "q": check.text,
    "plain": check.text,
    "language": check.text,
    "fields": check.text,
    "sort": check.text,
    "limit": check.rows,
    "offset": check.rows,
    "format": check.package_format,
    "doi": check.line,
    "key": check.header,
}
_KNOWN: Mapping[PackageKind, Mapping[str, _Check]] = {
    "datastore": _ROWS,
    "url": {"resource_url": check.url, **_PLACE, "key": check.header},
    "dwc_archive": {**_ROWS, "eml": check.text},
}
_REQUIRED = frozenset({"api_url", "resource_url", "resource_id", "email"})
_MARKER = "for_gbif"
"""Its presence alone says something."""


@dataclass(frozen=True)
class CheckedRequest:
    """What is to be packaged, and for whom."""

    kind: PackageKind
    resource_id: str
    parameters: Mapping[str, str]
    """What makes the package beside the API key, by name. What says nothing (an empty text, limit
    or offset 0) is left out, and what means the same is the same text."""
    count: str | None
    """The limit as it was sent."""
    email: str = field(repr=False)
    api_key: str | None = field(repr=False)

    @property
    def format(self) -> str | None:
        """`csv`, `tsv` or `xlsx`; None: the file as it is."""
        return self.parameters.get("format")

    @property
    def host(self) -> str:
        """The repository's, with its port if that is not the usual one."""
        named = "resource_url" if self.kind == "url" else "api_url"
        return check.host_of(self.parameters[named])

    @property
    def asked_by(self) -> str:
        """The address, masked."""
        return masked(self.email)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that makes the package: who may be given the same one has the same."""
        made_of = [self.kind, sorted(self.parameters.items()), self.api_key]
        return sha256(to_json(made_of)).hexdigest()

    def lane(self, slow_request: int, *, is_ready: bool) -> Lane:
        """Return which queue it waits in; `is_ready`: there is such a package already.

        How many rows fit is not known. ckanpackager's clients count them, and say so as `limit`.
        """
        limit = int(self.parameters.get("limit", 0))
        is_small = self.kind == "url" or 0 < limit <= slow_request
        return "fast" if is_ready or is_small else "slow"


def check_request(kind: PackageKind, sent: Mapping[str, object]) -> CheckedRequest:
    """Return what a client sent, checked; what is not known is ignored. Raises ParameterError.

    Values are texts, as forms have them; what came as JSON may also have numbers for limit and
    offset, and an object for filters.
    """
    found: dict[str, str] = {}
    for name, read in _KNOWN[kind].items():
        value = sent.get(name)
        is_required = name in _REQUIRED
        if value is None and is_required:
            raise ParameterError(f"Parameter {name} is required")
        if value is None or (_is_blank(value) and not is_required):
            continue
        checked = read(name, value)
        if checked is not None:
            found[name] = checked
    if kind != "url":
        found.setdefault("format", "csv")
    marker = sent.get(_MARKER)
    if kind == "dwc_archive" and marker is not None and marker is not False:
        found[_MARKER] = "true"
    return CheckedRequest(
        kind=kind,
        resource_id=found["resource_id"],
        email=found.pop("email"),
        api_key=found.pop("key", None),
        count=_count(kind, sent),
        parameters=found,
    )


def _count(kind: PackageKind, sent: Mapping[str, object]) -> str | None:
    limit = None if kind == "url" else sent.get("limit")
    return None if limit is None or _is_blank(limit) else str(limit).strip(" ")


def _is_blank(value: object) -> bool:
    return isinstance(value, str) and not value.strip()
