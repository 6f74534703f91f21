"""What the dataset packager's part of the ingress is given."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagerPorts:
    """What an operator decides about requests for packages."""

    secret: str = field(repr=False)
    """What every client has to know."""
    success_message: str
    """What people are told whose request has been accepted."""
    slow_request: int
    """Rows; who asks for more waits with the others that take long."""
    cache: timedelta
    """How long a package is given to others who ask for the same."""
    largest_request: int
    """Bytes of one request."""
    anonymise: Callable[[str], str]
    """Blocking, for up to a quarter of a second. Takes an address, and returns what statistics
    hold of it."""
