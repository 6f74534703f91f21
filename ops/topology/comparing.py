"""Comparing a broker with the topology: what AMQP tells, and what only the management API does.

AMQP tells what is missing, and of an argument that differs the first. Every argument, bindings and
policies (the operator's too) are read from the management API, where it can be.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ops.management import Management, ManagementError, QueueThere
from ops.topology.declaring import connected, declaration, declarations
from ops.topology.difference import Difference, Kind
from ops.topology.wanted import Binding, Queue, Topology
from producers.brokers import read_brokers

_LOSING = ("message-ttl", "expires")


def plan(url: str, topology: Topology, management_url: str = "") -> list[Difference]:
    """Return how the broker differs from the topology; [] when it does not.

    The management API is asked as the user in its URL, or else the one in `url`. What cannot be
    read is an `unknown` difference. Raises BrokerUnavailableError, or SetupError for a URL that
    is none.
    """
    told = _over_amqp(url, topology)
    try:
        there = _read(url, management_url)
    except ManagementError as error:
        return [*told, _unread(error)]
    arguments = [*_arguments(topology, there)]
    exactly = {(one.kind, one.name) for one in arguments}
    return [
        *(one for one in told if one.argument == "" or (one.kind, one.name) not in exactly),
        *arguments,
        *_bindings(topology, there.bindings),
        *_policies(topology, there.queues),
    ]


def downgrades(url: str, topology: Topology, management_url: str) -> list[Difference]:
    """Return what takes messages out of our queues, or their dead letters, behind our back.

    Those are policies, and at-least-once dead lettering that the broker has accepted and does not
    do. Only the management API tells: without one there is one `unknown` difference. Raises
    SetupError for a URL that is none.
    """
    try:
        there = _read(url, management_url)
    except ManagementError as error:
        return [_unread(error)]
    return [*_policies(topology, there.queues)]


def downgraded(arguments: Mapping[str, Any], policy: Mapping[str, Any]) -> str:
    """Say why a queue's dead letters are not kept at least once, as it asks; empty: they are.

    `policy` is what policies set together. Of an overflow behaviour the policy's wins, of anything
    about dead letters the argument.
    """

    def effective(name: str) -> object:
        return arguments.get(f"x-{name}", policy.get(name))

    if effective("dead-letter-strategy") != "at-least-once":
        return ""
    if effective("dead-letter-exchange") is None:
        return "there is no dead-letter-exchange: dead letters are dropped"
    overflow = policy.get("overflow", arguments.get("x-overflow", "drop-head"))
    if overflow != "reject-publish":
        return f"overflow is {overflow}: dead letters are kept at most once, not at least once"
    return ""


@dataclass(frozen=True, slots=True)
class _There:
    exchanges: Mapping[str, Mapping[str, Any]]
    queues: Mapping[str, QueueThere]
    bindings: frozenset[Binding]


def _read(url: str, management_url: str) -> _There:
    if not management_url:
        raise ManagementError("no management URL is set")
    management = Management(management_url, read_brokers(url)[0])
    return _There(
        management.exchanges(),
        management.queues(),
        frozenset(Binding(*one) for one in management.bindings()),
    )


def _unread(why: Exception) -> Difference:
    return Difference(
        "binding", "all", "unknown", f"bindings and policies could not be read: {why}"
    )


def _over_amqp(url: str, topology: Topology) -> list[Difference]:
    with connected(url) as connection:
        found = [
            difference
            for one in declarations(topology)
            if (difference := one.compare(connection)) is not None
        ]
        for queue in topology.queues:
            if declaration(Queue(queue.shadow, queue.arguments)).is_there(connection):
                waiting = f"its migration is not finished: messages wait in {queue.shadow}"
                found.append(Difference("queue", queue.name, "unfinished", waiting))
    return found


def _arguments(topology: Topology, there: _There) -> Iterator[Difference]:
    for exchange in topology.exchanges:
        found = there.exchanges.get(exchange.name)
        if found is not None:
            wanted = {"type": exchange.kind, **exchange.arguments}
            yield from _compared("exchange", exchange.name, wanted, found)
    for queue in topology.queues:
        if queue.name in there.queues:
            found = there.queues[queue.name].arguments
            yield from _compared("queue", queue.name, queue.arguments, found)


def _compared(
    kind: Kind, name: str, wanted: Mapping[str, Any], found: Mapping[str, Any]
) -> Iterator[Difference]:
    for argument in [*wanted, *(one for one in found if one not in wanted)]:
        ours, theirs = wanted.get(argument), found.get(argument)
        if ours != theirs:
            yield Difference.of_argument(kind, name, argument, wanted=ours, found=theirs)


def _bindings(topology: Topology, there: frozenset[Binding]) -> list[Difference]:
    ours = {queue.name for queue in topology.queues}
    missing = [
        Difference("binding", str(binding), "missing")
        for binding in topology.bindings
        if binding not in there
    ]
    return missing + [
        Difference("binding", str(binding), "extra", "it still brings messages; unbind it by hand")
        for binding in sorted(there - set(topology.bindings))
        if binding.queue in ours and not binding.exchange.endswith(".migrating")
    ]


def _policies(topology: Topology, there: Mapping[str, QueueThere]) -> Iterator[Difference]:
    for queue in topology.queues:
        found = there.get(queue.name)
        if found is None:
            continue
        by = " and ".join(found.policies) or "a policy"
        for setting, value in found.policy.items():
            lower = setting == "delivery-limit" and value < queue.arguments["x-delivery-limit"]
            if setting in _LOSING or lower:
                yield Difference("policy", queue.name, "different", f"{by} sets {setting}={value}")
        if reason := downgraded(found.arguments, found.policy):
            yield Difference("policy", queue.name, "different", reason)
