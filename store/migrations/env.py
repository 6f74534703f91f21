"""Alembic's entry: runs the revisions on the connection that `store.upgrading` hands over."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from store.frames.name_index import is_compared
from store.table_types import UtcDateTime
from store.tables import metadata


def render(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """Write our own column type down as what it is in the database."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot alter a column; Alembic then copies the table.
    render_as_batch=True,
    render_item=render,
    include_name=is_compared,
)
with context.begin_transaction():
    context.run_migrations()
