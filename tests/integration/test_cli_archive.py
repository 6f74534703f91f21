"""`muniment archive`: what is done on the database itself, on one of its own."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic_core import from_json
from sqlalchemy import select, update

from store import tables
from store.archive.visit_rows import add_visits
from store.database import Database, open_database
from tests import foreign_amqp as foreign
from tests.command_line import Ran, in_process
from tests.equipment.frames import Maker, keep

Run = Callable[..., Ran]

NOTHING = "Must specify one of --days-old days or both --start and --end isoformat dates, exiting."
BOTH = "Cannot specify both --days-old days and --start and --end isoformat dates, exiting."


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run(*arguments: str, **settings: str) -> Ran:
        return in_process(
            "archive", *arguments, data_dir=str(tmp_path / "var"), archive_secret="s", **settings
        )

    return run


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of an installation that has just been made."""
    folder = tmp_path_factory.mktemp("empty") / "var"
    assert in_process("db", "upgrade", data_dir=str(folder)).code == 0
    return folder


@pytest.fixture
def database(tmp_path: Path, empty: Path) -> Iterator[Database]:
    """The tables of an installation."""
    shutil.copytree(empty, tmp_path / "var")
    with closing(open_database(f"sqlite:///{tmp_path}/var/muniment.db", application="t")) as found:
        yield found


def names(database: Database) -> list[str]:
    rows = database.query(select(tables.frames.c.basename).order_by(tables.frames.c.id))
    return [row["basename"] for row in rows]


# --- delete-frames ------------------------------------------------------------------------------


@pytest.fixture
def night(database: Database) -> Database:
    """Frames of several kinds, and one that was never observed."""
    maker, recent = Maker(), datetime.now(UTC) - timedelta(days=3)
    keep(
        database,
        maker.frame(basename="guide", configuration_type="GUIDE", reduction_level=0),
        maker.frame(basename="bias", configuration_type="BIAS", reduction_level=91),
        maker.frame(basename="other", proposal_id="EPO", site_id="cpt", instrument_id="fa01"),
        maker.frame(
            basename="recent",
            configuration_type="GUIDE",
            observation_date=recent,
            observation_day=recent.date().isoformat(),
        ),
        maker.placeholder("nothing"),
    )
    return database


@pytest.mark.parametrize(
    ("said", "deleted"),
    [
        ("--days-old 10", {"guide", "bias", "other"}),
        ("--days-old 1 --include-types GUIDE", {"guide", "recent"}),
        ("--days-old 10 --include-types GUIDE BIAS --reduction-level 0", {"guide"}),
        ("--days-old 10 --exclude-types GUIDE BIAS --exclude-proposals X", {"other"}),
        ("--days-old 10 --include-types=GUIDE --include-proposals PROP-1", {"guide"}),
        ("--days-old 10 --site CPT --telescope 1M0A", {"other"}),
        ("--days-old 10 --include-instruments fa01 kb27 --exclude-instruments kb27", {"other"}),
        ("--days-old 10 --request-id 991 --observation-id 4712", set()),
        ("--start 2024-03-03 --end 2024-03-05", {"guide", "bias", "other"}),
        ("--start 2024-03-04 --end 2024-03-05", set()),
        ("--start 2024-03-03 --end 2024-03-04", set()),
    ],
)
def test_frames_that_are_meant_go_and_others_stay(
    run: Run, night: Database, said: str, deleted: set[str]
) -> None:
    everything = set(names(night))
    told = run("delete-frames", *said.split(), "--dry-run")
    assert set(told.out.splitlines()[:-1]) == deleted
    assert told.out.splitlines()[-1] == f"{len(deleted)} frames would be deleted."
    assert set(names(night)) == everything
    done = run("delete-frames", *said.split(), "--yes")
    assert (done.code, done.out, done.err) == (0, f"{len(deleted)} frames deleted.\n", "")
    assert everything - set(names(night)) == deleted


def test_facts_follow_and_their_consumers_find_them(run: Run, night: Database) -> None:
    assert run("delete-frames", "--days-old", "10", "--yes", "--json").json == {"deleted": 3}
    facts = night.query(select(tables.events).order_by(tables.events.c.position))
    assert [row["type"] for row in facts] == ["muniment.frame.deleted.v1"] * 3
    assert {row["actor"] for row in facts} == {"user:operator"}
    assert json.loads(facts[0]["data"])["versions"][0]["uid"] == "uid-11"
    queues = {row["queue"] for row in night.query(select(tables.deliveries))}
    assert "discard-frame" in queues
    assert (
        night.query(
            select(tables.frame_combinations).where(
                tables.frame_combinations.c.proposal_id == "EPO"
            )
        )
        == []
    )


def test_who_does_not_say_yes_deletes_nothing(run: Run, night: Database) -> None:
    asked = run("delete-frames", "--days-old", "10")
    assert asked.code == 1
    assert "Delete 3 frames, and their bytes?" in asked.err
    assert len(names(night)) == 5


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("", NOTHING),
        ("--days-old 0", NOTHING),
        ("--start 2024-01-01", NOTHING),
        ("--days-old 1 --end 2024-01-01", BOTH),
    ],
)
def test_errors_are_those_of_the_original(run: Run, said: str, message: str) -> None:
    ran = run("delete-frames", *said.split())
    assert (ran.code, ran.out, ran.err) == (2, "", f"CommandError: {message}\n")


def test_a_night_that_is_none_is_one_line(run: Run) -> None:
    ran = run("delete-frames", "--start", "yesterday", "--end", "2024-01-01")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "--start must be a date" in ran.err


# --- cache-aggregates ---------------------------------------------------------------------------


