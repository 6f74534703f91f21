"""What the runtime tells whoever watches it."""

from typing import Literal, Protocol

from store.inbox import Kind

Ending = Literal["succeeded", "failed", "repeated", "retried", "postponed", "parked", "released"]
"""What became of one delivery. `failed` is an answer (a refusal), `retried` an error."""


class Telemetry(Protocol):
    """Watches consumers. Called from many threads, often; must be quick and never raise."""

    def ended(self, consumer: str, ending: Ending, count: int) -> None:
        """`count` deliveries have ended so."""
        ...

    def failed(self, consumer: str, kind: Kind) -> None:
        """A try has failed, so."""
        ...

    def took(self, consumer: str, seconds: float, count: int) -> None:
        """One batch of `count` deliveries took `seconds`, commit included."""
        ...

    def paused(self, consumer: str, dependency: str | None) -> None:
        """The consumer waits for a dependency, or (None) goes on."""
        ...
