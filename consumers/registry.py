"""Every consumer there is: queues, bindings, commands, services and docs follow from this tuple."""

from typing import Any

from consumers import answer_probe, delete_records, ingest_file, store_record
from consumers.contract import Consumer

CONSUMERS: tuple[Consumer[Any], ...] = (
    answer_probe.CONSUMER,
    ingest_file.CONSUMER,
    store_record.CONSUMER,
    delete_records.CONSUMER,
)
