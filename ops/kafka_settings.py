"""Settings of the copy of the ledger in Kafka; `ops.settings.Settings` has them all."""

from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from producers.kafka_servers import read_servers
from store.errors import SetupError


class KafkaSettings(BaseSettings):
    """What an operator may decide about Kafka."""

    model_config = SettingsConfigDict(use_attribute_docstrings=True)

    kafka_url: str = Field("", repr=False)
    """The Kafka that every event of the ledger is copied to: `kafka://host:9092,…`; with a user
    `kafka://user:pass@host:9092`; `kafkas://` for TLS; empty: none. It needs
    `pip install 'muniment[kafka]'`."""
    kafka_topic: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,200}$")] = "muniment.events"
    """The topic, of this installation alone. A new name gets the whole ledger from its
    beginning."""
    kafka_partitions: Annotated[int, Field(ge=1, le=1000)] = 3
    """Partitions of the topic, when it is made by the tap; one that is there keeps its own."""
    kafka_replicas: Annotated[int, Field(ge=1, le=100)] = 1
    """Copies of each of its partitions, when it is made by the tap: 3 for a cluster."""
    kafka_streams: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,100}$")] = "muniment-streams"
    """What `muniment streams run` is called in Kafka: its consumer group, and what the topics of
    its tables begin with. A new name counts the whole topic from its beginning."""

    @field_validator("kafka_url")
    @classmethod
    def _is_kafka(cls, value: str) -> str:
        if value:
            try:
                read_servers(value)
            except SetupError as error:
                raise ValueError(str(error)) from error
        return value
