"""The load of the archive: a process that posts frames and asks for them over many connections."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from multiprocessing.connection import Connection

from ops.bench.exposures import PAGE, Exposure, Work
from ops.bench.loading import Load
from ops.bench.processes import MeasurementError

LIST = f"/archive/frames/?limit={PAGE}"
FRAMES = "/archive/frames/"
ZIP = "/archive/frames/zip/"

_PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Door:
    """Where the archive is, and as whom it is visited."""

    host: str
    port: int
    token: str
    """Of a superuser of the archive."""

    @property
    def headers(self) -> dict[str, str]:
        """What every request says."""
        return {
            "Host": f"{self.host}:{self.port}",
            "Authorization": f"Token {self.token}",
            "Accept": "application/json",
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be sent."""

    work: Work
    door: Door
    exposures: Sequence[Exposure]
    connections: int


def send(pipe: Connection, plan: Plan) -> None:
    """Say that everything is built, wait, send it all; say how many went, then a Posted."""
    address = (plan.door.host, plan.door.port)
    Load(pipe, address, plan.connections, list(_requests(plan))).run()


def by_md5(exposure: Exposure) -> str:
    """Return where it is asked whether there is a version of this digest."""
    return f"/archive/versions/?md5={exposure.md5}"


def ask(door: Door, method: str, target: str, body: bytes = b"") -> bytes:
    """Send one request, and return its answer. Raises MeasurementError when that is no success."""
    with closing(connect(door)) as connection:
        return begin(connection, door, method, target, body).read()


def connect(door: Door) -> HTTPConnection:
    """Return a connection that has not been made yet."""
    return HTTPConnection(door.host, door.port, timeout=_PATIENCE_SECONDS)


def begin(
    connection: HTTPConnection, door: Door, method: str, target: str, body: bytes
) -> HTTPResponse:
    """Send one request, and return how it begins to be answered. Raises MeasurementError."""
    headers = {**door.headers, **({"Content-Type": "application/json"} if body else {})}
    connection.request(method, target, body or None, headers)
    answer = connection.getresponse()
    if answer.status not in {200, 201}:
        said = answer.read(200).decode(errors="replace")
        raise MeasurementError(f"{method} {target} is answered {answer.status}: {said}")
    return answer


def _requests(plan: Plan) -> Iterator[bytes]:
    for exposure in plan.exposures:
        if plan.work == "create":
            yield _request(plan.door, "POST", FRAMES, exposure.body())
        elif plan.work == "list":
            yield _request(plan.door, "GET", LIST)
        else:
            yield _request(plan.door, "GET", by_md5(exposure))


def _request(door: Door, method: str, target: str, given: bytes = b"") -> bytes:
    headers = dict(door.headers)
    if given:
        headers |= {"Content-Type": "application/json", "Content-Length": str(len(given))}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + given
