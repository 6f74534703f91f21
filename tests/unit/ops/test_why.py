"""The causal tree, drawn."""

import io
from typing import Any

import pytest
from rich.console import Console

from ops.why import draw

NOON = "2026-01-02T12:00:00.5Z"


def step(key: str, depth: int, **facts: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    lists = ("handled", "failures", "parked", "leased", "waiting", "effects")
    known: dict[str, Any] = {name: [] for name in lists}
    return {
        "key": key,
        "depth": depth,
        "type": f"muniment.{key}.v1",
        "subject": f"[{key}]",
        "position": depth + 1,
        "entry": "accepted",
        "actor": "user:ada",
        "recorded_at": NOON,
        "data": {},
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


def at(seconds: int) -> str:
    return f"2026-01-02T12:00:{seconds:02}Z"


FAILED = {
    "consumer": "x",
    "attempt": 1,
    "kind": "transient",
    "error": "OSError: [5] disk",
    "failed_at": at(1),
    "retry_at": at(2),
}
PARKED = {
    "id": "p1",
    "consumer": "x",
    "kind": "poison",
    "reason": "no [use]",
    "attempts": 8,
    "parked_at": at(3),
    "ending": None,
    "ended_at": None,
    "ended_by": None,
    "note": None,
    "replaced_by": None,
}


def test_what_became_of_an_event_stands_below_it_in_order_of_time() -> None:
    replayed = {"ending": "replayed", "ended_at": at(4), "ended_by": "user:ada", "note": "mended"}
    handled = {
        "consumer": "x",
        "outcome": "succeeded",
        "attempt": 9,
        "started_at": at(5),
        "handled_at": "2026-01-02T12:00:05.012Z",
    }
    lines = drawn(
        step(
            "a.a",
            0,
            handled=[handled],
            failures=[FAILED],
            parked=[{**PARKED, **replayed}],
            effects=[{"kind": "file", "id": "f1", "text": "version 1 of m[51]", "at": at(5)}],
        )
    )
    told = [line.lstrip(" │├└─") for line in lines[2:]]
    starts = ["x failed at", "parked by x at", "replayed at", "x succeeded at", "file f1:"]
    assert [line.startswith(start) for line, start in zip(told, starts, strict=True)] == [True] * 5
    assert told[0].partition(", ")[2].startswith("attempt 1 (transient): OSError: [5] disk; again")
    assert told[1].endswith("after 8 attempts (poison): no [use]")
    assert told[2].endswith("by user:ada: mended")
    assert told[3].endswith("attempt 9, in 12 ms")
    assert told[4] == "file f1: version 1 of m[51]"


def test_what_went_wrong_is_told_as_the_event_tells_it() -> None:
    exists = "version with this md5 already exists."
    errors = {"site_id": ["too [long]", "odd"], "version_set": [{}, {"md5": [exists]}]}
    said = {"basename": "m51", "errors": errors, "reason": "it is there"}
    told = [line.lstrip(" │├└─") for line in drawn(step("a.a", 0, data=said))[2:]]
    wrong = ["site_id: too [long]", "site_id: odd", f"version_set.1.md5: {exists}"]
    assert told == ["it is there", *wrong]


@pytest.mark.parametrize("data", [None, 7, [], "x", {"reason": 7, "errors": "many"}])
def test_events_from_outside_say_what_they_like(data: object) -> None:
    assert len(drawn(step("a.a", 0, data=data))) == 2


def test_who_waits_for_a_person_is_told_where_to_look_and_who_was_replaced_by_what() -> None:
    assert drawn(step("a.a", 0, parked=[PARKED]))[2].endswith("-> muniment parked show p1")
    edited = {"ending": "edited", "ended_at": at(4), "ended_by": "user:ada", "replaced_by": "r1"}
    assert drawn(step("a.a", 0, parked=[{**PARKED, **edited}]))[3].endswith("; r1 runs instead")


def test_work_that_goes_on_and_what_is_waited_for_come_last() -> None:
    leased = {
        "consumer": "x",
        "attempt": 2,
        "owner": "host.1",
        "began_at": at(1),
        "until": at(9),
        "crashes": 2,
        "checkpointed": True,
        "progress": {"done": 3, "total": 7, "unit": "rows"},
    }
    waiting = {"place": "queue z", "attempt": 3, "because": ["no process runs z", "4 ready"]}
    lines = drawn(step("a.a", 0, leased=[leased], waiting=[waiting]))
    told = "host.1 works on it, 3 of 7 rows, with a checkpoint to go on from"
    assert told in lines[2]
    assert lines[2].endswith("processes that died of it: 2")
    assert lines[3].endswith("waits in queue z, attempt 3: no process runs z; 4 ready")


def test_a_tree_that_is_cut_short_says_so() -> None:
    assert "more events" in drawn(step("a.a", 0), complete=False)[-1]
