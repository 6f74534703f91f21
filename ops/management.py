"""RabbitMQ's management API, as far as AMQP cannot tell: arguments, bindings and policies."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import urllib3
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from producers.brokers import Broker

_OK = 200
_PATIENCE_SECONDS = 5.0


class ManagementError(Exception):
    """The management API did not answer, or refused."""


@dataclass(frozen=True, slots=True)
class QueueThere:
    """A queue as the broker has it."""

    arguments: Mapping[str, Any]
    policy: Mapping[str, Any]
    """What policies, the operator's too, set for it together."""
    policies: tuple[str, ...]
    """Their names, as a sentence has them."""
    unacknowledged: int | None
    """How many messages consumers hold: up to some 10 s old; None when not counted yet."""


class Management:
    """Reads what the vhost of a broker has, as the user in the URL or else the broker's.

    Every method raises ManagementError.
    """

    def __init__(self, url: str, broker: Broker) -> None:
        parts = parse_url(url)
        self._url = parts._replace(auth=None).url.rstrip("/")
        self._vhost = quote(broker.vhost, safe="")
        login = parts.auth or f"{broker.user}:{broker.password}"
        self._headers = urllib3.make_headers(basic_auth=login)

    def bindings(self) -> set[tuple[str, str, str]]:
        """Return (queue, exchange, pattern) of every queue but those of the default exchange."""
        return {
            (one["destination"], one["source"], one["routing_key"])
            for one in self._get("bindings")
            if one["destination_type"] == "queue" and one["source"]
        }

    def exchanges(self) -> dict[str, dict[str, Any]]:
        """Return each exchange's arguments, its `type` among them."""
        return {
            one["name"]: {"type": one["type"], **one["arguments"]} for one in self._get("exchanges")
        }

    def queues(self) -> dict[str, QueueThere]:
        """Return the queues by name."""
        return {
            one["name"]: QueueThere(
                arguments=one["arguments"],
                policy=one.get("effective_policy_definition") or {},
                policies=tuple(
                    f"{kind.replace('_', ' ')} {one[kind]!r}"
                    for kind in ("policy", "operator_policy")
                    if one.get(kind)
                ),
                unacknowledged=one.get("messages_unacknowledged"),
            )
            for one in self._get("queues")
        }

    def _get(self, what: str) -> Any:  # noqa: ANN401 - JSON is what it is
        url = f"{self._url}/api/{what}/{self._vhost}"
        try:
            response = urllib3.request(
                "GET", url, headers=self._headers, timeout=_PATIENCE_SECONDS, retries=False
            )
            if response.status != _OK:
                raise ManagementError(f"{self._url} answers {response.status}")
            return response.json()
        except (HTTPError, ValueError) as error:
            raise ManagementError(f"{self._url}: {error}") from error
