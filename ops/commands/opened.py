"""The store, for commands that work on the database itself."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from ops.commands.caller import caller
from ops.stores import Store, open_store
from store.upgrading import require_newest


@contextmanager
def opened(context: typer.Context) -> Iterator[Store]:
    """Open the caller's store for a block. Raises SetupError: its tables need an upgrade."""
    with open_store(caller(context).settings) as store:
        require_newest(store.database)
        yield store
