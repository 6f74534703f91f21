"""The demo, as somebody sees it who has just arrived."""

import signal
from pathlib import Path

import pytest
import urllib3

from tests.command_line import PATIENCE_SECONDS, CommandLine


@pytest.fixture
def line(tmp_path: Path) -> CommandLine:
    """A shell whose settings are those of a deployment, which the demo must leave alone."""
    (tmp_path / "tmp").mkdir()
    settings = {
        "TMPDIR": str(tmp_path / "tmp"),
        "MUNIMENT_BUS_URL": "amqp://nobody:nothing@127.0.0.1:1/nowhere",
        "MUNIMENT_DATABASE_URL": "postgresql+psycopg2://nobody@127.0.0.1:1/nothing",
        "MUNIMENT_OBJECTS_URL": "s3://nowhere",
        "MUNIMENT_HTTP_PORT": "1",
    }
    return CommandLine(tmp_path, settings)


def test_the_demo_archives_its_files_shows_why_and_leaves_nothing(line: CommandLine) -> None:
    ran = line.run("demo")
    assert ran.code == 0, ran
    assert ran.err == ""
    for name in (".fits", "specimens.csv", "observing-report.pdf"):
        for event in ("file.ingest_requested.v1", "file.archived.v1"):
            assert any(event in row and name in row for row in ran.out.splitlines())
    assert "3 of 3 files are archived" in ran.out
    assert "ingest-file succeeded" in ran.out
    assert "http://127.0.0.1:" in ran.out
    assert "muniment up" in ran.out
    assert "\x1b" not in ran.out
    assert list((line.folder / "tmp").iterdir()) == []
    assert not (line.folder / "var").exists()


def test_the_demo_takes_files_and_folders(line: CommandLine) -> None:
    (line.folder / "mine").mkdir()
    (line.folder / "mine" / "a.txt").write_text("a")
    (line.folder / "b.txt").write_text("b")
    ran = line.run("demo", "mine", "b.txt")
    assert ran.code == 0, ran
    assert "2 of 2 files are archived" in ran.out
    assert "mine/a.txt" in ran.out


def test_the_demo_fails_when_a_file_is_not_archived(line: CommandLine) -> None:
    (line.folder / "back\\slash").write_text("a name that no archive takes")
    ran = line.run("demo", "back\\slash")
    assert ran.code == 1, ran
    assert "0 of 1 files are archived" in ran.out
    assert "backslash" in ran.out


def test_the_demo_keeps_running_when_asked_to(line: CommandLine) -> None:
    with line.running("demo", "--keep") as process:
        line.wait_for(process, "Ctrl-C ends it")
        [url] = [word for word in line.out.read_text().split() if word.endswith("/")][:1]
        assert urllib3.request("GET", url).status == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_SECONDS) == 0
