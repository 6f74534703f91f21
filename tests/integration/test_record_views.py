"""Records as they are read: selections, order, pages, history; the same on both databases."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from consumers.delete_records import CONSUMER as DELETE_RECORDS
from consumers.store_record import CONSUMER as STORE_RECORD
from store import projects, record_views
from store.record_ports import LongText
from store.record_views import EVERYTHING, Selection, Stored
from store.user_names import ANONYMOUS
from tests.equipment.logbook import LABEL, Logbook
from tests.equipment.making import MakeWorld
from tests.equipment.records import first_put


def simple(content: str) -> dict[str, str]:
    return {"content": content, "type": "SimpleParameterSet"}


RUNS: Mapping[str, Mapping[str, Any]] = {
    "oldest": {
        "timestamp": "2024-05-01 10:00:00+0000",
        "tags": ["red", "warm"],
        "main_file": "src/grow.py",
        "parameters": simple("n = 3\nseed = 65\n"),
        "reason": "100% sure",
    },
    "twin b": {
        "timestamp": "2024-05-02 10:00:00+0000",
        "tags": ["redder", "red,warm"],
        "main_file": "grow.py",
        "parameters": simple("n = 30\n"),
        "outcome": "C:\\data\\a_b",
    },
    "twin a": {
        "timestamp": "2024-05-02 10:00:00+0000",
        "tags": ["Red", "é \ud83d"],
        "main_file": "outgrow.py",
        "parameters": {"content": '{"n": 3, "a_b": "50%"}', "type": "JSONParameterSet"},
        "reason": "axb, 100 sure",
        "outcome": "GRÖSSE stimmt",
    },
    "Newest_1": {
        "timestamp": "2024-05-03 10:00:00+0000",
        "tags": ["red"],
        "main_file": "src/Grow.py",
        "parameters": {"content": "{}", "type": "dict"},
        "reason": "data/a%b",
    },
    "nothing": {
        "timestamp": "2024-04-01 10:00:00+0000",
        "tags": [],
        "main_file": None,
        "parameters": simple(""),
        "reason": None,
    },
}
ORDER = ["Newest_1", "twin a", "twin b", "oldest", "nothing"]


@pytest.fixture
def logbook(make_embedded_world: MakeWorld) -> Logbook:
    """A project with five runs, and another one with a sixth."""
    world = make_embedded_world(STORE_RECORD, DELETE_RECORDS)
    other, logbook = Logbook(world, project="other", user="bo"), Logbook(world)
    for one in (logbook, other):
        one.open()
    other.request_all([first_put(label="of another project", tags=["red"], reason="100% sure")])
    logbook.request_all(first_put(label=label, **run) for label, run in RUNS.items())
    world.work_off(STORE_RECORD)
    return logbook


def found(logbook: Logbook, **wanted: Any) -> list[str]:  # noqa: ANN401 - fields of Selection
    """Return the labels of a selection, having asked in every way there is."""
    selection, database = Selection(**wanted), logbook.world.database
    labels = record_views.labels(database, "reef", selection)
    records = record_views.page(database, "reef", selection, limit=100)
    assert [record.label for record in records] == labels
    assert record_views.count(database, "reef", selection) == len(labels)
    return labels


def at(day: int, second: int = 0) -> datetime:
    return datetime(2024, 5, day, 10, 0, second, tzinfo=UTC)


# --- selections -----------------------------------------------------------------------------------


def test_the_newest_run_is_first_and_of_twins_the_one_created_last(logbook: Logbook) -> None:
    assert found(logbook) == ORDER
    database = logbook.world.database
    last = record_views.last(database, "reef")
    assert last is not None
    assert last.label == "Newest_1"
    assert record_views.last(database, "nowhere") is None
    # Whoever changes a run does not make it newer.
    logbook.patch("oldest", outcome="changed")
    assert found(logbook) == ORDER


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"tags": ("red",)}, ["Newest_1", "oldest"]),
        ({"tags": ("Red",)}, ["twin a"]),
        ({"tags": ("red", "Red", "nobody's")}, ["Newest_1", "twin a", "oldest"]),
        ({"tags": ("red", "warm")}, ["Newest_1", "oldest"]),
        ({"tags": ("red", "warm"), "match_all": True}, ["oldest"]),
        ({"tags": ("red", "Red"), "match_all": True}, []),
        ({"tags": ("red,warm",)}, ["twin b"]),
        ({"tags": ("é \ud83d",)}, ["twin a"]),
        ({"tags": ("re_", "%")}, []),
        ({"since": at(2)}, ["Newest_1", "twin a", "twin b"]),
        ({"since": at(2, 1)}, ["Newest_1"]),
        ({"until": at(2)}, ["twin a", "twin b", "oldest", "nothing"]),
        ({"since": at(1), "until": at(1)}, ["oldest"]),
        ({"since": at(3), "until": at(1)}, []),
        ({"main_file": "grow.py"}, ["twin b", "oldest"]),
        ({"main_file": "src/grow.py"}, ["oldest"]),
        ({"main_file": "Grow.py"}, ["Newest_1"]),
        ({"main_file": "gro_.py"}, []),
        ({"main_file": "%"}, []),
        ({"parameter": "n"}, ["twin a", "twin b", "oldest"]),
        ({"parameter": "N"}, []),
        ({"parameter": "n=3"}, ["twin a", "oldest"]),
        ({"parameter": "n = 3"}, ["twin a", "oldest"]),
        ({"parameter": "seed=6"}, []),
        ({"parameter": "a_b=50%"}, ["twin a"]),
        ({"parameter": "a%"}, []),
        ({"parameter": "see_"}, []),
        ({"text": "100%"}, ["oldest"]),
        ({"text": "a_b"}, ["twin b"]),
        ({"text": "A%B"}, ["Newest_1"]),
        ({"text": "data\\A"}, ["twin b"]),
        ({"text": "data/a"}, ["Newest_1"]),
        ({"text": "größe"}, ["twin a"]),
        ({"text": "newest_"}, ["Newest_1"]),
        ({"text": "TWIN"}, ["twin a", "twin b"]),
        ({"text": "\0TWIN"}, ["twin a", "twin b"]),
        ({"text": "of another project"}, []),
        ({"text": "sure", "tags": ("red",), "until": at(1)}, ["oldest"]),
    ],
)
def test_a_selection_finds_what_it_says(
    logbook: Logbook, wanted: dict[str, Any], expected: list[str]
) -> None:
    assert found(logbook, **wanted) == expected


# --- pages ----------------------------------------------------------------------------------------


def pages_behind(logbook: Logbook, size: int) -> Iterator[Stored]:
    after = None
    while records := record_views.page(logbook.world.database, "reef", limit=size, after=after):
        yield from records
        after = records[-1]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 6])
def test_pages_have_every_record_once(logbook: Logbook, size: int) -> None:
    database = logbook.world.database
    assert [record.label for record in pages_behind(logbook, size)] == ORDER
    by_offset = [
        record.label
        for start in range(0, len(ORDER), size)
        for record in record_views.page(database, "reef", EVERYTHING, limit=size, offset=start)
    ]
    assert by_offset == ORDER
    assert record_views.labels(database, "reef", limit=size, offset=1) == ORDER[1 : 1 + size]
    assert record_views.labels(database, "reef", offset=3) == ORDER[3:]


def test_what_is_read_is_what_was_stored(logbook: Logbook) -> None:
    database = logbook.world.database
    (short,) = record_views.page(database, "reef", limit=1, whole=False)
    (whole,) = record_views.page(database, "reef", limit=1)
    assert (short.document, short.texts) == (whole.document, {})
    assert whole.texts == {
        "diff": LongText('""', None),
        "stdout_stderr": LongText('"Not launched."', None),
    }
    assert record_views.record(database, "reef", "Newest_1") == whole
    assert (whole.project, whole.revision, whole.timestamp) == ("reef", 1, at(3))
    assert record_views.record(database, "reef", "newest_1") is None
    assert record_views.record(database, "other", "Newest_1") is None


# --- more than records ----------------------------------------------------------------------------


def test_tags_are_counted(logbook: Logbook) -> None:
    database = logbook.world.database
    assert record_views.tags(database, "reef") == {
        "Red": 1, "red": 2, "red,warm": 1, "redder": 1, "warm": 1, "é ?": 1
    }  # fmt: skip
    assert list(record_views.tags(database, "reef")) == [
        "Red", "red", "red,warm", "redder", "warm", "é ?"
    ]  # fmt: skip
    logbook.patch("oldest", tags=["warm"])
    logbook.delete("Newest_1")
    assert "red" not in record_views.tags(database, "reef")
    assert record_views.tags(database, "nowhere") == {}


def test_projects_are_listed_newest_run_first(logbook: Logbook) -> None:
    world = logbook.world
    Logbook(world, project="empty").open("bo", ANONYMOUS)

    def listed(*users: str) -> list[tuple[str, datetime | None]]:
        return [
            (one.project.id, one.last_updated)
            for one in record_views.projects_of(world.database, users or None)
        ]

    reef, other, empty = ("reef", at(3)), ("other", at(1)), ("empty", None)
    assert listed() == [reef, other, empty]
    assert listed("ann") == [reef, empty]
    assert listed("bo") == [other, empty]
    assert listed("ann", "bo", ANONYMOUS) == [reef, other, empty]
    assert listed(ANONYMOUS) == [empty]
    assert listed("nobody") == []
    with world.database.transaction() as transaction:
        projects.revoke(transaction, "empty", ANONYMOUS)
    assert listed(ANONYMOUS) == []


def test_the_history_tells_the_latest_first(logbook: Logbook) -> None:
    logbook.put(reason="first")
    logbook.patch(reason="second", outcome="o")
    logbook.delete(LABEL)
    logbook.put(diff="+ 1")
    past = record_views.history(logbook.world.database, "reef", LABEL, 10)
    assert [(one.happened, one.revision, one.by) for one in past] == [
        ("created", 1, "ann"), ("deleted", 3, "ann"), ("updated", 2, "ann"), ("created", 1, "ann"),
    ]  # fmt: skip
    assert past[2].before == {"reason": "first", "outcome": ""}
    assert past[1].before == first_put(reason="second", outcome="o")
    assert len({one.event_key for one in past}) == 4
    assert record_views.history(logbook.world.database, "reef", LABEL, 2) == past[:2]
    assert record_views.history(logbook.world.database, "other", LABEL, 2) == []
