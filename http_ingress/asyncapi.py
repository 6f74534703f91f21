"""The AsyncAPI 3.0 document: every event, the exchange it goes to, who reads and who writes it."""

from collections.abc import Sequence
from typing import Any

from http_ingress.ports import Listener
from schemas.catalogue import EVENTS, POSTABLE, json_schema
from schemas.envelope import JSON
from schemas.routing import FACTS, REQUESTS, exchange, is_request, routing_key


def asyncapi(listeners: Sequence[Listener]) -> dict[str, Any]:
    """Return the document. An installation without a broker keeps the same contract inside."""
    operations = {}
    for listener in listeners:
        if listener.listens_to is not None:
            operations[listener.name] = _operation("receive", listener.name, listener.listens_to)
        for name in listener.publishes:
            key = f"{listener.name}-{routing_key(name)}"
            operations[key] = _operation("send", listener.name, name)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Muniment",
            "version": "1",
            "description": "CloudEvents 1.0 over AMQP 0-9-1, binary content mode: context "
            "attributes are headers named `cloudEvents:<name>`, the body is the data. Post "
            f"requests to {REQUESTS}; bind queues of your own to {FACTS}.",
        },
        "defaultContentType": JSON,
        "channels": {name: _channel(name) for name in EVENTS},
        "operations": operations,
        "components": {"messages": {name: _message(name) for name in EVENTS}},
    }


def _channel(name: str) -> dict[str, Any]:
    return {
        "address": routing_key(name),
        "description": _purpose(name),
        "messages": {"event": {"$ref": f"#/components/messages/{name}"}},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {"name": exchange(name), "type": "topic", "durable": True},
                "bindingVersion": "0.3.0",
            }
        },
    }


def _purpose(name: str) -> str:
    if name in POSTABLE:
        return "Someone asks; one queue answers."
    if is_request(name):
        return "Muniment asks itself, once it has checked who wants it; nobody else may."
    return "It happened; any may read."


def _message(name: str) -> dict[str, Any]:
    schema = json_schema(name)
    return {
        "name": name,
        "summary": (EVENTS[name].__doc__ or "").partition("\n")[0],
        "contentType": JSON,
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": schema,
        },
    }


def _operation(action: str, consumer: str, name: str) -> dict[str, Any]:
    return {"action": action, "title": consumer, "channel": {"$ref": f"#/channels/{name}"}}
