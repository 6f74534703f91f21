"""What came of a run, for people and for programs."""

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from ops.chaos.checks import Account
from ops.chaos.reports import as_json, print_outcome
from ops.chaos.run import Outcome

WHOLE = Outcome(
    place="embedded bus and SQLite",
    seed=7,
    seconds=90,
    kills={"up": 2, "worker": 3},
    others={"drained by SIGTERM": 1},
    left_out=["restarts of the broker: no --restart-broker"],
    recovery={"kill": [0.3, 0.1, 2.5]},
    account=Account(accepted=10, ended=10),
)
LOST, DOUBLED = Account(accepted=10, ended=9), Account(accepted=10, ended=10)
LOST.lost.add("p", "was accepted and has not ended")
LOST.lost.add("p", "has no follow-on")
DOUBLED.doubled.add("p", "has ended 2 times [sic]")


def printed(outcome: Outcome) -> list[str]:
    screen = Console(file=StringIO(), width=100)
    print_outcome(screen, outcome)
    assert isinstance(screen.file, StringIO)
    return [" ".join(line.split()) for line in screen.file.getvalue().splitlines()]


def test_a_whole_run_is_told_in_full() -> None:
    said = printed(WHOLE)
    assert said[0] == "embedded bus and SQLite, 1.5 minutes of faults, seed 7"
    assert "kills 5" in said
    assert "worker 3" in said
    assert "other faults 1" in said
    assert "after a kill 0.30 / 2.50" in said
    assert [line for line in said if line.startswith(("accepted", "ended", "lost", "doubled"))] == [
        "accepted 10",
        "ended 10",
        "lost 0",
        "doubled 0",
    ]
    assert said[-1] == "Left out: restarts of the broker: no --restart-broker"


def test_programs_get_the_same() -> None:
    found = as_json(WHOLE)
    assert found["kills"] == {"up": 2, "worker": 3}
    assert found["recovery_seconds"] == {"kill": {"times": 3, "p50": 0.3, "max": 2.5}}
    assert (found["accepted"], found["ended"]) == (10, 10)
    assert (found["lost"], found["doubled"], found["details"]) == (0, 0, [])


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (replace(WHOLE, account=LOST), "Lost: p: was accepted and has not ended; has no follow-on"),
        (replace(WHOLE, account=DOUBLED), "Doubled: p: has ended 2 times [sic]"),
        (replace(WHOLE, waiting=["3 in outbox"]), "Still waiting: 3 in outbox"),
        (replace(WHOLE, unexpected=["500 b''"]), "Unexpected: 500 b''"),
    ],
)
def test_what_is_wrong_is_told_and_the_run_is_not_whole(outcome: Outcome, said: str) -> None:
    assert WHOLE.whole
    assert not outcome.whole
    assert printed(outcome)[-1] == said
