"""Muniment's SDK for pipelines: post events, upload and download files, receive what happens.

    import muniment

    with muniment.Client(token="mnt_…") as client:
        file = client.upload("m51.fits", metadata={"proposal": "2026A-001"}, wait=60)
        for received in client.subscribe("file.archived.v1"):
            print(received.event.name, received.event.sha256)

`Client` speaks HTTP to the ingress, `AmqpClient` AMQP to RabbitMQ. What is not named here is not
public.
"""

from producers.answers import File, Operation, Outcome
from producers.client import Client
from producers.client_amqp import AmqpClient
from producers.client_errors import (
    GapError,
    IngressUnavailableError,
    PendingError,
    ProblemError,
    UnroutableError,
)
from producers.received import Received
from producers.subscribing import Subscription
from producers.subscribing_amqp import QueueSubscription
from schemas.base import Event
from schemas.catalogue import InvalidDataError, UnknownTypeError
from schemas.envelope import Envelope
from schemas.files import FileArchived, FileIngestRequested, FileRejected, FileUnchanged
from schemas.probes import ProbeAnswered, ProbeRequested
from store.errors import (
    BrokerUnavailableError,
    DigestMismatchError,
    MunimentError,
    SetupError,
    UnavailableError,
)

__all__ = [
    "AmqpClient",
    "BrokerUnavailableError",
    "Client",
    "DigestMismatchError",
    "Envelope",
    "Event",
    "File",
    "FileArchived",
    "FileIngestRequested",
    "FileRejected",
    "FileUnchanged",
    "GapError",
    "IngressUnavailableError",
    "InvalidDataError",
    "MunimentError",
    "Operation",
    "Outcome",
    "PendingError",
    "ProbeAnswered",
    "ProbeRequested",
    "ProblemError",
    "QueueSubscription",
    "Received",
    "SetupError",
    "Subscription",
    "UnavailableError",
    "UnknownTypeError",
    "UnroutableError",
]
