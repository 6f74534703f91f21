"""What the tests themselves stand on: finding services, and ending those that were started."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.backends import Backends
from tests.services.finding import ServiceMissingError, find
from tests.services.ports import free_ports
from tests.services.server import Server
from tests.services.waiting import until

ROOT = Path(__file__).parents[2]

SERVER = """
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
pathlib.Path("ready").touch()
time.sleep(600)
"""

OWNER = """
import pathlib, sys, time
from tests.services.server import Server
folder = pathlib.Path(sys.argv[1])
server = Server([sys.executable, "-c", sys.argv[2]], folder=folder)
time.sleep(600)
"""


OTHER = """
import sys
from tests.services.ports import free_ports
print(*free_ports(int(sys.argv[1])))
"""


def missing(reason: str) -> str:
    raise ServiceMissingError(reason)


def test_the_first_way_that_works_is_taken() -> None:
    ways = [
        ("by hand", lambda: missing("no hand")),
        ("by foot", lambda: "walked"),
        ("by car", lambda: missing("never asked")),
    ]
    assert find("way", ways) == ("walked", "by foot")


def test_when_no_way_works_each_says_why() -> None:
    ways = [("by hand", lambda: missing("no hand")), ("by foot", lambda: missing("too far"))]
    with pytest.raises(ServiceMissingError, match=r"\(by hand: no hand; by foot: too far\)$"):
        find("way", ways)


@pytest.mark.parametrize(
    ("service", "environ"),
    [
        ("rabbitmq", {"MUNIMENT_TEST_AMQP_URL": "amqp://guest:guest@127.0.0.1:1/"}),
        ("postgresql", {"MUNIMENT_TEST_DATABASE_URL": "postgresql://postgres@127.0.0.1:1/x"}),
        ("s3", {"MUNIMENT_TEST_S3_ENDPOINT_URL": "http://127.0.0.1:1"}),
        ("chromium", {"MUNIMENT_TEST_CHROMIUM": "/nowhere/chromium"}),
    ],
)
def test_a_service_that_was_given_is_never_replaced_by_another(
    service: str, environ: dict[str, str]
) -> None:
    backends = Backends(environ)
    with pytest.raises(ServiceMissingError, match=next(iter(environ))):
        getattr(backends, service)()


def test_a_port_is_promised_to_one_process_that_can_listen_there() -> None:
    ours = free_ports(50)
    command = [sys.executable, "-c", OTHER, "200"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    theirs = [int(port) for port in said.split()]
    assert len({*ours, *theirs}) == 250
    with socket.create_server(("127.0.0.1", ours[0])) as listening:
        assert listening.getsockname()[1] == ours[0]


def test_a_server_can_be_stopped_started_and_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SERVER]
    for end in (Server.stop, Server.kill):
        (tmp_path / "ready").unlink(missing_ok=True)
        server = Server(command, folder=tmp_path)
        until((tmp_path / "ready").exists, seconds=60, what="the server")
        assert server.running
        end(server)
        assert not server.running
        assert tmp_path.exists()
    server.close()
    assert not tmp_path.exists()


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    server = Server([sys.executable, "-c", "import sys; sys.exit('no room')"], folder=tmp_path)
    with pytest.raises(ServiceMissingError, match="no room"):
        server.wait_until(lambda: missing("no answer"), seconds=60)
    server.close()


def test_a_server_does_not_outlive_an_owner_that_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "server"
    folder.mkdir()
    with subprocess.Popen([sys.executable, "-c", OWNER, folder, SERVER], cwd=ROOT) as owner:
        until((folder / "ready").exists, seconds=60, what="the server")
        owner.send_signal(signal.SIGKILL)
    until(lambda: not folder.exists(), seconds=60, what="the server's end")
