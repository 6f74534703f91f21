"""The causal tree, drawn."""

import io
from typing import Any

from rich.console import Console

from ops.why import draw

NOON = "2026-01-02T12:00:00.5Z"


def step(key: str, depth: int, **facts: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    known: dict[str, Any] = {"handled": [], "failures": [], "parked": [], "waiting": []}
    return {
        "key": key,
        "depth": depth,
        "type": f"muniment.{key}.v1",
        "subject": f"[{key}]",
        "position": depth + 1,
        "actor": "user:ada",
        "recorded_at": NOON,
        **known,
        **facts,
    }


def drawn(*steps: dict[str, Any], complete: bool = True) -> list[str]:
    screen = Console(file=io.StringIO(), width=300)
    why = {"correlation": "c", "focus": "b.b", "complete": complete, "steps": steps}
    screen.print(draw(why))
    assert isinstance(screen.file, io.StringIO)
    return [line.rstrip() for line in screen.file.getvalue().splitlines()]


def test_events_hang_below_their_causes() -> None:
    lines = drawn(step("a.a", 0), step("b.b", 1), step("c.c", 2), step("d.d", 1), step("e.e", 0))
    indents = [line.index("[") - len("x.x.v1  ") for line in lines[1:]]
    assert indents == [4, 8, 12, 8, 4]
    assert [line.endswith("<- asked for") for line in lines[1:]] == [False, True] + [False] * 3


def test_what_became_of_an_event_stands_below_it() -> None:
    failed = {"consumer": "x", "attempt": 1, "error": "OSError: [5] disk", "failed_at": NOON}
    lines = drawn(
        step(
            "a.a",
            0,
            failures=[{**failed, "retry_at": NOON}],
            handled=[
                {
                    "consumer": "x",
                    "outcome": "succeeded",
                    "attempt": 2,
                    "started_at": NOON,
                    "handled_at": "2026-01-02T12:00:00.512Z",
                }
            ],
            parked=[{"consumer": "y", "reason": "no", "attempts": 8, "parked_at": NOON}],
            waiting=[{"place": "queue z", "attempt": 3, "not_before": NOON, "held_by": "h"}],
        )
    )
    text = "\n".join(lines)
    assert "x failed at" in text
    assert "attempt 1: OSError: [5] disk; again at" in text
    assert "x succeeded at" in text
    assert "attempt 2, in 12 ms" in text
    assert "parked by y at" in text
    assert "after 8 attempts: no" in text
    assert "waits in queue z" in text
    assert "attempt 3, held by h" in text


def test_a_tree_that_is_cut_short_says_so() -> None:
    assert "more events" in drawn(step("a.a", 0), complete=False)[-1]
