"""One way in which a broker differs from the topology, and what to do about it."""

import re
from dataclasses import dataclass
from typing import Literal, Self

Kind = Literal["exchange", "queue", "binding", "policy"]
State = Literal["missing", "different", "unfinished", "extra", "unknown"]

# PRECONDITION_FAILED - inequivalent arg 'x-delivery-limit' for queue 'q' in vhost '/': received
# the value '20' of type 'signedint' but current is none
_REFUSAL = re.compile(
    r"inequivalent arg '(?P<argument>[^']+)'.*: received (.+?) but current is (.+)"
)
_VALUE = re.compile(r"(?:the value )?'(.*?)'(?: of type '.*')?")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it has to be."""

    kind: Kind
    name: str
    state: State
    """`unfinished`: a migration is; `extra`: on the broker, and of no use to us; `unknown`: could
    not be read."""
    detail: str = ""
    argument: str = ""
    """Which argument differs, where one does."""
    wanted: object = None
    found: object = None

    def __str__(self) -> str:
        return f"{self.kind} {self.name}: {self.detail or self.state}"

    @property
    def is_drift(self) -> bool:
        """Whether something does not work, or does not keep its promise."""
        return self.state in {"missing", "different", "unfinished"}

    @classmethod
    def of_argument(
        cls, kind: Kind, name: str, argument: str, *, wanted: object, found: object
    ) -> Self:
        """Return the difference of one argument; None stands for one that is not set."""
        detail = f"{argument} is {_shown(found)}, and has to be {_shown(wanted)}"
        return cls(kind, name, "different", detail, argument, wanted, found)

    @classmethod
    def refused(cls, kind: Kind, name: str, text: str) -> Self:
        """Return what the broker's refusal of a declaration says: the first argument it met."""
        match = _REFUSAL.search(text)
        if match is None:
            return cls(kind, name, "different", text)
        argument, wanted, found = match.groups()
        return cls(kind, name, "different", text, argument, _value(wanted), _value(found))


def advice(difference: Difference) -> str:
    """Return what to do next; empty when it is up to whoever made it so."""
    match difference.kind, difference.state:
        case (("exchange" | "queue" | "binding"), "missing"):
            return "muniment topology apply"
        case "queue", ("different" | "unfinished"):
            return f"muniment topology migrate {difference.name}"
        case "exchange", "different":
            return "delete it while nothing publishes, then: muniment topology apply"
        case "policy", "different":
            return "change the policy: it takes messages away"
        case _, "unknown":
            return "set MUNIMENT_MANAGEMENT_URL"
    return ""


def _shown(value: object) -> str:
    return "not set" if value is None else str(value)


def _value(told: str) -> str | None:
    match = _VALUE.match(told)
    return match[1] if match else None
