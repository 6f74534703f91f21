"""Read models on both databases: events in pages, operations, causal trees, totals, files."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from consumers import answer_probe, ingest_file
from consumers.contract import Consumer
from schemas.envelope import Envelope
from schemas.files import FileIngestRequested
from schemas.probes import ProbeRequested
from store import inbox, views
from store.activity import activity, embedded_queues
from store.file_views import FilesSelection, file, files_after
from store.operations import Operation, operation, operations
from store.parked import Parked, park
from store.ports import FileVersion
from store.tables import events
from store.views import Selection, events_after, latest_events, span
from store.why import MOST_EVENTS, Why, why
from store.work import SqlWork
from tests.equipment.world import World, new_id, open_world

CONSUMERS: tuple[Consumer[Any], ...] = (answer_probe.CONSUMER, ingest_file.CONSUMER)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    with open_world(CONSUMERS, database_url=database_url, folder=tmp_path) as world:
        yield world


def probe(name: str = "p") -> ProbeRequested:
    return ProbeRequested(probe=name)


def request(name: str, source: str = "/nowhere") -> FileIngestRequested:
    return FileIngestRequested(name=name, source=source)


def keys(found: views.EventsPage) -> list[str]:
    return [one.envelope.key for one in found.events]


# --- events ---------------------------------------------------------------------------------------


def test_pages_hold_every_event_once_and_in_order(world: World) -> None:
    accepted = [one.key for one in world.accept(*(probe(str(number)) for number in range(7)))]
    first = events_after(world.database, 0, 3)
    assert first.next is not None
    second = events_after(world.database, first.next, 3)
    assert second.next is not None
    third = events_after(world.database, second.next, 3)
    assert third.next is None
    assert keys(first) + keys(second) + keys(third) == accepted
    assert [one.envelope.key for one in latest_events(world.database, 2)] == accepted[:-3:-1]


def test_a_full_last_page_is_the_last(world: World) -> None:
    world.accept(probe(), probe())
    assert events_after(world.database, 0, 2).next is None


def test_events_are_selected_by_pattern_subject_and_correlation(world: World) -> None:
    one, other, file_event = world.accept(probe("a"), probe("b"), request("a"))
    database = world.database
    cases = {
        Selection(pattern="probe.*.v1"): [one, other],
        Selection(pattern="#"): [one, other, file_event],
        Selection(pattern="*.ingest_requested.*"): [file_event],
        Selection(pattern="file.ingest%requested.v1"): [],
        Selection(pattern="probe"): [],
        Selection(subject="a"): [one, file_event],
        Selection(subject="a", pattern="file.#"): [file_event],
        Selection(correlation=other.key): [other],
        Selection(subject="nobody"): [],
    }
    for selection, expected in cases.items():
        found = keys(events_after(database, 0, 10, selection))
        assert found == [event.key for event in expected], selection


def test_a_rare_type_is_searched_a_window_at_a_time(world: World) -> None:
    world.accept(*(probe(str(number)) for number in range(9)))
    [rare] = world.accept(request("rare"))
    selection, visited = Selection(pattern="file.#"), [0]
    seen: list[str] = []
    while True:
        page = events_after(world.database, visited[-1], 3, selection, window=4)
        seen += keys(page)
        if page.next is None:
            break
        visited.append(page.next)
    assert seen == [rare.key]
    assert visited[:3] == [0, 4, 8], "a page may be empty, and not be the last"


def test_an_empty_ledger_has_no_positions(world: World) -> None:
    assert span(world.database) == views.Span(0, 0)
    assert views.event(world.database, "unheard") is None


# --- operations -----------------------------------------------------------------------------------


def state(world: World, envelope: Envelope) -> Operation:
    found = operation(world.database, envelope.key)
    assert found is not None
    return found


def test_an_operation_is_accepted_then_succeeds(world: World) -> None:
    [asked] = world.accept(probe("a"))
    found = state(world, asked)
    assert (found.state, found.ended, found.outcome) == ("accepted", False, None)
    world.work_off(answer_probe.CONSUMER)
    found = state(world, asked)
    assert (found.state, found.ended) == ("succeeded", True)
    assert found.outcome is not None
    assert found.outcome.causationid == asked.key
    assert found.ended_at is not None


def test_a_refusal_fails_the_operation(world: World) -> None:
    [asked] = world.accept(request("a"))
    world.work_off(ingest_file.CONSUMER)
    assert state(world, asked).state == "failed"


def failure(asked: Envelope, attempt: int, retry_at: datetime | None) -> inbox.Failure:
    return inbox.Failure(
        "answer-probe", asked.key, attempt, "transient", f"try {attempt}", NOON, retry_at
    )


def test_an_operation_retries_parks_and_is_replayed(world: World) -> None:
    [asked] = world.accept(probe())
    with world.database.transaction() as transaction:
        inbox.record_failure(transaction, failure(asked, 1, NOON))
        inbox.record_failure(transaction, failure(asked, 2, NOON + timedelta(hours=1)))
    found = state(world, asked)
    assert (found.state, found.error) == ("retrying", "try 2")
    assert found.retry_at == NOON + timedelta(hours=1)
    parked = Parked(new_id(), "answer-probe", asked.key, None, "no more", "Traceback", 3, NOON)
    with world.database.transaction() as transaction:
        inbox.record_failure(transaction, failure(asked, 3, None))
        park(transaction, parked)
    found = state(world, asked)
    assert (found.state, found.error, found.ended, found.ended_at) == (
        "parked",
        "no more",
        True,
        NOON,
    )


def test_a_fact_is_no_operation(world: World) -> None:
    [asked] = world.accept(probe())
    world.work_off(answer_probe.CONSUMER)
    outcome = state(world, asked).outcome
    assert outcome is not None
    found = operations(world.database, [asked.key, outcome.key, "unheard"])
    assert list(found) == [asked.key]


# --- why ------------------------------------------------------------------------------------------


def tree(found: Why | None) -> list[tuple[int, str]]:
    assert found is not None
    return [(step.depth, step.event.envelope.key) for step in found.steps]


def caused(cause: Envelope, name: str = "x") -> Envelope:
    """Return an event from outside that names its cause."""
    return Envelope(
        id=new_id(),
        source="/outside",
        type=ProbeRequested.TYPE,
        correlationid=cause.correlationid or cause.key,
        causationid=cause.key,
        data=b'{"probe": "%b"}' % name.encode(),
    )


def test_a_tree_is_found_by_any_of_its_names(world: World) -> None:
    upload = world.receive(b"bytes")
    [asked] = world.accept(request("nights/1.fits", f"upload:{upload.id}"))
    world.work_off(ingest_file.CONSUMER)
    [archived] = [one for one in world.rows(events) if one["cause"] == asked.key]
    [version] = files_after(world.database, None, 10, FilesSelection(), None).files
    expected = [(0, asked.key), (1, archived["key"])]
    for name in (asked.key, archived["key"], version.id, "nights/1.fits", archived["id"]):
        assert tree(why(world.database, name)) == expected, name
    found = why(world.database, asked.key)
    assert found is not None
    [root, _] = found.steps
    assert [(one.consumer, one.outcome) for one in root.handled] == [("ingest-file", "succeeded")]
    assert (root.waiting, root.failures, root.parked) == ([], [], [])
    assert found.complete


def test_an_id_that_is_no_uuid_finds_its_event(world: World) -> None:
    [asked] = world.accept(replace(caused(caused(Envelope(id="r", source="/", type="t"))), id="A1"))
    assert why(world.database, "A1") is not None
    assert tree(why(world.database, "A1")) == [(0, asked.key)]
    assert why(world.database, "unheard of") is None


def test_siblings_stand_in_order_and_their_children_between_them(world: World) -> None:
    [root] = world.accept(probe("root"))
    first, second = caused(root), caused(root)
    below = caused(first)
    below = replace(below, correlationid=root.key)
    world.accept(first)
    world.accept(second)
    world.accept(below)
    assert tree(why(world.database, below.key)) == [
        (0, root.key),
        (1, first.key),
        (2, below.key),
        (1, second.key),
    ]


def test_a_circle_of_causes_is_shown_nevertheless(world: World) -> None:
    one = caused(Envelope(id="r", source="/", type="t"))
    other = replace(caused(one), correlationid=one.correlationid)
    one = replace(one, causationid=other.key)
    itself = replace(caused(one), correlationid=one.correlationid)
    itself = replace(itself, causationid=itself.key)
    world.accept(one, other, itself)
    found = tree(why(world.database, one.key))
    assert sorted(key for _, key in found) == sorted([one.key, other.key, itself.key])


def test_what_waits_and_what_failed_is_told(world: World) -> None:
    [asked] = world.accept(probe())
    with world.database.transaction() as transaction:
        inbox.record_failure(transaction, failure(asked, 1, NOON))
    found = why(world.database, asked.key)
    assert found is not None
    [step] = found.steps
    assert [one.place for one in step.waiting] == ["queue answer-probe"]
    assert [(one.consumer, one.error) for one in step.failures] == [("answer-probe", "try 1")]


def test_a_very_large_tree_is_cut_but_never_without_what_was_asked_for(world: World) -> None:
    [root] = world.accept(probe("root"))
    children = [caused(root) for _ in range(MOST_EVENTS + 5)]
    world.accept(*children)
    found = why(world.database, children[-1].key)
    assert found is not None
    assert not found.complete
    assert len(found.steps) == MOST_EVENTS
    assert found.focus in {key for _, key in tree(found)}


# --- the whole installation -----------------------------------------------------------------------


def test_rates_are_counted_from_the_end(world: World) -> None:
    for hours, count in ((-3, 4), (-0.5, 3), (0, 2)):
        world.clock.advance(timedelta(hours=hours))
        world.accept(*(probe() for _ in range(count)))
        world.clock.advance(timedelta(hours=-hours))
    now = world.clock() + timedelta(seconds=1)
    found = activity(world.database, now)
    first = span(world.database).first
    assert (found.last_minute, found.last_hour) == (2, 5)
    assert found.events - first + 1 == 9
    assert (found.parked, found.files, found.file_bytes) == (0, 0, 0)


def test_an_empty_installation_has_done_nothing(world: World) -> None:
    found = activity(world.database, world.clock())
    assert (found.events, found.last_minute, found.last_hour) == (0, 0, 0)


def test_every_queue_is_told_of_even_an_empty_one(world: World) -> None:
    world.accept(probe(), probe())
    depths = embedded_queues(world.database, ["answer-probe", "ingest-file"], world.clock())
    assert [(one.name, one.ready, one.held, one.delayed) for one in depths] == [
        ("answer-probe", 2, 0, 0),
        ("ingest-file", 0, 0, 0),
    ]


# --- files ----------------------------------------------------------------------------------------


def version(name: str, number: int = 1, sha256: str = "a" * 64) -> FileVersion:
    return FileVersion(
        id=new_id(),
        name=name,
        version=number,
        size=5,
        sha256=sha256,
        md5="b" * 32,
        media_type="text/plain",
        metadata={"k": [1, None]},
        object_key=f"content/{sha256}",
        archived_at=NOON,
        archived_by=new_id(),
    )


def add(world: World, *versions: FileVersion) -> None:
    with world.database.transaction() as transaction:
        work = world.make_work(transaction, new_id(), 1, NOON)
        assert isinstance(work, SqlWork)
        for one in versions:
            work.files.add(one)


def test_files_are_paged_newest_first(world: World) -> None:
    added = [version(f"{number}.txt") for number in range(5)]
    add(world, *added)
    first = files_after(world.database, None, 3, FilesSelection(), None)
    assert first.next is not None
    second = files_after(world.database, first.next, 3, FilesSelection(), None)
    assert [*first.files, *second.files] == added[::-1]
    assert second.next is None
    assert file(world.database, added[0].id, None) == added[0]
    assert file(world.database, "unheard", None) is None


def test_files_are_selected(world: World) -> None:
    one, other = version("a_b/1", sha256="c" * 64), version("axb/1")
    newer = version("a_b/1", 2)
    add(world, one, other, newer)
    cases = {
        FilesSelection(name="a_b/1"): [newer, one],
        FilesSelection(prefix="a_b"): [newer, one],
        FilesSelection(prefix="a%"): [],
        FilesSelection(sha256="c" * 64): [one],
        FilesSelection(md5="b" * 32, name="axb/1"): [other],
    }
    for selection, expected in cases.items():
        found = files_after(world.database, None, 10, selection, None).files
        assert sorted(found, key=lambda one: one.id, reverse=True) == list(found)
        assert list(found) == expected, selection
