"""An operation with what it waits for, and on request the whole tree around it."""

from datetime import datetime

from http_ingress.representations.operations import OperationBody
from http_ingress.representations.why import WhyBody
from store.operations import Operation
from store.waiting import waiting_for
from store.why import Why


class OperationNowBody(OperationBody):
    """A request, what became of it, and what it waits for."""

    waiting_for: list[str]
    """In words: where it is and why it is not finished. Empty: it has ended."""
    tree: WhyBody | None
    """Everything that led to it and followed; null unless `tree=true` asks for it."""

    @classmethod
    def now(
        cls, operation: Operation, around: Why | None, at: datetime, *, tree: bool
    ) -> "OperationNowBody":
        """Return the representation of an operation; `around` is its tree, where it is known."""
        words: list[str] = []
        if around is not None and not operation.ended:
            [focus] = [one for one in around.steps if one.event.envelope.key == around.focus]
            words = waiting_for(focus, at)
        return cls(
            **dict(OperationBody.of(operation)),
            waiting_for=words,
            tree=WhyBody.of(around) if tree and around is not None else None,
        )
