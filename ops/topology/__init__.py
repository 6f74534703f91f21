"""The exchanges, queues and bindings that RabbitMQ has to have, derived from the consumers.

`plan` compares them with a broker and changes nothing; `apply` declares them and never deletes;
`migrations` make a queue anew whose arguments cannot be changed. Workers only declare passively, so
that nothing else shapes the broker.
"""

from ops.topology.comparing import downgrades, plan
from ops.topology.declaring import apply, queue_lengths
from ops.topology.difference import Difference, advice
from ops.topology.migrating import PATIENCE, Migration, migrations
from ops.topology.wanted import (
    DELIVERY_LIMIT,
    Binding,
    Exchange,
    Queue,
    Topology,
    derive,
)

__all__ = [
    "DELIVERY_LIMIT",
    "PATIENCE",
    "Binding",
    "Difference",
    "Exchange",
    "Migration",
    "Queue",
    "Topology",
    "advice",
    "apply",
    "derive",
    "downgrades",
    "migrations",
    "plan",
    "queue_lengths",
]
