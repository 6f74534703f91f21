"""Records as Sumatra 0.8.1 sends them."""

import json
from typing import Any

FIRST_PUT = rb"""
{"label": "20240501-100000", "timestamp": "2024-05-01 10:00:00+0000", "reason": "baseline",
 "duration": null,
 "executable": {"path": "/usr/bin/python3", "version": "3.11.7", "name": "Python", "options": ""},
 "repository": {"url": "/home/ann/reef", "type": "GitRepository", "upstream": null},
 "main_file": "grow.py", "version": "9f2c1e",
 "parameters": {"content": "n = 3", "type": "SimpleParameterSet"},
 "input_data": [], "script_arguments": "<parameters>",
 "launch_mode": {"type": "SerialLaunchMode",
                 "parameters": {"working_directory": "/home/ann/reef", "options": null}},
 "datastore": {"type": "FileSystemDataStore", "parameters": {"root": "/home/ann/reef/Data"}},
 "input_datastore": {"type": "FileSystemDataStore", "parameters": {"root": "/"}},
 "outcome": "", "stdout_stderr": "Not launched.", "output_data": [], "tags": ["_initialized_"],
 "diff": "", "user": "", "dependencies": [], "platforms": [], "repeats": null}
"""
"""What begins a run: nothing is known yet of its results."""


CLASSES = {
    "launch_mode": "SerialLaunchMode",
    "datastore": "FileSystemDataStore",
    "input_datastore": "FileSystemDataStore",
}
"""A type that each of these fields may have."""


def first_put(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    """Return the document of a first PUT, with some fields changed."""
    return {**json.loads(FIRST_PUT), **changes}


def output(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    """Return a file that a run made, with some of its fields changed."""
    return {
        "path": "out.txt",
        "digest": "f572d396fae9206628714fb2ce00f72e94f2258f",
        "metadata": {"mimetype": "text/plain", "encoding": None, "size": 6},
        "creation": "2024-05-01 10:00:02+0000",
        **changes,
    }


def dependency(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    """Return a module that a run imported, with some of its fields changed."""
    return {
        "path": "/usr/lib/python3/numpy",
        "version": "1.26.4",
        "name": "numpy",
        "module": "python",
        "diff": "",
        "source": None,
        **changes,
    }


def platform(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    """Return a machine that a run ran on, with some of its fields changed."""
    return {
        "system_name": "Linux",
        "ip_addr": "127.0.0.1",
        "architecture_bits": "64bit",
        "architecture_linkage": "ELF",
        "machine": "x86_64",
        "version": "#1 SMP",
        "release": "6.1.0",
        "network_name": "reef",
        "processor": "",
        **changes,
    }
