"""Profiles of running processes, taken from outside by py-spy, all threads included."""

import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ops.bench.processes import Child, MeasurementError

_RATE = "250"


def require_profiler() -> str:
    """Return the path of py-spy. Raises MeasurementError when there is none."""
    tool = shutil.which("py-spy")
    if tool is None:
        raise MeasurementError("--profile needs py-spy: pip install py-spy")
    return tool


@contextmanager
def profiled(processes: Mapping[str, Child], folder: Path) -> Iterator[None]:
    """Write `<process>.txt`, stacks with their numbers of samples, of what happens in a block."""
    tool = require_profiler()
    folder.mkdir(parents=True, exist_ok=True)
    recording = []
    for name, process in processes.items():
        output = folder / f"{name}.txt"
        command = [tool, "record", "--pid", str(process.pid), "--output", str(output)]
        command += ["--rate", _RATE, "--format", "raw", "--threads", "--nonblocking"]
        recording.append(
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # noqa: S603 - py-spy, and names of ours
        )
    try:
        yield
    finally:
        for one in recording:
            one.send_signal(signal.SIGINT)
    for one in recording:
        said, _ = one.communicate()
        if one.returncode != 0:
            raise MeasurementError(f"py-spy: {' '.join(said.split())}")
