"""A client goes away while its request is being committed: what is accepted stays whole."""

import socket
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from consumers.registry import CONSUMERS
from ops.wiring import System, system
from store.database import open_database
from store.keys import STAGING
from tests.equipment.installations import Caller, settings_of
from tests.services.waiting import until

CONTENT = b"starlight"
KEY = "the-one-request"


@pytest.mark.parametrize("world", ["embedded", "deployed"])
def test_bytes_of_an_upload_stay_when_its_client_has_gone(
    world: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    names = [one.name for one in CONSUMERS]
    settings = settings_of(world, request, tmp_path)
    with system(settings, ingress=True, consumers=names) as running:
        caller = Caller.of(running)
        with (
            closing(open_database(settings.database)) as database,
            database.transaction() as transaction,
        ):
            # Nobody can append to the ledger for as long as this is open.
            transaction.connection.exec_driver_sql("SELECT 1")
            running.bus.ledger.lock(transaction)
            break_off_an_upload(running, caller)
        again = caller.call("PUT", "/files/m51.txt", CONTENT, idempotency_key=KEY)
        assert again.status == 202
        operation = again.json["operations"][0]["href"]
        ended = until(
            lambda: (found := caller.call("GET", operation).json).get("ended_at") and found,
            seconds=60,
            what="the operation to end",
        )
        assert ended["state"] == "succeeded"
        stored = caller.call("GET", f"/files/{ended['outcome']['data']['file_id']}/content")
        assert stored.body == CONTENT


def break_off_an_upload(running: System, caller: Caller) -> None:
    """Send a whole upload, and hang up while it waits to be committed."""
    head = (
        "PUT /files/m51.txt HTTP/1.1\r\nHost: muniment\r\n"
        f"Authorization: Bearer {caller.token}\r\nIdempotency-Key: {KEY}\r\n"
        f"Content-Length: {len(CONTENT)}\r\n\r\n"
    )
    parts = urlsplit(caller.url)
    with socket.create_connection((parts.hostname, parts.port)) as client:
        client.sendall(head.encode() + CONTENT)
        until(
            lambda: list(running.store.objects.list(STAGING)), seconds=60, what="the staged bytes"
        )
        let_it_go_on(caller)
    let_it_go_on(caller)


def let_it_go_on(caller: Caller) -> None:
    """Return when the ingress has done what was there to be done: it answers in turn."""
    for _ in range(5):
        assert caller.call("GET", "/healthz").status == 200
