"""The list of commands: complete, quick, and the same story as each command tells."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from ops.cli import COMMANDS, app
from ops.commands.manual import EXITS

HEAVY = {"aiohttp", "sqlalchemy", "boto3", "pika", "kombu", "pydantic_settings", "urllib3"}


def shown(*arguments: str) -> str:
    result = CliRunner().invoke(app, [*arguments, "--help"], env={"COLUMNS": "400"})
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_examples_and_exit_codes(name: str) -> None:
    command = COMMANDS[name].load()
    subcommands = getattr(command, "commands", {})
    assert EXITS in shown(name)
    for words in [f"{name} {subcommand}" for subcommand in subcommands] or [name]:
        text = shown(*words.split())
        assert f"$ muniment {words}" in text
        assert EXITS in text


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_what_the_command_says_of_itself(name: str) -> None:
    command = COMMANDS[name].load()
    assert command.help is not None
    assert command.help.splitlines()[0] == COMMANDS[name].summary


def test_the_list_names_every_command() -> None:
    text = shown()
    for entry in COMMANDS.values():
        assert f"{entry.name} {entry.summary}" in text


def test_the_list_imports_nothing_heavy() -> None:
    program = "import sys; sys.argv = ['muniment', '--help']; import atexit\n"
    program += "atexit.register(lambda: sys.stderr.write(' '.join(sys.modules)))\n"
    program += "from ops.cli import main; main()"
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert not HEAVY & set(ran.stderr.split())
