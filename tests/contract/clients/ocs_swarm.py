"""One of several programs that ingest many frames at once, by the functions of ocs-ingester 3.2.

    ocs_swarm.py TEMPLATE FIRST COUNT

Each frame is the template with another number as its BLKUID. Prints a JSON object: the seconds that
each frame took, and what was raised.
"""

import io
import json
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

ingester: Any = import_module("ocs_ingester.ingester")  # the library has no types

NUMBER = f"BLKUID  = {4711:20}"
"""The card of the template that differs in each frame."""


def frame(template: bytes, number: int) -> io.BytesIO:
    """Return the bytes of a frame."""
    card = f"BLKUID  = {number:20}".encode()
    return io.BytesIO(template.replace(NUMBER.encode(), card))


def swarm(template: bytes, numbers: range) -> dict[str, Any]:
    """Ingest frames one after the other."""
    seconds, raised = [], []
    for number in numbers:
        name = f"tst1m0a-kb27-20240304-{number:06}-e00.fits.fz"
        began = time.perf_counter()
        try:
            ingester.upload_file_and_ingest_to_archive(frame(template, number), path=name)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            raised.append(f"{name}: {type(error).__name__}: {error}")
        seconds.append(time.perf_counter() - began)
    return {"seconds": seconds, "raised": raised}


if __name__ == "__main__":
    first, count = int(sys.argv[2]), int(sys.argv[3])
    json.dump(swarm(Path(sys.argv[1]).read_bytes(), range(first, first + count)), sys.stdout)
