"""How a process stops that was told to, and how it is made to."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

PROGRAM = """
import sys
from threading import Event
from ops.stopping import until_told
with until_told({bound}) as wait:
    print("ready", flush=True)
    wait()
    print("told", flush=True)
    {work}
print("done", flush=True)
"""


@contextmanager
def running(bound: float, work: str) -> Iterator["subprocess.Popen[str]"]:
    program = PROGRAM.format(bound=bound, work=work)
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_lets_it_finish(number: signal.Signals) -> None:
    with running(60, "pass") as process:
        process.send_signal(number)
        out, _ = process.communicate(timeout=30)
        assert out == "told\ndone\n"
    assert process.returncode == 0


def test_a_second_signal_ends_it_at_once() -> None:
    with running(60, "Event().wait()") as process:
        process.terminate()
        assert process.stdout is not None
        assert process.stdout.readline() == "told\n"
        process.terminate()
        process.communicate(timeout=30)
    assert process.returncode == -signal.SIGTERM


def test_work_that_does_not_end_is_ended() -> None:
    with running(0.2, "Event().wait()") as process:
        process.terminate()
        _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "not stopped after 0.2 s" in err
