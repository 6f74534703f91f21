"""Draws a causal tree: events, who handled each and when, what failed, what still waits."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from rich.text import Text
from rich.tree import Tree

Why = Mapping[str, Any]
"""What `GET /events/{key}/why` answers."""


def draw(why: Why) -> Tree:
    """Return the tree for printing; each event hangs below its cause."""
    root = Tree(Text(f"correlation {why['correlation']}", style="dim"))
    above = [root]
    for step in why["steps"]:
        del above[step["depth"] + 1 :]
        branch = above[-1].add(_event(step, asked=step["key"] == why["focus"]))
        for line in _lines(step):
            branch.add(line)
        above.append(branch)
    if not why["complete"]:
        root.add(Text("and more events than are shown", style="yellow"))
    return root


def _event(step: Mapping[str, Any], *, asked: bool) -> Text:
    text = Text.assemble(
        (step["type"].removeprefix("muniment."), "bold"),
        f"  {step['subject'] or ''}",
        (f"  #{step['position']}  {_time(step['recorded_at'])}  {step['actor']}", "dim"),
    )
    if asked:
        text.append("  <- asked for", "cyan")
    return text


def _lines(step: Mapping[str, Any]) -> Iterator[Text]:
    for one in step["failures"]:
        again = f"; again at {_time(one['retry_at'])}" if one["retry_at"] else ""
        yield Text(
            f"{one['consumer']} failed at {_time(one['failed_at'])}, attempt {one['attempt']}: "
            f"{one['error']}{again}",
            style="yellow",
        )
    for one in step["handled"]:
        style = "green" if one["outcome"] == "succeeded" else "red"
        yield Text(
            f"{one['consumer']} {one['outcome']} at {_time(one['handled_at'])}, "
            f"attempt {one['attempt']}, {_took(one)}",
            style=style,
        )
    for one in step["parked"]:
        yield Text(
            f"parked by {one['consumer']} at {_time(one['parked_at'])} after "
            f"{one['attempts']} attempts: {one['reason']}",
            style="red",
        )
    for one in step["waiting"]:
        held = f", held by {one['held_by']}" if one["held_by"] else ""
        yield Text(
            f"waits in {one['place']} since or until {_time(one['not_before'])}, "
            f"attempt {one['attempt']}{held}",
            style="yellow",
        )


def _took(handled: Mapping[str, Any]) -> str:
    started, ended = (
        datetime.fromisoformat(handled[name]) for name in ("started_at", "handled_at")
    )
    return f"in {(ended - started).total_seconds() * 1000:.0f} ms"


def _time(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone():%H:%M:%S.%f}"[:-3]
