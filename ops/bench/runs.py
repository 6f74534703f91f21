"""Runs of a computation, as a client of `/records` tells of them: when they begin, and ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import quote

from schemas.record_document import Document, write, write_moment

_FIRST = datetime(2026, 1, 1, tzinfo=UTC)
_MODULES = ("numpy", "scipy", "h5py", "matplotlib", "reef")


Work = Literal["create", "update", "get", "list"]
"""What is done: two PUTs of a record, a GET of it, a GET of its project."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run."""

    project: str
    label: str
    number: int
    """In its project, from 0."""

    @property
    def target(self) -> str:
        """Where its record is."""
        return f"{self.project_target}{quote(self.label, safe='')}/"

    @property
    def project_target(self) -> str:
        """Where its project is."""
        return f"/records/{quote(self.project, safe='')}/"

    @property
    def id(self) -> str:
        """What the floor calls it."""
        return f"{self.project}/{self.label}"

    @property
    def timestamp(self) -> datetime:
        """When it began."""
        return _FIRST + timedelta(seconds=self.number)

    def begun(self) -> Document:
        """Return its document when it begins: what is known before there are results."""
        return {
            "label": self.label,
            "timestamp": write_moment(self.timestamp),
            "reason": "how fast the reef grows when the water is warmer",
            "duration": None,
            "executable": {
                "path": "/usr/bin/python3",
                "version": "3.11.7",
                "name": "Python",
                "options": "",
            },
            "repository": {"url": "/home/ann/reef", "type": "GitRepository", "upstream": None},
            "main_file": "grow.py",
            "version": "9f2c1e7d3b5a4860f1e2d3c4b5a69788776655aa",
            "parameters": {
                "content": f"seed = {self.number}\nsteps = 1000\nwarming = 1.5\n",
                "type": "SimpleParameterSet",
            },
            "input_data": [_file("temperatures.csv", self.number)],
            "script_arguments": "<parameters> temperatures.csv",
            "launch_mode": {
                "type": "SerialLaunchMode",
                "parameters": {"working_directory": "/home/ann/reef", "options": None},
            },
            "datastore": {
                "type": "FileSystemDataStore",
                "parameters": {"root": "/home/ann/reef/Data"},
            },
            "input_datastore": {"type": "FileSystemDataStore", "parameters": {"root": "/"}},
            "outcome": "",
            "stdout_stderr": "Not launched.",
            "output_data": [],
            "tags": ["_initialized_"],
            "diff": "".join(f"-step = {line}\n+step = {line + 1}\n" for line in range(12)),
            "user": "Ann <ann@example.org>",
            "dependencies": [_module(name) for name in _MODULES],
            "platforms": [_PLATFORM],
            "repeats": None,
        }

    def ended(self) -> Document:
        """Return its document when it has ended."""
        return {
            **self.begun(),
            "duration": 0.42 + self.number,
            "stdout_stderr": "".join(f"step {step}: alive\n" for step in range(20)),
            "output_data": [_file("growth.csv", self.number), _file("growth.png", self.number)],
            "tags": ["_finished_"],
        }


def runs(project: str, count: int) -> Sequence[Run]:
    """Return the runs of a project."""
    return [Run(project, f"{_FIRST:%Y%m%d}-{number:06}", number) for number in range(count)]


def body(document: Document) -> bytes:
    """Return what is sent."""
    return write(document).encode()


def _file(path: str, number: int) -> dict[str, Any]:
    return {
        "path": path,
        "digest": f"{number:040x}",
        "metadata": {"mimetype": "text/csv", "encoding": None, "size": 51_200},
        "creation": write_moment(_FIRST),
    }


def _module(name: str) -> dict[str, Any]:
    return {
        "path": f"/usr/lib/python3/dist-packages/{name}",
        "version": "1.26.4",
        "name": name,
        "module": "python",
        "diff": "",
        "source": None,
    }


_PLATFORM = {
    "system_name": "Linux",
    "ip_addr": "192.0.2.7",
    "architecture_bits": "64bit",
    "architecture_linkage": "ELF",
    "machine": "x86_64",
    "version": "#1 SMP PREEMPT_DYNAMIC",
    "release": "6.1.0",
    "network_name": "reef",
    "processor": "",
}
