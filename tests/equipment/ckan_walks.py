"""Walking through the rows of a small CKAN."""

import threading
from typing import Any

from consumers.packaging.datastore import Datastore, Query
from store.outgoing import Outgoing
from tests.equipment.ckan import Ckan
from tests.equipment.ckan_rows import Resource

WEB = Outgoing(["127.0.0.1"], None, read_timeout=60)


def asking(
    ckan: Ckan,
    resource: Resource,
    pauses: list[float] | None = None,
    **query: Any,  # noqa: ANN401
) -> Datastore:
    """Return what asks for a resource, and does not wait where it would pause."""
    ckan.resources["r"] = resource
    paused = [] if pauses is None else pauses
    asked = Query(api_url=ckan.api_url, resource_id="r", **query)
    return Datastore(WEB, asked, paused.append)


def ids(datastore: Datastore) -> list[object]:
    """Walk to the end; return the ids of the rows."""
    return [record["_id"] for page in datastore.pages() for record in page.records or ()]


def walking() -> list[str]:
    """Return the threads that fetch pages."""
    return [each.name for each in threading.enumerate() if each.name.startswith("datastore")]
