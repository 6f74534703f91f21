"""Fills an archive with frames, and asks it what its readers ask, with the plans of the answers."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from rich.console import Console

from ops.bench.figures import percentile
from ops.bench.frame_copying import copy
from ops.bench.frame_questions import questions
from ops.bench.frame_specimens import Frames
from ops.bench.places import fresh_database
from ops.bench.plans import Plan, explain, overheard
from ops.bench.tables import columns
from store.database import Database, open_database
from store.upgrading import upgrade

_MANUAL = (
    "ms: the median of {rounds}, after one more to warm up, of everything that the answer takes "
    "but HTTP: the page, its versions and links, and the exact count. Page 1000 begins at 99,900, "
    "and is empty where there are not as many. whole: tables that are read from beginning to end, "
    "of which there should be none but for two letters, which no index finds. SQLite also says so "
    "of versions, which it reads backwards until a page is full."
)

Report = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Answer:
    """How a question was answered."""

    name: str
    found: int
    milliseconds: float
    statements: int
    plan: Plan


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of it all."""

    engine: str
    frames: int
    load_seconds: float
    answers: list[Answer]


@contextmanager
def place(folder: Path, database_url: str) -> Iterator[Database]:
    """Make an empty database for a block: beside `database_url`, or, if empty, in the folder."""
    if not database_url:
        with closing(open_database(f"sqlite:///{folder / 'frames.db'}")) as database:
            yield database
        return
    with fresh_database(database_url) as url, closing(open_database(url)) as database:
        yield database


def measure(database: Database, count: int, rounds: int, report: Report) -> Loaded:
    """Load so many frames, and ask all questions."""
    upgrade(database)
    started = monotonic()
    copy(database, Frames(count), lambda frames: report("loading", frames))
    loaded = monotonic() - started
    answers = ask_all(database, count, rounds, report)
    return Loaded(database.engine.dialect.name, count, loaded, answers)


def ask_all(database: Database, count: int, rounds: int, report: Report) -> list[Answer]:
    """Ask all questions of a database with so many frames."""
    answers = []
    for question in questions(count):
        report(question.name, 0)
        answers.append(_answer(database, question.name, question.ask, rounds))
    return answers


def _answer(database: Database, name: str, ask: Callable[[Database], int], rounds: int) -> Answer:
    with overheard() as heard:
        found = ask(database)
    times = []
    for _ in range(rounds):
        started = monotonic()
        ask(database)
        times.append(1000 * (monotonic() - started))
    return Answer(name, found, percentile(times, 0.5), len(heard.sent), explain(database, heard))


def loaded_json(loaded: Loaded) -> dict[str, Any]:
    """Return what `bench load-frames` prints for programs."""
    return asdict(loaded)


def print_loaded(console: Console, loaded: Loaded, rounds: int) -> None:
    """Print what `bench load-frames` prints for people."""
    title = f"{loaded.frames:,} frames, {loaded.engine}"
    made = columns([title, "found", "ms", "statements", "indexes", "whole"])
    for one in loaded.answers:
        made.add_row(
            one.name,
            f"{one.found:,}",
            f"{one.milliseconds:.1f}",
            str(one.statements),
            "\n".join(one.plan.indexes),
            "\n".join(one.plan.whole),
        )
    console.print(made)
    rate = loaded.frames / loaded.load_seconds
    console.print(f"\nloaded in {loaded.load_seconds:.0f} s, {rate:,.0f}/s")
    console.print(f"\n{_MANUAL.format(rounds=rounds)}", style="dim")
