"""A CKAN of our own, whole except for its search: datastore, permissions and API are the real ones.

Its two databases and two roles are made in the PostgreSQL of the tests, and go with it.
"""

import json
import re
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from sqlalchemy import URL, make_url

from tests.services.ckan_installation import Installation
from tests.services.finding import ServiceMissingError
from tests.services.ports import free_ports
from tests.services.postgresql import PostgreSQL
from tests.services.server import Server, new_folder
from tests.services.solr_stub import solr_stub

_ADMIN = "admin"


class _Role(NamedTuple):
    name: str
    password: str


class CkanError(Exception):
    """CKAN refused; `answer` is what it said."""

    def __init__(self, status: int, answer: Mapping[str, object]) -> None:
        super().__init__(f"{status}: {answer}")
        self.status = status
        self.answer = answer


@dataclass(frozen=True)
class Ckan:
    """A running CKAN, and a system administrator's API token."""

    port: int
    token: str = field(repr=False)
    _program: Path
    _settings: Mapping[str, str] = field(repr=False)

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def action(self, name: str, /, **parameters: object) -> Any:  # noqa: ANN401 - as JSON is
        """Return the `result` of an action asked for as administrator. Raises CkanError."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            headers = {"Content-Type": "application/json", "Authorization": self.token}
            body = json.dumps(parameters)
            connection.request("POST", f"/api/3/action/{name}", body, headers)
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        if response.status != HTTPStatus.OK:
            raise CkanError(response.status, answer)
        return answer["result"]

    @contextmanager
    def configured(self, settings: Mapping[str, str]) -> Iterator["Ckan"]:
        """Run another process on the same data, with these settings changed."""
        with _serving(self._program, {**self._settings, **settings}, self.token) as other:
            yield other


@contextmanager
def running_ckan(
    installation: Installation, postgresql: PostgreSQL, redis_url: str
) -> Iterator[Ckan]:
    """Run a CKAN with empty databases. Raises ServiceMissingError."""
    with ExitStack() as stack:
        owner = stack.enter_context(_role(postgresql))
        reader = stack.enter_context(_role(postgresql))
        main = stack.enter_context(_database(postgresql, owner))
        datastore = stack.enter_context(_database(postgresql, owner))
        settings = {
            "SECRET_KEY": secrets.token_hex(32),
            "sqlalchemy.url": _url(main, owner),
            "ckan.datastore.write_url": _url(datastore, owner),
            "ckan.datastore.read_url": _url(datastore, reader),
            "ckan.redis.url": redis_url,
            "solr_url": stack.enter_context(solr_stub(installation.schema)),
            "ckan.plugins": "datastore",
            "ckan.site_id": "muniment-test",
            "ckan.site_url": "http://ckan.example.org",  # until there is a port
        }
        token = _prepare(installation.program, settings, PostgreSQL(datastore))
        yield stack.enter_context(_serving(installation.program, settings, token))


def _prepare(program: Path, settings: Mapping[str, str], datastore: PostgreSQL) -> str:
    """Lay out the databases; return the API token of an administrator."""
    with _configuration(settings) as file:

        def run(*arguments: str) -> str:
            return _run(program, "--config", file, *arguments)

        run("db", "init")
        permissions = run("datastore", "set-permissions")
        # What it wants psql to do first, we did: to connect to the database.
        datastore.execute(re.sub(r"^\\connect .*$", "", permissions, flags=re.MULTILINE))
        run("user", "add", _ADMIN, "email=admin@example.org", f"password={secrets.token_hex(8)}")
        run("sysadmin", "add", _ADMIN)
        return run("user", "token", "add", "--quiet", _ADMIN, "tests").strip()


@contextmanager
def _serving(program: Path, settings: Mapping[str, str], token: str) -> Iterator[Ckan]:
    (port,) = free_ports(1)
    ckan = Ckan(port, token, program, settings)
    options = [
        *("--host", "127.0.0.1", "--port", str(port)),
        *("--threaded", "--disable-debugger", "--disable-reloader"),
    ]
    with _configuration({**settings, "ckan.site_url": ckan.url}) as file:
        server = Server([program, "--config", file, "run", *options], folder=new_folder("ckan"))
        try:
            server.wait_until(lambda: _answers(ckan), seconds=120)
            yield ckan
        finally:
            server.close()


@contextmanager
def _configuration(settings: Mapping[str, str]) -> Iterator[Path]:
    lines = ["[app:main]", "use = egg:ckan", *(f"{name} = {it}" for name, it in settings.items())]
    with TemporaryDirectory(prefix="muniment-test-ckan-") as folder:
        file = Path(folder) / "ckan.ini"
        file.write_text("\n".join([*lines, f"ckan.storage_path = {folder}", ""]))
        yield file


def _run(*command: str | Path) -> str:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        last = " / ".join(done.stderr.splitlines()[-3:])
        raise ServiceMissingError(f"{' '.join(map(str, command))} failed: {last}")
    return done.stdout


@contextmanager
def _role(postgresql: PostgreSQL) -> Iterator[_Role]:
    role = _Role(f"muniment_test_{secrets.token_hex(6)}", secrets.token_hex(16))
    postgresql.execute(f"CREATE ROLE {role.name} LOGIN PASSWORD '{role.password}'")
    try:
        yield role
    finally:
        postgresql.execute(f"DROP ROLE {role.name}")


@contextmanager
def _database(postgresql: PostgreSQL, owner: _Role) -> Iterator[URL]:
    with postgresql.fresh_database() as database:
        url = make_url(database)
        postgresql.execute(f"ALTER DATABASE {url.database} OWNER TO {owner.name}")
        yield url


def _url(database: URL, role: _Role) -> str:
    url = database.set(drivername="postgresql", username=role.name, password=role.password)
    return url.render_as_string(hide_password=False)


def _answers(ckan: Ckan) -> bool:
    try:
        return bool(ckan.action("status_show"))
    except (OSError, HTTPException, ValueError, CkanError):
        return False
