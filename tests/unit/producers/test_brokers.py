"""Which servers a URL names."""

import pytest

from producers.brokers import Broker, read_brokers
from store.errors import SetupError


def test_a_plain_url_names_one_server() -> None:
    assert read_brokers("amqp://u:p@rabbit/muniment") == (
        Broker("rabbit", 5672, "muniment", "u", "p"),
    )


def test_several_hosts_share_what_surrounds_them() -> None:
    one, two, three = read_brokers("amqp://u:p@a;b:5673;[::1]:5674/v")
    assert (str(one), str(two), str(three)) == ("a:5672/v", "b:5673/v", "[::1]:5674/v")
    assert {broker.user for broker in (one, two, three)} == {"u"}


def test_several_urls_stand_for_themselves() -> None:
    one, two = read_brokers("amqp://u:p@a/v;amqps://x:y@b/w")
    assert one == Broker("a", 5672, "v", "u", "p")
    assert two == Broker("b", 5671, "w", "x", "y", tls=True)


@pytest.mark.parametrize("url", ["amqp://h", "amqp://h/", "amqp://h//", "amqp://h/%2F"])
def test_the_default_vhost_has_many_spellings(url: str) -> None:
    assert read_brokers(url) == (Broker("h", 5672, "/", "guest", "guest"),)


def test_parts_are_percent_decoded() -> None:
    (broker,) = read_brokers("amqp://a%40b:p%3A%3B%2F@h/v%2Fw")
    assert (broker.user, broker.password, broker.vhost) == ("a@b", "p:;/", "v/w")


def test_certificates_are_named_as_rabbitmq_names_them() -> None:
    (broker,) = read_brokers("amqps://h/v?cacertfile=/ca.pem&certfile=/c.pem&keyfile=/k.pem")
    assert (broker.cacertfile, broker.certfile, broker.keyfile) == ("/ca.pem", "/c.pem", "/k.pem")


@pytest.mark.parametrize(
    "url",
    ["", "rabbit", "http://h/v", "amqp://h:port/v", "amqp://h:99999/v", "amqp://h/v?heartbeat=3"],
)
def test_anything_else_is_refused_with_the_form_that_is_expected(url: str) -> None:
    with pytest.raises(SetupError, match=r"MUNIMENT_BUS_URL: .*expected amqp://user:password@"):
        read_brokers(url)


def test_the_password_is_in_no_text() -> None:
    (broker,) = read_brokers("amqp://u:secret@h/v")
    assert "secret" not in f"{broker} {broker!r}"


@pytest.mark.parametrize("url", ["amqp://u:secret@h/v?x=1", "amqp://u:secret/x@h/v"])
def test_no_refusal_quotes_the_password(url: str) -> None:
    with pytest.raises(SetupError) as refused:
        read_brokers(url)
    assert "secret" not in str(refused.value)
