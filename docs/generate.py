#!/usr/bin/env python3
"""Write docs/reference/ from what it describes: `make docs`. A test fails when it is stale."""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import muniment
from consumers.contract import Consumer
from consumers.registry import CONSUMERS
from http_ingress.application import NATIVE
from http_ingress.problems import KINDS
from ops.cli import COMMANDS
from ops.metric_meanings import METRICS
from ops.settings import Settings
from ops.topology import derive
from schemas.base import Event
from schemas.catalogue import EVENTS, json_schema
from schemas.routing import exchange, routing_key

FOLDER = Path(__file__).parent / "reference"


def pages() -> Mapping[str, str]:
    """Return the text of every page, by its file name."""
    return {
        f"{name}.md": f"# {title}\n\n_Written by `make docs`; change the code instead._\n\n{text}\n"
        for name, title, text in (
            ("settings", "Settings", settings()),
            ("events", "Event types", events()),
            ("consumers", "Consumers and queues", consumers()),
            ("command-line", "Command line", command_line()),
            ("http", "HTTP", http()),
            ("sdk", "The SDK: import muniment", sdk()),
            ("metrics", "Metrics", metrics()),
        )
    }


def settings() -> str:
    """Return the table of settings."""
    own = Settings.__annotations__
    # What is inherited stands first, and is what fewest look for.
    names = sorted(Settings.model_fields, key=lambda name: name not in own)
    rows = [
        (f"`MUNIMENT_{name.upper()}`", _default(name), Settings.model_fields[name].description)
        for name in names
    ]
    return (
        "Environment variables. Lists are separated by commas. The command line reads two more, "
        "`MUNIMENT_URL` and `MUNIMENT_TOKEN`; see there.\n\n"
        + _table(("variable", "default", "what it says"), rows)
    )


def _default(name: str) -> str:
    if name == "instance":
        return "the host's name"
    field = Settings.model_fields[name]
    value = "" if field.default_factory is not None else field.default
    if isinstance(value, tuple):
        value = ",".join(map(str, value))
    return "" if value in (None, "", ()) else f"`{value}`"


def events() -> str:
    """Return one section per type of event."""
    return "\n\n".join(_event(cls) for cls in EVENTS.values())


def _event(cls: type[Event]) -> str:
    schema = json_schema(cls.TYPE)
    rows = [
        (
            f"`{name}`",
            _kind(field),
            "yes" if name in schema.get("required", ()) else "",
            _told(field),
        )
        for name, field in schema["properties"].items()
    ]
    facts = [
        f"Routing key `{routing_key(cls.TYPE)}` on `{exchange(cls.TYPE)}`.",
        f"The subject is `{cls.SUBJECT}`.",
        *_who("Handled by", (one.name for one in CONSUMERS if one.listens_to is cls)),
        *_who("Published by", (one.name for one in CONSUMERS if cls in one.publishes)),
    ]
    fields = _table(("field", "type", "required", "what it says"), rows)
    return f"## {cls.TYPE}\n\n{cls.__doc__}\n\n{' '.join(facts)}\n\n{fields}"


def _who(what: str, names: Iterable[str]) -> list[str]:
    found = ", ".join(f"`{name}`" for name in names)
    return [f"{what} {found}."] if found else []


