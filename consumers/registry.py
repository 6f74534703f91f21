"""Every consumer there is: queues, bindings, commands, services and docs follow from this tuple."""

from typing import Any

from consumers import (
    announce_archived,
    answer_probe,
    delete_records,
    describe_frame,
    discard_frame,
    examine_frame,
    ingest_file,
    ingest_frame,
    poll_service,
    send_mail,
    store_record,
    update_stats,
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
    ingest_frame.CONSUMER,
    announce_archived.CONSUMER,
    describe_frame.CONSUMER,
    examine_frame.CONSUMER,
    discard_frame.CONSUMER,
    poll_service.CONSUMER,
    update_stats.CONSUMER,
)
