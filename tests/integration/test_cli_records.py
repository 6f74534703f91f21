"""`muniment records`: projects out, and in, by a process of its own."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import CommandLine, up
from tests.equipment.records import first_put
from tests.services.ports import free_ports

LONG = "x" * 200_000


@pytest.fixture(scope="module")
def muniment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    [port] = free_ports(1)
    with up(tmp_path_factory.mktemp("up"), port) as line:
        yield line


@pytest.fixture(scope="module")
def lines(muniment: CommandLine) -> Path:
    """A file with the records of a project: 450 runs, so that they go in several requests."""
    path = muniment.folder / "reef.jsonl"
    documents = [first_put(label=f"run {number}", diff="") for number in range(449)]
    documents.append(first_put(label="the/last", diff=LONG, stdout_stderr="caf\u00e9 \udc80"))
    path.write_text("\n".join(json.dumps(one) for one in documents))
    return path


def exported(muniment: CommandLine, project: str) -> dict[str, Any]:
    """Return the records of a project by their labels, but for the project's name."""
    path = muniment.folder / f"{project}.out"
    ran = muniment.run("records", "export", project, "--output", path)
    assert ran.code == 0, ran.err
    records = [json.loads(line) for line in path.read_text().splitlines()]
    assert {record.pop("project_id") for record in records} == {project}
    return {record["label"]: record for record in records}


def test_a_project_goes_out_and_in_again_unchanged(muniment: CommandLine, lines: Path) -> None:
    ran = muniment.run("records", "import", "reef", lines, "--create")
    assert (ran.code, ran.out) == (0, "reef: 450 created.\n"), ran.err
    there = exported(muniment, "reef")
    assert len(there) == 450
    copied = muniment.run(
        "records", "import", "copy", muniment.folder / "reef.out", "--create", "--json"
    )
    assert {(one["status"], one["error"]) for one in copied.json} == {(201, None)}
    assert exported(muniment, "copy") == there
    last = there["the/last"]
    assert (last["diff"], last["stdout_stderr"]) == (LONG, "caf\u00e9 \udc80")


def test_the_same_again_changes_nothing(muniment: CommandLine, lines: Path) -> None:
    first = muniment.run("records", "import", "again", lines, "--create")
    assert first.code == 0, first.err
    ran = muniment.run("records", "import", "again", lines)
    assert (ran.code, ran.out) == (0, "again: 450 there already, or updated.\n")


def test_what_smt_exports_is_taken_from_standard_input(muniment: CommandLine) -> None:
    array = json.dumps([first_put(label="a"), first_put(label="b")], indent=2)
    ran = muniment.run("records", "import", "array", "-", "--create", stdin=array)
    assert (ran.code, ran.out) == (0, "array: 2 created.\n"), ran.err


def test_a_record_that_is_none_is_named_and_the_others_are_stored(muniment: CommandLine) -> None:
    documents = [first_put(label="good"), {"label": "bad"}, {"reason": "nameless"}]
    text = "\n\n".join(map(json.dumps, documents)) + "\n{"
    ran = muniment.run("records", "import", "mixed", "-", "--create", stdin=text)
    assert ran.code == 1
    first, *others = ran.out.splitlines()
    assert first == "mixed: 1 created, 3 refused."
    assert others[0].startswith("  bad: a new record needs timestamp, tags, duration")
    assert others[1] == "  a record without label: label: is required"
    assert others[2].startswith("  a record without label: body: must be JSON: ")
    assert list(exported(muniment, "mixed")) == ["good"]


def test_what_cannot_be_is_one_line_that_says_what_to_do(muniment: CommandLine) -> None:
    unknown = muniment.run("records", "export", "nothing")
    assert (unknown.code, unknown.out) == (2, "")
    assert "there is no project 'nothing'; who may read it sees it at /records/" in unknown.err
    empty = muniment.folder / "empty.jsonl"
    empty.write_text('{"label": "a"}\n')
    unknown = muniment.run("records", "import", "nothing", empty)
    assert "there is no project 'nothing'; `--create` makes it" in unknown.err
    cut = muniment.run("records", "import", "cut", "-", "--create", stdin='[{"label": "a"}')
    assert cut.code == 2
    assert "not whole JSON" in cut.err
    missing = muniment.run("records", "import", "x", muniment.folder / "none.jsonl")
    assert missing.code == 1
    assert "none.jsonl" in missing.err
