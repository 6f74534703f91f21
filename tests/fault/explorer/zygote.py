"""A process that has imported everything, and forks the processes that are to die.

So a life costs as long as its work, not as long as an interpreter takes to start. It reads one
order per line, JSON, and answers with two lines: where the child listens, once it does, and how it
ended. Run as `python -m tests.fault.explorer.zygote`.

    {"settings": {"data_dir": "/tmp/x"}, "point": null, "occurrence": 1, "record": "/tmp/points"}
    {"pid": 4711, "url": "http://127.0.0.1:42001"}
    {"status": -9}
"""

import json
import logging
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

from consumers.registry import CONSUMERS
from ops.settings import Settings
from ops.wiring import system
from tests.fault.explorer.points import Death, Watch


def main() -> None:
    """Bring children into the world, one after the other, until there are no more orders."""
    for line in iter(sys.stdin.readline, ""):
        child = os.fork()
        if child == 0:
            _live(json.loads(line))
        _, status = os.waitpid(child, 0)
        _say({"status": os.waitstatus_to_exitcode(status)})


def _live(order: dict[str, Any]) -> None:
    """Be an installation, all in one process, until SIGTERM or the chosen end."""
    status = 1
    try:
        logging.basicConfig(level=logging.ERROR)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        settings = Settings(**order["settings"])
        point = order["point"]
        watch = Watch(Death(point, order["occurrence"]) if point else None)
        watch.begin()
        with system(settings, ingress=True, consumers=[one.name for one in CONSUMERS]) as running:
            with watch.looking_away():
                _say({"pid": os.getpid(), "url": running.url})
            signal.sigwait({signal.SIGTERM})
        if order["record"]:
            with watch.looking_away():
                Path(order["record"]).write_text(json.dumps(watch.counts))
        status = 0
    except BaseException:  # noqa: BLE001 - whatever it is, the zygote's copy must not go on
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _say(what: dict[str, object]) -> None:
    os.write(sys.stdout.fileno(), json.dumps(what).encode() + b"\n")


if __name__ == "__main__":
    main()
