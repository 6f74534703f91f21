"""Consumer `store-record`: what becomes of what is sent for a record, with real rows."""

import json
from typing import Any

import pytest

from consumers.delete_records import CONSUMER as DELETE_RECORDS
from consumers.store_record import CONSUMER
from schemas.records import RecordClosed, RecordCreated, RecordRefused, RecordUpdated
from store import tables
from tests.equipment.logbook import LABEL, Logbook, kinds
from tests.equipment.making import MakeWorld
from tests.equipment.records import first_put, output, platform

LATER = "2024-05-02 10:00:00+0000"
STATUS = (["_initialized_"], ["_pre_run_"], ["_running_"], ["_finished..._"], ["_finished_"])
MOVED = {"type": "FileSystemDataStore", "parameters": {"root": "/moved"}}


@pytest.fixture
def logbook(make_embedded_world: MakeWorld) -> Logbook:
    """A project of Ann's and Bo's."""
    logbook = Logbook(make_embedded_world(CONSUMER, DELETE_RECORDS))
    logbook.open("bo")
    return logbook


def document(logbook: Logbook, label: str = LABEL) -> dict[str, Any]:
    """What is kept of a record, its long texts included."""
    row = logbook.row(label)
    texts = {name: json.loads(row[name]) for name in ("diff", "stdout_stderr")}
    return {**json.loads(row["document"]), **texts}


