"""The documents, made from the table of routes."""

from typing import Any

import pytest
from openapi_spec_validator import validate
from pydantic_core import from_json, to_json

from http_ingress.application import NATIVE
from http_ingress.asyncapi import asyncapi
from http_ingress.openapi import openapi, template_parameters
from http_ingress.ports import Listener
from http_ingress.routes import Route
from schemas.catalogue import EVENTS
from schemas.probes import ProbeAnswered, ProbeRequested
from schemas.routing import FACTS, REQUESTS

PROBE = Listener("answer-probe", ProbeRequested.TYPE, (ProbeAnswered.TYPE,))


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    written: dict[str, Any] = from_json(to_json(openapi(NATIVE, "https://archive.example.org")))
    return written


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    validate(document)


@pytest.mark.parametrize("route", NATIVE, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_is_described(document: dict[str, Any], route: Route) -> None:
    described = document["paths"][route.path][route.method.lower()]
    assert described["summary"].endswith((".", ":"))
    assert "500" in described["responses"]
    assert ({} in described["security"]) is (route.access == "read")
    if route.access == "write":
        assert {"401", "403", "429", "503"} <= described["responses"].keys()
    assert described["description"].endswith("Only for operators and superusers.") is (
        route.access == "administer"
    )
    named = {one["name"] for one in described["parameters"] if one["in"] == "path"}
    assert named == set(template_parameters(route.path))


def test_no_two_paths_differ_by_the_names_of_their_parameters(document: dict[str, Any]) -> None:
    shapes = [
        path.split("{")[0] + str(path.count("{")) + path.split("}")[-1]
        for path in document["paths"]
    ]
    assert len(shapes) == len(set(shapes))


def test_each_operation_has_a_name_of_its_own() -> None:
    names = [route.handler.__name__ for route in NATIVE]
    assert len(names) == len(set(names))


def test_every_type_has_a_channel_on_its_exchange() -> None:
    document = asyncapi([PROBE])
    channels = document["channels"]
    assert set(channels) == set(EVENTS) == set(document["components"]["messages"])
    exchanges = {
        name: channel["bindings"]["amqp"]["exchange"]["name"] for name, channel in channels.items()
    }
    assert exchanges[ProbeRequested.TYPE] == REQUESTS
    assert exchanges[ProbeAnswered.TYPE] == FACTS
    assert channels[ProbeAnswered.TYPE]["address"] == "probe.answered.v1"


def test_consumers_receive_and_send() -> None:
    operations = asyncapi([PROBE])["operations"]
    assert {(name, one["action"], one["channel"]["$ref"]) for name, one in operations.items()} == {
        ("answer-probe", "receive", f"#/channels/{ProbeRequested.TYPE}"),
        ("answer-probe-probe.answered.v1", "send", f"#/channels/{ProbeAnswered.TYPE}"),
    }
