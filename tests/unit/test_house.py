"""The rules of the house that no linter knows."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("schemas", "store", "producers", "consumers", "http_ingress", "ops")
MODULES = sorted(
    path
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*.py")
    if "versions" not in path.parts
)
SAYS_NOTHING = {"utils", "util", "common", "helpers", "misc", "manager", "service"}

IMPORT_ALL = """
import importlib, os, sys
import aiohttp, alembic, boto3, jinja2, kombu, pika, pydantic_settings, sqlalchemy, structlog, typer

FORBIDDEN = ("socket.connect", "socket.bind", "subprocess.Popen", "os.system")

def watch(event, arguments):
    if event in FORBIDDEN:
        raise RuntimeError(f"importing does {event}")
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        raise RuntimeError(f"importing writes {arguments[0]}")

sys.dont_write_bytecode = True
sys.addaudithook(watch)
for name in sys.argv[1:]:
    importlib.import_module(name)
"""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_is_small(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_has_a_name_that_says_something(path: Path) -> None:
    assert path.stem not in SAYS_NOTHING


def test_importing_opens_and_writes_nothing() -> None:
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in MODULES
        if path.stem not in {"__main__", "env"}
    ]
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, *names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("ops.wiring", {"matplotlib", "numpy", "aiokafka", "faust"}),
        ("consumers.contract", {"sqlalchemy"}),
    ],
)
def test_what_is_heavy_is_imported_when_it_is_used(module: str, heavy: set[str]) -> None:
    program = f"import sys, {module}; sys.exit(' '.join({heavy} & set(sys.modules)) or None)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        str(path.relative_to(ROOT))
        for path in MODULES
        if "os.environ" in path.read_text() or "getenv" in path.read_text()
    }
    assert readers <= {"ops/settings.py", "ops/wiring.py"}
