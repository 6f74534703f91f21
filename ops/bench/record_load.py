"""The load of records: a process that sends and reads them over many connections."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from multiprocessing.connection import Connection

from ops.bench.installation import Installation
from ops.bench.loading import Load
from ops.bench.processes import MeasurementError
from ops.bench.runs import Run, Work, body

_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Login:
    """Who sends records."""

    name: str
    password: str

    @property
    def header(self) -> str:
        """What its `Authorization` says."""
        return f"Basic {b64encode(f'{self.name}:{self.password}'.encode()).decode()}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be sent."""

    work: Work
    host: str
    port: int
    login: Login
    runs: Sequence[Run]
    connections: int


def send(pipe: Connection, plan: Plan) -> None:
    """Say that everything is built, wait, send it all; say how many went, then a Posted."""
    Load(pipe, (plan.host, plan.port), plan.connections, list(build(plan))).run()


def build(plan: Plan) -> Iterator[bytes]:
    """Yield one HTTP request per run."""
    for run in plan.runs:
        if plan.work == "create":
            yield _request(plan, "PUT", run.target, body(run.begun()))
        elif plan.work == "update":
            yield _request(plan, "PUT", run.target, body(run.ended()))
        elif plan.work == "get":
            yield _request(plan, "GET", run.target)
        else:
            yield _request(plan, "GET", run.project_target)


def _request(plan: Plan, method: str, target: str, given: bytes = b"") -> bytes:
    headers = {
        "Host": f"{plan.host}:{plan.port}",
        "Authorization": plan.login.header,
        "Accept": "application/json",
        **({"Content-Type": "application/json", "Content-Length": len(given)} if given else {}),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + given


def ask(here: Installation, login: Login, method: str, target: str) -> bytes:
    """Send one request without saying anything, and return its answer.

    Raises MeasurementError when that is no success.
    """
    headers = {"Authorization": login.header, "Accept": "application/json"}
    with closing(HTTPConnection(here.host, here.port, timeout=_PATIENCE_SECONDS)) as connection:
        connection.request(method, target, b"{}" if method == "PUT" else None, headers)
        answer = connection.getresponse()
        said = answer.read()
    if answer.status not in {200, 201}:
        raise MeasurementError(f"{method} {target} is answered {answer.status}")
    return said
