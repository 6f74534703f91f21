"""The installation that is broken: which processes it has, and how they come up and down."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import create_server
from time import monotonic, sleep

from consumers.registry import CONSUMERS
from ops.chaos.processes import ChaosError, Process
from ops.chaos.scene import Scene
from ops.settings import environment

_START_SECONDS = 120.0
_LOOK_SECONDS = 0.05
_ALL = tuple(one.name for one in CONSUMERS)


@dataclass(frozen=True, slots=True)
class Installation:
    """What runs."""

    processes: Mapping[str, Process]
    urls: Sequence[str]
    """Of the ingresses."""
    token: str

    def supervise(self) -> None:
        """Start again what has ended."""
        for process in self.processes.values():
            process.supervise()

    def stop(self) -> None:
        """Stop everything in order: those who ask first, those who work last."""
        for process in self.processes.values():
            process.stop()

    @property
    def unexpected(self) -> list[str]:
        """How processes ended that must not have."""
        return [one for process in self.processes.values() for one in process.unexpected]


@contextmanager
def installed(scene: Scene, folder: Path) -> Iterator[Installation]:
    """Run an installation for a block. Raises ChaosError when it does not come up."""
    processes: dict[str, Process] = {}
    urls = []
    try:
        for name, command in _commands(scene).items():
            settings = scene.wired
            if command[0] in {"up", "ingress"}:
                port = _free_port()
                settings = settings.model_copy(update={"http_port": port})
                urls.append(f"http://127.0.0.1:{port}")
            processes[name] = Process(name, command, environment(settings), folder)
            processes[name].start()
            # The first makes the tables and the token: the others have to find them.
            wait_until_ready(list(processes.values()))
        token = scene.direct.operator_token.read_text().strip()
        yield Installation(processes, urls, token)
    finally:
        for process in processes.values():
            process.destroy()


def wait_until_ready(
    processes: Sequence[Process], meanwhile: Callable[[], None] | None = None
) -> None:
    """Return when all of them are at work. Raises ChaosError when they are not in time."""
    deadline = monotonic() + _START_SECONDS
    while not all(process.ready for process in processes):
        if monotonic() > deadline:
            missing = ", ".join(process.name for process in processes if not process.ready)
            raise ChaosError(f"not at work after {_START_SECONDS:g} s: {missing}; see its log")
        if meanwhile is not None:
            meanwhile()
        sleep(_LOOK_SECONDS)


def _commands(scene: Scene) -> dict[str, Sequence[str]]:
    if scene.embedded:
        workers = {f"worker-{number}": ["consume", *_ALL] for number in (1, 2)}
        return {"up": ["up"], **workers}
    return {
        "ingress-1": ["ingress"],
        "ingress-2": ["ingress"],
        "relay": ["relay"],
        "worker-1": ["consume", *_ALL],
        "worker-2": ["consume", *_ALL],
        "worker-3": ["consume", _ALL[0]],
        "worker-4": ["consume", _ALL[-1]],
    }


def _free_port() -> int:
    with create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