def named(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of an event
    return {"project": "reef", "label": LABEL, "user": "ann", **more}


# --- in every world -------------------------------------------------------------------------------


def test_a_run_is_sent_five_times_and_its_results_come_with_the_last(
    make_world: MakeWorld,
) -> None:
    logbook = Logbook(make_world(CONSUMER))
    logbook.open()
    results: dict[str, Any] = {
        "duration": 0.42,
        "stdout_stderr": "hello\n",
        "output_data": [output()],
        "platforms": [platform()],
        "user": "Ann <ann@example.org>",
    }
    seen = [
        logbook.put(tags=tags, **(results if number == 4 else {}))
        for number, tags in enumerate(STATUS)
    ]
    assert [kinds(events) for events in seen] == [
        ["created"],
        *[["updated"]] * 3,
        ["updated", "closed"],
    ]
    assert seen[0] == [RecordCreated(**named(), revision=1)]
    fields = ("duration", "output_data", "platforms", "stdout_stderr", "tags", "user")
    assert seen[4] == [
        RecordUpdated(**named(), revision=5, fields=fields),
        RecordClosed(**named(), revision=5, status="_finished_"),
    ]
    assert document(logbook) == first_put(tags=["_finished_"], **results)
    row = logbook.row()
    assert (row["revision"], row["open"], row["changed_by"]) == (5, False, "ann")
    assert [entry["happened"] for entry in logbook.history()] == ["created", *["updated"] * 4]
    assert json.loads(logbook.history()[4]["before"]) == {
        name: first_put(tags=["_finished..._"])[name] for name in fields
    }
    assert logbook.world.count(tables.record_drafts) == 0
    assert logbook.world.count(tables.failures) == logbook.world.count(tables.parked) == 0


def test_many_at_once_under_few_labels_are_applied_in_their_order(make_world: MakeWorld) -> None:
    world = make_world(CONSUMER)
    logbook = Logbook(world)
    logbook.open()
    sent = logbook.request_all(
        first_put(label=f"run-{number % 5}", reason=str(number)) for number in range(50)
    )
    world.work_off(CONSUMER)
    assert [kinds(logbook.followed(one)) for one in sent] == [
        *[["created"]] * 5,
        *[["updated"]] * 45,
    ]
    assert max(world.tally.batches) > 5
    for number in range(5):
        row = logbook.row(f"run-{number}")
        assert json.loads(row["document"])["reason"] == str(45 + number)
        assert row["revision"] == len(logbook.history(f"run-{number}")) == 10


# --- creating -------------------------------------------------------------------------------------


def test_what_was_sent_is_kept_as_it_was(logbook: Logbook) -> None:
    sent = first_put(
        reason="Größe \U0001f40b\r\n\t",
        version="",
        script_arguments=" ",
        outcome="\x00\x07 and a half: \ud83d",
        output_data=[output(path="caf\udce9.txt", metadata={"mimetype": None, "more": [1.5, {}]})],
        parameters={"content": "{'a': 1}", "type": "dict"},
        diff="--- a\n+++ b\x00",
        stdout_stderr="\udcff" * 3,
    )
    assert kinds(logbook.settle(logbook.request(LABEL, sent))) == ["created"]
    assert document(logbook) == sent
    row = logbook.row()
    assert row["said"] == f"{LABEL}\ngrößE \U0001f40b\r\n\t\n\x07 and a half: ?".casefold()
    assert row["id"] == logbook.history()[0]["event_key"]


def test_a_record_that_lacks_fields_is_not_created(logbook: Logbook) -> None:
    given = first_put()
    del given["executable"], given["diff"], given["user"]
    (refusal,) = logbook.settle(logbook.request(LABEL, given))
    assert refusal == RecordRefused(
        **named(),
        code="incomplete",
        fields=("executable", "diff"),
        reason="a new record needs executable, diff",
    )
    assert logbook.world.count(tables.records) == logbook.world.count(tables.record_history) == 0
    assert kinds(logbook.put()) == ["created"]


def test_what_need_not_be_sent_has_a_default(logbook: Logbook) -> None:
    given = first_put()
    for name in ("stdout_stderr", "user", "repeats", "input_datastore", "input_data"):
        del given[name]
    assert kinds(logbook.settle(logbook.request(LABEL, given))) == ["created"]
    assert document(logbook) == first_put(stdout_stderr="")


@pytest.mark.parametrize(
    ("tags", "status"),
    [
        (["_finished_"], "_finished_"),
        (["_crashed_", "moon"], "_crashed_"),
        (["moon"], None),
        ([], None),
    ],
)
def test_what_is_sent_after_the_run_is_closed_at_once(
    logbook: Logbook, tags: list[str], status: str | None
) -> None:
    assert logbook.put(tags=tags) == [
        RecordCreated(**named(), revision=1),
        RecordClosed(**named(), revision=1, status=status),
    ]
    assert logbook.row()["open"] is False


# --- changing -------------------------------------------------------------------------------------


@pytest.mark.parametrize("tags", STATUS[:4])
def test_while_a_record_is_open_everything_may_change_but_what_it_is(
    logbook: Logbook, tags: list[str]
) -> None:
    logbook.put(tags=tags)
    changes: dict[str, Any] = {
        "version": "abc",
        "diff": "+ 1",
        "executable": {**first_put()["executable"], "name": "R"},
    }
    if "_initialized_" not in tags:
        changes["timestamp"] = LATER
    assert logbook.patch(**changes) == [
        RecordUpdated(**named(), revision=2, fields=("diff", "executable", "version"))
    ]
    changes.pop("timestamp", None)
    assert document(logbook) == first_put(tags=tags, **changes)


def test_a_part_changes_what_it_says_and_nothing_else(logbook: Logbook) -> None:
    logbook.put()
    assert logbook.patch(outcome="works") == [
        RecordUpdated(**named(), revision=2, fields=("outcome",))
    ]
    assert document(logbook) == first_put(outcome="works")


@pytest.mark.parametrize("again", STATUS[:4])
def test_a_closed_record_stays_closed_whatever_its_tags_say_later(
    logbook: Logbook, again: list[str]
) -> None:
    logbook.put(tags=["_finished_"])
    assert kinds(logbook.patch(tags=again)) == ["updated"]
    assert kinds(logbook.put(tags=again, version="other", duration=9.0, reason="r")) == ["updated"]
    assert document(logbook) == first_put(tags=again, reason="r")
    assert logbook.row()["open"] is False
    assert kinds(logbook.patch(tags=["_finished_"])) == ["updated"]


def test_only_reason_outcome_and_tags_of_a_closed_record_change(logbook: Logbook) -> None:
    logbook.put(tags=["_finished_"])
    sent = first_put(
        reason="r", outcome="o", tags=["_finished_", "x"], version="v", diff="d", user="u",
        timestamp=LATER, stdout_stderr="s", duration=1.0, label=LABEL,
    )  # fmt: skip
    assert logbook.settle(logbook.request(LABEL, sent)) == [
        RecordUpdated(**named(), revision=2, fields=("outcome", "reason", "tags"))
    ]
    expected = first_put(reason="r", outcome="o", tags=["_finished_", "x"])
    assert document(logbook) == expected


def test_the_place_of_data_may_change_on_a_closed_record_but_not_its_type(
    logbook: Logbook,
) -> None:
    logbook.put(tags=["_finished_"])
    assert logbook.put(tags=["_finished_"], datastore=MOVED) == [
        RecordUpdated(**named(), revision=2, fields=("datastore",))
    ]
    before = json.loads(logbook.history()[1]["before"])
    assert before == {"datastore": first_put()["datastore"]}
    archive = {"type": "ArchivingFileSystemDataStore", "parameters": {"root": "/", "archive": "/a"}}
    assert logbook.put(tags=["_finished_"], datastore=archive, input_datastore=archive) == []
    assert document(logbook)["datastore"] == MOVED
    assert kinds(logbook.patch(input_datastore=MOVED)) == ["updated"]


def test_what_changes_nothing_leaves_no_trace_but_its_place(logbook: Logbook) -> None:
    logbook.put(duration=1)
    first = logbook.row()
    assert logbook.put(duration=1) == []
    second = logbook.row()
    assert second.pop("sequence") > first.pop("sequence")
    assert second == first
    assert len(logbook.history()) == 1
    # Equal for Python, not for JSON.
    assert kinds(logbook.put(duration=1.0)) == ["updated"]


def test_a_new_run_under_a_used_label_is_refused(logbook: Logbook) -> None:
    for tags in (["_finished_"], ["_running_"]):
        logbook.put(tags=tags, reason="kept")
        (refusal,) = logbook.put(timestamp=LATER, reason="lost")
        assert isinstance(refusal, RecordRefused)
        assert (refusal.code, LABEL in refusal.reason) == ("reused", True)
        assert "2024-05-01 10:00:00+0000" in refusal.reason
        assert document(logbook) == first_put(tags=tags, reason="kept")
        logbook.delete(LABEL)
    logbook.put(tags=["_running_"])
    assert kinds(logbook.put()) == ["updated"], "the same run, from its beginning"


# --- who may --------------------------------------------------------------------------------------


def test_whoever_has_no_permission_any_more_is_refused(logbook: Logbook) -> None:
    logbook.put()
    late = logbook.request(LABEL, {"reason": "late"}, user="bo")
    fresh = logbook.request("other", first_put(label="other"), user="bo")
    with logbook.world.database.transaction() as transaction:
        transaction.execute(
            tables.permissions.delete().where(tables.permissions.c.user_name == "bo")
        )
    assert kinds(logbook.settle(late)) == kinds(logbook.followed(fresh)) == ["forbidden"]
    assert document(logbook) == first_put()
    assert logbook.world.count(tables.records) == 1
    assert logbook.world.count(tables.record_drafts) == 0


def test_a_superuser_needs_no_permission(logbook: Logbook) -> None:
    row = {"name": "root", "superuser": True, "disabled": False, "operator": False}
    with logbook.world.database.transaction() as transaction:
        transaction.insert(tables.users, [{**row, "created_at": logbook.world.clock()}])
    assert kinds(logbook.settle(logbook.request(LABEL, first_put(), user="root"))) == ["created"]
    assert logbook.row()["changed_by"] == "root"


def test_a_project_that_is_gone_takes_nothing(logbook: Logbook) -> None:
    waiting = logbook.request(LABEL, first_put())
    with logbook.world.database.transaction() as transaction:
        transaction.execute(tables.projects.delete())
    assert kinds(logbook.settle(waiting)) == ["gone"]
    assert logbook.world.count(tables.records) == 0
