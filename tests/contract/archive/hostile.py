"""An archive on either database, and what must be true of whatever it answers."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from tests.equipment.archive import Archive, archiving
from tests.equipment.installations import Answer
from tests.services.postgresql import PostgreSQL

UNDERSTOOD = range(200, 500)
TOO_OFTEN = 429


@contextmanager
def fortress(
    request: pytest.FixtureRequest,
    folders: pytest.TempPathFactory,
    database: str,
    **more: Any,  # noqa: ANN401 - of whatever type each setting has
) -> Iterator[Archive]:
    """Run an archive whose database is `sqlite` or `postgresql`."""
    with ExitStack() as stack:
        url = ""
        if database == "postgresql":
            server: PostgreSQL = request.getfixturevalue("postgresql")
            url = stack.enter_context(server.fresh_database())
        # Or the most of them would be refused for their number.
        chosen = {"database_url": url, "archive_anonymous_per_day": 0, **more}
        folder = folders.mktemp("fortress")
        yield stack.enter_context(archiving(request, folder, **chosen))


def trouble_with(answer: Answer) -> str | None:
    """Say what is wrong with an answer to no matter what; None: nothing."""
    if answer.status not in UNDERSTOOD or answer.status == TOO_OFTEN:
        return f"{answer.status} {answer.body[:200]!r}"
    if b"Traceback" in answer.body or b"sqlalchemy" in answer.body.lower():
        return f"it tells of us: {answer.body[:300]!r}"
    return None
