"""A virtual host to measure in: made for it and thrown away, or named, empty and left so."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import quote

import urllib3
from pika.exceptions import ChannelClosedByBroker
from urllib3.util import parse_url

from ops.bench.processes import MeasurementError
from ops.bench.queues import connected
from ops.topology import Topology
from producers.brokers import Broker, read_brokers
from schemas.routing import REQUESTS

_EVERYTHING = {"configure": ".*", "write": ".*", "read": ".*"}
_REFUSED = 300


def broker_of(amqp_url: str, vhost: str = "") -> Broker:
    """Return the first server that the URL names, and the vhost there."""
    broker = read_brokers(amqp_url)[0]
    return replace(broker, vhost=vhost) if vhost else broker


def url_of(broker: Broker) -> str:
    """Return the URL of a server and its vhost."""
    host = f"[{broker.host}]" if ":" in broker.host else broker.host
    login = f"{quote(broker.user, safe='')}:{quote(broker.password, safe='')}"
    scheme = "amqps" if broker.tls else "amqp"
    return f"{scheme}://{login}@{host}:{broker.port}/{quote(broker.vhost, safe='')}"


@contextmanager
def made(broker: Broker, management_url: str) -> Iterator[None]:
    """Make the vhost, and throw it away after the block. Raises MeasurementError."""
    api = _Api(management_url, broker) if management_url else _Ctl(broker)
    api.create()
    try:
        yield
    finally:
        api.delete()


@contextmanager
def borrowed(broker: Broker, topology: Topology) -> Iterator[None]:
    """Use a vhost that Muniment does not use, and remove afterwards what it declared there."""
    with connected(broker) as connection:
        try:
            connection.channel().exchange_declare(REQUESTS, passive=True)
        except ChannelClosedByBroker:
            pass
        else:
            raise MeasurementError(
                f"the vhost {broker.vhost!r} belongs to an installation; name an empty one"
            )
    try:
        yield
    finally:
        with connected(broker) as connection:
            channel = connection.channel()
            for queue in topology.queues:
                channel.queue_delete(queue.name)
            for exchange in topology.exchanges:
                channel.exchange_delete(exchange.name)


class _Api:
    """The management API."""

    def __init__(self, url: str, broker: Broker) -> None:
        parts = parse_url(url)
        self._url = parts._replace(auth=None).url.rstrip("/")
        self._vhost = quote(broker.vhost, safe="")
        self._user = quote(broker.user, safe="")
        login = parts.auth or f"{broker.user}:{broker.password}"
        self._headers = urllib3.make_headers(basic_auth=login)

    def create(self) -> None:
        self._call("PUT", f"vhosts/{self._vhost}", {})
        self._call("PUT", f"permissions/{self._vhost}/{self._user}", _EVERYTHING)

    def delete(self) -> None:
        self._call("DELETE", f"vhosts/{self._vhost}")

    def _call(self, method: str, path: str, body: object = None) -> None:
        url = f"{self._url}/api/{path}"
        try:
            answer = urllib3.request(
                method, url, json=body, headers=self._headers, timeout=30, retries=False
            )
        except urllib3.exceptions.HTTPError as error:
            raise MeasurementError(f"{self._url} does not answer: {error}") from error
        if answer.status >= _REFUSED:
            raise MeasurementError(f"{method} {url} is answered {answer.status}")


class _Ctl:
    """The command line tool of a broker on this machine."""

    def __init__(self, broker: Broker) -> None:
        self._vhost = broker.vhost
        self._user = broker.user

    def create(self) -> None:
        definitions = {
            "vhosts": [{"name": self._vhost}],
            "permissions": [{"user": self._user, "vhost": self._vhost, **_EVERYTHING}],
        }
        self._call("import_definitions", given=json.dumps(definitions))

    def delete(self) -> None:
        self._call("delete_vhost", self._vhost)

    def _call(self, *arguments: str, given: str = "") -> None:
        advice = "give --management-url, or an empty vhost of your own with --vhost"
        tool = shutil.which("rabbitmqctl")
        if tool is None:
            raise MeasurementError(f"no vhost can be made without rabbitmqctl; {advice}")
        done = subprocess.run(  # noqa: S603 - what PATH calls rabbitmqctl, and names of our own
            [tool, "--quiet", *arguments], input=given, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            reason = " ".join((done.stderr or done.stdout).split())
            raise MeasurementError(f"rabbitmqctl {arguments[0]} fails: {reason}; {advice}")
