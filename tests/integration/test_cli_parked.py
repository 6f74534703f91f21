"""`muniment parked` and `muniment schedule`, each in a process of its own."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from store.database import open_database
from store.parked import Parked, keep, park
from tests.command_line import CommandLine, up
from tests.equipment.world import new_id
from tests.services.ports import free_ports

CONSUMER = "answer-probe"


@pytest.fixture(scope="module")
def muniment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    [port] = free_ports(1)
    with up(tmp_path_factory.mktemp("up"), port) as line:
        yield line


def set_aside(muniment: CommandLine, name: str, *, is_event: bool = True) -> str:
    """Park something; returns its id."""
    data = json.dumps({"probe": name})
    posted = muniment.run("post", "probe.requested", "--data", data, "--wait", "30", "--json")
    key = posted.json["id"]
    message = None if is_event else keep({"app_id": "x"}, b"nonsense")
    now = datetime.now(UTC)
    facts = (CONSUMER, key if is_event else None, message, f"refused {name}", "Traceback", 8, now)
    item = Parked(new_id(), *facts)
    url = f"sqlite:///{muniment.folder / 'var' / 'muniment.db'}"
    with closing(open_database(url)) as database, database.transaction() as transaction:
        park(transaction, item)
    return item.id


def state(muniment: CommandLine, item: str) -> tuple[str, str, str]:
    """Return what was decided, by whom, and why."""
    shown = muniment.run("parked", "show", item, "--json").json
    return shown["ending"], shown["ended_by"], shown["note"]


def test_items_are_listed_grouped_and_shown(muniment: CommandLine) -> None:
    item = set_aside(muniment, "listing")
    listed = muniment.run("parked", "list", "--reason", "listing", "--json")
    assert [one["id"] for one in listed.json[0:]] == [item]
    assert item in muniment.run("parked", "list", "--consumer", CONSUMER).out
    assert "Nothing is parked" in muniment.run("parked", "list", "--consumer", "other").out
    assert CONSUMER in muniment.run("parked", "groups").out
    shown = muniment.run("parked", "show", item)
    assert "probe.requested.v1  listing" in shown.out
    assert "Traceback" in shown.out
    assert muniment.run("parked", "show", "nothing").code == 1


def test_one_command_replays(muniment: CommandLine) -> None:
    item = set_aside(muniment, "replaying")
    ran = muniment.run("parked", "replay", item, "--note", "mended")
    assert (ran.code, ran.out.splitlines()[0]) == (0, "1 replayed"), ran.err
    assert state(muniment, item) == ("replayed", "user:operator", "mended")
    again = muniment.run("parked", "replay", item)
    assert (again.code, again.out) == (1, "0 replayed\n")
    assert f"{item} is not: user:operator has replayed it" in again.err


def test_what_is_no_event_is_refused_and_discarded(muniment: CommandLine) -> None:
    item = set_aside(muniment, "discarding", is_event=False)
    assert "nonsense" in muniment.run("parked", "show", item).out
    refused = muniment.run("parked", "replay", item)
    assert refused.code == 1
    assert "no event" in refused.err
    ran = muniment.run("parked", "discard", item, "--reason", "a mistake", "--json")
    assert ran.json["ids"] == [item]
    assert state(muniment, item) == ("discarded", "user:operator", "a mistake")


def test_data_is_edited_from_a_file_or_in_an_editor(muniment: CommandLine, tmp_path: Path) -> None:
    first, second = set_aside(muniment, "editing"), set_aside(muniment, "editing too")
    mended = tmp_path / "mended.json"
    mended.write_text('{"probe": "edited"}')
    ran = muniment.run("parked", "edit", first, "--data", f"@{mended}", "--note", "why", "--json")
    assert (ran.code, ran.json["subject"]) == (0, "edited"), ran.err
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nsed -i 's/editing too/in an editor/' \"$1\"\n")
    editor.chmod(0o755)
    line = CommandLine(muniment.folder, {**muniment.settings, "VISUAL": str(editor)})
    assert "runs instead" in line.run("parked", "edit", second).out
    assert state(muniment, second)[0] == "edited"
    unchanged = CommandLine(muniment.folder, {**muniment.settings, "VISUAL": "true"})
    third = set_aside(muniment, "not editing")
    assert unchanged.run("parked", "edit", third).code == 2
    assert state(muniment, third)[0] is None
    broken = muniment.run("parked", "edit", third, "--editor", "/no/such/editor")
    assert (broken.code, "did not work" in broken.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("replay",), 2),
        (("replay", "x", "--all"), 2),
        (("replay", "--all", "--consumer", "x"), 2),
        (("replay", "--all", "--rate", "0"), 2),
        (("discard", "--all"), 2),
        (("list", "--since", "yesterday"), 1),
        (("list", "--state", "lost"), 1),
        (("edit", "x", "--data", "{"), 2),
        (("edit", "x", "--data", "{}"), 1),
        (("replay", "x"), 1),
        (("replay", "--consumer", "x"), 0),
    ],
)
def test_codes_say_how_it_went(
    muniment: CommandLine, arguments: tuple[str, ...], code: int
) -> None:
    ran = muniment.run("parked", *arguments)
    assert ran.code == code, ran.err
    assert "Traceback" not in ran.err


def test_schedules(muniment: CommandLine) -> None:
    data = '{"probe": "p"}'
    made = muniment.run(
        "schedule", "add", "s", "probe.requested", "--data", data, "--every", "1h", "--json"
    )
    assert (made.code, made.json["every"]) == (0, "1h"), made.err
    assert muniment.run("schedule", "add", "s", "probe.requested", "--every", "1h").code == 1
    edited = muniment.run("schedule", "edit", "s", "--jitter", "10m", "--json").json
    assert (edited["jitter"], edited["due_at"]) == ("10m", made.json["due_at"])
    assert muniment.run("schedule", "pause", "s", "--json").json["paused"] is True
    assert "paused" in muniment.run("schedule", "list").out
    assert muniment.run("schedule", "resume", "s", "--json").json["paused"] is False
    listed = muniment.run("schedule", "list", "--json")
    assert [one["name"] for one in listed.json] == ["s"]
    assert muniment.run("schedule", "edit", "s").code == 2
    assert muniment.run("schedule", "add", "t", "no.such", "--every", "1h").code == 2
    assert muniment.run("schedule", "add", "t", "probe.requested", "--every", "1s").code == 1
    assert muniment.run("schedule", "remove", "s").code == 0
    assert muniment.run("schedule", "remove", "s").code == 1
    assert "No schedules yet" in muniment.run("schedule", "list").out