def test_aggregates_are_compared_and_counted_anew(run: Run, night: Database) -> None:
    assert run("cache-aggregates", "--dry-run").out == "Nothing differs.\n"
    with night.transaction() as transaction:
        transaction.execute(update(tables.frame_combinations).values(frames=77))
    found = run("cache-aggregates", "--dry-run", "--json")
    assert found.code == 4
    differing = from_json(found.out)
    assert len(differing) == 11, "days, months, all time; of the guides that is one"
    assert "77 frames, public from 2025-03-05" in differing[0]["kept"]
    done = run("cache-aggregates")
    assert done.out.splitlines() == [
        "Aggregating...",
        "Updating cache...",
        "Successfully updated cache",
    ]
    assert run("cache-aggregates", "--dry-run").code == 0


# --- announce -----------------------------------------------------------------------------------


def test_notices_are_published_again_under_the_same_ids(
    run: Run, database: Database, amqp_url: str
) -> None:
    maker = Maker()
    keep(
        database,
        maker.frame(basename="a", headers='{"OBJECT": "M 31"}', versions=(".fits", ".fits.fz")),
        maker.frame(basename="b"),
    )
    foreign.declare(amqp_url, "pipeline")
    with foreign.channel(amqp_url) as channel:
        channel.exchange_declare("archived_fits", "fanout", durable=True)
        channel.queue_bind("pipeline", "archived_fits")
    shown = run("announce", "--since", "2020-01-01", "--dry-run")
    assert shown.out.splitlines() == [
        "uid-11 a.fits",
        "uid-12 a.fits.fz",
        "uid-21 b.fits.fz",
        "3 notices would be published.",
    ]
    done = run("announce", "--frame", "a", "--frame", "2", notice_amqp_url=amqp_url)
    assert (done.code, done.out, done.err) == (0, "3 notices published.\n", "")
    told = foreign.empty(amqp_url, "pipeline")
    assert [one.properties.message_id for one in told] == ["uid-11", "uid-12", "uid-21"]
    assert json.loads(told[0].body) == {
        "OBJECT": "M 31",
        "area": None,
        "basename": "a",
        "version_set": [{"key": "key-11", "md5": f"{11:032x}", "extension": ".fits"}],
        "filename": "a.fits",
        "frameid": 1,
    }
    later = run("announce", "--since", "2100-01-01", "--json", notice_amqp_url=amqp_url)
    assert later.json == {"published": 0}


@pytest.mark.usefixtures("database")
def test_what_cannot_be_announced_is_one_line(run: Run) -> None:
    for said, code, text in (
        (["--frame", "a"], 2, "MUNIMENT_NOTICE_AMQP_URL names no broker"),
        ([], 2, "--since a time"),
        (["--since", "soon"], 2, "--since must be a time"),
    ):
        ran = run("announce", *said)
        assert (ran.code, ran.err.count("\n")) == (code, 1)
        assert text in ran.err
    away = run("announce", "--since", "2020-01-01", notice_amqp_url="amqp://127.0.0.1:9/v")
    assert away.code == 0, "there is nothing to publish"


def test_a_broker_that_is_away_may_be_tried_again(run: Run, night: Database) -> None:
    del night
    ran = run("announce", "--since", "2020-01-01", notice_amqp_url="amqp://127.0.0.1:9/v")
    assert (ran.code, "127.0.0.1:9/v" in ran.err) == (3, True)


# --- people -------------------------------------------------------------------------------------


def test_placeholders_are_listed(run: Run, night: Database) -> None:
    del night
    assert "nothing" in run("placeholders").out
    found = run("placeholders", "--json").json
    assert (found["count"], found["placeholders"][0]["basename"]) == (1, "nothing")


def test_users_have_a_token_a_rank_and_proposals(
    run: Run, database: Database, tmp_path: Path
) -> None:
    del database
    assert in_process("user", "add", "ada", data_dir=str(tmp_path / "var")).code == 0
    token = run("token", "ada").out
    assert (len(token), run("token", "ada").out) == (41, token)
    assert run("token", "ada", "--renew").out != token
    assert run("rank", "ada").out == "ada: sees what is public, and its proposals\n"
    assert run("rank", "ada", "--superuser").out == "ada: superuser, staff\n"
    assert run("rank", "ada", "--no-superuser", "--staff", "--json").json == {
        "user": "ada",
        "superuser": False,
        "staff": True,
    }
    none = run("proposals", "ada")
    assert (none.out, none.err) == ("", "ada is a member of no proposal.\n")
    assert run("proposals", "ada", "PROP-2", "PROP-1").out == "PROP-1\nPROP-2\n"
    assert run("proposals", "ada", "--json").json == {
        "user": "ada",
        "proposals": ["PROP-1", "PROP-2"],
    }
    assert run("proposals", "ada", "--none").out == ""
    assert run("proposals", "ada", "X", "--none").code == 2
    for command in ("token", "rank", "proposals"):
        unknown = run(command, "bob")
        assert (unknown.code, "there is no user 'bob'" in unknown.err) == (1, True)


def test_rates_and_visitors_are_shown(run: Run, database: Database) -> None:
    shown = run("throttle", archive_users_per_day="0")
    assert shown.out.splitlines() == [
        "user: as many as they like",
        "anon: 1000 requests in 24 hours",
        "Nobody has come in 24 hours.",
    ]
    minute = int(datetime.now(UTC).timestamp()) // 60
    add_visits(database, {("user:ada", minute): 7, ("address:192.0.2.1", minute): 9})
    assert "address:192.0.2.1  9" in run("throttle").out
    found = run("throttle", "--json").json
    assert found["rates"] == {"user": 50000, "anon": 1000}
    assert [one["visitor"] for one in found["visitors"]] == ["address:192.0.2.1", "user:ada"]
