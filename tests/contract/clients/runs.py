"""Runs of an experiment, as Sumatra's client describes them."""

import json
import sys
from typing import Any

from sumatra.records import Record
from sumatra.recordstore import serialization


def run(label: str, **changes: object) -> Record:
    """Return the client's record of a run that has ended, but for these changes."""
    return serialization.build_record({**_ENDED, "label": label, **changes})


def described(record: Record) -> Any:  # noqa: ANN401 - JSON is what it is
    """Return all that the client knows of a record; its own `==` compares only some of it."""
    return json.loads(serialization.encode_record(record))


_ENDED = {
    "timestamp": "2024-05-01 10:00:00+0000",
    "reason": "baseline, 24 °C",
    "outcome": "",
    "tags": ["_finished_"],
    "duration": 0.42,
    # The client looks for the program.
    "executable": {"path": sys.executable, "version": "3.11.7", "name": "Python", "options": "-O"},
    "repository": {"url": "/home/ann/reef", "type": "GitRepository", "upstream": None},
    "main_file": "grow.py",
    "version": "9f2c1e",
    "parameters": {"content": "years = 3", "type": "SimpleParameterSet"},
    "launch_mode": {
        "type": "SerialLaunchMode",
        "parameters": {"working_directory": "/home/ann/reef", "options": None},
    },
    "datastore": {"type": "FileSystemDataStore", "parameters": {"root": "/"}},
    "input_datastore": {"type": "FileSystemDataStore", "parameters": {"root": "/"}},
    "diff": "--- a\n+++ b\n\t\r\n",
    "platforms": [
        {
            "system_name": "Linux",
            "ip_addr": "127.0.0.1",
            "architecture_bits": "64bit",
            "architecture_linkage": "ELF",
            "machine": "x86_64",
            "version": "#1 SMP",
            "release": "6.1",
            "network_name": "lab-7",
            "processor": "",
        }
    ],
    "dependencies": [
        {
            "path": "coral.py",
            "version": "2.1",
            "name": "coral",
            "module": "python",
            "diff": "",
            "source": None,
        }
    ],
    "input_data": [
        {
            "path": "home/ann/temperatures.csv",
            "digest": "0" * 40,
            "metadata": {"mimetype": "text/csv", "encoding": None, "size": 120},
            "creation": None,
        }
    ],
    "output_data": [
        {
            "path": "reef.txt",
            "digest": "aa5634fb35a6806dca7c1194675b0d59348ad3d3",
            "metadata": {"mimetype": None, "encoding": None, "size": 18},
            "creation": "2024-05-01 10:00:02+0000",
        }
    ],
    "script_arguments": "<parameters>",
    "stdout_stderr": "grew 3 years\n",
    "user": "Ann <ann@example.org>",
    "repeats": None,
}
