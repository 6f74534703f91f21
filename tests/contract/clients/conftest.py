"""One system for all tests of a module, embedded and deployed: each test has its own project."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, chdir, closing
from itertools import count
from pathlib import Path

import pytest
from sumatra.recordstore import HttpRecordStore

from consumers.registry import CONSUMERS
from ops.wiring import system
from tests.contract.clients.experiment import Experiment
from tests.contract.clients.record_server import PASSWORDS, RecordServer
from tests.equipment.installations import settings_of
from tests.equipment.module_services import amqp_url, postgresql_url
from tests.programs import need

_numbers = count(1)


__all__ = ["amqp_url", "postgresql_url"]


@pytest.fixture(scope="session")
def git() -> None:
    """See that git is there: the client keeps another kind of record without it."""
    need("git")


@pytest.fixture(scope="module", params=["embedded", "deployed"])
def server(
    git: None, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RecordServer]:
    """A running record store with three users."""
    del git
    settings = settings_of(request.param, request, tmp_path_factory.mktemp(request.param))
    with system(settings, ingress=True, consumers=[one.name for one in CONSUMERS]) as running:
        for user, password in PASSWORDS.items():
            running.store.accounts.add_user(user, password)
        yield RecordServer(running)


@pytest.fixture
def project() -> str:
    """The name of a project that is not there yet."""
    return f"reef-{next(_numbers)}"


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    """An experiment that `smt` does not know yet."""
    return Experiment.begun(tmp_path / "reef")


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[Callable[[str], HttpRecordStore]]:
    """Opens stores by their URLs; the client keeps its cache in the working directory."""
    with chdir(tmp_path), ExitStack() as stack:

        def opened(url: str) -> HttpRecordStore:
            store = HttpRecordStore(url)
            stack.enter_context(closing(store.client))
            return store

        yield opened


@pytest.fixture
def store(server: RecordServer, open_store: Callable[[str], HttpRecordStore]) -> HttpRecordStore:
    """What Ann's programs see of the record store."""
    return open_store(server.address("ann"))
