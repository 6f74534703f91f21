"""Records while consumers are stopped or die: repeated, joined, applied once, in order."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import func, select, update

from schemas.records import RecordDeleted, RecordPutRequested, RecordRefused
from store.database import Database
from store.tables import deliveries, events
from tests import foreign_amqp as foreign
from tests.equipment.killing import run_until_killed
from tests.equipment.recording import Recording, finished, recording
from tests.fault.record_account import (
    PATIENCE_SECONDS,
    account,
    check_once,
    check_refused,
    drafts,
    elsewhere,
    events_of,
    insist,
)
from tests.services.waiting import until

STORE, DELETE = "store-record", "delete-records"
BEFORE_THE_COMMIT = "before the commit"
AFTER_THE_COMMIT = "after the commit, before the acknowledgement"
ANSWER_SECONDS = 0.5
Make = Callable[..., Recording]


@pytest.fixture(params=["embedded", "deployed"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    """Start an installation whose clients are soon told 503."""
    if request.param == "deployed":
        # Asked for here, they outlive what is started.
        for service in ("amqp_url", "postgresql_url", "s3"):
            request.getfixturevalue(service)
    with ExitStack() as stack:

        def start(*without: str, **settings: object) -> Recording:
            chosen = {"answer_seconds": ANSWER_SECONDS, **settings}
            return stack.enter_context(
                recording(request.param, request, tmp_path, without=without, **chosen)
            )

        yield start


def body(label: str, **changes: object) -> bytes:
    """Return what is sent for a record of a run that has ended."""
    return json.dumps(finished(label=label, **changes)).encode()


# --- processes that die -------------------------------------------------------------------------


@pytest.mark.parametrize("instant", [BEFORE_THE_COMMIT, AFTER_THE_COMMIT])
def test_a_consumer_that_dies_at_work(make: Make, tmp_path: Path, instant: str) -> None:
    here = make(STORE)
    project, database = here.project(), here.running.store.database
    path, sent = f"/{project}/run/", body("run")
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(here.call, "PUT", path, sent)
        die(here, tmp_path, instant)
        first = waiting.result()
    if instant == BEFORE_THE_COMMIT:
        check_refused(first)
        check_refused(here.call("PUT", path, sent))
        found = account(database, project, "run")
        assert (found.requested, found.records) == (1, 0)
    else:
        assert first.status in {201, 503}, first
    forget_leases(database)
    with elsewhere(here, STORE):
        assert insist(here, "PUT", path, sent).status in {200, 201}
        at_rest(database)
    check_once(database, project, "run")


def die(here: Recording, folder: Path, instant: str) -> None:
    """Have a process store records until the instant comes."""
    settings = here.running.settings
    (folder / "dying").mkdir()
    run_until_killed(
        "tests.equipment.dying",
        instant,
        settings.database,
        settings.bus_url,
        str(folder / "dying"),
        STORE,
    )


def forget_leases(database: Database) -> None:
    """Let what the dead hold be free at once, as it is after their leases have run out."""
    past = datetime.now(UTC) - timedelta(minutes=1)
    database.run(
        update(deliveries).where(deliveries.c.lease_until.is_not(None)).values(lease_until=past)
    )


def at_rest(database: Database) -> None:
    until(lambda: drafts(database) == 0, seconds=PATIENCE_SECONDS, what="all drafts to be gone")


# --- consumers that are stopped -----------------------------------------------------------------


def test_stopped_consumers_and_what_is_repeated_meanwhile(make: Make) -> None:
    here = make(STORE, DELETE)
    project, database = here.project(), here.running.store.database
    with elsewhere(here, STORE):
        assert insist(here, "PUT", f"/{project}/early/", body("early")).status in {200, 201}
    path, sent = f"/{project}/run/", body("run")
    before = monotonic()
    check_refused(here.call("PUT", path, sent))
    check_refused(here.call("DELETE", f"/{project}/early/"))
    assert 2 * ANSWER_SECONDS <= monotonic() - before < 20
    assert here.get(f"/{project}/early/").status == 200
    assert here.get(path).status == 404
    assert here.labels(project) == ["early"]
    for label in ("run", "other", "other", "run"):
        check_refused(here.call("PUT", f"/{project}/{label}/", body(label)))
    for label in ("run", "other"):
        assert account(database, project, label).requested == 1
    assert drafts(database) == 2
    with elsewhere(here, STORE, DELETE):
        for label in ("run", "other"):
            assert insist(here, "PUT", f"/{project}/{label}/", body(label)).status in {200, 201}
        until(
            lambda: here.get(f"/{project}/early/").status == 404,
            seconds=PATIENCE_SECONDS,
            what="the record to be gone",
        )
        assert insist(here, "DELETE", f"/{project}/early/").status == 404
        at_rest(database)
    check_once(database, project, "run", "other")
    assert events_of(database, RecordDeleted.TYPE, f"{project}/early") == 1


def test_clients_that_repeat_at_once_while_others_come(make: Make) -> None:
    here = make(STORE, answer_seconds=2)
    project, database = here.project(), here.running.store.database
    labels = [f"run-{number}" for number in range(30)]
    requested = select(func.count().label("n")).where(events.c.type == RecordPutRequested.TYPE)

    def ask_twice(label: str) -> None:
        for _ in range(2):
            check_refused(here.call("PUT", f"/{project}/{label}/", body(label)))

    with ThreadPoolExecutor(len(labels)) as pool:
        running = []
        for number, label in enumerate(labels, 1):
            running.append(pool.submit(ask_twice, label))
            # One after the other, so that some are overdue when others are not.
            until(
                lambda number=number: database.query(requested)[0]["n"] >= number,  # type: ignore[misc]
                seconds=60,
                what="the request to be accepted",
            )
        for one in running:
            one.result()
    assert {account(database, project, label).requested for label in labels} == {1}
    with elsewhere(here, STORE):
        at_rest(database)
    check_once(database, project, *labels)


def test_a_put_and_a_delete_that_wait_together(make: Make) -> None:
    here = make(STORE, DELETE)
    project, database = here.project(), here.running.store.database
    path = f"/{project}/run/"
    check_refused(here.call("PUT", path, body("run")))
    check_refused(here.call("DELETE", path))
    with elsewhere(here, STORE):
        at_rest(database)
    assert here.get(path).status == 200
    with elsewhere(here, STORE, DELETE):
        until(lambda: here.get(path).status == 404, seconds=PATIENCE_SECONDS, what="the deletion")
    assert account(database, project, "run").history == ("created", "deleted")
    assert here.get(f"{path}?view=history&format=json").status == 200


@pytest.mark.parametrize("late", ["PUT", "DELETE"])
def test_what_is_handled_late_undoes_nothing(make: Make, late: str) -> None:
    here = make(STORE, DELETE)
    project, database = here.project(), here.running.store.database
    path = f"/{project}/run/"
    with elsewhere(here, STORE):
        assert insist(here, "PUT", path, body("run", reason="original")).status in {200, 201}
    sent = body("run", reason="early") if late == "PUT" else None
    check_refused(here.call(late, path, sent))
    with held_back(here, STORE if late == "PUT" else DELETE):
        with elsewhere(here, STORE):
            assert insist(here, "PUT", path, body("run", reason="later")).status == 200
        assert here.get(path).json["reason"] == "later"
    with elsewhere(here, STORE, DELETE):
        until(
            lambda: events_of(database, RecordRefused.TYPE, f"{project}/run") == 1,
            seconds=PATIENCE_SECONDS,
            what="the late request to be refused",
        )
    assert here.get(path).json["reason"] == "later"
    history = account(database, project, "run").history
    assert history == ("created", "updated", *(("superseded",) if late == "PUT" else ()))
    assert drafts(database) == 0


def test_a_repeat_that_overtakes_what_it_repeats(make: Make) -> None:
    here = make(STORE)
    project, database = here.project("bo"), here.running.store.database
    path, sent = f"/{project}/run/", body("run")
    check_refused(here.call("PUT", path, sent))
    with held_back(here, STORE), elsewhere(here, STORE):
        # Another user's request is never joined.
        assert insist(here, "PUT", path, sent, user="bo").status in {200, 201}
    with elsewhere(here, STORE):
        assert insist(here, "PUT", path, sent).status == 200
        at_rest(database)
    check_once(database, project, "run")
    assert events_of(database, RecordRefused.TYPE, f"{project}/run") == 0


@contextmanager
def held_back(here: Recording, queue: str) -> Iterator[None]:
    """Keep what is in a queue from everybody, for the block; then it is delivered."""
    settings, database = here.running.settings, here.running.store.database
    if not settings.bus_url.startswith("amqp"):
        waiting = update(deliveries).where(deliveries.c.queue == queue)
        now = datetime.now(UTC)
        database.run(waiting.values(not_before=now + timedelta(hours=1)))
        yield
        database.run(waiting.values(not_before=now))
        return
    with foreign.channel(settings.bus_url) as channel:
        taken = until(
            lambda: channel.basic_get(queue)[0], seconds=PATIENCE_SECONDS, what="the message"
        )
        yield
        channel.basic_nack(int(taken.delivery_tag))


def test_permission_that_is_revoked_while_a_request_waits(make: Make) -> None:
    here = make(STORE, answer_seconds=60)
    project, database = here.project("bo"), here.running.store.database
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(here.call, "PUT", f"/{project}/run/", body("run"), user="bo")
        until(lambda: drafts(database) == 1, seconds=60, what="the request to be accepted")
        assert here.call("DELETE", f"/{project}/permissions/bo/").status == 204
        with elsewhere(here, STORE):
            assert waiting.result().status == 403
    assert account(database, project, "run").records == 0
    assert drafts(database) == 0
    assert events_of(database, RecordRefused.TYPE, f"{project}/run") == 1
