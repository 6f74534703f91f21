"""How a test service is found: named ways are tried in order, and the first that works is used."""

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")

Way = tuple[str, Callable[[], T]]
"""How it reads in the summary, and the attempt itself, which may raise ServiceMissingError."""


class ServiceMissingError(Exception):
    """A service cannot be had; the message says why, and what would help."""


def find(service: str, ways: Iterable[Way[T]]) -> tuple[T, str]:
    """Return what the first way that works gives, and how that way is called.

    Raises ServiceMissingError with each way's reason when none works.
    """
    reasons = []
    for how, attempt in ways:
        try:
            return attempt(), how
        except ServiceMissingError as missing:
            reasons.append(f"{how}: {missing}")
    raise ServiceMissingError(f"no {service} for tests ({'; '.join(reasons)})")
