"""Draws a causal tree: events, and below each in order of time what became of it.

Who handled it, what failed, what was decided, what came of it; at the end what it waits for.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from rich.text import Text
from rich.tree import Tree

Why = Mapping[str, Any]
"""What `GET /events/{key}/why` answers."""
_Line = tuple[str, Text]
"""When it happened, in ISO 8601, and what."""


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
    how = f"{step['entry']} at {_time(step['recorded_at'])} by {step['actor']}"
    text = Text.assemble(
        (step["type"].removeprefix("muniment."), "bold"),
        f"  {step['subject'] or ''}",
        (f"  #{step['position']}  {how}", "dim"),
    )
    if asked:
        text.append("  <- asked for", "cyan")
    return text


def _lines(step: Mapping[str, Any]) -> Iterator[Text]:
    yield from (Text(line, style="red") for line in _wrong(step["data"]))
    happened = [*_tries(step), *_parkings(step)]
    yield from (line for _, line in sorted(happened, key=_moment))
    for one in step["effects"]:
        yield Text(f"{one['kind']} {one['id']}: {one['text']}", style="green")
    for one in step["leased"]:
        yield Text(_leased(one), style="cyan")
    for one in step["waiting"]:
        because = "; ".join(one["because"])
        line = f"waits in {one['place']}, attempt {one['attempt']}: {because}"
        yield Text(line, style="yellow")


def _wrong(data: object) -> Iterator[str]:
    """Yield what an event says of something that went wrong; one from outside may say anything."""
    said = data if isinstance(data, dict) else {}
    if isinstance(said.get("reason"), str):
        yield said["reason"]
    if isinstance(said.get("errors"), dict):
        yield from _told(said["errors"])


def _told(errors: object, field: str = "") -> Iterator[str]:
    """Yield a line for each error, which stand by field, and in lists beside what was sent."""
    if isinstance(errors, dict):
        for name, below in errors.items():
            yield from _told(below, f"{field}.{name}" if field else name)
    elif isinstance(errors, list):
        for index, one in enumerate(errors):
            yield from _told(one, field if isinstance(one, str) else f"{field}.{index}")
    else:
        yield f"{field}: {errors}"


def _tries(step: Mapping[str, Any]) -> Iterator[_Line]:
    for one in step["failures"]:
        again = f"; again at {_time(one['retry_at'])}" if one["retry_at"] else ""
        line = (
            f"{one['consumer']} failed at {_time(one['failed_at'])}, attempt {one['attempt']} "
            f"({one['kind']}): {one['error']}{again}"
        )
        yield one["failed_at"], Text(line, style="yellow")
    for one in step["handled"]:
        style = "green" if one["outcome"] == "succeeded" else "red"
        line = (
            f"{one['consumer']} {one['outcome']} at {_time(one['handled_at'])}, "
            f"attempt {one['attempt']}, {_took(one)}"
        )
        yield one["handled_at"], Text(line, style=style)


def _parkings(step: Mapping[str, Any]) -> Iterator[_Line]:
    for one in step["parked"]:
        line = (
            f"parked by {one['consumer']} at {_time(one['parked_at'])} after "
            f"{one['attempts']} attempts ({one['kind']}): {one['reason']}"
        )
        if one["ending"] is None:
            line += f"  -> muniment parked show {one['id']}"
        yield one["parked_at"], Text(line, style="red")
        if one["ending"] is not None:
            note = f": {one['note']}" if one["note"] else ""
            instead = f"; {one['replaced_by']} runs instead" if one["replaced_by"] else ""
            line = (
                f"{one['ending']} at {_time(one['ended_at'])} by {one['ended_by']}{note}{instead}"
            )
            yield one["ended_at"], Text(line, style="cyan")


def _leased(one: Mapping[str, Any]) -> str:
    began = f"{one['consumer']}: begun at {_time(one['began_at'])}"
    words = [f"{began}, {one['owner']} works on it" if one["owner"] else f"{began}, now nobody's"]
    progress = one["progress"]
    if progress is not None:
        of = "" if progress["total"] is None else f" of {progress['total']}"
        words.append(f"{progress['done']}{of} {progress['unit']}")
    if one["checkpointed"]:
        words.append("with a checkpoint to go on from")
    if one["crashes"]:
        words.append(f"processes that died of it: {one['crashes']}")
    return ", ".join(words)


def _moment(line: _Line) -> datetime:
    return datetime.fromisoformat(line[0])


def _took(handled: Mapping[str, Any]) -> str:
    started, ended = (
        datetime.fromisoformat(handled[name]) for name in ("started_at", "handled_at")
    )
    return f"in {(ended - started).total_seconds() * 1000:.0f} ms"


def _time(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone():%H:%M:%S.%f}"[:-3]
