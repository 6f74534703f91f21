"""The topics that the stream app keeps its tables in: made before it starts, and never changed.

Faust could make them, but not know beforehand that they fit: a changelog has to have as many
partitions as the topic of events, or nobody who starts again finds what was counted.
"""

import asyncio
from typing import Any

from producers.kafka_servers import KafkaServers, load
from schemas.stream_tables import TABLES
from store.errors import KafkaUnavailableError, SetupError

_EXISTS = 36
"""Kafka's error code: somebody else has made the topic in the same instant."""
_CONFIG = {"cleanup.policy": "compact"}
_SECONDS = 20.0


def make_topics(servers: KafkaServers, topic: str, application: str) -> int:
    """See that there is a changelog for each table; return how many partitions `topic` has.

    Raises SetupError when there is no such topic yet, or when the changelogs belong to another one;
    KafkaUnavailableError.
    """
    errors = load("aiokafka.errors")
    try:
        made = _make(servers, topic, application)
        return asyncio.run(asyncio.wait_for(made, _SECONDS))
    except (errors.KafkaError, OSError, TimeoutError) as error:
        reason = str(error) or type(error).__name__
        raise KafkaUnavailableError(f"Kafka at {servers}: {reason}") from error


async def count_partitions(servers: KafkaServers, topic: str) -> int:
    """Return how many partitions a topic has; 0: there is none of this name."""
    client = load("aiokafka.admin").AIOKafkaAdminClient(**servers.options())
    try:
        await client.start()
        # Of all topics: to be asked for one that is not there, many a broker makes it.
        found = {one["topic"]: one["partitions"] for one in await client.describe_topics()}
        return len(found.get(topic, ()))
    finally:
        await client.close()


async def _make(servers: KafkaServers, topic: str, application: str) -> int:
    admin = load("aiokafka.admin")
    client = admin.AIOKafkaAdminClient(**servers.options(), client_id=application)
    try:
        await client.start()
        found = {one["topic"]: one["partitions"] for one in await client.describe_topics()}
        if not found.get(topic):
            raise SetupError(
                f"Kafka has no topic {topic}: start `muniment consume tap-kafka` first, "
                "which makes it"
            )
        partitions, replicas = len(found[topic]), len(found[topic][0]["replicas"])
        changelogs = [one.topic(application) for one in TABLES.values()]
        for name in changelogs:
            _check(name, topic, len(found.get(name, found[topic])), partitions)
        missing = [
            admin.NewTopic(name, partitions, replicas, topic_configs=_CONFIG)
            for name in changelogs
            if name not in found
        ]
        if missing:
            _judge(await client.create_topics(missing))
        return partitions
    finally:
        await client.close()


def _check(changelog: str, topic: str, has: int, needs: int) -> None:
    if has != needs:
        raise SetupError(
            f"{changelog} has {has} partitions, and {topic} has {needs}: its figures belong to "
            "another topic; set MUNIMENT_KAFKA_STREAMS to a new name, and all is counted anew"
        )


def _judge(answer: Any) -> None:  # noqa: ANN401 - it has no types
    for name, code, *message in answer.topic_errors:
        if code not in {0, _EXISTS}:
            why = next((one for one in message if one), f"error {code}")
            raise KafkaUnavailableError(f"the topic {name} cannot be made: {why}; make it by hand")
