"""Idle latency: one event at a time, nothing else going on."""

import socket
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from time import monotonic

from ops.bench.installation import Installation
from ops.bench.laps import Tell
from ops.bench.loading import read_answer
from ops.bench.posting import ACCEPTED, Plan, build
from ops.bench.processes import MeasurementError
from ops.bench.witnesses import Witness


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from before the request was sent; one of each per event."""

    accepted: Sequence[float]
    """Until the answer had come: the event was durable."""
    answered: Sequence[float]
    """Until a subscriber had the follow-on."""


def measure(
    installation: Installation, witness: Witness, ids: Sequence[str], tell: Tell
) -> Latency:
    """Post one event after another, each when the follow-on of the one before has been seen."""
    here = installation
    requests = build(Plan(here.host, here.port, here.token, ids, connections=1))
    accepted, answered = [], []
    with (
        witness.echoing() as echo,
        closing(socket.create_connection((here.host, here.port))) as connection,
    ):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for done, (key, request) in enumerate(zip(ids, requests, strict=True), 1):
            started = monotonic()
            connection.sendall(request)
            if (status := read_answer(connection)) != ACCEPTED:
                raise MeasurementError(f"an event was answered {status}")
            accepted.append(1000 * (monotonic() - started))
            answered.append(1000 * (echo(key) - started))
            tell(done)
    return Latency(accepted, answered)
