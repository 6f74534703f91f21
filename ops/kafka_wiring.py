"""How the copy of the ledger in Kafka is put together."""

from consumers.runtime.equipment import Equipment
from consumers.tap_kafka import NAME as TAP
from consumers.tap_kafka import TapKafka
from ops.settings import Settings
from producers.kafka_servers import EXTRA, SETTING, read_servers
from producers.kafka_topic import KafkaTopic, TopicName
from store.errors import SetupError

__all__ = ["TAP", "need_kafka", "open_topic", "tap_kafka", "tap_row"]


def need_kafka(settings: Settings) -> None:
    """Raise SetupError without a Kafka to copy to, or without the extra."""
    open_topic(settings, TAP)


def tap_kafka(settings: Settings, equipment: Equipment) -> TapKafka:
    """Return the tap. Raises SetupError as `need_kafka` does."""
    topic = open_topic(settings, f"{TAP}@{equipment.process}")
    return TapKafka(tap_row(settings), topic, equipment)


def open_topic(settings: Settings, name: str) -> KafkaTopic:
    """Return the topic that the settings name, not connected yet. Raises SetupError."""
    if not settings.kafka_url:
        raise SetupError(f"{TAP} needs {SETTING}, for example kafka://127.0.0.1:9092, and {EXTRA}")
    wanted = TopicName(settings.kafka_topic, settings.kafka_partitions, settings.kafka_replicas)
    return KafkaTopic(read_servers(settings.kafka_url), wanted, name=name)


def tap_row(settings: Settings) -> str:
    """Return the name of the row that says how far the topic is: another topic is another copy."""
    return f"kafka:{settings.kafka_topic}"
