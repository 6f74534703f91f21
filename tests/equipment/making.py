"""Makes worlds from fixtures, one of each kind, each asked for only where it is needed."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from consumers.contract import Consumer
from tests.equipment.world import EMBEDDED, World, open_world


@dataclass(frozen=True, slots=True)
class MakeWorld:
    """Makes a world of one kind for some consumers; it ends with the test."""

    request: pytest.FixtureRequest
    """Its parameter is `sqlite`, `postgresql` or `rabbitmq`."""
    folder: Path
    stack: ExitStack

    @property
    def kind(self) -> str:
        """Which of the kinds."""
        return str(self.request.param)

    @property
    def database_url(self) -> str:
        """Of the world's database, the same for all worlds of one test."""
        if self.kind == "sqlite":
            return f"sqlite:///{self.folder / 'muniment.db'}"
        return str(self.request.getfixturevalue("postgresql_tables_url"))

    @property
    def bus_url(self) -> str:
        """Of the world's bus."""
        if self.kind == "rabbitmq":
            return str(self.request.getfixturevalue("amqp_url"))
        return EMBEDDED

    def __call__(self, *consumers: Consumer[Any]) -> World:
        """Return the world."""
        return self.stack.enter_context(
            open_world(
                consumers,
                database_url=self.database_url,
                bus_url=self.bus_url,
                folder=self.folder,
            )
        )
