"""What the reference service's part of the ingress is given."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferencePorts:
    """What an operator decides about it."""

    requires_operator: bool = False
    """Whether only operators may zero, describe, start and stop the service and the platform."""
