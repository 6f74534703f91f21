"""What the SDK raises, in the tree of `store.errors`.

MunimentError
├── ProblemError                 the request was refused; the same again is refused again
├── UnavailableError             wait, do not give up
│   ├── IngressUnavailableError  no answer, or "not now", for as long as the client was patient
│   └── BrokerUnavailableError   the same over AMQP
├── PendingError                 what was waited for has not ended yet
├── UnroutableError              the broker has no queue for an event
├── GapError                     events were missed; a subscription can go on behind the gap
└── DigestMismatchError          what arrived is not what was sent
"""

from collections.abc import Mapping, Sequence
from typing import Any

from producers.answers import Operation
from schemas.envelope import Envelope
from store.errors import MunimentError, UnavailableError


class ProblemError(MunimentError):
    """The request was refused; its attributes are those of RFC 9457."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.type = str(problem.get("type", "about:blank"))
        self.title = str(problem.get("title") or f"HTTP {status}")
        self.detail = str(problem.get("detail") or "")
        self.advice: str | None = problem.get("advice")
        """What to do next."""
        self.field: str | None = problem.get("field")
        """What of the request is wrong, where it is one thing."""
        self.errors: Sequence[Mapping[str, Any]] = problem.get("errors") or ()
        """What is wrong, one by one, where it is several."""
        super().__init__(self._text())

    def _text(self) -> str:
        text = self.detail or self.title
        if self.field and self.field not in text:
            text = f"{self.field}: {text}"
        for error in self.errors:
            message = str(error.get("message", ""))
            if message not in text:
                where = error.get("index", error.get("field"))
                text += f"; [{where}] {message}"
        return f"{self.status} {text}"


class IngressUnavailableError(UnavailableError):
    """The ingress did not answer, or said "not now", for as long as the client was patient."""

    dependency = "ingress"

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        """Seconds after which it asked to be tried again."""
        super().__init__(message)


class PendingError(MunimentError):
    """What was waited for has not ended yet; `Client.operation` tells when it has."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        why = f" ({operation.error})" if operation.error else ""
        super().__init__(
            f"not ended yet: {operation.state}{why}; see `muniment why {operation.id}`"
        )


class UnroutableError(MunimentError):
    """The broker has no queue for an event, and dropped it."""

    def __init__(self, envelope: Envelope) -> None:
        self.envelope = envelope
        super().__init__(
            f"no queue takes {envelope.type}; see `muniment topology plan` for what is missing"
        )


class GapError(MunimentError):
    """Events were missed: the ledger does not go back as far as was asked.

    Subscribe again with `after=error.resume_after` to go on with what there is.
    """

    def __init__(self, asked: int, resume_after: int) -> None:
        self.asked = asked
        self.resume_after = resume_after
        super().__init__(f"the events between positions {asked} and {resume_after} are gone")
