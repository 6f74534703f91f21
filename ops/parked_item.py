"""Draws a parked item: what it says, why it failed, and what happened to it before."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import to_json
from rich.text import Text

from schemas.routing import routing_key

Item = Mapping[str, Any]
"""What `GET /parked/{id}` answers."""


def draw(item: Item) -> Text:
    """Return it for printing."""
    return Text("\n").join(_lines(item))


def _lines(item: Item) -> Iterator[Text]:
    name = routing_key(item["type"]) if item["type"] else "a message that is no event"
    yield Text.assemble((name, "bold"), f"  {item['subject'] or ''}")
    yield Text(
        f"parked by {item['consumer']} at {_time(item['parked_at'])} after try "
        f"{item['attempts']} ({item['kind']}): {item['reason']}",
        style="red",
    )
    if item["ending"] is not None:
        yield Text(_decision(item), style="cyan")
    if item["message"] is None:
        yield _heading("data")
        yield Text(to_json(item["data"], indent=2).decode())
    else:
        message = item["message"]
        yield _heading("properties")
        yield from (Text(f"{name}: {value}") for name, value in message["properties"].items())
        yield _heading("body" if message["body"] is not None else "body, in base64")
        yield Text(message["body"] if message["body"] is not None else message["body_base64"])
    if item["traceback"]:
        yield _heading("traceback")
        yield Text(item["traceback"].rstrip())
    before = [*_before(item)]
    if before:
        yield _heading("before")
        yield from before
    if item["why"]:
        yield Text(f"\nmuniment why {item['event'].rpartition('/')[2]}", style="dim")


def _before(item: Item) -> Iterator[Text]:
    for one in item["tries"]:
        again = f"; again at {_time(one['retry_at'])}" if one["retry_at"] else ""
        yield Text(
            f"try {one['attempt']} failed at {_time(one['failed_at'])}: {one['error']}{again}"
        )
    for one in item["decisions"]:
        if one["id"] != item["id"]:
            yield Text(f"parked at {_time(one['parked_at'])} as {one['id']}; {_decision(one)}")


def _decision(item: Item) -> str:
    if item["ending"] is None:
        return "waits"
    note = f": {item['note']}" if item["note"] else ""
    instead = (
        f"; {item['replaced_by'].rpartition('/')[2]} runs instead" if item["replaced_by"] else ""
    )
    return f"{item['ending']} by {item['ended_by']} at {_time(item['ended_at'])}{note}{instead}"


def _heading(text: str) -> Text:
    return Text(f"\n{text}", style="bold")


def _time(text: str) -> str:
    return text[:19].replace("T", " ")
