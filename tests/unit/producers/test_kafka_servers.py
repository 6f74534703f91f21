"""The URL of a Kafka says which servers, who we are to them, and nothing of it gets into errors."""

import pytest

from producers.kafka_servers import KafkaServers, load, read_servers
from store.errors import SetupError


@pytest.mark.parametrize(
    ("url", "servers"),
    [
        ("kafka://k", KafkaServers(("k:9092",))),
        ("kafka://a:1,b:2/", KafkaServers(("a:1", "b:2"))),
        ("kafka://[::1]:19092", KafkaServers(("[::1]:19092",))),
        ("kafkas://k", KafkaServers(("k:9092",), tls=True)),
        ("kafka://ada:p%40ss%3A@k", KafkaServers(("k:9092",), user="ada", password="p@ss:")),
    ],
)
def test_servers_are_read(url: str, servers: KafkaServers) -> None:
    assert read_servers(url) == servers


@pytest.mark.parametrize(
    "url",
    [
        "",
        "k:9092",
        "amqp://k",
        "kafka://",
        "kafka://k,",
        "kafka://k:port",
        "kafka://k:99999",
        "kafka://k/topic",
        "kafka://ada:hunter2@k:hunter2",
    ],
)
def test_what_names_no_server_is_refused_and_not_quoted(url: str) -> None:
    with pytest.raises(SetupError, match="MUNIMENT_KAFKA_URL") as refused:
        read_servers(url)
    assert "hunter2" not in str(refused.value)


def test_a_password_is_in_no_text() -> None:
    servers = read_servers("kafka://ada:hunter2@k")
    assert "hunter2" not in f"{servers} {servers!r}"


@pytest.mark.parametrize(
    ("url", "protocol"),
    [
        ("kafka://k", "PLAINTEXT"),
        ("kafkas://k", "SSL"),
        ("kafka://a:b@k", "SASL_PLAINTEXT"),
        ("kafkas://a:b@k", "SASL_SSL"),
    ],
)
def test_clients_are_opened_accordingly(url: str, protocol: str) -> None:
    options = read_servers(url).options()
    assert options["security_protocol"] == protocol
    assert ("ssl_context" in options) == url.startswith("kafkas")
    assert options.get("sasl_plain_password") == ("b" if "@" in url else None)


def test_what_is_not_installed_is_said_to_be_an_extra() -> None:
    with pytest.raises(SetupError, match=r"pip install 'muniment\[kafka\]'"):
        load("a_module_that_nobody_has")
