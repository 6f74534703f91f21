"""Every consumer there is: queues, bindings, commands, services and docs follow from this tuple."""

from typing import Any

from consumers import answer_probe, ingest_file
from consumers.contract import Consumer

CONSUMERS: tuple[Consumer[Any], ...] = (answer_probe.CONSUMER, ingest_file.CONSUMER)
