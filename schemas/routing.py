"""Names on the bus: exchanges, routing keys, patterns. Pure functions of an event's type."""

import re
from functools import lru_cache

REQUESTS = "muniment.requests"
"""Topic exchange: what someone asks for. Each request has exactly one owning queue."""
FACTS = "muniment.facts"
"""Topic exchange: what happened. Any number of readers, possibly none."""
REPLIES = "muniment.replies"
"""Direct exchange of transient doorbells to waiting ingress processes."""
DEAD = "muniment.dead"
"""Fanout exchange and queue: deliveries the broker gave up on."""
UNROUTED = "muniment.unrouted"
"""Fanout exchange and queue: requests that no queue is bound for."""

WATCHERS = frozenset({"update-stats"})
"""Consumers that hear of every event, whosever it is. Nobody waits for them: an operation ends when
its owner has ended it."""

_TYPE = re.compile(r"muniment\.[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*\.v[1-9][0-9]*")


def is_type_name(name: str) -> bool:
    """Whether `name` has the form `muniment.<subject>.<fact>.v<major>`."""
    return _TYPE.fullmatch(name) is not None


@lru_cache(maxsize=1024)
def routing_key(event_type: str) -> str:
    """Return the type without its leading `muniment.`, e.g. `file.archived.v1`."""
    return event_type.removeprefix("muniment.")


@lru_cache(maxsize=1024)
def is_request(event_type: str) -> bool:
    """Whether the type says that someone asks for something (`requested`, `…_requested`)."""
    fact = routing_key(event_type).split(".")[1:2]
    return bool(fact) and (fact[0] == "requested" or fact[0].endswith("_requested"))


@lru_cache(maxsize=1024)
def exchange(event_type: str) -> str:
    """Return the exchange that events of this type are published to."""
    return REQUESTS if is_request(event_type) else FACTS


@lru_cache(maxsize=1024)
def matches(pattern: str, key: str) -> bool:
    """Whether a topic binding `pattern` matches a routing key, as AMQP 0-9-1 defines it.

    `*` stands for exactly one word, `#` for zero or more.
    """
    return _matches(tuple(pattern.split(".")), tuple(key.split(".")))


def _matches(pattern: tuple[str, ...], words: tuple[str, ...]) -> bool:
    if not pattern:
        return not words
    head, rest = pattern[0], pattern[1:]
    if head == "#":
        return any(_matches(rest, words[skip:]) for skip in range(len(words) + 1))
    return bool(words) and head in {"*", words[0]} and _matches(rest, words[1:])
