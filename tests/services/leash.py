"""The leash: a program that runs a server no longer than the owner of its standard input.

SIGTERM stops the server, SIGUSR1 kills it; both keep its folder, so that it can be started again.
The end of standard input, which comes however the owner ends (SIGKILL included), stops the server
and removes the folder. The server has a process group of its own, so that it can be killed with
everything it starts. Imports the standard library alone.
"""

import argparse
import os
import pwd
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

PATIENCE_SECONDS = 30
"""How long a server may take to stop by itself before it is killed."""


def main() -> int:
    """Hold the leash until the server or the owner ends; return the server's exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--signal", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--user")
    parser.add_argument("command", nargs="+")
    given = parser.parse_args()
    stop_asked, kill_asked, owner_gone = (threading.Event() for _ in range(3))
    # Before the server is there: it may answer, and its end be asked for, at once.
    signal.signal(signal.SIGTERM, lambda *_: stop_asked.set())
    signal.signal(signal.SIGUSR1, lambda *_: kill_asked.set())
    server = _start(given.command, given.user)

    def watch_owner() -> None:
        os.read(sys.stdin.fileno(), 1)
        owner_gone.set()
        stop_asked.set()

    def stop_when_asked() -> None:
        stop_asked.wait()
        server.send_signal(given.signal)
        killer = threading.Timer(PATIENCE_SECONDS, os.killpg, (server.pid, signal.SIGKILL))
        killer.daemon = True
        killer.start()

    def kill_when_asked() -> None:
        kill_asked.wait()
        # Killed from here, and waited for here, it leaves no zombie that holds its lock file.
        os.killpg(server.pid, signal.SIGKILL)

    for task in (watch_owner, stop_when_asked, kill_when_asked):
        threading.Thread(target=task, daemon=True).start()
    code = server.wait()
    if owner_gone.is_set():
        shutil.rmtree(given.folder, ignore_errors=True)
    return code


def _start(command: list[str], user: str | None) -> subprocess.Popen[bytes]:
    if user is None:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0)
    group = pwd.getpwnam(user).pw_gid
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        process_group=0,
        user=user,
        group=group,
        extra_groups=[],
    )


if __name__ == "__main__":
    sys.exit(main())