def _kind(field: Mapping[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(_kind(one) for one in field["anyOf"] if one.get("type") != "null")
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    return str(field.get("format") or field.get("type") or "any JSON")


def _told(field: Mapping[str, Any]) -> str:
    texts = [field, *field.get("anyOf", ())]
    return " ".join(dict.fromkeys(one["description"] for one in texts if "description" in one))


def consumers() -> str:
    """Return the consumers, and what RabbitMQ has to have for them."""
    topology = derive(CONSUMERS)
    exchanges = [
        (f"`{one.name}`", one.kind, _arguments(one.arguments)) for one in topology.exchanges
    ]
    queues = [(f"`{one.name}`", _arguments(one.arguments)) for one in topology.queues]
    bindings = [
        (f"`{one.queue}`", f"`{one.exchange}`", f"`{one.pattern}`" if one.pattern else "everything")
        for one in topology.bindings
    ]
    return "\n\n".join(
        [
            *map(_consumer, CONSUMERS),
            "## Exchanges",
            "`muniment topology apply` makes them, and the queues below; all are durable.",
            _table(("exchange", "kind", "arguments"), exchanges),
            "## Queues",
            _table(("queue", "arguments"), queues),
            "## Bindings",
            _table(("queue", "exchange", "pattern"), bindings),
        ]
    )


def _consumer(one: Consumer[Any]) -> str:
    retry = one.retry
    rows = [
        ("listens to", "every event there is" if one.type is None else f"`{one.type}`"),
        ("publishes", ", ".join(f"`{cls.TYPE}`" for cls in one.publishes)),
        (
            "attempts",
            f"{retry.attempts}, {retry.base_seconds:g} s to {retry.cap_seconds:g} s apart",
        ),
        ("events in one commit", f"up to {one.batch}"),
        ("threads in one process", one.threads),
        ("deliveries held by one process", f"up to {one.window}"),
    ]
    about = (one.handle.__doc__ or "").strip().splitlines()[0]
    return f"## {one.name}\n\n{about}\n\n{_table(('', ''), rows)}"


def _arguments(arguments: Mapping[str, Any]) -> str:
    return "<br>".join(f"`{name}={value}`" for name, value in arguments.items())


def command_line() -> str:
    """Return one section per command."""
    intro = "Global options stand before the command: `muniment --url URL --token TOKEN COMMAND`."
    sections = [
        section
        for entry in COMMANDS.values()
        for section in _command(f"muniment {entry.name}", entry.load())
    ]
    return "\n\n".join([intro, *sections])


def _command(name: str, command: Any) -> list[str]:  # noqa: ANN401 - typer's classes are private
    about = " ".join((command.help or "").replace("\f", "").split())
    rows = [
        (_spelling(one), _explained(one))
        for one in command.params
        if one.name != "help" and not getattr(one, "hidden", False)
    ]
    text = [f"## {name}", about, *([_table(("", ""), rows)] if rows else [])]
    for child in getattr(command, "commands", {}):
        text += _command(f"{name} {child}", command.get_command(None, child))
    return text


def _spelling(parameter: Any) -> str:  # noqa: ANN401 - as above
    if parameter.param_type_name == "argument":
        return f"`{parameter.metavar or parameter.name.upper()}`"
    return ", ".join(f"`{option}`" for option in (*parameter.opts, *parameter.secondary_opts))


def _explained(parameter: Any) -> str:  # noqa: ANN401 - as above
    default = parameter.default if isinstance(parameter.default, int | float | str) else None
    shown = "" if default in (None, False, "", "{}") else f"Default: {default}."
    return " ".join(filter(None, (getattr(parameter, "help", None), shown)))


def http() -> str:
    """Return the native API in brief; /openapi.json has every detail."""
    routes = [
        (f"`{one.method} {one.path}`", one.access, (one.handler.__doc__ or "").splitlines()[0])
        for one in NATIVE
    ]
    kinds = [(one.status, f"`{one.slug}`", one.title, one.advice) for one in KINDS.values()]
    return "\n\n".join(
        [
            "A running ingress tells everything at `/openapi.json`, and for people at `/docs`.",
            "`read` needs credentials only where `MUNIMENT_PUBLIC_READS` is off; `write` always.",
            _table(("", "access", "what it does"), routes),
            "## Problems",
            "Every error is a problem document (RFC 9457) of one of these kinds.",
            _table(("status", "kind", "title", "what to do"), kinds),
        ]
    )


def sdk() -> str:
    """Return one section per public name, with the public methods of classes."""
    return "\n\n".join(
        part for name in muniment.__all__ for part in _public(name, getattr(muniment, name))
    )


def _public(name: str, found: type) -> list[str]:
    methods = [
        (method, attribute)
        for method, attribute in vars(found).items()
        if inspect.isfunction(attribute) and not method.startswith("_")
    ]
    parts = [f"## {name}", inspect.getdoc(found) or ""]
    if issubclass(found, Event | Exception):
        return parts
    making: Any = vars(found).get("__init__")
    if making is not None and making.__doc__:
        parts += [f"**`{name}{_signature(making)}`**", making.__doc__]
    for method, attribute in methods:
        parts += [f"**`{method}{_signature(attribute)}`**", inspect.getdoc(attribute) or ""]
    return parts


def _signature(function: Any) -> str:  # noqa: ANN401 - functions of any kind
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return str(inspect.Signature([one.replace(annotation=one.empty) for one in parameters]))


def metrics() -> str:
    """Return the table of metrics."""
    rows = [
        (f"`{name.value}`", one.kind, ", ".join(one.labels), one.text, one.when_it_rises)
        for name, one in METRICS.items()
    ]
    return (
        "Prometheus text format, at `/metrics` of the ingress and at `MUNIMENT_METRICS_PORT` of "
        "other processes. Times are seconds.\n\n"
        + _table(("metric", "kind", "labels", "what it says", "when it rises"), rows)
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    return "\n".join([_row(heads), "|" + " --- |" * len(heads), *map(_row, rows)])


def _row(cells: Sequence[object]) -> str:
    return "| " + " | ".join(map(_cell, cells)) + " |"


def _cell(value: object) -> str:
    return "" if value is None else " ".join(str(value).split()).replace("|", "\\|")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text)
