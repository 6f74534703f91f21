"""Every consumer there is: queues, bindings, commands, services and docs follow from this tuple."""

from typing import Any

from consumers import (
    answer_probe,
    delete_records,
    ingest_file,
    send_mail,
    store_record,
    zip_dataset,
)
from consumers.contract import Consumer

CONSUMERS: tuple[Consumer[Any], ...] = (
    answer_probe.CONSUMER,
    ingest_file.CONSUMER,
    store_record.CONSUMER,
    delete_records.CONSUMER,
    zip_dataset.FAST,
    zip_dataset.SLOW,
    send_mail.CONSUMER,
)
