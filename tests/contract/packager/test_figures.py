"""Status, and clearing the cache."""

from datetime import UTC, datetime, timedelta

import pytest

from consumers.registry import CONSUMERS
from store.errors import ObjectNotFoundError
from store.keys import package_key
from store.tables import package_requests, packager_totals, packages
from store.workers import WorkerSign, beat
from tests.equipment.packaging import Packager


def sign(consumer: str, process: str, seen_at: datetime) -> WorkerSign:
    """Return a sign of life."""
    return WorkerSign(process, consumer, None, seen_at, seen_at)


def test_the_status_counts_threads_requests_and_what_is_done(packager: Packager) -> None:
    empty = {"worker_count": 0, "queue_length": 0, "processed_requests": 0}
    assert packager.post("/status").json == empty
    keys = [packager.ask() for _ in range(3)]
    now, database = datetime.now(UTC), packager.running.store.database
    soon = now + timedelta(minutes=1)  # they are believed until after we have asked
    signs = [
        sign("zip-dataset.fast", "here.1", soon),
        sign("zip-dataset.slow", "here.1", soon),
        sign("zip-dataset.slow", "here.2", soon),
        sign("zip-dataset.slow", "here.3", now - timedelta(minutes=5)),
        sign("send-mail", "here.1", soon),
    ]
    threads = {one.name: one.threads for one in CONSUMERS}
    with database.transaction() as transaction:
        beat(transaction, signs, now)
        transaction.execute(
            package_requests.update()
            .where(package_requests.c.event_key == keys[0])
            .values(ended_at=now)
        )
        rows = (("*", 7, 3, 2), ("r-1", 7, 3, 2))
        names = ("resource_id", "requests", "emails", "errors")
        for row in rows:
            transaction.insert(packager_totals, [dict(zip(names, row, strict=True))])
    assert packager.post("/status").json == {
        "worker_count": threads["zip-dataset.fast"] + 2 * threads["zip-dataset.slow"],
        "queue_length": 2,
        "processed_requests": 9,
    }


def test_clearing_removes_every_zip(packager: Packager) -> None:
    there = [packager.put() for _ in range(3)] + [packager.put(pinned=True)]
    for _ in range(2):
        answer = packager.post("/clear_caches")
        assert (answer.status, answer.json) == (200, {"status": "success", "message": "Done."})
    for one in there:
        assert packager.call("GET", f"/resources/{one.name}").status == 404
        with pytest.raises(ObjectNotFoundError):
            packager.running.store.objects.info(package_key(one.name))
    assert all(row["removed_at"] for row in packager.rows(packages))


def test_strangers_clear_nothing(packager: Packager) -> None:
    one = packager.put()
    assert packager.post("/clear_caches", secret="x").status == 401
    assert packager.call("HEAD", f"/resources/{one.name}").status == 200
